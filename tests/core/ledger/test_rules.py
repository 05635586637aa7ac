"""The rules by themselves: each equals what exact fractions say, and no product is larger than it promises."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logos.context.parts import AccountSettings
from logos.domain.instruments import AssetClass, Instrument
from logos.ledger.books import Books
from logos.ledger.rules import (
    lots_of_share,
    most_within,
    purchase_cost,
    share_of,
    slipped_price,
    trade_lots,
    value_of,
    whole_share,
)
from logos.session.order_intent import Translator
from logos.session.seats import Pair, Target

AMOUNTS = st.integers(-(10**18), 10**18)


@given(AMOUNTS, st.integers(0, 10**9), st.integers(1, 10**9))
@example(5, 1, 2)
@example(15, 1, 2)
@example(-5, 1, 2)
@example(7 * 6 + 3, 3, 6)
def test_a_share_is_rounded_half_to_even(amount: int, part: int, whole: int) -> None:
    part = min(part, whole)
    assert share_of(amount, part, whole) == round(Fraction(amount * part, whole))


@given(st.integers(-100, 100), st.integers(0, 12), st.integers(1, 12))
def test_small_shares_meet_every_tie(amount: int, part: int, whole: int) -> None:
    part = min(part, whole)
    assert share_of(amount, part, whole) == round(Fraction(amount * part, whole))


@given(st.integers(0, 10**18), st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_whole_share_is_rounded_down(amount: int, numerator: int, denominator: int) -> None:
    assert whole_share(amount, numerator, denominator) == amount * numerator // denominator


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9), st.integers(0, 10**15), st.integers(1, 10**9))
def test_lots_of_a_share_are_rounded_toward_zero(numerator: int, denominator: int, amount: int, worth: int) -> None:
    exact = Fraction(numerator, denominator) * amount / worth
    assert lots_of_share(numerator, denominator, amount, worth) == int(exact)


@given(
    weight=st.fractions(-1, 1, max_denominator=10**9),
    price=st.integers(1, 10**6),
    decimals=st.sampled_from([2, 4, 8]),
    lot=st.sampled_from(["1", "0.001", "5"]),
)
def test_the_session_quantises_a_weight_as_the_rule_does(weight: Fraction, price: int, decimals: int, lot: str) -> None:
    coin = Instrument(symbol="A", asset_class=AssetClass.CRYPTO, tick=Decimal("0.01"), lot=Decimal(lot), currency="USD")
    cash = 123_457 * 10**decimals
    books = Books(cash=cash, currency="USD", decimals=decimals, instruments=[coin], conversions={})
    books.holding("A").mark = price
    settings = AccountSettings(currency="USD", cash=cash, decimals=decimals, margin=True, conversions={})
    translator = Translator(
        session_id="test",
        settings=settings,
        books=books,
        broker=None,  # type: ignore[arg-type]
        working=None,  # type: ignore[arg-type]
        next_order_id=lambda: 1,
    )
    quantised = translator.quantise(Target(pair=Pair("p", "A"), weight=weight), coin)
    valuation = books.holding("A").valuation
    amount, worth = cash * valuation.denominator, price * valuation.numerator
    assert quantised.lots == lots_of_share(weight.numerator, weight.denominator, amount, worth)


@pytest.mark.parametrize(
    ("price", "buys", "slipped"),
    [(1000, True, 1001), (1000, False, 999), (1001, True, 1003), (1001, False, 999), (1, False, 1)],
)
def test_slippage_is_rounded_against_the_trader(price: int, buys: bool, slipped: int) -> None:
    assert slipped_price(price, buys, 1, 1000) == slipped


@given(st.integers(1, 10**9), st.booleans(), st.integers(1, 10**6))
def test_no_slippage_leaves_the_price(price: int, buys: bool, denominator: int) -> None:
    assert slipped_price(price, buys, 0, denominator) == price


@given(st.integers(0, 10**9), st.integers(1, 10**7), st.integers(1, 10**6), st.sampled_from([(1, 1), (7, 300)]))
def test_the_most_that_a_budget_pays_costs_no_more_and_one_lot_more_does(
    budget: int, wanted: int, price: int, value: tuple[int, int]
) -> None:
    terms = (price, *value, 75, 10**5)
    found = most_within(budget, wanted, purchase_cost, terms)
    assert 0 <= found <= wanted
    assert purchase_cost(found, terms) <= budget
    assert found == wanted or purchase_cost(found + 1, terms) > budget


def test_a_short_position_has_a_negative_value() -> None:
    assert value_of(3, -5, 7, 2) == -52  # 52.5 to even
    assert value_of(3, -5, 7, 1) == -105


def test_lots_are_taken_in_order_from_where_they_stand() -> None:
    sizes, costs = [99, 4, 6, 0], [99, 40, 61, 0]
    head, tail, realized, more = trade_lots(sizes, costs, 1, 3, 10, -7, 77)
    assert (head, tail, sizes, costs) == (2, 3, [99, 4, 3, 0], [99, 40, 31, 0])  # 30.5 leaves as 30, and 31 stays
    assert (realized, more) == (77 - 70, -70)
