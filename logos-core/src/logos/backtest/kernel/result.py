"""What a compiled run has found: its fills, its equity, and the figures of a backtest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.kernel import layout
from logos.backtest.records import EquityByDay, PairTotals, RunTotals, SymbolTotals
from logos.domain.money import ratio

if TYPE_CHECKING:
    from logos.backtest.kernel.plan import KernelPlan

Column = npt.NDArray[np.int64]


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
    at, pair, order:
        The slice; the pair's place in ``KernelPlan.pairs``; the order's number from 1.
    quantity:
        Signed lots.
    price, reference_price:
        Ticks, with slippage and before it.
    value, fee, realized:
        Minor units.
    """

    at: Column
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
        Slice, pair, signed lots, decision price of each order, by number, and whether it only reduces.
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
            at=table[:, layout.AT_SLICE],
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


def totals_of(run: KernelRun) -> RunTotals:
    """Return the figures of a run, as any engine gives them."""
    plan = run.plan
    slices = len(plan.laid.stamps)
    symbols = tuple(_symbol_totals(run))
    return RunTotals(
        status="completed",
        instruments=plan.instruments,
        interval=plan.interval,
        currency=plan.settings.currency,
        decimals=plan.settings.decimals,
        starting_cash=plan.settings.cash,
        first_open=int(plan.laid.stamps[0]) if slices else None,
        last_clock=int(plan.laid.stamps[-1]) + plan.interval if slices else None,
        bars=plan.laid.bars,
        slices=slices,
        exposed=int(run.state.account[layout.EXPOSED]),
        orders=run.order_count,
        blocked=0,
        rejected=0,
        fills=run.fill_count,
        final_equity=run.final_equity,
        realized=sum(one.realized for one in symbols),
        unrealized=sum(one.unrealized for one in symbols),
        fees=sum(one.fees for one in symbols),
        by_day=EquityByDay(
            days=plan.laid.days.tolist(),
            equity=_columns(run.state.day_equity).tolist(),
            max_drawdown=ratio(int(run.state.account[layout.FALL]), int(run.state.account[layout.FALL_FROM])),
        ),
        pairs=_pair_totals(run),
        symbols=symbols,
    )


def _symbol_totals(run: KernelRun) -> list[SymbolTotals]:
    found = []
    for symbol, row in zip(run.plan.laid.lanes, _columns(run.state.symbols).tolist(), strict=True):
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


def _pair_totals(run: KernelRun) -> tuple[PairTotals, ...]:
    """Return every pair that has ordered, by strategy and symbol, what it holds valued at its mark."""
    marks = {each.symbol: each.mark for each in _symbol_totals(run)}
    found = []
    for pair, row in zip(run.plan.pairs, _columns(run.state.totals).tolist(), strict=True):
        if not row[layout.PAIR_ORDERS]:
            continue
        mark, position = marks[pair.symbol], row[layout.PAIR_POSITION]
        held = 0 if mark is None else run.plan.valuations[pair.symbol].value(mark, position, None)
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
