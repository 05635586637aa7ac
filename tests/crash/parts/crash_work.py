"""The parts themselves."""

from __future__ import annotations

from logos.domain.bars import Bar, ForwardFilledBar, Slice
from logos.domain.errors import DataError
from logos.domain.orders import OrderType, Signal, TimeInForce
from logos.session.polled import Delivery, Origin, Revision
from logos.session.seats import Guard, SymbolReport

VALUES = (0, 100_000_000, 50_000_000, 100_000_000, -100_000_000, 25_000_000)
TYPES = (OrderType.LIMIT, OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT, OrderType.LIMIT)
TIMES = (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC)
HOLD = 4 * 60


class Dice:
    """Signals by the time of day alone, held for some bars; prices near the close."""

    lookback = 1

    def __init__(self, config, context):
        pass

    def on_bar(self, bar):
        name = bar.symbol + bar.instrument.currency
        throw = (bar.timestamp // HOLD * 7919 + len(name) * 31 + ord(name[0])) % 9973
        value = VALUES[throw % len(VALUES)]
        kind = TYPES[throw // 7 % len(TYPES)]
        away = 1 + throw // 11 % 9
        limit = bar.close - away if kind.has_limit else None
        stop = bar.close + away if kind.has_stop else None
        return Signal(value, kind, limit, stop, TIMES[throw // 5 % len(TIMES)])


class Slow:
    """Long; thinks about every bar for as long as the file HANG is there, and leaves a beat behind all the while."""

    lookback = 1

    def __init__(self, config, context):
        self._context = context

    def on_bar(self, bar):
        hang(self._context)
        return Signal(100_000_000)


def hang(context):
    beats = 0
    while (context.workspace / "HANG").exists():
        beats += 1
        (context.workspace / "beats").write_text("." * beats)
        context.clock.sleep(0.02)


class Moods(Guard):
    """Vetoes what is decided in the third minute of every ten; its memory must survive a restart."""

    def __init__(self, config, context):
        self.vetoes = 0

    def judge(self, intent, session):
        if session.clock // 60 % 10 != 3:
            return None
        self.vetoes += 1
        return f"veto {self.vetoes}: not in this minute; wait for the next"

    def snapshot(self):
        return {"vetoes": self.vetoes}

    def restore(self, state):
        self.vetoes = state["vetoes"]


class Wire:
    """Follows a script: b a slice of all bars, 1 a bar of the first symbol only, t a silent fifth of a second,
    k the kill file appears, . waits for ever, h hangs while the file HANG is there. A number behind a star repeats:
    ``b*8 t*10 k t*20``."""

    polled = True

    def __init__(self, config, context):
        self._config = config
        self._context = context
        self._interval = context.interval
        self._symbols = sorted(context.symbols)
        self._steps = []
        for word in config.script.split():
            step, _, times = word.partition("*")
            self._steps += [step] * int(times or 1)
        self.ticks = 0

    def prepare(self):
        return [SymbolReport(symbol=symbol, source="wire") for symbol in self._symbols]

    def quarantined(self):
        return iter(())

    def digest(self):
        return "00" * 32

    def _bar(self, symbol, index):
        instrument = self._context.instruments[symbol]
        close = 10_000 + index * index * 37 % 101 - 50
        opened_at = self._config.begin + index * self._interval
        return Bar(instrument, opened_at, close - 3, close + 9, close - 9, close, 10**9)

    def slices(self, after):
        index = 0
        clock = self._config.begin
        for step in self._steps:
            if step in "b1":
                symbols = self._symbols if step == "b" else self._symbols[:1]
                clock = max(clock, self._config.begin + (index + 1) * self._interval)
                if after is None or clock > after:
                    yield Slice(clock, tuple(self._bar(symbol, index) for symbol in symbols))
                index += 1
            elif step == "k":
                self._kill()
            elif step == "h":
                hang(self._context)
            else:
                while True:
                    self.ticks += 1
                    self._context.clock.sleep(0.2)
                    clock = max(clock, self._context.clock.now())
                    yield Slice(clock, ())
                    if step != ".":
                        break

    def _kill(self):
        path = self._context.workspace / self._config.kill_file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        (self._context.workspace / "killed_at").write_text(str(self._context.clock.monotonic()))

    def history(self, symbol, count, until):
        bars = []
        index = 0
        for step in self._steps:
            if step in "b1":
                bar = self._bar(symbol, index)
                index += 1
                if bar.timestamp + self._interval <= until and (step == "b" or symbol == self._symbols[0]):
                    bars.append(bar)
        return bars[-count:]

    def snapshot(self):
        return {}

    def close(self):
        pass


class Poll(Wire):
    """A whole polled feed on the same script.

    Besides: f a slice whose last bar is filled forward, r the next delivery corrects the bar before, k the kill file
    appears and a tick comes. A tick moves the clock by seven seconds, T past the next close; neither comes again once
    it is recorded. No venue is there while the file OFFLINE is; ``asked`` says who was asked.
    """

    def __init__(self, config, context):
        super().__init__(config, context)
        self.asked = []

    def prepare(self):
        self._ask("prepare")
        return [SymbolReport(symbol=symbol, source="poll:test", notes=("polled",)) for symbol in self._symbols]

    def _ask(self, what):
        self.asked.append(what)
        if (self._context.workspace / "OFFLINE").exists():
            raise DataError("poll:test: the venue cannot be reached")

    def history(self, symbol, count, until):
        self._ask(f"history of {symbol}: {count}")
        latest = (until - self._config.begin) // self._interval
        return [self._bar(symbol, index) for index in range(max(-20, latest - count), latest)]

    def deliveries(self, after):
        self._ask(f"deliveries after {after}")
        index, clock, corrects = 0, self._config.begin, False
        heard = self._ticks_heard()
        for step in self._steps:
            due = clock > after or (clock == after and not heard)
            if step == "r":
                corrects = True
            elif step in "b1f":
                clock = self._config.begin + (index + 1) * self._interval
                if clock > after:
                    yield self._delivery(clock, self._bars(step, index), self._revisions(corrects, index))
                index, corrects = index + 1, False
            elif step in "tTk":
                if due:
                    if step == "k":
                        self._kill()
                    late = {"t": 7, "T": 65}.get(step, 0)
                    yield self._delivery(clock + late, (), self._revisions(corrects, index))
                elif clock == after:
                    heard -= 1
                corrects = False
            elif step == "h":
                hang(self._context)

    def _ticks_heard(self):
        for path in (self._context.workspace / "runs/live/sessions").glob("[!.]*/bars.csv"):
            kinds = [line.partition(",")[0] for line in path.read_text().splitlines()]
            latest = max(at for at, kind in enumerate(kinds) if kind in ("kind", "history", "bar"))
            return kinds[latest:].count("tick")
        return 0

    def _bars(self, step, index):
        bars = [self._bar(symbol, index) for symbol in (self._symbols[:1] if step == "1" else self._symbols)]
        if step == "f":
            close = self._bar(bars[-1].symbol, index - 1).close
            bars[-1] = ForwardFilledBar(bars[-1].instrument, bars[-1].timestamp, close, close, close, close, 0)
        return tuple(bars)

    def _revisions(self, corrects, index):
        if not corrects:
            return ()
        bar = self._bar(self._symbols[0], index - 1)
        revised = bar._replace(close=bar.close + 1, volume=bar.volume + 5)
        origin = Origin(source="poll:test", fetched_at=bar.timestamp + 200)
        return (Revision(delivered=bar, revised=revised, origin=origin),)

    def _delivery(self, clock, bars, revisions):
        origins = tuple(Origin(source="poll:test", fetched_at=clock + 2) for _ in bars)
        return Delivery(slice=Slice(clock, bars), origins=origins, revisions=revisions)

    def status(self):
        return "polled in a test"

    def snapshot(self):
        return {"source": "poll:test", "symbols": {"AAA-USD": {"dropped": {"late": 2}}}}
