"""The contract of strategies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from logos.domain.bars import Bar
from logos.domain.instruments import Instrument
from logos.domain.orders import Signal
from logos.session.seats import ArrayStrategy, Strategy
from logos.strategies.array_form import columns_of, values_of
from logos.testing.bars import bars_of, instrument, wave
from logos.testing.contract import Contract, check_config_class

_BARS = 400
_EVERY = 7


class StrategyContract(Contract):
    """What every strategy must keep. Override ``make_strategy``, and name the parameter class.

    Attributes
    ----------
    config:
        The parameter class; ``None`` where it has no parameters.
    """

    config: ClassVar[type | None] = None

    def make_strategy(self) -> Strategy:
        """Return a new strategy, each time with the same parameters, for the contract's instrument."""
        raise NotImplementedError

    def instrument(self) -> Instrument:
        """Return the instrument of the sample bars."""
        return instrument()

    def bars(self) -> Sequence[Bar]:
        """Return the sample bars; override it where the look-back needs more than a few hundred."""
        return bars_of(self.instrument(), wave(_BARS))

    def test_s01_lookback_is_honest(self) -> None:
        """Assert that the last ``lookback`` bars alone give the signal: no hidden recursion, and an exact restart."""
        bars = self.bars()
        lookback = self.make_strategy().lookback
        assert len(bars) > lookback, f"S-01: bars() gives {len(bars)} bars, and the look-back is {lookback}"
        whole = _signals(self.make_strategy(), bars)
        for end in range(lookback, len(bars) + 1, _EVERY):
            tail = _signals(self.make_strategy(), bars[end - lookback : end])
            assert tail[-1] == whole[end - 1], (
                f"S-01: at bar {end - 1} the signal is {whole[end - 1]}, and {tail[-1]} from its last {lookback} bars"
            )

    def test_s02_answers_are_signals(self) -> None:
        """Assert that every answer is a ``Signal``, which checks its own range, or ``None``."""
        for index, signal in enumerate(_signals(self.make_strategy(), self.bars())):
            assert signal is None or isinstance(signal, Signal), f"S-02: the answer at bar {index} is {signal!r}"

    def test_s03_later_bars_change_nothing(self) -> None:
        """Assert that a strategy answers the same whatever another one has seen later: no look-ahead."""
        bars = list(self.bars())
        first = _signals(self.make_strategy(), bars)
        for cut in (len(bars) // 4, len(bars) // 2, len(bars) - 1):
            for later in (_scaled(bars[cut:], 2, 1), _scaled(bars[cut:], 1, 2)):
                _signals(self.make_strategy(), [*bars[:cut], *later])
                again = _signals(self.make_strategy(), bars[:cut])
                assert again == first[:cut], f"S-03: signals before bar {cut} change with the bars that come later"

    def test_s04_lookback_is_a_steady_number(self) -> None:
        """Assert that the look-back is a whole number from 1 up that never changes."""
        strategy = self.make_strategy()
        lookback = strategy.lookback
        assert isinstance(lookback, int), f"S-04: the look-back is {lookback!r}, and must be a whole number"
        assert lookback >= 1, f"S-04: the look-back is {lookback}, and the current bar always counts"
        _signals(strategy, self.bars())
        assert strategy.lookback == lookback, f"S-04: the look-back was {lookback} and became {strategy.lookback}"

    def test_s05_answers_once_the_lookback_is_full(self) -> None:
        """Assert that from the first full look-back on there is a signal at every bar."""
        strategy = self.make_strategy()
        lookback = strategy.lookback
        for index, signal in enumerate(_signals(strategy, self.bars())):
            assert signal is not None or index + 1 < lookback, (
                f"S-05: no signal at bar {index}, although the look-back of {lookback} bars is full"
            )

    def test_s06_parameters_are_frozen_and_explained(self) -> None:
        """Assert that the parameter class is frozen, keyword-only and explains every field."""
        if self.config is not None:
            check_config_class(self.config, "S-06")

    def test_s07_array_form_agrees(self) -> None:
        """Assert that ``signals``, where there is one, answers exactly as ``on_bar``, on whole, cut and later bars."""
        if not isinstance(self.make_strategy(), ArrayStrategy):
            return
        bars = self.bars()
        count = len(bars)
        parts = [(0, count), (0, count // 2), (0, 1), (1, count), (count // 3, count), (count // 3, count * 2 // 3)]
        for start, stop in parts:
            strategy = self.make_strategy()
            assert isinstance(strategy, ArrayStrategy), "S-07: not every instance has an array form"
            found = values_of(strategy, columns_of(bars[start:stop]))
            if found is None:
                continue
            for index, signal in enumerate(_signals(self.make_strategy(), bars[start:stop])):
                value = found[index]
                column = None if value is None else Signal(value)
                assert column == signal, (
                    f"S-07: over bars {start} to {stop - 1}, bar {start + index} is {column} in the array form, and "
                    f"{signal} bar by bar"
                )


def _signals(strategy: Strategy, bars: Sequence[Bar]) -> list[Signal | None]:
    return [strategy.on_bar(bar) for bar in bars]


def _scaled(bars: Sequence[Bar], numerator: int, denominator: int) -> list[Bar]:
    """Return the bars with other prices, whole ticks still."""
    return [
        bar._replace(
            open=bar.open * numerator // denominator,
            high=bar.high * numerator // denominator,
            low=bar.low * numerator // denominator,
            close=bar.close * numerator // denominator,
        )
        for bar in bars
    ]
