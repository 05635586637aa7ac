"""Single rows that no market makes: missing values, prices of 0 or less, high and low that do not enclose the rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logos.data.catalogue.records import Finding
from logos.data.catalogue.table import PRICES, Flags, Series, Table
from logos.domain.times import SECONDS_A_DAY

_AUCTION = 0.01
"""How far, as a share of the price, a daily open may lie outside of low and high: an auction is not always in them."""


def check_missing(table: Table, columns: tuple[str, ...], *, wide: bool) -> Iterator[Finding]:
    """Find values that are missing.

    Parameters
    ----------
    wide:
        Whether the columns are series side by side, which may begin later and end earlier than the file.
    """
    for name in columns:
        gone = np.isnan(table.columns[name])
        if not gone.any():
            continue
        if wide:
            inside = _within(~gone)
            edge = gone & ~inside
            if edge.any():
                yield table.finding("leading_blank", edge, f"{name} begins later or ends earlier", series=name)
            gone &= inside
        if gone.any():
            yield table.finding("missing", gone, f"{name} is empty", series=name)


def _within(there: Flags) -> Flags:
    """Return the rows from the first to the last that has a value."""
    begun: Flags = np.logical_or.accumulate(there)
    ends: Flags = np.logical_or.accumulate(there[::-1])[::-1]
    return begun & ends


def check_signs(table: Table, series: Series) -> Iterator[Finding]:
    """Find prices of 0 or less."""
    columns = [table.columns[name] for name in series.prices]
    flags = np.logical_or.reduce([column <= 0 for column in columns])
    if flags.any():
        first = table.first(flags)
        name, value = next(
            (name, column[first]) for name, column in zip(series.prices, columns, strict=True) if column[first] <= 0
        )
        yield table.finding("not_positive", flags, f"{name} is {number(value)}", series=series.name)


def check_volume(table: Table) -> Iterator[Finding]:
    """Find a volume below 0."""
    volume = table.columns.get("volume")
    if volume is not None and (volume < 0).any():
        flags = volume < 0
        yield table.finding("negative_volume", flags, f"volume is {number(volume[table.first(flags)])}")


def check_enclosure(table: Table, series: Series, interval: int | None) -> Iterator[Finding]:
    """Find bars whose high and low do not enclose open and close."""
    if len(series.prices) != len(PRICES):
        return
    first, high, low, close = (table.columns[name] for name in series.prices)
    with np.errstate(invalid="ignore"):
        flags = (high < low) | (close > high) | (close < low) | (first > high) | (first < low)
        beyond = np.maximum(first - high, low - first)
        auction = flags & (high >= low) & (close <= high) & (close >= low) & (beyond <= _AUCTION * close)
    if interval != SECONDS_A_DAY:
        auction = np.zeros_like(flags)
    for kind, rows in (("ohlc", flags & ~auction), ("open_outside", auction)):
        if rows.any():
            yield table.finding(kind, rows, _shape(table, series, table.first(rows)), series=series.name)


def _shape(table: Table, series: Series, row: int) -> str:
    first, high, low, close = (float(table.columns[name][row]) for name in series.prices)
    if high < low:
        return f"high {number(high)} is below low {number(low)}"
    for name, value in (("open", first), ("close", close)):
        if value > high:
            return f"{name} {number(value)} is above high {number(high)}"
        if value < low:
            return f"{name} {number(value)} is below low {number(low)}"
    return ""


def check_sides(table: Table) -> Iterator[Finding]:
    """Find quotes whose bid opens or closes above their ask."""
    if "bid_open" not in table.columns:
        return
    with np.errstate(invalid="ignore"):
        flags = np.logical_or.reduce(
            [table.columns[f"bid_{price}"] > table.columns[f"ask_{price}"] for price in PRICES]
        )
    if flags.any():
        row = table.first(flags)
        price = next(p for p in PRICES if table.columns[f"bid_{p}"][row] > table.columns[f"ask_{p}"][row])
        bid, ask = (number(table.columns[f"{side}_{price}"][row]) for side in ("bid", "ask"))
        yield table.finding("crossed", flags, f"bid_{price} {bid} is above ask_{price} {ask}")


def number(value: float) -> str:
    """Return a float by its shortest decimal, without an exponent where it is of a usual size."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def counted(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
