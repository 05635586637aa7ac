"""The first bar at which every allocator of a portfolio backtest can decide, so that all are compared over one span."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import attrs

from logos.assembly.build import Assembly, assemble, part_context
from logos.assembly.remarks import own_remarks
from logos.backtest.setup import BacktestSetup
from logos.config.problems import refuse
from logos.domain.errors import ConfigError, InputError
from logos.domain.times import time_text
from logos.live.late_log import LateLog
from logos.portfolio.allocator.seat import PortfolioAllocator
from logos.portfolio.backtest.candidates import Candidate
from logos.portfolio.backtest.request import Request
from logos.portfolio.backtest.translating import placed
from logos.session.machine import SessionParts
from logos.session.rebalancer import watchers_of
from logos.session.rebalancing import RebalancingAllocator
from logos.session.seats import Feed, SymbolReport


@attrs.frozen(kw_only=True)
class CommonStart:
    """Where the traded span of all runs begins.

    Attributes
    ----------
    start:
        Open of the first bar that is traded, in seconds since the epoch, UTC; ``None`` for the first bar of all.
    reason:
        Why, as a whole sentence without its full stop.
    feed:
        The feed that all runs share: its files are read and judged once.
    remarks:
        What the portfolio's own parts find odd about their keys, with path and hint.
    """

    start: int | None
    reason: str
    feed: Feed
    remarks: tuple[str, ...]


def common_start(setup: BacktestSetup, request: Request) -> CommonStart:
    """Return where the runs begin: where the config says, else as soon as all allocators have what they need.

    Raises
    ------
    ConfigError, DataError
        Where a part cannot be built or its data cannot be used.
    InputError
        Where an allocator never has enough.
    """
    candidates = (request.main, *request.benchmarks)
    feed, built = _seated(setup, request, candidates)
    reports = feed.prepare()
    found = partial(CommonStart, feed=feed, remarks=tuple(_remarks(setup, request.main, built[0], reports)))
    window = request.main.config.backtest
    if window is not None and window.start is not None:
        return found(start=window.start, reason="backtest.start says so")
    seats = [one.parts for one in built]
    waiting = {one.name: parts for one, parts in zip(candidates, seats, strict=True) if not _is_ready(parts)}
    if not waiting:
        return found(start=None, reason="no allocator needs bars from before it")
    interval = request.main.config.interval
    for bars in feed.slices(None):
        if window is not None and window.end is not None and bars.clock >= window.end + interval:
            break
        for parts in waiting.values():
            for watcher in watchers_of(parts):
                watcher.watch(bars.bars)
        still = {name: parts for name, parts in waiting.items() if not _is_ready(parts)}
        if not still:
            feed.close()  # its slices begin anew
            return found(start=bars.clock - interval, reason=_reason(list(waiting)))
        waiting = still
    name, parts = next(iter(waiting.items()))
    raise _too_short(request, name, parts, reports)


def span_text(common: CommonStart, waited: Iterable[tuple[str, int]]) -> str:
    """Return where the runs begin and why, and since when those have weights that begin without.

    Parameters
    ----------
    waited:
        Each run that had no weights at its first bar: the name, and the time of its first ones.
    """
    at = "the first bar" if common.start is None else time_text(common.start)
    text = f"All runs trade from {at} on: {common.reason}"
    late = ", ".join(f"{name} has weights from {time_text(first)} on" for name, first in waited)
    return f"{text}. A run without enough history holds cash: {late}" if late else text


def _reason(last: Sequence[str]) -> str:
    """Say who had to be waited for."""
    names = ", ".join(last[:-1])
    who = f"{names} and {last[-1]} have" if names else f"{last[0]} has"
    return f"from that bar on {who} enough history, and the bars before it are only looked at"


def _seated(setup: BacktestSetup, request: Request, candidates: Sequence[Candidate]) -> tuple[Feed, list[Assembly]]:
    """Build the parts of every candidate on one feed; what is wrong with any is told at the place where it stands."""
    feed = setup.feed
    seats: list[Assembly] = []
    problems = []
    for one in candidates:
        try:
            assembly = assemble(one.config, workspace=setup.workspace, clock=setup.clock, log=LateLog(), feed=feed)
        except ConfigError as error:
            problems += [request.placed(problem, one) for problem in error.problems]
            continue
        feed = assembly.feed
        seats.append(assembly)
    if problems or feed is None:
        refuse(request.source, list(dict.fromkeys(problems)))
    if feed.polled:
        raise InputError(
            f"the feed {request.main.config.feed.name} polls for bars, and a backtest needs recorded ones",
            hint="Name a feed that replays files: feed: {plugin: replay, path: data/cache, …}",
        )
    return feed, seats


def _remarks(
    setup: BacktestSetup, main: Candidate, assembly: Assembly, reports: Sequence[SymbolReport]
) -> Iterator[str]:
    context = part_context(main.config, workspace=setup.workspace, clock=setup.clock, log=LateLog())
    for problem in own_remarks(main.config, assembly, context, reports):
        yield str(placed(problem, main.places))


def _is_ready(parts: SessionParts) -> bool:
    allocator = parts.allocator
    return not isinstance(allocator, RebalancingAllocator) or allocator.ready


def _too_short(request: Request, name: str, parts: SessionParts, reports: Sequence[SymbolReport]) -> InputError:
    allocator = parts.allocator
    obstacle = allocator.obstacle if isinstance(allocator, PortfolioAllocator) else None
    if obstacle is not None:
        return InputError(f"{name} can never decide: {obstacle.message}", hint=obstacle.hint)
    found = min(reports, key=lambda report: (report.bars, report.symbol))
    most = max(reports, key=lambda report: (report.bars, report.symbol))
    first, last = (time_text(at) if at is not None else "no bar" for at in (most.first, most.last))
    return InputError(
        f"{name} never has enough history to decide: the bars run from {first} to {last}, "
        f"{found.symbol} has {found.bars:,} of {request.main.config.interval_text}",
        hint="Fetch more bars, or make portfolio.lookback or portfolio.min_history smaller",
    )
