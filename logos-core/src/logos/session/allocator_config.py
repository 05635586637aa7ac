"""The config of the core's allocators."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from logos.domain.errors import InputError
from logos.session.schedule import Rebalancing


def _share(_instance: Any, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if not value.is_finite() or not 0 < value <= 1:
        raise InputError(
            f"{attribute.name} is {value}, and must be above 0 and at most 1",
            hint='It is a share of equity; "0.95" leaves room for fees',
        )


def _positive(_instance: Any, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if not value.is_finite() or value <= 0:
        raise InputError(f"{attribute.name} is {value}, and must be above 0", hint="It counts units of the instrument")


@attrs.frozen(kw_only=True)
class EqualWeightConfig:
    """The config of ``equal_weight``.

    Attributes
    ----------
    invest:
        The share of equity that all pairs together may take, above 0 and at most 1.
    rebalance:
        When all targets are set anew; by default only a changed signal sets its own.
    calendar:
        Whose sessions end the periods of ``rebalance``; by default that of the traded symbols.
    """

    invest: Decimal = attrs.field(default=Decimal("0.95"), validator=_share)
    rebalance: Rebalancing = Rebalancing.NEVER
    calendar: str | None = None


@attrs.frozen(kw_only=True)
class FixedQuantityConfig:
    """The config of ``fixed_quantity``.

    Attributes
    ----------
    quantity:
        Units of the instrument (not lots) that a pair holds at full signal; above 0.
    """

    quantity: Decimal = attrs.field(validator=_positive)
