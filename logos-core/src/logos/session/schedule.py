"""When targets are set anew: at the end of a trading day, week, month, quarter or year, or at every bar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum

import attrs

from logos.context.parts import PartContext
from logos.data.calendars import AlwaysOpen, MarketCalendar, calendar_named


class Rebalancing(StrEnum):
    """How often; each stands for the close of the last session of such a period."""

    NEVER = "never"
    EVERY_BAR = "every_bar"
    DAY_END = "day_end"
    WEEK_END = "week_end"
    MONTH_END = "month_end"
    QUARTER_END = "quarter_end"
    YEAR_END = "year_end"


def _day(at: datetime) -> tuple[int, ...]:
    return at.year, at.month, at.day


def _week(at: datetime) -> tuple[int, ...]:
    return at.isocalendar()[:2]


def _month(at: datetime) -> tuple[int, ...]:
    return at.year, at.month


def _quarter(at: datetime) -> tuple[int, ...]:
    return at.year, (at.month - 1) // 3


def _year(at: datetime) -> tuple[int, ...]:
    return (at.year,)


_PERIODS: dict[Rebalancing, Callable[[datetime], tuple[int, ...]]] = {
    Rebalancing.DAY_END: _day,
    Rebalancing.WEEK_END: _week,
    Rebalancing.MONTH_END: _month,
    Rebalancing.QUARTER_END: _quarter,
    Rebalancing.YEAR_END: _year,
}


@attrs.frozen
class Schedule:
    """The times of rebalances. They are known beforehand, from the calendar alone.

    A rebalance is decided at the first slice whose clock has reached its time.

    Attributes
    ----------
    rule:
        How often; not ``never``.
    calendar:
        Whose sessions end the periods.
    """

    rule: Rebalancing
    calendar: MarketCalendar

    def next_after(self, clock: int) -> int:
        """Return the first scheduled time later than a moment, in seconds since the epoch, UTC.

        Raises
        ------
        InputError
            Where the calendar does not reach that far.
        """
        if self.rule is Rebalancing.EVERY_BAR:
            return clock + 1
        close = self.calendar.next_close(clock)
        while True:
            following = self.calendar.next_close(close)
            if self._period(following) != self._period(close):
                return close
            close = following

    def _period(self, close: int) -> tuple[int, ...]:
        # A day that ends at midnight is the day before.
        return _PERIODS[self.rule](datetime.fromtimestamp(close - 1, UTC))


def schedule_for(rule: Rebalancing, calendar: str | None, context: PartContext) -> Schedule | None:
    """Return the schedule that a config asks for; ``None`` for ``never``.

    Parameters
    ----------
    calendar:
        A calendar's name. By default the one that the traded symbols name, where those that name any agree, and else
        the days of UTC.

    Raises
    ------
    InputError
        Where there is no such calendar.
    """
    if rule is Rebalancing.NEVER:
        return None
    if calendar is not None:
        return Schedule(rule, calendar_named(calendar))
    traded = [context.instruments[symbol] for symbol in context.traded]
    named = {instrument.calendar: instrument for instrument in traded if instrument.calendar is not None}
    if len(named) == 1:
        return Schedule(rule, context.calendar(next(iter(named.values()))))
    return Schedule(rule, AlwaysOpen())
