"""``logos data list`` and ``logos data check``: what they print, and how they end."""

from __future__ import annotations

import json

import pytest

from logos.cli.data_transfer_output import StderrLog

HEADER = "timestamp,open,high,low,close,volume\n"
GOOD = "".join(f"2024-03-07T12:{minute:02}:00Z,100,101,99,100.{minute},{minute + 1}\n" for minute in range(20))
BAD = "2024-03-07T12:20:00Z,100,99,101,100,1\n"
CONFIG = """
session: {name: mine}
feed: {plugin: replay, path: data/cache, symbols: [ABC]}
strategies: [{plugin: buy_and_hold}]
instruments:
  ABC: {asset_class: equity, tick: "0.5", lot: "1", currency: USD, calendar: XNYS}
"""


@pytest.fixture
def cache(workspace):
    folder = workspace / "data" / "cache"
    for name, text in (("crypto/ABC-1m.csv", HEADER + GOOD), ("equity/ABC-1m.csv", HEADER + GOOD + BAD)):
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return folder


def parsed(done):
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_list_names_every_file_of_the_cache(cache, logos_cli):
    done = logos_cli("data", "list", "--json")
    files = parsed(done)["files"]
    assert [(one["name"], one["asset_class"], one["symbol"], one["interval"], one["rows"]) for one in files] == [
        ("data/cache/crypto/ABC-1m.csv", "crypto", "ABC", "1m", 20),
        ("data/cache/equity/ABC-1m.csv", "equity", "ABC", "1m", 21),
    ]
    assert (files[0]["first"], files[0]["last"]) == ("2024-03-07T12:00:00Z", "2024-03-07T12:19:00Z")
    assert "crypto       ABC     1m        csv     20  2024-03-07T12:00:00Z" in logos_cli("data", "list").stdout


def test_list_marks_a_file_that_cannot_be_read(cache, logos_cli):
    (cache / "crypto" / "bin-1m.csv").write_bytes(b"\xff\x00\x9d" * 200)
    (cache / "crypto" / "none-1m.csv").write_text(HEADER)
    faults = {one["symbol"]: one["fault"] for one in parsed(logos_cli("data", "list", "--json"))["files"]}
    assert faults["ABC"] is None
    assert faults["bin"].startswith("unreadable: it is no UTF-8 text")
    assert faults["none"] == "empty: a header and no row"
    assert "unreadable: it is no" in logos_cli("data", "list").stdout
    assert logos_cli("data", "check", "data/cache/crypto/bin-1m.csv", "--strict").returncode == 4


def test_list_of_an_empty_workspace_says_where_to_look(logos_cli):
    done = logos_cli("data", "list")
    assert (done.returncode, done.stdout.split(".")[0]) == (0, "There is no bar file in data/cache")
    assert [one["symbol"] for one in parsed(logos_cli("data", "list", "bundled", "--json"))["files"]] == [
        "BTC-USD", "DEMO", "AAPL", "EUR-USD",
    ]  # fmt: skip


def test_check_prints_every_finding_with_its_place_and_ends_with_0(cache, logos_cli):
    done = logos_cli("data", "check", "data/cache")
    assert (done.returncode, done.stderr) == (0, "")
    assert "defect    ohlc      1    22  2024-03-07T12:20:00Z  high 99 is below low 101\n" in done.stdout
    assert "2 files, 41 rows: 1 defect in 1 file" in done.stdout


def test_strict_ends_with_4_where_there_is_a_defect_and_only_there(cache, logos_cli):
    assert logos_cli("data", "check", "--strict").returncode == 4
    assert logos_cli("data", "check", "data/cache/crypto", "bundled", "--strict").returncode == 0


def test_check_without_a_path_takes_the_cache_and_the_bundled_bars(cache, logos_cli):
    names = [file["name"] for file in parsed(logos_cli("data", "check", "--json"))["files"]]
    assert names[:3] == [
        "data/cache/crypto/ABC-1m.csv", "data/cache/equity/ABC-1m.csv", "bundled/crypto/BTC-USD-1m.csv.gz",
    ]  # fmt: skip
    assert len(names) == 6


def test_json_is_one_object_with_all_that_the_table_says(cache, logos_cli):
    done = logos_cli("data", "check", "data/cache/equity", "data/cache/equity/ABC-1m.csv", "--json", "--strict")
    assert done.returncode == 4
    report = parsed(done)
    assert (report["passed"], report["defects"], len(report["files"])) == (False, 1, 1)
    [finding] = [one for one in report["files"][0]["findings"] if one["severity"] == "defect"]
    assert finding == {
        "kind": "ohlc",
        "severity": "defect",
        "count": 1,
        "line": 22,
        "time": "2024-03-07T12:20:00Z",
        "series": None,
        "found": "high 99 is below low 101",
        "expected": "low <= open, close <= high",
        "remedy": finding["remedy"],
    }


def test_a_config_gives_tick_and_calendar_to_the_instrument_of_the_same_class_only(cache, workspace, logos_cli):
    (workspace / "mine.yaml").write_text(CONFIG)
    files = parsed(logos_cli("data", "check", "data/cache", "--config", "mine.yaml", "--json"))["files"]
    assert [(file["calendar"], file["tick"]) for file in files] == [("24/7", None), ("XNYS", "0.5")]
    assert {"off_tick", "outside_hours"} <= {finding["kind"] for finding in files[1]["findings"]}


def test_options_give_calendar_tick_and_interval(cache, workspace, logos_cli):
    (cache / "equity" / "ABC-1m.csv").rename(workspace / "export.csv")
    options = ("--calendar", "FX", "--tick", "0.01", "--interval", "1m")
    [file] = parsed(logos_cli("data", "check", "export.csv", *options, "--json"))["files"]
    assert (file["calendar"], file["tick"], file["interval"], file["asset_class"]) == ("FX", "0.01", "1m", None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("check", "nowhere"), "there is no file or folder nowhere"),
        (("check", "data"), "there is no file or folder data"),
        (("check", "notes.txt"), "notes.txt is no bar file by its name"),
        (("list", "notes.txt"), "notes.txt is a file, and must be a folder"),
        (("check", "bundled", "--tick", "small"), "--tick is 'small', which is no number"),
        (("check", "bundled", "--tick", "-1"), "--tick is -1, and must be above 0"),
        (("check", "bundled", "--interval", "7m"), "'7m' is not a bar interval"),
        (("check", "bundled", "--calendar", "XNYX"), "there is no trading calendar 'XNYX'"),
    ],
)
def test_what_cannot_be_used_ends_with_2_and_a_hint(workspace, logos_cli, words, message):
    (workspace / "notes.txt").write_text("x")
    done = logos_cli("data", *words)
    assert done.returncode == 2
    assert f"error: {message}" in done.stderr
    assert "hint: " in done.stderr


def test_of_equal_warnings_of_a_feed_three_are_printed_and_the_others_counted(capsys):
    log = StderrLog()
    for minute in range(1_000):
        log.warning("candle_dropped", symbol="A", at=minute, reason="duplicate", detail="twice")
    log.warning("candle_dropped", symbol="A", at=1, reason="off_grid", detail="between")
    log.finish()
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == [f"candle_dropped symbol=A at={minute} reason=duplicate detail=twice" for minute in range(3)]
    assert lines[3:] == [
        "candle_dropped symbol=A at=1 reason=off_grid detail=between",
        "candle_dropped symbol=A reason=duplicate: 997 more like these",
    ]
