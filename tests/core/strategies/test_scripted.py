"""The scripted strategy says what its parameters write, and is a function of the bar's time alone."""

from __future__ import annotations

import pytest

from logos.context.seed import Seed
from logos.domain.errors import InputError
from logos.domain.times import time_text
from logos.strategies.checks import check_strategy
from logos.strategies.sample_bars import generated_series, plain_context
from logos.strategies.scripted import Params, build


def test_it_speaks_from_the_close_that_is_named(close_bars, signals_of) -> None:
    strategy = build(Params(signals=(f"{time_text(120)} 1", f"{time_text(240)} -0.25")), plain_context())
    said = signals_of(strategy, close_bars([100] * 5))
    assert [None if one is None else one.value for one in said] == [None, 10**8, 10**8, -25_000_000, -25_000_000]


def test_it_keeps_the_rules_of_every_strategy() -> None:
    bars = next(iter(generated_series(Seed(3), 300).values()))
    signals = (f"{time_text(bars[20].timestamp)} 1", f"{time_text(bars[200].timestamp)} 0")
    report = check_strategy(lambda: build(Params(signals=signals), plain_context()), bars, series="sample")
    assert [str(each) for each in report.differences] == []


@pytest.mark.parametrize(
    ("signals", "says"),
    [
        ((), "at least one line"),
        (("2024-01-02T00:05:00Z 2",), "from -1 to 1"),
        (("2024-01-02T00:05:00Z long",), "from -1 to 1"),
        (("yesterday 1",), "yesterday"),
        (("2024-01-02T00:05:00Z 1", "2024-01-02T00:05:00Z 0"), "later than the one before"),
    ],
)
def test_what_it_cannot_say_is_refused(signals: tuple[str, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Params(signals=signals)
