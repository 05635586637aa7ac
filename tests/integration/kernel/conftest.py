"""The kernel and the session side by side: cases that both run, and the comparison of what they give."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
import pytest

from logos.backtest.accumulating import Accumulator
from logos.backtest.equity import EquityCurve
from logos.backtest.kernel.plan import KernelPlan, plan_kernel
from logos.backtest.kernel.result import Bail, KernelRun, totals_of
from logos.backtest.trial import Window
from logos.brokers.paper import open_paper
from logos.brokers.paper_config import PaperConfig
from logos.context.clock import SystemClock
from logos.context.parts import AccountSettings, PartContext
from logos.context.seed import Seed
from logos.domain.bars import Bar, Slice
from logos.domain.columns import BarColumns, SignalColumns
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.money import RATIO_ONE
from logos.domain.orders import Signal
from logos.ledger.books import Books
from logos.session.allocators import EqualWeight, FixedQuantity
from logos.session.guarding import GuardEntry, GuardRail
from logos.session.machine import Session, SessionParts
from logos.session.pairs import PairState
from logos.session.seats import Guard, Pair
from logos.session.targets import WholeDifference
from logos.testing.views import AlwaysOpen

START = 1_709_562_600  # 2024-03-04T14:30:00Z
INTERVAL = 60
WHOLE = Window()


class Scripted:
    """Says what its column says."""

    lookback = 1

    def __init__(self, first: int, values: list[int]) -> None:
        self.columns = SignalColumns(first=first, value=np.array(values, dtype=np.int64))
        self._row = -1

    def on_bar(self, bar: Bar) -> Signal | None:
        self._row += 1
        return Signal(int(self.columns.value[self._row])) if self._row >= self.columns.first else None

    def signals(self, bars: BarColumns) -> SignalColumns:
        return self.columns


class Silence:
    """A log that nobody reads."""

    def info(self, event: str, **values: object) -> None:
        """Hear a line."""

    debug = warning = error = info


class Heard:
    """A recorder that keeps fills and equity, and adds up."""

    def __init__(self, books: Books) -> None:
        self.totals = Accumulator(books)
        self.fills: list[tuple[Any, ...]] = []
        self.equity: list[int] = []
        self.clocks: list[int] = []
        self.session: Any = None
        self.halted_at: int | None = None

    def account(self, row: tuple[int, ...]) -> None:
        self.clocks.append(row[0])
        self.equity.append(row[3])

    def intended(self, order: Any) -> None:
        self.totals.ordered(order)

    def filled(self, clock: int, trade_id: int, order: Any, fill: Any, realized: int) -> None:
        self.totals.filled(order, fill, self.session.counts.slices)
        intent = order.intent
        sign = 1 if intent.signed_quantity > 0 else -1
        self.fills.append(
            (
                clock,
                intent.strategy,
                intent.instrument.symbol,
                sign * fill.quantity,
                fill.price,
                fill.reference_price,
                fill.value,
                fill.fee,
                realized,
                intent.order_id,
            )
        )

    def halted(self, clock: int, causes: object) -> None:
        self.halted_at = clock

    def nothing(self, *_: object) -> None:
        """Hear what is not compared."""

    decided = blocked = answered = closed = position = ticked = nothing


@attrs.define(kw_only=True)
class Case:
    """A config, its bars by symbol and its signals by pair."""

    instruments: dict[str, Instrument]
    bars: dict[str, BarColumns]
    signals: dict[Pair, tuple[int, list[int]]]
    broker: PaperConfig = attrs.field(factory=PaperConfig)
    cash: int = 100_000
    decimals: int = 8
    margin: bool = False
    weight: Fraction | None = None
    quantity: Fraction = Fraction(10)
    guards: dict[str, Guard] = attrs.field(factory=dict)

    def parts(self) -> SessionParts:
        account = AccountSettings(
            currency="USD",
            cash=self.cash * 10**self.decimals,
            decimals=self.decimals,
            margin=self.margin,
            conversions={},
        )
        context = PartContext(
            clock=SystemClock(),
            log=Silence(),
            workspace=Path(),
            seed=Seed(7),
            interval=INTERVAL,
            instruments=self.instruments,
            symbols=tuple(sorted(self.instruments)),
            pairs=len(self.signals),
            account=account,
            calendar=lambda _: AlwaysOpen(),
        )
        return SessionParts(
            settings=account,
            interval=INTERVAL,
            instruments=self.instruments,
            books=Books(
                cash=account.cash,
                currency="USD",
                decimals=self.decimals,
                instruments=self.instruments.values(),
                conversions={},
            ),
            broker=open_paper(self.broker, context),
            pairs=[
                PairState(pair=pair, instrument=self.instruments[pair.symbol], strategy=Scripted(*signals))
                for pair, signals in self.signals.items()
            ],
            allocator=EqualWeight(self.weight) if self.weight else FixedQuantity(self.quantity),
            position_manager=WholeDifference(),
            guards=GuardRail([GuardEntry(name=name, guard=guard) for name, guard in self.guards.items()]),
            calendar=lambda _: AlwaysOpen(),
        )

    def slices(self, window: Window = WHOLE) -> list[Slice]:
        found: dict[int, list[Bar]] = {}
        for symbol in sorted(self.bars):
            columns = self.bars[symbol]
            for row in zip(*(column.tolist() for column in columns.columns), strict=True):
                found.setdefault(row[0], []).append(Bar(columns.instrument, *row))
        kept = [stamp for stamp in sorted(found) if (window.start or 0) <= stamp < (window.end or 2**60)]
        return [Slice(stamp + INTERVAL, tuple(found[stamp])) for stamp in kept]


def by_session(case: Case, window: Window = WHOLE) -> tuple[Session, Heard]:
    """Run a case slice by slice; strategies hear the bars before the window too."""
    parts = case.parts()
    for one in case.slices(Window(end=window.start)) if window.start else ():
        for bar in one.bars:
            for state in parts.pairs:
                if state.instrument is bar.instrument:
                    state.on_bar(bar)
    heard = Heard(parts.books)
    session = Session(session_id="test", parts=parts, recorder=heard, clock=START)  # type: ignore[arg-type]
    heard.session = session
    for one in case.slices(window):
        if not session.advance(one):
            break
    heard.totals.settle(session.counts.slices)
    return session, heard


def by_kernel(case: Case, window: Window = WHOLE, **options: Any) -> KernelRun | Bail:
    """Run a case in the kernel."""
    parts = case.parts()
    plan = plan_kernel(parts, case.bars, window)
    assert isinstance(plan, KernelPlan), plan
    return plan.run({state.pair: state.strategy.columns for state in parts.pairs}, **options)


def fills_of(run: KernelRun) -> list[tuple[Any, ...]]:
    """Return the fills as ``Heard`` keeps them."""
    fills, plan = run.fills, run.plan
    clocks = fills.clock.tolist()
    pairs = [plan.terms.pairs[place] for place in fills.pair.tolist()]
    columns = (
        fills.quantity,
        fills.price,
        fills.reference_price,
        fills.value,
        fills.fee,
        fills.realized,
        fills.order,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [(clock, pair.strategy, pair.symbol, *row) for clock, pair, row in zip(clocks, pairs, rows, strict=True)]


def check_equal(case: Case, run: KernelRun | Bail, window: Window = WHOLE) -> None:
    """Compare a run with the session's, to the last unit."""
    assert isinstance(run, KernelRun), run
    session, heard = by_session(case, window)
    assert fills_of(run) == heard.fills
    assert run.equity.tolist() == heard.equity
    assert heard.halted_at is None
    totals, books, counts = totals_of(run), session.account, session.counts
    assert (totals.orders, totals.fills, totals.slices, totals.bars) == (
        counts.orders,
        counts.fills,
        counts.slices,
        counts.bars,
    )
    assert (counts.blocked, counts.rejected) == (0, 0)
    assert (totals.final_equity, totals.realized, totals.unrealized, totals.fees) == (
        books.equity,
        books.realized,
        books.unrealized,
        books.fees,
    )
    assert totals.exposed == heard.totals.exposed
    assert totals.pairs == heard.totals.pairs()
    curve = EquityCurve(starting_cash=books.starting_cash, interval=INTERVAL, write=None, decimals=books.decimals)
    curve.add(np.array(heard.clocks, dtype=np.int64), np.array(heard.equity, dtype=np.int64))
    assert totals.by_day == curve.by_day()
    for one in totals.symbols:
        holding = books.holding(one.symbol)
        assert (one.position, one.market_value, one.realized) == (
            holding.lots.quantity,
            holding.market_value,
            holding.realized,
        )
        assert (one.mark, one.unrealized) == (holding.mark, holding.market_value - holding.lots.cost)


