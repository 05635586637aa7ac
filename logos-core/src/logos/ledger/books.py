"""The account's books: cash, positions with their FIFO lots, marks, profit and loss. All exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from logos.domain.bars import Bar
from logos.domain.errors import BrokenInvariantError
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE, divide_half_even
from logos.ledger.lots import FifoLots
from logos.ledger.rules import value_of
from logos.ledger.valuation import Conversion, Valuation

AccountRow = tuple[int, int, int, int, int, int, int, int, int, int]
"""Clock, cash, market value, equity, realised, unrealised, fees, drawdown, gross and net exposure."""

EquityRow = tuple[int, int]
"""Clock and equity."""


class Holding:
    """One symbol in the books. All money in minor units of the account's currency."""

    __slots__ = ("converts", "instrument", "lots", "mark", "marked_at", "market_value", "realized", "valuation")

    def __init__(self, instrument: Instrument, valuation: Valuation) -> None:
        self.instrument = instrument
        self.valuation = valuation
        self.lots = FifoLots()
        self.mark: int | None = None
        self.marked_at: int | None = None
        self.market_value = 0
        self.realized = 0
        self.converts: list[Holding] = []


class Books:
    """The account of a session.

    After every event: cash + market value = equity, and equity = starting cash + realised + unrealised - fees.

    Parameters
    ----------
    cash:
        Starting cash in minor units.
    currency, decimals:
        The account's currency, and how many decimals its money carries.
    instruments:
        Every instrument that can be traded or converts a currency.
    conversions:
        For each instrument quoted in another currency, how it becomes the account's.
    """

    def __init__(
        self,
        *,
        cash: int,
        currency: str,
        decimals: int,
        instruments: Iterable[Instrument],
        conversions: Mapping[str, Conversion],
    ) -> None:
        self.starting_cash = cash
        self.currency = currency
        self.decimals = decimals
        self.cash = cash
        self.market_value = 0
        self.equity = cash
        self.cost = 0
        self.realized = 0
        self.fees = 0
        self.gross = 0
        self.peak = cash
        self._row: tuple[int, ...] | None = None
        self._holdings: dict[Instrument, Holding] = {}
        self._by_symbol: dict[str, Holding] = {}
        for instrument in instruments:
            conversion = conversions.get(instrument.symbol)
            holding = Holding(instrument, Valuation.of(instrument, decimals, conversion))
            self._holdings[instrument] = holding
            self._by_symbol[instrument.symbol] = holding
        for holding in self._holdings.values():
            conversion = holding.valuation.conversion
            if conversion is not None and conversion.instrument is not holding.instrument:
                self._holdings[conversion.instrument].converts.append(holding)

    @property
    def unrealized(self) -> int:
        """Market value less the cost of the open lots."""
        return self.market_value - self.cost

    def holding(self, symbol: str) -> Holding:
        """Return the books of one symbol."""
        return self._by_symbol[symbol]

    def holdings(self) -> list[Holding]:
        """Return the books of every symbol, in name order."""
        return [self._by_symbol[symbol] for symbol in sorted(self._by_symbol)]

    def position(self, symbol: str) -> int:
        """Return the signed position in lots."""
        return self._by_symbol[symbol].lots.quantity

    def mark(self, symbol: str) -> int | None:
        """Return the last close in ticks, or ``None`` before the first bar."""
        return self._by_symbol[symbol].mark

    def conversion_price(self, symbol: str) -> int | None:
        """Return the last close of the symbol's conversion in ticks; ``None`` where there is none."""
        conversion = self._by_symbol[symbol].valuation.conversion
        return None if conversion is None else self._holdings[conversion.instrument].mark

    def value(self, instrument: Instrument, price: int, lots: int) -> int | None:
        """Return price (ticks) times quantity (lots) in the account's currency; ``None`` without a conversion yet."""
        valuation = self._holdings[instrument].valuation
        if valuation.conversion is None:
            return valuation.value(price, lots, None)
        conversion_price = self._holdings[valuation.conversion.instrument].mark
        return None if conversion_price is None else valuation.value(price, lots, conversion_price)

    def per_lot(self, instrument: Instrument, price: int) -> tuple[int, int] | None:
        """Return what one lot is worth at a price (ticks), unrounded, as a fraction of minor units."""
        valuation = self._holdings[instrument].valuation
        if valuation.conversion is None:
            return valuation.per_lot(price, None)
        conversion_price = self._holdings[valuation.conversion.instrument].mark
        return None if conversion_price is None else valuation.per_lot(price, conversion_price)

    def book(self, instrument: Instrument, quantity: int, value: int, fee: int) -> int:
        """Book a fill and return the realised profit or loss before fees.

        Parameters
        ----------
        quantity:
            Signed lots; negative for a sale.
        value, fee:
            Minor units; ``value`` is never negative.
        """
        holding = self._holdings[instrument]
        lots = holding.lots
        cost_before = lots.cost
        realized = lots.trade(quantity, value)
        self.cost += lots.cost - cost_before
        self.cash -= (value if quantity > 0 else -value) + fee
        self.equity = self.cash + self.market_value
        self._row = None
        self.fees += fee
        self.realized += realized
        holding.realized += realized
        if holding.mark is not None:
            self._revalue(holding)
        self._check()
        return realized

    def mark_to_market(self, bars: Iterable[Bar]) -> None:
        """Mark every symbol that has a bar to its close, and what its price converts."""
        holdings = self._holdings
        for bar in bars:
            holding = holdings[bar[0]]
            holding.mark = bar[5]
            holding.marked_at = bar[1]
            if holding.lots.quantity or holding.market_value:
                self._revalue(holding)
            if holding.converts:
                for other in holding.converts:
                    if other.lots.quantity and other.mark is not None:
                        self._revalue(other)

    def total_up(self) -> None:
        """Add the totals up anew from the holdings, as after a restart, and check them against each other."""
        holdings = self._holdings.values()
        self.market_value = sum(holding.market_value for holding in holdings)
        self.equity = self.cash + self.market_value
        self._row = None
        self.gross = sum(abs(holding.market_value) for holding in holdings)
        self.cost = sum(holding.lots.cost for holding in holdings)
        self._check()

    def _revalue(self, holding: Holding) -> None:
        valuation = holding.valuation
        price = holding.mark
        if valuation.conversion is None:
            value = value_of(price, holding.lots.quantity, valuation.numerator, valuation.denominator)  # type: ignore[arg-type]
        else:
            converted = self.value(holding.instrument, price, holding.lots.quantity)  # type: ignore[arg-type]
            if converted is None:
                return
            value = converted
        before = holding.market_value
        if value != before:
            holding.market_value = value
            self.market_value += value - before
            self.equity = self.cash + self.market_value
            self.gross += abs(value) - abs(before)
            self._row = None

    def account_row(self, clock: int) -> AccountRow:
        """Return the account as a row of integers, and move the peak of equity."""
        if self._row is None:
            self._row = self._figures()
        return (clock, *self._row)  # type: ignore[return-value]

    def equity_row(self, clock: int) -> EquityRow:
        """Return clock and equity alone, and move the peak: what a run needs that writes no account row."""
        equity = self.equity
        if equity > self.peak:  # noqa: PLR1730 -- max() costs more, and this runs for every bar
            self.peak = equity
        return (clock, equity)

    def _figures(self) -> tuple[int, ...]:
        market_value = self.market_value
        equity = self.equity
        if equity > self.peak:  # noqa: PLR1730 -- max() costs more, and this runs for every bar
            self.peak = equity
        if not self.gross:
            gross = net = 0
        elif equity > 0:
            gross = divide_half_even(self.gross * RATIO_ONE, equity)
            net = gross if market_value == self.gross else divide_half_even(market_value * RATIO_ONE, equity)
        else:
            gross = net = 0
        peak = self.peak
        drawdown = 0 if equity == peak else divide_half_even((peak - equity) * RATIO_ONE, peak)
        return (
            self.cash,
            market_value,
            equity,
            self.realized,
            market_value - self.cost,
            self.fees,
            drawdown,
            gross,
            net,
        )

    def _check(self) -> None:
        profit = self.realized + self.market_value - self.cost - self.fees
        if self.equity != self.starting_cash + profit:
            raise BrokenInvariantError(
                f"equity {self.equity} is not starting cash {self.starting_cash} plus profit {profit}"
            )
