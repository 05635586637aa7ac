"""Exact doubles of the account and the session: what a guard or a broker is shown, set by hand."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import attrs

from logos.data.calendars import MarketCalendar
from logos.domain.bars import Bar
from logos.domain.instruments import Instrument
from logos.domain.money import MONEY_DECIMALS, divide_half_even
from logos.domain.times import SECONDS_A_DAY
from logos.testing.bars import MINUTE, START


class AlwaysOpen:
    """The calendar of a market that never closes."""

    def is_open(self, at: int) -> bool:  # noqa: ARG002 - always
        """Return that the market is open."""
        return True

    def latest_opening(self, at: int) -> int | None:  # noqa: ARG002 - never
        """Return that it has never opened, since it never closed."""
        return None

    def next_close(self, after: int) -> int:
        """Return the next UTC midnight."""
        return (after // SECONDS_A_DAY + 1) * SECONDS_A_DAY


@attrs.frozen
class DailyHours:
    """The calendar of a market that is open every day between two times of day, in seconds after UTC midnight."""

    opening: int
    closing: int

    def is_open(self, at: int) -> bool:
        """Return whether the time of day lies within the hours."""
        return self.opening <= at % SECONDS_A_DAY < self.closing

    def latest_opening(self, at: int) -> int | None:
        """Return today's opening, or yesterday's before it."""
        today = at // SECONDS_A_DAY * SECONDS_A_DAY + self.opening
        return today if today <= at else today - SECONDS_A_DAY

    def next_close(self, after: int) -> int:
        """Return today's close, or tomorrow's from it on."""
        today = after // SECONDS_A_DAY * SECONDS_A_DAY + self.closing
        return today if today > after else today + SECONDS_A_DAY


@attrs.define(kw_only=True, eq=False)
class FakeAccount:
    """An account whose parts are set by hand; its arithmetic is the real one.

    Attributes
    ----------
    starting_cash, cash:
        Minor units.
    positions:
        Signed lots by symbol.
    marks:
        The last closes in ticks by symbol.
    rates:
        What one unit of another currency is worth, by currency; a currency that is missing has no rate yet.
    fixed_equity:
        Minor units, to be answered instead of what cash and positions come to.
    """

    instruments: Mapping[str, Instrument]
    starting_cash: int = 100_000 * 10**MONEY_DECIMALS
    cash: int = 100_000 * 10**MONEY_DECIMALS
    currency: str = "USD"
    decimals: int = MONEY_DECIMALS
    positions: dict[str, int] = attrs.field(factory=dict)
    marks: dict[str, int] = attrs.field(factory=dict)
    rates: dict[str, Fraction] = attrs.field(factory=dict)
    fixed_equity: int | None = None

    @property
    def equity(self) -> int:
        """Cash and the market value of what has a mark and a rate, in minor units."""
        if self.fixed_equity is not None:
            return self.fixed_equity
        values = (
            self.value(self.instruments[symbol], self.marks[symbol], lots)
            for symbol, lots in self.positions.items()
            if symbol in self.marks
        )
        return self.cash + sum(value or 0 for value in values)

    def position(self, symbol: str) -> int:
        """Return the signed position in lots."""
        return self.positions.get(symbol, 0)

    def mark(self, symbol: str) -> int | None:
        """Return the last close in ticks."""
        return self.marks.get(symbol)

    def value(self, instrument: Instrument, price: int, lots: int) -> int | None:
        """Return price times quantity in minor units, rounded once; ``None`` without a rate."""
        rate = Fraction(1) if instrument.currency == self.currency else self.rates.get(instrument.currency)
        if rate is None:
            return None
        exact = price * Fraction(instrument.tick) * lots * Fraction(instrument.lot) * rate * 10**self.decimals
        return divide_half_even(exact.numerator, exact.denominator)

    def trade(self, symbol: str, lots: int, value: int, fee: int) -> None:
        """Book a fill: signed lots, their value without sign, and the fee, in minor units."""
        self.positions[symbol] = self.position(symbol) + lots
        self.cash -= (value if lots > 0 else -value) + fee


@attrs.define(kw_only=True, eq=False)
class FakeSession:
    """A session view whose parts are set by hand, or moved on by ``see`` and ``tick``.

    Attributes
    ----------
    clock, started_at:
        Seconds since the epoch, UTC.
    day:
        Days since the epoch.
    orders:
        The lots that working orders may still buy and sell, by symbol.
    closes:
        The close time of the last bar, by symbol.
    calendars:
        By symbol; one that is missing never closes.
    """

    account: FakeAccount
    clock: int = START + MINUTE
    started_at: int = START + MINUTE
    day: int = START // SECONDS_A_DAY
    bars: tuple[Bar, ...] = ()
    orders: dict[str, tuple[int, int]] = attrs.field(factory=dict)
    closes: dict[str, int] = attrs.field(factory=dict)
    calendars: dict[str, MarketCalendar] = attrs.field(factory=dict)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of the account's instruments in name order."""
        return tuple(sorted(self.account.instruments))

    def instrument(self, symbol: str) -> Instrument:
        """Return the instrument of a symbol."""
        return self.account.instruments[symbol]

    def working(self, symbol: str) -> tuple[int, int]:
        """Return the lots that working orders may still buy and sell."""
        return self.orders.get(symbol, (0, 0))

    def last_close(self, symbol: str) -> int | None:
        """Return the close time of the symbol's last bar."""
        return self.closes.get(symbol)

    def calendar(self, symbol: str) -> MarketCalendar:
        """Return the symbol's calendar."""
        return self.calendars.get(symbol, AlwaysOpen())

    def see(self, *bars: Bar, interval: int = MINUTE) -> None:
        """Move on to a slice: clock, day, bars, marks and the times of the last closes."""
        self.bars = bars
        self.clock = bars[0].timestamp + interval
        self.day = bars[0].timestamp // SECONDS_A_DAY
        for bar in bars:
            self.account.marks[bar.symbol] = bar.close
            self.closes[bar.symbol] = self.clock

    def tick(self, clock: int) -> None:
        """Move the clock alone, as a silent feed does."""
        self.bars = ()
        self.clock = clock


def session_of(*instruments: Instrument, cash: int = 100_000) -> FakeSession:
    """Return a session before its first bar, with a flat account that holds whole units of cash."""
    amount = cash * 10**MONEY_DECIMALS
    account = FakeAccount(
        instruments={instrument.symbol: instrument for instrument in instruments}, starting_cash=amount, cash=amount
    )
    return FakeSession(account=account)
