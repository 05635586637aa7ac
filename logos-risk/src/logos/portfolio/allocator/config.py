"""The keys that all allocators of this package share. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from logos.domain.errors import InputError, Problem
from logos.portfolio.allocator.remarks import (
    currency_remarks,
    history_remarks,
    risk_model_remarks,
    sector_remarks,
)
from logos.portfolio.constraints.config import ConstraintsConfig
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.portfolio.validating import at_least, bar_interval
from logos.session.schedule import Rebalancing

if TYPE_CHECKING:
    from logos.session.outlook import Outlook


_RETURNS = at_least(2, "Write a whole number such as 252: one return has no variance")


def _share(_instance: object, attribute: attrs.Attribute[Any], value: Decimal) -> None:
    if not value.is_finite() or not 0 < value <= 1:
        raise InputError(
            f"{attribute.name} is {value}, and must be above 0 and at most 1",
            hint='It is a share of equity; "0.95" leaves room for fees',
        )


def _scheduled(_instance: object, attribute: attrs.Attribute[Any], value: Rebalancing) -> None:
    if value is Rebalancing.NEVER:
        raise InputError(
            f"{attribute.name} is never, and then no weight would ever be set",
            hint="year_end is the rarest: the first weights come as soon as there is enough history",
        )


@attrs.frozen(kw_only=True)
class AllocatorConfig:
    """The keys that every allocator of this package has.

    Attributes
    ----------
    invest:
        The share of equity that the weights of a long-only portfolio sum to, above 0 and at most 1.
    rebalance:
        When all weights are set anew: every_bar, day_end, week_end, month_end, quarter_end or year_end.
    calendar:
        Whose sessions end those days, weeks and months, such as XNYS. By default the one that the traded symbols
        name; UTC days where they name none, or several.
    interval:
        The period of one return, such as 1d; a multiple of the session's interval.
    lookback:
        How many returns the estimate rests on, at least 2.
    min_history:
        A symbol with fewer returns than this gets no weight yet; at least 2, at most lookback. By default a quarter
        of lookback.
    risk_model:
        How mean and covariance are estimated, from returns in each symbol's own quote currency.
    constraints:
        What the weights have to keep.
    """

    invest: Decimal = attrs.field(default=Decimal("0.95"), validator=_share)
    rebalance: Rebalancing = attrs.field(default=Rebalancing.MONTH_END, validator=_scheduled)
    calendar: str | None = None
    interval: str = attrs.field(default="1d", validator=bar_interval)
    lookback: int = attrs.field(default=252, validator=_RETURNS)
    min_history: int | None = attrs.field(default=None, validator=_RETURNS)
    risk_model: RiskModelConfig = attrs.field(factory=RiskModelConfig)
    constraints: ConstraintsConfig = attrs.field(factory=ConstraintsConfig)

    def __attrs_post_init__(self) -> None:
        if self.min_history is not None and self.min_history > self.lookback:
            raise InputError(
                f"min_history is {self.min_history}, and lookback {self.lookback}: no symbol could ever get a weight",
                hint="Make min_history smaller, or lookback longer",
            )

    @property
    def least_history(self) -> int:
        """How many returns a symbol needs before it gets a weight."""
        return max(2, self.lookback // 4) if self.min_history is None else self.min_history

    @property
    def looks_at_means(self) -> bool:
        """Whether the weights depend on the mean returns."""
        return False

    def remarks(self, outlook: Outlook) -> Iterator[Problem]:
        """Yield what the constraints and the estimate leave out, and that there are too few bars for either."""
        yield from sector_remarks(outlook, self.constraints)
        yield from currency_remarks(outlook)
        yield from history_remarks(outlook, self.interval, self.lookback, self.least_history)
        yield from risk_model_remarks(outlook, self.risk_model, self.lookback, looks_at_means=self.looks_at_means)
