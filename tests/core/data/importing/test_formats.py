"""Every format that is known becomes the bars that it holds, and what is none of them is told as what it is."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from logos.domain.errors import DataError, InputError
from logos.domain.instruments import AssetClass

HEADER = "timestamp,open,high,low,close,volume"
OURS = [
    "2026-01-05T00:00:00Z,100.5,101.25,100,101,1.5",
    "2026-01-05T00:01:00Z,101,101,99.75,100,0",
    "2026-01-05T00:03:00Z,100,100.01,99.99,100,12.0001",
]
TEXT = "\n".join([HEADER, *OURS]) + "\n"
START = 1_767_571_200
BARS = [
    (START, 10_050, 10_125, 10_000, 10_100, 15_000),
    (START + 60, 10_100, 10_100, 9_975, 10_000, 0),
    (START + 180, 10_000, 10_001, 9_999, 10_000, 120_001),
]
LISTS = [
    [(START + offset) * 1000, *map(float, row.split(",")[1:])] for offset, row in zip((0, 60, 180), OURS, strict=True)
]


def table(zone="UTC", unit="ms", time="date"):
    columns = list(zip(*LISTS, strict=True))
    stamps = pa.array([ms // 1000 for ms in columns[0]], pa.timestamp("s")).cast(pa.timestamp(unit, zone))
    return pa.table([stamps, *columns[1:]], names=[time, "open", "high", "low", "close", "volume"])


def write_feather(path):
    pyarrow.feather.write_feather(table(), path)


def write_parquet(path):
    pyarrow.parquet.write_table(table(unit="us", time="timestamp"), path)


def text_writer(text):
    return lambda path: path.write_bytes(text if isinstance(text, bytes) else text.encode())


def local(text: str) -> str:
    return text.replace("T", " ").replace("Z", "")


YAHOO = "Date,Open,High,Low,Close,Adj Close,Volume\n" + "".join(
    f"{local(row.rpartition(',')[0])},50.5,{row.rpartition(',')[2]}\n" for row in OURS
)
YFINANCE = "Datetime,Open,High,Low,Close,Volume,Dividends,Stock Splits\n" + "".join(
    f"{row.replace('T00:', ' 01:').replace('Z', '+01:00')},0.0,0.0\n" for row in OURS
)
DOWNLOADED = (
    "Price,Close,High,Low,Open,Volume\nTicker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD\nDatetime,,,,,\n"
    + "".join("{0}+00:00,{4},{2},{3},{1},{5}\n".format(*local(row).split(",")) for row in OURS)
)
SECONDS = "time,open,high,low,close,volume\n" + "".join(
    f"{ms // 1000},{row.partition(',')[2]}\n" for (ms, *_), row in zip(LISTS, OURS, strict=True)
)
SOURCES = {
    "our own": ("any.csv", text_writer(TEXT), "csv", ""),
    "our own, gzipped": ("any.csv.gz", text_writer(gzip.compress(TEXT.encode(), mtime=0)), "csv", ""),
    "lines of another system": ("any.csv", text_writer(TEXT.replace("\n", "\r\n")), "csv", ""),
    "a byte order mark": ("any.csv", text_writer(b"\xef\xbb\xbf" + TEXT.encode()), "csv", ""),
    "no last newline": ("any.csv", text_writer(TEXT.rstrip()), "csv", ""),
    "quoted": ("any.csv", text_writer(TEXT.replace("101,", '"101",')), "csv", ""),
    "other columns, other order": (
        "any.csv",
        text_writer(
            "id,volume,close,low,high,open,timestamp\n"
            + "".join(f"7,{','.join(row.split(',')[::-1])}\n" for row in OURS)
        ),
        "csv",
        "",
    ),
    "naive, with its zone": (
        "any.csv",
        text_writer(TEXT.replace("T00:", "T09:").replace("Z", "")),
        "csv",
        "Asia/Tokyo",
    ),
    "seconds since 1970": ("any.csv", text_writer(SECONDS), "csv", ""),
    "Parquet": ("any.parquet", write_parquet, "parquet", ""),
    "a Yahoo download": ("any.csv", text_writer(YAHOO), "yahoo", "UTC"),
    "yfinance, one ticker": ("any.csv", text_writer(YFINANCE), "yahoo", ""),
    "yfinance, download": ("any.csv", text_writer(DOWNLOADED), "yahoo", ""),
    "CCXT": ("any.json", text_writer(json.dumps(LISTS)), "ccxt", ""),
    "CCXT, written over lines": ("any.txt", text_writer(json.dumps(LISTS, indent=2)), "ccxt", ""),
    "freqtrade, feather": ("BTC_USDT-1m.feather", write_feather, "freqtrade", ""),
    "freqtrade, JSON": ("BTC_USDT-1m.json", text_writer(json.dumps(LISTS)), "freqtrade", ""),
    "freqtrade, gzipped JSON": (
        "BTC_USDT-1m.json.gz",
        text_writer(gzip.compress(json.dumps(LISTS).encode(), mtime=0)),
        "freqtrade",
        "",
    ),
}


@pytest.mark.parametrize(("name", "write", "expected", "zone"), SOURCES.values(), ids=SOURCES)
def test_a_format_is_found_out_and_becomes_its_bars(importer, instrument, name, write, expected, zone) -> None:
    path = importer.source(name, b"")
    write(path)
    report = importer.run(path, timezone=zone, instrument=instrument())
    assert (report.formats, report.rows, report.bars, report.rejected) == ((expected,), 3, 3, 0)
    assert (report.off_tick, report.first, report.last) == (0, START, START + 180)
    assert importer.rows() == BARS
    assert importer.progress[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize("form", [".parquet", ".csv", ".csv.gz"])
def test_every_form_of_the_cache_holds_the_same_bars(importer, form) -> None:
    report = importer.run(importer.source("any.csv", TEXT), form=form)
    assert report.written.path.name == f"BTC-USD-1m{form}"
    assert importer.rows() == BARS


def test_a_daily_bar_opens_at_midnight_utc_of_its_date(importer) -> None:
    text = "Date,Open,High,Low,Close,Adj Close,Volume\n2024-03-08,10,11,9,10,9.5,100\n2024-03-11,10,12,9,11,10.5,100\n"
    offsets = text.replace("2024-03-08", "2024-03-08 00:00:00-05:00").replace("2024-03-11", "2024-03-11 00:00:00-04:00")
    importer.run(importer.source("a.csv", text), interval="1d")
    again = importer.run(importer.source("b.csv", offsets), interval="1d")
    assert again.written.same == 2
    london = offsets.replace("2024-03-08 00:00:00-05:00", "2024-03-08T00:00:00Z").replace(
        "2024-03-11 00:00:00-04:00", "2024-03-11T00:00:00Z"
    )
    assert importer.run(importer.source("c.csv", london), interval="1d", timezone="Europe/London").written.same == 2
    assert [row[0] for row in importer.rows(interval=86_400)] == [1_709_856_000, 1_710_115_200]


def test_a_daily_bar_that_opens_at_midnight_of_nowhere_is_no_bar(importer) -> None:
    text = f"{HEADER}\n2022-06-05T23:00:00Z,1,1,1,1,1\n"
    with pytest.raises(DataError) as caught:
        importer.run(importer.source("a.csv", text), interval="1d")
    assert "off the interval grid" in caught.value.problems[0].message
    assert "--timezone Europe/London" in caught.value.hint
    importer.run(importer.source("a.csv", text), interval="1d", timezone="Europe/London")
    assert importer.rows(interval=86_400)[0][0] == 1_654_473_600  # 2022-06-06, a summer's day


def test_the_name_of_a_file_tells_what_the_user_leaves_out(importer, instrument) -> None:
    path = importer.source("BTC_USDT-1m.feather", b"")
    write_feather(path)
    report = importer.run(path, symbol="", interval="", asset_class="")
    assert (report.symbol, report.interval, report.asset_class) == ("BTC-USDT", "1m", "crypto")
    assert importer.rows(instrument("BTC-USDT")) == BARS
    report = importer.run(
        importer.source("equity/ABC-5m.csv", f"{HEADER}\n2026-01-05T00:05:00Z,1,1,1,1,1\n"),
        symbol="",
        interval="",
        asset_class="",
    )
    assert (report.symbol, report.interval, report.asset_class) == ("ABC", "5m", "equity")


@pytest.mark.parametrize("missing", ["symbol", "interval", "asset_class"])
def test_what_neither_the_user_nor_a_name_tells_is_asked_for(importer, missing) -> None:
    with pytest.raises(InputError, match=f"the {missing.replace('_', ' ')} is not known") as caught:
        importer.run(importer.source("any.csv", TEXT), **{missing: ""})
    assert f"--{missing.replace('_', '-')}" in caught.value.hint


def test_all_that_is_missing_is_asked_for_at_once(importer) -> None:
    with pytest.raises(InputError) as caught:
        importer.run(importer.source("daily/any.csv", TEXT), symbol="", interval="", asset_class="")
    for what in ("symbol", "interval", "asset class"):
        assert f"the {what} is not known" in caught.value.message
    assert "--symbol NAME --interval 1m --asset-class equity|crypto|forex" in caught.value.hint


QUOTES = "timestamp,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close"


def test_bid_and_ask_bars_are_imported_as_their_middles(importer, instrument) -> None:
    rows = ["2026-01-05T00:00:00Z,1.1,1.3,1.0,1.2,1.3,1.5,1.2,1.4", "2026-01-05T00:01:00Z,1,1,1,1,,1,1,1"]
    path = importer.source("forex_quotes/EUR-GBP-1m-quotes.csv.gz", gzip.compress("\n".join([QUOTES, *rows]).encode()))
    report = importer.run(path, symbol="", interval="", asset_class="", on_bad_row="quarantine")
    assert (report.symbol, report.interval, report.asset_class) == ("EUR-GBP", "1m", "forex")
    assert [(one.line, one.message) for one in report.problems] == [(3, "bid or ask is missing")]
    assert any("middle of bid and ask" in note for note in report.notes)
    found = importer.rows(instrument("EUR-GBP", AssetClass.FOREX, tick="0.01"))
    assert [row[1:] for row in found] == [(120, 140, 110, 130, 0)]


def test_real_quotes_become_the_middles_that_lie_beside_them(importer, instrument, shared_data) -> None:
    report = importer.run(
        shared_data / "real" / "forex_quotes" / "EUR-USD-1m-quotes.csv.gz", symbol="", interval="", asset_class=""
    )
    one = instrument("EUR-USD", AssetClass.FOREX, tick="0.000005", lot="1")
    found = importer.rows(one)
    report.written.path.unlink()
    importer.cache.path("forex/EUR-USD-1m.csv").write_bytes(
        (shared_data / "real" / "forex" / "EUR-USD-1m.csv").read_bytes()
    )
    assert found == importer.rows(one)
    assert len(found) == report.bars


def test_bars_are_not_added_to_a_cache_file_of_quotes(importer) -> None:
    importer.cache.write(f"{QUOTES}\n2026-01-05T00:00:00Z,1,1,1,1,1,1,1,1\n")
    with pytest.raises(DataError, match="holds bid and ask prices"):
        importer.run(importer.source("any.csv", TEXT))


def test_sources_of_different_symbols_are_not_mixed(importer) -> None:
    paths = [importer.source(f"{name}-1m.csv", TEXT) for name in ("ABC", "XYZ")]
    with pytest.raises(InputError, match="different ones: ABC, XYZ"):
        importer.run(*paths, symbol="")


def test_naive_times_are_refused_with_what_to_do(importer) -> None:
    with pytest.raises(InputError, match="naive times: '2026-01-05 00:00:00'") as caught:
        importer.run(importer.source("any.csv", YAHOO))
    assert "--timezone America/New_York" in caught.value.hint


BROKEN = {
    "a file that is not there": (None, InputError, "does not exist"),
    "nothing": (b"", InputError, "is empty"),
    "text": (b"hello\nworld\n", InputError, "no header of bars: its first line is 'hello'"),
    "any bytes": (
        b"abc\xff\xfe\x81,\x9d\n\x80",
        InputError,
        "it is no UTF-8 text, and begins with the bytes 61 62 63 ff",
    ),
    "CSV without a header": (b"1,2,3,4,5,6\n", InputError, "no header of bars"),
    "a column missing": (b"timestamp,open,high,low,close\n", DataError, "no column volume: found timestamp,open"),
    "a column twice": (b"timestamp,Open,open,high,low,close,volume\n", DataError, "open and open"),
    "two times": (b"date,time,open,high,low,close,volume\n", DataError, "date and time"),
    "an object": (b'{"code": 1, "data": []}', DataError, "a JSON object with the keys code, data"),
    "a list of objects": (b'[{"t": 1}]', DataError, "the first item is a object|an object"),
    "cut-off JSON": (b"[[1, 2, 3, 4", DataError, "is no JSON"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", InputError, "none of the formats: it begins with the bytes 89 50"),
    "UTF-16": ("timestamp".encode("utf-16"), InputError, "UTF-16"),
    "a zip that is none": (b"PK\x03\x04nothing", DataError, "cannot be read as a zip"),
    "Parquet that is none": (b"PAR1nothing", DataError, "cannot be read as Parquet"),
    "Feather that is none": (b"ARROW1nothing", DataError, "cannot be read as Feather"),
    "gzip that is cut off": (
        gzip.compress(TEXT.encode() * 50, mtime=0)[:-30],
        DataError,
        "ends within its gzip stream",
    ),
    "a header alone": (f"{HEADER}\n".encode(), DataError, "there is no bar in"),
}


@pytest.mark.parametrize(("content", "error", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_source_is_told_as_what_it_is(importer, content, error, message) -> None:
    path = importer.folder / "any.file"
    if content is not None:
        importer.source("any.file", content)
    with pytest.raises(error, match=message) as caught:
        importer.run(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert not importer.cache.folder.exists()


def test_a_format_that_the_file_is_not_in_is_refused_with_those_that_are_known(importer) -> None:
    with pytest.raises(InputError, match="is text, and no file of the format lean") as caught:
        importer.run(importer.source("any.csv", TEXT), format="lean")
    assert all(name in caught.value.hint for name in ("yahoo", "ccxt", "freqtrade", "lean"))
    with pytest.raises(InputError, match="there is no format 'tick'"):
        importer.run(importer.source("any.csv", TEXT), format="tick")


def test_one_of_several_tickers_is_named(importer) -> None:
    text = (
        "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume\n"
        "Ticker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT\n"
        "Date,,,,,,,,,,\n2024-01-02,10,20,10,20,10,20,10,20,1,2\n"
    )
    path = importer.source("two.csv", text)
    with pytest.raises(DataError, match="2 tickers: AAPL, MSFT"):
        importer.run(path, symbol="IBM", interval="1d")
    importer.run(path, symbol="MSFT", interval="1d")
    assert (importer.cache.folder / "crypto" / "MSFT-1d.parquet").is_file()
    importer.symbol = "MSFT"
