"""An exchange that CCXT knows: asked through the read-only transport, and its orders shown without a connection."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from logos.brokers.asking_again import ask_again
from logos.brokers.ccxt_binance import Binance
from logos.brokers.ccxt_coinbase import Coinbase
from logos.brokers.ccxt_config import CcxtConfig
from logos.brokers.ccxt_dialect import Ask, Dialect, Raw, VenueOrder
from logos.brokers.ccxt_kraken import Kraken
from logos.brokers.errors import CredentialsError, UnknownMarketError, readable
from logos.brokers.venue import Preview, own_record
from logos.context.network import refuse_network
from logos.context.parts import PartContext
from logos.domain.orders import OrderIntent
from logos.domain.times import parse_duration
from logos.session.outside import OutsideOrder, OutsidePosition, Survey

if TYPE_CHECKING:
    from logos.brokers.ccxt_exchange import ReadingExchange
    from logos.brokers.ccxt_preview import Previewer

DIALECTS: Mapping[str, Dialect] = MappingProxyType({"binance": Binance(), "coinbase": Coinbase(), "kraken": Kraken()})


class CcxtDesk:
    """One exchange; fills ``logos.brokers.venue.VenueDesk``. CCXT is imported at the first use.

    Parameters
    ----------
    markets:
        CCXT's name of the market of each symbol: ``{"BTC-USD": "BTC/USDT"}``.
    """

    def __init__(self, config: CcxtConfig, context: PartContext, markets: Mapping[str, str]) -> None:
        self._config = config
        self._context = context
        self._names = dict(markets)
        self._dialect = DIALECTS[config.exchange]
        self._exchange: ReadingExchange | None = None
        self._previewer: Previewer | None = None
        self._markets: Mapping[str, Raw] = {} if context.venue_record is None else self._record()["markets"]

    @property
    def name(self) -> str:
        """``ccxt:`` and the exchange's id."""
        return self._config.venue

    def survey(self) -> Survey:
        """Connect, check everything, and return what was found."""
        from logos.brokers.ccxt_survey import Surveyor  # noqa: PLC0415 - loads CCXT

        surveyor = Surveyor(
            name=self.name,
            dialect=self._dialect,
            exchange=self._connected(),
            ask=self._ask(),
            lacking=self._lacking(),
            names=self._names,
            context=self._context,
        )
        survey = surveyor.survey()
        self._markets = survey.record["markets"]
        return survey

    def preview(self, intent: OrderIntent, position: int) -> Preview:  # noqa: ARG002 -- as every desk
        """Return the request that CCXT would send for an order, and what the exchange would say to it.

        Whether more is sold than is held is not judged: the exchange looks at a balance that is not the session's.
        """
        if self._previewer is None:
            from logos.brokers.ccxt_preview import Previewer  # noqa: PLC0415 - loads CCXT

            self._previewer = Previewer(
                exchange=self._config.exchange,
                dialect=self._dialect,
                base_url=self._config.base_url,
                record=self._record(),
                log=self._context.log,
            )
        return self._previewer.preview(intent)

    def find(self, intent: OrderIntent) -> OutsideOrder | None:
        """Look for an order by its client order id, in the form that the exchange has of it."""
        name = self._dialect.name_of(intent.client_order_id)
        symbol = intent.instrument.symbol
        market = self._known(symbol)["id"]
        ask = self._keyed()
        with readable(self.name):
            found = self._dialect.find(ask, str(market), name, intent.created_at)
        if found is None:
            return None
        return self._outside(found, client_order_id=intent.client_order_id)

    def name_outside(self, client_order_id: str) -> str:
        """Return the name in the form that the exchange has of it."""
        return self._dialect.name_of(client_order_id)

    def open_orders(self) -> tuple[OutsideOrder, ...]:
        """Return all open orders of the account."""
        ask = self._keyed()
        with readable(self.name):
            found = self._dialect.open_orders(ask)
        return tuple(map(self._outside, found))

    def positions(self) -> tuple[OutsidePosition, ...]:
        """Return the account's balances but for its own currency, each under the one symbol that trades it."""
        ask = self._keyed()
        with readable(self.name):
            held = self._dialect.balances(ask)
        symbols: dict[str, list[str]] = {}
        for symbol in sorted(self._markets):
            symbols.setdefault(str(self._markets[symbol]["base"]), []).append(symbol)
        found = [
            OutsidePosition(
                place=self.name,
                symbol=symbols[currency][0] if len(symbols.get(currency, ())) == 1 else currency,
                quantity=quantity,
            )
            for currency, quantity in held.items()
            if quantity and currency != self._context.account.currency
        ]
        return tuple(sorted(found, key=lambda each: each.symbol))

    def close(self) -> None:
        """Let go of the connections."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.close()

    # -- asking ----------------------------------------------------------------------------------------------------

    def _connected(self) -> ReadingExchange:
        if self._exchange is None:
            refuse_network(self._context, self._config.base_url, what="the broker ccxt")
            from logos.brokers.ccxt_exchange import ReadingExchange  # noqa: PLC0415 - loads CCXT

            self._exchange = ReadingExchange(
                self._config.exchange,
                self._dialect,
                base_url=self._config.base_url,
                credentials={} if self._lacking() else self._credentials(),
                timeout=parse_duration(self._config.timeout),
                clock=self._context.clock,
            )
        return self._exchange

    def _ask(self) -> Ask:
        exchange = self._connected()
        return lambda name, params=None: ask_again(lambda: exchange.ask(name, params), self._context.clock)

    def _keyed(self) -> Ask:
        self._credentials()
        return self._ask()

    def _credentials(self) -> Mapping[str, str]:
        key, secret = self._config.reveal_credentials(self._context.secrets)
        return {"apiKey": key, "secret": secret}

    def _lacking(self) -> CredentialsError | None:
        """Return why there is no key to ask with; what is public can be asked all the same."""
        try:
            self._credentials()
        except CredentialsError as error:
            return error
        return None

    def _record(self) -> Mapping[str, Any]:
        return own_record(self._context, plugin="ccxt", exchange=self._config.exchange)

    def _known(self, symbol: str) -> Raw:
        if not self._markets:
            found = ask_again(self._connected().markets, self._context.clock)
            self._markets = {each: found[name] for each, name in self._names.items() if name in found}
        if symbol not in self._markets:
            raise UnknownMarketError(self.name, f"{symbol} is not among its markets", hint="See venue_symbols")
        return self._markets[symbol]

    def _outside(self, order: VenueOrder, client_order_id: str = "") -> OutsideOrder:
        symbols = [symbol for symbol, market in sorted(self._markets.items()) if order.market in _ids(market)]
        return OutsideOrder(
            place=self.name,
            client_order_id=client_order_id or order.client_order_id,
            venue_order_id=order.venue_order_id,
            symbol=symbols[0] if symbols else order.market,
            side=order.side,
            quantity=order.quantity,
            filled=order.filled,
            status=order.status,
        )


def _ids(market: Raw) -> tuple[str, ...]:
    """Return what the exchange calls a market: Kraken writes its ``altname`` into orders."""
    return str(market["id"]), str(market["info"].get("altname", market["id"]))
