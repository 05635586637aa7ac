"""The checks pass honest strategies, and name what is wrong with each kind of dishonest one."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar

import pytest

from logos.context.seed import Seed
from logos.domain.bars import Bar
from logos.domain.columns import BarColumns, SignalColumns
from logos.domain.orders import FLAT, LONG, OrderType, Signal
from logos.session.seats import ArrayStrategy, Strategy
from logos.strategies import buy_and_hold, channel_breakout, mean_reversion, momentum, sma_cross
from logos.strategies.checks import CHECKS, CheckReport, check_strategy
from logos.strategies.sample_bars import generated_series, plain_context

SERIES = generated_series(Seed(3), 600)

HONEST = {
    "sma_cross": (sma_cross, {}),
    "sma_cross_short": (sma_cross, {"fast": 3, "slow": 9, "short": True}),
    "momentum": (momentum, {"window": 20, "threshold_bps": Decimal("12.5"), "short": True}),
    "mean_reversion": (mean_reversion, {"hold": 30}),
    "mean_reversion_short": (mean_reversion, {"window": 5, "entry": Decimal("1.2"), "hold": 3, "short": True}),
    "channel_breakout": (channel_breakout, {"hold": 40}),
    "channel_breakout_short": (channel_breakout, {"window": 5, "exit_window": 9, "hold": 7, "short": True}),
    "buy_and_hold": (buy_and_hold, {}),
}


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("name", HONEST)
def test_every_built_in_strategy_passes_on_every_kind_of_bars(name: str, series: str) -> None:
    module, keys = HONEST[name]
    report = check_strategy(lambda: module.build(module.Params(**keys), plain_context()), SERIES[series], series=series)
    assert [str(each) for each in report.differences] == []
    has_array_form = isinstance(module.build(module.Params(**keys), plain_context()), ArrayStrategy)
    assert set(report.compared) == set(CHECKS) - (set() if has_array_form else {"array_form"})
    assert all(report.compared.values())


@pytest.mark.parametrize("name", [name for name in HONEST if name != "buy_and_hold"])
def test_the_generated_bars_make_every_built_in_strategy_change_its_mind(name: str, values_of) -> None:
    module, keys = HONEST[name]
    seen = {
        value
        for bars in SERIES.values()
        for value in values_of(module.build(module.Params(**keys), plain_context()), bars)
    }
    assert seen >= ({None, 1, -1} if keys.get("short") else {None, 0, 1})


@pytest.mark.parametrize("name", ["sma_cross", "momentum", "mean_reversion_short", "channel_breakout_short"])
def test_the_look_back_of_a_built_in_strategy_is_the_least_that_passes(name: str) -> None:
    module, keys = HONEST[name]

    def shortened() -> Strategy:
        strategy = module.build(module.Params(**keys), plain_context())
        strategy.lookback -= 1
        return strategy

    found = {each.check for bars in SERIES.values() for each in check_strategy(shortened, bars).differences}
    assert "hidden_recursion" in found


def check(factory: Callable[[], Strategy], series: str = "walk", source: list[Bar] | None = None) -> CheckReport:
    return check_strategy(factory, SERIES[series], series=series, source=source)


def failed(report: CheckReport) -> set[str]:
    return {each.check for each in report.differences}


class ShortSighted:
    """Declares fewer bars than it needs."""

    lookback = 19

    def __init__(self) -> None:
        self._real = sma_cross.SmaCross(sma_cross.Params(fast=5, slow=20))

    def on_bar(self, bar: Bar) -> Signal | None:
        return self._real.on_bar(bar)


class Recursive:
    """An exponential average remembers every bar it has ever seen."""

    lookback = 20

    def __init__(self) -> None:
        self._average = 0
        self._seen = 0

    def on_bar(self, bar: Bar) -> Signal | None:
        self._average = bar.close << 20 if not self._seen else (self._average * 19 + (bar.close << 20)) // 20
        self._seen += 1
        if self._seen < self.lookback:
            return None
        return LONG if bar.close << 20 > self._average else FLAT


class Sharing:
    """All instances append to one list."""

    lookback = 5
    closes: ClassVar[deque[int]] = deque(maxlen=5)

    def on_bar(self, bar: Bar) -> Signal | None:
        self.closes.append(bar.close)
        return LONG if bar.close > self.closes[0] else FLAT


class Floating:
    """A running sum of floats drifts."""

    lookback = 10

    def __init__(self) -> None:
        self._closes: deque[float] = deque([0.0] * 10, maxlen=10)
        self._sum = 0.0
        self._seen = 0

    def on_bar(self, bar: Bar) -> Signal | None:
        price = bar.close_float
        self._sum += price - self._closes[0]
        self._closes.append(price)
        self._seen += 1
        if self._seen < 10:
            return None
        return LONG if price * 10 > self._sum else FLAT


class Counting:
    """Acts on every seventh bar since it was built."""

    lookback = 1

    def __init__(self) -> None:
        self._seen = 0

    def on_bar(self, bar: Bar) -> Signal | None:
        self._seen += 1
        return LONG if self._seen % 7 == 0 else FLAT


class Peeking:
    """Looks the next close up in a list that it was given."""

    lookback = 1

    def __init__(self, source: list[Bar]) -> None:
        self._source = source

    def on_bar(self, bar: Bar) -> Signal | None:
        later = [each.close for each in self._source if each.timestamp > bar.timestamp][:1]
        return LONG if later and later[0] > bar.close else FLAT


class Answering:
    """Says one thing."""

    lookback = 1

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def on_bar(self, bar: Bar) -> object:
        return self._answer


class Stumbling:
    """Raises at a bar without volume."""

    lookback = 1

    def on_bar(self, bar: Bar) -> Signal | None:
        return LONG if 1_000 // bar.volume > 1 else FLAT


class FirstPrice:
    """Enters with a limit at the first close it ever saw."""

    lookback = 2

    def __init__(self) -> None:
        self._first: int | None = None
        self._before: int | None = None

    def on_bar(self, bar: Bar) -> Signal | None:
        before, self._before = self._before, bar.close
        self._first = self._first or bar.close
        if before is None:
            return None
        return Signal(10**8, OrderType.LIMIT, limit_price=self._first) if bar.close > before else FLAT


def test_a_look_back_one_bar_too_short_is_found_at_the_first_bar_after_it() -> None:
    report = check(ShortSighted)
    assert "hidden_recursion" in failed(report)
    first = next(each for each in report.differences if each.check == "hidden_recursion")
    assert (first.bar, first.field, first.found) == (19, "signal", "no signal")


def test_recursion_beyond_the_look_back_is_found_with_bar_field_and_both_values() -> None:
    report = check(Recursive)
    assert failed(report) <= {"hidden_recursion", "restart"}
    first = report.differences[0]
    assert (first.check, first.series, first.field) == ("hidden_recursion", "walk", "value")
    assert {first.expected, first.found} == {"0.00000000", "1.00000000"}
    assert first.timestamp == SERIES["walk"][first.bar].timestamp
    assert "walk, bar " in str(first)
    assert str(first).endswith(f"and must be {first.expected}")


def test_state_shared_between_instances_is_found() -> None:
    assert {"determinism", "shared_state"} <= failed(check(Sharing))


def test_state_shared_only_among_living_instances_is_found_by_the_run_beside_another() -> None:
    living: list[int] = []

    class Clearing(Sharing):
        closes: ClassVar[deque[int]] = deque(maxlen=5)

        def __init__(self) -> None:
            self.closes.clear()
            living.append(1)

    report = check(Clearing)
    assert failed(report) == {"shared_state"}
    assert living


def test_a_drifting_sum_of_floats_is_found_where_prices_stand_still() -> None:
    assert "hidden_recursion" in failed(check(Floating, "flat"))


def test_counting_bars_since_the_start_is_found() -> None:
    assert "hidden_recursion" in failed(check(Counting))


def test_answers_that_differ_from_run_to_run_are_found() -> None:
    draws = itertools.count()

    class Drawing:
        lookback = 1

        def on_bar(self, bar: Bar) -> Signal | None:
            return LONG if Seed(1).number(next(draws)) % 2 else FLAT

    assert "determinism" in failed(check(Drawing))


def test_peeking_at_later_bars_is_found() -> None:
    source: list[Bar] = []
    report = check(lambda: Peeking(source), source=source)
    assert report.differences[0].check == "look_ahead"
    assert report.differences[0].how in ("where the later bars are missing", "where the later bars are others")


def test_an_order_price_from_before_the_look_back_is_found() -> None:
    first = next(each for each in check(FirstPrice).differences if each.check == "hidden_recursion")
    assert first.field == "limit_price"
    assert first.expected == str(SERIES["walk"][0].close)


@pytest.mark.parametrize(
    ("answer", "field", "found"),
    [
        (1, "signal", "a int"),
        (Signal(0.5), "value", "0.5"),
        (Signal(True), "value", "True"),
        (Signal(10**8, OrderType.LIMIT, limit_price=10.25), "limit_price", "10.25"),
    ],
)
def test_an_answer_of_the_wrong_type_is_found_and_ends_the_checks(answer, field, found) -> None:
    report = check(lambda: Answering(answer))
    (first,) = report.differences
    assert (first.check, first.bar, first.field, first.found) == ("answers", 0, field, found)
    assert set(report.compared) == {"answers"}


def test_a_strategy_that_raises_is_reported_with_its_error_and_the_bar() -> None:
    (first,) = check(Stumbling, "gappy").differences
    assert first.check == "answers"
    assert "ZeroDivisionError" in first.found
    assert SERIES["gappy"][first.bar].volume == 0


class Columned(sma_cross.SmaCross):
    """A strategy whose array form is replaced."""

    def __init__(self, answer: Callable[[Columned, BarColumns], object]) -> None:
        super().__init__(sma_cross.Params(fast=2, slow=4))
        self._answer = answer

    def signals(self, bars: BarColumns) -> object:
        return self._answer(self, bars)


def _late(strategy: Columned, bars: BarColumns) -> SignalColumns:
    found = sma_cross.SmaCross.signals(strategy, bars)
    return SignalColumns(first=min(found.first + 1, len(bars)), value=found.value)


def _whole(strategy: Columned, bars: BarColumns) -> SignalColumns:
    found = sma_cross.SmaCross.signals(strategy, bars)
    return found if len(bars) == 600 else SignalColumns(first=found.first, value=1 - found.value)


def _stateful(strategy: Columned, bars: BarColumns) -> SignalColumns:
    found = sma_cross.SmaCross.signals(strategy, bars)
    strategy._missing = 3
    return found


def _impatient(strategy: Columned, bars: BarColumns) -> SignalColumns:
    if not strategy._missing:
        raise RuntimeError("already running")
    return sma_cross.SmaCross.signals(strategy, bars)


def _float(strategy: Columned, bars: BarColumns) -> SignalColumns:
    found = sma_cross.SmaCross.signals(strategy, bars)
    return SignalColumns(first=found.first, value=found.value.astype(float))


@pytest.mark.parametrize(
    ("answer", "how", "found"),
    [
        (_late, "as column over all bars", "no signal"),
        (_whole, "as column over the first", "-0.99999999"),
        (_stateful, "bar by bar where it was asked after 300 bars", "no signal"),
        (_impatient, "as column when asked after 300 bars", "RuntimeError: already running"),
        (_float, "as column over all bars", "TypeError: the values must be one int64 column of 600 rows"),
        (lambda _strategy, _bars: [], "as column over all bars", "TypeError: signals answers a list"),
    ],
)
def test_an_array_form_that_is_not_the_other_form_is_found(answer, how: str, found: str) -> None:
    report = check(lambda: Columned(answer))
    assert failed(report) == {"array_form"}
    (first,) = report.differences
    assert first.how.startswith(how)
    assert first.found.startswith(found)


def test_an_array_form_may_say_that_the_numbers_are_too_large() -> None:
    report = check(lambda: Columned(lambda _strategy, _bars: None))
    assert report.passed
    assert report.compared["array_form"] == 600, "what it said bar by bar, when it was asked in between"


def test_an_array_form_of_a_strategy_with_limit_orders_is_found() -> None:
    class Limited(Columned):
        def on_bar(self, bar: Bar) -> Signal | None:
            found = super().on_bar(bar)
            return Signal(10**8, OrderType.LIMIT, limit_price=bar.close) if found is LONG else found

    first = check(lambda: Limited(sma_cross.SmaCross.signals)).differences[0]
    assert (first.check, first.field, first.expected, first.found) == ("array_form", "order_type", "limit", "market")


@pytest.mark.parametrize("lookback", [0, -1, 2.0, None, True])
def test_a_look_back_that_is_no_number_of_bars_is_found(lookback) -> None:
    strategy = Answering(FLAT)
    strategy.lookback = lookback
    (first,) = check(lambda: strategy).differences
    assert (first.field, first.found) == ("lookback", repr(lookback))


def test_a_series_shorter_than_the_look_back_says_that_nothing_was_compared() -> None:
    report = check_strategy(lambda: sma_cross.SmaCross(sma_cross.Params()), SERIES["walk"][:40])
    assert report.passed
    assert (report.compared["hidden_recursion"], report.compared["restart"]) == (0, 0)


def test_generated_bars_are_sound_and_the_same_for_the_same_seed() -> None:
    assert generated_series(Seed(3), 600) == SERIES
    assert generated_series(Seed(4), 600) != SERIES
    for bars in SERIES.values():
        assert all(earlier.timestamp < later.timestamp for earlier, later in itertools.pairwise(bars))
        assert all(0 < bar.low <= min(bar.open, bar.close) for bar in bars)
        assert all(bar.high >= max(bar.open, bar.close) for bar in bars)
    assert any(later.timestamp - earlier.timestamp > 60 for earlier, later in itertools.pairwise(SERIES["gappy"]))
