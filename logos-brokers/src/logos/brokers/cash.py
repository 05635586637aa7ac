"""What a cash account can pay and deliver; a margin account is asked nothing here."""

from __future__ import annotations

from collections.abc import Iterable

from logos.brokers.costs import Costs
from logos.brokers.working import Working
from logos.context.parts import AccountSettings
from logos.domain.errors import BrokenInvariantError
from logos.domain.instruments import Instrument
from logos.domain.money import text_of
from logos.domain.orders import Liquidity, OrderIntent, Side
from logos.ledger.rules import most_within
from logos.session.seats import AccountView


class CashRules:
    """Reservations, and the cuts that keep cash and positions from falling below zero.

    Parameters
    ----------
    settings:
        The account's currency and decimals, for the texts.
    """

    def __init__(self, costs: Costs, settings: AccountSettings) -> None:
        self._costs = costs
        self._settings = settings

    def reference_price(self, intent: OrderIntent) -> int:
        """Return the price in ticks that an order is reserved at.

        The limit where it has one; else the stop, else the decision price, with the most slippage there can be.
        """
        if intent.limit_price is not None:
            return intent.limit_price
        price = intent.decision_price if intent.stop_price is None else intent.stop_price
        return self._costs.worst(price, intent.side)

    def free(self, intent: OrderIntent, working: Iterable[Working], account: AccountView) -> int:
        """Return the cash that no working purchase reserves, in minor units; it may be negative.

        For a purchase of a rebalance, what the rebalance's own sales will bring in counts as cash: they fill before
        it at the same open. A fill is cut to what is there then.
        """
        working = tuple(working)
        reserved = sum(self._reserved(each, account) for each in working if each.side is Side.BUY)
        return account.cash - reserved + self._proceeds(intent, working, account)

    def _proceeds(self, intent: OrderIntent, working: Iterable[Working], account: AccountView) -> int:
        """Return what the sales of the same rebalance bring in, at the most slippage and less the fee."""
        if not intent.rebalances:
            return 0
        total = 0
        for each in working:
            other = each.order.intent
            if each.side is Side.SELL and other.rebalances and other.reduces and other.created_at == intent.created_at:
                value = account.value(other.instrument, self.reference_price(other), each.order.remaining) or 0
                total += value - self._costs.fee(value, Liquidity.TAKER)
        return total

    def affordable(self, intent: OrderIntent, free: int, account: AccountView) -> int:
        """Return the most lots of a purchase that free cash pays, taker fee included; 0 where it has no value yet."""
        price = self.reference_price(intent)
        if account.value(intent.instrument, price, 1) is None:
            return 0
        return self._payable(intent.instrument, price, intent.quantity, Liquidity.TAKER, free, account)

    def payable(self, working: Working, price: int, quantity: int, liquidity: Liquidity, account: AccountView) -> int:
        """Return how many lots of a planned purchase the account's cash pays, fee included."""
        instrument = working.order.intent.instrument
        return self._payable(instrument, price, quantity, liquidity, account.cash, account)

    def refusal(self, intent: OrderIntent, working: Iterable[Working], account: AccountView) -> str | None:
        """Return why a cash account cannot take an order that has a value, or ``None``."""
        if intent.side is Side.SELL:
            return self._short_refusal(intent, working, account)
        free = self.free(intent, working, account)
        instrument, price = intent.instrument, self.reference_price(intent)
        cost = self._cost(instrument, price, intent.quantity, Liquidity.TAKER, account)
        if cost <= free:
            return None
        payable = self.affordable(intent, free, account)
        remedy = f"order at most {instrument.quantity_text(payable)}, or add cash" if payable else "add cash"
        return (
            f"insufficient_cash: {instrument.quantity_text(intent.quantity)} {instrument.symbol} at "
            f"{instrument.price_text(price)} with its fee costs {self._money(cost)}, and {self._money(free)} is free "
            f"(cash {self._money(account.cash)} less {self._money(account.cash - free)} for working buys): {remedy}"
        )

    def cash_cut(self, working: Working, price: int, quantity: int, liquidity: Liquidity, account: AccountView) -> str:
        """Say why a fill was cut to what cash pays; called before the fill is booked."""
        instrument = working.order.intent.instrument
        cost = self._cost(instrument, price, quantity, liquidity, account)
        return (
            f"insufficient_cash: {instrument.quantity_text(quantity)} {instrument.symbol} at "
            f"{instrument.price_text(price)} with its fee costs {self._money(cost)}, and cash is "
            f"{self._money(account.cash)}: keep more cash aside for gaps, fees and slippage"
        )

    def position_cut(self, working: Working, position: int) -> str:
        """Say why a sale was cut to the position."""
        instrument = working.order.intent.instrument
        return (
            f"short positions need margin: {instrument.quantity_text(working.order.remaining)} {instrument.symbol} to "
            f"sell, and the position is {instrument.quantity_text(position)}: sell no more, or set broker.margin"
        )

    def _short_refusal(self, intent: OrderIntent, working: Iterable[Working], account: AccountView) -> str | None:
        instrument = intent.instrument
        position = account.position(instrument.symbol)
        selling = sum(
            each.order.remaining for each in working if each.side is Side.SELL and each.symbol == instrument.symbol
        )
        left = position - selling
        if intent.quantity <= left:
            return None
        text = instrument.quantity_text
        remedy = f"sell at most {text(left)}" if left > 0 else "cancel a working sale or sell nothing"
        return (
            f"short positions need margin: {text(intent.quantity)} {instrument.symbol} to sell, and {text(left)} is "
            f"left (position {text(position)} less {text(selling)} of working sales): {remedy}, or set broker.margin"
        )

    def _reserved(self, working: Working, account: AccountView) -> int:
        intent = working.order.intent
        price = self.reference_price(intent)
        return self._cost(intent.instrument, price, working.order.remaining, Liquidity.TAKER, account)

    def _cost(self, instrument: Instrument, price: int, lots: int, liquidity: Liquidity, account: AccountView) -> int:
        value = account.value(instrument, price, lots)
        if value is None:
            # An order without a value is refused, and a conversion symbol never loses its last bar.
            raise BrokenInvariantError(f"a working order of {instrument.symbol} has no value in the account's currency")
        return value + self._costs.fee(value, liquidity)

    def _payable(
        self,
        instrument: Instrument,
        price: int,
        quantity: int,
        liquidity: Liquidity,
        budget: int,
        account: AccountView,
    ) -> int:
        def cost(lots: int, at: int) -> int:
            return self._cost(instrument, at, lots, liquidity, account)

        return most_within(budget, quantity, cost, price)

    def _money(self, amount: int) -> str:
        return f"{text_of(amount, self._settings.decimals)} {self._settings.currency}"
