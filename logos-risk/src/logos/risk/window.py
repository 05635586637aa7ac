"""A sliding window over the session's clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable


class Window:
    """Counts what happened within the last so many seconds.

    An event at clock ``t`` counts while the clock is less than ``seconds`` later.

    Parameters
    ----------
    seconds:
        The window's length.
    """

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.times: deque[int] = deque()

    def __len__(self) -> int:
        """Return how many events are kept: never fewer than ``count`` answers."""
        return len(self.times)

    def add(self, clock: int) -> None:
        """Note an event, and forget what can never count again."""
        times = self.times
        times.append(clock)
        oldest = clock - self.seconds
        while times[0] <= oldest:
            times.popleft()

    def count(self, clock: int) -> int:
        """Return how many events count at a clock, without changing anything."""
        oldest = clock - self.seconds
        return sum(1 for time in self.times if time > oldest)

    def below(self, number: int, clock: int) -> int:
        """Return the clock from which fewer than ``number`` events count, if no more happen."""
        if self.count(clock) < number:
            return clock
        return self.times[-number] + self.seconds

    def snapshot(self) -> list[int]:
        """Return the kept events, oldest first."""
        return list(self.times)

    def restore(self, times: Iterable[int]) -> None:
        """Take back a snapshot."""
        self.times.clear()
        self.times.extend(times)
