"""The guard ``drawdown``: halts when too much equity is lost, from the peak or within a day."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from logos.context.parts import PartContext
from logos.risk import texts
from logos.risk.config import DrawdownConfig
from logos.session.seats import Guard, SessionView, State


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

    def headroom(self, session: SessionView) -> str:
        """Return both losses beside their limits."""
        equity = session.account.equity
        parts = [
            f"{name} {texts.share(base - equity, base)} of {texts.limit(limit)}"
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
