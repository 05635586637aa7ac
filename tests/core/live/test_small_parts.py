"""The tally, the late log and the watch."""

from __future__ import annotations

import json
import signal
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.live.late_log import LateLog
from logos.live.tally import KEPT_CAUSES, KEPT_KINDS, SpokenAnswer, SpokenCause, Tally, VenueAnswers, add, spoke
from logos.live.watch import DEFAULT_KILL_FILE, Watch
from logos.testing.contexts import RecordingLog

COUNTS = st.dictionaries(st.text(max_size=5), st.integers(0, 99), max_size=5)


SAID = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 99), st.text(max_size=5)), max_size=30)


@given(COUNTS, COUNTS, SAID, SAID, st.lists(st.text(max_size=5), max_size=3), st.integers(0, 10**8))
def test_a_tally_comes_back_from_json_as_it_was(statuses, codes, blocks, halts, cleared, drawdown) -> None:
    tally = Tally(statuses=statuses, codes=codes, cleared=cleared, max_drawdown=drawdown)
    for said, causes in ((tally.blocks, blocks), (tally.halts, halts)):
        for guard, number, reason in causes:
            spoke(said, guard, 60 * number, number, reason)
    assert Tally.restored(json.loads(json.dumps(tally.snapshot()))) == tally


def test_a_guard_that_never_stops_speaking_is_counted_and_takes_no_more_room() -> None:
    tally = Tally()
    for number in range(1, 100_001):
        spoke(tally.blocks, "max_notional", number, number, f"notional {number} is too large")
    said = tally.blocks["max_notional"]
    assert said.count == 100_000
    assert [cause.order_id for cause in said.first] == list(range(1, KEPT_CAUSES + 1))
    assert said.last == SpokenCause(100_000, 100_000, "notional 100000 is too large")
    assert len(json.dumps(tally.snapshot())) < 2_000


NOTIONAL = "-1013 Filter failure: NOTIONAL: value {} is below the least 5: order more"


def test_a_venue_with_endless_answers_is_counted_by_kind_and_takes_no_more_room() -> None:
    said = VenueAnswers()
    for number in range(1, 1_001):
        said.add(3 * number - 2, NOTIONAL.format(number))
        said.add(3 * number - 1, f"answer {'x' * (number % 70)}")
        said.add(3 * number, "would accept")
    assert said.kinds["-1013 Filter failure: NOTIONAL"] == SpokenAnswer(1_000, 1, NOTIONAL.format(1))
    assert said.kinds["would accept"] == SpokenAnswer(1_000, 3, "would accept")
    assert (said.would_accept, said.would_refuse) == (1_000, 2_000)
    assert said.first_refused == f"order 1: {NOTIONAL.format(1)}"
    assert sum(one.orders for one in said.kinds.values()) == 3_000
    assert len(said.kinds) == KEPT_KINDS + 1
    tally = Tally(venue=said)
    assert Tally.restored(json.loads(json.dumps(tally.snapshot()))) == tally


def test_an_order_that_breaks_two_rules_counts_in_both_and_once_in_each() -> None:
    said = VenueAnswers()
    short = "42210000 fractional orders cannot be sold short: sell 1 instead of 1.5"
    day = "42210000 fractional orders must be DAY orders: order 1.5 with day instead of gtc, or whole shares"
    said.add(7, f"{short}; {day}; {day}")
    assert said.would_refuse == 1
    assert said.kinds == {
        "42210000 fractional orders cannot be sold short": SpokenAnswer(1, 7, short),
        "42210000 fractional orders must be DAY orders": SpokenAnswer(1, 7, day),
    }


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        ("would accept", "would accept"),
        ("would accept: quantity 0.02 for 0.020005", "would accept: quantity"),
        ("would refuse: 40310000 cost basis must be >= 10 (it is 3)", "would refuse: 40310000 cost basis must be >="),
        (
            "40310000 insufficient qty available for order (requested: 5, available: 3): sell 3 first",
            "40310000 insufficient qty available for order",
        ),
        ("LOT_SIZE: quantity 3 is no multiple of 2", "LOT_SIZE"),
        ('42210000 asset "2X" is not active: leave it out', '42210000 asset "2X" is not active'),
        ("EGeneral:Invalid arguments:volume", "EGeneral:Invalid arguments:volume"),
    ],
)
def test_the_kind_of_an_answer_is_its_code_and_its_rule(outcome: str, kind: str) -> None:
    said = VenueAnswers()
    said.add(1, outcome)
    assert list(said.kinds) == [kind]


