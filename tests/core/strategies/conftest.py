"""Bars for the tests of strategies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from logos.domain.bars import Bar
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.orders import Signal
from logos.session.seats import Strategy

DEMO = Instrument(symbol="DEMO", asset_class=AssetClass.EQUITY, tick=Decimal("0.01"), lot=Decimal(1), currency="USD")

MakeBars = Callable[[Sequence[tuple[int, int, int]]], list[Bar]]


@pytest.fixture
def make_bars() -> MakeBars:
    """Turn (high, low, close) in ticks into bars, one a minute."""

    def make(rows: Sequence[tuple[int, int, int]]) -> list[Bar]:
        return [Bar(DEMO, 60 * index, close, high, low, close, 100) for index, (high, low, close) in enumerate(rows)]

    return make


@pytest.fixture
def close_bars(make_bars: MakeBars) -> Callable[[Sequence[int]], list[Bar]]:
    """Turn closes in ticks into bars without a range."""

    def make(closes: Sequence[int]) -> list[Bar]:
        return make_bars([(close, close, close) for close in closes])

    return make


@pytest.fixture
def signals_of() -> Callable[[Strategy, Sequence[Bar]], list[Signal | None]]:
    """Feed bars to a strategy and collect its answers."""

    def collect(strategy: Strategy, bars: Sequence[Bar]) -> list[Signal | None]:
        return [strategy.on_bar(bar) for bar in bars]

    return collect


@pytest.fixture
def values_of(signals_of):
    """Feed bars to a strategy and collect 1, 0, -1 or None for each."""

    def collect(strategy: Strategy, bars: Sequence[Bar]) -> list[int | None]:
        return [None if each is None else each.value // 10**8 for each in signals_of(strategy, bars)]

    return collect