SHARE = Instrument(symbol="A", asset_class=AssetClass.EQUITY, tick=Decimal(1), lot=Decimal(1), currency="USD")
PAIR = Pair("p", "A")


def still(closes: list[int], values: list[int], *, volume: int = 10**6, **changes: Any) -> Case:
    """Return a case of one symbol whose bars stand still at these prices, in units of full signal."""
    prices = np.array(closes, dtype=np.int64)
    bars = BarColumns(
        instrument=SHARE,
        timestamp=START + INTERVAL * np.arange(len(closes)),
        open=prices,
        high=prices,
        low=prices,
        close=prices,
        volume=np.full(len(closes), volume),
    )
    signals = {PAIR: (0, [value * RATIO_ONE for value in values])}
    return Case(instruments={"A": SHARE}, bars={"A": bars}, signals=signals, **changes)


@pytest.fixture(scope="session")
def kernel() -> SimpleNamespace:
    """Everything that the tests of the kernel share; they are skipped where numba is not installed."""
    pytest.importorskip("numba", reason="the kernel needs the extra [fast]")
    return SimpleNamespace(
        Case=Case,
        Silence=Silence,
        by_session=by_session,
        by_kernel=by_kernel,
        check_equal=check_equal,
        still=still,
        SHARE=SHARE,
        PAIR=PAIR,
        START=START,
        INTERVAL=INTERVAL,
    )
