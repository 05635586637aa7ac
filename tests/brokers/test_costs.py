"""Fees, slippage and what cash pays, to the last minor unit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.brokers.costs import Costs
from logos.brokers.paper_config import Fees, PaperConfig
from logos.context.seed import Seed
from logos.domain.events import Accepted
from logos.domain.orders import Liquidity, Side
from logos.ledger.rules import most_within

FEES = Fees(maker_bps=Decimal(2), taker_bps=Decimal("7.5"))


def costs(seed=7, **keys):
    return Costs(
        PaperConfig(**{key: value if key == "fees" else Decimal(value) for key, value in keys.items()}), Seed(seed)
    )


@pytest.mark.parametrize(
    ("value", "liquidity", "fee"),
    [
        (10_000, Liquidity.MAKER, 2),
        (20_000, Liquidity.TAKER, 15),
        (2_000, Liquidity.TAKER, 2),  # 1.5 to the even neighbour
        (-10_000, Liquidity.MAKER, 2),
        (7_500, Liquidity.MAKER, 2),  # 1.5
        (12_500, Liquidity.MAKER, 2),  # 2.5
        (0, Liquidity.TAKER, 0),
    ],
)
def test_a_fee_is_rounded_once_half_to_even(value, liquidity, fee):
    assert costs(fees=FEES).fee(value, liquidity) == fee


def test_maker_and_taker_fills_pay_their_own_fee(open_desk):
    desk = open_desk(PaperConfig(fees=FEES))
    desk.order("X", "buy", 10, "limit", limit=100)
    desk.order("Y", "buy", 10)
    taker, maker = desk.bars(("X", 104, 104, 90, 100, 50), ("Y", 100, 100, 100, 100, 50))
    assert (taker.value, taker.fee) == (1000 * 10**8, 75_000_000)
    assert (maker.value, maker.fee) == (1000 * 10**8, 20_000_000)


@given(price=st.integers(1, 10**9), bps=st.decimals(0, "9999.99", places=2), side=st.sampled_from(Side))
@settings(max_examples=100)
def test_slippage_is_the_least_whole_tick_that_is_not_better_than_exact(price, bps, side):
    slipped = costs(slippage_bps=bps).slipped(price, side, 1, 0)
    if side is Side.BUY:
        exact = price * (1 + Fraction(bps) / 10_000)
        assert exact <= slipped < exact + 1
    else:
        exact = price * (1 - Fraction(bps) / 10_000)
        assert slipped == max(1, exact.__floor__())


def test_jitter_depends_on_seed_order_and_bar_alone_and_stays_in_its_range():
    drawing = costs(slippage_bps="1", slippage_jitter_bps="5")
    draws = [drawing.slipped(10**6, Side.BUY, order, bar) for order in range(20) for bar in range(20)]
    again = costs(slippage_bps="1", slippage_jitter_bps="5")
    assert draws == [again.slipped(10**6, Side.BUY, order, bar) for order in range(20) for bar in range(20)]
    assert len(set(draws)) > 100
    assert 10**6 + 100 <= min(draws) < max(draws) <= 10**6 + 600 == drawing.worst(10**6, Side.BUY)
    other = costs(seed=8, slippage_bps="1", slippage_jitter_bps="5")
    assert draws != [other.slipped(10**6, Side.BUY, order, bar) for order in range(20) for bar in range(20)]


def test_jitter_draws_every_millionth_up_to_its_own_and_none_beyond():
    drawing = costs(slippage_jitter_bps="0.02")
    draws = {drawing.slipped(10**6, Side.SELL, order, 0) for order in range(100)}
    assert draws == {10**6, 10**6 - 1, 10**6 - 2}


def test_without_jitter_no_seed_changes_a_price():
    prices = {costs(seed=seed, slippage_bps="3").slipped(10**6, Side.SELL, 1, 60) for seed in range(10)}
    assert prices == {10**6 - 300}


@given(
    budget=st.integers(-5, 10**6),
    wanted=st.integers(1, 500),
    unit=st.fractions(Fraction(1, 50), 5000, max_denominator=50),
)
@settings(max_examples=100)
def test_the_most_that_a_budget_pays_is_exact(budget, wanted, unit):
    def cost(lots, unit):
        return round(unit * lots)  # half to even

    found = most_within(budget, wanted, cost, unit)
    assert found == max((lots for lots in range(1, wanted + 1) if cost(lots, unit) <= budget), default=0)


AFFORDABLE = [
    ("market", {}, "1010", 9),  # slips to 101: 10 cost 1010 and the fee
    ("market", {}, "1010.7575", 10),
    ("market", {}, "1010.75749999", 9),
    ("limit", {"limit": 100}, "1000.75", 10),
    ("limit", {"limit": 100}, "1000.74999999", 9),
    ("stop", {"stop": 200}, "1010.75", 5),  # slips to 202
    ("stop_limit", {"stop": 90, "limit": 100}, "1000.75", 10),
    ("market", {}, "50", 0),
    ("market", {}, "0", 0),
]


@pytest.mark.parametrize(("kind", "prices", "cash", "lots"), AFFORDABLE)
def test_affordable_counts_price_slippage_and_taker_fee(open_desk, kind, prices, cash, lots):
    desk = open_desk(PaperConfig(fees=FEES, slippage_bps=Decimal(50)), cash=cash)
    intent = desk.intent("X", "buy", 10, kind, **prices)
    assert desk.broker.affordable(intent, desk.account) == lots


@pytest.mark.parametrize(("kind", "prices", "cash", "lots"), AFFORDABLE)
def test_what_is_affordable_is_accepted_and_a_lot_more_is_not(open_desk, kind, prices, cash, lots):
    config = PaperConfig(fees=FEES, slippage_bps=Decimal(50))
    desk = open_desk(config, cash=cash)
    (event,) = desk.order("X", "buy", lots + 1, kind, **prices)
    assert event.reason.startswith(f"insufficient_cash: {lots + 1} X at ")
    assert (f"order at most {lots}, or" in event.reason) == (lots > 0)
    if lots > 0:
        assert desk.order("X", "buy", lots, kind, **prices) == [Accepted(2)]


def test_affordable_leaves_what_working_purchases_reserve(open_desk):
    desk = open_desk(PaperConfig(fees=FEES, slippage_bps=Decimal(50)), cash="2000")
    desk.order("X", "buy", 10, "stop", stop=100)  # 101 * 10 and 0.7575
    intent = desk.intent("Y", "buy", 100, "limit", limit=1)
    assert desk.broker.affordable(intent, desk.account) == 100
    intent = desk.intent("Y", "buy", 1000, "limit", limit=1)
    assert desk.broker.affordable(intent, desk.account) == 988  # of 989.2425, with a fee of 0.741
    desk.cancel(1)
    assert desk.broker.affordable(intent, desk.account) == 1000


def test_affordable_counts_the_most_jitter(open_desk):
    desk = open_desk(PaperConfig(slippage_jitter_bps=Decimal(100)), cash="1009")
    assert desk.broker.affordable(desk.intent("X", "buy", 10), desk.account) == 9


def test_affordable_is_nothing_without_a_conversion_and_all_on_margin(open_desk):
    desk = open_desk()
    assert desk.broker.affordable(desk.intent("EURO", "buy", 10), desk.account) == 0
    desk = open_desk(cash="0", margin=True)
    assert desk.broker.affordable(desk.intent("X", "buy", 10), desk.account) == 10


def test_fractions_of_a_unit_are_exact(open_desk):
    desk = open_desk(PaperConfig(fees=FEES), cash="1")
    # 0.001 units a lot at 0.37 cost 0.00037, and the fee 0.0000002775 is rounded for all lots together.
    intent = desk.intent("CENT", "buy", 10**6, decided=37)
    lots = desk.broker.affordable(intent, desk.account)
    assert lots == 2700
    desk.submit(desk.intent("CENT", "buy", lots, decided=37))
    (fill,) = desk.bars(("CENT", 37, 37, 37, 37, 10**6))
    assert (fill.value, fill.fee) == (99_900_000, 74_925)
