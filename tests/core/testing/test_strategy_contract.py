"""The strategies' contract passes an honest strategy, and for each case fails one that breaks just that."""

from typing import ClassVar

import attrs
import numpy as np
import pytest

from logos.domain.columns import SignalColumns
from logos.domain.orders import FLAT, LONG
from logos.testing.bars import MINUTE
from logos.testing.strategies import StrategyContract

LOOKBACK = 5


@attrs.frozen(kw_only=True)
class Parameters:
    """Parameters.

    Attributes
    ----------
    window:
        Bars.
    """

    window: int = LOOKBACK


@attrs.frozen
class Positional:
    """Parameters.

    Attributes
    ----------
    window:
        Bars.
    """

    window: int = LOOKBACK


class Honest:
    """Long while the close is above the one of four bars ago."""

    lookback = LOOKBACK

    def __init__(self):
        self.closes = []

    def on_bar(self, bar):
        self.closes = [*self.closes[-LOOKBACK + 1 :], bar.close]
        if len(self.closes) < LOOKBACK:
            return None
        return LONG if self.closes[-1] > self.closes[0] else FLAT


class RemembersTheHighest(Honest):
    highest = 0

    def on_bar(self, bar):
        self.highest = max(self.highest, bar.close)
        signal = super().on_bar(bar)
        return FLAT if signal and bar.close == self.highest else signal


class AnswersNumbers(Honest):
    def on_bar(self, bar):
        signal = super().on_bar(bar)
        return signal and signal.value / 2


class PeeksOnce(Honest):
    """Knows of one bar what came after it, once any strategy has seen that."""

    seen: ClassVar[dict[int, int]] = {}
    bars = 0

    def on_bar(self, bar):
        self.seen[bar.timestamp] = bar.close
        self.bars += 1
        signal = super().on_bar(bar)
        after = self.seen.get(bar.timestamp + MINUTE)
        if self.bars == 100 and after is not None:
            return LONG if after > bar.close else FLAT
        return signal


class GrowsItsLookback(Honest):
    bars = 0

    @property
    def lookback(self):
        return LOOKBACK + self.bars // 100

    def on_bar(self, bar):
        self.bars += 1
        return super().on_bar(bar)


class FallsSilent(Honest):
    def on_bar(self, bar):
        signal = super().on_bar(bar)
        return None if bar.close % 3 == 0 else signal


class Columned(Honest):
    """With an array form, as it should be."""

    def signals(self, bars):
        value = np.zeros(len(bars), dtype=np.int64)
        apart = LOOKBACK - 1
        value[apart:] = np.where(bars.close[apart:] > bars.close[: len(bars) - apart], 10**8, 0)
        return SignalColumns(first=min(apart, len(bars)), value=value)


class NormalisesByTheColumn(Columned):
    def signals(self, bars):
        found = super().signals(bars)
        return SignalColumns(first=found.first, value=np.where(bars.close > bars.close.mean(), found.value, 0))


class ForgetsShortColumns(Columned):
    def signals(self, bars):
        return SignalColumns(first=0, value=np.zeros(1, dtype=np.int64)) if len(bars) == 1 else super().signals(bars)


class GivesUp(Columned):
    def signals(self, bars):
        return None


def contract(strategy, keys=Parameters):
    class Held(StrategyContract):
        config = keys

        def make_strategy(self):
            return strategy()

    return Held()


@pytest.mark.parametrize("strategy", [Honest, Columned, GivesUp])
def test_honest_strategy_passes_every_case(strategy):
    assert contract(strategy).failing() == {}


@pytest.mark.parametrize(
    ("strategy", "keys", "case"),
    [
        (RemembersTheHighest, Parameters, "S-01"),
        (AnswersNumbers, Parameters, "S-02"),
        (PeeksOnce, Parameters, "S-03"),
        (GrowsItsLookback, Parameters, "S-04"),
        (FallsSilent, Parameters, "S-05"),
        (Honest, Positional, "S-06"),
        (NormalisesByTheColumn, Parameters, "S-07"),
        (ForgetsShortColumns, Parameters, "S-07"),
    ],
)
def test_wrong_strategy_fails_its_case_alone(strategy, keys, case):
    PeeksOnce.seen.clear()
    faults = contract(strategy, keys).failing()
    assert list(faults) == [case]
    assert case in faults[case]
