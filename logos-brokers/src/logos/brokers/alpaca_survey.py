"""Everything that is looked at when a dry-run connects to Alpaca."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from logos.brokers.alpaca_account import account_checks, may_short
from logos.brokers.alpaca_config import AlpacaConfig
from logos.brokers.alpaca_library import VERSION
from logos.brokers.alpaca_reader import AlpacaReader
from logos.brokers.alpaca_rules import (
    CRYPTO,
    MAKER_BPS_OF_COINS,
    PENNY,
    SHARE_FRACTION,
    SHARES,
    SUB_PENNY,
    TAKER_BPS_OF_COINS,
    Asset,
)
from logos.brokers.errors import CredentialsError, NotPermittedError, UnknownMarketError, VenueError
from logos.context.parts import PartContext
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.times import time_text
from logos.session.outside import HealthCheck, MarketTerms, Survey, Verdict

NOTABLE_SKEW = 5.0
"""From how many seconds on a difference between the clocks is told as a warning. Alpaca refuses nothing for it, but
bars and the ends of days are then a different time here and there."""

_KINDS = {AssetClass.CRYPTO: CRYPTO, AssetClass.EQUITY: SHARES}


class Surveyor:
    """Looks at everything once.

    Parameters
    ----------
    venue:
        The broker and the venue.
    config, context:
        The broker's section, and its surroundings.
    markets:
        Alpaca's name of each symbol.
    reader:
        Returns the reader; raises where there are no credentials.
    """

    def __init__(
        self,
        venue: str,
        config: AlpacaConfig,
        context: PartContext,
        markets: Mapping[str, str],
        reader: Callable[[], AlpacaReader],
    ) -> None:
        self._venue = venue
        self._config = config
        self._context = context
        self._markets = markets
        self._reader = reader
        self._checks: list[HealthCheck] = []
        self._assets: dict[str, Asset] = {}
        self._shorting = False

    def survey(self) -> Survey:
        """Return what was found. What needs the key is not looked at where the key is no good."""
        reader = self._with_key()
        if reader is not None and self._reached(reader) and self._knows_account(reader):
            self._look_at_markets(reader)
            self._checks += self._fees()
        return Survey(
            venue=self._venue,
            checks=tuple(self._checks),
            terms={symbol: self._terms(symbol, asset) for symbol, asset in sorted(self._assets.items())},
            record={
                "plugin": "alpaca",
                "alpaca_py": VERSION,
                "shorting": self._shorting,
                "assets": {symbol: asset.state() for symbol, asset in sorted(self._assets.items())},
            },
        )

    def _found(self, name: str, verdict: Verdict, text: str, hint: str = "") -> None:
        self._checks.append(HealthCheck(name=name, verdict=verdict, text=text, hint=hint))

    def _failed(self, name: str, error: VenueError) -> None:
        self._found(name, Verdict.FAILED, error.told, error.hint)

    def _with_key(self) -> AlpacaReader | None:
        try:
            return self._reader()
        except CredentialsError as error:
            self._failed("key", error)
            return None

    def _reached(self, reader: AlpacaReader) -> bool:
        """Ask for the time. Alpaca tells it to nobody without a key, so that this proves the key as well."""
        before = self._context.clock.now()
        try:
            told = reader.clock()
        except (CredentialsError, NotPermittedError) as error:
            self._found("reachable", Verdict.OK, f"{self._config.address} answers")
            self._failed("key", error)
            return False
        except VenueError as error:
            self._failed("reachable", error)
            return False
        after = self._context.clock.now()
        self._found("reachable", Verdict.OK, f"{self._config.address} answers")
        self._found("key", Verdict.OK, f"{self._config.credentials[0]} is accepted")
        self._clock(told, (before + after) / 2)
        return True

    def _clock(self, told: Mapping[str, Any], now: float) -> None:
        theirs = _moment(told.get("timestamp"))
        if theirs is None:
            self._found("clock", Verdict.WARNING, f"Alpaca's time cannot be read: {told.get('timestamp')!r}")
        else:
            self._skew(theirs - now)
        if SHARES in map(self._kind, self._markets):
            self._hours(told)

    def _skew(self, skew: float) -> None:
        if abs(skew) < NOTABLE_SKEW:
            self._found("clock", Verdict.OK, f"the clocks agree to {NOTABLE_SKEW:g} s")
            return
        way = "behind" if skew > 0 else "ahead of"
        self._found(
            "clock",
            Verdict.WARNING,
            f"this machine's clock is {abs(skew):.0f} s {way} Alpaca's",
            "Set it by a time server: timedatectl set-ntp true",
        )

    def _hours(self, told: Mapping[str, Any]) -> None:
        opens, closes = _moment(told.get("next_open")), _moment(told.get("next_close"))
        if not isinstance(told.get("is_open"), bool):
            self._found("market hours", Verdict.WARNING, "Alpaca does not tell whether the market for shares is open")
        elif told["is_open"]:
            until = f" until {time_text(int(closes))}" if closes else ""
            self._found("market hours", Verdict.OK, f"the market for shares is open{until}")
        else:
            again = f", and opens {time_text(int(opens))}" if opens else ""
            self._found("market hours", Verdict.OK, f"the market for shares is closed{again}: orders wait until then")

    def _knows_account(self, reader: AlpacaReader) -> bool:
        try:
            account = reader.account()
        except VenueError as error:
            self._failed("account", error)
            return False
        self._shorting = may_short(account)
        kinds = {self._kind(symbol) for symbol in self._markets}
        self._checks += account_checks(account, self._context.account, coins=CRYPTO in kinds, shares=SHARES in kinds)
        self._found(
            "permissions",
            Verdict.OK,
            "Alpaca has no keys that only read: this one may trade on the paper account. Logos sends reads alone",
        )
        return True

    def _kind(self, symbol: str) -> str | None:
        return _KINDS.get(self._context.instruments[symbol].asset_class)

    # -- markets ---------------------------------------------------------------------------------------------------

    def _look_at_markets(self, reader: AlpacaReader) -> None:
        try:
            coins = {}
            if CRYPTO in map(self._kind, self._markets):
                coins = {str(asset.get("symbol")): asset for asset in reader.assets(CRYPTO)}
            for symbol, market in sorted(self._markets.items()):
                self._look_at(reader, symbol, market, coins)
        except VenueError as error:
            self._failed("markets", error)

    def _look_at(self, reader: AlpacaReader, symbol: str, market: str, coins: Mapping[str, Mapping[str, Any]]) -> None:
        kind = self._kind(symbol)
        if kind is None:
            asset_class = self._context.instruments[symbol].asset_class
            self._found("markets", Verdict.FAILED, f"{symbol}: Alpaca trades no {asset_class}", "Leave it out")
            return
        found = coins.get(market) if kind == CRYPTO else _share(reader, market)
        if found is None:
            names = list(coins) if kind == CRYPTO else [str(asset.get("symbol")) for asset in reader.assets(kind)]
            near = difflib.get_close_matches(market.upper(), names, n=3)
            hint = f"Did you mean {' or '.join(near)}? " if near else ""
            self._found(
                "markets",
                Verdict.FAILED,
                f"{symbol}: Alpaca knows no {'pair of coins' if kind == CRYPTO else 'share'} {market}",
                f"{hint}Write Alpaca's own name of it below venue_symbols",
            )
            return
        self._judge(symbol, _asset(market, kind, found))

    def _judge(self, symbol: str, asset: Asset) -> None:
        if not (asset.active and asset.tradable):
            state = "inactive" if not asset.active else "not tradable"
            self._found("markets", Verdict.FAILED, f"{symbol}: {asset.symbol} is {state} at Alpaca", "Leave it out")
            return
        self._assets[symbol] = asset
        words = ["trades"]
        if asset.kind == SHARES:
            words.append("in fractions too" if asset.fractionable else "in whole shares alone")
            words.append("can be sold short" if asset.shortable else "cannot be sold short")
        self._found("markets", Verdict.OK, f"{symbol}: {asset.symbol} {', '.join(words)}")

    def _terms(self, symbol: str, asset: Asset) -> MarketTerms:
        coins = asset.kind == CRYPTO
        instrument = self._context.instruments[symbol]
        return MarketTerms(
            symbol=symbol,
            market=asset.symbol,
            tick=asset.tick if coins else _tick_of_share(instrument),
            lot=asset.lot if coins else _lot_of_share(instrument, asset),
            min_notional=asset.least_value,
            currency=asset.quote,
            maker_bps=MAKER_BPS_OF_COINS if coins else Decimal(0),
            taker_bps=TAKER_BPS_OF_COINS if coins else Decimal(0),
        )

    def _fees(self) -> Iterator[HealthCheck]:
        kinds = {asset.kind for asset in self._assets.values()}
        if SHARES in kinds:
            yield HealthCheck(name="fees", verdict=Verdict.OK, text="shares: no commission")
        if CRYPTO in kinds:
            yield HealthCheck(
                name="fees",
                verdict=Verdict.OK,
                text=(
                    f"coins: maker {MAKER_BPS_OF_COINS} and taker {TAKER_BPS_OF_COINS} basis points, the first tier of "
                    "the price list; Alpaca does not tell the account's own"
                ),
                hint="Write fees where the account is in another tier",
            )


def _tick_of_share(instrument: Instrument) -> Decimal:
    """Return a cent; a hundredth of it where the config writes a finer tick, as for a share below 1 USD."""
    return PENNY if instrument.tick >= PENNY else SUB_PENNY


def _lot_of_share(instrument: Instrument, asset: Asset) -> Decimal:
    """Return one share: whole ones go with every kind of order. Fractions only where the config writes such a lot."""
    fractions = asset.fractionable and instrument.lot % 1 != 0
    return SHARE_FRACTION if fractions else Decimal(1)


def _share(reader: AlpacaReader, name: str) -> dict[str, Any] | None:
    try:
        return reader.asset(name)
    except UnknownMarketError:
        return None


def _asset(market: str, kind: str, told: Mapping[str, Any]) -> Asset:
    return Asset(
        symbol=market,
        kind=kind,
        exchange=str(told.get("exchange") or ""),
        active=told.get("status") == "active",
        tradable=told.get("tradable") is True,
        fractionable=told.get("fractionable") is True,
        shortable=told.get("shortable") is True,
        easy_to_borrow=told.get("easy_to_borrow") is True,
        least_quantity=_step(told.get("min_order_size")),
        lot=_step(told.get("min_trade_increment")),
        tick=_step(told.get("price_increment")),
    )


def _step(value: object) -> Decimal | None:
    """Read a step; ``None`` where there is none that prices or quantities could stand on."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number > 0 else None


def _moment(text: object) -> float | None:
    """Read a time as Alpaca writes it, with nine decimals and an offset; seconds since the epoch."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None
