"""Whether a config can run in the kernel, and what is prepared once for all its runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, cast

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.kernel import compiled, layout
from logos.backtest.kernel.limits import Limits, limits_of
from logos.backtest.kernel.market import Layout, lay_out
from logos.backtest.kernel.ranges import bar_faults, highest_price, most_lots, ratio_faults
from logos.backtest.kernel.result import Bail, KernelRun
from logos.backtest.trial import Window
from logos.context.parts import AccountSettings
from logos.domain.columns import BarColumns, SignalColumns
from logos.domain.errors import BrokenInvariantError
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE
from logos.domain.orders import LONG
from logos.domain.times import time_text
from logos.ledger.rules import volume_share
from logos.ledger.valuation import Valuation
from logos.session.allocators import EqualWeight, FixedQuantity
from logos.session.machine import SessionParts
from logos.session.seats import FillTerms, Pair, PairSignal, PlainBroker
from logos.session.targets import WholeDifference

Column = npt.NDArray[np.int64]

_ALL = Window()
_GROWTH = 8

_REASONS = {
    layout.RUINED: "equity comes to 0 or below",
    layout.TOO_LARGE: "amounts become too large for 64 bits",
    layout.UNACCEPTED: "the broker would reject an order",
}


@attrs.frozen(kw_only=True)
class KernelRefusal:
    """Why a config cannot run in the kernel: whole sentences without a full stop, at least one."""

    reasons: tuple[str, ...]


@attrs.define(kw_only=True, eq=False)
class KernelPlan:
    """A config and the bars of a window, ready to run with any signals.

    Attributes
    ----------
    pairs:
        By symbol and strategy: the order of work.
    laid, market:
        The bars, and everything else that the loop reads.
    """

    settings: AccountSettings
    interval: int
    instruments: Mapping[str, Instrument]
    valuations: Mapping[str, Valuation]
    pairs: tuple[Pair, ...]
    laid: Layout
    market: layout.Market
    limits: Limits
    _fills: int = attrs.field(default=4096, init=False)
    _lots: int = attrs.field(default=512, init=False)

    def run(self, signals: Mapping[Pair, SignalColumns], *, keep_equity: bool = True) -> KernelRun | Bail:
        """Run with signals.

        Parameters
        ----------
        signals:
            The answers of every pair's strategy at all bars that the plan was made with, those before the window
            included.
        keep_equity:
            Whether equity after every slice is kept, and not only that after every day.
        """
        values, first = self._signals(signals)
        simulate = compiled.compiled()
        while True:
            run = self._tables(values, first, keep_equity=keep_equity)
            status = simulate(self.market, run)
            if status != layout.FULL:
                break
            self._fills *= _GROWTH
            self._lots *= _GROWTH
        if run.account[layout.STAMP] != compiled.stamp():
            raise BrokenInvariantError("numba's cache gave code that was compiled from other sources")
        if status != layout.DONE:
            return self._bail(status, run)
        orders = cast("Column", run.orders)[: run.account[layout.ORDERED]]
        return KernelRun(plan=self, equity=cast("Column", run.equity), orders=orders, state=run)

    def _signals(self, signals: Mapping[Pair, SignalColumns]) -> tuple[Column, Column]:
        """Return the signals by slice and pair, and the first slice of each pair that has one."""
        lanes = [self.laid.lanes[pair.symbol] for pair in self.pairs]
        first = np.zeros(len(lanes), dtype=np.int64)
        if len(lanes) == 1 and lanes[0].slices is None:
            of_pair, before = signals[self.pairs[0]], lanes[0].before
            first[0] = max(0, of_pair.first - before)
            column = of_pair.value[before : before + len(lanes[0].bars)]
            # One kind of array, so that one compiled form serves every run; most columns are not copied.
            return np.require(column, np.int64, ["C", "A", "W", "E"]).reshape(-1, 1), first
        values = np.empty((len(self.laid.stamps), len(lanes)), dtype=np.int64)
        for place, (pair, lane) in enumerate(zip(self.pairs, lanes, strict=True)):
            of_pair = signals[pair]
            row = max(0, of_pair.first - lane.before)
            within = of_pair.value[lane.before : lane.before + len(lane.bars)]
            if lane.slices is None:
                values[:, place], first[place] = within, row
            else:
                values[lane.slices, place] = within
                first[place] = lane.slices[row] if row < len(lane.slices) else len(values)
        return values, first

    def _tables(self, values: Column, first: Column, *, keep_equity: bool) -> layout.Run:
        pairs, symbols, slices = len(self.pairs), len(self.laid.lanes), len(self.laid.stamps)
        account = np.zeros(layout.ACCOUNT, dtype=np.int64)
        account[layout.CASH] = self.settings.cash
        account[layout.FALL_FROM] = 1
        state = np.zeros((pairs, layout.PAIR_STATE), dtype=np.int64)
        state[:, layout.SIGNAL] = layout.NEVER
        tables: tuple[Any, ...] = (
            values,
            first,
            account,
            np.zeros((symbols, layout.SYMBOL_STATE), dtype=np.int64),
            state,
            np.zeros((pairs, layout.PAIR_TOTALS), dtype=np.int64),
            np.empty(symbols * self._lots, dtype=np.int64),
            np.empty(symbols * self._lots, dtype=np.int64),
            np.empty((self._fills, layout.ORDER_COLUMNS), dtype=np.int64),
            np.empty((self._fills, layout.FILL_COLUMNS), dtype=np.int64),
            np.empty(slices if keep_equity else 0, dtype=np.int64),
            np.empty(len(self.laid.days), dtype=np.int64),
        )
        return layout.Run(*tables)

    def _bail(self, status: int, run: layout.Run) -> Bail:
        at = int(run.account[layout.STOPPED_AT])
        clock = int(self.laid.stamps[at]) + self.interval
        if status == layout.AT_RATE:
            owner = self.limits.rate_owners[run.account[layout.CULPRIT]]
        else:
            owner = self.limits.owners.get(status, "")
        found = f"guard {owner} would act" if owner else _REASONS[status]
        return Bail(at=at, clock=clock, reason=f"{found} at {time_text(clock)}")


def plan_kernel(
    parts: SessionParts, bars: Mapping[str, BarColumns], window: Window = _ALL
) -> KernelPlan | KernelRefusal:
    """Prepare a config for the kernel, or say why it cannot run there.

    Parameters
    ----------
    parts:
        A freshly assembled session.
    bars:
        All bars of every symbol of the feed.
    window:
        The part of them that is traded.
    """
    reasons = [*_part_faults(parts), *_pair_faults(parts, bars)]
    if reasons:
        return KernelRefusal(reasons=tuple(reasons))
    terms = cast("PlainBroker", parts.broker).terms()
    assert terms is not None
    pairs = tuple(sorted((state.pair for state in parts.pairs), key=lambda pair: (pair.symbol, pair.strategy)))
    laid = lay_out({symbol: bars[symbol] for symbol in parts.instruments if symbol in bars}, window)
    units = {pair: _unit(parts, pair) for pair in pairs}
    valuations = {symbol: parts.books.holding(symbol).valuation for symbol in parts.instruments}
    reasons = [fault for symbol, lane in laid.lanes.items() for fault in bar_faults(symbol, lane.bars, terms)]
    for unit in units.values():
        reasons += ratio_faults(unit, terms, parts.settings.cash)
    rows = {symbol: _symbol_row(parts, laid, symbol, terms, pairs) for symbol in laid.lanes}
    reasons += [
        f"a lot of {pair.symbol} is worth too much for 64 bits"
        for pair in pairs
        if not rows[pair.symbol][layout.MOST_LOTS]
    ]
    if reasons:
        return KernelRefusal(reasons=tuple(dict.fromkeys(reasons)))
    limits = limits_of([(name, envelope) for name, envelope in parts.guards.envelopes() if envelope is not None])
    return KernelPlan(
        settings=parts.settings,
        interval=parts.interval,
        instruments=parts.instruments,
        valuations=valuations,
        pairs=pairs,
        laid=laid,
        market=_market(parts, laid, terms, limits, _tables(laid, rows, units)),
        limits=limits,
    )


def _part_faults(parts: SessionParts) -> Iterator[str]:
    """Yield what the kernel cannot do of the parts."""
    if not compiled.is_available():
        yield f"numba is not installed; {compiled.HINT}"
    if not parts.pairs:
        yield "there is no strategy"
    if type(parts.allocator) not in (EqualWeight, FixedQuantity):
        yield f"the allocator {type(parts.allocator).__name__} is not one of the core's"
    if type(parts.position_manager) is not WholeDifference:
        yield f"the position manager {type(parts.position_manager).__name__} is not the core's targets"
    if not isinstance(parts.broker, PlainBroker):
        yield f"the broker {type(parts.broker).__name__} does not say in numbers how it fills"
    elif parts.broker.terms() is None:
        yield "the broker's fills cannot be said in numbers, as with slippage that is drawn"
    for guard, envelope in parts.guards.envelopes():
        if envelope is None:
            yield f"guard {guard} does not say within which limits it never acts"


def _pair_faults(parts: SessionParts, bars: Mapping[str, BarColumns]) -> Iterator[str]:
    """Yield what the kernel cannot do of the pairs."""
    for state in parts.pairs:
        symbol, currency = state.pair.symbol, state.instrument.currency
        if symbol not in bars:
            yield f"there are no bars of {symbol}"
        if currency != parts.settings.currency:
            yield f"{symbol} is quoted in {currency}, and would have to be converted"


def _unit(parts: SessionParts, pair: Pair) -> tuple[int, int]:
    """Return the share of equity, or the lots, of one hundred-millionth of a signal, as the allocator gives it."""
    instrument = parts.instruments[pair.symbol]
    (target,) = parts.allocator.targets([PairSignal(pair=pair, instrument=instrument, signal=LONG)], parts.books)
    if target.weight is not None:
        unit = target.weight / RATIO_ONE
    else:
        unit = Fraction(target.quantity or 0) * instrument.lots_a_unit / RATIO_ONE
    return unit.numerator, unit.denominator


def _symbol_row(parts: SessionParts, laid: Layout, symbol: str, terms: FillTerms, pairs: tuple[Pair, ...]) -> list[int]:
    """Return a row of ``Market.symbols``."""
    instrument, valuation = parts.instruments[symbol], parts.books.holding(symbol).valuation
    places = [place for place, pair in enumerate(pairs) if pair.symbol == symbol]
    first = places[0] if places else 0
    price = highest_price(laid.lanes[symbol].bars, terms)
    greatest = instrument.greatest_product
    lots = most_lots(price, valuation, terms, symbols=len(laid.lanes), pairs=max(1, len(places)))
    return [
        valuation.numerator,
        valuation.denominator,
        min(instrument.least_product, layout.NEVER),
        layout.NEVER if greatest is None else min(greatest, layout.NEVER),
        lots,
        first,
        first + len(places),
    ]


def _tables(
    laid: Layout, rows: Mapping[str, list[int]], units: Mapping[Pair, tuple[int, int]]
) -> tuple[Column, Column]:
    """Return what is fixed of the symbols and of the pairs."""
    places = {symbol: place for place, symbol in enumerate(laid.lanes)}
    pairs = [(places[pair.symbol], *unit) for pair, unit in units.items()]
    return np.array(list(rows.values()), dtype=np.int64), np.array(pairs, dtype=np.int64)


def _market(
    parts: SessionParts, laid: Layout, terms: FillTerms, limits: Limits, tables: tuple[Column, Column]
) -> layout.Market:
    of_terms = np.zeros(layout.TERMS, dtype=np.int64)
    of_terms[layout.MARGIN] = parts.settings.margin
    of_terms[layout.FEE], of_terms[layout.FEE_DENOMINATOR] = terms.taker
    of_terms[layout.SLIPPAGE], of_terms[layout.SLIPPAGE_DENOMINATOR] = terms.slippage
    of_terms[layout.INTERVAL] = parts.interval
    of_terms[layout.OF_EQUITY] = isinstance(parts.allocator, EqualWeight)
    of_terms[layout.STARTING_CASH] = parts.settings.cash
    lanes = laid.lanes.values()
    built: tuple[Any, ...] = (
        laid.stamps,
        laid.table([lane.bars.open for lane in lanes]),
        laid.table([lane.bars.close for lane in lanes]),
        laid.table([_room(lane.bars, terms) for lane in lanes]),
        np.append(laid.day_ends, -1),
        *tables,
        of_terms,
        limits.numbers,
        limits.rates,
    )
    return layout.Market(*built)


def _room(bars: BarColumns, terms: FillTerms) -> Column:
    """Return the lots that orders may take of each bar; -1 where the asset class reports no volume."""
    if not bars.instrument.has_volume:
        return np.full(len(bars), -1, dtype=np.int64)
    return cast("Column", volume_share(cast("Any", bars.volume), *terms.volume_share))
