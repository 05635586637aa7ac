"""QuantConnect LEAN: zips of trade or quote bars, a day of minutes or the whole history of hours or days in each."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import attrs

from logos.data.bar_columns import RawColumns
from logos.data.importing.batches import Batch, TextRow
from logos.data.importing.delimited import Layout, TextBatch
from logos.data.importing.times import LOCAL, SINCE_MIDNIGHT, Times, zone_named
from logos.domain.errors import DataError
from logos.domain.times import SECONDS_A_DAY

INTERVALS = {"minute": "1m", "hour": "1h", "daily": "1d"}
_DAY_FILE = re.compile(
    r"(?P<day>[0-9]{8})_(?P<symbol>.+)_(?P<resolution>minute|second|tick)_(?P<kind>trade|quote|openinterest)\.csv",
    re.IGNORECASE,
)
_WHOLE_FILE = re.compile(r"(?P<symbol>[^/]+?)(?:_(?P<kind>trade|quote))?\.csv", re.IGNORECASE)
_TRADE_WIDTH, _QUOTE_WIDTH = 6, 11
_EQUITY = "equity"
_CLASSES = {_EQUITY: _EQUITY, "crypto": "crypto", "cryptofuture": "crypto", "forex": "forex", "cfd": "forex"}
_QUOTED_IN = ("USDT", "USDC", "USD", "EUR", "GBP", "JPY", "BTC", "ETH")
"""What a pair of LEAN's crypto venues is quoted in, where its name ends so: none of them is the end of another."""
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_AGAIN = "Write or download the zip again"


@attrs.frozen(kw_only=True)
class LeanFile:
    """One zip, as its path and its only entry describe it.

    Attributes
    ----------
    asset_class, interval, symbol:
        What path and entry say; empty where they do not.
    quotes:
        Whether it holds bid and ask bars rather than trades.
    midnight:
        The day of a file of minutes as seconds since the epoch; ``None`` where each row has its date.
    """

    path: Path
    entry: str
    asset_class: str
    interval: str
    symbol: str
    quotes: bool
    midnight: int | None


def look_into(path: Path, name: str) -> LeanFile:
    """Return what a zip holds.

    Raises
    ------
    DataError
        Where it cannot be read, or holds something else.
    """
    entry = _only_entry(path, name)
    parts = [part.lower() for part in path.absolute().parts[:-1]]
    asset_class = next((_CLASSES[part] for part in reversed(parts) if part in _CLASSES), "")
    in_a_day = _DAY_FILE.fullmatch(Path(entry).name)
    if in_a_day:
        return _day_file(path, name, entry, asset_class, in_a_day)
    whole = _WHOLE_FILE.fullmatch(Path(entry).name)
    resolution = next((part for part in reversed(parts) if part in INTERVALS), "")
    if not whole:
        raise DataError(
            f"{name} holds {entry}, which is no bar file of LEAN",
            hint="LEAN's are called 20131004_spy_minute_trade.csv or spy.csv inside the zip",
        )
    kind = (whole["kind"] or "").lower()
    return LeanFile(
        path=path,
        entry=entry,
        asset_class=asset_class,
        interval=INTERVALS.get(resolution, ""),
        symbol=_symbol(whole["symbol"], asset_class),
        quotes=kind == "quote" or (not kind and asset_class == "forex"),
        midnight=None,
    )


def _day_file(path: Path, name: str, entry: str, asset_class: str, match: re.Match[str]) -> LeanFile:
    resolution, kind, day = match["resolution"].lower(), match["kind"].lower(), match["day"]
    if resolution not in INTERVALS or kind == "openinterest":
        raise DataError(
            f"{name} holds {resolution} {kind} data, and bars of a minute or longer are wanted",
            hint="Name LEAN's minute, hour or daily trade or quote files",
        )
    try:
        midnight = (date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal() - _EPOCH_DAY) * SECONDS_A_DAY
    except ValueError:
        raise DataError(f"{name} holds {entry}: {day} is no date", hint=_AGAIN) from None
    return LeanFile(
        path=path,
        entry=entry,
        asset_class=asset_class,
        interval=INTERVALS[resolution],
        symbol=_symbol(match["symbol"], asset_class),
        quotes=kind == "quote",
        midnight=midnight,
    )


def _symbol(text: str, asset_class: str) -> str:
    """Return how Logos calls a symbol; empty where its two currencies cannot be told apart."""
    text = text.upper()
    if asset_class == _EQUITY:
        return text
    if asset_class == "crypto":
        quoted = next((one for one in _QUOTED_IN if text.endswith(one) and len(text) >= len(one) + 2), "")
        return f"{text.removesuffix(quoted)}-{quoted}" if quoted else ""
    return f"{text[:3]}-{text[3:]}" if asset_class == "forex" and len(text) == 6 else ""


