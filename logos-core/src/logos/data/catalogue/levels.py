"""The level of a price from row to row, and the prices that are far from the level around them.

The level of a row is the middle of its prices; what surrounds it is the middle of five levels, its own and two on
each side. So a single price, and one or two rows, that are wrong move neither. Everything is in logarithms: ten times
too high and ten times too low are as far away.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from logos.data.catalogue.records import Finding
from logos.data.catalogue.shapes import number
from logos.data.catalogue.table import Flags, Floats, Series, Table

FAR = float(np.log(9.5))
"""Ten times, give or take what the price itself moves: an outlier."""
SPIKE = float(np.log(1.5))
"""Half as much again: a spike."""
HUNDRED = float(np.log(100))
AROUND_HUNDRED = float(np.log(1.5))
"""A ratio from 67 to 150 is taken for a hundred: the price moves too."""
SPLIT_TOLERANCE = float(np.log(1.06))
_SIDE = 2


@attrs.frozen(eq=False, kw_only=True)
class Levels:
    """Prices as logarithms.

    Attributes
    ----------
    table:
        The rows that have a price above 0.
    prices:
        One row a price of the series; not-a-number where it is missing or not above 0.
    level:
        The middle of the prices of each row.
    around:
        The middle of the levels around each row.
    """

    table: Table
    prices: Floats
    level: Floats
    around: Floats


def levels_of(table: Table, series: Series) -> Levels:
    """Return the levels of a series.

    Parameters
    ----------
    table:
        The rows in order.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        prices = np.log(np.stack([table.columns[name] for name in series.prices]))
    prices[~np.isfinite(prices)] = np.nan
    good: Flags = np.logical_or.reduce(~np.isnan(prices))
    if not good.all():
        table, prices = table.rows(good), prices[:, good]
    level = _middle(prices)
    return Levels(table=table, prices=prices, level=level, around=_around(level))


def _middle(values: Floats) -> Floats:
    """Return the median of each column, leaving out what is not a number; each has one."""
    ordered = np.sort(values, axis=0)  # what is not a number goes to the end
    count = (~np.isnan(values)).sum(axis=0)
    pair = [np.take_along_axis(ordered, at[None, :], axis=0)[0] for at in ((count - 1) // 2, count // 2)]
    middle: Floats = (pair[0] + pair[1]) / 2
    return middle


def _around(level: Floats) -> Floats:
    if len(level) < 3:
        return level.copy()
    padded = np.pad(level, _SIDE, mode="edge")
    shifted = np.stack([padded[at : at + len(level)] for at in range(2 * _SIDE + 1)])
    middle: Floats = np.median(shifted, axis=0)
    return middle


def is_hundred(distance: Floats) -> Flags:
    """Return which distances are about a factor of a hundred, up or down."""
    flags: Flags = np.abs(np.abs(distance) - HUNDRED) <= AROUND_HUNDRED
    return flags


def far_rows(levels: Levels, least: float = FAR) -> Flags:
    """Return the rows with a price that is far from the level around it."""
    with np.errstate(invalid="ignore"):
        flags: Flags = np.logical_or.reduce(np.abs(levels.prices - levels.around) >= least)
    return flags


def check_levels(levels: Levels, series: Series, splits: Floats) -> Iterator[Finding]:
    """Find prices in another unit, outliers and spikes.

    Parameters
    ----------
    splits:
        Logarithms of the ratios in the file's splits column.
    """
    distance = levels.prices - levels.around
    rows = np.arange(distance.shape[1])
    worst = np.nan_to_num(np.abs(distance), nan=0.0).argmax(axis=0)
    most = distance[worst, rows]
    size = np.abs(most)
    unit = is_hundred(most)
    partial = _is_one_of(levels.level - levels.around, splits) & ~unit
    kinds = (
        ("unit_error", unit),
        ("partial_split", partial),
        ("outlier", (size >= FAR) & ~unit & ~partial),
        ("spike", (size >= SPIKE) & (size < FAR) & ~unit & ~partial),
    )
    for kind, flags in kinds:
        if flags.any():
            row = levels.table.first(flags)
            name = series.prices[worst[row]]
            value, usual = levels.table.columns[name][row], float(np.exp(levels.around[row]))
            text = f"{name} {number(value)} is {times(most[row])} the {usual:.6g} around it"
            text += ", as large as a split in the file" if kind == "partial_split" else ""
            yield levels.table.finding(kind, flags, text, series=series.name)


def _is_one_of(distance: Floats, splits: Floats) -> Flags:
    """Return which distances are those of a split, up or down."""
    flags = np.zeros(len(distance), dtype=bool)
    for split in splits:
        if abs(split) > SPLIT_TOLERANCE:
            flags |= np.abs(np.abs(distance) - abs(split)) <= SPLIT_TOLERANCE
    return flags


def times(distance: float) -> str:
    """Return how many times as high a price is: ``100 times`` or ``1/100 of``."""
    ratio = float(np.exp(abs(distance)))
    text = f"{ratio:.3g}"
    return f"{text} times" if distance > 0 else f"1/{text} of"
