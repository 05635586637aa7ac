"""The keys of the paper broker. Cash, currency, conversions and margin are the account's, and the core reads them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import attrs

from logos.domain.errors import InputError
from logos.domain.money import BASIS_POINTS

THROUGH = "through"
TOUCH = "touch"
_MILLIONTHS_PER_BASIS_POINT = 100


def _basis_points(_instance: object, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    # Below 100 %: a sale then always brings at least its fee, and a slipped price stays above zero.
    if not value.is_finite() or not 0 <= value < BASIS_POINTS:
        raise InputError(
            f"{attribute.name} is {value} basis points, and must be at least 0 and below {BASIS_POINTS}",
            hint='One basis point is a hundredth of a percent: write "10" for 0.1 %',
        )


def _whole_millionths(_instance: object, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if (Fraction(value) * _MILLIONTHS_PER_BASIS_POINT).denominator != 1:
        raise InputError(
            f"{attribute.name} is {value}, and is drawn in whole millionths of the price",
            hint="Write at most two decimals",
        )


def _share(_instance: object, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if not value.is_finite() or not 0 < value <= 1:
        raise InputError(
            f"{attribute.name} is {value}, and must be above 0 and at most 1",
            hint='It is the share of a bar\'s volume that orders may take together: "0.1" is a tenth',
        )


def _limit_rule(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if value not in (THROUGH, TOUCH):
        raise InputError(
            f"{attribute.name} is {value!r}, and must be {THROUGH!r} or {TOUCH!r}",
            hint=f"{THROUGH!r} fills a resting limit order when the bar trades a tick beyond it, {TOUCH!r} when at it",
        )


@attrs.frozen(kw_only=True)
class Fees:
    """What a fill costs, as basis points of its value.

    Attributes
    ----------
    maker_bps:
        For a fill that had offered liquidity.
    taker_bps:
        For any other fill.
    """

    maker_bps: Decimal = attrs.field(default=Decimal(0), validator=_basis_points)
    taker_bps: Decimal = attrs.field(default=Decimal(0), validator=_basis_points)


@attrs.frozen(kw_only=True)
class PaperConfig:
    """How the paper broker fills.

    Attributes
    ----------
    fees:
        Maker and taker fee.
    slippage_bps:
        How far market and stop fills are moved against the trader, in basis points of the price.
    slippage_jitter_bps:
        The most that is added to it, drawn per order and bar from the session's seed; 0 draws nothing.
    max_volume_share:
        The share of a bar's volume that all orders of the symbol may take together, above 0 and at most 1.
    limit_fill:
        ``through``: a resting limit order fills when the bar trades at least one tick beyond its limit;
        ``touch``: when it trades at the limit.
    """

    fees: Fees = attrs.field(factory=Fees)
    slippage_bps: Decimal = attrs.field(default=Decimal(0), validator=_basis_points)
    slippage_jitter_bps: Decimal = attrs.field(default=Decimal(0), validator=[_basis_points, _whole_millionths])
    max_volume_share: Decimal = attrs.field(default=Decimal(1), validator=_share)
    limit_fill: str = attrs.field(default=THROUGH, validator=_limit_rule)
