"""Events: walked implementation by implementation, so that one that raises disturbs nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from logos.domain.errors import BrokenInvariantError

OnError = Callable[[str, str, Exception], object]
"""Hears of an observer that raised: the plugin as ``distribution/name``, the hook, the exception."""


def _log_failure(plugin: str, hook: str, error: Exception) -> None:
    import logging  # noqa: PLC0415 - a failure is rare, a start is not

    logging.getLogger("logos.plugins").error("observer failed: %s in %s", plugin, hook, exc_info=error)


@attrs.frozen
class Implementation:
    """One plugin's implementation of one hook."""

    plugin: str
    distribution: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class Observers:
    """The implementations of every hook that is not an offer.

    Parameters
    ----------
    implementations:
        By hook, in the order of distribution and plugin name; a known hook that nobody implements has an empty entry.
    on_error:
        Hears of every observer that raises.
    """

    def __init__(
        self, implementations: Mapping[str, Iterable[Implementation]], on_error: OnError = _log_failure
    ) -> None:
        self._implementations = {hook: tuple(some) for hook, some in implementations.items()}
        self._on_error = on_error
        self._failures: Counter[str] = Counter()

    @property
    def failures(self) -> dict[str, int]:
        """How often each plugin has raised, by plugin name."""
        return {plugin: self._failures[plugin] for plugin in sorted(self._failures)}

    def silenced(self) -> Observers:
        """Return the same hooks with nobody listening, as for a replay."""
        return Observers(dict.fromkeys(self._implementations, ()))

    def reporting_to(self, on_error: OnError) -> Observers:
        """Return the same observers with another listener for their errors, counted from zero."""
        return Observers(self._implementations, on_error)

    def listening(self, hook: str) -> tuple[str, ...]:
        """Return the plugins that implement a hook, as ``distribution/name``."""
        return tuple(one.plugin for one in self._known(hook))

    def emit(self, hook: str, **values: Any) -> None:
        """Tell every observer of an event. Nothing they return or raise comes back."""
        for _answer in self._walk(hook, values):
            pass

    def ask(self, hook: str, **values: Any) -> tuple[tuple[str, Any], ...]:
        """Call a hook that a plugin has brought; return each answer with its distribution, without those that raise."""
        return tuple(self._walk(hook, values))

    def _known(self, hook: str) -> tuple[Implementation, ...]:
        try:
            return self._implementations[hook]
        except KeyError:
            raise BrokenInvariantError(f"{hook} is called and no plugin API specifies it") from None

    def _walk(self, hook: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for one in self._known(hook):
            try:
                answer = one.function(*[values[name] for name in one.arguments])
            except Exception as error:  # noqa: BLE001 - an observer never stops a session; counted and reported
                self._failures[one.plugin] += 1
                self._on_error(one.plugin, hook, error)
            else:
                yield one.distribution, answer
