"""Where the kernel stops or does not start: limits of guards, ruin, numbers too large, parts that it does not know."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from logos.backtest.kernel.layout import STAMP
from logos.backtest.kernel.loop import simulate
from logos.backtest.kernel.plan import KernelPlan, KernelRefusal, plan_kernel
from logos.backtest.kernel.result import Bail, KernelRun
from logos.brokers.paper_config import Fees, PaperConfig
from logos.domain.money import RATIO_ONE
from logos.session.allocators import FixedQuantity
from logos.session.guarding import GuardEntry, GuardRail
from logos.session.seats import Envelope, Guard
from logos.session.targets import WholeDifference


class Limited(Guard):
    """Has an envelope and nothing to say."""

    def __init__(self, **limits: Any) -> None:
        self._envelope = Envelope(**limits)

    def inspect(self, session: object) -> None:
        return None

    def envelope(self) -> Envelope:
        return self._envelope


RISE_AND_FALL = ([100, 100, 110, 120, 90, 90, 100], [1, 1, 1, 1, 1, 0, 1])
LIMITS = {
    "the value of an order is touched": ({"order_value": 1000 * 10**8}, 0),
    "the value of an order is not touched": ({"order_value": 1000 * 10**8 + 1}, None),
    "gross exposure is touched": ({"gross": (1, 10)}, 0),
    "gross exposure is not touched": ({"gross": (101, 1000)}, None),
    "net exposure is touched": ({"net": (1, 10)}, 0),
    "exposure of a symbol is touched": ({"per_symbol": (1, 10)}, 0),
    "the fall from the peak is touched": ({"drawdown": (300, 10_200)}, 4),
    "the fall from the peak is not touched": ({"drawdown": (301, 10_200)}, None),
    "the day's loss is touched": ({"daily_loss": (100, 10_000)}, 4),
    "the day's loss is not touched": ({"daily_loss": (101, 10_000)}, None),
    "the third order is one too many": ({"orders": (3, 3600)}, 6),
    "the second reduces, and does not count alone": ({"orders": (2, 360)}, 6),
    "the span is shorter than the pause": ({"orders": (2, 60)}, None),
    "no order is allowed": ({"orders": (0, 60)}, 0),
}


@pytest.mark.parametrize(("limits", "at"), LIMITS.values(), ids=LIMITS)
def test_a_reached_limit_ends_the_run_and_names_the_guard(
    kernel: SimpleNamespace, limits: dict[str, Any], at: int | None
) -> None:
    guards = {"loose": Limited(drawdown=(1, 2)), "tight": Limited(**limits)}
    case = kernel.still(*RISE_AND_FALL, cash=10_000, guards=guards)
    run = kernel.by_kernel(case)
    if at is None:
        kernel.check_equal(case, run)
    else:
        assert isinstance(run, Bail)
        assert (run.at, run.clock) == (at, kernel.START + kernel.INTERVAL * (at + 1))
        assert run.reason.startswith("guard tight would act at 2024-03-04T14:")


def test_ruin_ends_the_run_at_the_slice_that_halts_the_session(kernel: SimpleNamespace) -> None:
    case = kernel.still([100, 100, 1, 1], [1, 1, 1, 1], cash=10, margin=True)
    run = kernel.by_kernel(case)
    assert isinstance(run, Bail)
    assert run.reason.startswith("equity comes to 0 or below at ")
    assert kernel.by_session(case)[1].halted_at == run.clock


def test_more_lots_than_64_bits_can_square_end_the_run(kernel: SimpleNamespace) -> None:
    run = kernel.by_kernel(kernel.still([1, 1, 1], [0, 1, 1], quantity=Fraction(2**31), cash=2**31))
    assert isinstance(run, Bail)
    assert run.reason == "amounts become too large for 64 bits at 2024-03-04T14:32:00Z"


def test_a_long_run_grows_its_tables_and_is_the_sessions(kernel: SimpleNamespace) -> None:
    state, closes, values = 1, [], []
    close = 1_000_000
    for row in range(20_000):
        state = state * 6_364_136_223_846_793_005 % 2**64
        close += (state >> 40) % 801 - 400
        closes.append(close)
        values.append(1 if row >= 50 and sum(closes[-10:]) * 5 > sum(closes[-50:]) else 0)
    # Half of the bars flip, so that orders come thick and partial fills leave many lots open.
    values = [value ^ (row % 2 if row > 10_000 else 0) for row, value in enumerate(values)]
    instrument = attrs.evolve(kernel.SHARE, tick=Decimal("0.0001"))
    case = kernel.still(closes, values, volume=7, broker=PaperConfig(fees=Fees(taker_bps=Decimal(10))))
    bars = {"A": attrs.evolve(case.bars["A"], instrument=instrument)}
    case = attrs.evolve(case, instruments={"A": instrument}, bars=bars)
    run = kernel.by_kernel(case)
    assert isinstance(run, KernelRun)
    assert run.fill_count > 4096
    kernel.check_equal(case, run)


def test_a_bar_of_capped_volume_a_time_leaves_hundreds_of_lots_open(kernel: SimpleNamespace) -> None:
    ups = [1] * 1500 + [0] * 1500
    case = kernel.still([100 + row % 13 for row in range(3000)], ups, volume=1, quantity=Fraction(1400))
    kernel.check_equal(attrs.evolve(case, cash=1_000_000), kernel.by_kernel(attrs.evolve(case, cash=1_000_000)))


def test_the_same_lines_run_by_python_give_the_same_tables(kernel: SimpleNamespace) -> None:
    parts = (case := kernel.still(*RISE_AND_FALL)).parts()
    plan = plan_kernel(parts, case.bars)
    assert isinstance(plan, KernelPlan)
    compiled_run = plan.run({kernel.PAIR: parts.pairs[0].strategy.columns})
    assert isinstance(compiled_run, KernelRun)
    values, first = plan._signals({kernel.PAIR: parts.pairs[0].strategy.columns})
    tables = plan._tables(values, first, keep_equity=True)
    assert simulate(plan.market, tables) == 0
    tables.account[STAMP] = compiled_run.state.account[STAMP]
    for name in ("account", "symbols", "pairs", "totals", "equity", "day_equity"):
        assert getattr(tables, name).tolist() == getattr(compiled_run.state, name).tolist()


class Silent(Guard):
    """Judges, and does not say by what."""

    def judge(self, intent: object, session: object) -> None:
        return None


class OwnManager(WholeDifference):
    """Could do anything."""


class OwnAllocator(FixedQuantity):
    """Could do anything."""


def foreign(kernel: SimpleNamespace) -> Any:
    case = kernel.still([100, 100], [1, 1])
    instrument = attrs.evolve(kernel.SHARE, currency="USD")
    object.__setattr__(instrument, "currency", "EUR")
    return attrs.evolve(case, instruments={"A": instrument})


REFUSALS = {
    "no strategy": (lambda kernel: {"pairs": []}, "there is no strategy"),
    "another allocator": (
        lambda kernel: {"allocator": OwnAllocator(Fraction(1))},
        "the allocator OwnAllocator is not one of the core's",
    ),
    "another position manager": (
        lambda kernel: {"position_manager": OwnManager()},
        "the position manager OwnManager is not the core's targets",
    ),
    "a guard without an envelope": (
        lambda kernel: {"guards": GuardRail([GuardEntry(name="mine", guard=Silent())])},
        "guard mine does not say within which limits it never acts",
    ),
    "a broker that does not say how it fills": (
        lambda kernel: {"broker": kernel.Silence()},
        "the broker Silence does not say in numbers how it fills",
    ),
}


@pytest.mark.parametrize(("change", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_what_the_kernel_cannot_do_is_refused_by_name(kernel: SimpleNamespace, change: Any, reason: str) -> None:
    case = kernel.still([100, 100], [1, 1])
    parts = case.parts()
    assert plan_kernel(attrs.evolve(parts, **change(kernel)), case.bars) == KernelRefusal(reasons=(reason,))


REFUSED_CASES = {
    "drawn slippage": (
        lambda kernel: kernel.still([100], [1], broker=PaperConfig(slippage_jitter_bps=Decimal(1))),
        "the broker's fills cannot be said in numbers, as with slippage that is drawn",
    ),
    "a foreign quote": (foreign, "A is quoted in EUR, and would have to be converted"),
    "no bars": (lambda kernel: attrs.evolve(kernel.still([100], [1]), bars={}), "there are no bars of A"),
    "a price of zero": (lambda kernel: kernel.still([100, 0], [1, 1]), "A has a price that is not above 0"),
    "too much cash": (
        lambda kernel: kernel.still([100], [1], cash=10**10),
        f"starting cash of {10**18} minor units is not between 0 and {2**58}",
    ),
    "a lot worth too much": (lambda kernel: kernel.still([2**40], [1]), "a lot of A is worth too much for 64 bits"),
    "fees of too many decimals": (
        lambda kernel: kernel.still(
            [100], [1], broker=PaperConfig(fees=Fees(taker_bps=Decimal("0.1234567890123456789")))
        ),
        "the broker's fees, slippage or volume share have too many decimals for 64 bits",
    ),
    "a quantity of too many decimals": (
        lambda kernel: kernel.still([100], [1], quantity=Fraction(1, 3**40)),
        f"the allocator's 1/{3**40 * RATIO_ONE} for each hundred-millionth of a signal does not fit 64 bits",
    ),
}


@pytest.mark.parametrize(("make", "reason"), REFUSED_CASES.values(), ids=REFUSED_CASES)
def test_numbers_and_settings_that_do_not_fit_are_refused(kernel: SimpleNamespace, make: Any, reason: str) -> None:
    case = make(kernel)
    plan = plan_kernel(case.parts(), case.bars)
    assert isinstance(plan, KernelRefusal)
    assert reason in plan.reasons


def test_without_numba_the_refusal_names_the_extra(kernel: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logos.backtest.kernel.compiled.is_available", lambda: False)
    case = kernel.still([100], [1])
    plan = plan_kernel(case.parts(), case.bars)
    assert plan == KernelRefusal(reasons=("numba is not installed; pip install 'logos-core[fast]'",))
