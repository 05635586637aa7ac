"""Which engine a config can have, and why not a quicker one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs
import numpy as np

from logos.assembly.build import Assembly
from logos.backtest.grid import Grid, grid_of_columns
from logos.backtest.kernel.compiled import first_use_notice, is_available
from logos.backtest.kernel.plan import plan_kernel
from logos.backtest.kernel.result import UNTOLD_REASON, Bail, KernelRun
from logos.backtest.kernel.terms import KernelRefusal, KernelTerms, kernel_terms
from logos.backtest.players import PLACES, PROVED, Column, Cursor, change_slices, disagreement, seat_players, signals_of
from logos.backtest.resources import Stopwatch
from logos.backtest.trial import Window
from logos.context.clock import Clock
from logos.domain.columns import BarColumns, SignalColumns
from logos.session.pairs import PairState
from logos.session.seats import ArrayStrategy, ColumnFeed, Pair

AUTO = "auto"
STREAMING = "streaming"
JUMPING = "jumping"
KERNEL = "kernel"
STREAMING_KERNEL = "streaming-kernel"
ENGINES = (AUTO, KERNEL, JUMPING, STREAMING_KERNEL, STREAMING)

WORTH_COMPILING = 100_000
"""How many bars a backtest needs before compiled code is looked for by itself: loading it takes part of a second."""

Twins = Callable[[], Sequence[PairState]]


@attrs.frozen(kw_only=True)
class Layout:
    """What the jumping engine runs on."""

    grid: Grid
    changes: Column
    cursor: Cursor


@attrs.frozen(kw_only=True)
class CompiledRun:
    """A run that the kernel has done.

    Attributes
    ----------
    signals:
        What it ran with, by pair.
    grid:
        Its slices.
    """

    run: KernelRun
    signals: Mapping[Pair, SignalColumns]
    grid: Grid


@attrs.frozen(kw_only=True)
class Choice:
    """The engine that was found, and what it needs.

    Attributes
    ----------
    bars:
        All bars as columns, where they were read.
    layout:
        What the jumping engine runs on; ``None`` for the others.
    compiled:
        What the kernel has done; ``None`` for the others.
    terms:
        What the kernel runs stretch by stretch with, behind strategies that are called bar by bar; ``None`` for the
        others.
    note:
        Why it is not a quicker one; empty where it is the quickest.
    seconds:
        How long the signals took, the reading of the bars not counted.
    """

    engine: str
    bars: Mapping[str, BarColumns] | None = None
    layout: Layout | None = None
    compiled: CompiledRun | None = None
    terms: KernelTerms | None = None
    note: str = ""
    seconds: float = 0.0

    @property
    def grid(self) -> Grid | None:
        """All slices, where they are laid out."""
        found = self.layout or self.compiled
        return None if found is None else found.grid


def _silent(_text: str) -> None:
    pass


def choose(
    assembly: Assembly,
    wanted: str,
    window: Window,
    clock: Clock,
    twins: Twins,
    tell: Callable[[str], None] = _silent,
) -> Choice:
    """Return the quickest engine that a config can have, or the one that was asked for.

    Parameters
    ----------
    assembly:
        The config's parts; strategies are replaced by players of their array form where the run jumps.
    wanted:
        One of ``ENGINES``.
    twins:
        Builds the same strategies anew, in the same order, to hold their array form against.
    tell:
        Called with a sentence for the person who waits, before the kernel is compiled.
    """
    if wanted in (STREAMING, STREAMING_KERNEL):
        return _bar_by_bar(assembly, wanted, "", tell)
    if without := without_array_form(assembly.parts.pairs):
        return _bar_by_bar(assembly, wanted, without, tell)
    if not isinstance(assembly.feed, ColumnFeed):
        return _bar_by_bar(assembly, wanted, "the feed does not give its bars as columns", tell)
    bars = assembly.feed.columns()
    stopwatch = Stopwatch(clock)
    found = _array_signals(assembly, bars, twins, PROVED)
    if isinstance(found, str):
        return attrs.evolve(_bar_by_bar(assembly, wanted, found, tell), bars=bars)
    note = ""
    if wanted == KERNEL or (
        wanted == AUTO
        and _is_worth_compiling(stop - start for start, stop in (span_of(one, window) for one in bars.values()))
    ):
        compiled = _compiled(assembly, bars, window, found, tell)
        if not isinstance(compiled, str):
            return Choice(engine=KERNEL, bars=bars, compiled=compiled, seconds=stopwatch.seconds)
        note = f"not compiled: {compiled}"
    layout = _lay_out(assembly, bars, window, found)
    return Choice(engine=JUMPING, bars=bars, layout=layout, note=note, seconds=stopwatch.seconds)


def lay_out(
    assembly: Assembly, bars: Mapping[str, BarColumns], window: Window, twins: Twins, *, proved: int = PROVED
) -> Choice:
    """Return the jumping engine for a config whose strategies all have an array form, or why it cannot be had."""
    found = _array_signals(assembly, bars, twins, proved)
    if isinstance(found, str):
        return Choice(engine=STREAMING, bars=bars, note=found)
    return Choice(engine=JUMPING, bars=bars, layout=_lay_out(assembly, bars, window, found))


def _array_signals(
    assembly: Assembly, bars: Mapping[str, BarColumns], twins: Twins, proved: int
) -> list[SignalColumns] | str:
    """Return the answers of every pair's strategy at all bars, or why they cannot be had as columns."""
    found: list[SignalColumns] = []
    for state in assembly.parts.pairs:
        signals = signals_of(state, bars[state.pair.symbol])
        if signals is None:
            return no_array_form(state)
        found.append(signals)
    return disagreements(twins, bars, found, proved) or found


