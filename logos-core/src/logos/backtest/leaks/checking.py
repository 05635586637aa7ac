"""``check_config``: puts a whole config to every probe.

The command line calls ``check_config(config, workspace=…, registry=…)``, prints the report (``as_object()`` for
``--json``, else ``lines()``), and ends with exit code 4 where ``passed`` is false.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import attrs

from logos.backtest.leaks import orders, probes, report
from logos.backtest.leaks.altering import DOWN, UP, Alteration
from logos.backtest.leaks.bench import Bench, Progress
from logos.backtest.leaks.elsewhere import SURROUNDINGS, Elsewhere, begin
from logos.backtest.leaks.report import LeakReport
from logos.backtest.leaks.running import Conditions, play, play_strategies, strategy_of
from logos.backtest.leaks.trace import Trace
from logos.backtest.leaks.workspaces import Workspaces
from logos.config.records import SessionConfig
from logos.domain.bars import Slice
from logos.domain.errors import PartFailedError
from logos.domain.times import time_text
from logos.live.runner import quiet_collector
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import Registry
from logos.session.seats import Pair

MOST_BARS = 20_000
"""How many bars are looked at, over all symbols, where a look-back does not ask for more."""
MOST_BARS_OF_ALL = 400_000
"""How many are looked at where it does."""

MOST_PROCESSES = 4

_BEFORE = 2_000
_STEPS = 50


def _unheard(_done: int, _steps: int, _next: str) -> None:
    pass


def check_config(
    config: SessionConfig,
    *,
    workspace: Path,
    registry: Registry,
    progress: Progress = _unheard,
    entry_points: Iterable[EntryPoint] | None = None,
    most_bars: int = MOST_BARS,
    processes: int = MOST_PROCESSES,
) -> LeakReport:
    """Run a config again and again under changed conditions, and report every part that moved although it must not.

    Nothing is written into the workspace by the check itself.

    Parameters
    ----------
    workspace:
        Where relative paths of the config start from.
    registry:
        The plugins that the config was read with.
    progress:
        Is told how many steps are done, how many there are about, and what is done next.
    entry_points:
        The entry points behind the registry; by default those of every installed distribution.
    most_bars:
        How many bars are looked at, over all symbols; more where a look-back is longer than that allows.
    processes:
        In how many fresh processes the run is made too, from 0 to 4: in other surroundings, then over other bars.

    Raises
    ------
    ConfigError, DataError, PartFailedError
        Where the config does not even run as it is.
    InputError
        Where its feed is polled.
    """
    points = installed_entry_points() if entry_points is None else list(entry_points)
    with tempfile.TemporaryDirectory(prefix="logos-check-") as scratch, quiet_collector():
        bench = _bench(config, workspace, Path(scratch), most_bars)
        steps = _told(_all_steps(bench, registry, points, Path(scratch), processes), progress)
        for _ in steps:
            pass
        return _report(bench)


def _told(steps: Iterator[str], progress: Progress) -> Iterator[None]:
    done = 0
    for done, step in enumerate(steps):
        progress(done, max(_STEPS, done + 1), step)
        yield
    progress(done + 1, done + 1, "")


def _all_steps(
    bench: Bench, registry: Registry, points: list[EntryPoint], scratch: Path, processes: int
) -> Iterator[str]:
    with _elsewhere(bench, scratch, points, processes) as runs:
        yield from orders.repetition(bench)
        repeatable = not bench.found_by(report.REPETITION)
        if repeatable:
            yield from probes.look_ahead(bench)
            yield from probes.start_moved(bench)
            yield from orders.registration_order(bench, registry, points)
            yield from probes.disturbance(bench)
            yield from orders.each_strategy(bench)
        else:
            bench.notes.append(
                "The config does not answer the same twice in one process, so that nothing else could be compared: "
                "mend that first."
            )
        yield "fresh processes"
        _compare_elsewhere(bench, runs if repeatable else [run for run in runs if run.cut is None])


@contextmanager
def _elsewhere(bench: Bench, scratch: Path, points: list[EntryPoint], processes: int) -> Iterator[list[Elsewhere]]:
    """Start the runs in fresh processes, which work while the others are made here."""
    cuts = probes.cuts_of(bench.plain)
    cut = cuts[len(cuts) * 2 // 3] if cuts else None
    errands: list[tuple[Alteration, int | None, int]] = [(Alteration(), None, 0), (Alteration(), None, 1)]
    errands += [(Alteration(after=cut, how=how), cut, 0) for how in (UP, DOWN) if cut and bench.spaces.in_files]
    runs: list[Elsewhere] = []
    with ExitStack() as stack:
        for number, (alteration, until, surroundings) in enumerate(errands[:processes]):
            place = stack.enter_context(bench.spaces.open(alteration))
            output = scratch / f"elsewhere-{number}.json"
            conditions = bench.conditions(place, cut=until)
            run = begin(place, conditions, SURROUNDINGS[surroundings], output, points)
            stack.callback(run.stop)
            how = f"{run.how}, where the bars after {time_text(until)} were {alteration.how}" if until else run.how
            runs.append(attrs.evolve(run, how=how))
        yield runs


def _compare_elsewhere(bench: Bench, runs: list[Elsewhere]) -> None:
    """Compare the runs in fresh processes: those over other later bars with the first, in the same surroundings.

    A part that keeps what it has read for the whole life of a process never sees the altered files of a later run.
    """
    compared, made = bench.plain.size, 0
    first: Trace | None = None
    for run in runs:
        trace = run.trace()
        if isinstance(trace, str):
            bench.notes.append(f"{report.REPETITION}: a run {run.how} was not possible: {trace}.")
            continue
        made, compared = made + 1, compared + trace.size
        if run.cut is None:
            first = first or trace
            bench.compare(report.REPETITION, trace, run.how)
        elif first is not None:
            bench.compare(report.LOOK_AHEAD, trace, run.how, until=run.cut, plain=first)
    where = f"and in {made} fresh processes, some of them over other later bars" if made else "in no fresh process"
    bench.cover(report.REPETITION, made + 1, compared, f"Everything, a second time in the same process, {where}.")


# -- the plain run -----------------------------------------------------------------------------------------------------


def _bench(config: SessionConfig, workspace: Path, scratch: Path, most: int) -> Bench:
    spaces, lookbacks = _spaces(config, workspace, scratch, most)
    start = None if config.backtest is None else config.backtest.start
    slices: list[Slice] = []
    with spaces.open(Alteration()) as place:
        if not spaces.in_files:
            spaces.end = _end_in_memory(config, workspace, most)
        conditions = Conditions(start=start, end=spaces.end, change=place.change)
        strategies = play_strategies(place.config, place.workspace, conditions, seen=slices)
        _refuse_failed(strategies)
    with spaces.open(Alteration()) as place:
        plain = play(place.config, place.workspace, attrs.evolve(conditions, change=place.change))
        _refuse_failed(plain)
    return Bench(config=config, spaces=spaces, plain=plain, strategies=strategies, slices=slices, lookbacks=lookbacks)


def _spaces(config: SessionConfig, workspace: Path, scratch: Path, most: int) -> tuple[Workspaces, Mapping[Pair, int]]:
    """Return workspaces with bars enough for the longest look-back, and every pair's look-back."""
    spaces = Workspaces(config, workspace, scratch, most=most, before=_BEFORE)
    lookbacks = _lookbacks(config, spaces)
    wanted = 3 * max(lookbacks.values(), default=1) * len(config.symbols)
    if spaces.cut_short and wanted > most:
        spaces = Workspaces(config, workspace, scratch, most=min(wanted, MOST_BARS_OF_ALL), before=_BEFORE)
    return spaces, lookbacks


