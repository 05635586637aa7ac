"""The keys of ``portfolio:`` in the config of a portfolio backtest."""

from __future__ import annotations

from typing import Any

import attrs

from logos.domain.errors import InputError
from logos.portfolio.validating import bar_interval

BENCHMARKS = ("equal_weight",)
"""The benchmarks of a portfolio that names none."""


def _each_once(
    _instance: object, attribute: attrs.Attribute[tuple[str, ...] | None], value: tuple[str, ...] | None
) -> None:
    if value is None:
        return
    if not value:
        raise InputError(f"{attribute.name} is empty", hint="Name at least one of feed.symbols, or leave the key out")
    repeated = sorted({symbol for symbol in value if value.count(symbol) > 1})
    if repeated:
        raise InputError(f"{', '.join(repeated)} stands there more than once", hint="Name every symbol once")


@attrs.frozen(kw_only=True)
class PortfolioKeys:
    """``portfolio:``. What is kept as ``object`` belongs to the allocator or the position manager, and is read there.

    Attributes
    ----------
    interval:
        Period of the returns, and of the bars where ``feed.interval`` is left out.
    rebalance:
        When all targets are set anew.
    lookback:
        Returns that an estimate rests on.
    symbols:
        What may be held; every symbol of the feed where it is left out.
    allocator:
        The allocator's section; it may hold any of the keys beside it, too.
    constraints:
        Those of the allocator, and ``band`` and ``min_trade`` of the position manager.
    position_manager:
        Further keys of the position manager.
    benchmarks:
        Names of allocators, or sections of them with an optional ``name``.
    """

    interval: str = attrs.field(default="1d", validator=bar_interval)
    rebalance: object = "month_end"
    lookback: object = 252
    symbols: tuple[str, ...] | None = attrs.field(default=None, validator=_each_once)
    allocator: object
    constraints: object = attrs.field(factory=dict)
    calendar: object = None
    invest: object = None
    min_history: object = None
    risk_model: object = None
    position_manager: object = attrs.field(factory=dict)
    benchmarks: tuple[Any, ...] = BENCHMARKS


SHARED_KEYS = ("interval", "rebalance", "lookback", "calendar", "invest", "min_history", "risk_model")
"""Keys of ``portfolio:`` that go to every allocator that knows them."""

POSITION_KEYS = ("band", "min_trade")
"""Keys of ``portfolio.constraints`` that belong to the position manager."""

BINDING_KEYS = ("constraints", "rebalance", "invest")
"""Keys that must not be lost on an allocator that does not know them."""
