"""The keys of the position manager ``cost_aware``. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from logos.domain.errors import InputError, Problem
from logos.portfolio.validating import above_zero, at_least, bar_interval, below_one

if TYPE_CHECKING:
    from logos.session.outlook import Outlook


_SHARE = below_one('It is a share of equity: "0.01" is one percent')


def _not_negative(_instance: object, attribute: attrs.Attribute[Any], value: Decimal | None) -> None:
    if value is not None and (not value.is_finite() or value < 0):
        raise InputError(
            f"{attribute.name} is {value}, and must not be below 0",
            hint='Write a decimal such as "10"',
        )


@attrs.frozen(kw_only=True)
class CostAwareConfig:
    """The config of ``cost_aware``: what a difference has to be so that it is traded.

    Attributes
    ----------
    band:
        A share of equity, at least 0 and below 1: a position that is less than that away from its target is left
        alone. 0 for no band.
    min_trade:
        The least value of an order, in the account's currency; 0 for none.
    drift:
        A share of equity, at least 0 and below 1: how much the book as a whole may hold too little or too much after a
        rebalance because of differences that were left alone.
    risk_aversion:
        How much variance costs: half of it, times the variance of the returns, is what a unit of squared deviation
        from the target loses. Above 0; 1 is bold, 10 is timid.
    horizon:
        For how many periods a deviation that is left alone is expected to last; about those until the next rebalance.
    interval:
        The period, such as ``1d``; a multiple of the feed's interval.
    lookback:
        How many returns the variance is estimated from, at least 2. A symbol with fewer is not judged by its costs yet.
    fee_bps:
        The fee, in basis points of the traded value; by default what the broker says.
    slippage_bps:
        How far the price is expected to move against an order, in basis points; by default what the broker says.
    """

    band: Decimal = attrs.field(default=Decimal(0), validator=_SHARE)
    min_trade: Decimal = attrs.field(default=Decimal(0), validator=_not_negative)
    drift: Decimal = attrs.field(default=Decimal("0.02"), validator=_SHARE)
    risk_aversion: Decimal = attrs.field(default=Decimal(5), validator=above_zero('Write a decimal such as "5"'))
    horizon: int = attrs.field(default=21, validator=at_least(1, "Write a whole number such as 21"))
    interval: str = attrs.field(default="1d", validator=bar_interval)
    lookback: int = attrs.field(
        default=63, validator=at_least(2, "Write a whole number such as 63: one return has no variance")
    )
    fee_bps: Decimal | None = attrs.field(default=None, validator=_not_negative)
    slippage_bps: Decimal | None = attrs.field(default=None, validator=_not_negative)

    def remarks(self, outlook: Outlook) -> Iterator[Problem]:
        """Yield that nobody says what trading costs, or that trading costs nothing."""
        terms = outlook.context.fill_terms
        if terms is not None or (self.fee_bps is not None and self.slippage_bps is not None):
            return
        if self.fee_bps is None and self.slippage_bps is None:
            yield Problem(
                path="",
                message=f"the broker {outlook.broker} does not say in numbers what trading costs, so that no "
                "difference is judged by its costs",
                hint="Write fee_bps and slippage_bps, or be content with band and min_trade",
            )
            return
        absent = "slippage_bps" if self.slippage_bps is None else "fee_bps"
        yield Problem(
            path=absent,
            message=f"it is not given, and the broker {outlook.broker} does not say it in numbers: it counts as 0",
            hint=f"Write {absent}",
        )
