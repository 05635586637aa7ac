"""The events that every order brings, as the journal writes them: the fields of a JSON object without its braces.

They are most of a journal, and an encoder that looks at each value anew costs several times as much. Numbers, times
and words of ours need no escapes; everything else goes through ``quoted``.
"""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted

from logos.artifacts.rows import FillTexts, ratio_text
from logos.domain.events import BrokerEvent
from logos.domain.orders import Order
from logos.session.records import Decision


@lru_cache(maxsize=1024)
def _names(strategy: str, symbol: str) -> str:
    return f'"strategy":{quoted(strategy)},"symbol":{quoted(symbol)}'


def decision_fields(decision: Decision) -> str:
    """Return a decision: the pair, what was wanted, and the order or the reason."""
    if decision.order_id is None:
        answer = f'"reason_code":{quoted(decision.code)},"detail":{quoted(decision.detail)}'
    else:
        answer = f'"order_id":{decision.order_id}'
    pair = decision.pair
    return (
        f'{_names(pair.strategy, pair.symbol)},"signal":"{ratio_text(decision.signal)}",'
        f'"target_quantity":"{decision.instrument.quantity_text(decision.quantity)}",'
        f'"outcome":"{decision.outcome}",{answer}'
    )


def intent_fields(order: Order) -> str:
    """Return an order's intent."""
    intent = order.intent
    instrument = intent.instrument
    limit = "" if intent.limit_price is None else f'"limit_price":"{instrument.price_text(intent.limit_price)}",'
    stop = "" if intent.stop_price is None else f'"stop_price":"{instrument.price_text(intent.stop_price)}",'
    # Words of an enumeration are added, not formatted: formatting asks each for its text, which costs the most.
    return (
        f'"order_id":{intent.order_id},"client_order_id":{quoted(intent.client_order_id)},'
        f'{_names(intent.strategy, instrument.symbol)},"side":"'
        + intent.side
        + '","order_type":"'
        + intent.order_type
        + '","time_in_force":"'
        + intent.time_in_force
        + f'","quantity":"{instrument.quantity_text(intent.quantity)}",'
        f'{limit}{stop}"decision_price":"{instrument.price_text(intent.decision_price)}"'
    )


def answer_fields(event: BrokerEvent) -> str:
    """Return a broker's answer other than a fill."""
    reason = getattr(event, "reason", None)
    if reason is None:
        return f'"order_id":{event.order_id}'
    return f'"order_id":{event.order_id},"reason":{quoted(reason)}'


def fill_fields(trade_id: int, order_id: int, texts: FillTexts) -> str:
    """Return a fill, already booked."""
    return (
        f'"trade_id":{trade_id},"order_id":{order_id},"timestamp":"{texts.timestamp}","quantity":"{texts.quantity}",'
        f'"price":"{texts.price}","liquidity":"{texts.liquidity}","value":"{texts.value}","fee":"{texts.fee}",'
        f'"realized_pnl":"{texts.realized}"'
    )
