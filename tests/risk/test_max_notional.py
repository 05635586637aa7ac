"""No single order above a value, to the lot; reducing orders pass."""

from decimal import Decimal
from fractions import Fraction

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.risk.config import MaxNotionalConfig
from logos.risk.max_notional import open_max_notional
from logos.testing.bars import instrument
from logos.testing.contexts import part_context
from logos.testing.guards import intent_of
from logos.testing.views import session_of


def guard(limit, *instruments):
    return open_max_notional(MaxNotionalConfig(limit=Decimal(limit)), part_context(*instruments))


@pytest.mark.parametrize(("lots", "passes"), [(59_999, True), (60_000, True), (60_001, False), (-60_001, False)])
def test_limit_belongs_to_what_passes(demo, session, lots, passes):
    verdict = guard("60000", demo).judge(intent_of(demo, lots, 10_000), session)
    assert (verdict is None) is passes


def test_reason_names_value_limit_and_the_largest_order_that_fits(demo, session):
    verdict = guard("60000", demo).judge(intent_of(demo, 61_200, 10_000), session)
    assert verdict == "notional 61200.00 > limit 60000.00 USD: at most 600.00 DEMO fits, 612.00 was asked for"
    verdict = guard("0.50", demo).judge(intent_of(demo, 1, 10_000), session)
    assert verdict == "notional 1.00 > limit 0.50 USD: not even one lot fits now"


def test_reducing_order_is_never_blocked(demo, session):
    assert guard("1", demo).judge(intent_of(demo, -90_000, 10_000, reduces=True), session) is None


def test_value_counts_in_the_currency_of_the_account():
    euro = instrument("EURO", currency="EUR")
    session = session_of(euro)
    order = intent_of(euro, 1_000, 10_000)
    assert "unknown: no bar of the conversion from EUR" in guard("1000", euro).judge(order, session)
    session.account.rates["EUR"] = Fraction(1)
    assert guard("1000", euro).judge(order, session) is None
    session.account.rates["EUR"] = Fraction(11, 10)
    assert "notional 1100.00 > limit 1000.00 USD: at most 9.09 EURO" in guard("1000", euro).judge(order, session)


def test_limit_finer_than_money_is_refused(demo):
    with pytest.raises(InputError, match="more than 8 decimals"):
        guard("0.000000001", demo)


def test_headroom_is_the_limit(demo, session):
    assert guard("60000", demo).headroom(session) == "60000.00 USD for each order anew: none of it is used up"


@settings(max_examples=100)
@given(st.integers(1, 10**7), st.integers(1, 10**7), st.integers(1, 10**9), st.integers(1, 10**9), st.booleans())
def test_tighter_limit_never_allows_more(first, second, lots, price, buys):
    demo = instrument()
    session = session_of(demo)
    tight, wide = sorted((first, second))
    order = intent_of(demo, lots if buys else -lots, price)
    if guard(tight, demo).judge(order, session) is None:
        assert guard(wide, demo).judge(order, session) is None


@settings(max_examples=100)
@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_largest_order_that_fits_passes_and_one_lot_more_does_not(limit, lots, price):
    demo = instrument()
    session = session_of(demo)
    order = intent_of(demo, lots, price)
    verdict = guard(limit, demo).judge(order, session)
    if verdict is None or "not even one lot" in verdict:
        return
    best = demo.lots_of(Decimal(verdict.split("at most ")[1].split()[0]))
    assert guard(limit, demo).judge(attrs.evolve(order, quantity=best), session) is None
    assert guard(limit, demo).judge(attrs.evolve(order, quantity=best + 1), session) is not None
