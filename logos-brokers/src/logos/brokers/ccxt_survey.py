"""Looks at an exchange before a session: can it be asked, may the key, are the clocks and the markets right."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from decimal import Decimal

from logos.brokers.asking_again import ask_again
from logos.brokers.ccxt_dialect import Account, Ask, Dialect, Draft, Fees, Raw, basis_points, plain
from logos.brokers.ccxt_exchange import VERSION, ReadingExchange
from logos.brokers.errors import CredentialsError, VenueError, readable
from logos.context.parts import PartContext
from logos.domain.orders import OrderType, Side, TimeInForce
from logos.session.outside import HealthCheck, MarketTerms, Survey, Verdict

SMALL_SKEW = 2.0
"""Clocks that far apart are nothing to speak of: this one is read in whole seconds, and an answer takes time."""

_NEAREST = 3
_ANY_DRAFTS = tuple(
    Draft(
        order_type=order_type,
        time_in_force=TimeInForce.GTC,
        side=Side.BUY,
        quantity=Decimal(1),
        limit=Decimal(1) if order_type.has_limit else None,
        stop=None,
        market_price=Decimal(1),
    )
    for order_type in (OrderType.MARKET, OrderType.LIMIT)
)
"""Orders of which an exchange is not asked: what stands against them shows whether its rules can be read."""


class Surveyor:
    """Makes one survey.

    Parameters
    ----------
    ask:
        Asks the exchange, and again where that may help.
    lacking:
        Why there is no key to ask with; ``None`` where there is one.
    names:
        CCXT's name of the market of each symbol.
    """

    def __init__(
        self,
        *,
        name: str,
        dialect: Dialect,
        exchange: ReadingExchange,
        ask: Ask,
        lacking: CredentialsError | None,
        names: Mapping[str, str],
        context: PartContext,
    ) -> None:
        self._name = name
        self._dialect = dialect
        self._exchange = exchange
        self._ask = ask
        self._lacking = lacking
        self._names = names
        self._context = context
        self._checks: list[HealthCheck] = []

    def survey(self) -> Survey:
        """Look at everything that can be looked at."""
        markets: dict[str, Raw] = {}
        fees: dict[str, Fees] = {}
        if self._reached():
            markets = self._found_markets()
            account = self._account()
            if account is not None:
                self._looked("permissions", lambda: self._dialect.permissions(self._ask), Verdict.WARNING)
                fees = self._fees(account, markets)
            else:
                fees = _listed(markets)
        record = {"plugin": "ccxt", "exchange": self._name.partition(":")[2], "ccxt": VERSION, "markets": markets}
        return Survey(
            venue=self._name,
            checks=tuple(self._checks),
            terms={symbol: self._terms(symbol, market, fees.get(symbol)) for symbol, market in sorted(markets.items())},
            record=json.loads(json.dumps(record)),
        )

    # -- one by one ------------------------------------------------------------------------------------------------

    def _reached(self) -> bool:
        try:
            with readable(self._name):
                there = self._dialect.time(self._ask)
        except VenueError as error:
            self._failed("reachable", error)
            return False
        here = self._context.clock.now()
        skew = round(there - here, 3)
        self._exchange.note_skew(skew)
        self._say("reachable", Verdict.OK, f"{self._name} answers, by CCXT {VERSION}")
        apart = f"{abs(skew):g} s {'ahead of' if skew > 0 else 'behind'} this machine's"
        if abs(skew) <= SMALL_SKEW:
            self._say("clock", Verdict.OK, "the clocks agree" if skew == 0 else f"the exchange's clock is {apart}")
        else:
            verdict = Verdict.WARNING if abs(skew) <= self._dialect.most_skew else Verdict.FAILED
            text = f"the exchange's clock is {apart}; it refuses orders beyond {self._dialect.most_skew:g} s"
            self._say("clock", verdict, text, "Set this machine's clock: let it be kept by NTP")
        return True

    def _found_markets(self) -> dict[str, Raw]:
        try:
            listed = ask_again(self._exchange.markets, self._context.clock)
        except VenueError as error:
            self._failed("markets", error)
            return {}
        trading = {name: market for name, market in listed.items() if market.get("active") is not False}
        found = {symbol: trading[name] for symbol, name in self._names.items() if name in trading}
        for symbol in sorted(set(self._names) - set(found)):
            self._not_traded(symbol, self._names[symbol], listed, trading)
        unreadable = [symbol for symbol, market in found.items() if not self._understood(symbol, market)]
        for symbol in unreadable:
            del found[symbol]
        if len(found) == len(self._names):
            told = ", ".join(f"{name} for {symbol}" for symbol, name in sorted(self._names.items()))
            self._say("markets", Verdict.OK, f"it trades {told}")
        return found

    def _understood(self, symbol: str, market: Raw) -> bool:
        """Look whether every rule of a market can be read: an order that is shown later does not fail on it then."""
        try:
            with readable(self._name):
                json.dumps(market, allow_nan=False)
                _listed({symbol: market})
                self._dialect.rules(market)
                for draft in _ANY_DRAFTS:
                    self._dialect.refusals(market, draft)
        except VenueError as error:
            name = self._names[symbol]
            self._say("markets", Verdict.FAILED, f"the rules of {name} (for {symbol}): {error.told}", error.hint)
            return False
        return True

    def _not_traded(self, symbol: str, name: str, listed: Mapping[str, Raw], trading: Mapping[str, Raw]) -> None:
        reason = "is not traded at present" if name in listed else "is not listed"
        near = _near(name, trading)
        self._say(
            "markets",
            Verdict.FAILED,
            f"{name} (for {symbol}) {reason}" + (f"; there are {', '.join(near)}" if near else ""),
            f"Write venue_symbols: {{{symbol}: {near[0] if near else 'BASE/QUOTE'}}} in the section broker",
        )

    def _account(self) -> Account | None:
        if self._lacking is not None:
            self._failed("key", self._lacking)
            return None
        try:
            with readable(self._name):
                account = self._dialect.account(self._ask)
        except VenueError as error:
            self._failed("key", error)
            return None
        self._say("key", Verdict.OK, "the exchange takes the key")
        if account.fault:
            self._say("account", Verdict.FAILED, f"{account.text}: {account.fault}", "Ask the exchange why")
        else:
            self._say("account", Verdict.OK, account.text)
        return account

    def _fees(self, account: Account, markets: Mapping[str, Raw]) -> dict[str, Fees]:
        found = dict.fromkeys(markets, account.fees) if account.fees else {}
        own = {symbol: fees for symbol, fees in found.items() if fees is not None}
        if not own and markets:
            try:
                with readable(self._name):
                    own = dict(self._dialect.fees(self._ask, markets))
            except VenueError as error:
                self._say("fees", Verdict.WARNING, f"the account's fees are not told: {error.told}", error.hint)
        if own:
            told = sorted({f"{plain(each.maker_bps)} / {plain(each.taker_bps)}" for each in own.values()})
            self._say("fees", Verdict.OK, f"maker / taker of this account: {', '.join(told)} basis points")
        elif markets:
            self._say("fees", Verdict.WARNING, "the fees are those of the price list, and not of this account")
        return _listed(markets) | own

    def _terms(self, symbol: str, market: Raw, fees: Fees | None) -> MarketTerms:
        rules = self._dialect.rules(market)
        return MarketTerms(
            symbol=symbol,
            market=str(market["symbol"]),
            tick=rules.tick,
            lot=rules.lot,
            min_notional=rules.min_notional,
            currency=str(market["quote"]),
            # The paper broker pays nobody for offering liquidity: a fee below zero counts as none.
            maker_bps=max(fees.maker_bps, Decimal(0)) if fees else None,
            taker_bps=max(fees.taker_bps, Decimal(0)) if fees else None,
        )

    # -- findings --------------------------------------------------------------------------------------------------

    def _looked(self, name: str, look: Callable[[], HealthCheck], where_not: Verdict) -> None:
        try:
            with readable(self._name):
                self._checks.append(look())
        except VenueError as error:
            self._say(
                name,
                where_not,
                f"what the key may do is not told: {error.told}",
                "See at the exchange that it reads only",
            )

    def _failed(self, name: str, error: VenueError) -> None:
        self._say(name, Verdict.FAILED, error.told, error.hint)

    def _say(self, name: str, verdict: Verdict, text: str, hint: str = "") -> None:
        self._checks.append(HealthCheck(name=name, verdict=verdict, text=text, hint=hint))


def _listed(markets: Mapping[str, Raw]) -> dict[str, Fees]:
    """Return the fees of the price list, which CCXT holds as shares of the value."""
    return {
        symbol: Fees(basis_points(market["maker"]), basis_points(market["taker"]))
        for symbol, market in markets.items()
        if market.get("maker") is not None and market.get("taker") is not None
    }


def _near(wanted: str, trading: Mapping[str, Raw]) -> list[str]:
    """Return a few markets that may be meant: those of the same coin first."""
    base = wanted.partition("/")[0]
    same = sorted(name for name in trading if name.partition("/")[0] == base)
    return (same or difflib.get_close_matches(wanted, sorted(trading), n=_NEAREST))[:_NEAREST]
