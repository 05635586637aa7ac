"""Prices between two ticks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from logos.data.catalogue.records import Finding
from logos.data.catalogue.shapes import number
from logos.data.catalogue.table import Flags, Floats, Series, Table
from logos.domain.instruments import AssetClass
from logos.domain.money import decimals_of

_MOST_DECIMALS = 15
_EXACT = 2.0**53
_FEWEST_HALVES = 0.1
NO_TICK = "prices against the tick: no tick (give --tick, or --config)"


def check_ticks(table: Table, series: Series, tick: Decimal) -> Iterator[Finding]:
    """Find prices that are no whole number of ticks."""
    off = {name: _between(table.columns[name], tick) for name in series.prices}
    flags = np.logical_or.reduce(list(off.values()))
    if flags.any():
        row = table.first(flags)
        name = next(name for name, between in off.items() if between[row])
        text = f"{name} {number(table.columns[name][row])} is off the tick {tick}"
        yield table.finding("off_tick", flags, text, series=series.name)


def check_halves(table: Table, series: Series, asset_class: AssetClass | None) -> Iterator[Finding]:
    """Find the mids of a currency pair where no tick is known: all on a grid, many of them on its halves."""
    if asset_class is not AssetClass.FOREX or not len(table):
        return
    prices = np.concatenate([table.columns[name] for name in series.prices])
    decimals = next((digits for digits in range(9) if not _off_decimals(prices, digits).any()), None)
    if not decimals:
        return
    last = np.rint(prices * 10.0**decimals) % 10
    halves = last == 5
    if ((last == 0) | halves).all() and halves.mean() >= _FEWEST_HALVES:
        coarse = Decimal(1).scaleb(1 - decimals)
        yield from check_ticks(table, series, coarse)


def _between(prices: Floats, tick: Decimal) -> Flags:
    """Return which prices lie between two ticks: float division is exact enough to tell decimals apart."""
    decimals = decimals_of(tick)
    scale = 10.0 ** min(decimals, _MOST_DECIMALS)
    step = float(tick.scaleb(decimals))
    scaled = np.rint(prices * scale)
    flags: Flags = (scaled / scale != prices) & ~np.isnan(prices) & (np.abs(scaled) < _EXACT)
    if step != 1:
        flags |= ~np.isnan(prices) & (np.mod(scaled, step) != 0)
    return flags


def _off_decimals(prices: Floats, decimals: int) -> Flags:
    return _between(prices, Decimal(1).scaleb(-decimals))
