"""Runs a config in memory, from its first bar to its last or to a cut, and returns the trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.assembly.build import Assembly, assemble, part_context
from logos.backtest.leaks.recording import Tape, TraceRecorder, seated, strategy_text, values_of
from logos.backtest.leaks.trace import Event, Trace, Values
from logos.config.records import SessionConfig, StrategyEntry
from logos.domain.bars import Bar, Slice
from logos.domain.errors import InputError, PartFailedError, part_at_work
from logos.session.machine import Session
from logos.session.pairs import PairState
from logos.session.rebalancer import watchers_of
from logos.session.seats import Strategy

_NOON = 1_700_000_000


class SilentLog:
    """A log that drops everything."""

    def debug(self, event: str, **values: Any) -> None:
        """Drop it."""

    def info(self, event: str, **values: Any) -> None:
        """Drop it."""

    def warning(self, event: str, **values: Any) -> None:
        """Drop it."""

    def error(self, event: str, **values: Any) -> None:
        """Drop it."""


@attrs.frozen
class StoppedClock:
    """A clock that stands still, so that a part which reads it is found by the run whose clock stands elsewhere."""

    wall: int = _NOON

    def now(self) -> int:
        """Return always the same wall time."""
        return self.wall

    def monotonic(self) -> float:
        """Return always the same elapsed time."""
        return float(self.wall % 1_000)

    def sleep(self, seconds: float) -> None:
        """Pass at once."""


Change = Callable[[Iterator[Slice]], Iterator[Slice]]
"""What is done to the slices of a feed that reads no bar files, to give it other bars."""


@attrs.frozen(kw_only=True)
class Conditions:
    """How a run is made.

    Attributes
    ----------
    start:
        Slices that open earlier are not traded on; strategies see the last of their bars. ``None`` for all slices.
    end:
        Slices that open then or later are left out; ``None`` for none.
    cut:
        The run ends after the slice with this clock; ``None`` for the last one.
    backwards:
        Whether the allocator is shown the signals of a slice in the opposite order.
    clock:
        What parts are told the time is.
    change:
        What is done to the feed's slices.
    """

    start: int | None = None
    end: int | None = None
    cut: int | None = None
    backwards: bool = False
    clock: StoppedClock = StoppedClock()
    change: Change | None = None


def play(config: SessionConfig, workspace: Path, conditions: Conditions, *, seen: list[Slice] | None = None) -> Trace:
    """Run a config and return what every part answered.

    Parameters
    ----------
    seen:
        Takes the slices of the run, where it is given.

    Raises
    ------
    ConfigError, DataError
        Where the config cannot be assembled over these bars.
    """
    tape = Tape(config)
    assembly = assemble(config, workspace=workspace, clock=conditions.clock, log=SilentLog())
    try:
        session = _session(assembly, tape, conditions)
        _loop(session, assembly, tape, conditions, seen)
    except PartFailedError as error:
        _fail(tape, error)
    finally:
        assembly.feed.close()
    return tape.trace


def _session(assembly: Assembly, tape: Tape, conditions: Conditions) -> Session:
    feed, config = assembly.feed, tape.config
    _refuse_polled(assembly, config)
    firsts = [report.first for report in feed.prepare() if report.first is not None]
    first = min(firsts, default=0)
    parts = seated(assembly, tape, backwards=conditions.backwards)
    return Session(session_id="check", parts=parts, recorder=TraceRecorder(tape), clock=conditions.start or first)


def _refuse_polled(assembly: Assembly, config: SessionConfig) -> None:
    if assembly.feed.polled:
        raise InputError(
            f"the feed {config.feed.name} waits for bars as time passes, and a check needs recorded ones",
            hint="Check with feed: {plugin: replay, …} over a recording",
        )


def _loop(session: Session, assembly: Assembly, tape: Tape, conditions: Conditions, seen: list[Slice] | None) -> None:
    trace, advance = tape.trace, session.advance
    slices = _slices(assembly, session, conditions, tape)
    for bars in slices:
        if conditions.cut is not None and bars.clock > conditions.cut:
            trace.ended = "cut"
            return
        _take(bars, tape, seen)
        if not advance(bars):
            trace.ended = "halted"
            _after_halt(session, slices, tape, conditions)
            return
    if conditions.cut is None:
        session.finish("end_of_data")


def _take(bars: Slice, tape: Tape, seen: list[Slice] | None) -> None:
    tape.clock = bars.clock
    tape.trace.slices.append((bars.clock, tuple([(bar[0].symbol, *bar[1:]) for bar in bars.bars])))
    if seen is not None:
        seen.append(bars)


def _after_halt(session: Session, slices: Iterator[Slice], tape: Tape, conditions: Conditions) -> None:
    """Close the positions on the next slice, where the config says so, as a session does."""
    if not tape.config.session.flatten or not any(state.position for state in session.pairs):
        return
    session.order_closing()
    closing = next(slices, None)
    if conditions.cut is not None and (closing is None or closing.clock > conditions.cut):
        return  # what the next slice would do is after the cut
    if closing is not None:
        _take(closing, tape, None)
        session.advance_closing(closing)
    session.finish("halted")


def _slices(assembly: Assembly, session: Session, conditions: Conditions, tape: Tape) -> Iterator[Slice]:
    """Yield the slices to trade on; strategies have seen those before by then."""
    start, end, interval = conditions.start, conditions.end, tape.config.interval
    with part_at_work("the feed"):
        slices = assembly.feed.slices(None)
        for bars in slices if conditions.change is None else conditions.change(slices):
            if end is not None and bars.clock >= end + interval:
                return
            if start is not None and bars.clock < start + interval:
                tape.clock = bars.clock
                _ask(session.pairs, bars)
                for watcher in watchers_of(session.parts):
                    watcher.watch(bars.bars)
            else:
                yield bars


def _ask(states: Sequence[PairState], bars: Slice) -> None:
    for bar in bars.bars:
        for state in states:
            if state.instrument is bar.instrument:
                try:
                    state.on_bar(bar)
                except Exception as error:
                    raise PartFailedError.of(strategy_text(state.pair), error) from error


def play_strategies(
    config: SessionConfig, workspace: Path, conditions: Conditions, *, seen: list[Slice] | None = None
) -> Trace:
    """Ask a config's strategies alone, over all bars, and return their answers.

    With ``backwards``, the strategies are asked in the opposite order within each slice.

    Parameters
    ----------
    seen:
        Takes the slices, where it is given.
    """
    tape = Tape(config)
    trace = tape.trace
    assembly = assemble(config, workspace=workspace, clock=conditions.clock, log=SilentLog())
    states = seated(assembly, tape).pairs
    states = sorted(states, key=lambda state: (state.pair.symbol, state.pair.strategy), reverse=conditions.backwards)
    try:
        _refuse_polled(assembly, config)
        with part_at_work("the feed"):
            assembly.feed.prepare()
            slices = assembly.feed.slices(None)
            for bars in slices if conditions.change is None else conditions.change(slices):
                if conditions.end is not None and bars.clock >= conditions.end + config.interval:
                    break
                tape.clock = bars.clock
                if seen is not None:
                    seen.append(bars)
                _ask(states, Slice(bars.clock, bars.bars[::-1]) if conditions.backwards else bars)
    except PartFailedError as error:
        _fail(tape, error)
    finally:
        assembly.feed.close()
    return trace


def play_alone(config: SessionConfig, workspace: Path, bars: Sequence[Bar], entry: StrategyEntry) -> list[Values]:
    """Return what a fresh strategy answers at each of some bars, with no other instance beside it."""
    strategy = strategy_of(config, workspace, entry)()
    return [values_of(strategy.on_bar(bar)) for bar in bars]


def strategy_of(config: SessionConfig, workspace: Path, entry: StrategyEntry) -> Callable[[], Strategy]:
    """Return a function that builds a fresh instance of a config's strategy."""
    factory = entry.offer.factory()
    context = part_context(config, workspace=workspace, clock=StoppedClock(), log=SilentLog())

    def build() -> Strategy:
        built: Strategy = factory(entry.params, context)
        return built

    return build


def _fail(tape: Tape, error: PartFailedError) -> None:
    part, _, message = error.message.partition(" failed: ")
    tape.trace.events.append(Event(tape.clock, "failure", part, "", (message,)))
    tape.trace.ended = "failed"
