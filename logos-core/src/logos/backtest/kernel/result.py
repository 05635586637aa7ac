"""What a compiled run has found: its fills, its equity, and the figures of a backtest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.kernel import layout
from logos.backtest.records import EquityByDay, PairTotals, RunTotals, SymbolTotals
from logos.domain.money import ratio
from logos.domain.times import time_text

if TYPE_CHECKING:
    from logos.backtest.kernel.market import Layout
    from logos.backtest.kernel.plan import KernelPlan
    from logos.backtest.kernel.terms import KernelTerms

Column = npt.NDArray[np.int64]


UNTOLD_REASON = "some signal is not ordered as it asks, and the session says why"
"""Why the session runs what the kernel could: its tables do not tell the whole story."""

_REASONS = {
    layout.FULL: "there are more open lots or fills than there is room for",
    layout.RUINED: "equity comes to 0 or below",
    layout.TOO_LARGE: "amounts become too large for 64 bits",
    layout.UNACCEPTED: "the broker would reject an order",
}


@attrs.frozen(kw_only=True)
class Bail:
    """A run that the kernel cannot finish: the session itself must run it.

    Attributes
    ----------
    at:
        The slice, counted from 0.
    clock:
        Its close, in seconds since the epoch, UTC.
    reason:
        What happened there, such as ``guard drawdown would act at …``.
    """

    at: int
    clock: int
    reason: str


@attrs.frozen(kw_only=True, eq=False)
class KernelFills:
    """The fills of a run, one an entry, in the order in which they happened. All of them took liquidity.

    Attributes
    ----------
    clock, pair, order:
        The slice's clock; the pair's place in ``KernelPlan.pairs``; the order's number from 1.
    quantity:
        Signed lots.
    price, reference_price:
        Ticks, with slippage and before it.
    value, fee, realized:
        Minor units.
    """

    clock: Column
    pair: Column
    quantity: Column
    price: Column
    reference_price: Column
    value: Column
    fee: Column
    realized: Column
    order: Column


@attrs.frozen(kw_only=True, eq=False)
class KernelRun:
    """A finished run.

    Attributes
    ----------
    equity:
        After each slice, in minor units; empty where it was not asked for.
    orders:
        Clock, pair, signed lots and decision price of each order, by number, whether it only reduces, and its signal.
    state:
        The loop's own tables.
    """

    plan: KernelPlan
    equity: Column
    orders: Column
    state: layout.Run

    @property
    def order_count(self) -> int:
        """How many orders went out."""
        return self._account(layout.ORDERED)

    @property
    def is_told(self) -> bool:
        """Whether orders and fills tell the whole story: every signal became an order for all that it asked for."""
        return not self._account(layout.UNTOLD)

    @property
    def fill_count(self) -> int:
        """How many fills there were."""
        return self._account(layout.FILLED)

    @property
    def final_equity(self) -> int:
        """Equity after the last slice, in minor units."""
        return self._account(layout.CASH) + int(_columns(self.state.symbols)[:, layout.VALUE].sum())

    @property
    def fills(self) -> KernelFills:
        """Every fill."""
        table = _columns(self.state.fills)[: self.fill_count]
        return KernelFills(
            clock=table[:, layout.AT_CLOCK],
            pair=table[:, layout.PAIR],
            quantity=table[:, layout.QUANTITY],
            price=table[:, layout.PRICE],
            reference_price=table[:, layout.REFERENCE],
            value=table[:, layout.FILL_VALUE],
            fee=table[:, layout.FILL_FEE],
            realized=table[:, layout.FILL_REALIZED],
            order=table[:, layout.NUMBER],
        )

    @property
    def fill_rows(self) -> list[list[int]]:
        """Every fill as a row of the loop's own table."""
        rows: list[list[int]] = _columns(self.state.fills)[: self.fill_count].tolist()
        return rows

    def _account(self, place: int) -> int:
        return int(self.state.account[place])


def bail_of(status: int, run: layout.Run, terms: KernelTerms, laid: Layout) -> Bail:
    """Return at which slice of some bars a run stopped, and why."""
    at = int(run.account[layout.STOPPED_AT])
    clock = int(laid.stamps[at]) + terms.interval
    if status == layout.AT_RATE:
        owner = terms.limits.rate_owners[run.account[layout.CULPRIT]]
    else:
        owner = terms.limits.owners.get(status, "")
    found = f"guard {owner} would act" if owner else _REASONS[status]
    return Bail(at=at, clock=clock, reason=f"{found} at {time_text(clock)}")


