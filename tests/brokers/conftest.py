"""A desk for broker tests: an honest account in exact fractions, and a session that applies every event at once."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import attrs
import pytest

from logos.brokers.alpaca_config import AlpacaConfig
from logos.brokers.alpaca_desk import AlpacaDesk
from logos.brokers.ccxt_config import CcxtConfig
from logos.brokers.ccxt_desk import CcxtDesk
from logos.brokers.paper import PaperBroker, open_paper
from logos.brokers.paper_config import PaperConfig
from logos.context.clock import SystemClock
from logos.context.parts import AccountSettings, PartContext
from logos.context.secrets import Secrets
from logos.context.seed import Seed
from logos.domain.bars import Bar, ForwardFilledBar, Slice
from logos.domain.events import Accepted, Cancelled, Expired, Fill, Rejected
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.money import divide_half_even
from logos.domain.orders import Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce

START = 1_767_571_200  # 2026-01-05T00:00:00Z
MINUTE = 60
UNIT = 10**8
SHORT_WAIT = 0.2


def instrument(symbol, *, asset_class=AssetClass.EQUITY, tick="1", lot="1", currency="USD", calendar=None):
    return Instrument(
        symbol=symbol,
        asset_class=asset_class,
        tick=Decimal(tick),
        lot=Decimal(lot),
        currency=currency,
        calendar=calendar,
    )


INSTRUMENTS = {
    "X": instrument("X"),
    "Y": instrument("Y"),
    "FX": instrument("FX", asset_class=AssetClass.FOREX),
    "CENT": instrument("CENT", tick="0.01", lot="0.001"),
    "EURO": instrument("EURO", currency="EUR"),
    "NYSE": instrument("NYSE", calendar="XNYS"),
}


class TestAccount:
    """Cash, positions and nothing else, kept as fractions of a unit and read in minor units."""

    __test__ = False

    def __init__(self, cash, positions=None, rates=None):
        self.starting_cash = int(Fraction(cash) * UNIT)
        self._cash = Fraction(self.starting_cash, UNIT)
        self._positions = dict(positions or {})
        self.rates = {"USD": Fraction(1), **(rates or {})}
        self.marks = {}

    @property
    def cash(self):
        whole = self._cash * UNIT
        assert whole.denominator == 1
        return int(whole)

    @property
    def equity(self):
        return self.cash + sum(
            self.value(INSTRUMENTS[symbol], self.marks[symbol], lots)
            for symbol, lots in self._positions.items()
            if lots
        )

    def position(self, symbol):
        return self._positions.get(symbol, 0)

    def mark(self, symbol):
        return self.marks.get(symbol)

    def value(self, instrument, price, lots):
        rate = self.rates.get(instrument.currency)
        if rate is None:
            return None
        exact = price * Fraction(instrument.tick) * lots * Fraction(instrument.lot) * rate * UNIT
        return divide_half_even(exact.numerator, exact.denominator)

    def book(self, symbol, sign, fill):
        self._cash -= Fraction(sign * fill.value + fill.fee, UNIT)
        self._positions[symbol] = self.position(symbol) + sign * fill.quantity


@attrs.define
class UtcDays:
    """A market that never closes: its days end at UTC midnight."""

    closes: tuple[int, ...] = ()

    def is_open(self, at):
        return True

    def latest_opening(self, at):
        return None

    def next_close(self, after):
        later = [close for close in self.closes if close > after]
        return later[0] if later else (after // 86_400 + 1) * 86_400


class Silence:
    """A log that keeps what it is told."""

    def __init__(self):
        self.lines = []

    def debug(self, event, **values):
        self.lines.append((event, values))

    info = warning = error = debug


class Desk:
    """Owns the orders and the account as a session does: every event is applied before the next is asked for."""

    def __init__(self, config=None, *, cash="1000000", margin=False, hold=None, rates=None, closes=(), seed=7):
        self.config = config or PaperConfig()
        self.log = Silence()
        self.context = PartContext(
            clock=SystemClock(),
            log=self.log,
            workspace=Path(),
            seed=Seed(seed),
            interval=MINUTE,
            instruments=INSTRUMENTS,
            symbols=tuple(sorted(INSTRUMENTS)),
            pairs=1,
            account=AccountSettings(
                currency="USD", cash=int(Fraction(cash) * UNIT), decimals=8, margin=margin, conversions={}
            ),
            calendar=lambda instrument: UtcDays(closes if instrument.calendar else ()),
        )
        self.account = TestAccount(cash, hold, rates)
        self.orders = {}
        self.clock = START
        self.broker: PaperBroker = open_paper(self.config, self.context)
        self._numbers = itertools.count(1)

    def intent(
        self, symbol, side, quantity, kind="market", *, limit=None, stop=None, tif="gtc", number=None, decided=100
    ):
        number = number or next(self._numbers)
        return OrderIntent(
            order_id=number,
            client_order_id=f"test-{number}",
            strategy="test",
            instrument=INSTRUMENTS[symbol],
            side=Side(side),
            order_type=OrderType(kind),
            time_in_force=TimeInForce(tif),
            quantity=quantity,
            limit_price=limit,
            stop_price=stop,
            decision_price=decided,
            created_at=self.clock,
            reduces=False,
        )

    def order(self, *args, **keys):
        """Submit an order and return the events."""
        return self.submit(self.intent(*args, **keys))

    def submit(self, intent):
        order = Order(intent=intent, updated_at=self.clock)
        self.orders[intent.order_id] = order
        return [self._apply(event) for event in self.broker.submit(order, self.account)]

    def cancel(self, number, reason="test"):
        return [self._apply(event) for event in self.broker.cancel(self.orders[number], reason)]

    def bars(self, *rows, opens=None, filled=()):
        """Show one slice to the broker: rows of (symbol, open, high, low, close, volume); return the events.

        Bars of the symbols in ``filled`` were filled forward.
        """
        opens = self.clock if opens is None else opens
        self.clock = opens + MINUTE
        bars = tuple(
            (ForwardFilledBar if row[0] in filled else Bar)(INSTRUMENTS[row[0]], opens, *row[1:])
            for row in sorted(rows)
        )
        events = [self._apply(event) for event in self.broker.match(Slice(self.clock, bars), self.account)]
        self.account.marks.update({bar.symbol: bar.close for bar in bars})
        return events

    def working(self):
        return {number: order for number, order in self.orders.items() if not order.status.is_final}

    def restart(self):
        """Replace the broker by a new one that has only the snapshot, as a resumed session does."""
        state = json.loads(json.dumps(self.broker.snapshot()))
        self.broker = open_paper(self.config, self.context)
        self.broker.restore(state, self.working())

    def _apply(self, event):
        order = self.orders[event.order_id]
        assert not order.status.is_final, f"{event} for an order that is {order.status}"
        match event:
            case Accepted():
                order.status = OrderStatus.ACCEPTED
            case Rejected():
                order.status = OrderStatus.REJECTED
            case Cancelled():
                order.status = OrderStatus.CANCELLED
            case Expired():
                order.status = OrderStatus.EXPIRED
            case Fill():
                self._book(order, event)
        order.reason = getattr(event, "reason", "")
        return event

    def _book(self, order, fill):
        assert 0 < fill.quantity <= order.remaining
        order.filled += fill.quantity
        order.filled_ticks += fill.quantity * fill.price
        order.fees += fill.fee
        order.status = OrderStatus.PARTIALLY_FILLED if order.remaining else OrderStatus.FILLED
        self.account.book(order.intent.instrument.symbol, 1 if order.intent.side is Side.BUY else -1, fill)


@pytest.fixture
def open_desk():
    """Return the class of the desk: ``open_desk(config, cash=..., margin=..., hold=...)``."""
    return Desk


class HandDrivenClock:
    """The machine's clock, as a venue's hand-driven one shows it; waiting moves it on."""

    def __init__(self, hand):
        self.hand = hand
        self.waits = []

    def now(self):
        return int(self.hand())

    def monotonic(self):
        return self.hand()

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.hand.advance(seconds)


ALPACA_INSTRUMENTS = {
    "AAPL": instrument("AAPL", tick="0.01", calendar="XNYS"),
    "MSFT": instrument("MSFT", tick="0.01", lot="0.001", calendar="XNYS"),
    "BTC-USD": instrument("BTC-USD", asset_class=AssetClass.CRYPTO, tick="0.01", lot="0.000000001"),
    "EUR-USD": instrument("EUR-USD", asset_class=AssetClass.FOREX, tick="0.00001"),
    "PENNY": instrument("PENNY", tick="0.0001", calendar="XNYS"),
}


class AlpacaBench:
    """A loopback Alpaca, and what a broker that asks it is given."""

    instruments = ALPACA_INSTRUMENTS

    def __init__(self, venue, hand):
        self.venue = venue
        self.clock = HandDrivenClock(hand)
        self.log = Silence()
        self.record = None
        self.headers = {"APCA-API-KEY-ID": venue.key, "APCA-API-SECRET-KEY": venue.secret}
        self.secrets = {"APCA_API_KEY_ID": venue.key, "APCA_API_SECRET_KEY": venue.secret}

    def config(self, **keys):
        return AlpacaConfig(**{"base_url": self.venue.url, "timeout": "5s", **keys})

    def context(self, *symbols, record=None, margin=False, currency="USD", instruments=None):
        return PartContext(
            clock=self.clock,
            log=self.log,
            workspace=Path(),
            seed=Seed(7),
            interval=MINUTE,
            instruments={**ALPACA_INSTRUMENTS, **(instruments or {})},
            symbols=tuple(sorted(symbols or ("AAPL", "BTC-USD"))),
            pairs=1,
            account=AccountSettings(currency=currency, cash=100_000 * UNIT, decimals=8, margin=margin, conversions={}),
            calendar=lambda _: UtcDays(),
            secrets=Secrets(self.secrets),
            venue_record=record,
        )

    def desk(self, *symbols, record=None, margin=False, currency="USD", instruments=None, **keys):
        context = self.context(*symbols, record=record, margin=margin, currency=currency, instruments=instruments)
        return AlpacaDesk(self.config(**keys), context)

    def hasten(self, desk):
        """Let a desk wait no longer than a test wants to, which is less than a config can say."""
        desk.reader()._transport._timeout = SHORT_WAIT

    def surveyed(self, *symbols, **options):
        """Return a desk with the record of a survey, as a session has."""
        self.record = json.loads(json.dumps(self.desk(*symbols, **options).survey().record))
        return self.desk(*symbols, record=self.record, **options)

    def intent(
        self, symbol, side, quantity, kind="market", *, limit=None, stop=None, tif="day", decided="100", reduces=None,
        number=1, name=None, instruments=None,
    ):  # fmt: skip
        """Return an intent from units and prices as texts."""
        traded = {**ALPACA_INSTRUMENTS, **(instruments or {})}[symbol]
        lots = Fraction(quantity) / Fraction(traded.lot)
        assert lots.denominator == 1

        def ticks(price):
            return None if price is None else int(Fraction(price) / Fraction(traded.tick))

        return OrderIntent(
            order_id=number,
            client_order_id=name or f"20260105T000000Z-7-abc-trend-{number}",
            strategy="trend",
            instrument=traded,
            side=Side(side),
            order_type=OrderType(kind),
            time_in_force=TimeInForce(tif),
            quantity=lots.numerator,
            limit_price=ticks(limit),
            stop_price=ticks(stop),
            decision_price=ticks(decided),
            created_at=START,
            reduces=side == "sell" if reduces is None else reduces,
        )


@pytest.fixture
def bench(venues):
    """Return a bench with a loopback Alpaca."""
    pytest.importorskip("alpaca", reason="the extra alpaca is not installed")
    hand = venues.clock()
    return AlpacaBench(venues.alpaca(hand), hand)


CCXT_MARKETS = {"BTC-USD": "BTC/USDT", "ETH-USD": "ETH/USDT"}
CCXT_INSTRUMENTS = {
    symbol: instrument(symbol, asset_class=AssetClass.CRYPTO, tick="0.01", lot="0.000001") for symbol in CCXT_MARKETS
}


class CcxtBench:
    """An exchange on loopback with two markets and an account, and what a broker that asks it is given."""

    def __init__(self, exchange, venue, hand):
        self.exchange = exchange
        self.venue = venue
        self.clock = HandDrivenClock(hand)
        self.log = Silence()
        # Coinbase signs in three ways, by the form of the secret; this form is the oldest.
        self.secret = "a-plain-secret" if exchange == "coinbase" else venue.secret
        self.secrets = {f"{exchange.upper()}_API_KEY": venue.right, f"{exchange.upper()}_API_SECRET": self.secret}

    def config(self, **keys):
        return CcxtConfig(
            **{"exchange": self.exchange, "base_url": self.venue.url, "venue_symbols": CCXT_MARKETS, "timeout": "5s"}
            | keys
        )

    def context(self, record=None, currency="USD"):
        return PartContext(
            clock=self.clock,
            log=self.log,
            workspace=Path(),
            seed=Seed(7),
            interval=MINUTE,
            instruments=CCXT_INSTRUMENTS,
            symbols=tuple(CCXT_INSTRUMENTS),
            pairs=2,
            account=AccountSettings(currency=currency, cash=100_000 * UNIT, decimals=8, margin=False, conversions={}),
            calendar=lambda _: UtcDays(),
            secrets=Secrets(self.secrets),
            venue_record=record,
        )

    def desk(self, record=None, currency="USD", **keys):
        config = self.config(**keys)
        return CcxtDesk(config, self.context(record, currency), dict(config.venue_symbols))

    def hasten(self, desk):
        """Let a desk wait no longer than a test wants to, which is less than a config can say."""
        desk._connected()._transport._timeout = SHORT_WAIT

    def surveyed(self, **keys):
        """Return a desk with the record of a survey, as a session has."""
        desk = self.desk(**keys)
        record = json.loads(json.dumps(desk.survey().record))
        desk.close()
        return self.desk(record, **keys)

    def intent(
        self, side="buy", quantity="0.02", kind="market", *, limit=None, stop=None, tif="gtc", decided="50000",
        number=1, name="lg-0123456789abcdef01234567", at=START,
    ):  # fmt: skip
        """Return an intent from units and prices as texts."""
        traded = CCXT_INSTRUMENTS["BTC-USD"]

        def ticks(price):
            return None if price is None else int(Fraction(price) / Fraction(traded.tick))

        return OrderIntent(
            order_id=number,
            client_order_id=name,
            strategy="trend",
            instrument=traded,
            side=Side(side),
            order_type=OrderType(kind),
            time_in_force=TimeInForce(tif),
            quantity=int(Fraction(quantity) / Fraction(traded.lot)),
            limit_price=ticks(limit),
            stop_price=ticks(stop),
            decision_price=ticks(decided),
            created_at=at,
            reduces=False,
        )


@pytest.fixture
def exchange_bench(venues):
    """Return what makes a bench with an exchange on loopback: ``exchange_bench("binance")``."""
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")

    def make(exchange):
        hand = venues.clock()
        venue = getattr(venues, exchange)(hand)
        for market in CCXT_MARKETS.values():
            venue.serve(market, venues.walk(market, 60))
        return CcxtBench(exchange, venue, hand)

    return make
