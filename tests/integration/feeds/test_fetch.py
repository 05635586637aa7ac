"""``logos data fetch`` through the real CCXT from an exchange on loopback: interrupted, resumed, and then traded on."""

from __future__ import annotations

import json
import signal
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

from logos.domain.times import time_text

COUNT = 5_000
PAGE = 1_000


@pytest.fixture
def venue(venues):
    """Return an exchange that has some thousand minutes of Bitcoin, and shows them all."""
    venue = venues.binance(venues.clock(venues.start + (COUNT + 10) * 60))
    venue.serve("BTC/USDT", venues.walk("BTC/USDT", COUNT, price="100.00"))
    return venue


@pytest.fixture
def words(venue):
    """Return the arguments of a fetch."""
    options = {"venue_symbols": "{BTC-USD: BTC/USDT}", "base_url": venue.url, "retries": "0", "timeout": "60s"}
    given = [word for key, value in options.items() for word in ("--option", f"{key}={value}")]
    return [
        "data",
        "fetch",
        "--feed",
        "ccxt",
        "--exchange",
        "binance",
        "--symbol",
        "BTC-USD",
        "--interval",
        "1m",
        *given,
    ]


def span(venues, first: int, last: int) -> list[str]:
    return ["--start", time_text(venues.start + first * 60), "--end", time_text(venues.start + last * 60)]


def fetched(done) -> dict:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["symbols"][0]


def test_history_is_fetched_page_by_page_and_goes_on_where_it_ended(logos_cli, venues, venue, words, workspace) -> None:
    half = fetched(logos_cli(*words, *span(venues, 0, 2_500), "--json"))
    assert (half["bars"], half["new"], half["pages"]) == (2_500, 2_500, 3)
    asked = len(venue.asked("BTC/USDT"))
    whole = fetched(logos_cli(*words, *span(venues, 0, COUNT), "--json"))
    assert (whole["bars"], whole["new"], whole["there_already"]) == (COUNT, 2_500, 2_500)
    assert len(venue.asked("BTC/USDT")) - asked == 3
    asked = len(venue.asked("BTC/USDT"))
    again = fetched(logos_cli(*words, *span(venues, 0, COUNT), "--json"))
    assert (again["bars"], again["new"]) == (COUNT, 0)
    assert len(venue.asked("BTC/USDT")) == asked
    file = Path(again["file"])
    in_two = file.read_bytes()
    file.unlink()
    fetched(logos_cli(*words, *span(venues, 0, COUNT), "--json"))
    assert file.read_bytes() == in_two
    config = {
        "feed": {"plugin": "replay", "path": "data/cache", "symbols": ["BTC-USD"]},
        "strategies": [{"plugin": "sma_cross"}],
    }
    (workspace / "config.yaml").write_text(yaml.safe_dump(config))
    assert logos_cli("backtest", "--config", "config.yaml").returncode == 0


def test_an_interrupt_keeps_what_has_come_and_the_same_command_goes_on(
    logos_cli, venues, venue, words, workspace, offline_environment
) -> None:
    everything = [*words, *span(venues, 0, COUNT)]
    whole = Path(fetched(logos_cli(*everything, "--json"))["file"])
    wanted = whole.read_bytes()
    whole.unlink()
    venue.requests.clear()
    # The answer to the third page does not come: the program waits for it when it is interrupted.
    taken = 0

    def third(request):
        nonlocal taken
        taken += request.symbol == "BTC/USDT"
        return taken

    respond = venue.respond
    venue.respond = lambda request, fault: venue.hang(60) and None if third(request) > 2 else respond(request, fault)
    process = subprocess.Popen(
        [str(Path(sysconfig.get_path("scripts")) / "logos"), *everything],
        cwd=workspace,
        env={**offline_environment, "LOGOS_HOME": str(workspace)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    venue.wait_for(3, symbol="BTC/USDT", seconds=60)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    venue.respond = respond
    venue.release()
    assert process.returncode == 130, told
    assert "2,000 new bars are in the cache. Go on with the same command." in told
    assert "Traceback" not in told
    venue.requests.clear()
    rest = fetched(logos_cli(*everything, "--json"))
    assert (rest["there_already"], rest["new"]) == (2_000, 3_000)
    assert whole.read_bytes() == wanted


def test_a_symbol_that_the_venue_does_not_know_is_told_without_a_traceback(logos_cli, venues, words) -> None:
    unknown = ["NOPE-USD" if word == "BTC-USD" else word for word in words]
    done = logos_cli(*unknown, *span(venues, 0, 10), "--tick", "0.01", "--lot", "1")
    assert done.returncode == 2
    assert "error: ccxt:binance" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_config_names_feed_symbols_and_interval(logos_cli, venues, venue, workspace) -> None:
    config = {
        "feed": {
            "plugin": "ccxt",
            "exchange": "binance",
            "base_url": venue.url,
            "symbols": ["BTC-USD"],
            "venue_symbols": {"BTC-USD": "BTC/USDT"},
        }
    }
    (workspace / "feed.yaml").write_text(yaml.safe_dump(config))
    done = logos_cli("data", "fetch", "--config", "feed.yaml", *span(venues, 10, 40))
    assert done.returncode == 0, done.stderr
    assert "BTC-USD" in done.stdout
    assert (
        logos_cli("data", "fetch", "--config", "feed.yaml", "--symbol", "ETH-USD", *span(venues, 0, 9)).returncode == 2
    )


def test_an_empty_page_at_the_end_is_told_and_the_same_command_goes_on(logos_cli, venues, venue, words) -> None:
    fetched(logos_cli(*words, *span(venues, 0, 1_000), "--json"))
    venue.misbehave("empty", times=None, symbol="BTC/USDT")
    everything = [*words, *span(venues, 0, 1_380)]
    done = logos_cli(*everything)
    venue.behave()
    until, end = (time_text(venues.start + minute * 60) for minute in (1_000, 1_380))
    assert done.returncode == 0, done.stderr
    assert f"bars came up to {until}; the end, {end}, was not reached" in " ".join(done.stdout.split())
    again = fetched(logos_cli(*everything, "--json"))
    assert (again["new"], again["end_reached"], again["bars_until"]) == (380, True, end)


def test_a_hole_in_a_page_is_told_and_filled_with_holes(logos_cli, venues, venue, words) -> None:
    venue.misbehave("gap", times=None, symbol="BTC/USDT")
    everything = [*words, *span(venues, 0, 900), "--json"]
    left = fetched(logos_cli(*everything))
    venue.behave()
    assert left["missing"] >= 1
    again = fetched(logos_cli(*everything))
    assert (again["new"], again["pages"], again["missing"]) == (0, 0, left["missing"])
    filled = fetched(logos_cli(*everything, "--holes"))
    assert (filled["bars"], filled["new"], filled["missing"]) == (900, left["missing"], 0)


def test_candles_that_come_twice_are_told_in_a_few_lines(logos_cli, venues, venue, words) -> None:
    venue.misbehave("duplicates", times=1, symbol="BTC/USDT")
    done = logos_cli(*words, *span(venues, 0, 500), "--json")
    assert fetched(done)["bars"] == 500
    assert len(done.stderr.splitlines()) <= 8
