"""Dividends and splits against prices, and adj_close against all of them.

``adj_close / close`` is a factor that changes only where something was paid or split. From the row before an event to
the event it must change by ``1 - dividend / close before``, and by the split as well where the prices are as traded;
where they are adjusted for splits already, as Yahoo's are, the split changes nothing. Which of the two it is, the
price itself tells at the event.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logos.data.catalogue.records import Finding
from logos.data.catalogue.shapes import number
from logos.data.catalogue.table import Floats, Series, Table
from logos.domain.times import time_text

NO_EVENTS = "adj_close against dividends and splits: no columns dividends and splits"
LARGE_DIVIDEND = 0.25
"""As a share of the price: a dividend that large must be seen in the price."""
FACTOR_TOLERANCE = 0.0005
"""How far a factor may be from the one that the events give: prices are rounded."""


def split_ratios(table: Table) -> Floats:
    """Return the logarithms of the ratios in the splits column, each once."""
    splits = table.columns.get("splits")
    if splits is None:
        return np.empty(0)
    return np.unique(np.log(splits[(splits > 0) & (splits != 1)]))


def check_events(table: Table, series: Series) -> Iterator[Finding]:
    """Find splits and dividends that cannot be, and an adj_close that does not follow from them.

    Parameters
    ----------
    table:
        The rows in order.
    """
    yield from _check_splits(table)
    if "close" not in series.prices:
        return
    usable = table.rows(~np.isnan(table.columns["close"]) & (table.columns["close"] > 0))
    if "dividends" in table.columns:
        yield from _check_dividends(usable)
    if {"adj_close", "dividends", "splits"} <= set(table.columns):
        yield from _check_factor(usable)


def _check_splits(table: Table) -> Iterator[Finding]:
    splits = table.columns.get("splits")
    if splits is not None and (splits < 0).any():
        bad = splits < 0
        yield table.finding("bad_split", bad, f"the split is {number(splits[table.first(bad)])}")


def _check_dividends(table: Table) -> Iterator[Finding]:
    dividends = _paid(table)[1:]
    before, after = table.columns["close"][:-1], _first_price(table)[1:]
    as_traded = before - after * _split_at(table)[1:]  # such a price falls by its split as well
    fall = np.maximum(before - after, as_traded)
    share = dividends / before
    bad = (dividends < 0) | (share >= 1) | ((share >= LARGE_DIVIDEND) & (fall < dividends / 2))
    if bad.any():
        rows = np.flatnonzero(bad) + 1
        row = table.first(rows)
        text = (
            f"a dividend of {number(dividends[row - 1])} is {share[row - 1]:.0%} of the close before, "
            f"{number(before[row - 1])}; the price went to {number(after[row - 1])}"
        )
        yield table.finding("impossible_dividend", rows, text)


def _paid(table: Table) -> Floats:
    """Return what was paid on each share: dividends, and the gains that a fund hands on."""
    paid = np.nan_to_num(table.columns["dividends"])
    gains = table.columns.get("capital_gains")
    total: Floats = paid if gains is None else paid + np.nan_to_num(gains)
    return total


def _first_price(table: Table) -> Floats:
    first = table.columns.get("open")
    close = table.columns["close"]
    return close if first is None else np.where(np.isnan(first) | (first <= 0), close, first)


def _split_at(table: Table) -> Floats:
    """Return the split at each row; 1 for none."""
    splits = table.columns.get("splits")
    if splits is None:
        return np.ones(len(table))
    ratios: Floats = np.where(np.nan_to_num(splits) > 0, splits, 1.0)
    return ratios


def _check_factor(table: Table) -> Iterator[Finding]:
    adjusted = table.columns["adj_close"]
    usable = ~np.isnan(adjusted) & (adjusted > 0)
    table = table.rows(usable)
    if len(table) < 2:
        return
    factor = table.columns["adj_close"] / table.columns["close"]
    change = factor[:-1] / factor[1:]
    expected = _expected_change(table)
    wrong = np.abs(np.log(change / expected)) > _tolerance(table)
    if wrong.any():
        rows = np.flatnonzero(wrong) + 1
        row = table.first(rows)
        text = (
            f"adj_close / close goes from {factor[row - 1]:.6g} to {factor[row]:.6g} at "
            f"{time_text(int(table.stamps[row]))}, a change of {change[row - 1]:.6g} where dividends and splits "
            f"give {expected[row - 1]:.6g}"
        )
        yield table.finding("adj_close_mismatch", rows, text)


def _expected_change(table: Table) -> Floats:
    close = table.columns["close"]
    share = np.clip(_paid(table)[1:] / close[:-1], 0.0, 0.99)
    splits = _split_at(table)[1:]
    left = close[:-1] * (1 - share)
    moved = np.log(_first_price(table)[1:] / left)
    as_traded = np.abs(moved + np.log(splits)) < np.abs(moved)  # the price fell by the split
    return (1 - share) / np.where(as_traded, splits, 1.0)


def _tolerance(table: Table) -> Floats:
    """Return how far each change may be off: more where prices have few digits."""
    adjusted, close = table.columns["adj_close"], table.columns["close"]
    rounding = _last_digit(adjusted) / adjusted + _last_digit(close) / close
    tolerance: Floats = FACTOR_TOLERANCE + rounding[1:] + rounding[:-1]
    return tolerance


def _last_digit(prices: Floats) -> float:
    """Return the smallest step that all prices of a column are written in: 0 beyond six decimals."""
    for decimals in range(7):
        scale = 10.0**decimals
        if (np.abs(np.rint(prices * scale) / scale - prices) < 1e-9 * np.abs(prices)).all():
            return 1 / scale
    return 0.0
