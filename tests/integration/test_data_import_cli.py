"""``logos data import`` and ``logos data fetch`` from the command line: what they say, and how they end."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

HEADER = "timestamp,open,high,low,close,volume"
ROWS = [f"2026-01-05T00:{minute:02}:00Z,100,101,99,100.5,{minute}" for minute in range(30)]
ARGUMENTS = ("--symbol", "BTC-USD", "--interval", "1m", "--asset-class", "crypto")


@pytest.fixture
def source(workspace):
    """Return a function that writes a CSV of bars."""

    def write(name="bars.csv", rows=ROWS):
        path = workspace / name
        path.write_text("\n".join([HEADER, *rows]) + "\n")
        return path

    return write


def test_an_import_ends_in_a_cache_that_a_backtest_reads(logos_cli, workspace, source) -> None:
    done = logos_cli("data", "import", source(), *ARGUMENTS)
    assert (done.returncode, done.stderr) == (0, "")
    assert "data/cache/crypto/BTC-USD-1m.parquet" in done.stdout
    config = {
        "feed": {"plugin": "replay", "path": "data/cache", "symbols": ["BTC-USD"]},
        "strategies": [{"plugin": "sma_cross", "params": {"fast": 2, "slow": 5}}],
    }
    (workspace / "config.yaml").write_text(yaml.safe_dump(config))
    assert logos_cli("backtest", "--config", "config.yaml").returncode == 0


def test_json_says_all_of_it_on_one_line(logos_cli, source) -> None:
    source(rows=[*ROWS, ROWS[3], ROWS[4].replace("100.5", "100.6"), "2026-01-06T00:00:00Z,1,1,1,x,1"])
    done = logos_cli("data", "import", "bars.csv", *ARGUMENTS, "--on-bad-row", "quarantine", "--json")
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    report = json.loads(done.stdout)
    counts = {name: report[name] for name in ("rows", "bars", "rejected", "duplicates", "off_tick")}
    assert counts == {"rows": 33, "bars": 30, "rejected": 2, "duplicates": 1, "off_tick": 0}
    assert [(one["file"], one["line"]) for one in report["problems"]] == [("bars.csv", 34), ("bars.csv", 33)]
    assert report["cache"]["added"] == 30


def test_bad_rows_are_refused_with_file_and_line_and_nothing_is_written(logos_cli, workspace, source) -> None:
    source(rows=[*ROWS[:5], "2026-01-05T00:05:00Z,100,90,99,100,1"])
    done = logos_cli("data", "import", "bars.csv", *ARGUMENTS)
    assert done.returncode == 2
    assert "bars.csv (line 7): high 90 is below low 99" in done.stderr
    assert "hint: " in done.stderr
    assert not (workspace / "data").exists()


MISTAKES = {
    "no such file": (("nope.csv", *ARGUMENTS), "nope.csv does not exist"),
    "a folder": ((".", *ARGUMENTS), "holds no zip of LEAN"),
    "a form": (("bars.csv", *ARGUMENTS, "--form", "xlsx"), "no form 'xlsx'"),
    "a zone": (("bars.csv", *ARGUMENTS, "--timezone", "Nowhere"), "no time zone 'Nowhere'"),
    "an interval": (
        ("bars.csv", "--symbol", "A", "--interval", "7m", "--asset-class", "crypto"),
        "'7m' is not a bar interval",
    ),
    "a class": (("bars.csv", "--symbol", "A", "--interval", "1m", "--asset-class", "bonds"), "no asset class 'bonds'"),
    "a symbol": (("bars.csv", "--symbol", "../A", "--interval", "1m"), "'../A' is no symbol"),
    "a way with bad rows": (("bars.csv", *ARGUMENTS, "--on-bad-row", "mend"), "'mend'"),
    "a config that is none": (("bars.csv", *ARGUMENTS, "--config", "nope.yaml"), "nope.yaml does not exist"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_what_to_do(logos_cli, source, arguments, message) -> None:
    source()
    done = logos_cli("data", "import", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_leaves_the_cache_as_it_was(logos_cli, workspace, source, offline_environment) -> None:
    assert logos_cli("data", "import", source(rows=ROWS[:10]), *ARGUMENTS).returncode == 0
    file = workspace / "data" / "cache" / "crypto" / "BTC-USD-1m.parquet"
    before = file.read_bytes()
    source(rows=ROWS)
    program = (
        "import os, signal, sys\n"
        "from logos.data.importing import gathering\n"
        "finish = gathering.Gathering.finish\n"
        "def interrupted(self):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    return finish(self)\n"
        "gathering.Gathering.finish = interrupted\n"
        "from logos.cli.app import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "data", "import", "bars.csv", *ARGUMENTS],
        cwd=workspace,
        env={**offline_environment, "LOGOS_HOME": str(workspace)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "Interrupted.\n")
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == [".BTC-USD-1m.lock", file.name]


def test_a_terminal_sees_a_bar_and_nobody_else_does(workspace, source, offline_environment) -> None:
    source()
    main, other = pty.openpty()
    environment = {key: value for key, value in offline_environment.items() if key != "NO_COLOR"}
    done = subprocess.run(
        [str(Path(sysconfig.get_path("scripts")) / "logos"), "data", "import", "bars.csv", *ARGUMENTS],
        cwd=workspace,
        env={**environment, "LOGOS_HOME": str(workspace), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=other,
        timeout=60,
        check=False,
    )
    os.close(other)
    shown = os.read(main, 1_000_000).decode()
    os.close(main)
    assert done.returncode == 0
    assert "Importing" in shown


def test_a_tick_of_a_config_is_known_to_an_import(logos_cli, workspace, source) -> None:
    config = {"instruments": {"XYZ": {"asset_class": "crypto", "tick": "0.2", "lot": "1", "currency": "USD"}}}
    (workspace / "config.yaml").write_text(yaml.safe_dump(config))
    source("XYZ-1m.csv")
    report = json.loads(logos_cli("data", "import", "XYZ-1m.csv", "--config", "config.yaml", "--json").stdout)
    assert (report["symbol"], report["asset_class"], report["off_tick"]) == ("XYZ", "crypto", 30)


FETCHES = {
    "nothing named": ((), "neither a config nor a feed"),
    "a feed without history": (
        ("--feed", "replay", "--symbol", "BTC-USD", "--start", "2026-01-01", "--option", "path=bundled"),
        "the feed replay has no history to fetch",
    ),
    "no such feed": (("--feed", "nope", "--symbol", "BTC-USD", "--start", "2026-01-01"), "nope"),
    "an unknown symbol": (("--feed", "ccxt", "--symbol", "XYZ", "--start", "2026-01-01"), "tick and lot of XYZ"),
    "nothing to go on from": (
        ("--feed", "ccxt", "--exchange", "binance", "--symbol", "BTC-USD"),
        "no bars of BTC-USD to go on from",
    ),
    "a start that is no time": (
        ("--feed", "ccxt", "--exchange", "binance", "--symbol", "BTC-USD", "--start", "soon"),
        "--start: 'soon' is not an ISO-8601 time",
    ),
    "an end before the start": (
        (
            "--feed",
            "ccxt",
            "--exchange",
            "binance",
            "--symbol",
            "BTC-USD",
            "--start",
            "2026-01-02",
            "--end",
            "2026-01-01",
        ),
        "--start 2026-01-02 is not before --end 2026-01-01",
    ),
    "an option that is none": (("--feed", "ccxt", "--symbol", "BTC-USD", "--option", "x"), "is not KEY=VALUE"),
    "a key that the feed has not": (
        ("--feed", "ccxt", "--exchange", "binance", "--symbol", "BTC-USD", "--option", "x=1"),
        "feed.x",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), FETCHES.values(), ids=FETCHES)
def test_a_fetch_that_cannot_be_is_told_why(logos_cli, arguments, message) -> None:
    done = logos_cli("data", "fetch", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
