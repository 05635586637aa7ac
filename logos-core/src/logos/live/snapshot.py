"""``state.json``: a session as a whole, from which it can be continued."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts.rows import average_cost_text
from logos.artifacts.schemas import BARS_FILE
from logos.domain.errors import IntegrityError
from logos.domain.events import Cause
from logos.domain.instruments import Instrument
from logos.domain.money import scaled_exactly, text_of
from logos.domain.orders import Order, OrderIntent, OrderStatus, OrderType, Side, Signal, TimeInForce
from logos.domain.times import SECONDS_A_DAY, parse_time, time_text
from logos.ledger.books import Books, Holding
from logos.ledger.lots import FifoLots
from logos.live.recorder import SessionRecorder, intent_values
from logos.live.recording import Recording
from logos.session.machine import Counts, Session
from logos.session.pairs import PairState

SCHEMA = 1
_SEAL = ',\n "seal": "'


@attrs.define(kw_only=True)
class Identity:
    """What never changes in a session: written into every snapshot, compared at a resume."""

    session_id: str
    name: str
    seed: int
    config_digest: str
    data_digest: str
    plugins: list[dict[str, str]]
    started_at: str


def encode(state: dict[str, Any]) -> bytes:
    """Return a snapshot's text, sealed: the digest of everything before it stands last."""
    body = json.dumps(state, indent=1, allow_nan=False).encode()[:-2]
    return body + f'{_SEAL}{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()


def check_seal(path: Path) -> None:
    """Refuse a snapshot that is not as it was written.

    Raises
    ------
    IntegrityError
        Where its content does not match its seal.
    """
    body, _, rest = path.read_bytes().rpartition(_SEAL.encode())
    if rest != f'{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode():
        raise IntegrityError(
            f"{path.name} does not match its seal",
            hint="It was damaged or edited after it was written: restore it from a copy",
        )


def snapshot(
    identity: Identity,
    session: Session,
    recorder: SessionRecorder,
    feed: dict[str, Any],
    status: str,
    recording: Recording | None = None,
) -> dict[str, Any]:
    """Return a session as JSON values. Everything collected must have been handed over before."""
    state = _state(identity, session, recorder, feed, status)
    if session.rebalancer is not None:
        state["rebalance"] = session.rebalancer.snapshot()
    if recorder.outside is not None:
        state["outside"] = recorder.outside.snapshot(session.desk.written_ahead)
    if recording is not None:
        state["data_digest"] = recording.taken.digest
        state["files"] = dict(sorted({**state["files"], BARS_FILE: recording.taken.length}.items()))
        state["record"] = recording.state()
    return state


def _state(
    identity: Identity, session: Session, recorder: SessionRecorder, feed: dict[str, Any], status: str
) -> dict[str, Any]:
    head = recorder.journal.head
    return {
        "schema": SCHEMA,
        "session_id": identity.session_id,
        "name": identity.name,
        "seed": identity.seed,
        "config_digest": identity.config_digest,
        "data_digest": identity.data_digest,
        "sequence": head.sequence,
        "clock": time_text(session.clock),
        "status": status,
        "account": _account_state(session.account),
        "positions": [_position_state(holding, session.account) for holding in session.account.holdings()],
        "orders": [_order_state(order, session.account.decimals) for _, order in sorted(session.orders.by_id.items())],
        "guards": session.parts.guards.snapshot(),
        "feed": feed,
        "halt_causes": [
            {"guard": cause.guard, "reason": cause.reason, "at": time_text(cause.at)} for cause in session.causes
        ],
        "counts": attrs.asdict(session.counts),
        "tally": recorder.tally.snapshot(),
        "pairs": [_pair_state(state) for state in session.pairs],
        "broker": session.parts.broker.snapshot(),
        "last_order_id": session.desk.last_order_id,
        "last_trade_id": session.desk.last_trade_id,
        "sliced_at": time_text(session.sliced_at),
        "recorded": {"at": session.desk.recorded[0], "symbols": list(session.desk.recorded[1])},
        "first_clock": time_text(session.started_at),
        "plugins": identity.plugins,
        "started_at": identity.started_at,
        "journal": {"length": head.length, "head": head.digest},
        "files": recorder.offsets(),
        "orders_waiting": {str(number): row for number, row in sorted(recorder.orders.waiting.items())},
        "next_settled_order_id": recorder.orders.next_id,
    }


