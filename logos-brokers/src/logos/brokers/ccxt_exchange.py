"""CCXT's exchanges, built to ask through the read-only transport or to send nothing at all. Imports CCXT."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import ccxt

from logos.brokers.ccxt_dialect import Dialect, Raw
from logos.brokers.ccxt_errors import error_of, page_or_noise
from logos.brokers.ccxt_reads import READS
from logos.brokers.errors import SHAPE_ERRORS, CredentialsError, VenueError, shapeless
from logos.brokers.transport import ReadOnlyTransport, closed_transport, read_only_session
from logos.context.clock import Clock
from logos.domain.addresses import is_loopback

VERSION = str(ccxt.__version__)

_SILENT = logging.getLogger("logos.ccxt.silent")
_SILENT.disabled = True
"""In the place of CCXT's own log, which writes keys and signatures at its debug level."""

_CLIENT_ERROR = 400


class ReadingExchange:
    """An exchange that can be asked, and nothing else.

    Parameters
    ----------
    exchange:
        Its id in CCXT.
    base_url:
        Where it is asked instead of its own address; empty for its own.
    credentials:
        ``apiKey`` and ``secret``; empty to ask only what needs no key.
    timeout:
        In seconds.
    """

    def __init__(
        self,
        exchange: str,
        dialect: Dialect,
        *,
        base_url: str,
        credentials: Mapping[str, str],
        timeout: float,
        clock: Clock,
    ) -> None:
        self._venue = f"ccxt:{exchange}"
        self._dialect = dialect
        self._credentials = credentials
        self._skew: float | None = None
        self._transport = ReadOnlyTransport(
            self._venue,
            bases=(base_url or READS[exchange].base,),
            reads=READS[exchange].reads,
            timeout=timeout,
            monotonic=clock.monotonic,
        )
        # CCXT waits between requests as the exchange wants it; a server on this machine wants nothing.
        waits = {"enableRateLimit": not is_loopback(base_url)}
        self._exchange = _built(exchange, base_url, self._transport, {**credentials, **waits})
        self._exchange.parse_json = self._parse

    def ask(self, name: str, params: Mapping[str, Any] | None = None) -> Any:
        """Call an endpoint by CCXT's name for it, once.

        Raises
        ------
        VenueError
            Where the exchange does not give what was asked for.
        """
        return self._asking(lambda: getattr(self._exchange, name)(dict(params or {})))

    def markets(self) -> Mapping[str, Raw]:
        """Return CCXT's structures of all markets, asked without the key: the list is public.

        Raises
        ------
        VenueError
            Where there is no list.
        """
        exchange = self._exchange
        held = {name: getattr(exchange, name) for name in self._credentials}
        try:
            for name in held:
                setattr(exchange, name, "")
            found: Mapping[str, Raw] = self._asking(lambda: exchange.load_markets(reload=True))
        finally:
            for name, value in held.items():
                setattr(exchange, name, value)
        return found

    def note_skew(self, seconds: float) -> None:
        """Keep by how much the exchange's clock is ahead of this machine's: a refusal for the time tells it."""
        self._skew = seconds

    def close(self) -> None:
        """Let go of the connections."""
        self._exchange.session.close()

    def _asking(self, call: Any) -> Any:
        self._transport.last = None
        try:
            return call()
        except VenueError:
            raise
        except SHAPE_ERRORS as error:
            stumbled = self._transport.last is None and bool(self._credentials)
            meant: VenueError = self._cannot_sign() if stumbled else shapeless(self._venue, error)
        except ccxt.BaseError as error:
            answer = self._transport.last
            told = self._dialect.code_of(_json_of(answer.text)) if answer is not None else ("", "")
            secrets = tuple(self._credentials.values())
            meant = error_of(self._venue, error, answer, told, skew=self._skew, secrets=secrets)
        # Raised out here, so that nothing of CCXT's own error is kept in the chain: it holds the signed address.
        raise meant

    def _cannot_sign(self) -> CredentialsError:
        return CredentialsError(
            self._venue,
            "CCXT cannot sign with this key and secret: they have not the form of this exchange's",
            hint="See that the variables hold the key and the secret whole, as the exchange gave them out",
        )

    def _parse(self, body: str) -> Any:
        """Read JSON, and call what is none by its name: CCXT would go on with the text."""
        found = _json_of(body)
        if isinstance(found, dict | list):
            return found
        answer = self._transport.last
        if answer is not None and answer.status_code >= _CLIENT_ERROR:
            return None
        raise page_or_noise(self._venue, body)


def shown_exchange(exchange: str, dialect: Dialect, base_url: str, markets: Mapping[str, Raw]) -> Any:
    """Return CCXT's exchange with known markets, a sample key and no way out: whatever it sends is cut off."""
    transport = closed_transport(f"ccxt:{exchange}")
    built = _built(exchange, base_url, transport, {**dialect.sample_credentials, "enableRateLimit": False})
    built.set_markets(json.loads(json.dumps(list(markets.values()))))
    built.number = str  # only now: markets are computed with numbers, and an order's stay the texts that they are
    return built


def _built(exchange: str, base_url: str, transport: ReadOnlyTransport, options: Mapping[str, Any]) -> Any:
    built = getattr(ccxt, exchange)({**options})
    built.session.close()
    built.session = read_only_session(transport)
    built.logger = _SILENT
    # Only the spot markets: the list of currencies takes a key at some, and contracts are further lists.
    built.has["fetchCurrencies"] = False
    if isinstance(built.options.get("fetchMarkets"), dict):
        built.options["fetchMarkets"] = {**built.options["fetchMarkets"], "types": ["spot"]}
    built.options["fetchMargins"] = False
    if base_url:
        built.urls["api"] = _redirected(built.urls["api"], base_url.rstrip("/"))
    return built


def _redirected(addresses: Any, base_url: str) -> Any:
    """Return addresses of an exchange with another scheme and host; paths stay."""
    if isinstance(addresses, dict):
        return {name: _redirected(address, base_url) for name, address in addresses.items()}
    return base_url + urlsplit(addresses).path if isinstance(addresses, str) and "://" in addresses else addresses


def _json_of(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
