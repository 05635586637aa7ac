"""Steps from one level to another that stay for more than a few rows: units that change, splits, jumps, news."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import attrs
import numpy as np

from logos.data.catalogue.levels import (
    FAR,
    SPIKE,
    SPLIT_TOLERANCE,
    Levels,
    far_rows,
    is_hundred,
    times,
)
from logos.data.catalogue.records import Finding
from logos.data.catalogue.shapes import counted
from logos.data.catalogue.table import Flags, Floats, Integers, Series, Table
from logos.domain.times import SECONDS_A_DAY, time_text

JUMP = float(np.log(1.4))
CLOSURE_STEP = float(np.log(1.03))
_SPLITS = (1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 25, 30, 40, 50)
_SMALL_SPLIT = 3
_SMALL_TOLERANCE = float(np.log(1.03))
_LARGE_TOLERANCE = float(np.log(1.2))
_LONG_AGO = 10 * SECONDS_A_DAY
_CLOSURE = 4 * 3_600


@attrs.frozen(eq=False, kw_only=True)
class Steps:
    """What lies between each row and the next, rows that are far off left out.

    Attributes
    ----------
    table:
        The rows.
    size:
        How far the price moved to each row but the first: logarithm of its first price over the last one before.
    level:
        How far the level moved.
    apart:
        Seconds between them.
    """

    table: Table
    size: Floats
    level: Floats
    apart: Integers


def steps_of(levels: Levels) -> Steps:
    """Return the steps of a series; rows with a spike are left out, since the level around them does not move."""
    kept = ~far_rows(levels, SPIKE)
    table, prices, level = levels.table.rows(kept), levels.prices[:, kept], levels.level[kept]
    first, last = prices[0, 1:], prices[-1, :-1]
    size = np.where(np.isnan(first - last), np.diff(level), first - last)
    return Steps(table=table, size=size, level=np.diff(level), apart=np.diff(table.stamps))


def check_steps(steps: Steps, series: Series, interval: int | None, splits: Floats) -> Iterator[Finding]:
    """Find steps that stay: a change of unit, a split, a jump; and small ones over a night of a minute file.

    Parameters
    ----------
    splits:
        Logarithms of the ratios in the file's splits column.
    """
    if not len(steps.size):
        return
    size = np.where(np.abs(steps.level) >= JUMP, steps.size, 0.0)
    # The first price of a row may belong to the level before: what counts is that both have moved.
    size = np.where(np.abs(size) < JUMP, np.where(np.abs(steps.level) >= FAR, steps.level, 0.0), size)
    soon = steps.apart <= _LONG_AGO
    told = (np.abs(size) > 0) & _is_told(steps, size)
    unit = is_hundred(size) & is_hundred(steps.level) & ~told
    returns = _returns(size)
    partial = _near(size, np.exp(np.abs(splits)), SPLIT_TOLERANCE) & _is_no_event(steps) & ~unit & soon
    outlier = (np.abs(size) >= FAR) & ~unit & (returns | ~_is_split(size)) & ~partial & ~told
    split = told | ((np.abs(size) > 0) & _is_split(size) & ~returns & ~outlier & ~unit & ~partial & soon)
    jump = (np.abs(size) > 0) & soon & ~split & ~outlier & ~unit & ~partial
    night = _closure_steps(steps, interval)
    kinds = (
        ("unit_error", unit, size),
        ("partial_split", partial, size),
        ("outlier", outlier, size),
        ("split", split, size),
        ("jump", jump, size),
        ("step", night & (size == 0), steps.size),
    )
    for kind, flags, sizes in kinds:
        if flags.any():
            yield _finding(steps, series, kind, flags, sizes)


def _finding(steps: Steps, series: Series, kind: str, flags: Flags, sizes: Floats) -> Finding:
    rows = np.flatnonzero(flags) + 1
    row = steps.table.first(rows)
    before = time_text(int(steps.table.stamps[row - 1]))
    moved = float(sizes[row - 1])
    columns = steps.table.columns
    old, new = float(columns[series.prices[-1]][row - 1]), float(columns[series.prices[0]][row])
    text = f"from {old:.6g} at {before} to {new:.6g}"
    if kind == "step":
        text = f"{np.expm1(moved):+.1%} over a closure of {int(steps.apart[row - 1]) // 3_600} h: {text}"
    elif kind == "split":
        text = f"{_split_text(steps, row, moved)}: {text}"
    elif kind == "unit_error":
        later = [at for at in rows if at > row]
        lasting = int(later[0] if later else len(steps.table)) - row
        text = f"the level becomes {times(moved)} what it was, for {counted(lasting, 'row')}: {text}"
    else:
        text = f"the level moves to {times(moved)} what it was: {text}"
    count = len(rows)
    more = f", and {count - 1:,} more" if count > 1 else ""
    return steps.table.finding(kind, rows, text + more, series=series.name)


def _near(size: Floats, ratios: Floats, tolerance: float) -> Flags:
    flags = np.zeros(len(size), dtype=bool)
    for ratio in ratios:
        if ratio > np.exp(tolerance):
            flags |= np.abs(np.abs(size) - np.log(ratio)) <= tolerance
    return flags


def _is_split(size: Floats) -> Flags:
    """Return which steps are near a usual ratio: nearer for small ones, since markets do halve by themselves."""
    small = np.array([ratio for ratio in _SPLITS if ratio < _SMALL_SPLIT])
    large = np.array([ratio for ratio in _SPLITS if ratio >= _SMALL_SPLIT])
    middle = large[large < 10]
    return (
        _near(size, small, _SMALL_TOLERANCE)
        | _near(size, middle, 2 * _SMALL_TOLERANCE)
        | _near(size, large[large >= 10], _LARGE_TOLERANCE)
    )


def _split_text(steps: Steps, row: int, moved: float) -> str:
    splits = steps.table.columns.get("splits")
    if splits is not None and splits[row] > 0:
        return f"the split of {splits[row]:.6g} in the file is not in the prices"
    return f"as in a split of {_ratio_text(moved)}"


def _ratio_text(moved: float) -> str:
    ratio = min(_SPLITS, key=lambda one: abs(np.log(one) - abs(moved)))
    more, less = ("3", "2") if ratio == 1.5 else (str(int(ratio)), "1")
    return f"{more}:{less}" if moved < 0 else f"{less}:{more}"


def _returns(size: Floats) -> Flags:
    """Return which steps are undone by the large step behind them, or undo the one before."""
    large = np.flatnonzero(size)
    flags = np.zeros(len(size), dtype=bool)
    for one, two in pairwise(large):
        if abs(size[one] + size[two]) <= min(SPIKE, abs(size[one]) / 4):
            flags[one] = flags[two] = True
    return flags


def _is_told(steps: Steps, size: Floats) -> Flags:
    """Return which steps are those of the split that the file dates there."""
    splits = steps.table.columns.get("splits")
    if splits is None:
        return np.zeros(len(size), dtype=bool)
    ratios = np.where(np.nan_to_num(splits, nan=0.0) > 0, splits, 1.0)[1:]
    flags: Flags = (ratios != 1) & (np.abs(size + np.log(ratios)) <= _LARGE_TOLERANCE)
    return flags


def _is_no_event(steps: Steps) -> Flags:
    splits = steps.table.columns.get("splits")
    if splits is None:
        return np.ones(len(steps.size), dtype=bool)
    event = np.nan_to_num(splits, nan=0.0) > 0
    flags: Flags = ~event[1:]
    return flags


def _closure_steps(steps: Steps, interval: int | None) -> Flags:
    if interval is None or interval >= _CLOSURE:
        return np.zeros(len(steps.size), dtype=bool)
    closed = (steps.apart >= _CLOSURE) & (steps.apart <= _LONG_AGO)
    flags: Flags = closed & (np.abs(steps.size) >= CLOSURE_STEP)
    return flags
