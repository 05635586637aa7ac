"""Real minute and daily bars are read, and their real defects are found."""

from __future__ import annotations

import shutil

import pytest

from logos.domain.errors import DataError
from logos.domain.instruments import AssetClass


@pytest.fixture
def real(shared_data, cache):
    def copy(source, name):
        shutil.copyfile(shared_data / "real" / source, cache.path(name))
        return cache

    return copy


@pytest.mark.parametrize(
    ("name", "tick", "lot", "bars", "gaps"),
    [
        ("equity/SPY-1m.csv", "0.01", "1", 4_839, 446),
        ("equity/AIG-1m.csv", "0.01", "1", 2_558, 157),
        ("equity/TWX-1m.csv", "0.01", "1", 1_200, 29),
        ("crypto/BTC-USD-1m.csv", "0.01", "0.00000001", 7_096, 95),
        ("crypto/ETH-USD-1m.csv", "0.01", "0.00000001", 2_880, 0),
        ("crypto/XRP-ETH-1m.csv", "0.00000001", "1", 2_469, 676),
        ("crypto/BTC-PERP-1m.csv.gz", "0.001", "0.0001", 45_031, 0),
    ],
)
def test_clean_minute_bars_are_read_whole(real, instrument, name, tick, lot, bars, gaps):
    folder, _, file = name.partition("/")
    symbol = file.split("-1m")[0]
    feed = real(name, name).feed(instrument(symbol, AssetClass(folder), tick, lot))
    [report] = feed.prepare()
    assert (report.bars, report.gaps, report.quarantined, report.off_tick) == (bars, gaps, 0, 0)


def test_a_seven_for_one_split_is_pointed_out(real, instrument):
    cache = real("equity/AAPL-1m.csv", "equity/AAPL-1m.csv")
    [report] = cache.feed(instrument("AAPL", AssetClass.EQUITY, lot="1")).prepare()
    assert report.bars == 2_303
    assert any("a split?" in note for note in report.notes)


def test_a_gap_of_months_is_pointed_out(real):
    [report] = real("crypto/BTC-USD-1m.csv", "crypto/BTC-USD-1m.csv").feed().prepare()
    assert any("1 gap of more than 30 days, first 2016-10-09T23:59:00Z" in note for note in report.notes)


@pytest.mark.parametrize(
    ("name", "tick", "bars"), [("EUR-USD-1m.csv", "0.00001", 15_366), ("USD-JPY-1m.csv.gz", "0.001", 28_761)]
)
def test_mids_between_two_ticks_are_refused_or_rounded_and_counted(real, instrument, name, tick, bars):
    cache = real(f"forex/{name}", f"forex/{name}")
    one = instrument(name[:7], AssetClass.FOREX, tick, "1")
    with pytest.raises(DataError, match="off-tick rows"):
        cache.feed(one).prepare()
    feed = cache.feed(one, off_tick="round")
    [report] = feed.prepare()
    assert (report.bars, report.zero_volume) == (bars, bars)
    assert bars // 4 < report.off_tick < bars
    assert "no volume" in report.notes[0]


@pytest.mark.parametrize("symbol", ["SPY", "AAPL", "AIG", "QQQ"])
def test_daily_bars_of_decades_are_read(real, instrument, symbol):
    cache = real(f"daily/{symbol}-1d.csv", f"equity/{symbol}-1d.csv")
    feed = cache.feed(instrument(symbol, AssetClass.EQUITY, lot="1"), interval=86_400, off_tick="round")
    [report] = feed.prepare()
    assert report.bars > 3_500
    assert report.quarantined == 0


@pytest.mark.parametrize("name", ["SSW-JO-1d-100x-error", "AET-L-1d-100x-error", "CNE-L-1d-bad-stock-split"])
@pytest.mark.parametrize("policy", ["refuse", "quarantine"])
def test_files_with_the_newest_row_first_are_refused_by_that_name(real, instrument, name, policy):
    cache = real(f"defects/{name}.csv", "equity/X-1d.csv")
    feed = cache.feed(instrument("X", AssetClass.EQUITY), interval=86_400, on_bad_row=policy, off_tick="round")
    with pytest.raises(DataError, match="newest to oldest: sort ascending"):
        feed.prepare()


def test_an_equity_a_crypto_pair_and_a_currency_pair_make_one_stream(real, instrument):
    for name in ("equity/AAPL-1m.csv", "crypto/ETH-USD-1m.csv", "forex/EUR-USD-1m.csv"):
        cache = real(name, name)
    feed = cache.feed(
        instrument("AAPL", AssetClass.EQUITY, lot="1"),
        instrument("ETH-USD", lot="0.00000001"),
        instrument("EUR-USD", AssetClass.FOREX, "0.00001", "1"),
        off_tick="round",
    )
    expected = sum(report.bars for report in feed.prepare())
    clocks, total = [], 0
    for one in feed.slices(None):
        clocks.append(one.clock)
        total += len(one.bars)
    assert total == expected == 2_303 + 2_880 + 15_366
    assert clocks == sorted(set(clocks))
    feed.close()
