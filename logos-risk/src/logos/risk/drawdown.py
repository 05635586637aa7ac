"""The guard ``drawdown``: halts when too much equity is lost, from the peak or within a day."""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from logos.context.parts import PartContext
from logos.risk import texts
from logos.risk.config import DrawdownConfig
from logos.session.seats import Envelope, Guard, QuietSpan, SessionView, State

if TYPE_CHECKING:
    from logos.session.seats import Column

_BLOCK = 256
"""How many slices are looked at together where a loss comes near a limit."""


class Drawdown(Guard):
    """Halts when the loss from the peak, or from the day's base, reaches its limit.

    The base of a day is the last equity that was seen on the trading day before; of the first day, the starting
    cash. The peak starts at the starting cash. Equity at or below zero always halts.

    The equity at which each limit is reached is computed when a peak or a base changes, so that a bar costs one
    comparison of integers.

    Parameters
    ----------
    maximum, daily:
        Fractions of the peak and of the day's base; ``None`` for no limit.
    starting_cash:
        Minor units of the account's currency.
    decimals:
        How many decimals money carries.
    """

    def __init__(self, maximum: Decimal | None, daily: Decimal | None, starting_cash: int, decimals: int) -> None:
        self._maximum = maximum
        self._daily = daily
        self._decimals = decimals
        self._max_kept = _kept(maximum)
        self._daily_kept = _kept(daily)
        self._day: int | None = None
        self._peak = self._base = self._last = starting_cash
        self._halted = False
        self._set_floor()

    def inspect(self, session: SessionView) -> str | None:
        """Return the loss that has reached its limit; ``None`` to go on."""
        equity = session.account.equity
        day = session.day
        if day != self._day:
            self._day = day
            self._base = self._last
            self._set_floor()
        if equity > self._peak:
            self._peak = equity
            self._set_floor()
        self._last = equity
        if equity > self._floor:
            return None
        self._halted = True
        return self._reason(equity)

    def first_to_inspect(self, span: QuietSpan) -> int:
        """Return the first slice at which a loss reaches its limit; the span's length for none.

        Where nothing is held, equity stays what it was, and a new day's base is that very equity: no loss can begin.
        """
        if span.flat:
            return len(span) if self._last > self._floor else 0
        if self._stays_above(span.lowest, span.highest):
            return len(span)
        return copy(self)._walk(span.equity, span.days)  # noqa: SLF001 - a copy of its own, which may forget itself

    def passed_over(self, span: QuietSpan) -> None:
        """Move day, base, peak and the last equity to where they stand after the last slice."""
        if not span.flat:
            self._move(span.equity, span.days, span.highest)
            return
        day = int(span.days[-1])
        if day != self._day:
            self._day = day
            self._base = self._last
            self._set_floor()

    def envelope(self) -> Envelope:
        """Return both limits."""
        return Envelope(drawdown=_share_of(self._maximum), daily_loss=_share_of(self._daily))

    def headroom(self, session: SessionView) -> str:
        """Return how much of both limits is left."""
        equity = session.account.equity
        parts = [
            f"{name} {texts.left(Fraction(limit), texts.limit(limit), base - equity, base)}"
            for name, base, limit in (("drawdown", self._peak, self._maximum), ("today", self._base, self._daily))
            if limit is not None
        ]
        return ", ".join(parts)

    def clear_halt(self, session: SessionView) -> str:
        """Set the peak and the day's base to the equity now, where this guard has halted the session."""
        equity = session.account.equity
        if not self._halted and equity > self._floor:
            return ""
        text = texts.money(equity, self._decimals)
        before = f"peak was {texts.money(self._peak, self._decimals)}, base {texts.money(self._base, self._decimals)}"
        self._peak = self._base = self._last = equity
        self._halted = False
        self._set_floor()
        return f"peak and daily base set to the equity at the halt, {text} ({before})"

    def snapshot(self) -> State:
        """Return peak, base, day and the last equity seen."""
        return {
            "peak": self._peak,
            "base": self._base,
            "last": self._last,
            "day": self._day,
            "halted": self._halted,
        }

    def restore(self, state: State) -> None:
        """Take back a snapshot."""
        self._peak = state["peak"]
        self._base = state["base"]
        self._last = state["last"]
        self._day = state["day"]
        self._halted = state["halted"]
        self._set_floor()

    def _stays_above(self, lowest: int, highest: int) -> bool:
        """Return whether no limit can be reached even if the highest base and peak held throughout."""
        peak, base = max(self._peak, highest), max(self._base, self._last, highest)
        return lowest > max(_floor(peak, self._max_kept), _floor(base, self._daily_kept))

    def _walk(self, equity: Column, days: Column) -> int:
        """Go from slice to slice, and return the first at which a limit is reached; how many there are for none."""
        for start in range(0, len(equity), _BLOCK):
            block, block_days = equity[start : start + _BLOCK], days[start : start + _BLOCK]
            highest = int(block.max())
            if self._stays_above(int(block.min()), highest):
                self._move(block, block_days, highest)
                continue
            for index, moment in enumerate(map(_Moment, block.tolist(), block_days.tolist()), start):
                if self.inspect(moment) is not None:  # type: ignore[arg-type]
                    return index
        return len(equity)

    def _move(self, equity: Column, days: Column, highest: int) -> None:
        day = int(days[-1])
        if day != self._day:
            first = int(days.searchsorted(day))
            self._day = day
            self._base = int(equity[first - 1]) if first else self._last
            self._set_floor()
        if highest > self._peak:
            self._peak = highest
            self._set_floor()
        self._last = int(equity[-1])

    def _set_floor(self) -> None:
        """Compute the highest equity that reaches a limit."""
        self._max_floor = _floor(self._peak, self._max_kept)
        self._daily_floor = _floor(self._base, self._daily_kept)
        self._floor = max(self._max_floor, self._daily_floor)

    def _reason(self, equity: int) -> str:
        lost = [
            self._loss(name, base, equity, limit)
            for name, base, floor, limit in (
                ("drawdown from the peak", self._peak, self._max_floor, self._maximum),
                ("loss since the previous trading day", self._base, self._daily_floor, self._daily),
            )
            if limit is not None and equity <= floor
        ]
        if not lost:
            lost = [f"equity {texts.money(equity, self._decimals)} is not above 0"]
        return f"{' and '.join(lost)}: look into it, then resume with --clear-halt"

    def _loss(self, name: str, base: int, equity: int, limit: Decimal) -> str:
        numbers = f"{texts.money(base, self._decimals)} to {texts.money(equity, self._decimals)}"
        if base <= 0:
            return f"{name} cannot be measured: {numbers}"
        return f"{name} {texts.share(base - equity, base)} >= {texts.limit(limit)} ({numbers})"


class _Moment:
    """As much of a session as ``inspect`` looks at."""

    __slots__ = ("day", "equity")

    def __init__(self, equity: int, day: int) -> None:
        self.equity = equity
        self.day = day

    @property
    def account(self) -> _Moment:
        return self


def _share_of(limit: Decimal | None) -> tuple[int, int] | None:
    return None if limit is None else Fraction(limit).as_integer_ratio()


def _kept(limit: Decimal | None) -> tuple[int, int]:
    """Return the fraction of equity that must be exceeded, as numerator and denominator."""
    kept = Fraction(0) if limit is None else 1 - Fraction(limit)
    return kept.numerator, kept.denominator


def _floor(base: int, kept: tuple[int, int]) -> int:
    """Return the highest equity at which the limit is reached: exact, since equity is a whole number."""
    return max(0, base * kept[0] // kept[1])


def open_drawdown(config: DrawdownConfig, context: PartContext) -> Drawdown:
    """Build the guard from its config."""
    return Drawdown(config.max, config.daily, context.account.cash, context.account.decimals)