@attrs.define(kw_only=True)
class Span:
    """The slices that were run: the first open and the last clock, how many slices, and how many bars in them."""

    first_open: int | None = None
    last_clock: int | None = None
    slices: int = 0
    bars: int = 0

    def add(self, laid: Layout, interval: int) -> None:
        """Add the slices of some bars that come next."""
        if not len(laid.stamps):
            return
        if self.first_open is None:
            self.first_open = int(laid.stamps[0])
        self.last_clock = int(laid.stamps[-1]) + interval
        self.slices += len(laid.stamps)
        self.bars += laid.bars


def totals_of(run: KernelRun) -> RunTotals:
    """Return the figures of a run, as any engine gives them."""
    plan, span = run.plan, Span()
    span.add(plan.laid, plan.terms.interval)
    account = run.state.account
    by_day = EquityByDay(
        days=plan.laid.days.tolist(),
        equity=_columns(run.state.day_equity).tolist(),
        max_drawdown=ratio(int(account[layout.FALL]), int(account[layout.FALL_FROM])),
    )
    return totals(plan.terms, run.state, span, by_day)


def totals(terms: KernelTerms, state: layout.Run, span: Span, by_day: EquityByDay) -> RunTotals:
    """Return the figures of a run from the loop's own tables."""
    symbols = tuple(_symbol_totals(terms, state))
    pairs = _columns(state.totals)
    return RunTotals(
        status="completed",
        instruments=terms.instruments,
        interval=terms.interval,
        currency=terms.settings.currency,
        decimals=terms.settings.decimals,
        starting_cash=terms.settings.cash,
        first_open=span.first_open,
        last_clock=span.last_clock,
        bars=span.bars,
        slices=span.slices,
        exposed=int(state.account[layout.EXPOSED]),
        orders=int(state.account[layout.ORDERED]),
        blocked=0,
        rejected=0,
        fills=int(pairs[:, layout.PAIR_FILLS].sum()),
        final_equity=int(state.account[layout.CASH]) + sum(one.market_value for one in symbols),
        realized=sum(one.realized for one in symbols),
        unrealized=sum(one.unrealized for one in symbols),
        fees=sum(one.fees for one in symbols),
        by_day=by_day,
        pairs=_pair_totals(terms, pairs, symbols),
        symbols=symbols,
    )


def _symbol_totals(terms: KernelTerms, state: layout.Run) -> list[SymbolTotals]:
    found = []
    for symbol, row in zip(sorted(terms.instruments), _columns(state.symbols).tolist(), strict=True):
        found.append(
            SymbolTotals(
                symbol=symbol,
                position=row[layout.POSITION],
                mark=row[layout.MARK] or None,
                market_value=row[layout.VALUE],
                realized=row[layout.REALIZED],
                unrealized=row[layout.VALUE] - row[layout.COST],
                fees=row[layout.FEES],
            )
        )
    return found


def _pair_totals(terms: KernelTerms, rows: Column, symbols: Sequence[SymbolTotals]) -> tuple[PairTotals, ...]:
    """Return every pair that has ordered, by strategy and symbol, what it holds valued at its mark."""
    marks = {each.symbol: each.mark for each in symbols}
    found = []
    for pair, row in zip(terms.pairs, rows.tolist(), strict=True):
        if not row[layout.PAIR_ORDERS]:
            continue
        mark, position = marks[pair.symbol], row[layout.PAIR_POSITION]
        held = 0 if mark is None else terms.valuations[pair.symbol].value(mark, position, None)
        found.append(
            PairTotals(
                strategy=pair.strategy,
                symbol=pair.symbol,
                orders=row[layout.PAIR_ORDERS],
                fills=row[layout.PAIR_FILLS],
                traded=row[layout.TRADED],
                fees_taker=row[layout.PAIR_FEES],
                slippage=row[layout.SLIPPAGE_COST],
                delay=row[layout.DELAY_COST],
                trips=row[layout.TRIPS],
                wins=row[layout.WINS],
                gross_profit=row[layout.PROFIT],
                gross_loss=row[layout.LOSS],
                longest_trip=row[layout.LONGEST],
                position=position,
                net=row[layout.FLOW] - row[layout.PAIR_FEES] + held,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.strategy, one.symbol)))


def _columns(table: object) -> Column:
    assert isinstance(table, np.ndarray)
    return table
