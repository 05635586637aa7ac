"""Which engine a config can have, and why not a quicker one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np

from logos.assembly.build import Assembly
from logos.backtest.grid import Grid, grid_of_columns
from logos.backtest.players import PLACES, PROVED, Column, Cursor, change_slices, disagreement, seat_players, signals_of
from logos.backtest.resources import Stopwatch
from logos.backtest.trial import Window
from logos.context.clock import Clock
from logos.domain.columns import BarColumns, SignalColumns
from logos.session.pairs import PairState
from logos.session.seats import ArrayStrategy, ColumnFeed

AUTO = "auto"
STREAMING = "streaming"
JUMPING = "jumping"
ENGINES = (AUTO, STREAMING, JUMPING)


Twins = Callable[[], Sequence[PairState]]


@attrs.frozen(kw_only=True)
class Layout:
    """What the jumping engine runs on."""

    grid: Grid
    changes: Column
    cursor: Cursor


@attrs.frozen(kw_only=True)
class Choice:
    """The engine that was found, and what it needs.

    Attributes
    ----------
    bars:
        All bars as columns, where they were read.
    layout:
        ``None`` for the streaming engine.
    note:
        Why it is not a quicker one; empty where it is the quickest.
    seconds:
        How long the signals took, the reading of the bars not counted.
    """

    engine: str
    bars: Mapping[str, BarColumns] | None = None
    layout: Layout | None = None
    note: str = ""
    seconds: float = 0.0


def choose(assembly: Assembly, wanted: str, window: Window, clock: Clock, twins: Twins) -> Choice:
    """Return the quickest engine that a config can have, or the one that was asked for.

    Parameters
    ----------
    assembly:
        The config's parts; strategies are replaced by players of their array form where the run jumps.
    wanted:
        One of ``ENGINES``.
    twins:
        Builds the same strategies anew, in the same order, to hold their array form against.
    """
    if wanted == STREAMING:
        return Choice(engine=STREAMING)
    states = assembly.parts.pairs
    bar_by_bar = sorted({state.pair.strategy for state in states if not isinstance(state.strategy, ArrayStrategy)})
    if bar_by_bar:
        return Choice(engine=STREAMING, note=f"no array form: strategy {', '.join(bar_by_bar)}")
    if not isinstance(assembly.feed, ColumnFeed):
        return Choice(engine=STREAMING, note="the feed does not give its bars as columns")
    bars = assembly.feed.columns()
    stopwatch = Stopwatch(clock)
    return attrs.evolve(lay_out(assembly, bars, window, twins), seconds=stopwatch.seconds)


def lay_out(
    assembly: Assembly, bars: Mapping[str, BarColumns], window: Window, twins: Twins, *, proved: int = PROVED
) -> Choice:
    """Return the jumping engine for a config whose strategies all have an array form, or why it cannot be had."""
    states = assembly.parts.pairs
    found: list[SignalColumns] = []
    for state in states:
        signals = signals_of(state, bars[state.pair.symbol])
        if signals is None:
            return Choice(engine=STREAMING, bars=bars, note=no_array_form(state))
        found.append(signals)
    note = disagreements(twins, bars, found, proved)
    if note:
        return Choice(engine=STREAMING, bars=bars, note=note)
    spans = {symbol: span_of(one, window) for symbol, one in bars.items()}
    grid = grid_of_columns({symbol: one.part(*spans[symbol]) for symbol, one in bars.items()}, assembly.parts.interval)
    skipped = [spans[state.pair.symbol][0] for state in states]
    ended = [_cut(signals, spans[state.pair.symbol][1]) for signals, state in zip(found, states, strict=True)]
    layout = Layout(
        grid=grid,
        changes=change_slices(ended, skipped, states, grid),
        cursor=seat_players(states, ended, skipped, grid),
    )
    return Choice(engine=JUMPING, bars=bars, layout=layout)


def span_of(bars: BarColumns, window: Window) -> tuple[int, int]:
    """Return the first row of a window, and the row behind its last."""
    start = 0 if window.start is None else int(np.searchsorted(bars.timestamp, window.start))
    stop = len(bars) if window.end is None else int(np.searchsorted(bars.timestamp, window.end))
    return start, max(start, stop)


def _cut(signals: SignalColumns, stop: int) -> SignalColumns:
    return SignalColumns(first=min(signals.first, stop), value=signals.value[:stop])


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
