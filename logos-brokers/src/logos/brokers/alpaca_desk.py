"""Alpaca as the dry-run broker asks it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from logos.brokers.alpaca_config import NAME, AlpacaConfig
from logos.brokers.alpaca_rules import asset_of_state
from logos.brokers.errors import UnclassifiedVenueError, readable
from logos.brokers.venue import Preview, own_record
from logos.context.network import refuse_network
from logos.context.parts import PartContext
from logos.context.venue_symbols import markets_of
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.orders import OrderIntent, OrderStatus, Side
from logos.session.outside import OutsideOrder, OutsidePosition, Survey

if TYPE_CHECKING:
    from logos.brokers.alpaca_preview import AlpacaPreviewer
    from logos.brokers.alpaca_reader import AlpacaReader


_OPEN = OrderStatus.ACCEPTED
STATUSES: Mapping[str, OrderStatus] = {
    "new": _OPEN,
    "accepted": _OPEN,
    "pending_new": OrderStatus.NEW,
    "accepted_for_bidding": _OPEN,
    "pending_review": OrderStatus.NEW,
    "held": _OPEN,
    "pending_cancel": _OPEN,
    "pending_replace": _OPEN,
    "stopped": _OPEN,
    "suspended": _OPEN,
    "done_for_day": _OPEN,
    "calculated": _OPEN,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "replaced": OrderStatus.CANCELLED,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
}
"""Alpaca's words. Whatever can still be filled is open, and partly filled where something of it is. Another order
stands in the place of one that was replaced."""


def alpaca_name(instrument: Instrument) -> str:
    """Return what Alpaca most likely calls an instrument: ``BTC/USD`` for the coins ``BTC-USD``."""
    symbol = instrument.symbol
    return symbol.replace("-", "/", 1) if instrument.asset_class is AssetClass.CRYPTO else symbol.replace("-", ".")


class AlpacaDesk:
    """Fills ``logos.brokers.venue.VenueDesk``. alpaca-py is loaded at the first use.

    Parameters
    ----------
    config:
        The broker's section.
    context:
        Its surroundings; with a record of a survey, orders can be shown.
    """

    def __init__(self, config: AlpacaConfig, context: PartContext) -> None:
        self._config = config
        self._context = context
        self._markets = markets_of(config.venue_symbols, context, alpaca_name)
        self._reader: AlpacaReader | None = None
        self._previewer: AlpacaPreviewer | None = None

    @property
    def name(self) -> str:
        """``alpaca:paper``."""
        return NAME

    def survey(self) -> Survey:
        """Connect, check everything, and return what was found."""
        from logos.brokers.alpaca_survey import Surveyor  # noqa: PLC0415 - a heavy library, only where it is asked

        return Surveyor(NAME, self._config, self._context, self._markets, self.reader).survey()

    def preview(self, intent: OrderIntent, position: int) -> Preview:
        """Return what Alpaca would be sent for an order, from the record alone."""
        if self._previewer is None:
            self._previewer = self._open_previewer()
        return self._previewer.preview(intent, position)

    def find(self, intent: OrderIntent) -> OutsideOrder | None:
        """Look for an order by its client order id."""
        found = self.reader().order(intent.client_order_id)
        return None if found is None else self._outside(found)

    def name_outside(self, client_order_id: str) -> str:
        """Return the name as it is: Alpaca takes it."""
        return client_order_id

    def open_orders(self) -> tuple[OutsideOrder, ...]:
        """Return all open orders of the account."""
        with readable(NAME):
            return tuple(map(self._outside, self.reader().open_orders()))

    def positions(self) -> tuple[OutsidePosition, ...]:
        """Return what the account holds, cash aside."""
        found = self.reader().positions()
        with readable(NAME):
            return tuple(OutsidePosition(place=NAME, symbol=self._symbol(held), quantity=_held(held)) for held in found)

    def close(self) -> None:
        """Let go of the connection."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def reader(self) -> AlpacaReader:
        """Return the reader, with the credentials in it.

        Raises
        ------
        CredentialsError
            Where the credentials are not set, or cannot be meant.
        """
        from logos.brokers.alpaca_reader import AlpacaReader  # noqa: PLC0415 - a heavy library, only where it is asked

        if self._reader is None:
            key, secret = self._config.reveal_credentials(self._context.secrets)
            refuse_network(self._context, self._config.base_url, what="the broker alpaca")
            self._reader = AlpacaReader(
                NAME,
                address=self._config.address,
                timeout=self._config.timeout,
                key=key,
                secret=secret,
                clock=self._context.clock,
            )
        return self._reader

    def _open_previewer(self) -> AlpacaPreviewer:
        from logos.brokers.alpaca_library import VERSION  # noqa: PLC0415 - a heavy library, only where it is used
        from logos.brokers.alpaca_preview import AlpacaPreviewer  # noqa: PLC0415 - as above

        record = own_record(self._context, plugin="alpaca")
        if record["alpaca_py"] != VERSION:
            self._context.log.warning("alpaca_py_version_changed", recorded=record["alpaca_py"], installed=VERSION)
        assets = {symbol: asset_of_state(state) for symbol, state in sorted(record["assets"].items())}
        return AlpacaPreviewer(NAME, address=self._config.address, assets=assets, shorting=bool(record["shorting"]))

    def _outside(self, order: Mapping[str, Any]) -> OutsideOrder:
        with readable(NAME):
            filled = _decimal(order, "filled_qty")
            return OutsideOrder(
                place=NAME,
                client_order_id=str(order["client_order_id"] or ""),
                venue_order_id=str(order["id"]),
                symbol=self._symbol(order),
                side=_side(order),
                quantity=filled if order["qty"] is None else _decimal(order, "qty"),  # an order by value has none
                filled=filled,
                status=_status(order, filled),
            )

    def _symbol(self, named: Mapping[str, Any]) -> str:
        """Return a symbol of the session, or Alpaca's own. A position in coins has no stroke: ``BTCUSD``."""
        theirs = str(named["symbol"] or "")
        for symbol, market in self._markets.items():
            if theirs in (market, market.replace("/", "")):
                return symbol
        return theirs


def _status(order: Mapping[str, Any], filled: Decimal) -> OrderStatus:
    status = STATUSES.get(str(order["status"]), OrderStatus.UNKNOWN)
    if status not in (_OPEN, OrderStatus.NEW):
        return status
    if order.get("status") == "calculated" and filled == _decimal(order, "qty"):
        return OrderStatus.FILLED
    return OrderStatus.PARTIALLY_FILLED if filled else status


def _side(order: Mapping[str, Any]) -> Side:
    """Return which way an order trades; one of several legs says it in its intent, if at all."""
    word = str(order.get("side") or order.get("position_intent") or "")
    if word.startswith("buy"):
        return Side.BUY
    if word.startswith("sell"):
        return Side.SELL
    raise UnclassifiedVenueError(
        NAME,
        f"order {order.get('client_order_id')} says neither buy nor sell, as one of several legs does not",
        hint="End it in Alpaca's dashboard: Logos cannot tell what it trades",
    )


def _held(position: Mapping[str, Any]) -> Decimal:
    """Return how much a position holds; Alpaca writes short ones with a sign, and some of its libraries without."""
    quantity = _decimal(position, "qty")
    return -abs(quantity) if position.get("side") == "short" else quantity


def _decimal(values: Mapping[str, Any], name: str) -> Decimal:
    value = values[name]
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UnclassifiedVenueError(NAME, f"{name} of {values.get('symbol')} is {value!r}, and must be a number")
    return number