def _lookbacks(config: SessionConfig, spaces: Workspaces) -> dict[Pair, int]:
    found = {}
    with spaces.open(Alteration()) as place:
        for entry in config.strategies:
            build: Callable[[], object] = strategy_of(place.config, place.workspace, entry)
            for symbol in entry.symbols:
                lookback: object = getattr(build(), "lookback", None)
                valid = isinstance(lookback, int) and lookback >= 1
                found[Pair(strategy=entry.name, symbol=symbol)] = int(lookback) if valid else 1  # type: ignore[call-overload]
    return found


def _end_in_memory(config: SessionConfig, workspace: Path, most: int) -> int | None:
    """Return where to end where the feed's bars come from no files: after so many of them."""
    from logos.assembly.build import assemble  # noqa: PLC0415 - this one is used but here
    from logos.backtest.leaks.running import SilentLog, StoppedClock  # noqa: PLC0415 - the same

    window = config.backtest
    feed = assemble(config, workspace=workspace, clock=StoppedClock(), log=SilentLog()).feed
    try:
        seen = 0
        for bars in feed.slices(None) if not feed.polled else ():
            if window is None or window.start is None or bars.clock > window.start:
                seen += len(bars.bars)
            if seen >= most:
                return bars.clock if window is None or window.end is None else min(bars.clock, window.end)
        return None if window is None else window.end
    finally:
        feed.close()


def _refuse_failed(trace: Trace) -> None:
    if trace.ended == "failed":
        event = trace.events[-1]
        raise PartFailedError(
            f"{event.part} failed at {time_text(event.clock)}: {event.values[0]}",
            hint="The config does not run as it is: mend the plugin first",
        )


def _report(bench: Bench) -> LeakReport:
    plain = bench.plain
    clocks = [clock for clock, _ in plain.slices]
    notes = list(bench.notes)
    if bench.spaces.cut_short:
        notes.append(f"Bars from {time_text(bench.spaces.end or 0)} on were not looked at: a check keeps to a stretch.")
    if bench.spaces.untouched:
        names = ", ".join(bench.spaces.untouched[:5])
        more = f" and {len(bench.spaces.untouched) - 5} more" if len(bench.spaces.untouched) > 5 else ""
        notes.append(f"Bar files too large to be altered, of symbols or intervals not traded: {names}{more}.")
    if not any(event.kind == "fill" for event in plain.events):
        notes.append("Nothing was traded, so that fills, and what follows from them, could not be compared.")
    if plain.ended == "halted":
        notes.append("The run was halted: what comes later was compared for the strategies alone.")
    return LeakReport(
        name=bench.config.session.name,
        config_digest=bench.config.digest,
        first=clocks[0] if clocks else None,
        last=clocks[-1] if clocks else None,
        slices=len(clocks),
        bars=sum(len(bars) for _, bars in plain.slices),
        orders=sum(event.kind == "order" for event in plain.events),
        fills=sum(event.kind == "fill" for event in plain.events),
        ended=plain.ended,
        coverage=tuple(bench.coverage),
        findings=bench.findings,
        notes=tuple(notes),
    )