def _only_entry(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = sorted(one.filename for one in archive.infolist() if not one.is_dir())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise DataError(f"{name} cannot be read as a zip: {error}", hint=_AGAIN) from error
    if len(entries) != 1:
        found = ", ".join(entries[:3]) or "nothing"
        raise DataError(
            f"{name} holds {len(entries)} files ({found}), and a zip of LEAN holds one",
            hint="Unpack it, and import the files themselves",
        )
    return entries[0]


def lean_batches(file: LeanFile, name: str, asset_class: str, times: Times) -> Iterator[Batch]:
    """Yield the rows of a zip.

    Parameters
    ----------
    asset_class:
        Decides the scale of prices and the clock that times are read from, unless ``times`` has a zone.

    Raises
    ------
    DataError
        Where the zip is damaged.
    """
    equity = asset_class == _EQUITY
    times.zone = times.zone or zone_named("America/New_York" if equity else "UTC")
    times.kind = LOCAL if file.midnight is None else SINCE_MIDNIGHT
    times.midnight = file.midnight or 0
    try:
        with zipfile.ZipFile(file.path) as archive:
            text = archive.read(file.entry)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{name} cannot be read as a zip: {error}", hint=_AGAIN) from error
    if not text.strip():
        return
    text = text if text.endswith(b"\n") else text + b"\n"
    width = text.partition(b"\n")[0].count(b",") + 1
    if file.quotes and width == _QUOTE_WIDTH:
        yield QuoteBatch(text.decode("utf-8", errors="replace").splitlines(), 1, times, scale=-4 if equity else 0)
    else:
        layout = Layout(width=_TRADE_WIDTH, positions=tuple(range(_TRADE_WIDTH)), divisor=10_000 if equity else 1)
        yield TextBatch(text, 1, layout, times)


def quote_batch(data: bytes, places: Sequence[int], times: Times, first_line: int) -> QuoteBatch:
    """Return rows of quotes whose columns stand elsewhere than LEAN's.

    Parameters
    ----------
    places:
        The places of time, four bid prices and four ask prices.
    """
    lines = data.decode("utf-8", errors="replace").splitlines()
    return QuoteBatch([_as_lean(line, places) for line in lines], first_line, times, scale=0)


def _as_lean(line: str, places: Sequence[int]) -> str:
    fields = line.split(",")
    if len(fields) <= max(places):
        return line if line.strip() else ""
    stamp, *prices = (fields[place].strip('"') for place in places)
    return ",".join((stamp, *prices[:4], "0", *prices[4:], "0"))


class QuoteBatch:
    """Bid and ask bars, of which the middle of each price is taken. Nothing was traded: their volume is 0.

    Parameters
    ----------
    scale:
        The power of ten that prices are multiplied by.
    """

    def __init__(self, lines: list[str], first_line: int, times: Times, *, scale: int) -> None:
        self._lines = lines
        self._first_line = first_line
        self._times = times
        self._scale = scale
        layout = Layout(width=_TRADE_WIDTH, positions=tuple(range(_TRADE_WIDTH)))
        text = "".join(f"{_middle(line, scale)}\n" for line in lines).encode()
        self._middles = TextBatch(text, first_line, layout, times)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._lines)

    def halves(self) -> list[QuoteBatch]:
        """Return the rows as two batches."""
        cut = len(self._lines) // 2
        return [
            QuoteBatch(self._lines[:cut], self._first_line, self._times, scale=self._scale),
            QuoteBatch(self._lines[cut:], self._first_line + cut, self._times, scale=self._scale),
        ]

    def columns(self) -> RawColumns | None:
        """Return the middles as columns."""
        return self._middles.columns()

    def rows(self) -> Iterator[TextRow]:
        """Yield the middles with the rows that they come from."""
        for row in self._middles.rows():
            text = self._lines[row.line - self._first_line]
            fault = "bid or ask is missing" if row.fault.startswith("the row has 1 column") else row.fault
            yield attrs.evolve(row, row=text, fault=fault)


def _middle(line: str, scale: int) -> str:
    """Return a row of trade form with the middles; a word alone where there is none."""
    if not line.strip():
        return ""
    fields = line.split(",")
    if len(fields) != _QUOTE_WIDTH:
        return "?"
    try:
        pairs = [(Decimal(fields[1 + place]), Decimal(fields[6 + place])) for place in range(4)]
        middles = [((bid + ask) / 2).scaleb(scale) for bid, ask in pairs]
    except InvalidOperation:
        return "?"
    return ",".join([fields[0], *(format(price, "f") for price in middles), "0"])
