"""The books against a slow and obvious reference: the same fills and bars, counted again in fractions and lists."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.bars import Bar
from logos.domain.errors import BrokenInvariantError
from logos.domain.instruments import AssetClass, Instrument
from logos.ledger.books import Books
from logos.ledger.valuation import Conversion

CENT = Fraction(1, 10**8)


def make(symbol: str, tick: str, lot: str, currency: str = "USD", kind: AssetClass = AssetClass.CRYPTO) -> Instrument:
    return Instrument(symbol=symbol, asset_class=kind, tick=Decimal(tick), lot=Decimal(lot), currency=currency)


COIN = make("COIN", "0.01", "0.00000001")
EURO = make("EUR-USD", "0.00001", "1", kind=AssetClass.FOREX)
PARIS = make("PARIS", "0.05", "1", "EUR")
SHARE = make("SHARE", "0.01", "1")
TOKYO = make("TOKYO", "0.5", "0.001", "JPY")
YEN = make("USD-JPY", "0.001", "1", "JPY", AssetClass.FOREX)
INSTRUMENTS = (COIN, EURO, PARIS, SHARE, TOKYO, YEN)
TIMES_EURO = Conversion(instrument=EURO, divides=False)
OVER_YEN = Conversion(instrument=YEN, divides=True)
CONVERSIONS = {"PARIS": TIMES_EURO, "TOKYO": OVER_YEN, "USD-JPY": OVER_YEN}
CASH = 100_000


def rounded(amount: Fraction) -> Fraction:
    """Round to eight decimals; Python rounds a fraction half to even."""
    return round(amount / CENT) * CENT


class Slow:
    """The reference. Amounts are fractions of a dollar, quantities fractions of a unit."""

    def __init__(self) -> None:
        self.cash = Fraction(CASH)
        self.fees = Fraction(0)
        self.realized: dict[str, Fraction] = {instrument.symbol: Fraction(0) for instrument in INSTRUMENTS}
        self.peak = Fraction(CASH)
        self.marks: dict[str, Fraction] = {}
        self.lots: dict[str, list[list]] = {instrument.symbol: [] for instrument in INSTRUMENTS}

    def dollars(self, instrument: Instrument, units: Fraction, price: Fraction) -> Fraction:
        """Value units at a price: exactly, then rounded once."""
        exact = units * price
        if instrument.currency == "EUR":
            exact = exact * self.marks["EUR-USD"]
        if instrument.currency == "JPY":
            exact = exact / self.marks["USD-JPY"]
        return rounded(exact)

    def fill(self, instrument: Instrument, side: str, units: Fraction, price: Fraction, fee: Fraction) -> Fraction:
        value = self.dollars(instrument, units, price)
        self.cash += value if side == "sell" else -value
        self.cash -= fee
        self.fees += fee
        lots = self.lots[instrument.symbol]
        other_side = [lot for lot in lots if lot[0] != side]
        closing = min(units, sum((lot[1] for lot in other_side), Fraction(0)))
        closing_value = rounded(value * closing / units)
        profit = Fraction(0)
        if closing:
            booked = self.take(lots, closing)
            profit = closing_value - booked if side == "sell" else booked - closing_value
        if units > closing:
            lots.append([side, units - closing, value - closing_value])
        self.realized[instrument.symbol] += profit
        return profit

    def take(self, lots: list[list], units: Fraction) -> Fraction:
        """Take units from the oldest lots and return the value that they were booked at."""
        taken = Fraction(0)
        while units > 0:
            oldest = lots[0]
            if oldest[1] <= units:
                units -= oldest[1]
                taken += oldest[2]
                lots.remove(oldest)
            else:
                share = rounded(oldest[2] * units / oldest[1])
                oldest[1] -= units
                oldest[2] -= share
                taken += share
                units = Fraction(0)
        return taken

    def position(self, symbol: str) -> Fraction:
        return sum((lot[1] if lot[0] == "buy" else -lot[1] for lot in self.lots[symbol]), Fraction(0))

    def cost(self) -> Fraction:
        return sum((lot[2] if lot[0] == "buy" else -lot[2] for lots in self.lots.values() for lot in lots), Fraction(0))

    def market_values(self) -> list[Fraction]:
        return [
            self.dollars(instrument, self.position(instrument.symbol), self.marks[instrument.symbol])
            for instrument in INSTRUMENTS
            if instrument.symbol in self.marks and self.position(instrument.symbol)
        ]

    def account_row(self, clock: int) -> tuple:
        values = self.market_values()
        market_value, gross = sum(values, Fraction(0)), sum((abs(value) for value in values), Fraction(0))
        equity = self.cash + market_value
        self.peak = max(self.peak, equity)
        return (
            clock,
            self.cash,
            market_value,
            equity,
            sum(self.realized.values()),
            market_value - self.cost(),
            self.fees,
            rounded((self.peak - equity) / self.peak),
            rounded(gross / equity) if equity > 0 else Fraction(0),
            rounded(market_value / equity) if equity > 0 else Fraction(0),
        )


def open_books(cash: int = CASH) -> Books:
    return Books(cash=cash * 10**8, currency="USD", decimals=8, instruments=INSTRUMENTS, conversions=CONVERSIONS)


def dollars(minor: int) -> Fraction:
    return minor * CENT


PRICES = st.integers(1, 400_000)
BARS = st.tuples(
    st.just("bars"),
    st.dictionaries(st.sampled_from(INSTRUMENTS), PRICES, min_size=1),
)
# Few different quantities, so that fills often take a lot exactly, take a part of it, or go through zero.
LOTS = st.sampled_from([1, 2, 3, 5, 7, 10, 11, 333, 100_000_007])
FILLS = st.tuples(
    st.just("fill"),
    st.sampled_from(INSTRUMENTS),
    st.sampled_from(["buy", "sell"]),
    LOTS,
    PRICES,
    st.integers(-(10**7), 10**9),
)
ALL_MARKED = ("bars", {COIN: 412_345, EURO: 137_123, PARIS: 801, SHARE: 16_790, TOKYO: 2_001, YEN: 102_333})


def check_bar(books: Books, slow: Slow, marks: dict[Instrument, int]) -> None:
    books.mark_to_market(
        Bar(instrument, 0, price, price, price, price, 1)
        for instrument, price in sorted(marks.items(), key=lambda item: item[0].symbol)
    )
    for instrument, price in marks.items():
        slow.marks[instrument.symbol] = price * Fraction(instrument.tick)


def check_fill(books: Books, slow: Slow, step: tuple) -> None:
    _, instrument, side, lots, price, fee = step
    value = books.value(instrument, price, lots)
    conversion = CONVERSIONS.get(instrument.symbol)
    if conversion is not None and conversion.instrument.symbol not in slow.marks:
        assert value is None
        return
    units, exact_price = lots * Fraction(instrument.lot), price * Fraction(instrument.tick)
    assert dollars(value) == slow.dollars(instrument, units, exact_price)
    realized = books.book(instrument, lots if side == "buy" else -lots, value, fee)
    assert dollars(realized) == slow.fill(instrument, side, units, exact_price, dollars(fee))


def check_invariants(books: Books, slow: Slow) -> None:
    row = books.account_row(77)
    assert (row[0], *map(dollars, row[1:])) == slow.account_row(77)
    assert books.cash + books.market_value == books.equity
    assert books.equity - books.starting_cash == books.realized + books.unrealized - books.fees
    for holding in books.holdings():
        lots, symbol = list(holding.lots.lots), holding.instrument.symbol
        assert sum(lot[0] for lot in lots) == books.position(symbol) == holding.lots.quantity
        assert sum(lot[1] for lot in lots) == holding.lots.cost
        assert all(lot[0] * lots[0][0] > 0 for lot in lots), "lots of both sides are open"
        assert dollars(holding.realized) == slow.realized[symbol]
        assert books.position(symbol) * Fraction(holding.instrument.lot) == slow.position(symbol)
        expected = [(lot[1], lot[2]) for lot in slow.lots[symbol]]
        assert [(abs(lot[0]) * Fraction(holding.instrument.lot), dollars(abs(lot[1]))) for lot in lots] == expected


@settings(max_examples=150)
@given(st.booleans(), st.lists(BARS | FILLS, max_size=25))
def test_any_sequence_of_fills_and_bars_comes_to_what_the_reference_says(marked, steps) -> None:
    books, slow = open_books(), Slow()
    for step in [ALL_MARKED, *steps] if marked else steps:
        if step[0] == "bars":
            check_bar(books, slow, step[1])
        else:
            check_fill(books, slow, step)
        check_invariants(books, slow)
    before = books.account_row(78)
    books.total_up()
    assert books.account_row(78) == before


@settings(max_examples=100)
@given(
    st.sampled_from(INSTRUMENTS),
    st.lists(st.tuples(st.sampled_from(["buy", "sell"]), LOTS, PRICES, st.just(0)), min_size=2, max_size=20),
)
def test_one_symbol_through_zero_and_back_comes_to_what_the_reference_says(instrument, fills) -> None:
    books, slow = open_books(), Slow()
    check_bar(books, slow, ALL_MARKED[1])
    for fill in fills:
        check_fill(books, slow, ("fill", instrument, *fill))
        check_invariants(books, slow)


def test_first_bought_is_first_sold_and_one_sale_goes_through_zero() -> None:
    books = open_books()
    check_bar(books, Slow(), {SHARE: 1_000})
    assert books.book(SHARE, 10, 100 * 10**8, 1) == 0
    assert books.book(SHARE, 10, 120 * 10**8, 1) == 0
    # 30 sold for 450: 20 of it close for 300 what cost 220, 10 are sold short for 150.
    assert books.book(SHARE, -30, 450 * 10**8, 1) == 80 * 10**8
    assert list(books.holding("SHARE").lots.lots) == [[-10, -150 * 10**8]]
    assert (books.cash, books.fees) == (100_230 * 10**8 - 3, 3)
    assert (books.market_value, books.unrealized) == (-100 * 10**8, 50 * 10**8)


def test_a_partial_take_carries_its_share_half_to_even_and_the_lot_keeps_the_rest() -> None:
    books = open_books()
    books.book(COIN, 2, 5, 0)
    assert books.book(COIN, -1, 5, 0) == 3  # half of 5 is 2.5, which goes to the even 2
    assert list(books.holding("COIN").lots.lots) == [[1, 3]]
    assert books.book(COIN, -1, 5, 0) == 2


def test_the_usd_jpy_position_of_a_usd_account_is_converted_by_its_own_close() -> None:
    books = open_books()
    check_bar(books, Slow(), {YEN: 100_000})
    value = books.value(YEN, 100_000, 1_000)
    assert value == 1_000 * 10**8
    books.book(YEN, 1_000, value, 0)
    check_bar(books, Slow(), {YEN: 125_000})
    # 1,000 dollars against yen are worth 1,000 dollars at any price: the yen have moved, in dollars they have not.
    assert (books.market_value, books.unrealized) == (1_000 * 10**8, 0)


def test_a_foreign_position_moves_with_its_conversion_alone() -> None:
    books = open_books()
    check_bar(books, Slow(), {EURO: 100_000, PARIS: 2_000})
    books.book(PARIS, 10, books.value(PARIS, 2_000, 10), 0)
    check_bar(books, Slow(), {EURO: 110_000})
    assert books.unrealized == 100 * 10**8
    assert books.conversion_price("PARIS") == 110_000
    assert books.conversion_price("SHARE") is None


def test_without_a_conversion_bar_nothing_foreign_has_a_value() -> None:
    books = open_books()
    check_bar(books, Slow(), {PARIS: 2_000})
    assert books.value(PARIS, 2_000, 1) is None
    assert books.per_lot(PARIS, 2_000) is None
    assert books.value(SHARE, 2_000, 1) == 20 * 10**8


def test_books_that_contradict_themselves_say_so_at_the_next_fill() -> None:
    books = open_books()
    check_bar(books, Slow(), {SHARE: 1_000})
    books.book(SHARE, 1, 10 * 10**8, 0)
    books.cash += 1
    with pytest.raises(BrokenInvariantError, match=r"equity .* is not starting cash"):
        books.book(SHARE, 1, 10 * 10**8, 0)


@given(st.integers(1, 6), st.permutations(INSTRUMENTS))
def test_the_books_do_not_depend_on_the_order_of_their_instruments(lots, order) -> None:
    def traded(instruments) -> tuple:
        books = Books(cash=CASH, currency="USD", decimals=8, instruments=instruments, conversions=CONVERSIONS)
        check_bar(books, Slow(), ALL_MARKED[1])
        for instrument in INSTRUMENTS:
            books.book(instrument, lots, books.value(instrument, 999, lots), 3)
        names = [holding.instrument.symbol for holding in books.holdings()]
        return books.account_row(0), names

    assert traded(order) == traded(INSTRUMENTS)
