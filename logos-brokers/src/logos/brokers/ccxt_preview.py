"""An order as the request that CCXT would send for it, and as the exchange would answer it. Without a connection."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import ccxt

from logos.brokers.ccxt_dialect import Dialect, Draft, Raw, exact, plain
from logos.brokers.ccxt_exchange import VERSION, shown_exchange
from logos.brokers.transport import captured
from logos.brokers.venue import WOULD_ACCEPT, Preview
from logos.context.parts import Log
from logos.domain.errors import InputError
from logos.domain.orders import OrderIntent


class Previewer:
    """Shows orders of one exchange by the record of a survey.

    Parameters
    ----------
    record:
        What the survey wrote down of the markets.
    """

    def __init__(self, *, exchange: str, dialect: Dialect, base_url: str, record: Mapping[str, Any], log: Log) -> None:
        self._dialect = dialect
        self._markets: Mapping[str, Raw] = record["markets"]
        self._exchange = shown_exchange(exchange, dialect, base_url, self._markets)
        if record["ccxt"] != VERSION:
            log.warning("ccxt_version_changed", recorded=record["ccxt"], installed=VERSION)

    def preview(self, intent: OrderIntent) -> Preview:
        """Return the request and the outcome; the same for the same intent, whatever the time and the key."""
        symbol = intent.instrument.symbol
        market = self._markets.get(symbol)
        if market is None:
            raise InputError(
                f"{symbol} is not among the markets of the record", hint="Start a new session with this symbol in it"
            )
        draft, notes = self._drafted(intent, market["symbol"])
        refusals = self._dialect.refusals(market, draft)
        return Preview(self._request(intent, market["symbol"], draft), _outcome(refusals, notes))

    def _drafted(self, intent: OrderIntent, market: str) -> tuple[Draft, list[str]]:
        """Return the order in the exchange's steps, and what had to be changed for them."""
        instrument = intent.instrument
        notes: list[str] = []

        def stepped(what: str, text: str, step: Any) -> Decimal:
            try:
                sent = exact(step(market, text))
            except ccxt.InvalidOrder:  # less than one step: the refusals tell
                return exact(text)
            if sent != exact(text):
                notes.append(f"{what} {plain(sent)} for {plain(exact(text))}")
            return sent

        def price(what: str, ticks: int | None) -> Decimal | None:
            if ticks is None:
                return None
            return stepped(what, instrument.price_text(ticks), self._exchange.price_to_precision)

        quantity = instrument.quantity_text(intent.quantity)
        draft = Draft(
            order_type=intent.order_type,
            time_in_force=intent.time_in_force,
            side=intent.side,
            quantity=stepped("quantity", quantity, self._exchange.amount_to_precision),
            limit=price("limit price", intent.limit_price),
            stop=price("stop price", intent.stop_price),
            market_price=exact(instrument.price_text(intent.decision_price)),
        )
        return draft, notes

    def _request(self, intent: OrderIntent, market: str, draft: Draft) -> Mapping[str, Any]:
        milliseconds = intent.created_at * 1_000
        exchange = self._exchange
        exchange.milliseconds = lambda: milliseconds
        exchange.seconds = lambda: intent.created_at
        exchange.incrementing_nonce = lambda: milliseconds
        call = self._dialect.order_call(draft, self._dialect.name_of(intent.client_order_id))
        if call is None:
            return {"unsent": f"the exchange has no {draft.order_type} order for {draft.time_in_force}"}
        try:
            return captured(
                lambda: exchange.create_order(
                    market, call.order_type, str(intent.side), plain(draft.quantity), call.price, call.params
                )
            )
        except ccxt.BaseError as error:
            return {"unsent": f"refused by CCXT: {error}"}


def _outcome(refusals: list[str], notes: list[str]) -> str:
    if refusals:
        return "; ".join(refusals)
    return f"{WOULD_ACCEPT}: {', '.join(notes)}" if notes else WOULD_ACCEPT