def restore(session: Session, recorder: SessionRecorder, state: dict[str, Any]) -> None:
    """Put a freshly assembled session where a snapshot left it; its strategies are rebuilt by the caller."""
    session.clock = parse_time(state["clock"])
    session.sliced_at = parse_time(state["sliced_at"])
    session.day = (session.clock - session.parts.interval) // SECONDS_A_DAY
    session.started_at = parse_time(state["first_clock"])
    session.counts = Counts(**state["counts"])
    session.causes = tuple(
        Cause(guard=cause["guard"], reason=cause["reason"], at=parse_time(cause["at"]))
        for cause in state["halt_causes"]
    )
    session.desk.last_order_id = state["last_order_id"]
    session.desk.last_trade_id = state["last_trade_id"]
    session.desk.recorded = (state["recorded"]["at"], tuple(state["recorded"]["symbols"]))
    recorder.orders.waiting = {int(number): row for number, row in state["orders_waiting"].items()}
    _restore_books(session.account, state)
    by_pair = {(pair.pair.strategy, pair.pair.symbol): pair for pair in session.pairs}
    for entry in state["pairs"]:
        _restore_pair(by_pair[entry["strategy"], entry["symbol"]], entry)
    for entry in state["orders"]:
        pair = by_pair[entry["strategy"], entry["symbol"]]
        session.desk.adopt(_restored_order(entry, pair.instrument, session.account.decimals), pair)
    session.parts.broker.restore(state["broker"], session.orders.by_id)
    session.parts.guards.restore(state["guards"])
    if session.rebalancer is not None:
        session.rebalancer.restore(state["rebalance"])


def _account_state(books: Books) -> dict[str, Any]:
    money = {
        "starting_cash": books.starting_cash,
        "cash": books.cash,
        "market_value": books.market_value,
        "equity": books.equity,
        "realized_pnl": books.realized,
        "unrealized_pnl": books.unrealized,
        "fees": books.fees,
        "peak_equity": books.peak,
    }
    return {name: text_of(value, books.decimals) for name, value in money.items()} | {
        "currency": books.currency,
        "decimals": books.decimals,
    }


def _position_state(holding: Holding, books: Books) -> dict[str, Any]:
    instrument = holding.instrument
    return {
        "symbol": instrument.symbol,
        "quantity": instrument.quantity_text(holding.lots.quantity),
        "average_cost": average_cost_text(
            instrument,
            holding.lots.quantity,
            holding.lots.cost,
            books.decimals,
            converted=holding.valuation.conversion is not None,
        ),
        "mark_price": None if holding.mark is None else instrument.price_text(holding.mark),
        "marked_at": None if holding.marked_at is None else time_text(holding.marked_at),
        "market_value": text_of(holding.market_value, books.decimals),
        "realized_pnl": text_of(holding.realized, books.decimals),
        "lots": [
            {"quantity": instrument.quantity_text(quantity), "cost": text_of(cost, books.decimals)}
            for quantity, cost in holding.lots.lots
        ],
    }