@given(st.permutations(["b", "a", "c", "a"]))
def test_a_snapshot_of_a_tally_does_not_depend_on_what_was_counted_first(keys) -> None:
    tally = Tally()
    for key in keys:
        add(tally.codes, key)
    assert json.dumps(tally.snapshot()["codes"]) == '{"a": 2, "b": 1, "c": 1}'


def test_what_is_logged_before_there_is_a_log_comes_first_and_once() -> None:
    late, log = LateLog(), RecordingLog()
    late.info("one", value=1)
    late.warning("two")
    late.bind(log)
    late.error("three")
    late.debug("four")
    assert log.lines == [
        ("info", "one", {"value": 1}),
        ("warning", "two", {}),
        ("error", "three", {}),
        ("debug", "four", {}),
    ]


def test_the_operator_hears_of_a_wait_until_the_session_runs() -> None:
    told: list[str] = []
    late = LateLog(told.append)
    late.bind(RecordingLog())
    late.warning("short_history", symbol="AAA-USD")
    late.warning("poll_retried", error="ccxt:binance: it failed", after_seconds=2.4)
    late.runs()
    late.warning("poll_retried", error="ccxt:binance: it failed", after_seconds=5)
    assert told == ["ccxt:binance: it failed; trying again in 2 s"]


def test_what_several_threads_log_is_kept_whole_and_each_in_its_order() -> None:
    late, log, begun = LateLog(), RecordingLog(), threading.Barrier(5)

    def speak(name: int) -> None:
        begun.wait()
        for number in range(300):
            late.info(str(name), number=number)

    threads = [threading.Thread(target=speak, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    late.bind(log)
    for thread in threads:
        thread.join()
    for name in range(4):
        assert [values["number"] for _, event, values in log.lines if event == str(name)] == list(range(300))


def test_without_a_kill_file_nothing_is_asked_for(tmp_path) -> None:
    watch = Watch(tmp_path, ("stop/NOW",))
    watch.look(0)
    assert (watch.kill, watch.pause) == ("", False)


@pytest.mark.parametrize("name", [DEFAULT_KILL_FILE, "stop/NOW"])
def test_each_kill_file_is_named_as_the_config_names_it(tmp_path, name) -> None:
    watch = Watch(tmp_path, ("stop/NOW",))
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).touch()
    watch.look(0)
    assert watch.kill == f"the kill file {name} is there; remove it before the next session"


def test_of_several_kill_files_the_first_is_named(tmp_path) -> None:
    watch = Watch(tmp_path, ("STOP", "HALT"))
    for name in ("STOP", "HALT"):
        (tmp_path / name).touch()
    watch.look(0)
    watch.look(0)
    assert "STOP" in watch.kill


def test_a_kill_file_once_seen_is_obeyed_though_it_goes_away(tmp_path) -> None:
    watch = Watch(tmp_path, ())
    kill = tmp_path / DEFAULT_KILL_FILE
    kill.parent.mkdir(parents=True)
    kill.touch()
    watch.look(0)
    kill.unlink()
    watch.look(0)
    assert watch.kill


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_for_a_pause_and_a_second_interrupt_ends_at_once(tmp_path, number) -> None:
    watch = Watch(tmp_path, ())
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with watch.signals():
        signal.raise_signal(number)
        assert watch.pause
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
