"""What an allocator would hold at a moment, asked once, from cash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import attrs

from logos.assembly.build import Assembly, assemble
from logos.config.problems import refuse
from logos.context.clock import SystemClock
from logos.domain.bars import Bar
from logos.domain.errors import ConfigError, InputError, part_at_work
from logos.domain.money import RATIO_ONE, divide_half_even, text_of
from logos.domain.orders import LONG
from logos.domain.times import SECONDS_A_DAY, parse_time, time_text
from logos.live.late_log import LateLog
from logos.portfolio.backtest.candidates import Candidate
from logos.portfolio.backtest.request import Request
from logos.session.rebalancer import warm_watchers, watchers_of
from logos.session.rebalancing import Rebalance, RebalancingAllocator
from logos.session.seats import PairSignal, SymbolReport


@attrs.frozen(kw_only=True)
class Line:
    """One symbol. Ratios are shares of equity and of the expected variance; ``value`` is money as decimal text.

    Attributes
    ----------
    last_close:
        When its last bar closed, in seconds since the epoch, UTC; ``None`` where it has none.
    """

    symbol: str
    weight: float
    risk: float | None
    value: str
    last_close: int | None


@attrs.frozen(kw_only=True)
class Weighing:
    """What an allocator would hold.

    Attributes
    ----------
    at:
        The close of the last bar that counts, in seconds since the epoch, UTC.
    volatility:
        Expected, a year, as a share of equity; ``None`` where the allocator has no model of risk.
    invested:
        The sum of the absolute weights, as a share of equity.
    net:
        The sum of the weights, short ones being negative, as a share of equity.
    """

    allocator: str
    at: int
    method: str
    currency: str
    volatility: float | None
    invested: float
    net: float
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def weigh(request: Request, *, workspace: Path, at: str) -> Weighing:
    """Ask the portfolio's allocator once.

    Parameters
    ----------
    workspace:
        Where relative paths of the config start from.
    at:
        An ISO-8601 time with an offset, or a date for the end of that day in UTC; empty for the last bar.

    Raises
    ------
    ConfigError, DataError
        Where a part cannot be built or its data cannot be used.
    InputError
        Where no bar has closed by then, or the history is too short.
    """
    main = request.main
    assembly = _assembled(request, main, workspace)
    feed, interval = assembly.feed, main.config.interval
    try:
        reports = feed.prepare()
        until = _until(at, reports, interval)
        last = {symbol: bars[-1] for symbol in main.config.symbols if (bars := feed.history(symbol, 1, until))}
        if not last:
            raise InputError(
                f"no bar has closed by {time_text(until)}", hint="Name a later time, or leave --at out for the last bar"
            )
        symbols = sorted({state.pair.symbol for state in assembly.parts.pairs})
        warm_watchers(watchers_of(assembly.parts), symbols, lambda symbol, count: feed.history(symbol, count, until))
    finally:
        feed.close()
    assembly.parts.books.mark_to_market(last.values())
    clock = max(bar.timestamp for bar in last.values()) + interval
    return _told(main, assembly, last, _asked(main, assembly, last, clock), clock)


def _assembled(request: Request, main: Candidate, workspace: Path) -> Assembly:
    try:
        assembly = assemble(main.config, workspace=workspace, clock=SystemClock(), log=LateLog())
    except ConfigError as error:
        refuse(request.source, [request.placed(problem, main) for problem in error.problems])
    if assembly.feed.polled:
        raise InputError(
            f"the feed {main.config.feed.name} polls for bars, and weights are told from recorded ones",
            hint="Name a feed that replays files: feed: {plugin: replay, path: data/cache, …}",
        )
    return assembly


def _until(at: str, reports: Sequence[SymbolReport], interval: int) -> int:
    if not at:
        return max(report.last for report in reports if report.last is not None) + interval
    try:
        if len(at) == len("2024-03-07"):
            return parse_time(f"{at}T00:00:00Z") + SECONDS_A_DAY
        return parse_time(at)
    except InputError as error:
        raise InputError(
            f"--at is {at!r}, which is no time", hint="Write it like 2024-03-07T21:00:00Z, or as a date"
        ) from error


def _asked(
    main: Candidate, assembly: Assembly, last: Mapping[str, Bar], clock: int
) -> tuple[list[PairSignal], Rebalance]:
    """Return what was shown to the allocator and what it wants; one without a schedule just names targets."""
    allocator, books = assembly.parts.allocator, assembly.parts.books
    signals = [
        PairSignal(pair=state.pair, instrument=state.instrument, signal=LONG)
        for state in assembly.parts.pairs
        if state.pair.symbol in last
    ]
    if not isinstance(allocator, RebalancingAllocator):
        with part_at_work("the allocator"):
            return signals, Rebalance(targets=allocator.targets(signals, books), method=main.config.allocator.name)
    if not allocator.ready:
        raise InputError(
            f"{main.name} has too little history at {time_text(clock)} to decide",
            hint="Fetch more bars, name a later time, or make portfolio.lookback or portfolio.min_history smaller",
        )
    with part_at_work("the allocator"):
        return signals, allocator.rebalance(signals, books)


def _told(
    main: Candidate,
    assembly: Assembly,
    last: Mapping[str, Bar],
    answer: tuple[list[PairSignal], Rebalance],
    clock: int,
) -> Weighing:
    signals, wanted = answer
    weights = _weights(main, signals, wanted)
    books = assembly.parts.books
    return Weighing(
        allocator=main.name,
        at=clock,
        method=wanted.method,
        currency=books.currency,
        volatility=None if wanted.volatility is None else wanted.volatility / RATIO_ONE,
        invested=float(sum(abs(weight) for weight in weights.values())),
        net=float(sum(weights.values())),
        lines=tuple(_lines(assembly, weights, wanted, last, main.config.interval)),
        notes=wanted.notes,
    )


def _weights(main: Candidate, signals: Sequence[PairSignal], wanted: Rebalance) -> dict[str, Fraction]:
    """Return the weight of each symbol, all pairs of it together."""
    weights: dict[str, Fraction] = {}
    for one, target in zip(signals, wanted.targets, strict=True):
        if target.weight is None:
            raise InputError(
                f"{main.name} names quantities, and no weights", hint="Name an allocator that weighs, such as hrp"
            )
        weights[one.pair.symbol] = weights.get(one.pair.symbol, Fraction(0)) + target.weight
    return weights


def _lines(
    assembly: Assembly, weights: Mapping[str, Fraction], wanted: Rebalance, last: Mapping[str, Bar], interval: int
) -> Iterator[Line]:
    books = assembly.parts.books
    for symbol in sorted({state.pair.symbol for state in assembly.parts.pairs}):
        weight, risk = weights.get(symbol, Fraction(0)), wanted.risk.get(symbol)
        value = weight * books.equity
        yield Line(
            symbol=symbol,
            weight=float(weight),
            risk=None if risk is None else risk / RATIO_ONE,
            value=text_of(divide_half_even(value.numerator, value.denominator), books.decimals),
            last_close=last[symbol].timestamp + interval if symbol in last else None,
        )
