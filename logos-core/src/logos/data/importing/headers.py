"""Finds time, open, high, low, close and volume by the names that programs give them."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import attrs

from logos.data.bar_rows import shown
from logos.data.importing.delimited import Layout
from logos.data.printable import printable
from logos.domain.errors import DataError

TIME_NAMES = ("timestamp", "date", "datetime", "time", "open_time")
NUMBER_NAMES = ("open", "high", "low", "close", "volume")
QUOTE_NAMES = tuple(f"{side}_{price}" for side in ("bid", "ask") for price in NUMBER_NAMES[:4])
_YAHOO_FIRST = "price"  # the first head of a table with the ticker in a second line


@attrs.frozen(kw_only=True)
class Columns:
    """Where the columns stand, and which ones are left out."""

    width: int
    positions: tuple[int, ...]
    ignored: tuple[str, ...]

    @property
    def layout(self) -> Layout:
        """The same for a text."""
        return Layout(width=self.width, positions=self.positions)


def simplified(name: str) -> str:
    """Return a column's name as it is compared: ``Adj Close`` and ``adj_close`` are the same."""
    return name.strip().strip('"').lower().replace(" ", "_")


def split_header(line: str) -> list[str]:
    """Return the names in a line of CSV."""
    return [name.strip() for name in next(csv.reader([line]), [])] if "\0" not in line else [line]


def has_header(names: Sequence[str]) -> bool:
    """Return whether names are those of bars, so that they are a header and no row."""
    known = {simplified(name) for name in names}
    return len(known & {*NUMBER_NAMES, *TIME_NAMES}) >= 3


def quote_places(names: Sequence[str]) -> tuple[int, ...]:
    """Return where time, four bid prices and four ask prices stand; empty where the columns are not those of quotes."""
    plain = [simplified(name) for name in names]
    stamp = next((plain.index(name) for name in TIME_NAMES if name in plain), None)
    if stamp is None or any(plain.count(name) != 1 for name in QUOTE_NAMES):
        return ()
    return (stamp, *(plain.index(name) for name in QUOTE_NAMES))


def columns_of(names: Sequence[str], file: str, ticker: Sequence[str] = (), symbol: str = "") -> Columns:
    """Return where the columns stand.

    Parameters
    ----------
    ticker:
        The second line of a header that names the ticker of each column.
    symbol:
        Whose columns are wanted, where there are several tickers.

    Raises
    ------
    DataError
        Where one is missing or stands there twice.
    """
    plain = [simplified(name) for name in names]
    if ticker:
        plain = _of_one_ticker(plain, ticker, symbol, file)
    if plain and plain[0] == _YAHOO_FIRST and ticker:
        plain[0] = TIME_NAMES[0]
    found = [_place(plain, (name,), file) for name in NUMBER_NAMES]
    stamp = _place(plain, TIME_NAMES, file)
    missing = [name for name, place in zip(("timestamp", *NUMBER_NAMES), (stamp, *found), strict=True) if place is None]
    if missing:
        raise DataError(
            f"{file} has no column {', '.join(missing)}: found {shown(printable(','.join(names)))}",
            hint=f"It needs {', '.join(NUMBER_NAMES)}, and one of {', '.join(TIME_NAMES)}",
        )
    positions = tuple(place for place in (stamp, *found) if place is not None)
    ignored = tuple(name for place, name in enumerate(names) if place not in positions and name.strip())
    return Columns(width=len(names), positions=positions, ignored=ignored)


def _place(plain: Sequence[str], wanted: Sequence[str], file: str) -> int | None:
    places = [place for place, name in enumerate(plain) if name in wanted]
    if len(places) > 1:
        found = " and ".join(plain[place] for place in places)
        raise DataError(f"{file} has the columns {found}, and one alone is wanted", hint="Remove the others")
    return places[0] if places else None


def _of_one_ticker(plain: Sequence[str], ticker: Sequence[str], symbol: str, file: str) -> list[str]:
    tickers = sorted({name for name in ticker[1:] if name})
    if len(tickers) <= 1:
        return list(plain)
    if symbol not in tickers:
        raise DataError(
            f"{file} holds {len(tickers)} tickers: {shown(', '.join(tickers))}",
            hint=f"Name one of them with --symbol, such as --symbol {tickers[0]}",
        )
    return [name if place == 0 or ticker[place] == symbol else "" for place, name in enumerate(plain)]
