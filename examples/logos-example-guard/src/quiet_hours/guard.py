"""The guard."""

from __future__ import annotations

from logos.context.parts import PartContext
from logos.domain.orders import OrderIntent
from logos.domain.times import SECONDS_A_DAY, time_text
from logos.session.seats import Guard, SessionView

from quiet_hours.config import QuietHoursConfig, second_of_day


class QuietHours(Guard):
    """Blocks an order within the quiet hours, unless it only reduces exposure.

    Parameters
    ----------
    start, end:
        Seconds since midnight, UTC; ``start`` is quiet, ``end`` is not.
    """

    def __init__(self, start: int, end: int) -> None:
        self._start = start
        self._length = (end - start) % SECONDS_A_DAY

    def judge(self, intent: OrderIntent, session: SessionView) -> str | None:
        """Return when orders may go out again; ``None`` outside the quiet hours."""
        elapsed = (session.clock - self._start) % SECONDS_A_DAY
        if intent.reduces or elapsed >= self._length:
            return None
        over = session.clock - elapsed + self._length
        return f"quiet hours since {time_text(session.clock - elapsed)}: wait until {time_text(over)}"

    def headroom(self, session: SessionView) -> str:
        """Say whether it is quiet now, and how long until that changes."""
        elapsed = (session.clock - self._start) % SECONDS_A_DAY
        if elapsed < self._length:
            return f"quiet for {(self._length - elapsed) // 60} more minutes"
        return f"quiet in {(SECONDS_A_DAY - elapsed) // 60} minutes"


def open_quiet_hours(config: QuietHoursConfig, context: PartContext) -> QuietHours:
    """Build the guard from its config."""
    return QuietHours(second_of_day(config.start), second_of_day(config.end))
