"""QuantConnect LEAN: real bars turned into its zips come back as they were, whatever the clocks do."""

from __future__ import annotations

import gzip
from decimal import Decimal

import pytest

from logos.domain.errors import DataError, InputError
from logos.domain.instruments import AssetClass


def our_rows(path) -> list[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return file.read().splitlines()[1:]


CASES = {
    "equity, New York": ("equity/AAPL-1m.csv", "equity/usa/minute/aapl", "aapl", "America/New_York", 10_000, "equity"),
    "crypto, UTC": ("crypto/BTC-USD-1m.csv", "crypto/coinbase/minute/btcusd", "btcusd", "UTC", 1, "crypto"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_folder_of_minutes_becomes_the_bars_that_were_turned_into_it(
    importer, instrument, shared_data, lean_days, case
) -> None:
    file, folder, name, zone, scale, asset_class = case
    rows = our_rows(shared_data / "real" / file)
    for day, text in lean_days(rows, zone, scale).items():
        importer.lean(f"{folder}/{day}_trade.zip", f"{day}_{name}_minute_trade.csv", text)
    symbol = "AAPL" if asset_class == "equity" else "BTC-USD"
    given = "" if asset_class == "equity" else symbol
    report = importer.run(importer.folder / folder, symbol=given, interval="", asset_class="")
    assert (report.symbol, report.asset_class, report.interval, report.formats) == (
        symbol,
        asset_class,
        "1m",
        ("lean",),
    )
    assert (report.bars, report.rejected) == (len(rows), 0)
    one = instrument(symbol, AssetClass(asset_class), tick="0.0001", lot="0.00000001")
    found = importer.rows(one)
    importer.cache.write("\n".join(["timestamp,open,high,low,close,volume", *rows]), f"{asset_class}/{symbol}-1m.csv")
    report.written.path.unlink()
    assert found == importer.rows(one)


def test_quotes_become_their_middles(importer, instrument, shared_data) -> None:
    quotes = our_rows(shared_data / "real" / "forex_quotes" / "EUR-USD-1m-quotes.csv.gz")
    days: dict[str, list[str]] = {}
    for row in quotes:
        stamp, *prices = row.split(",")
        ms = (int(stamp[11:13]) * 60 + int(stamp[14:16])) * 60_000
        days.setdefault(stamp[:10].replace("-", ""), []).append(
            ",".join([str(ms), *prices[:4], "100000", *prices[4:], "100000"])
        )
    folder = "forex/oanda/minute/eurusd"
    for day, lines in days.items():
        importer.lean(f"{folder}/{day}_quote.zip", f"{day}_eurusd_minute_quote.csv", "\n".join(lines) + "\n")
    report = importer.run(importer.folder / folder, symbol="", interval="", asset_class="")
    assert (report.symbol, report.bars, report.rejected) == ("EUR-USD", len(quotes), 0)
    one = instrument("EUR-USD", AssetClass.FOREX, tick="0.000005", lot="1")
    found = importer.rows(one)
    report.written.path.unlink()
    target = importer.cache.path("forex/EUR-USD-1m.csv")
    target.write_bytes((shared_data / "real" / "forex" / "EUR-USD-1m.csv").read_bytes())
    assert found == importer.rows(one)


def test_a_day_on_which_the_clocks_change_keeps_its_opening_time(importer, instrument) -> None:
    """09:30 in New York is 14:30 in UTC on the Friday before, and 13:30 on the Monday after."""
    for day in ("20240308", "20240311"):
        importer.lean(
            f"equity/usa/minute/spy/{day}_trade.zip",
            f"{day}_spy_minute_trade.csv",
            "34200000,5000000,5000000,5000000,5000000,10\n",
        )
    importer.run(importer.folder / "equity/usa/minute/spy", symbol="", interval="", asset_class="")
    found = importer.rows(instrument("SPY", AssetClass.EQUITY))
    assert [row[0] % 86_400 for row in found] == [14 * 3600 + 1800, 13 * 3600 + 1800]
    assert {row[1] for row in found} == {50_000}


@pytest.mark.parametrize("resolution", ["daily", "hour"])
def test_a_zip_of_a_whole_history_is_read_by_the_dates_in_its_rows(importer, instrument, resolution) -> None:
    text = "20240308 00:00,5100000,5200000,5000000,5150000,1000\n20240311 00:00,5150000,5200000,5100000,5200000,900\n"
    if resolution == "hour":
        text = text.replace("00:00", "10:00")
    path = importer.lean(f"equity/usa/{resolution}/spy.zip", "spy.csv", text)
    report = importer.run(path, symbol="", interval="", asset_class="")
    assert (report.symbol, report.interval, report.bars) == ("SPY", {"daily": "1d", "hour": "1h"}[resolution], 2)
    interval = {"daily": 86_400, "hour": 3_600}[resolution]
    found = importer.rows(instrument("SPY", AssetClass.EQUITY), interval=interval)
    assert [row[0] for row in found] == (
        [1_709_856_000, 1_710_115_200] if resolution == "daily" else [1_709_910_000, 1_710_165_600]
    )
    assert found[0][1:5] == (51_000, 52_000, 50_000, 51_500)


def test_real_days_come_back_as_they_were(importer, instrument, shared_data) -> None:
    rows = our_rows(shared_data / "real" / "daily" / "SPY-1d.csv")
    lines = []
    for row in rows:
        stamp, *numbers = row.split(",")
        prices = [str(int(Decimal(one) * 10_000)) for one in numbers[:4]]
        lines.append(",".join([f"{stamp[:10].replace('-', '')} 00:00", *prices, numbers[4]]))
    path = importer.lean("equity/usa/daily/spy.zip", "spy.csv", "\n".join(lines) + "\n")
    report = importer.run(path, symbol="", interval="", asset_class="")
    assert report.bars == len(rows)
    again = importer.run(
        shared_data / "real" / "daily" / "SPY-1d.csv", symbol="SPY", interval="1d", asset_class="equity"
    )
    assert (again.written.added, again.written.same) == (0, len(rows))


@pytest.mark.parametrize(("name", "symbol"), [("btcusd", "BTC-USD"), ("ethusdt", "ETH-USDT"), ("xrpeth", "XRP-ETH")])
def test_the_pair_of_a_crypto_zip_is_told_by_its_path(importer, name, symbol) -> None:
    folder = f"crypto/coinbase/minute/{name}"
    importer.lean(f"{folder}/20240308_trade.zip", f"20240308_{name}_minute_trade.csv", "60000,5,6,5,6,10\n")
    report = importer.run(importer.folder / folder, symbol="", interval="", asset_class="")
    assert (report.symbol, report.interval, report.asset_class) == (symbol, "1m", "crypto")


def test_a_pair_that_cannot_be_told_apart_is_asked_for(importer) -> None:
    path = importer.lean(
        "crypto/x/minute/abcxyz/20240308_trade.zip", "20240308_abcxyz_minute_trade.csv", "0,5,6,5,6,1\n"
    )
    with pytest.raises(InputError, match="the symbol is not known"):
        importer.run(path, symbol="", interval="", asset_class="")


def test_trades_go_before_quotes_and_that_is_told(importer) -> None:
    folder = "equity/usa/minute/spy"
    importer.lean(
        f"{folder}/20240308_trade.zip", "20240308_spy_minute_trade.csv", "34200000,5000000,5000000,5000000,5000000,10\n"
    )
    importer.lean(f"{folder}/20240308_quote.zip", "20240308_spy_minute_quote.csv", "34200000" + ",1" * 10 + "\n")
    report = importer.run(importer.folder / folder, symbol="", interval="", asset_class="")
    assert report.files == 1
    assert "1 zip of quotes or open interest was left out" in report.notes[0]


def test_bad_rows_of_a_zip_are_told_by_zip_and_line(importer) -> None:
    quote = "34200000,5000000,5000000,5000000,5000000,1,5000200,5000200,5000200,5000200,1\n"
    path = importer.lean(
        "equity/usa/minute/spy/20240308_quote.zip", "20240308_spy_minute_quote.csv", quote + "34260000,,,,,,5,5,5,5,1\n"
    )
    report = importer.run(path, symbol="", interval="", asset_class="", on_bad_row="quarantine")
    assert [(one.line, one.message) for one in report.problems] == [(2, "bid or ask is missing")]


REFUSED = {
    "ticks": ("20240308_spy_tick_trade.csv", {}, DataError, "tick trade data"),
    "something else": ("readme.txt", {}, DataError, "no bar file of LEAN"),
    "another interval": ("20240308_spy_minute_trade.csv", {"interval": "1h"}, InputError, "holds bars of 1m"),
    "another class": ("20240308_spy_minute_trade.csv", {"asset_class": "crypto"}, InputError, "a folder of equity"),
}


@pytest.mark.parametrize(("entry", "request_", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_would_be_read_wrongly_is_refused(importer, entry, request_, error, message) -> None:
    path = importer.lean("equity/usa/minute/spy/20240308_trade.zip", entry, "34200000,1,1,1,1,1\n")
    with pytest.raises(error, match=message):
        importer.run(path, **{"symbol": "SPY", "interval": "", "asset_class": "", **request_})
