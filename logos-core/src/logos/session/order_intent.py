"""The translator: a difference in position becomes a quantised order intent, or a reason with numbers and a remedy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import attrs

from logos.context.parts import AccountSettings
from logos.domain.errors import part_at_work
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE, divide_half_even, text_of
from logos.domain.orders import FLAT, OrderIntent, OrderType, Side
from logos.ledger.books import Books
from logos.ledger.rules import lots_of_share
from logos.session.pairs import PairState
from logos.session.seats import Broker, Target
from logos.session.working import WorkingOrders

CLIENT_ORDER_PREFIX = "lg-"
"""What the name of every order of this program begins with, as a venue would know it."""

UNKNOWN_ORDER = "unknown_order"
"""The code of signals that are refused while an order of their symbol is of unknown outcome."""


class Refusal(NamedTuple):
    """Why no order was made: one word, and the numbers with the remedy."""

    code: str
    detail: str


class Quantised(NamedTuple):
    """A target in whole lots.

    Attributes
    ----------
    weight:
        The share of equity in hundred-millionths, where the target was one.
    lots:
        Signed whole lots, rounded toward zero.
    code, note:
        Why the lots are fewer than asked for, as a word and as a sentence; empty where they are not.
    """

    weight: int | None
    lots: int
    code: str = ""
    note: str = ""


def client_order_id(session_id: str, strategy: str, order_id: int) -> str:
    """Return the name a venue would know an order by. The same order has the same name after every restart."""
    text = f"{session_id}/{strategy}/{order_id}"
    return f"{CLIENT_ORDER_PREFIX}{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _ratio_of(weight: Fraction) -> int:
    return divide_half_even(weight.numerator * RATIO_ONE, weight.denominator)


def _product(one: Fraction, other: Fraction) -> tuple[int, int]:
    return one.numerator * other.numerator, one.denominator * other.denominator


class Translator:
    """Turns targets into lots and differences into order intents.

    Parameters
    ----------
    session_id:
        Names the session in client order ids.
    next_order_id:
        Tells the number that the next recorded order will have.
    """

    def __init__(
        self,
        *,
        session_id: str,
        settings: AccountSettings,
        books: Books,
        broker: Broker,
        working: WorkingOrders,
        next_order_id: Callable[[], int],
    ) -> None:
        self._session_id = session_id
        self._settings = settings
        self._books = books
        self._broker = broker
        self._working = working
        self._next_order_id = next_order_id

    def quantise(self, target: Target, instrument: Instrument) -> Quantised:
        """Return a target in whole lots, toward zero; on a cash account not below zero."""
        if target.weight is not None:
            weight: int | None = _ratio_of(target.weight)
            if not target.weight:
                return Quantised(weight=weight, lots=0)
            price = self._books.mark(instrument.symbol)
            per_lot = None if price is None else self._books.per_lot(instrument, price)
            if per_lot is None:
                refusal = self._no_conversion(instrument)
                return Quantised(weight=weight, lots=0, code=refusal.code, note=refusal.detail)
            equity = self._books.equity
            # Whole numbers, not a Fraction: nothing needs the lowest terms.
            asked, whole = target.weight.numerator * equity * per_lot[1], target.weight.denominator * per_lot[0]
            lots = lots_of_share(target.weight.numerator, target.weight.denominator, equity * per_lot[1], per_lot[0])
        else:
            weight = None
            asked, whole = _product(target.quantity, instrument.lots_a_unit)  # type: ignore[arg-type]
            lots = lots_of_share(asked, whole, 1, 1)
        if lots < 0 and not self._settings.margin:
            note = f"target {instrument.quantity_text(lots)} clipped to 0: a short position needs broker.margin: true"
            return Quantised(weight=weight, lots=0, code="short_not_allowed", note=note)
        if lots == 0 and asked != 0:
            shown = text_of(divide_half_even(asked * 10**4, whole), 4)
            note = (
                f"target is {shown} lots of {instrument.lot}: needs at least 1 lot, so more equity or a larger weight"
            )
            return Quantised(weight=weight, lots=0, code="below_lot", note=note)
        return Quantised(weight, lots)

    def intent(
        self, pair: PairState, difference: int, clock: int, *, rebalances: bool = False
    ) -> OrderIntent | Refusal:
        """Return the order that trades a pair's difference (signed lots, not 0), or why there can be none."""
        instrument = pair.instrument
        symbol = instrument.symbol
        price = self._books.mark(symbol)
        if price is None or self._books.per_lot(instrument, price) is None:
            return self._no_conversion(instrument)
        if self._working.unknown(symbol):
            return Refusal(
                UNKNOWN_ORDER, f"an order of {symbol} has an unknown outcome: nothing goes out before it is settled"
            )
        draft = self._draft(pair, difference, price, clock)
        if rebalances:
            draft = attrs.evolve(draft, rebalances=True)
        afforded = self._cut_to_cash(draft)
        if isinstance(afforded, Refusal):
            return afforded
        return self._outside_limits(afforded) or afforded

    def closing_intent(self, pair: PairState, clock: int) -> OrderIntent:
        """Return the market order that closes a pair's position after a halt."""
        price = self._books.mark(pair.instrument.symbol)
        draft = self._draft(attrs.evolve(pair, signal=FLAT), -pair.position, price or 0, clock)
        return attrs.evolve(draft, note="flatten after the halt")

    def _no_conversion(self, instrument: Instrument) -> Refusal:
        symbol = self._settings.conversions.get(instrument.currency, "")
        return Refusal(
            "no_conversion",
            f"{symbol} has no bar yet, so {instrument.currency} cannot be converted: wait for its first bar",
        )

    def _draft(self, pair: PairState, difference: int, price: int, clock: int) -> OrderIntent:
        signal = pair.signal or FLAT
        order_type, limit_price, stop_price = signal.order_type, signal.limit_price, signal.stop_price
        if signal.value * difference < 0:
            order_type, limit_price, stop_price = OrderType.MARKET, None, None
        order_id = self._next_order_id()
        return OrderIntent(
            order_id=order_id,
            client_order_id=client_order_id(self._session_id, pair.pair.strategy, order_id),
            strategy=pair.pair.strategy,
            instrument=pair.instrument,
            side=Side.BUY if difference > 0 else Side.SELL,
            order_type=order_type,
            time_in_force=signal.time_in_force,
            quantity=abs(difference),
            limit_price=limit_price,
            stop_price=stop_price,
            decision_price=price,
            created_at=clock,
            reduces=self._reduces(pair.instrument.symbol, difference),
            note=pair.note,
        )

    def _reduces(self, symbol: str, difference: int) -> bool:
        position = self._books.position(symbol)
        if position * difference >= 0:
            return False
        buys, sells = self._working.sides(symbol)
        return abs(difference) + (buys if difference > 0 else sells) <= abs(position)

    def _cut_to_cash(self, draft: OrderIntent) -> OrderIntent | Refusal:
        if self._settings.margin or draft.side is Side.SELL:
            return draft
        with part_at_work("the broker"):
            lots = self._broker.affordable(draft, self._books)
        if lots >= draft.quantity:
            return draft
        text = draft.instrument.quantity_text
        cash = text_of(self._books.cash, self._settings.decimals)
        if lots <= 0:
            return Refusal(
                "insufficient_cash",
                f"cash {cash}, less what working buys reserve, pays none of {text(draft.quantity)} at "
                f"{draft.instrument.price_text(draft.decision_price)}: needs more cash or a smaller target",
            )
        note = f"cut from {text(draft.quantity)} to {text(lots)}: cash {cash} pays no more"
        return attrs.evolve(draft, quantity=lots, note=f"{draft.note}; {note}" if draft.note else note)

    def _outside_limits(self, draft: OrderIntent) -> Refusal | None:
        instrument, price = draft.instrument, draft.decision_price
        product = price * draft.quantity
        if product < instrument.least_product:
            least = -(-instrument.least_product // price)
            return Refusal(
                "below_min_notional",
                f"notional {instrument.notional_text(price, draft.quantity)} < minimum {instrument.min_notional}: "
                f"needs at least {instrument.quantity_text(least)}",
            )
        cap = instrument.greatest_product
        if cap is not None and product > cap and not draft.reduces:
            greatest = cap // price
            return Refusal(
                "above_notional_cap",
                f"notional {instrument.notional_text(price, draft.quantity)} > cap {instrument.notional_cap}: "
                f"allows at most {instrument.quantity_text(greatest)}",
            )
        return None
