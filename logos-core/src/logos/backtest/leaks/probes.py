"""The probes that change the bars: other ones later on, none before, others for other symbols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logos.backtest.leaks import report
from logos.backtest.leaks.altering import DOWN, FROM_THE_START, MISSING, UP, Alteration
from logos.backtest.leaks.bench import Bench
from logos.backtest.leaks.recording import pair_text, strategy_text
from logos.backtest.leaks.trace import Divergence, Event, Trace, Values, event_divergence, signal_divergence
from logos.domain.times import SECONDS_A_DAY, time_text
from logos.session.seats import Pair

_EVEN, _AT_EVENTS = 3, 4


# -- look-ahead --------------------------------------------------------------------------------------------------------


def look_ahead(bench: Bench) -> Iterator[str]:
    """Replace everything after some slices by garbage, or leave it out; nothing up to them may move."""
    cuts = cuts_of(bench.plain)
    runs = compared = 0
    for number, cut in enumerate(cuts):
        for how in (UP, DOWN, MISSING) if number % 3 == 0 else (UP, DOWN):
            yield f"bars after {time_text(cut)} {how}"
            told = f"where the bars after {time_text(cut)} were {how}"
            trace = bench.run(Alteration(after=cut, how=how), report.LOOK_AHEAD, told, cut=cut)
            if trace is not None:
                runs += 1
                compared += trace.size
                bench.compare(report.LOOK_AHEAD, trace, told, until=cut)
    files = (
        "and so were the bar files that parts can read by themselves"
        if bench.spaces.in_files
        else "in memory only, since the feed reads no bar files: what parts read by the side was not altered"
    )
    bench.cover(
        report.LOOK_AHEAD,
        runs,
        compared,
        f"Bars, signals, targets, differences, guards' objections, orders, fills and account rows up to {len(cuts)} "
        f"slices, spread evenly and right after signals and fills. The later bars were altered, {files}.",
    )


def cuts_of(plain: Trace) -> list[int]:
    """Return the clocks to cut after: evenly spread, and where a signal changes or an order fills."""
    clocks = [clock for clock, _ in plain.slices][:-1]
    if not clocks:
        return []
    even = {clocks[len(clocks) * part // (_EVEN + 1)] for part in range(1, _EVEN + 1)}
    changes = sorted({clock for answers in plain.signals.values() for clock in _changes(answers)} & set(clocks))
    fills = sorted({event.clock for event in plain.events if event.kind == "fill"} & set(clocks))
    return sorted({*even, *_spread(changes, _AT_EVENTS), *_spread(fills, _AT_EVENTS)})


def _changes(answers: Sequence[tuple[int, Values]]) -> Iterator[int]:
    before: object = None
    for clock, values in answers:
        value = values[0] if values else None
        if value != before:
            yield clock
        before = value


def _spread(items: Sequence[int], count: int) -> list[int]:
    """Return some items, spread evenly; the first one is always among them."""
    return list(items) if len(items) <= count else [items[len(items) * part // count] for part in range(count)]


# -- another start -----------------------------------------------------------------------------------------------------


def start_moved(bench: Bench) -> Iterator[str]:
    """Start later, without the earlier bars; once they have seen their look-back, strategies must answer the same."""
    starts = starts_of(bench)
    runs = compared = 0
    targets = False
    for opened in starts:
        yield f"start at {time_text(opened)}"
        how = f"where the run started at {time_text(opened)} and had no earlier bars"
        trace = bench.run(Alteration(drop_before=opened), report.START_MOVED, how, start=opened)
        if trace is None:
            continue
        runs += 1
        for pair, lookback in bench.lookbacks.items():
            compared += _compare_answers(bench, pair, trace, how, lookback)
        if not (bench.plain.reads_account or trace.reads_account):
            targets = True
            compared += _compare_targets(bench, trace, how)
    allocator = (
        "The allocator's targets too, for the same signals at the same clock, since it does not look at the account."
        if targets
        else "Not the allocator, which looks at the account, where that is another one."
    )
    bench.cover(
        report.START_MOVED,
        runs,
        compared,
        f"Each strategy's signals from its first full look-back on. {allocator} Guards, the position manager and fills "
        "depend on the account, and are not compared here.",
    )


def starts_of(bench: Bench) -> list[int]:
    """Return the open times to start at: the second bar, one look-back in, the next day, and a third of the way in."""
    interval = bench.config.interval
    opens = [clock - interval for clock, _ in bench.plain.slices]
    lookback = max(bench.lookbacks.values(), default=1)
    places = {1, lookback, len(opens) // 3}
    day = opens[0] // SECONDS_A_DAY if opens else 0
    places.add(next((index for index, opened in enumerate(opens) if opened // SECONDS_A_DAY != day), 1))
    return [opens[place] for place in sorted(places) if 0 < place < len(opens) - 1]


def _compare_answers(bench: Bench, pair: Pair, trace: Trace, how: str, lookback: int) -> int:
    part = strategy_text(pair)
    plain = bench.strategies.signals[part]
    place = {clock: index for index, (clock, _) in enumerate(plain)}
    answers = trace.signals.get(part, [])[lookback - 1 :]
    for clock, values in answers:
        index = place.get(clock)
        if index is None:
            continue
        expected = plain[index]
        changes = index == 0 or plain[index - 1][1][:1] != expected[1][:1]
        fields = None if changes else 1
        if expected[1][:fields] != values[:fields]:
            bench.note(report.START_MOVED, signal_divergence(part, expected, (clock, values)), how)
            break
    return len(answers)


def _compare_targets(bench: Bench, trace: Trace, how: str) -> int:
    """Compare the targets that both runs asked for with the same signal at the same clock."""
    plain = {(event.clock, event.subject): event for event in _targets(bench.plain)}
    compared = 0
    lookback = {pair_text(pair): count for pair, count in bench.lookbacks.items()}
    seen = {
        pair_text(pair): {clock for clock, _ in trace.signals.get(strategy_text(pair), [])[count - 1 :]}
        for pair, count in bench.lookbacks.items()
    }
    for event in _targets(trace):
        expected = plain.get((event.clock, event.subject))
        if expected is None or expected.values[0] != event.values[0] or event.subject not in lookback:
            continue
        if event.clock in seen[event.subject]:
            compared += 1
            if expected != event:
                bench.note(report.START_MOVED, event_divergence(expected, event), how)
    return compared


def _targets(trace: Trace) -> Iterator[Event]:
    return (event for event in trace.events if event.kind == "target")


# -- other symbols -----------------------------------------------------------------------------------------------------


def disturbance(bench: Bench) -> Iterator[str]:
    """Change the bars of other symbols, and ask each strategy alone; its signals must stay."""
    runs = compared = 0
    for group in _groups(bench.config.symbols):
        names = ", ".join(sorted(group)) if len(group) <= 4 else f"{len(group)} other symbols"
        yield f"other bars of {names}"
        how = f"where the bars of {names} were others"
        alteration = Alteration(after=FROM_THE_START, how=UP, symbols=group)
        trace = bench.run_strategies(alteration, report.DISTURBANCE, how)
        if trace is not None:
            runs += 1
            compared += _compare_undisturbed(bench, trace, group, how)
    bench.cover(
        report.DISTURBANCE,
        runs,
        compared,
        "Signals of each strategy where the bars of the other symbols were others. That each answers the same alone, "
        "and beside an instance that sees other bars, is counted under the array form."
        if runs
        else "There is one symbol only; each strategy was asked alone.",
    )


def _groups(symbols: Sequence[str]) -> list[frozenset[str]]:
    """Return groups such that, for any two symbols, one group has the first and not the second."""
    return [
        frozenset(symbol for place, symbol in enumerate(symbols) if place >> bit & 1 == wanted)
        for bit in range((len(symbols) - 1).bit_length())
        for wanted in (0, 1)
    ]


def _compare_undisturbed(bench: Bench, trace: Trace, group: frozenset[str], how: str) -> int:
    compared = 0
    failure = next((event for event in trace.events if event.kind == "failure"), None)
    for pair in bench.lookbacks:
        if pair.symbol in group:
            continue
        part = strategy_text(pair)
        ours, theirs = bench.strategies.signals[part], trace.signals[part]
        compared += len(theirs)
        for one, other in zip(ours, theirs, strict=False):
            if one != other:
                bench.note(report.DISTURBANCE, signal_divergence(part, one, other), how)
                break
        if failure is not None and failure.part == part:
            bench.note(report.DISTURBANCE, failed(failure), how)
    return compared


def failed(event: Event) -> Divergence:
    """Return that a part failed which did not in the plain run."""
    return event_divergence(None, event)
