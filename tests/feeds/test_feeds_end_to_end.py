"""The feeds as plugins build them, over the real libraries and venues on loopback, in compressed time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from logos.feeds.ccxt_feed import open_ccxt
from logos.feeds.config import CcxtConfig, YfinanceConfig
from logos.feeds.errors import UnknownSymbolError
from logos.feeds.yfinance_feed import open_yfinance

COIN = "BTC-USD"


@pytest.fixture
def closing():
    """Return a list of feeds that are closed in the end."""
    feeds = []
    yield feeds
    for feed in feeds:
        feed.close()


def slices_of(feed, count):
    found = []
    for delivery in feed.deliveries(None):
        if delivery.slice.bars:
            found.append(delivery.slice)
        if len(found) == count:
            return found
    raise AssertionError(found)


def test_ccxt_brings_the_bars_that_the_exchange_has(venues, make_context, make_instrument, fast_clock, closing) -> None:
    clock = fast_clock(venues.start + 3_600, 300)
    venue = venues.binance(clock.time)
    rows = venues.walk("BTC/USDT", 120)
    venue.serve("BTC/USDT", rows)
    context = make_context({COIN: make_instrument(COIN)}, clock)
    config = CcxtConfig(
        exchange="binance", venue_symbols={COIN: "BTC/USDT"}, base_url=venue.url, timeout="10m", patience="1h"
    )
    feed = open_ccxt(config, context)
    closing.append(feed)
    feed.prepare()
    venue.misbehave("rate_limited", symbol="BTC/USDT", retry_after="3")
    bars = [one.bars[0] for one in slices_of(feed, 6)]
    by_time = {row.timestamp: row for row in rows}
    for bar in bars:
        row = by_time[bar.timestamp]
        assert [bar.instrument.price_text(price) for price in bar[2:6]] == [*row.texts[:4]]
    assert feed.snapshot()["symbols"][COIN]["bytes"] > 0
    assert feed.snapshot()["clock_skew"] is not None
    history = feed.history(COIN, 40, bars[-1].timestamp + 60)
    assert list(history[-6:]) == bars
    assert len(venue.asked("BTC/USDT")) > 6


def test_yfinance_brings_its_bars_rounded_to_the_tick(
    venues, make_context, make_instrument, fast_clock, closing, tmp_path
) -> None:
    clock = fast_clock(venues.start + 3_600, 300)
    venue = venues.yahoo(clock.time)
    rows = venues.walk(COIN, 120, price="75.09")
    venue.serve(COIN, rows)
    context = make_context({COIN: make_instrument(COIN)}, clock, workspace=tmp_path)
    feed = open_yfinance(YfinanceConfig(base_url=venue.url, timeout="10m"), context)
    closing.append(feed)
    bars = [one.bars[0] for one in slices_of(feed, 4)]
    closes = {row.timestamp: row.texts[3] for row in rows}
    assert [bar.instrument.price_text(bar.close) for bar in bars] == [closes[bar.timestamp] for bar in bars]
    assert feed.snapshot()["symbols"][COIN]["off_tick"] > 0
    pages = list(feed.bars_between(COIN, venues.start, venues.start + 1_800))
    assert [bar.timestamp for page in pages for bar in page] == [row.timestamp for row in rows[:30]]


@pytest.mark.parametrize("plugin", ["ccxt", "yfinance"])
def test_an_unknown_symbol_refuses_to_start(
    venues, make_context, make_instrument, fast_clock, closing, plugin, tmp_path
) -> None:
    clock = fast_clock(venues.start + 3_600, 1)
    venue = venues.binance(clock.time) if plugin == "ccxt" else venues.yahoo(clock.time)
    context = make_context({"NIX-USD": make_instrument("NIX-USD")}, clock, workspace=tmp_path)
    if plugin == "ccxt":
        feed = open_ccxt(CcxtConfig(exchange="binance", base_url=venue.url), context)
    else:
        feed = open_yfinance(YfinanceConfig(base_url=venue.url), context)
    closing.append(feed)
    with pytest.raises(UnknownSymbolError) as refusal:
        feed.prepare()
    assert refusal.value.exit_code == 2


def test_building_a_feed_loads_no_client_library(offline_environment) -> None:
    program = """
import sys
from logos.feeds import ccxt_feed, yfinance_feed, polled_feed
print(sorted({"ccxt", "yfinance", "pandas", "numpy", "aiohttp"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=offline_environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert "ccxt" not in done.stdout
    assert "yfinance" not in done.stdout
