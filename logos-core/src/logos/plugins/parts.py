"""The descriptions of parts: frozen records of strings, so that listing a part imports nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import attrs

from logos.domain.errors import PluginError

_NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
_IMPORT_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_REFERENCE = re.compile(rf"{_IMPORT_NAME.pattern}:{_IMPORT_NAME.pattern}", re.ASCII)


def _strings(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise PluginError(f"{value!r} is one string, expected several", hint=f"Write ({value!r},)")
    return tuple(value)


def _set_of_strings(value: Iterable[str]) -> frozenset[str]:
    return frozenset(_strings(value))


def _check_name(part: Part, _attribute: attrs.Attribute[str], value: Any) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise PluginError(
            f"the {part.kind} name {value!r} is not allowed",
            hint="Use small letters, digits and underscores, such as 'max_notional'",
        )


def _check_summary(part: Part, _attribute: attrs.Attribute[str], value: Any) -> None:
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise PluginError(f"the summary of {part.kind} {part.name!r} must be one line of text, found {value!r}")


def _check_reference(part: Part, attribute: attrs.Attribute[str], value: Any) -> None:
    if attribute.name == "config" and value == "":
        return
    if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
        raise PluginError(
            f"the {attribute.name} of {part.kind} {part.name!r} is {value!r}, expected 'module:name'",
            hint="Name the module, a colon and what stands in it, such as 'acme.limits:build'",
        )


def _check_needs(part: Part, _attribute: attrs.Attribute[tuple[str, ...]], value: tuple[str, ...]) -> None:
    for name in value:
        if not isinstance(name, str) or not _IMPORT_NAME.fullmatch(name):
            raise PluginError(f"{part.kind} {part.name!r} needs {name!r}, which is not a name to import")


@attrs.frozen(kw_only=True)
class Part:
    """What a plugin says about one part it offers. Use the subclass of the part's kind.

    Attributes
    ----------
    name:
        The part's name in a config, unique within its kind and distribution.
    summary:
        One line for listings.
    target:
        The factory, as ``module:name``; it is called with ``(config, context)``.
    config:
        The frozen, keyword-only attrs class of the part's own keys, as ``module:Class``; empty where it takes none.
    needs:
        Import names of optional libraries. They are looked for, never imported, before the part is used.
    extra:
        The extra of the part's own distribution that installs what it needs.
    capabilities:
        What the part can do, in the words of its conformance contract.
    state:
        ``stub`` for a part that is documented and cannot be used yet.
    """

    kind: ClassVar[str] = ""

    name: str = attrs.field(validator=_check_name)
    summary: str = attrs.field(validator=_check_summary)
    target: str = attrs.field(validator=_check_reference)
    config: str = attrs.field(default="", validator=_check_reference)
    needs: tuple[str, ...] = attrs.field(default=(), converter=_strings, validator=_check_needs)
    extra: str = ""
    capabilities: frozenset[str] = attrs.field(default=frozenset(), converter=_set_of_strings)
    state: Literal["stable", "stub"] = attrs.field(default="stable", validator=attrs.validators.in_(("stable", "stub")))


# The subclasses add no field, so they take over the generated methods of Part and cost no time at start.


class FeedPart(Part):
    """Where bars come from."""

    __slots__ = ()
    kind = "feed"


class BrokerPart(Part):
    """Takes orders and answers with fills."""

    __slots__ = ()
    kind = "broker"


class GuardPart(Part):
    """Blocks orders or halts a session."""

    __slots__ = ()
    kind = "guard"


class AllocatorPart(Part):
    """Turns signals into targets."""

    __slots__ = ()
    kind = "allocator"


class ModelPart(Part):
    """Learns from features and predicts."""

    __slots__ = ()
    kind = "model"


class LlmProviderPart(Part):
    """Completes requests to a language model."""

    __slots__ = ()
    kind = "llm_provider"


class StrategyPart(Part):
    """Turns bars into signals; its config class is its parameter class."""

    __slots__ = ()
    kind = "strategy"


class PositionManagerPart(Part):
    """Turns a target and a position into the difference to trade."""

    __slots__ = ()
    kind = "position_manager"


class ExecutorPart(Part):
    """Runs the jobs of a sweep."""

    __slots__ = ()
    kind = "executor"


class BacktestPart(Part):
    """Makes a run again whose folder holds ``<name>.yaml``, to verify it: a backtest that a command of its own made."""

    __slots__ = ()
    kind = "backtest"


class CommandPart(Part):
    """A sub-command of ``logos``: the target is a ``typer.Typer`` or a function."""

    __slots__ = ()
    kind = "command"


HOOKS_OF_PARTS: dict[str, type[Part]] = {
    "logos_allocators": AllocatorPart,
    "logos_backtests": BacktestPart,
    "logos_brokers": BrokerPart,
    "logos_commands": CommandPart,
    "logos_executors": ExecutorPart,
    "logos_feeds": FeedPart,
    "logos_guards": GuardPart,
    "logos_llm_providers": LlmProviderPart,
    "logos_models": ModelPart,
    "logos_position_managers": PositionManagerPart,
    "logos_strategies": StrategyPart,
}
"""Which hook yields which kind of part."""

KINDS = tuple(sorted(part.kind for part in HOOKS_OF_PARTS.values()))
"""The names of all kinds of parts."""
