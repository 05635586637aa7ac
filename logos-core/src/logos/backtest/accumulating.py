"""Adds up a run while it goes: round trips and costs of every pair, and when anything was held."""

from __future__ import annotations

from logos.backtest.records import PairTotals
from logos.domain.events import Fill
from logos.domain.instruments import Instrument
from logos.domain.orders import Liquidity, Order, Side
from logos.ledger.books import Books
from logos.ledger.rules import share_of


class PairBook:
    """The round trips of one pair, from its fills."""

    def __init__(self, strategy: str, symbol: str) -> None:
        self.totals = PairTotals(strategy=strategy, symbol=symbol)
        self._cash = 0
        self._opened_at = 0

    def fill(self, quantity: int, value: int, fee: int, timestamp: int) -> None:
        """Book a fill.

        Parameters
        ----------
        quantity:
            Signed lots.
        value, fee:
            Minor units; the value is not negative.
        timestamp:
            Seconds since the epoch, UTC.
        """
        totals = self.totals
        before = totals.position
        totals.position = after = before + quantity
        flow = -value if quantity > 0 else value
        totals.net += flow - fee
        if not before:
            self._opened_at = timestamp
        if before * after >= 0:
            self._cash += flow - fee
            if not after:
                self._end_trip(self._cash, timestamp)
            return
        # A reversal: the part that closes ends the trip, the rest begins the next one.
        size, closing = abs(quantity), abs(before)
        closing_flow, closing_fee = share_of(flow, closing, size), share_of(fee, closing, size)
        self._end_trip(self._cash + closing_flow - closing_fee, timestamp)
        self._cash = flow - closing_flow - (fee - closing_fee)
        self._opened_at = timestamp

    def _end_trip(self, profit: int, timestamp: int) -> None:
        totals = self.totals
        totals.trips += 1
        totals.longest_trip = max(totals.longest_trip, timestamp - self._opened_at)
        if profit > 0:
            totals.wins += 1
            totals.gross_profit += profit
        else:
            totals.gross_loss -= profit
        self._cash = 0


class Accumulator:
    """Adds up the fills of a run.

    Parameters
    ----------
    books:
        The run's account; it values what slippage and delay have cost.

    Attributes
    ----------
    exposed:
        Slices after which a position was open, among those counted so far.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._pairs: dict[tuple[str, str], PairBook] = {}
        self._open: dict[Instrument, int] = {}
        self._since = 0
        self.exposed = 0

    def ordered(self, order: Order) -> None:
        """Count an order that goes to the broker."""
        self._book(order).totals.orders += 1

    def filled(self, order: Order, fill: Fill, slices: int) -> None:
        """Book a fill.

        Parameters
        ----------
        slices:
            How many slices lay behind the run when it happened, the slice under way not counted.
        """
        intent = order.intent
        instrument = intent.instrument
        buys = intent.side is Side.BUY
        signed = fill.quantity if buys else -fill.quantity
        book = self._book(order)
        book.fill(signed, fill.value, fill.fee, fill.timestamp)
        totals = book.totals
        totals.fills += 1
        totals.traded += fill.value
        if fill.liquidity is Liquidity.MAKER:
            totals.fees_maker += fill.fee
        else:
            totals.fees_taker += fill.fee
        reference = fill.price if fill.reference_price is None else fill.reference_price
        at_reference = self._value(instrument, reference, fill)
        slippage = fill.value - at_reference
        delay = at_reference - self._value(instrument, intent.decision_price, fill)
        totals.slippage += slippage if buys else -slippage
        totals.delay += delay if buys else -delay
        self._hold(instrument, signed, slices)

    def settle(self, slices: int) -> None:
        """Count exposure up to a number of slices."""
        if self._open:
            self.exposed += slices - self._since
        self._since = slices

    def pairs(self) -> tuple[PairTotals, ...]:
        """Return every pair that has ordered, by strategy and symbol, what it holds valued at its mark."""
        found = []
        for _, book in sorted(self._pairs.items()):
            totals = book.totals
            holding = self._books.holding(totals.symbol)
            if totals.position and holding.mark is not None:
                totals.net += self._books.value(holding.instrument, holding.mark, totals.position) or 0
            found.append(totals)
        return tuple(found)

    def _book(self, order: Order) -> PairBook:
        key = (order.intent.strategy, order.intent.instrument.symbol)
        book = self._pairs.get(key)
        if book is None:
            book = self._pairs[key] = PairBook(*key)
        return book

    def _value(self, instrument: Instrument, price: int, fill: Fill) -> int:
        if price == fill.price:
            return fill.value
        value = self._books.value(instrument, price, fill.quantity)
        return fill.value if value is None else value

    def _hold(self, instrument: Instrument, signed: int, slices: int) -> None:
        was_open = bool(self._open)
        position = self._open.get(instrument, 0) + signed
        if position:
            self._open[instrument] = position
        else:
            self._open.pop(instrument, None)
        if was_open != bool(self._open):
            if was_open:
                self.exposed += slices - self._since
            self._since = slices
