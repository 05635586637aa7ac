"""Rolling figures over whole ticks: exact, and constant work per bar on average."""

from __future__ import annotations

from collections import deque


class RollingMaximum:
    """The greatest of the last ``window`` values.

    Only values that can still become the greatest are kept, so every value enters and leaves once.
    """

    __slots__ = ("_candidates", "_count", "_window")

    def __init__(self, window: int) -> None:
        self._window = window
        self._count = 0
        self._candidates: deque[tuple[int, int]] = deque()

    @property
    def value(self) -> int:
        """The greatest value; ask only after the first ``push``."""
        return self._candidates[0][1]

    def push(self, value: int) -> None:
        """Take the next value."""
        candidates = self._candidates
        while candidates and candidates[-1][1] <= value:
            candidates.pop()
        candidates.append((self._count, value))
        self._count += 1
        if candidates[0][0] < self._count - self._window:
            candidates.popleft()


class RollingMinimum:
    """The least of the last ``window`` values."""

    __slots__ = ("_negated",)

    def __init__(self, window: int) -> None:
        self._negated = RollingMaximum(window)

    @property
    def value(self) -> int:
        """The least value; ask only after the first ``push``."""
        return -self._negated.value

    def push(self, value: int) -> None:
        """Take the next value."""
        self._negated.push(-value)
