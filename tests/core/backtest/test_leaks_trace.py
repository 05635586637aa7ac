"""Two runs are compared in the order of work: what is named is where they part ways, not what follows from it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.backtest.leaks.meanings import meaning_of
from logos.backtest.leaks.probes import _groups, cuts_of
from logos.backtest.leaks.report import PROBES
from logos.backtest.leaks.trace import Event, Trace, divergences

FEED = "feed replay"
PAIR = "strategy trend on AAA"
OTHER = "strategy trend on BBB"
LONG = (10**8, "market", None, None, "gtc")
FLAT = (0, "market", None, None, "gtc")


def event(clock: int, kind: str, part: str, *values: int | str | None, subject: str = "") -> Event:
    return Event(clock, kind, part, subject, values)


def run() -> Trace:
    """Return a run of six slices in which a signal leads to a target, an order and a fill."""
    return Trace(
        slices=[(60 * n, (("AAA", 60 * n - 60, 10, 11, 9, 10 + n, 100),)) for n in range(1, 7)],
        signals={
            PAIR: [(60 * n, LONG if n > 2 else FLAT) for n in range(1, 7)],
            OTHER: [(60 * n, FLAT) for n in range(1, 7)],
        },
        events=[
            event(60, "account", "the account", *range(9)),
            event(180, "target", "allocator equal_weight", 10**8, "1/2", None, subject="trend on AAA"),
            event(180, "difference", "position manager targets", 5, subject="trend on AAA"),
            event(180, "order", "the orders", "buy", "market", "gtc", 5, None, None, 13, "", subject="order 1"),
            event(240, "fill", "fills of broker paper", 180, 5, 14, "taker", 700, 1, subject="order 1"),
            event(240, "account", "the account", *range(9)),
        ],
    )


def parts(other: Trace, until: int | None = None) -> list[tuple[str, int]]:
    return [(each.part, each.clock) for each in divergences(run(), other, feed=FEED, until=until)]


def changed(change: Callable[[Trace], None]) -> Trace:
    trace = run()
    change(trace)
    return trace


def swap(trace: Trace, index: int, *values: int | str | None) -> None:
    trace.events[index] = trace.events[index]._replace(values=values)


def test_equal_runs_do_not_part_ways() -> None:
    assert parts(run()) == []


def test_a_bar_that_differs_hides_what_follows_from_it() -> None:
    def change(trace: Trace) -> None:
        trace.slices[2] = (180, (("AAA", 120, 10, 11, 9, 99, 100),))
        trace.signals[PAIR][2] = (180, FLAT)
        swap(trace, 4, 180, 5, 15, "taker", 750, 1)

    (found,) = divergences(run(), changed(change), feed=FEED)
    assert (found.part, found.clock, found.subject) == (FEED, 180, "AAA")
    assert (found.expected, found.found) == ("close 13", "close 99")


def test_a_signal_that_differs_hides_later_fills_and_not_other_strategies() -> None:
    def change(trace: Trace) -> None:
        trace.signals[PAIR][2] = (180, FLAT)
        trace.signals[OTHER][4] = (300, LONG)
        swap(trace, 4, 180, 5, 15, "taker", 750, 1)

    assert parts(changed(change)) == [(PAIR, 180), (OTHER, 300)]


def test_an_earlier_target_is_named_beside_a_later_signal() -> None:
    def change(trace: Trace) -> None:
        trace.signals[OTHER][4] = (300, LONG)
        swap(trace, 1, 10**8, "1/3", None)

    assert parts(changed(change)) == [("allocator equal_weight", 180), (OTHER, 300)]


def test_the_values_that_differ_are_told_and_no_others() -> None:
    (found,) = divergences(run(), changed(lambda trace: swap(trace, 4, 180, 5, 15, "taker", 750, 1)), feed=FEED)
    assert (found.part, found.subject) == ("fills of broker paper", "order 1")
    assert (found.expected, found.found) == ("price in ticks 14, value 700", "price in ticks 15, value 750")


def test_a_veto_that_only_one_run_has_is_the_guards() -> None:
    veto = event(180, "veto", "guard exposure", "too much", subject="order 1")
    (found,) = divergences(run(), changed(lambda trace: trace.events.insert(3, veto)), feed=FEED)
    assert (found.part, found.expected, found.found) == ("guard exposure", "nothing", "reason too much")
    (found,) = divergences(changed(lambda trace: trace.events.insert(3, veto)), run(), feed=FEED)
    assert (found.part, found.expected, found.found) == ("guard exposure", "reason too much", "nothing")


def test_what_comes_after_the_cut_is_not_compared() -> None:
    def change(trace: Trace) -> None:
        trace.slices[4] = (300, ())
        swap(trace, 4, 180, 5, 15, "taker", 750, 1)

    assert parts(changed(change), until=239) == []
    assert parts(changed(change), until=240) == [("fills of broker paper", 240)]


def test_a_run_that_was_halted_early_is_no_fault_of_the_feed() -> None:
    def halt(trace: Trace) -> None:
        trace.slices[4:] = []
        trace.signals[PAIR][3:] = []
        trace.events.append(event(240, "halt", "guard drawdown", "too deep"))
        trace.ended = "halted"

    assert parts(changed(halt)) == [("guard drawdown", 240)]


def test_a_feed_that_ends_early_is_named() -> None:
    def end(trace: Trace) -> None:
        trace.slices[4:] = []
        trace.signals[PAIR][4:] = []

    assert parts(changed(end)) == [(FEED, 300)]


def test_a_part_that_fails_in_one_run_is_named() -> None:
    def fail(trace: Trace) -> None:
        trace.signals[PAIR][2:] = []
        trace.slices[3:] = []
        trace.events[1:] = [event(180, "failure", PAIR, "IndexError: no bar")]
        trace.ended = "failed"

    assert parts(changed(fail)) == [(PAIR, 180)]


def test_a_trace_comes_back_from_json() -> None:
    trace = changed(lambda one: one.signals.__setitem__(OTHER, [(60, ()), (120, LONG)]))
    assert Trace.from_json(json.loads(json.dumps(trace.to_json()))) == trace
    assert trace.size == 6 + 6 + 6 + 2


def test_cuts_lie_before_the_end_and_right_after_changes_and_fills() -> None:
    cuts = cuts_of(run())
    assert cuts == sorted(set(cuts))
    assert {180, 240} <= set(cuts)
    assert max(cuts) < 360
    assert cuts_of(Trace()) == []


@given(st.integers(1, 40))
def test_groups_keep_any_two_symbols_apart_both_ways(count: int) -> None:
    symbols = [f"S{number:02d}" for number in range(count)]
    groups = _groups(symbols)
    assert len(groups) <= 2 * count.bit_length()
    for one in symbols:
        for other in symbols:
            assert one == other or any(one in group and other not in group for group in groups)


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("part", [PAIR, "allocator x", "guard x", "position manager x", "fills of broker x", "feed x"])
def test_every_finding_has_a_meaning_in_whole_sentences(probe: str, part: str) -> None:
    meaning = meaning_of(probe, part)
    assert meaning[0].isupper()
    assert meaning.endswith(".")
