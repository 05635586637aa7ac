"""Parts that are wrong on purpose, each in one way, and a few that are right in a way that looks suspicious."""

from __future__ import annotations

import csv
import functools
import itertools
import json
import random  # noqa: TID251 - one of the leaks
from collections import deque
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np

from logos import paths
from logos.brokers.paper import PaperBroker
from logos.data.replay import ReplayFeed
from logos.domain.bars import Slice
from logos.domain.columns import SignalColumns
from logos.domain.events import Fill, Rejected
from logos.domain.orders import FLAT, LONG, Side
from logos.domain.times import parse_time
from logos.plugins import (
    AllocatorPart,
    BrokerPart,
    FeedPart,
    GuardPart,
    PositionManagerPart,
    StrategyPart,
    hookimpl,
)
from logos.session.seats import Guard, Target

CACHE = "data/cache"
DAY = 86_400


def rows_of(workspace, symbol, interval="1m"):
    """Return (open time, close) of every row of a symbol's file."""
    return _rows_at(workspace.absolute(), symbol, interval)


@functools.cache  # every run has a workspace of its own, so that no file ever changes
def _rows_at(workspace, symbol, interval):
    for folder in ("equity", "crypto"):
        path = workspace / CACHE / folder / f"{symbol}-{interval}.csv"
        if path.is_file():
            with path.open(newline="") as file:
                return [(parse_time(row["timestamp"]), float(row["close"])) for row in csv.DictReader(file)]
    return []


class Reading:
    """A strategy with the files of the workspace at hand."""

    lookback = 1

    def __init__(self, context):
        self.context = context
        self.rows = {symbol: rows_of(context.workspace, symbol) for symbol in context.symbols}
        self.closes = {symbol: dict(rows) for symbol, rows in self.rows.items()}

    def on_bar(self, bar):
        return LONG if self.wants(bar) else FLAT


class NextBar(Reading):
    def wants(self, bar):
        later = self.closes[bar.symbol].get(bar.timestamp + 60)
        return later is not None and later > bar.close_float


class CentredAverage(Reading):
    def wants(self, bar):
        near = [self.closes[bar.symbol].get(bar.timestamp + 60 * step) for step in range(-2, 3)]
        known = [close for close in near if close is not None]
        return bar.close_float > sum(known) / len(known)


class WholeSeries(Reading):
    def wants(self, bar):
        closes = list(self.closes[bar.symbol].values())
        return bar.close_float > sum(closes) / len(closes)


