"""A circuit breaker: after repeated failure a symbol is left alone for a while, then tried once.

The kept libraries for this (pybreaker, circuitbreaker, aiobreaker) measure by the machine's clock and cannot be given
another one; by theirs, a session could not be tested in compressed time.
"""

from __future__ import annotations

from enum import StrEnum


class CircuitState(StrEnum):
    """How a circuit stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Circuit:
    """Counts failures in a row.

    Parameters
    ----------
    failures:
        How many open it.
    pause:
        For how many seconds it stays open. Then one attempt is let through: success closes it, failure opens it anew.
    """

    def __init__(self, failures: int, pause: float) -> None:
        self._most = failures
        self._pause = pause
        self._failures = 0
        self._opened_at: float | None = None

    def state(self, now: float) -> CircuitState:
        """Return how it stands at a moment of the monotonic clock."""
        if self._opened_at is None:
            return CircuitState.CLOSED
        return CircuitState.HALF_OPEN if now >= self._opened_at + self._pause else CircuitState.OPEN

    @property
    def next_attempt_at(self) -> float | None:
        """When the next attempt may be made, by the monotonic clock; ``None`` while nothing stands in its way."""
        return None if self._opened_at is None else self._opened_at + self._pause

    def failed(self, now: float) -> bool:
        """Count a failure; return whether the circuit opened by it, for the first time or again."""
        self._failures += 1
        if self._failures < self._most:
            return False
        self._opened_at = now
        return True

    def succeeded(self) -> bool:
        """Forget the failures; return whether the circuit closed by it."""
        was_open = self._opened_at is not None
        self._failures = 0
        self._opened_at = None
        return was_open
