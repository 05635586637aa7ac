"""Events written without an encoder are the very JSON that an encoder writes."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from logos.artifacts.rows import fill_texts
from logos.domain.events import Accepted, Cancelled, Fill, Rejected
from logos.domain.money import text_of
from logos.domain.orders import Liquidity, Order, OrderIntent, OrderType, Side, TimeInForce
from logos.domain.times import time_text
from logos.live.appending import Appender
from logos.live.disk import Disk
from logos.live.event_lines import answer_fields, decision_fields, fill_fields, intent_fields
from logos.live.journal import Head, Journal, fields_of, read_chain
from logos.live.recorder import intent_values
from logos.session.records import Decision, Outcome
from logos.session.seats import Pair
from logos.testing.bars import instrument

NAMES = st.text(max_size=12) | st.sampled_from(
    ['a "quoted" name', "back\\slash", "line\nbreak", "día", "\ud800", "\x00"]
)
LOTS = st.integers(-(10**15), 10**15)
PRICES = st.integers(1, 10**9)


def encoded(values: dict[str, object]) -> str:
    return json.dumps(values, separators=(",", ":"))[1:-1]


@st.composite
def orders(draw) -> Order:
    order_type = draw(st.sampled_from(list(OrderType)))
    intent = OrderIntent(
        order_id=draw(st.integers(1, 10**9)),
        client_order_id=draw(NAMES),
        strategy=draw(NAMES),
        instrument=instrument(draw(NAMES), tick=draw(st.sampled_from(["0.01", "0.25", "5"]))),
        side=draw(st.sampled_from(list(Side))),
        order_type=order_type,
        time_in_force=draw(st.sampled_from(list(TimeInForce))),
        quantity=draw(st.integers(1, 10**12)),
        limit_price=draw(PRICES) if order_type.has_limit else None,
        stop_price=draw(PRICES) if order_type.has_stop else None,
        decision_price=draw(PRICES),
        created_at=draw(st.integers(0, 2**33)),
        reduces=draw(st.booleans()),
    )
    return Order(intent=intent, updated_at=intent.created_at)


@given(orders())
def test_an_intent_is_the_json_of_its_values(order) -> None:
    intent = order.intent
    of = intent.instrument
    prices = {"limit_price": intent.limit_price, "stop_price": intent.stop_price}
    values = {
        "order_id": intent.order_id,
        "client_order_id": intent.client_order_id,
        "strategy": intent.strategy,
        "symbol": of.symbol,
        "side": intent.side.value,
        "order_type": intent.order_type.value,
        "time_in_force": intent.time_in_force.value,
        "quantity": of.quantity_text(intent.quantity),
        **{name: of.price_text(price) for name, price in prices.items() if price is not None},
        "decision_price": of.price_text(intent.decision_price),
    }
    assert intent_fields(order) == encoded(values)
    assert intent_values(order) == values
    assert list(intent_values(order)) == list(values)


@given(
    strategy=NAMES,
    symbol=NAMES,
    signal=st.integers(-(10**8), 10**8),
    quantity=LOTS,
    outcome=st.sampled_from(list(Outcome)),
    order_id=st.none() | st.integers(1, 10**9),
    code=NAMES,
    detail=NAMES,
)
def test_a_decision_is_the_json_of_its_values(*, strategy, symbol, signal, quantity, outcome, order_id, code, detail):
    of = instrument(symbol)
    decision = Decision(
        clock=0,
        pair=Pair(strategy, symbol),
        instrument=of,
        signal=signal,
        weight=None,
        quantity=quantity,
        outcome=outcome,
        order_id=order_id,
        code=code,
        detail=detail,
    )
    answer = {"reason_code": code, "detail": detail} if order_id is None else {"order_id": order_id}
    values = {
        "strategy": strategy,
        "symbol": symbol,
        "signal": text_of(signal, 8),
        "target_quantity": of.quantity_text(quantity),
        "outcome": outcome.value,
        **answer,
    }
    assert decision_fields(decision) == encoded(values)


@given(number=st.integers(1, 10**9), reason=NAMES)
def test_an_answer_is_the_json_of_its_number_and_reason(number, reason) -> None:
    assert answer_fields(Accepted(number)) == encoded({"order_id": number})
    for event in (Rejected(number, reason), Cancelled(number, reason)):
        assert answer_fields(event) == encoded({"order_id": number, "reason": reason})


@given(
    amounts=st.tuples(LOTS, LOTS, LOTS),
    quantity=st.integers(1, 10**9),
    price=PRICES,
    at=st.integers(0, 2**33),
    liquidity=st.sampled_from(list(Liquidity)),
)
def test_a_fill_is_the_json_of_its_values(amounts, quantity, price, at, liquidity) -> None:
    of = instrument()
    value, fee, realized = amounts
    fill = Fill(7, at, quantity, price, liquidity, value, fee)
    values = {
        "trade_id": 3,
        "order_id": 7,
        "timestamp": time_text(at),
        "quantity": of.quantity_text(quantity),
        "price": of.price_text(price),
        "liquidity": liquidity.value,
        "value": text_of(value, 8),
        "fee": text_of(fee, 8),
        "realized_pnl": text_of(realized, 8),
    }
    assert fill_fields(3, 7, fill_texts(fill, of, realized, 8)) == encoded(values)


@settings(max_examples=30)
@given(st.lists(orders(), min_size=1, max_size=4))
def test_fields_and_values_make_the_same_chain(tmp_path_factory, some) -> None:
    path = tmp_path_factory.mktemp("chain") / "state.jsonl"
    heads = []
    for write in (
        lambda journal, order: journal.append(order.updated_at, "intent", intent_values(order)),
        lambda journal, order: journal.append_fields(order.updated_at, "intent", intent_fields(order)),
    ):
        path.unlink(missing_ok=True)
        file = Appender(Disk(), path, 0)
        journal = Journal(file, Head())
        for order in some:
            write(journal, order)
        journal.append_fields(5, "tick", fields_of({}))
        heads.append(journal.head)
        file.sync()
        file.close()
    assert heads[0] == heads[1] == list(read_chain(path))[-1][0]
