"""The bundled bars are what their generator makes, and have what they are said to have."""

from __future__ import annotations

import gzip
from itertools import pairwise

import pytest

from logos.config.registry import InstrumentRegistry
from logos.data.calendars import calendar_for
from logos.data.fixtures import bundled_path
from logos.data.fixtures.generate import PLANS, main
from logos.domain.times import parse_time

SYMBOLS = ("AAPL", "BTC-USD", "DEMO", "EUR-USD")


@pytest.fixture
def feed(cache):
    registry = InstrumentRegistry()
    feed = cache.feed(*(registry[symbol] for symbol in SYMBOLS), path="bundled")
    yield feed
    feed.close()


@pytest.fixture
def bars(feed):
    found = {symbol: [] for symbol in SYMBOLS}
    for one in feed.slices(None):
        for bar in one.bars:
            found[bar.symbol].append(bar)
    return found


def test_the_generator_makes_the_bundled_files_again(tmp_path, capsys):
    main([str(tmp_path)])
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*"))
    assert names == sorted(path.relative_to(bundled_path()).as_posix() for path in bundled_path().glob("*/*.csv.gz"))
    assert len(capsys.readouterr().out.splitlines()) == len(names) == len(PLANS)
    for name in names:
        made, bundled = (gzip.decompress((folder / name).read_bytes()) for folder in (tmp_path, bundled_path()))
        assert made == bundled, name


def test_the_files_are_small(tmp_path):
    assert sum(path.stat().st_size for path in bundled_path().glob("*/*.csv.gz")) < 300_000


def test_the_bars_pass_the_strictest_reading_and_say_that_they_are_simulated(feed):
    reports = feed.prepare()
    assert [report.symbol for report in reports] == list(SYMBOLS)
    assert all(report.bars > 1_000 and not report.quarantined and not report.off_tick for report in reports)
    assert all("Simulated" in report.notes[0] for report in reports)


def test_every_bar_lies_within_its_market_s_hours(bars):
    for symbol in ("AAPL", "EUR-USD"):
        calendar = calendar_for(bars[symbol][0].instrument)
        assert all(calendar.is_open(bar.timestamp) for bar in bars[symbol])


def test_the_bars_hold_a_session_close_a_week_end_a_halt_and_a_stale_stretch(bars):
    def longest_gap(symbol):
        return max(later.timestamp - bar.timestamp for bar, later in pairwise(bars[symbol]))

    closes = {parse_time(f"2024-03-{day}:59:00Z") for day in ("07T20", "08T20", "11T19")}
    assert closes <= {bar.timestamp for bar in bars["AAPL"]}
    assert longest_gap("AAPL") > 2 * 86_400
    assert 1.9 * 86_400 < longest_gap("EUR-USD") < 2 * 86_400
    assert longest_gap("BTC-USD") == 15 * 60
    stale = [bar for bar in bars["DEMO"] if not bar.volume]
    assert len(stale) > 30
    assert len({bar[2:6] for bar in stale}) == 1


def test_prices_trend_and_turn_often_enough_for_a_crossing_to_trade(bars):
    for symbol, series in bars.items():
        closes = [bar.close for bar in series]
        above = [5 * sum(closes[at - 9 : at + 1]) > sum(closes[at - 49 : at + 1]) for at in range(50, len(closes))]
        assert sum(first != second for first, second in pairwise(above)) >= 10, symbol
        assert max(closes) - min(closes) > 100
