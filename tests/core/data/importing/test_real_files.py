"""Real files come out of the cache as a session would have read them from their source."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pytest

from logos.domain.instruments import AssetClass

FILES = {
    "crypto/XRP-ETH-1m.csv": ("XRP-ETH", "crypto", "0.00000001", "1"),
    "crypto/ETH-USD-1m.csv": ("ETH-USD", "crypto", "0.01", "0.00000001"),
    "crypto/BTC-PERP-1m.csv.gz": ("BTC-PERP", "crypto", "0.5", "0.0001"),
    "equity/TWX-1m.csv": ("TWX", "equity", "0.01", "1"),
    "forex/USD-JPY-1m.csv.gz": ("USD-JPY", "forex", "0.0005", "1"),
    "daily/QQQ-1d.csv": ("QQQ", "equity", "0.01", "1"),
    "daily/BTC-USD-1d.csv": ("BTC-USD", "crypto", "0.01", "0.00000001"),
}


@pytest.mark.parametrize("form", [".parquet", ".csv.gz"])
@pytest.mark.parametrize("name", FILES)
def test_a_real_file_is_read_from_the_cache_as_from_its_source(importer, instrument, shared_data, name, form) -> None:
    symbol, asset_class, tick, lot = FILES[name]
    source = shared_data / "real" / name
    one = instrument(symbol, AssetClass(asset_class), tick=tick, lot=lot)
    report = importer.run(source, symbol="", interval="", asset_class=asset_class, instrument=one, form=form)
    interval = 86_400 if "-1d" in name else 60
    found = importer.rows(one, interval=interval)
    report.written.path.unlink()
    data = source.read_bytes()
    importer.cache.write(
        gzip.decompress(data) if name.endswith(".gz") else data,
        f"{asset_class}/{report.written.path.name.partition('.')[0]}.csv",
    )
    assert found == importer.rows(one, interval=interval)
    assert (report.bars, report.rejected) == (len(found), 0)


def test_real_minutes_in_the_form_of_freqtrade_come_back(importer, instrument, shared_data) -> None:
    source = shared_data / "real" / "crypto" / "XRP-ETH-1m.csv"
    table = pyarrow.csv.read_csv(source)
    numbers = [table.column(name).cast(pa.float64()) for name in ("open", "high", "low", "close", "volume")]
    stamps = table.column("timestamp").cast(pa.timestamp("ms", "UTC"))
    frame = pa.table([stamps, *numbers], names=["date", "open", "high", "low", "close", "volume"])
    path = importer.source("XRP_ETH-1m.feather", b"")
    pyarrow.feather.write_feather(frame, path)
    report = importer.run(path, symbol="", interval="", asset_class="")
    assert (report.symbol, report.bars) == ("XRP-ETH", len(table))
    again = importer.run(source, symbol="", interval="", asset_class="")
    assert (again.written.added, again.written.same) == (0, len(table))


@pytest.mark.parametrize(("name", "rejected"), [("AET-L", 0), ("SSW-JO", 4), ("CNE-L", 0)])
def test_daily_bars_of_yahoo_open_at_midnight_of_their_date(importer, instrument, shared_data, name, rejected) -> None:
    source = (
        shared_data / "real" / "defects" / f"{name}-1d-{'bad-stock-split' if name == 'CNE-L' else '100x-error'}.csv"
    )
    zone = "Africa/Johannesburg" if name == "SSW-JO" else "Europe/London"
    report = importer.run(
        source, symbol=name, interval="1d", asset_class="equity", timezone=zone, on_bad_row="quarantine"
    )
    assert report.rejected == rejected
    assert any("sorted" in note for note in report.notes)
    found = importer.rows(instrument(name, AssetClass.EQUITY, tick="0.0001"), interval=86_400)
    assert len(found) == report.rows - rejected
    assert all(row[0] % 86_400 == 0 for row in found)
