"""How far a venue's clock and the machine's are apart."""

from __future__ import annotations

from collections import deque
from statistics import median

_ANSWERS = 15
"""How many recent answers count: enough to outvote a few with a wrong clock, few enough to follow a real change."""


class ClockSkew:
    """The median difference over the recent answers. What a venue says is whole seconds, so this is no finer."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_ANSWERS)

    def heard(self, venue_time: float, sent_at: float, received_at: float) -> None:
        """Take note of an answer: the venue's clock in it, and the machine's before and after."""
        self._recent.append(venue_time - (sent_at + received_at) / 2)

    @property
    def seconds(self) -> float | None:
        """Venue minus machine; ``None`` as long as no answer told the venue's time."""
        return median(self._recent) if self._recent else None

    @property
    def behind(self) -> float:
        """By how many seconds the venue's clock runs behind the machine's; 0 where it does not, or nobody knows."""
        return max(0.0, -(self.seconds or 0.0))
