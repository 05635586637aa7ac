"""What stands still: prices that repeat, volumes that are missing or of another unit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logos.data.catalogue.records import Finding
from logos.data.catalogue.shapes import counted, number
from logos.data.catalogue.table import Flags, Integers, Series, Table
from logos.domain.instruments import AssetClass
from logos.domain.times import time_text

STALE_BARS = 10
"""So many bars in a row with one and the same price are a stale stretch; of minutes, three times as many."""
_SHORT = 3_600
_MINUTE = 60
_A_LOT_A_MINUTE = 1e9


def check_stale(table: Table, series: Series, interval: int | None) -> Iterator[Finding]:
    """Find stretches in which every price of every bar is the same."""
    least = STALE_BARS if interval is None or interval >= _SHORT else 3 * STALE_BARS
    columns = [table.columns[name] for name in series.prices]
    flat = np.logical_and.reduce([column == columns[0] for column in columns])
    same = np.concatenate(([False], flat[1:] & flat[:-1] & (columns[0][1:] == columns[0][:-1]))) if len(table) else flat
    begins, lengths = _runs(same, least - 1)
    if len(begins):
        longest = int(lengths.argmax())
        row = int(begins[longest])
        text = (
            f"{int(lengths[longest]) + 1:,} bars at {number(columns[0][row])} from {time_text(int(table.stamps[row]))}"
        )
        if len(begins) > 1:
            text += f" are the longest of {len(begins):,} stretches"
        yield table.finding("stale", np.asarray(begins), text, series=series.name)


def check_turnover(
    table: Table, asset_class: AssetClass | None, interval: int | None, closes: str
) -> Iterator[Finding]:
    """Find missing volumes, stretches without one, and volumes that look like money."""
    volume = table.columns.get("volume")
    if volume is None or not len(table):
        return
    zero = volume == 0
    if zero.all():
        yield table.finding("no_volume", zero, "volume is 0 in every row")
        return
    if zero.any():
        begins, lengths = _runs(zero, 0)
        longest = int(lengths.argmax())
        row = begins[longest] + 1
        text = (
            f"volume 0 in {int(zero.sum()):,} of {len(table):,} rows; the longest stretch is "
            f"{counted(int(lengths[longest]), 'row')} from {time_text(int(table.stamps[row]))}"
        )
        yield table.finding("zero_volume", zero, text)
    if asset_class is AssetClass.CRYPTO and interval:
        usual = float(np.nanmedian(volume))
        a_minute = usual * float(np.nanmedian(table.columns[closes])) * _MINUTE / interval
        if a_minute > _A_LOT_A_MINUTE:
            text = f"times the price, the usual volume of {usual:,.0f} would be {a_minute:,.0f} a minute: money?"
            yield table.finding("volume_unit", np.array([0]), text)


def _runs(flags: Flags, least: int) -> tuple[Integers, Integers]:
    """Return the row before each run of at least ``least`` flags, and how long it is."""
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    lengths = ends - begins
    long = lengths >= max(least, 1)
    return begins[long] - 1, lengths[long]
