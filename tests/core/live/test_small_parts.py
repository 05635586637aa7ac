"""The tally, the late log and the watch."""

from __future__ import annotations

import json
import signal
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.live.late_log import LateLog
from logos.live.tally import Tally, add
from logos.live.watch import DEFAULT_KILL_FILE, Watch
from logos.testing.contexts import RecordingLog

COUNTS = st.dictionaries(st.text(max_size=5), st.integers(0, 99), max_size=5)


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.lists(st.text(max_size=5), max_size=3), st.integers(0, 10**8))
def test_a_tally_comes_back_from_json_as_it_was(statuses, codes, blocks, fills, cleared, drawdown) -> None:
    tally = Tally(statuses, codes, blocks, {"max_notional": "too large"}, fills, cleared, drawdown)
    assert Tally.restored(json.loads(json.dumps(tally.snapshot()))) == tally


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
