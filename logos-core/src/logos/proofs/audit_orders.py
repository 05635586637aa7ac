"""Checks of ``trades.csv``, ``orders.csv`` and ``decisions.csv``."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from logos.artifacts.schemas import (
    DECISIONS_FILE,
    DRY_RUN_ORDER_COLUMNS,
    ORDER_COLUMNS,
    ORDERS_FILE,
    STATE_FILE,
    TRADE_COLUMNS,
    TRADES_FILE,
)
from logos.proofs.audit_books import Terms, Trade, rounded, text
from logos.proofs.audit_case import Case
from logos.proofs.audit_files import DisagreementError, Place
from logos.proofs.audit_journal import OrderLife

_FITS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "filled": lambda filled, quantity: filled == quantity,
    "partially_filled": lambda filled, quantity: 0 < filled < quantity,
    "cancelled": lambda filled, quantity: filled < quantity,
    "expired": lambda filled, quantity: filled < quantity,
    "unknown": lambda filled, quantity: filled < quantity,
}
"""What may be filled of an order in each status; in all others nothing."""


_GIVES_REASON = frozenset({"rejected", "cancelled", "expired"})
_FLATTENS = "flatten after the halt"
"""What is told of a closing order that follows a halt: it answers no signal, so no decision tells the same."""


def _nothing(filled: Decimal, _quantity: Decimal) -> bool:
    return not filled


def check_trades(case: Case) -> None:
    """Rebuild the books from the trades; go on behind a row that disagrees, with the figures that it should have."""
    fills = iter(case.story.fills)
    for line, row in case.rows(TRADES_FILE):
        place = Place(TRADES_FILE, line, f"trade {case.count + 1}")
        trade = _read_trade(place, row, case.terms)
        clock, fill = next(fills, ("", {}))
        realized = case.books.book(clock, trade)
        case.steps.append(case.books.now)
        life = case.story.orders.get(trade.order_id)
        if life is not None:
            life.quantity += abs(trade.quantity)
            life.product += abs(trade.quantity) * trade.price
            life.fees += trade.fee
        figures = (text(trade.fee), text(realized), text(trade.value))
        try:
            place.check_row(row, [str(case.count + 1), *[None] * 7, *figures, None])
            if "journal" in case.passed:
                _check_fill(place, row, clock, fill, life)
        except DisagreementError as error:
            case.first = case.first or error
    case.passed.add("books")
    if case.first is None:
        fills_told = case.state.get("last_trade_id")
        Place(TRADES_FILE, case.count + 2).check(
            "", f"the end after trade {case.count}", f"the end after trade {fills_told}"
        )


def _read_trade(place: Place, row: list[str], terms: Terms) -> Trade:
    """Return a row as a trade; its value and its fee are worked out anew."""
    _, order_id, _, symbol, side, quantity_text, price_text, liquidity, fee_text, _, _, rate_text = row
    choices = (("symbol", symbol, terms.instruments), ("side", side, ("buy", "sell")))
    for field, found, known in (*choices, ("liquidity", liquidity, ("maker", "taker"))):
        if found not in known:
            raise place.differs(field, found, f"one of {', '.join(known)}")
    instrument, converter = terms.instruments[symbol], terms.converter(symbol)
    quantity = place.stepped("quantity", quantity_text, instrument.lot, instrument.quantity_unit)
    price = place.stepped("price", price_text, instrument.tick, instrument.price_unit)
    rate = None
    if converter is None:
        place.check("conversion_price", rate_text, "")
    else:
        other = terms.instruments[converter]
        rate = place.stepped("conversion_price", rate_text, other.tick, other.price_unit)
    value = terms.value(symbol, price, quantity, rate)
    fee = place.number("fee", fee_text) if terms.fees is None else value * terms.fees[liquidity]
    number = int(place.number("order_id", order_id))
    signed = quantity if side == "buy" else -quantity
    return Trade(number, symbol, signed, price, value, rounded(fee, terms.unit))


def _check_fill(place: Place, row: list[str], clock: str, fill: dict[str, str], life: OrderLife | None) -> None:
    """Compare a trade with its fill in the journal, and with the order that it fills."""
    found = dict(zip(TRADE_COLUMNS, row, strict=True))
    if not fill:
        raise place.differs("trade_id", found["trade_id"], "the end: the journal has no more fills")
    for field, value in fill.items():
        place.check(field, found[field], value)
    if life is None:
        raise place.differs("order_id", found["order_id"], "an order that the journal knows")
    for field in ("symbol", "side"):
        place.check(field, found[field], life.intent[field])
    if not life.created_at <= found["timestamp"] <= clock:
        raise place.differs("timestamp", found["timestamp"], f"a time from {life.created_at} to {clock}")


def check_orders(case: Case) -> None:
    """Compare every order with its intent, its last event and the sums of its trades."""
    columns = DRY_RUN_ORDER_COLUMNS if case.dry_run else ORDER_COLUMNS
    for line, row in case.rows(ORDERS_FILE):
        place = Place(ORDERS_FILE, line, f"order {case.count + 1}")
        place.check("order_id", row[0], str(case.count + 1))
        _check_order(case, place, dict(zip(columns, row, strict=True)))
    if not case.running:  # its snapshot holds back the rows behind the first order that still works
        known = len(case.story.orders)
        Place(ORDERS_FILE, case.count + 2).check(
            "", f"the end after order {case.count}", f"the end after order {known}"
        )
    for entry in case.state["orders"]:
        place = Place(STATE_FILE, None, f"working order {entry.get('order_id')}")
        _check_order(case, place, {field: str(value) for field, value in entry.items()})


def _check_order(case: Case, place: Place, row: dict[str, str]) -> None:
    life = case.story.orders.get(int(place.number("order_id", row.get("order_id"))))
    if life is None:
        raise place.differs("order_id", row["order_id"], "an order that the journal knows")
    if life.intent["symbol"] not in case.terms.instruments:
        raise place.differs("symbol", life.intent["symbol"], "an instrument of config.yaml")
    wanted = Decimal(life.intent["quantity"])
    for field, value in _expected_order(case.terms, life).items():
        if field in row:
            place.check(field, row[field], value)
    status, reason = row.get("status", ""), row.get("reason", "")
    if not _FITS.get(status, _nothing)(life.quantity, wanted):
        raise place.differs("status", status, f"one that fits {life.quantity} filled of {wanted}")
    life.note = _note_of(life, reason)
    if life.note is None:
        raise place.differs("reason", reason, life.reason)


def _note_of(life: OrderLife, reason: str) -> str | None:
    """Return what stands before the journal's reason: what was told of the order when it was made, if anything.

    It is no reason of the order where it does not end with the journal's.
    """
    if reason == life.reason:
        return ""
    if life.status == "blocked":
        return None
    end = f"; {life.reason}" if life.status in _GIVES_REASON else ""
    return reason.removesuffix(end) if reason.endswith(end) else None


def _expected_order(terms: Terms, life: OrderLife) -> dict[str, str]:
    intent = life.intent
    instrument = terms.instruments[intent["symbol"]]
    average = life.product / life.quantity if life.quantity else None
    return {
        "created_at": life.created_at,
        "updated_at": life.updated_at,
        **intent,
        "type": intent["order_type"],
        "status": life.status,
        "filled_quantity": text(rounded(life.quantity, instrument.quantity_unit)),
        "average_price": "" if average is None else text(rounded(average, instrument.price_unit)),
        "fees": text(rounded(life.fees, terms.unit)),
        "venue_outcome": life.venue_outcome,
    }


def check_decisions(case: Case) -> None:
    """Compare every decision with the journal: each is one order or one reason, and each order one decision."""
    orders, decisions = case.story.orders, iter(case.story.decisions)
    blocked = iter([life for _, life in sorted(orders.items()) if life.status == "blocked"])
    ordered: set[int] = set()
    for line, row in case.rows(DECISIONS_FILE):
        place = Place(DECISIONS_FILE, line, f"{row[0]} {row[1]} {row[2]}")
        decision = next(decisions, None)
        if decision is None:
            raise place.differs("outcome", row[6], "the end: the journal has no more decisions")
        place.check_row(row, decision)
        if bool(row[7]) == bool(row[8]) or (row[6] == "ordered") != bool(row[7]):
            raise place.differs("order_id", row[7], f"one order or one reason: {row[6]} has the reason {row[8]!r}")
        if row[7]:
            number = int(place.number("order_id", row[7]))
            life = orders.get(number)
            if life is None or life.status == "blocked" or number in ordered:
                raise place.differs("order_id", row[7], "an order of its own that no guard blocked")
            ordered.add(number)
            _check_decided(place, row, life)
            if life.note is not None:
                place.check("detail", row[9], life.note)
        elif row[6] == "blocked":
            life = next(blocked, None)
            if life is None:
                raise place.differs("outcome", row[6], "an order in the journal that guards blocked")
            place.check("detail", row[9], life.reason)
            _check_decided(place, row, life)
    end = Place(DECISIONS_FILE, case.count + 2)
    end.check("", f"the end after {case.count} decisions", f"the end after {len(case.story.decisions)} decisions")
    undecided = [n for n, one in orders.items() if one.status != "blocked" and one.note != _FLATTENS]
    for life in [*blocked, *(orders[number] for number in undecided if number not in ordered)]:
        raise end.differs("order_id", "the end", f"a row for order {life.number}")


def _check_decided(place: Place, row: list[str], life: OrderLife) -> None:
    place.check("timestamp", row[0], life.created_at)
    for column, field in ((1, "strategy"), (2, "symbol")):
        place.check(field, row[column], life.intent[field])