class FinalCloseOfTheDay(Reading):
    def wants(self, bar):
        today = [close for at, close in self.rows[bar.symbol] if at // DAY == bar.timestamp // DAY]
        return today[-1] > bar.close_float


class DailyFile(Reading):
    def __init__(self, context):
        super().__init__(context)
        self.days = {
            symbol: {at // DAY: close for at, close in rows_of(context.workspace, symbol, "1d")}
            for symbol in context.symbols
        }

    def wants(self, bar):
        close = self.days[bar.symbol].get(bar.timestamp // DAY)
        return close is not None and close > bar.close_float


class Statistics(Reading):
    """Computes a mean once, and keeps it in a file of the cache."""

    def __init__(self, context):
        super().__init__(context)
        path = context.workspace / CACHE / "statistics.json"
        if not path.is_file():
            path.write_text(json.dumps({symbol: [close for _, close in rows] for symbol, rows in self.rows.items()}))
        self.kept = json.loads(path.read_text())

    def wants(self, bar):
        closes = self.kept[bar.symbol]
        return bar.close_float > sum(closes) / len(closes)


class Stumbling(Reading):
    """Takes for granted that a bar follows before midnight."""

    def wants(self, bar):
        times = [at for at, _ in self.rows[bar.symbol]]
        last = bar.timestamp % DAY == DAY - 60 or bar.timestamp % DAY < DAY // 2
        return times[times.index(bar.timestamp) + (not last)] > 0


class CurrentFolder(Reading):
    """Reads by a path of its own, from the current folder."""

    def __init__(self, context):
        self.closes = {symbol: dict(rows_of(Path(), symbol)) for symbol in context.symbols}

    def wants(self, bar):
        later = self.closes[bar.symbol].get(bar.timestamp + 60)
        return later is not None and later > bar.close_float


class HomeFolder(CurrentFolder):
    """Reads from the workspace that the environment names."""

    def __init__(self, context):
        self.closes = {symbol: dict(rows_of(paths.workspace(), symbol)) for symbol in context.symbols}


class KeepsForTheProcess(CurrentFolder):
    """Reads every file once in the life of a process."""

    kept: ClassVar = {}

    def __init__(self, context):
        for symbol in context.symbols:
            if symbol not in self.kept:
                self.kept[symbol] = dict(rows_of(context.workspace, symbol))
        self.closes = self.kept


class OtherSymbol(Reading):
    """Follows another symbol, without looking ahead."""

    def wants(self, bar):
        other = next(symbol for symbol in self.context.symbols if symbol != bar.symbol)
        past = [close for at, close in self.rows[other] if at <= bar.timestamp]
        return len(past) > 1 and past[-1] > past[-2]


class SharedBetweenInstances:
    lookback = 1
    last = 0
    alive = None

    def __init__(self, context):
        if SharedBetweenInstances.alive != context.workspace:
            SharedBetweenInstances.alive = context.workspace
            SharedBetweenInstances.last = 0

    def on_bar(self, bar):
        higher = bar.close > SharedBetweenInstances.last
        SharedBetweenInstances.last = bar.close
        return LONG if higher else FLAT


class SharedBetweenRuns:
    lookback = 3
    closes: ClassVar = deque(maxlen=3)

    def __init__(self, context):
        pass

    def on_bar(self, bar):
        self.closes.append(bar.close)
        return LONG if bar.close >= max(self.closes) else FLAT


class Ema:
    lookback = 5

    def __init__(self, context):
        self.average = None
        self.seen = 0

    def on_bar(self, bar):
        close = bar.close << 20
        self.average = close if self.average is None else (self.average * 19 + close) // 20
        self.seen += 1
        if self.seen < self.lookback:
            return None
        return LONG if close > self.average else FLAT


class CountsBars:
    lookback = 1

    def __init__(self, context):
        self.seen = 0

    def on_bar(self, bar):
        self.seen += 1
        return LONG if self.seen // 10 % 2 else FLAT


class WallClock:
    lookback = 1

    def __init__(self, context):
        self.clock = context.clock

    def on_bar(self, bar):
        return LONG if (self.clock.now() + bar.timestamp // 60) % 7 < 3 else FLAT


class LocalTime:
    lookback = 1

    def __init__(self, context):
        pass

    def on_bar(self, bar):
        return LONG if datetime.fromtimestamp(bar.timestamp).hour < 12 else FLAT  # noqa: DTZ006 - the leak


class Tossing:
    lookback = 1

    def __init__(self, context):
        pass

    def on_bar(self, bar):
        return LONG if random.random() < 0.5 else FLAT


class HashOrder:
    lookback = 1

    def __init__(self, context):
        names = {f"feature {number}" for number in range(40)}
        self.place = [int(name.split()[1]) for name in names]

    def on_bar(self, bar):
        return LONG if self.place[bar.timestamp // 60 % 40] % 2 else FLAT


class InstrumentsOrder:
    lookback = 1

    def __init__(self, context):
        self.place = {symbol: place for place, symbol in enumerate(context.instruments)}

    def on_bar(self, bar):
        return LONG if (self.place[bar.symbol] + bar.timestamp // 600) % 2 else FLAT


class BuildOrder:
    """Takes a number when it is built: the first instance trades, and the second does the opposite."""

    lookback = 1
    numbers = itertools.count()
    workspace = None

    def __init__(self, context):
        if BuildOrder.workspace is not context:
            BuildOrder.workspace, BuildOrder.numbers = context, itertools.count()
        self.number = next(BuildOrder.numbers)

    def on_bar(self, bar):
        return LONG if (self.number + bar.timestamp // 600) % 2 else FLAT


class Rising:
    """Long after a close above the one before it; what the next two say in their array forms."""

    lookback = 2

    def __init__(self, context):
        self.before = None

    def on_bar(self, bar):
        before, self.before = self.before, bar.close
        return None if before is None else LONG if bar.close > before else FLAT

    def signals(self, bars):
        value = np.zeros(len(bars), dtype=np.int64)
        value[1:] = np.where(bars.close[1:] > bars.close[:-1], 10**8, 0)
        return SignalColumns(first=min(1, len(bars)), value=value)


class RisingOrEqual(Rising):
    def signals(self, bars):
        value = np.zeros(len(bars), dtype=np.int64)
        value[1:] = np.where(bars.close[1:] >= bars.close[:-1], 10**8, 0)
        return SignalColumns(first=min(1, len(bars)), value=value)


class RisingNormalised(Rising):
    """Its array form knows the mean of the whole column."""

    def signals(self, bars):
        found = super().signals(bars)
        late = np.arange(len(bars)) > 100
        return SignalColumns(first=found.first, value=np.where(late & (bars.close > bars.close.mean()), 0, found.value))


STRATEGIES = {
    "next_bar": NextBar,
    "centred_average": CentredAverage,
    "whole_series": WholeSeries,
    "final_close_of_the_day": FinalCloseOfTheDay,
    "daily_file": DailyFile,
    "statistics": Statistics,
    "stumbling": Stumbling,
    "current_folder": CurrentFolder,
    "home_folder": HomeFolder,
    "keeps_for_the_process": KeepsForTheProcess,
    "other_symbol": OtherSymbol,
    "shared_between_instances": SharedBetweenInstances,
    "shared_between_runs": SharedBetweenRuns,
    "ema": Ema,
    "counts_bars": CountsBars,
    "wall_clock": WallClock,
    "local_time": LocalTime,
    "tossing": Tossing,
    "hash_order": HashOrder,
    "instruments_order": InstrumentsOrder,
    "build_order": BuildOrder,
    "rising": Rising,
    "rising_or_equal": RisingOrEqual,
    "rising_normalised": RisingNormalised,
}


def strategy_named(name):
    def build(config, context):
        return STRATEGIES[name](context)

    return build


# -- allocators --------------------------------------------------------------------------------------------------------


class FullSampleVolatility:
    """Gives less to what moves more, over all of the file."""

    def __init__(self, context):
        self.spread = {}
        for symbol in context.symbols:
            closes = [close for _, close in rows_of(context.workspace, symbol)]
            self.spread[symbol] = Fraction(max(closes)) - Fraction(min(closes))

    def targets(self, changed, account):
        return [
            Target(pair=each.pair, weight=Fraction(each.signal.value, 10**9) / (1 + self.spread[each.pair.symbol]))
            for each in changed
        ]


class FirstComesFirst:
    """The first signal of a slice has twice the share."""

    def __init__(self, context):
        pass

    def targets(self, changed, account):
        return [
            Target(pair=each.pair, weight=Fraction(each.signal.value, 10**9 * (1 if place == 0 else 2)))
            for place, each in enumerate(changed)
        ]


class NeverForgets:
    """Counts what it was ever asked, in the class."""

    asked = 0

    def __init__(self, context):
        pass

    def targets(self, changed, account):
        NeverForgets.asked += 1
        return [
            Target(pair=each.pair, weight=Fraction(each.signal.value, 10**9 + NeverForgets.asked)) for each in changed
        ]


class Tiring:
    """Gives less with every signal that it has seen."""

    def __init__(self, context):
        self.asked = 0

    def targets(self, changed, account):
        self.asked += 1
        return [
            Target(pair=each.pair, weight=Fraction(each.signal.value, 10**8 * (2 + self.asked))) for each in changed
        ]


class ByEquity:
    """Reads the account, as it may."""

    def __init__(self, context):
        pass

    def targets(self, changed, account):
        share = Fraction(account.cash, max(1, account.equity * 2))
        return [Target(pair=each.pair, weight=Fraction(each.signal.value, 10**8) * share / 2) for each in changed]


ALLOCATORS = {
    "full_sample_volatility": FullSampleVolatility,
    "first_comes_first": FirstComesFirst,
    "never_forgets": NeverForgets,
    "tiring": Tiring,
    "by_equity": ByEquity,
}


def allocator_named(name):
    def build(config, context):
        return ALLOCATORS[name](context)

    return build


# -- guards ------------------------------------------------------------------------------------------------------------


class Prophet(Guard):
    """Lets nothing be bought that falls at the next bar."""

    def __init__(self, context):
        self.closes = {symbol: dict(rows_of(context.workspace, symbol)) for symbol in context.symbols}

    def judge(self, intent, session):
        later = self.closes[intent.instrument.symbol].get(session.clock)
        now = intent.instrument.price_float(intent.decision_price)
        return "it will fall" if intent.side is Side.BUY and later is not None and later < now else None


class Evacuates(Guard):
    """Halts five bars before the lowest close of all."""

    def __init__(self, context):
        rows = [row for symbol in context.symbols for row in rows_of(context.workspace, symbol)]
        self.at = min(rows, key=lambda row: row[1])[0] - 240

    def inspect(self, session):
        return "a crash is near" if session.clock >= self.at else None


class OfficeHours(Guard):
    def __init__(self, context):
        self.clock = context.clock

    def judge(self, intent, session):
        return "closed" if (self.clock.now() + intent.order_id) % 3 == 0 else None


class Favourite(Guard):
    """Forbids what is registered first."""

    def __init__(self, context):
        self.first = next(symbol for symbol in context.instruments if symbol in context.symbols)

    def judge(self, intent, session):
        return "registered first" if intent.instrument.symbol == self.first else None


GUARDS = {"prophet": Prophet, "evacuates": Evacuates, "office_hours": OfficeHours, "favourite": Favourite}


def guard_named(name):
    def build(config, context):
        return GUARDS[name](context)

    return build


# -- position managers -------------------------------------------------------------------------------------------------


class Whimsical:
    def difference(self, pair, target, position, account):
        return target - position + (random.randrange(3) if target > position else 0)


class Patient:
    """Buys only what is cheaper at the next bar."""

    def __init__(self, context):
        self.rows = {symbol: rows_of(context.workspace, symbol) for symbol in context.symbols}
        self.tick = {symbol: context.instruments[symbol] for symbol in context.symbols}

    def difference(self, pair, target, position, account):
        now = self.tick[pair.symbol].price_float(account.mark(pair.symbol))
        closes = [close for _, close in self.rows[pair.symbol]]
        lower = sum(close < now for close in closes)
        return target - position - (1 if target > position and lower % 2 else 0)


def whimsical(config, context):
    return Whimsical()


def patient(config, context):
    return Patient(context)


# -- brokers -----------------------------------------------------------------------------------------------------------


class Rewriting(PaperBroker):
    """A paper broker whose fills have other prices."""

    def __init__(self, config, context):
        super().__init__(config, context)
        self.rows = {symbol: rows_of(context.workspace, symbol) for symbol in context.symbols}
        self.instruments = context.instruments
        self.sides = {}
        self.symbols = {}

    def submit(self, order, account):
        self.symbols[order.intent.order_id] = order.intent.instrument.symbol
        self.sides[order.intent.order_id] = order.intent.side
        return super().submit(order, account)

    def match(self, bars, account):
        for event in super().match(bars, account):
            yield self.rewritten(event, bars, account) if isinstance(event, Fill) else event

    def rewritten(self, fill, bars, account):
        symbol = self.symbols[fill.order_id]
        instrument = self.instruments[symbol]
        price = self.price(symbol, fill, bars)
        if price is None:
            return fill
        ticks = round(price / float(instrument.tick))
        value = account.value(instrument, ticks, fill.quantity)
        return attrs.evolve(fill, price=ticks, value=value)


class FillsAtNextClose(Rewriting):
    def price(self, symbol, fill, bars):
        return dict(self.rows[symbol]).get(bars.clock)


class FillsAtBestOfDay(Rewriting):
    def price(self, symbol, fill, bars):
        today = [close for at, close in self.rows[symbol] if at // DAY == fill.timestamp // DAY]
        return min(today) if self.sides[fill.order_id] is Side.BUY else max(today)


class RejectsLosers(Rewriting):
    def submit(self, order, account):
        intent = order.intent
        later = [close for at, close in self.rows[intent.instrument.symbol] if at > intent.created_at]
        if intent.side is Side.BUY and later and later[0] < intent.instrument.price_float(intent.decision_price):
            return iter((Rejected(intent.order_id, "no counterparty"),))
        return super().submit(order, account)

    def price(self, symbol, fill, bars):
        return None


# -- feeds -------------------------------------------------------------------------------------------------------------


class Shifted(ReplayFeed):
    """Each bar carries the prices of the one after it."""

    def slices(self, after):
        for now, later in itertools.pairwise(super().slices(after)):
            following = {bar.symbol: bar for bar in later.bars}
            yield Slice(
                now.clock,
                tuple(following.get(bar.symbol, bar)._replace(timestamp=bar.timestamp) for bar in now.bars),
            )


class RightLabelled(ReplayFeed):
    """Makes bars of five minutes from bars of one, and puts each a label too early."""

    def __init__(self, config, context):
        super().__init__(config, attrs.evolve(context, interval=60))

    def slices(self, after):
        groups = itertools.groupby(super().slices(None), key=lambda one: (one.clock - 60) // 300)
        for group, members in groups:
            bars = {}
            for one in members:
                for bar in one.bars:
                    bars.setdefault(bar.symbol, []).append(bar)
            opened = (group - 1) * 300
            yield Slice(opened + 300, tuple(_merged(bars[symbol], opened) for symbol in sorted(bars)))


class RightlyLabelled(RightLabelled):
    """The same, with the label where it belongs."""

    def slices(self, after):
        for clock, bars in super().slices(after):
            yield Slice(clock + 300, tuple(bar._replace(timestamp=bar.timestamp + 300) for bar in bars))


def _merged(bars, opened):
    return bars[0]._replace(
        timestamp=opened,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=bars[-1].close,
        volume=sum(bar.volume for bar in bars),
    )


class InMemory:
    """A feed without files."""

    polled = False

    def __init__(self, config, context):
        self._inner = ReplayFeed(ReadFrom.replay(config), context)

    def __getattr__(self, name):
        return getattr(self._inner, name)


@attrs.frozen(kw_only=True)
class ReadFrom:
    """Where bars come from, under a name that nobody else knows.

    Attributes
    ----------
    place:
        A cache folder.
    """

    place: str = CACHE

    def replay(self):
        from logos.data.replay_config import ReplayConfig  # noqa: PLC0415 -- beside its one use

        return ReplayConfig(path=self.place)


# -- offers ------------------------------------------------------------------------------------------------------------

globals().update({f"build_{name}": strategy_named(name) for name in STRATEGIES})
globals().update({f"allocate_{name}": allocator_named(name) for name in ALLOCATORS})
globals().update({f"guard_{name}": guard_named(name) for name in GUARDS})

BROKERS = {
    "fills_at_next_close": FillsAtNextClose,
    "fills_at_best_of_day": FillsAtBestOfDay,
    "rejects_losers": RejectsLosers,
}
FEEDS = {"shifted": Shifted, "right_labelled": RightLabelled, "rightly_labelled": RightlyLabelled}


@hookimpl
def logos_strategies():
    for name in STRATEGIES:
        yield StrategyPart(name=name, summary="Planted", target=f"planted_leaks:build_{name}")


@hookimpl
def logos_allocators():
    for name in ALLOCATORS:
        yield AllocatorPart(name=name, summary="Planted", target=f"planted_leaks:allocate_{name}")


@hookimpl
def logos_guards():
    for name in GUARDS:
        yield GuardPart(name=name, summary="Planted", target=f"planted_leaks:guard_{name}")


@hookimpl
def logos_position_managers():
    for name in ("whimsical", "patient"):
        yield PositionManagerPart(name=name, summary="Planted", target=f"planted_leaks:{name}")


@hookimpl
def logos_brokers():
    for name, cls in BROKERS.items():
        yield BrokerPart(
            name=name,
            summary="Planted",
            target=f"planted_leaks:{cls.__name__}",
            config="logos.brokers.paper_config:PaperConfig",
        )


@hookimpl
def logos_feeds():
    for name, cls in FEEDS.items():
        yield FeedPart(
            name=name,
            summary="Planted",
            target=f"planted_leaks:{cls.__name__}",
            config="logos.data.replay_config:ReplayConfig",
        )
    yield FeedPart(
        name="in_memory", summary="Planted", target="planted_leaks:InMemory", config="planted_leaks:ReadFrom"
    )
