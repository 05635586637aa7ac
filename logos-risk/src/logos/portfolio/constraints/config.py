"""The keys of ``constraints:``. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import attrs

from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass
from logos.portfolio.validating import above_zero, finite

_SHARE_HINT = 'It is a share of equity: "0.2" is twenty percent'
_FINITE = finite(_SHARE_HINT)
_ABOVE_ZERO = above_zero(_SHARE_HINT)
_MONEY = above_zero('It is money of the account\'s currency, such as "50000"')


@attrs.frozen(kw_only=True)
class Bounds:
    """A least and a greatest share of equity; at least one of the two.

    Attributes
    ----------
    min, max:
        Both belong to what is allowed; ``None`` for no bound of its own.
    """

    min: Decimal | None = attrs.field(default=None, validator=_FINITE)
    max: Decimal | None = attrs.field(default=None, validator=_FINITE)

    def __attrs_post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise InputError("neither min nor max is given", hint='Write one of them, such as max: "0.1", or both')
        if self.min is not None and self.max is not None and self.min > self.max:
            raise InputError(f"min {self.min} is above max {self.max}", hint="Exchange them")


def _long_only(instance: ConstraintsConfig, _attribute: attrs.Attribute[bool], value: bool) -> None:  # noqa: FBT001 - attrs calls validators with three positions
    if not value and instance.gross is None:
        raise InputError(
            "long_only is false and gross is not given: nothing bounds how much is borrowed",
            hint='Add gross, such as gross: "1.5" for all absolute weights together',
        )


def _min_weight(instance: ConstraintsConfig, attribute: attrs.Attribute[Any], value: Decimal | None) -> None:
    _FINITE(instance, attribute, value)
    if value is None:
        return
    if instance.long_only and value < 0:
        raise InputError(f"min_weight is {value}, below 0, and long_only is true", hint=_ALLOW_SHORTS)
    if instance.max_weight is not None and value > instance.max_weight:
        raise InputError(
            f"min_weight {value} is above max_weight {instance.max_weight}", hint="Lower min_weight or raise max_weight"
        )


def _weights(instance: ConstraintsConfig, _attribute: attrs.Attribute[Any], value: Mapping[str, Bounds]) -> None:
    for symbol in sorted(value):
        for key, bound in (("min", value[symbol].min), ("max", value[symbol].max)):
            if bound is not None:
                _one_weight(instance, f"{symbol}.{key}", bound)


def _one_weight(instance: ConstraintsConfig, name: str, bound: Decimal) -> None:
    """Refuse a bound that the keys for all symbols contradict, or that never acts beside them: they hold as well."""
    if instance.long_only and bound < 0:
        raise InputError(f"{name} is {bound}, below 0, and long_only is true", hint=_ALLOW_SHORTS)
    greatest, least = instance.max_weight, instance.min_weight
    if greatest is not None and bound > greatest:
        raise InputError(
            f"{name} {bound} is above max_weight {greatest}, which holds for every symbol",
            hint="Raise max_weight, and give the other symbols a max of their own",
        )
    if least is None and greatest is not None and bound < -greatest:
        raise InputError(
            f"{name} {bound} is below -{greatest}: max_weight bounds shorts as well where min_weight is not given",
            hint="Raise max_weight, or add min_weight",
        )
    if least is not None and bound < least:
        raise InputError(
            f"{name} {bound} is below min_weight {least}, which holds for every symbol",
            hint="Lower min_weight, and give the other symbols a min of their own",
        )


def _net(instance: ConstraintsConfig, _attribute: attrs.Attribute[Any], value: Bounds | None) -> None:
    for key, bound in () if value is None else (("min", value.min), ("max", value.max)):
        if bound is None:
            continue
        if instance.long_only and bound < 0:
            raise InputError(f"net.{key} is {bound}, below 0, and long_only is true", hint=_ALLOW_SHORTS)
        if instance.gross is not None and abs(bound) > instance.gross:
            raise InputError(
                f"net.{key} {bound} is beyond gross {instance.gross}, which no net exposure can exceed",
                hint="Raise gross or bring net within it",
            )


def _caps(_instance: Any, _attribute: attrs.Attribute[Any], value: Mapping[str, Decimal]) -> None:
    for name in sorted(value):
        if not value[name].is_finite() or value[name] <= 0:
            raise InputError(f"{name} is {value[name]}, and must be above 0", hint=_SHARE_HINT)


def _asset_classes(instance: Any, attribute: attrs.Attribute[Any], value: Mapping[str, Decimal]) -> None:
    known = [str(one) for one in AssetClass]
    for name in sorted(value):
        if name not in known:
            raise InputError(f"there is no asset class {name!r}", hint=nearest_name(name, known))
    _caps(instance, attribute, value)


_ALLOW_SHORTS = "Raise it to 0 or above, or set long_only: false"


def nearest_name(word: str, names: list[str]) -> str:
    """Return a hint with the valid name nearest to a wrong one, or all of them where none is near."""
    by_lower = {name.lower(): name for name in sorted(names, reverse=True)}
    near = get_close_matches(word.lower(), sorted(by_lower), n=1)
    if near:
        return f"Did you mean {by_lower[near[0]]!r}?"
    return f"Valid: {', '.join(sorted(names))}" if names else "Nothing is valid here"


@attrs.frozen(kw_only=True)
class ConstraintsConfig:
    """What weights have to keep. Shares of equity but for ``max_position``; all of it holds at once.

    Attributes
    ----------
    long_only:
        Whether no weight may be below 0.
    max_weight:
        Greatest weight of every symbol; without ``long_only`` and without ``min_weight``, in either direction.
    min_weight:
        Least weight of every symbol that is allocated to.
    weights:
        Bounds of single symbols, by symbol.
    gross:
        Greatest sum of all absolute weights; must be given without ``long_only``.
    net:
        Bounds of the sum of all weights, in place of a sum that equals ``invest``.
    sectors, asset_classes:
        By name, the greatest sum of the weights of a sector or an asset class, and without ``long_only`` the least as
        well: the sum lies between minus the cap and the cap. Longs and shorts of the group offset one another; what
        they come to together is bounded by ``gross``, over all groups.
    max_position:
        Greatest value of one symbol's position, long or short, in the account's currency.
    turnover:
        Greatest value traded in one rebalance, purchases and sales together; does not bind while nothing is held.
    """

    long_only: bool = attrs.field(default=True, validator=_long_only)
    max_weight: Decimal | None = attrs.field(default=None, validator=_ABOVE_ZERO)
    min_weight: Decimal | None = attrs.field(default=None, validator=_min_weight)
    weights: Mapping[str, Bounds] = attrs.field(factory=dict, validator=_weights)
    gross: Decimal | None = attrs.field(default=None, validator=_ABOVE_ZERO)
    net: Bounds | None = attrs.field(default=None, validator=_net)
    sectors: Mapping[str, Decimal] = attrs.field(factory=dict, validator=_caps)
    asset_classes: Mapping[str, Decimal] = attrs.field(factory=dict, validator=_asset_classes)
    max_position: Decimal | None = attrs.field(default=None, validator=_MONEY)
    turnover: Decimal | None = attrs.field(default=None, validator=_ABOVE_ZERO)
