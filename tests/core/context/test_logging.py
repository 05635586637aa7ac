from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from logos.context.logging import LogFile, open_session_log
from logos.context.secrets import Secret, Secrets


class FixedClock:
    def now(self):
        return 1_767_225_600

    def monotonic(self):
        return 0.0

    def sleep(self, seconds):
        raise AssertionError("a log does not wait")


@pytest.fixture
def paths(tmp_path):
    return tmp_path / "session" / "logs" / "run.log", tmp_path / "logos" / "logs" / "live.log"


@pytest.fixture
def log(paths):
    log = open_session_log(*paths, FixedClock(), session_id="s-1")
    yield log
    log.close()


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def raised(message):
    with pytest.raises(ValueError, match=message) as caught:
        int_of(message)
    return caught.value


def int_of(message):
    raise ValueError(message)


def test_a_line_reaches_both_files_at_once_with_the_clocks_time_and_the_session(log, paths):
    log.warning("order_blocked", symbol="BTC-USD", guards=["exposure"])

    expected = {
        "event": "order_blocked",
        "level": "warning",
        "timestamp": "2026-01-01T00:00:00Z",
        "session_id": "s-1",
        "symbol": "BTC-USD",
        "guards": ["exposure"],
    }
    assert [lines(path) for path in paths] == [[expected], [expected]]


def test_debug_lines_are_kept_only_at_that_level(log, paths):
    log.debug("detail")
    log.info("seen")

    assert [line["event"] for line in lines(paths[0])] == ["seen"]


def test_secrets_reach_no_file(log, paths, known):
    known.add("hunter2x")
    Secrets({"ACME": "later-secret"}).get("ACME")
    log.info(
        "call", api_key="abc", url="https://v.example/?token=abc", note="hunter2x and later-secret", s=Secret("zzz")
    )
    log.error("failed", exc_info=raised("refused hunter2x with password=abc"))

    text = paths[0].read_text() + paths[1].read_text()
    for secret in ("hunter2x", "later-secret", "abc", "zzz"):
        assert secret not in text


def test_an_exception_is_kept_with_its_traceback(log, paths):
    log.error("failed", exc_info=raised("no such bar"))

    (line,) = lines(paths[0])
    assert "ValueError: no such bar" in line["exception"]
    assert "Traceback" in line["exception"]


def test_percent_signs_and_line_breaks_stay_one_line(log, paths):
    log.info("100 %s\nsecond", value="%d\u2028")

    (line,) = lines(paths[0])
    assert (line["event"], line["value"]) == ("100 %s\nsecond", "%d\u2028")


def test_lines_of_several_threads_are_whole_and_each_in_its_order(log, paths):
    begun = threading.Barrier(4)

    def speak(name):
        begun.wait()
        for number in range(200):
            log.info("polled", who=name, number=number)

    threads = [threading.Thread(target=speak, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path in paths:
        told = lines(path)
        for name in range(4):
            assert [line["number"] for line in told if line["who"] == name] == list(range(200))


def test_what_a_thread_logs_after_the_end_is_dropped(log, paths):
    log.info("one")
    log.close()
    log.info("two")
    assert [line["event"] for line in lines(paths[0])] == ["one"]
    assert log.lost == 0


def test_a_file_rotates_and_keeps_the_older_lines(tmp_path):
    file = LogFile(tmp_path / "run.log", 100)
    for number in range(10):
        file.line(f"line {number} " + "x" * 30)
    file.close()

    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["run.log", "run.log.1", "run.log.2", "run.log.3"]
    assert "line 9" in (tmp_path / "run.log").read_text()


def test_a_file_that_another_process_has_rotated_is_followed(tmp_path):
    path = tmp_path / "live.log"
    file = LogFile(path, 10_000)
    file.line("before")
    path.rename(tmp_path / "live.log.1")
    file.line("after")
    file.close()

    assert path.read_text() == "after\n"
    assert (tmp_path / "live.log.1").read_text() == "before\n"


def test_a_log_that_cannot_be_written_says_so_once_and_lets_the_session_go_on(tmp_path):
    (tmp_path / "blocked").write_text("a file where a folder should be")
    console = io.StringIO()
    log = open_session_log(
        tmp_path / "blocked" / "run.log", tmp_path / "live.log", FixedClock(), session_id="s-1", console=console
    )
    for _ in range(3):
        log.info("bar")
    log.close()

    assert log.lost == 3
    assert console.getvalue().count("\n") == 1
    assert "run.log cannot be written" in console.getvalue()
    assert len(lines(tmp_path / "live.log")) == 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is a Linux device")
def test_a_full_disk_is_told_once(capsys):
    file = LogFile(Path("/dev/full"), 0)
    file.line("a")
    file.line("b")
    file.close()

    assert file.lost == 2
    assert capsys.readouterr().err.count("No space left") == 1


def test_structlog_loads_only_when_a_log_is_opened():
    code = "import sys, logos.context.logging; assert 'structlog' not in sys.modules"

    subprocess.run([sys.executable, "-c", code], check=True)
