"""Opens the executor that a sweep names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from logos.assembly.build import part_context
from logos.backtest.sweep.setup import INLINE, SweepSetup
from logos.config.records import SessionConfig
from logos.context.parts import PartContext
from logos.domain.errors import InputError
from logos.session.jobs import Executor

_CORE = "logos-core"


def open_executor(setup: SweepSetup, config: SessionConfig) -> tuple[Executor, bool]:
    """Return an executor, and whether it works in this very process.

    Raises
    ------
    PluginError
        Where there is none of that name, or a library that it needs is missing.
    InputError
        Where it does not take what it was given.
    """
    offer = setup.registry.find("executor", setup.executor)
    found = offer.config_class()
    given = {name: value for name in ("workers", "address") if (value := getattr(setup, name)) is not None}
    takes = set() if found is None else {field.alias for field in attrs.fields(found)}
    for name in given:
        if name not in takes:
            raise InputError(
                f"executor {offer.name} takes no --{name}", hint=f"Leave out --{name}, or choose another --executor"
            )
    executor: Any = offer.factory()(None if found is None else found(**given), _context(setup, config))
    return executor, offer.name == INLINE and offer.distribution == _CORE


def _context(setup: SweepSetup, config: SessionConfig) -> PartContext:
    return part_context(config, workspace=setup.workspace, clock=setup.clock, log=_Told(setup.tell))


class _Told:
    """A log for executors: what an operator should look at is told, all else is dropped."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def debug(self, event: str, **values: Any) -> None:
        """Drop it."""

    def info(self, event: str, **values: Any) -> None:
        """Drop it."""

    def warning(self, event: str, **values: Any) -> None:
        """Tell it."""
        named = ", ".join(f"{name}: {value}" for name, value in values.items() if name != "exc_info")
        self._tell(f"{event.replace('_', ' ')} ({named})" if named else event.replace("_", " "))

    error = warning
