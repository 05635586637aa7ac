"""The auditor's books: by hand where rounding decides, and against the ledger that trades."""

from __future__ import annotations

import ast
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos import proofs
from logos.ledger.lots import FifoLots
from logos.proofs.audit_books import EXACT, Books, Instrument, Terms, Trade, rounded

CENT = Decimal("0.01")
ONE = Decimal(1)
ZERO = Decimal("0.00")


@pytest.fixture(autouse=True)
def exact():
    with localcontext(EXACT):
        yield


def terms(**changes):
    instruments = {
        "X": Instrument(CENT, ONE, CENT, ONE, "USD"),
        "EUR-USD": Instrument(CENT, ONE, CENT, ONE, "USD"),
        "SAP": Instrument(CENT, ONE, CENT, ONE, "EUR"),
        "USD-JPY": Instrument(CENT, ONE, CENT, ONE, "JPY"),
    }
    conversions = {"EUR": "EUR-USD", "JPY": "USD-JPY"}
    values = {"cash": Decimal("1000.00"), "currency": "USD", "unit": CENT, "fees": None}
    return Terms(**{**values, "instruments": instruments, "conversions": conversions, **changes})


def trade(quantity, value, fee="0.00"):
    return Trade(1, "X", Decimal(quantity), ONE, Decimal(value), Decimal(fee))


@pytest.mark.parametrize(
    ("cost", "share"),
    [("0.05", "0.02"), ("0.15", "0.08"), ("0.25", "0.12"), ("0.35", "0.18")],  # half of it, to the even cent
)
def test_a_partial_take_carries_its_share_and_the_lot_keeps_the_rest(cost, share):
    books = Books(terms())
    books.book("", trade(2, cost))
    assert books.book("", trade(-1, "1.00")) == 1 - Decimal(share)
    assert books.holdings["X"].lots == [[1, Decimal(cost) - Decimal(share)]]


def test_the_oldest_lot_goes_first():
    books = Books(terms())
    books.book("", trade(2, "20.00"))
    books.book("", trade(2, "30.00"))
    assert books.book("", trade(-3, "60.00")) == Decimal("25.00")
    assert books.holdings["X"].lots == [[1, Decimal("15.00")]]


def test_a_reversal_closes_with_its_share_and_opens_with_the_rest():
    books = Books(terms())
    books.book("", trade(1, "10.00"))
    assert books.book("", trade(-3, "31.00", "0.50")) == Decimal("0.33")  # a third of 31.00 is 10.33
    assert books.holdings["X"].lots == [[-2, Decimal("-20.67")]]
    assert (books.now.cash, books.now.fees) == (Decimal("1020.50"), Decimal("0.50"))
    assert (books.now.longs, books.now.shorts) == (0, 1)


def test_a_foreign_value_is_multiplied_or_divided_and_rounded_once():
    values = terms()
    assert values.value("SAP", Decimal("1.11"), Decimal(3), Decimal("1.13")) == Decimal("3.76")  # 3.7629
    assert values.value("USD-JPY", Decimal("150.00"), Decimal(7), Decimal("149.00")) == Decimal("7.05")  # 7.0469
    assert values.value("X", Decimal("0.05"), Decimal("0.5"), None) == Decimal("0.02")  # 0.025


@pytest.mark.parametrize("symbol", ["SAP", "USD-JPY"])
def test_a_conversion_that_was_used_explains_the_value(symbol):
    values, product = terms(unit=Decimal("0.00000001")), Decimal("1234.56")
    value = values.value(symbol, product, ONE, Decimal("1.37"))
    assert values.likely_rate(symbol, product, value) == Decimal("1.37")


def test_no_negative_zero_is_printed():
    assert str(rounded(Decimal("-0.001"), CENT)) == "0.00"


trades = st.lists(
    st.tuples(
        st.integers(-50, 50).filter(bool), st.integers(1, 10**9), st.integers(0, 10**4)
    ),  # quantity, value and fee in cents
    min_size=1,
    max_size=40,
)


@settings(max_examples=100)
@given(trades)
def test_both_accountings_agree_and_the_books_balance(told):
    books, lots, realized = Books(terms()), FifoLots(), 0
    for quantity, value, fee in told:
        found = books.book("", Trade(1, "X", Decimal(quantity), ONE, value * CENT, fee * CENT))
        expected = lots.trade(quantity, value)
        realized += expected
        assert found == expected * CENT
        holding, now = books.holdings["X"], books.now
        assert [(size, cost) for size, cost in holding.lots] == [(size, cost * CENT) for size, cost in lots.lots]
        assert now.cash + now.cost == 1000 + now.realized - now.fees
        assert now.realized == realized * CENT
        assert sum(size for size, _ in holding.lots) == holding.quantity


def test_the_second_accounting_shares_nothing_with_the_first():
    banned = ("logos.ledger", "logos.session", "logos.live", "logos.brokers", "logos.domain.money", "logos.assembly")
    (room,) = (Path(place) for place in proofs.__path__)
    for path in [room / "auditor.py", *room.glob("audit_*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.startswith(banned)], path
