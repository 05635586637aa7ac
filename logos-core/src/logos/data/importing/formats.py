"""The formats of files that can be imported."""

from __future__ import annotations

AUTO = "auto"
FORMATS = {
    "csv": "CSV with a header: timestamp,open,high,low,close,volume; plain or gzipped",
    "parquet": "Parquet with the same columns",
    "yahoo": "Yahoo downloads: Date,Open,High,Low,Close,Adj Close,Volume; and what yfinance writes with to_csv",
    "ccxt": "JSON as CCXT gives it: [[milliseconds, open, high, low, close, volume], ...]; plain or gzipped",
    "freqtrade": "freqtrade: BTC_USDT-1m.feather, .json or .json.gz",
    "lean": "QuantConnect LEAN: 20131004_trade.zip, spy.zip, or a folder of them",
}
"""The formats that are known, and what each looks like."""

TEXT, JSON, FEATHER, PARQUET, ZIP = "text", "JSON", "Feather", "Parquet", "a zip"
MEANT = {
    TEXT: ("csv", "yahoo"),
    JSON: ("ccxt", "freqtrade"),
    FEATHER: ("freqtrade",),
    PARQUET: ("parquet", "freqtrade"),
    ZIP: ("lean",),
}


def known_formats() -> str:
    """Return the formats in words, for a hint."""
    return "The formats are " + "; ".join(f"{name}: {text}" for name, text in FORMATS.items())
