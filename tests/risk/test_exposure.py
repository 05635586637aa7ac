"""Exposure counts every symbol at its worst side, working orders and the order in question included."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.risk.config import ExposureConfig
from logos.risk.exposure import open_exposure
from logos.testing.bars import bars_of, instrument
from logos.testing.contexts import part_context
from logos.testing.guards import intent_of
from logos.testing.views import session_of


def guard(**limits):
    config = ExposureConfig(**{name: Decimal(value) for name, value in limits.items()})
    return open_exposure(config, part_context())


@pytest.fixture
def pair():
    """Two symbols at 100.00 with 100,000 USD of cash: a thousand lots are one percent of equity."""
    one, two = instrument("AAA"), instrument("BBB")
    session = session_of(one, two)
    session.see(bars_of(one, [10_000])[0], bars_of(two, [10_000])[0])
    return one, two, session


@pytest.mark.parametrize("limit", ["gross", "net", "per_symbol"])
@pytest.mark.parametrize("sign", [1, -1])
def test_limit_belongs_to_what_passes(demo, session, limit, sign):
    held = guard(**{limit: "0.5"})
    assert held.judge(intent_of(demo, sign * 49_999, 10_000), session) is None
    assert held.judge(intent_of(demo, sign * 50_000, 10_000), session) is None
    assert held.judge(intent_of(demo, sign * 50_001, 10_000), session) is not None


def test_reason_names_every_broken_limit_and_what_fits(demo, session):
    verdict = guard(gross="1.1", net="0.9", per_symbol="0.6").judge(intent_of(demo, 95_000, 10_000), session)
    assert verdict == (
        "net exposure 0.95 > 0.9 and exposure 0.95 > 0.6 of equity: at most 600.00 DEMO fits, 950.00 was asked for"
    )


def test_reducing_order_is_never_blocked(demo, session):
    session.account.positions["DEMO"] = 500_000
    assert guard(gross="0.1").judge(intent_of(demo, -400_000, 10_000, reduces=True), session) is None


def test_working_orders_count_on_their_worst_side(pair):
    _, two, session = pair
    session.account.fixed_equity = session.account.cash
    session.account.positions["AAA"] = 10_000
    session.orders["AAA"] = (20_000, 45_000)
    # AAA: 30,000 long if the purchases fill, 35,000 short if the sales do.
    assert guard(gross="0.5").judge(intent_of(two, 15_000, 10_000), session) is None
    assert "gross exposure 0.50001 > 0.5" in guard(gross="0.5").judge(intent_of(two, 15_001, 10_000), session)
    # Net upward counts the purchases, downward the sales.
    assert guard(net="0.45").judge(intent_of(two, 15_000, 10_000), session) is None
    assert "net exposure 0.45001" in guard(net="0.45").judge(intent_of(two, 15_001, 10_000), session)
    assert guard(net="0.45").judge(intent_of(two, -10_000, 10_000), session) is None
    assert "net exposure 0.45001" in guard(net="0.45").judge(intent_of(two, -10_001, 10_000), session)


def test_order_adds_to_its_own_side(demo, session):
    session.account.fixed_equity = session.account.cash
    session.account.positions["DEMO"] = 10_000
    session.orders["DEMO"] = (20_000, 5_000)
    assert guard(per_symbol="0.4").judge(intent_of(demo, 10_000, 10_000), session) is None
    assert "exposure 0.40001" in guard(per_symbol="0.4").judge(intent_of(demo, 10_001, 10_000), session)
    # A sale must outweigh the purchases before it is the worse side.
    assert guard(per_symbol="0.4").judge(intent_of(demo, -45_000, 10_000), session) is None
    assert "exposure 0.40001" in guard(per_symbol="0.4").judge(intent_of(demo, -45_001, 10_000), session)


def test_sale_is_not_blamed_for_a_net_long_book(pair):
    _, two, session = pair
    session.account.fixed_equity = session.account.cash
    session.account.positions["AAA"] = 90_000
    held = guard(net="0.5")
    assert held.judge(intent_of(two, -10_000, 10_000), session) is None
    assert held.judge(intent_of(two, 1, 10_000), session) is not None


@pytest.mark.parametrize("equity", [0, -1])
def test_no_equity_vetoes(demo, session, equity):
    session.account.fixed_equity = equity
    assert "equity is not above 0" in guard(gross="1").judge(intent_of(demo, 1, 10_000), session)
    assert guard(gross="1").headroom(session) == "equity is not above 0"


def test_missing_mark_or_rate_vetoes(demo, session):
    session.account.marks.clear()
    assert "DEMO is unknown: it has no bar yet" in guard(gross="1").judge(intent_of(demo, 1, 10_000), session)
    euro = instrument("EURO", currency="EUR")
    foreign = session_of(euro)
    foreign.see(bars_of(euro, [110])[0])
    order = intent_of(euro, 1, 110)
    assert "EURO is unknown: no bar of its currency's conversion" in guard(gross="1").judge(order, foreign)
    foreign.account.rates["EUR"] = Fraction(1)
    assert guard(gross="1").judge(order, foreign) is None


def test_headroom_shows_exposure_beside_the_limits(demo, session):
    session.account.fixed_equity = session.account.cash
    session.account.positions["DEMO"] = -25_000
    session.orders["DEMO"] = (0, 5_000)
    text = guard(gross="1.1", net="0.9", per_symbol="0.6").headroom(session)
    assert text == "gross 0.8000 left of 1.1, net 0.6000 left of 0.9, at most 0.6 a symbol"


LOTS = st.integers(-60_000, 60_000)
SIDES = st.tuples(st.integers(0, 40_000), st.integers(0, 40_000))
LIMIT = st.decimals("0.01", "3", places=2)


@settings(max_examples=100)
@given(
    first=LOTS,
    second=LOTS,
    sides=SIDES,
    other_sides=SIDES,
    quantity=st.integers(1, 90_000),
    buys=st.booleans(),
    name=st.sampled_from(["gross", "net", "per_symbol"]),
    limits=st.tuples(LIMIT, LIMIT),
    equity=st.integers(1, 2 * 10**13),
)
def test_limits_follow_the_definition_and_tighter_never_allows_more(
    *, first, second, sides, other_sides, quantity, buys, name, limits, equity
):
    one, two = instrument("AAA"), instrument("BBB", tick="0.25", lot="1")
    session = session_of(one, two)
    session.see(bars_of(one, [10_000])[0], bars_of(two, [7])[0])
    session.account.positions.update(AAA=first, BBB=second)
    session.orders.update(AAA=sides, BBB=other_sides)
    session.account.fixed_equity = equity
    signed = quantity if buys else -quantity
    order = intent_of(one, signed, 10_000)

    buys_and_sells = {"AAA": (sides[0] + max(signed, 0), sides[1] + max(-signed, 0)), "BBB": other_sides}
    unit = {"AAA": Fraction(1), "BBB": Fraction(7, 4)}
    high = {s: (session.account.position(s) + buys_and_sells[s][0]) * unit[s] for s in unit}
    low = {s: (session.account.position(s) - buys_and_sells[s][1]) * unit[s] for s in unit}
    worst = {s: max(abs(high[s]), abs(low[s])) for s in unit}
    net = sum(high.values()) if buys else -sum(low.values())
    measured = {"gross": sum(worst.values()), "net": net, "per_symbol": worst["AAA"]}[name]

    tight, wide = sorted(limits)
    for limit in (tight, wide):
        allowed = measured * 10**8 <= Fraction(limit) * equity
        assert (guard(**{name: limit}).judge(order, session) is None) is allowed
    if guard(**{name: tight}).judge(order, session) is None:
        assert guard(**{name: wide}).judge(order, session) is None
