"""A config with a few other values is checked like any other, and nothing else of it changes."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from logos.config.changing import changed
from logos.domain.errors import ConfigError


def test_a_parameter_is_changed_and_nothing_else(load, text, registry):
    before = load(text)
    after = changed(before, {"strategies.trend.params.fast": 7}, registry)
    momentum, trend = after.strategies
    assert (trend.params.fast, trend.params.slow) == (7, 50)
    assert momentum == before.strategies[0]
    assert attrs.evolve(after, strategies=before.strategies, resolved=before.resolved) == before


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("strategies.trend.params.fast", 7),
        ("strategies.momentum.params.threshold_bps", "12.5"),
        ("allocator.invest", "0.5"),
        ("broker.fees.taker_bps", "3"),
        ("guards.max_notional.limit", "123"),
    ],
)
def test_the_changed_config_is_the_one_that_its_own_text_gives(load, text, registry, path, value):
    after = changed(load(text), {path: value}, registry)
    again = load(after.to_yaml())
    assert again.resolved == after.resolved
    assert again.digest == after.digest != load(text).digest
    assert [entry.params for entry in again.strategies] == [entry.params for entry in after.strategies]


def test_sections_and_parameters_change_together(load, text, registry):
    after = changed(load(text), {"allocator.invest": "0.25", "strategies.trend.params.fast": 3}, registry)
    assert after.allocator.config.invest == Decimal("0.25")
    assert next(entry for entry in after.strategies if entry.name == "trend").params.fast == 3


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("strategies.trend.params.fast", 50, "the fast average must be the shorter one"),
        ("strategies.trend.params.fast", "7", "fast"),
        ("strategies.trend.params.quick", 7, "no 'quick' there"),
        ("strategies.trending.params.fast", 7, "no 'trending' there"),
        ("allocator.invest", "2", "must be above 0 and at most 1"),
        ("allocator.invested", "1", "no 'invested' there"),
        ("guards.drawdown.max", "0.1", "no 'drawdown' there"),
        ("broker", "0.1", None),
    ],
)
def test_a_wrong_path_or_value_is_refused_with_its_reason(load, text, registry, path, value, message):
    with pytest.raises(ConfigError) as caught:
        changed(load(text), {path: value}, registry)
    told = " ".join([caught.value.message, *(str(problem) for problem in caught.value.problems)])
    assert message is None or message in told
