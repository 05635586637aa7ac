"""What a backtest adds up to while it runs: plain figures, from which metrics, tables and reports are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from logos.domain.events import Cause
from logos.domain.instruments import Instrument


@attrs.frozen(kw_only=True)
class EquityByDay:
    """Equity at the end of each trading day.

    Attributes
    ----------
    days:
        Trading days with a slice, ascending: whole days since 1970-01-01, UTC.
    equity:
        After the last slice of each day, in minor units.
    max_drawdown:
        The deepest fall from the peak over all slices, in hundred-millionths of the peak; starting cash is a peak.
    """

    days: Sequence[int]
    equity: Sequence[int]
    max_drawdown: int


@attrs.define(kw_only=True)
class PairTotals:
    """What one (strategy, symbol) pair has done. Money in minor units of the account's currency.

    Attributes
    ----------
    traded:
        The value of all fills, each counted as positive.
    fees_maker, fees_taker:
        Fees of the fills that offered liquidity, and of those that took it.
    slippage:
        What fills cost more than at the price before slippage.
    delay:
        What the price had moved against the pair between decision and fill, slippage aside; negative for a gain.
    trips, wins:
        Round trips (from flat to flat, or to a reversal), and those with a profit after fees.
    gross_profit, gross_loss:
        Sums over the round trips with a profit, and with a loss (positive), after fees.
    longest_trip:
        Seconds from the first fill to the last of the longest round trip.
    position:
        Signed lots still held at the end.
    net:
        Profit after fees, what is still held included at its mark.
    """

    strategy: str
    symbol: str
    orders: int = 0
    fills: int = 0
    traded: int = 0
    fees_maker: int = 0
    fees_taker: int = 0
    slippage: int = 0
    delay: int = 0
    trips: int = 0
    wins: int = 0
    gross_profit: int = 0
    gross_loss: int = 0
    longest_trip: int = 0
    position: int = 0
    net: int = 0


@attrs.frozen(kw_only=True)
class SymbolTotals:
    """What the account's books say of one symbol at the end. Money in minor units of the account's currency.

    Attributes
    ----------
    mark:
        The last close in ticks; ``None`` where it had no bar.
    """

    symbol: str
    position: int
    mark: int | None
    market_value: int
    realized: int
    unrealized: int
    fees: int


@attrs.frozen(kw_only=True)
class BenchmarkTotals:
    """Buying every traded symbol at the start, in equal shares, and holding it, on the same broker."""

    symbols: tuple[str, ...]
    final_equity: int
    fees: int
    by_day: EquityByDay


@attrs.frozen(kw_only=True)
class RunTotals:
    """A backtest in figures. Money in minor units of the account's currency, times in seconds since the epoch, UTC.

    Attributes
    ----------
    status:
        ``completed``, ``halted`` or ``interrupted``.
    first_open, last_clock:
        The open of the first slice and the close of the last; ``None`` where there was no slice.
    exposed:
        Slices after which a position was open.
    pairs:
        By strategy and symbol, in name order.
    symbols:
        In name order.
    benchmark:
        ``None`` where it was not asked for.
    """

    status: str
    causes: tuple[Cause, ...] = ()
    instruments: Mapping[str, Instrument]
    interval: int
    currency: str
    decimals: int
    starting_cash: int
    first_open: int | None
    last_clock: int | None
    bars: int
    slices: int
    exposed: int
    orders: int
    blocked: int
    rejected: int
    fills: int
    final_equity: int
    realized: int
    unrealized: int
    fees: int
    by_day: EquityByDay
    pairs: tuple[PairTotals, ...]
    symbols: tuple[SymbolTotals, ...]
    benchmark: BenchmarkTotals | None = None
