"""The kernel against the session itself: generated configs and bars, and every fill and every equity must be equal."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from logos.backtest.kernel.result import Bail, KernelRun, totals_of
from logos.backtest.trial import Window
from logos.brokers.paper_config import Fees, PaperConfig
from logos.domain.columns import BarColumns
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.money import RATIO_ONE
from logos.risk.drawdown import Drawdown
from logos.risk.exposure import ExposureGuard
from logos.risk.max_notional import MaxNotional
from logos.risk.order_rate import OrderRate
from logos.session.seats import Guard, Pair


def slices_of(run: KernelRun) -> list[int]:
    """Return at which slice each fill happened, counted from 0."""
    plan = run.plan
    return np.searchsorted(plan.laid.stamps, run.fills.clock - plan.terms.interval).tolist()


TICKS = st.sampled_from(["0.0001", "0.01", "0.25", "1"])
LOTS = st.sampled_from(["1", "0.001", "5"])
VOLUMES = st.sampled_from([10**6, 10**6, 10**5, 60, 7, 0])
VALUES = st.sampled_from([RATIO_ONE, 0, -RATIO_ONE, RATIO_ONE // 2, 33_333_333, -12_345_678])


@st.composite
def instruments(draw: st.DrawFn, symbol: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        asset_class=draw(st.sampled_from(list(AssetClass))),
        tick=Decimal(draw(TICKS)),
        lot=Decimal(draw(LOTS)),
        currency="USD",
        min_notional=Decimal(draw(st.sampled_from(["0", "0", "40"]))),
        notional_cap=draw(st.sampled_from([None, None, Decimal(900)])),
    )


@st.composite
def bars_of(draw: st.DrawFn, instrument: Instrument, stamps: list[int]) -> BarColumns:
    rows = []
    price = draw(st.integers(5, 400))
    for _ in stamps:
        opens = max(1, price + draw(st.integers(-3, 3)))
        price = max(1, opens + draw(st.integers(-9, 9)))
        rows.append((opens, max(opens, price), min(opens, price), price, draw(VOLUMES)))
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    return BarColumns(
        instrument=instrument,
        timestamp=np.array(stamps, dtype=np.int64),
        **{name: table[:, place] for place, name in enumerate(("open", "high", "low", "close", "volume"))},
    )


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    symbols = draw(st.sampled_from([["A"], ["A"], ["A", "B"], ["A", "B", "C"]]))
    steps = draw(st.lists(st.sampled_from([60, 60, 60, 60, 30, 3600, 40_000]), min_size=6, max_size=25))
    clock, stamps = 1_709_562_600, []  # 2024-03-04T14:30:00Z

    for step in steps:
        stamps.append(clock)
        clock += step
    known, bars, signals = {}, {}, {}
    for symbol in symbols:
        known[symbol] = draw(instruments(symbol))
        absent = draw(st.sets(st.sampled_from(stamps), max_size=4)) if len(symbols) > 1 else set()
        own = [stamp for stamp in stamps if stamp not in absent]
        bars[symbol] = draw(bars_of(known[symbol], own))
        for strategy in draw(st.sampled_from([["p"], ["p"], ["p", "q"], ["r", "p", "q"]])):
            values = draw(st.lists(VALUES, min_size=len(own), max_size=len(own)))
            signals[Pair(strategy, symbol)] = (draw(st.integers(0, min(3, len(own)))), values)
    bps = st.sampled_from([Decimal(0), Decimal(10), Decimal("7.5"), Decimal("33.33"), Decimal(900)])
    return dict(  # noqa: C408 - the fields of a case
        instruments=known,
        bars=bars,
        signals=signals,
        broker=PaperConfig(
            fees=Fees(taker_bps=draw(bps)),
            slippage_bps=draw(bps),
            max_volume_share=draw(st.sampled_from([Decimal(1), Decimal("0.3"), Decimal("0.01")])),
        ),
        cash=draw(st.sampled_from([20_000, 1_000, 300, 1_000_000])),
        decimals=draw(st.sampled_from([8, 8, 2, 4])),
        margin=draw(st.booleans()),
        weight=draw(st.sampled_from([None, Fraction(19, 20), Fraction(19, 60), Fraction(1, 3)])),
        quantity=draw(st.sampled_from([Fraction(10), Fraction(35, 2), Fraction(100), Fraction(1, 1000)])),
    )


@st.composite
def guards(draw: st.DrawFn) -> dict[str, Guard]:
    """Draw guards of every kind that has limits, loose enough to be kept within at times."""
    shares = st.sampled_from([None, Decimal("0.5"), Decimal("0.2"), Decimal("0.973")])
    wide = st.sampled_from([None, Decimal("1.5"), Decimal("0.4"), Decimal(3)])
    known = {
        "drawdown": Drawdown(draw(shares), draw(shares), 10**8, 8),
        "exposure": ExposureGuard(draw(wide), draw(wide), draw(wide)),
        "max_notional": MaxNotional(draw(st.sampled_from([10**10, 10**11, 10**14])), 8, "USD"),
        "order_rate": OrderRate(draw(st.integers(1, 5)), draw(st.sampled_from(["1m", "3m", "2h"]))),
    }
    return {name: known[name] for name in sorted(draw(st.sets(st.sampled_from(sorted(known)), max_size=2)))}


@given(fields=cases(), watched=guards())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_where_the_kernel_finishes_no_guard_would_have_acted(
    kernel: SimpleNamespace, fields: dict[str, Any], watched: dict[str, Guard]
) -> None:
    case = kernel.Case(**fields)
    cash = case.cash * 10**case.decimals
    if "drawdown" in watched:
        old = watched["drawdown"]
        watched["drawdown"] = Drawdown(old._maximum, old._daily, cash, case.decimals)
    run = kernel.by_kernel(attrs.evolve(case, guards=watched))
    if isinstance(run, Bail):
        named = [name for name in watched if run.reason.startswith(f"guard {name} would act at ")]
        event("bail " + "".join(named))
        assert named or run.reason.startswith(("equity comes to 0", "amounts become too large"))
        return
    event("run")
    kernel.check_equal(attrs.evolve(case, guards=watched), run)


@given(fields=cases())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_fill_and_every_equity_is_the_sessions(kernel: SimpleNamespace, fields: dict[str, Any]) -> None:
    case = kernel.Case(**fields)
    run = kernel.by_kernel(case)
    if isinstance(run, Bail):
        event("bail")
        if run.reason.startswith("amounts become too large for 64 bits"):
            assert case.weight, "many lots of a cheap instrument"
            return
        _, heard = kernel.by_session(case)
        assert run.reason.startswith("equity comes to 0 or below at ")
        assert heard.halted_at == run.clock
        return
    event(f"fills: {min(run.fill_count, 9)}")
    kernel.check_equal(case, run)
    without = kernel.by_kernel(case, keep_equity=False)
    assert isinstance(without, KernelRun)
    assert totals_of(without) == totals_of(run)


@given(fields=cases(), data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_window_trades_its_own_bars_alone(
    kernel: SimpleNamespace, fields: dict[str, Any], data: st.DataObject
) -> None:
    case = kernel.Case(**fields)
    stamps = [one.clock - kernel.INTERVAL for one in case.slices()]
    start, end = data.draw(st.sampled_from(stamps)), data.draw(st.sampled_from([None, *stamps]))
    window = Window(start=start, end=end)
    run = kernel.by_kernel(case, window)
    if isinstance(run, Bail):
        assert run.reason.startswith(("equity comes to 0", "amounts become too large"))
        return
    if len(run.plan.laid.stamps):
        kernel.check_equal(case, run, window)
    else:
        totals = totals_of(run)
        assert (totals.slices, totals.first_open, totals.final_equity) == (0, None, totals.starting_cash)


def test_a_refused_reduction_is_tried_again_until_it_is_large_enough(kernel: SimpleNamespace) -> None:
    instrument = attrs.evolve(kernel.SHARE, min_notional=Decimal(40))
    case = kernel.still([10, 10, 3, 3, 2, 10, 10, 10], [1, 1, 0, 0, 0, 0, 0, 0])
    bars = {"A": attrs.evolve(case.bars["A"], instrument=instrument)}
    case = attrs.evolve(case, instruments={"A": instrument}, bars=bars)
    run = kernel.by_kernel(case)
    assert slices_of(run) == [1, 6]
    kernel.check_equal(case, run)


def test_a_refused_increase_is_not_tried_again(kernel: SimpleNamespace) -> None:
    instrument = attrs.evolve(kernel.SHARE, min_notional=Decimal(40))
    case = kernel.still([3, 3, 10, 10, 10], [1, 1, 1, 1, 1])
    bars = {"A": attrs.evolve(case.bars["A"], instrument=instrument)}
    case = attrs.evolve(case, instruments={"A": instrument}, bars=bars)
    run = kernel.by_kernel(case)
    assert run.order_count == 0
    kernel.check_equal(case, run)


def test_orders_of_a_symbol_share_a_bars_volume_by_number(kernel: SimpleNamespace) -> None:
    case = kernel.still([10] * 5, [0, 1, 1, 1, 1], volume=13)
    late = (0, [RATIO_ONE] * 5)
    case = attrs.evolve(case, signals={**case.signals, Pair("z", "A"): late, Pair("a", "A"): late})
    run = kernel.by_kernel(case)
    assert [(slices_of(run)[row], int(run.fills.order[row]), int(run.fills.quantity[row])) for row in range(5)] == [
        (1, 1, 10),
        (1, 2, 3),
        (2, 2, 7),
        (2, 3, 6),
        (3, 3, 4),
    ]
    kernel.check_equal(case, run)


def test_the_deepest_fall_is_the_largest_share_of_its_peak_not_the_largest_amount(kernel: SimpleNamespace) -> None:
    case = kernel.still([100, 100, 80, 900, 700, 800], [1] * 6, cash=1000, margin=True)
    run = kernel.by_kernel(case)
    # From 9,000 to 7,000 is 2,000 and 22.2 %; from 1,000 to 800 is 200 and 20 %; a fall of 250 from 1,000 is deeper.
    assert totals_of(run).by_day.max_drawdown == 22_222_222
    kernel.check_equal(case, run)
    deeper = kernel.still([100, 100, 75, 900, 700, 800], [1] * 6, cash=1000, margin=True)
    assert totals_of(kernel.by_kernel(deeper)).by_day.max_drawdown == 25_000_000


def test_a_reversal_is_split_between_two_round_trips(kernel: SimpleNamespace) -> None:
    broker = PaperConfig(fees=Fees(taker_bps=Decimal("33.33")), slippage_bps=Decimal(100))
    case = kernel.still([100, 103, 117, 95, 91, 107], [1, 1, -1, -1, 1, 0], margin=True, broker=broker)
    run = kernel.by_kernel(case)
    (pair,) = totals_of(run).pairs
    assert (pair.trips, pair.wins, pair.position) == (2, 0, 10)
    kernel.check_equal(case, run)
