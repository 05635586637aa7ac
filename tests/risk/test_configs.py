"""Every limit is checked when the config is read, and says what it expects."""

from decimal import Decimal

import pytest

from logos.domain.errors import InputError
from logos.risk.config import (
    DrawdownConfig,
    ExposureConfig,
    KillSwitchConfig,
    MaxNotionalConfig,
    OrderRateConfig,
    RejectRateConfig,
    StaleDataConfig,
)


@pytest.mark.parametrize(
    ("config", "keys", "message"),
    [
        (MaxNotionalConfig, {"limit": Decimal(0)}, "limit is 0, and must be above 0"),
        (MaxNotionalConfig, {"limit": Decimal("NaN")}, "limit is NaN, and must be above 0"),
        (MaxNotionalConfig, {"limit": Decimal("Infinity")}, "limit is Infinity, and must be above 0"),
        (ExposureConfig, {"gross": Decimal(-1)}, "gross is -1, and must be above 0"),
        (ExposureConfig, {"net": Decimal(0)}, "net is 0, and must be above 0"),
        (ExposureConfig, {"per_symbol": Decimal(0)}, "per_symbol is 0, and must be above 0"),
        (DrawdownConfig, {"max": Decimal("1.01")}, "max is 1.01, and must be above 0 and at most 1"),
        (DrawdownConfig, {"daily": Decimal(0)}, "daily is 0, and must be above 0 and at most 1"),
        (RejectRateConfig, {"max": 0}, "max is 0, and must be at least 1"),
        (OrderRateConfig, {"max": -3}, "max is -3, and must be at least 1"),
        (OrderRateConfig, {"per": "1 minute"}, "'1 minute' is not a duration"),
        (StaleDataConfig, {"after": "0m"}, "'0m' is not a duration"),
        (StaleDataConfig, {"halt": "some"}, "halt is 'some', and must be all or any"),
        (KillSwitchConfig, {"file": " "}, "file is ' ', and must name a file"),
    ],
)
def test_wrong_value_is_refused_with_what_is_expected(config, keys, message):
    with pytest.raises(InputError) as caught:
        config(**keys)
    assert caught.value.message == message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("config", "keys", "values"),
    [
        (ExposureConfig, {}, (Decimal("1.1"), Decimal("1.1"), None)),
        (ExposureConfig, {"per_symbol": Decimal("0.5")}, (None, None, Decimal("0.5"))),
        (DrawdownConfig, {}, (Decimal("0.20"), Decimal("0.10"))),
        (DrawdownConfig, {"max": Decimal("0.5")}, (Decimal("0.5"), None)),
    ],
)
def test_defaults_hold_only_where_no_limit_is_named(config, keys, values):
    made = config(**keys)
    assert tuple(getattr(made, name) for name in config.__slots__ if name != "__weakref__") == values


def test_every_guard_can_be_named_without_keys():
    for config in (MaxNotionalConfig, OrderRateConfig, RejectRateConfig, StaleDataConfig, KillSwitchConfig):
        config()
