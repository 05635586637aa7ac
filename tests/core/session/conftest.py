"""A session with scripted strategies, a broker that does as it is told, and a recorder that keeps everything."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest

from logos.context.parts import AccountSettings
from logos.domain.bars import Bar, Slice
from logos.domain.events import Accepted, Cancelled, Fill, Rejected, Unknown
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.money import RATIO_ONE
from logos.domain.orders import Liquidity, Side, Signal
from logos.ledger.books import Books
from logos.ledger.valuation import find_conversion
from logos.session.allocators import EqualWeight, FixedQuantity
from logos.session.guarding import GuardEntry, GuardRail
from logos.session.machine import Session, SessionParts
from logos.session.pairs import PairState
from logos.session.seats import Guard, Pair
from logos.session.targets import WholeDifference
from logos.testing.bars import MINUTE, START
from logos.testing.views import AlwaysOpen


def make(symbol: str, **changes) -> Instrument:
    """Return an instrument with a tick of 0.01 and a lot of 1, quoted in USD."""
    fields = {"asset_class": AssetClass.CRYPTO, "tick": "0.01", "lot": "1", "currency": "USD", **changes}
    for name in ("tick", "lot", "min_notional", "notional_cap"):
        if name in fields:
            fields[name] = Decimal(fields[name])
    return Instrument(symbol=symbol, **fields)


class Scripted:
    """Says what its script says, bar by bar; ``None`` once the script has ended."""

    lookback = 1

    def __init__(self, script) -> None:
        self.script = list(script)
        self.seen: list[Bar] = []

    def on_bar(self, bar: Bar) -> Signal | None:
        self.seen.append(bar)
        said = self.script.pop(0) if self.script else None
        return said if said is None or isinstance(said, Signal) else Signal(int(said * RATIO_ONE))


class ScriptedBroker:
    """Fills whole orders at the next bar's open, unless told otherwise.

    ``answers`` says what becomes of a new order, by number: reject or unknown. ``held`` orders do not fill; ``pieces``
    says how many lots of an order fill on one bar. ``news`` are events for the next slice.
    """

    def __init__(self) -> None:
        self.orders = {}
        self.submitted = []
        self.answers: dict[int, str] = {}
        self.held: set[int] = set()
        self.pieces: dict[int, int] = {}
        self.news = []
        self.fee = 0

    def submit(self, order, account):
        number = order.intent.order_id
        self.submitted.append(order)
        answer = self.answers.get(number, "accept")
        if answer == "reject":
            yield Rejected(number, "the venue says no")
        elif answer == "unknown":
            yield Unknown(number, "no answer within 10 seconds")
        else:
            self.orders[number] = order
            yield Accepted(number)

    def cancel(self, order, reason):
        if self.orders.pop(order.intent.order_id, None) is not None:
            yield Cancelled(order.intent.order_id, reason)

    def match(self, bars, account):
        news, self.news = self.news, []
        yield from news
        opens = {bar.symbol: bar for bar in bars.bars}
        for number in sorted(self.orders):
            order = self.orders[number]
            bar = opens.get(order.intent.instrument.symbol)
            if bar is None or number in self.held:
                continue
            lots = min(order.remaining, self.pieces.get(number, order.remaining))
            if lots == order.remaining:
                del self.orders[number]
            yield self.fill(order, bar, lots, account)

    def fill(self, order, bar, lots, account) -> Fill:
        value = account.value(bar.instrument, bar.open, lots)
        return Fill(order.intent.order_id, bar.timestamp, lots, bar.open, Liquidity.TAKER, value, self.fee)

    def affordable(self, intent, account) -> int:
        if intent.side is Side.SELL:
            return intent.quantity
        one = account.value(intent.instrument, intent.decision_price, 1)
        return min(intent.quantity, max(0, account.cash // one))

    def snapshot(self):
        return {}

    def restore(self, state, orders) -> None:
        self.orders = dict(orders)


class Recording:
    """A recorder that keeps everything in one list, in the order in which it was told."""

    def __init__(self) -> None:
        self.heard: list[tuple] = []
        self.decisions = []
        self.rows = []

    def account(self, row) -> None:
        self.rows.append(row)
        self.heard.append(("account", row[0]))

    def decided(self, decision) -> None:
        self.decisions.append(decision)
        self.heard.append(("decided", decision.outcome.value, decision.order_id or decision.code))

    def rebalanced(self, rebalanced) -> None:
        self.heard.append(("rebalanced", dict(rebalanced.targets)))

    def weights(self, rebalanced, held) -> None:
        self.heard.append(("weights", dict(rebalanced.targets), dict(held)))

    def intended(self, order) -> None:
        self.heard.append(("intended", order.intent.order_id))

    def blocked(self, order, causes) -> None:
        self.heard.append(("blocked", order.intent.order_id, [cause.guard for cause in causes]))

    def answered(self, clock, event) -> None:
        self.heard.append((type(event).__name__.lower(), event.order_id))

    def filled(self, clock, trade_id, order, fill, realized) -> None:
        self.heard.append(("filled", order.intent.order_id, order.intent.side.value, fill.quantity))

    def closed(self, order) -> None:
        self.heard.append(("closed", order.intent.order_id, order.status.value))

    def position(self, clock, holding) -> None:
        self.heard.append(("position", holding.instrument.symbol, holding.lots.quantity))

    def halted(self, clock, causes) -> None:
        self.heard.append(("halted", [cause.guard for cause in causes]))

    def ticked(self, clock) -> None:
        self.heard.append(("ticked", clock))

    def kinds(self) -> list[str]:
        return [entry[0] for entry in self.heard]

    def reasons(self) -> list[str]:
        """Return the reason of every decision, or ``ordered``."""
        return [decision.code or decision.outcome.value for decision in self.decisions]


class World:
    """A session and everything around it."""

    def __init__(  # noqa: PLR0917 -- every part can be set
        self, scripts, guards, instruments, quantity, share, cash, margin, conversions, manager, allocator
    ) -> None:
        names = sorted({pair.partition("/")[2] for pair in scripts})
        listed = instruments or [make(name) for name in names]
        self.instruments = {instrument.symbol: instrument for instrument in listed}
        settings = AccountSettings(
            currency="USD", cash=cash * 10**8, decimals=8, margin=margin, conversions=conversions
        )
        self.strategies = {pair: Scripted(script) for pair, script in scripts.items()}
        self.broker = ScriptedBroker()
        self.recorder = Recording()
        self.guards = guards
        self.rail = GuardRail([GuardEntry(name=name, guard=guard) for name, guard in guards.items()])
        self.books = Books(
            cash=settings.cash,
            currency="USD",
            decimals=8,
            instruments=listed,
            conversions={
                one.symbol: find_conversion(self.instruments[conversions[one.currency]], one.currency, "USD")
                for one in listed
                if one.currency != "USD"
            },
        )
        parts = SessionParts(
            settings=settings,
            interval=MINUTE,
            instruments=self.instruments,
            books=self.books,
            broker=self.broker,
            pairs=[
                PairState(
                    pair=Pair(*pair.split("/")),
                    instrument=self.instruments[pair.split("/")[1]],
                    strategy=strategy,
                )
                for pair, strategy in self.strategies.items()
            ],
            allocator=allocator or (EqualWeight(share) if share else FixedQuantity(Fraction(quantity))),
            position_manager=manager or WholeDifference(),
            guards=self.rail,
            calendar=lambda _instrument: AlwaysOpen(),
        )
        self.session = Session(session_id="test", parts=parts, recorder=self.recorder, clock=START)
        self.time = START
        self.closes: dict[str, int] = {}

    def step(self, kill: str = "", **prices: int) -> bool:
        """Advance by a slice of bars that stand still at these prices, in ticks; ``AB_C`` means ``AB-C``."""
        return self.session.advance(self.slice(**prices), kill)

    def slice(self, **prices: int) -> Slice:
        self.closes |= prices
        bars = tuple(
            Bar(self.instruments[name.replace("_", "-")], self.time, price, price, price, price, 10**6)
            for name, price in sorted(prices.items())
        )
        self.time += MINUTE
        return Slice(self.time, bars)

    def steps(self, count: int, **prices: int) -> None:
        for _ in range(count):
            self.step(**prices)

    def pair(self, name: str) -> PairState:
        return next(one for one in self.session.pairs if f"{one.pair.strategy}/{one.pair.symbol}" == name)

    @property
    def orders(self) -> list[tuple[str, str, int]]:
        """Every order that the broker has seen: strategy, side, lots."""
        intents = [order.intent for order in self.broker.submitted]
        return [(intent.strategy, intent.side.value, intent.quantity) for intent in intents]

    @property
    def last(self):
        """The last decision."""
        return self.recorder.decisions[-1]


@pytest.fixture(scope="session")
def open_session():
    """Open a session: ``open_session({"trend/ABC": [1, None, 0]}, guards={…})``; one unit per full signal is 10."""

    def opened(
        scripts,
        *,
        guards=None,
        instruments=(),
        quantity=10,
        share=None,
        cash=100_000,
        margin=False,
        conversions=None,
        manager=None,
        allocator=None,
    ) -> World:
        held, listed = conversions or {}, list(instruments)
        return World(scripts, guards or {}, listed, quantity, share, cash, margin, held, manager, allocator)

    return opened


class Switch(Guard):
    """Objects to every order while it has a reason; ``but_reducing`` orders pass."""

    def __init__(self, reason: str | None = None, *, but_reducing: bool = False) -> None:
        self.reason = reason
        self.but_reducing = but_reducing
        self.asked = 0

    def judge(self, intent, session) -> str | None:
        self.asked += 1
        return None if self.but_reducing and intent.reduces else self.reason


class Halter(Guard):
    """Halts the session while it has a reason."""

    def __init__(self, reason: str | None = None) -> None:
        self.reason = reason

    def inspect(self, session) -> str | None:
        return self.reason


@pytest.fixture(scope="session")
def fakes():
    """The guards and instruments that tests are made of."""
    return SimpleNamespace(Switch=Switch, Halter=Halter, make=make)