def _restore_books(books: Books, state: dict[str, Any]) -> None:
    def money(text: str) -> int:
        return scaled_exactly(Decimal(text), books.decimals, what="an amount in state.json")

    account = state["account"]
    for entry in state["positions"]:
        holding = books.holding(entry["symbol"])
        instrument = holding.instrument
        holding.mark = None if entry["mark_price"] is None else instrument.ticks_of(Decimal(entry["mark_price"]))
        holding.marked_at = None if entry["marked_at"] is None else parse_time(entry["marked_at"])
        holding.market_value = money(entry["market_value"])
        holding.realized = money(entry["realized_pnl"])
        lots = ((instrument.lots_of(Decimal(lot["quantity"])), money(lot["cost"])) for lot in entry["lots"])
        holding.lots = FifoLots(lots)
    books.cash = money(account["cash"])
    books.realized = money(account["realized_pnl"])
    books.fees = money(account["fees"])
    books.peak = money(account["peak_equity"])
    books.total_up()


def _pair_state(state: PairState) -> dict[str, Any]:
    signal = state.signal
    return {
        "strategy": state.pair.strategy,
        "symbol": state.pair.symbol,
        "value": state.value,
        "signal": None
        if signal is None
        else {
            "value": signal.value,
            "order_type": signal.order_type.value,
            "limit_price": signal.limit_price,
            "stop_price": signal.stop_price,
            "time_in_force": signal.time_in_force.value,
        },
        "weight": state.weight,
        "target": state.target,
        "note": state.note,
        "position": state.position,
        "orders": state.orders,
        "retry": state.retry,
        "refused": state.refused,
    }


def _restore_pair(pair: PairState, entry: dict[str, Any]) -> None:
    signal = entry["signal"]
    pair.signal = None
    if signal is not None:
        pair.signal = Signal(
            signal["value"],
            OrderType(signal["order_type"]),
            signal["limit_price"],
            signal["stop_price"],
            TimeInForce(signal["time_in_force"]),
        )
    for name in ("value", "weight", "target", "note", "position", "orders", "retry", "refused"):
        setattr(pair, name, entry[name])


def _order_state(order: Order, decimals: int) -> dict[str, Any]:
    intent = order.intent
    shown = {"venue_outcome": order.venue_outcome} if order.venue_outcome else {}
    return intent_values(order) | {
        "created_at": time_text(intent.created_at),
        "updated_at": time_text(order.updated_at),
        "reduces": intent.reduces,
        "note": intent.note,
        "status": order.status.value,
        "filled_quantity": intent.instrument.quantity_text(order.filled),
        "filled_ticks": order.filled_ticks,
        "fees": text_of(order.fees, decimals),
        "reason": order.reason,
        **shown,
    }


def restored_intent(entry: dict[str, Any], instrument: Instrument) -> OrderIntent:
    """Return an intent as it was written down, in a snapshot or in the journal."""

    def ticks(name: str) -> int | None:
        return instrument.ticks_of(Decimal(entry[name])) if name in entry else None

    return OrderIntent(
        order_id=entry["order_id"],
        client_order_id=entry["client_order_id"],
        strategy=entry["strategy"],
        instrument=instrument,
        side=Side(entry["side"]),
        order_type=OrderType(entry["order_type"]),
        time_in_force=TimeInForce(entry["time_in_force"]),
        quantity=instrument.lots_of(Decimal(entry["quantity"])),
        limit_price=ticks("limit_price"),
        stop_price=ticks("stop_price"),
        decision_price=instrument.ticks_of(Decimal(entry["decision_price"])),
        created_at=parse_time(entry["created_at"]),
        reduces=entry["reduces"],
        note=entry["note"],
    )


def _restored_order(entry: dict[str, Any], instrument: Instrument, decimals: int) -> Order:
    return Order(
        intent=restored_intent(entry, instrument),
        status=OrderStatus(entry["status"]),
        updated_at=parse_time(entry["updated_at"]),
        filled=instrument.lots_of(Decimal(entry["filled_quantity"])),
        filled_ticks=entry["filled_ticks"],
        fees=scaled_exactly(Decimal(entry["fees"]), decimals, what="fees in state.json"),
        reason=entry["reason"],
        venue_outcome=entry.get("venue_outcome", ""),
    )
