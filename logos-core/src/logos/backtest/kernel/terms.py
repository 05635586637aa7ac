"""What the kernel needs to know of a config, whatever the bars: or why it cannot run it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, cast

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.kernel import compiled, layout
from logos.backtest.kernel.limits import Limits, limits_of
from logos.backtest.kernel.market import Layout
from logos.backtest.kernel.ranges import bar_faults, highest_price, most_lots, ratio_faults
from logos.context.parts import AccountSettings
from logos.domain.columns import BarColumns
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE
from logos.domain.orders import LONG
from logos.ledger.rules import volume_share
from logos.ledger.valuation import Valuation
from logos.session.allocators import EqualWeight, FixedQuantity
from logos.session.machine import SessionParts
from logos.session.seats import FillTerms, Pair, PairSignal, PlainBroker
from logos.session.targets import WholeDifference

Column = npt.NDArray[np.int64]


@attrs.frozen(kw_only=True)
class KernelRefusal:
    """Why a config cannot run in the kernel: whole sentences without a full stop, at least one."""

    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """All of them in one text."""
        return "; ".join(self.reasons)


@attrs.frozen(kw_only=True, eq=False)
class KernelTerms:
    """What is fixed of a config.

    Attributes
    ----------
    pairs:
        By symbol and strategy: the order of work.
    units:
        The share of equity, or the lots, of one hundred-millionth of each pair's signal.
    fills:
        How the broker fills market orders.
    of_equity:
        Whether targets are shares of equity.
    """

    settings: AccountSettings
    interval: int
    instruments: Mapping[str, Instrument]
    valuations: Mapping[str, Valuation]
    pairs: tuple[Pair, ...]
    units: Mapping[Pair, tuple[int, int]]
    fills: FillTerms
    limits: Limits
    of_equity: bool


def kernel_terms(parts: SessionParts) -> KernelTerms | KernelRefusal:
    """Return what the kernel needs to know of a freshly assembled session, or why it cannot run it."""
    reasons = [*_part_faults(parts), *_currency_faults(parts)]
    if reasons:
        return KernelRefusal(reasons=tuple(reasons))
    fills = cast("PlainBroker", parts.broker).terms()
    assert fills is not None
    pairs = tuple(sorted((state.pair for state in parts.pairs), key=lambda pair: (pair.symbol, pair.strategy)))
    units = {pair: _unit(parts, pair) for pair in pairs}
    faults = [fault for unit in units.values() for fault in ratio_faults(unit, fills, parts.settings.cash)]
    if faults:
        return KernelRefusal(reasons=tuple(dict.fromkeys(faults)))
    return KernelTerms(
        settings=parts.settings,
        interval=parts.interval,
        instruments=parts.instruments,
        valuations={symbol: parts.books.holding(symbol).valuation for symbol in parts.instruments},
        pairs=pairs,
        units=units,
        fills=fills,
        limits=limits_of([(name, envelope) for name, envelope in parts.guards.envelopes() if envelope is not None]),
        of_equity=isinstance(parts.allocator, EqualWeight),
    )


def market_of(terms: KernelTerms, laid: Layout) -> layout.Market | KernelRefusal:
    """Return what the loop reads of some bars, or why they cannot be computed with."""
    reasons = [fault for symbol, lane in laid.lanes.items() for fault in bar_faults(symbol, lane.bars, terms.fills)]
    rows = {symbol: _symbol_row(terms, laid, symbol) for symbol in laid.lanes}
    reasons += [
        f"a lot of {pair.symbol} is worth too much for 64 bits"
        for pair in terms.pairs
        if not rows[pair.symbol][layout.MOST_LOTS]
    ]
    if reasons:
        return KernelRefusal(reasons=tuple(dict.fromkeys(reasons)))
    lanes = laid.lanes.values()
    places = {symbol: place for place, symbol in enumerate(laid.lanes)}
    of_pairs = [(places[pair.symbol], *unit) for pair, unit in terms.units.items()]
    built: tuple[Any, ...] = (
        laid.stamps,
        laid.table([lane.bars.open for lane in lanes]),
        laid.table([lane.bars.close for lane in lanes]),
        laid.table([_room(lane.bars, terms.fills) for lane in lanes]),
        np.append(laid.day_ends, -1),
        np.array(list(rows.values()), dtype=np.int64),
        np.array(of_pairs, dtype=np.int64),
        _account_terms(terms),
        terms.limits.numbers,
        terms.limits.rates,
    )
    return layout.Market(*built)


def _account_terms(terms: KernelTerms) -> Column:
    found = np.zeros(layout.TERMS, dtype=np.int64)
    found[layout.MARGIN] = terms.settings.margin
    found[layout.FEE], found[layout.FEE_DENOMINATOR] = terms.fills.taker
    found[layout.SLIPPAGE], found[layout.SLIPPAGE_DENOMINATOR] = terms.fills.slippage
    found[layout.INTERVAL] = terms.interval
    found[layout.OF_EQUITY] = terms.of_equity
    return found


def _symbol_row(terms: KernelTerms, laid: Layout, symbol: str) -> list[int]:
    """Return a row of ``Market.symbols``."""
    instrument, valuation = terms.instruments[symbol], terms.valuations[symbol]
    places = [place for place, pair in enumerate(terms.pairs) if pair.symbol == symbol]
    first = places[0] if places else 0
    price = highest_price(laid.lanes[symbol].bars, terms.fills)
    greatest = instrument.greatest_product
    lots = most_lots(price, valuation, terms.fills, symbols=len(laid.lanes), pairs=max(1, len(places)))
    return [
        valuation.numerator,
        valuation.denominator,
        min(instrument.least_product, layout.NEVER),
        layout.NEVER if greatest is None else min(greatest, layout.NEVER),
        lots,
        first,
        first + len(places),
    ]


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


def _currency_faults(parts: SessionParts) -> Iterator[str]:
    """Yield which pairs would have to be converted."""
    for state in parts.pairs:
        currency = state.instrument.currency
        if currency != parts.settings.currency:
            yield f"{state.pair.symbol} is quoted in {currency}, and would have to be converted"


def _unit(parts: SessionParts, pair: Pair) -> tuple[int, int]:
    """Return the share of equity, or the lots, of one hundred-millionth of a signal, as the allocator gives it."""
    instrument = parts.instruments[pair.symbol]
    (target,) = parts.allocator.targets([PairSignal(pair=pair, instrument=instrument, signal=LONG)], parts.books)
    if target.weight is not None:
        unit = target.weight / RATIO_ONE
    else:
        unit = Fraction(target.quantity or 0) * instrument.lots_a_unit / RATIO_ONE
    return unit.numerator, unit.denominator


def _room(bars: BarColumns, terms: FillTerms) -> Column:
    """Return the lots that orders may take of each bar; -1 where the asset class reports no volume."""
    if not bars.instrument.has_volume:
        return np.full(len(bars), -1, dtype=np.int64)
    return cast("Column", volume_share(cast("Any", bars.volume), *terms.volume_share))