def _bar_by_bar(assembly: Assembly, wanted: str, note: str, tell: Callable[[str], None]) -> Choice:
    """Return the engine that calls strategies bar by bar: with the kernel behind them, or the session alone."""
    compiles = wanted in (KERNEL, STREAMING_KERNEL)
    if wanted == AUTO:
        compiles = _is_worth_compiling(report.bars for report in assembly.feed.prepare())
    if not compiles:
        return Choice(engine=STREAMING, note=note)
    terms = kernel_terms(assembly.parts)
    if isinstance(terms, KernelRefusal):
        return Choice(engine=STREAMING, note="; ".join(one for one in (note, f"not compiled: {terms.reason}") if one))
    if notice := first_use_notice():
        tell(notice)
    return Choice(engine=STREAMING_KERNEL, terms=terms, note=note)


def _is_worth_compiling(bars: Iterable[int]) -> bool:
    return is_available() and sum(bars) >= WORTH_COMPILING


def _compiled(
    assembly: Assembly,
    bars: Mapping[str, BarColumns],
    window: Window,
    found: Sequence[SignalColumns],
    tell: Callable[[str], None],
) -> CompiledRun | str:
    """Let the kernel run a config; return what it has done, or why that is not the whole story."""
    plan = plan_kernel(assembly.parts, bars, window)
    if isinstance(plan, KernelRefusal):
        return plan.reason
    if not len(plan.laid.stamps):
        return "no bar lies in the window"
    signals = {state.pair: one for state, one in zip(assembly.parts.pairs, found, strict=True)}
    if notice := first_use_notice():
        tell(notice)
    run = plan.run(signals)
    if isinstance(run, Bail):
        return run.reason
    if not run.is_told:
        return UNTOLD_REASON
    parts = {symbol: lane.bars for symbol, lane in plan.laid.lanes.items()}
    return CompiledRun(run=run, signals=signals, grid=grid_of_columns(parts, assembly.parts.interval))


def _lay_out(
    assembly: Assembly, bars: Mapping[str, BarColumns], window: Window, found: Sequence[SignalColumns]
) -> Layout:
    """Lay out the slices of a window, and let players answer for the strategies."""
    states = assembly.parts.pairs
    spans = {symbol: span_of(one, window) for symbol, one in bars.items()}
    grid = grid_of_columns({symbol: one.part(*spans[symbol]) for symbol, one in bars.items()}, assembly.parts.interval)
    skipped = [spans[state.pair.symbol][0] for state in states]
    ended = [_cut(signals, spans[state.pair.symbol][1]) for signals, state in zip(found, states, strict=True)]
    return Layout(
        grid=grid,
        changes=change_slices(ended, skipped, states, grid),
        cursor=seat_players(states, ended, skipped, grid),
    )


def span_of(bars: BarColumns, window: Window) -> tuple[int, int]:
    """Return the first row of a window, and the row behind its last."""
    start = 0 if window.start is None else int(np.searchsorted(bars.timestamp, window.start))
    stop = len(bars) if window.end is None else int(np.searchsorted(bars.timestamp, window.end))
    return start, max(start, stop)


def _cut(signals: SignalColumns, stop: int) -> SignalColumns:
    return SignalColumns(first=min(signals.first, stop), value=signals.value[:stop])


def without_array_form(states: Sequence[PairState]) -> str:
    """Return which strategies have no array form at all; empty where all have one."""
    names = sorted({state.pair.strategy for state in states if not isinstance(state.strategy, ArrayStrategy)})
    return f"no array form: strategy {', '.join(names)}" if names else ""


def no_array_form(state: PairState) -> str:
    """Return why a strategy gives no signals as columns."""
    if isinstance(state.strategy, ArrayStrategy):
        return f"strategy {state.pair.strategy} on {state.pair.symbol} has no array form for numbers of this size"
    return f"no array form: strategy {state.pair.strategy}"


def disagreements(twins: Twins, bars: Mapping[str, BarColumns], found: Sequence[SignalColumns], proved: int) -> str:
    """Return which strategy's two forms differ over some stretches of bars, and where; empty where none do.

    The stretches are the first bars, some in the middle and the last ones: an array form that looks ahead, or lags,
    differs wherever its signal changes.

    Parameters
    ----------
    twins:
        Builds the strategies anew, in the order of ``found``.
    proved:
        How many bars of each stretch are compared, besides those that the strategy looks back over.
    """
    for place in range(PLACES):
        for state, signals in zip(twins(), found, strict=True):
            assert isinstance(state.strategy, ArrayStrategy)
            fault = disagreement(state.strategy, bars[state.pair.symbol], signals, proved, place)
            if fault:
                return f"strategy {state.pair.strategy} on {state.pair.symbol} has a wrong array form: {fault}"
    return ""
