"""The keys of a session config that belong to the core. A plugin's own keys stand beside them in its section."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from logos.config.problems import shortened
from logos.config.reading import Scalar, Section
from logos.config.registry import CURRENCY
from logos.domain.errors import InputError
from logos.domain.money import MONEY_DECIMALS
from logos.domain.times import parse_date_or_time, parse_interval

_NAME = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)
_MOST_DECIMALS = 12
_MOST_SEED = 2**63

SECTIONS = (
    "session",
    "instruments",
    "currencies",
    "feed",
    "broker",
    "strategies",
    "allocator",
    "position_manager",
    "guards",
    "backtest",
)


def check_name(_instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
    """Refuse a name that is not made of small letters, digits, ``-`` and ``_``."""
    if value is not None and not _NAME.fullmatch(value):
        raise InputError(
            f"{attribute.name} is {shortened(value)!r}, and must be 1 to 40 small letters, digits, '-' and '_'",
            hint="Artifacts and order ids carry it",
        )


def _seed(_instance: object, _attribute: attrs.Attribute[int], value: int) -> None:
    if not -_MOST_SEED <= value < _MOST_SEED:
        raise InputError("seed does not fit into 64 bits", hint="Any smaller whole number will do")


def _plugin(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if not value.strip():
        raise InputError(f"{attribute.name} is empty", hint="Name one of: logos plugins list")


def _interval(_instance: object, _attribute: attrs.Attribute[str], value: str) -> None:
    parse_interval(value)


def _currency(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if not CURRENCY.fullmatch(value):
        raise InputError(
            f"{attribute.name} is {shortened(value)!r}, and must be a currency's code",
            hint="Write capital letters, such as USD",
        )


def _cash(_instance: object, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if value <= 0:
        raise InputError(f"{attribute.name} is {value}, and must be above 0", hint='The default is "100000"')


def _decimals(_instance: object, attribute: attrs.Attribute[int], value: int) -> None:
    if not 0 <= value <= _MOST_DECIMALS:
        raise InputError(f"{attribute.name} is {value}, and must be from 0 to {_MOST_DECIMALS}")


def _moment(_instance: object, _attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value is not None:
        parse_date_or_time(value)


def _each_once(
    _instance: object, attribute: attrs.Attribute[tuple[str, ...] | None], value: tuple[str, ...] | None
) -> None:
    if value is None:
        return
    if not value:
        raise InputError(f"{attribute.name} is empty", hint="Name at least one symbol")
    repeated = sorted({shortened(symbol) for symbol in value if value.count(symbol) > 1})
    if repeated:
        raise InputError(f"{', '.join(repeated)} stands there more than once", hint="Name every symbol once")


def plugin_named(section: Section, cls: type) -> str | None:
    """Return the plugin that a section names, else the one that its class has by default."""
    node = section.get("plugin")
    if node is None:
        default = attrs.fields_dict(cls)["plugin"].default
        return default if isinstance(default, str) else None
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip() else None


@attrs.frozen(kw_only=True)
class SessionKeys:
    """``session:``."""

    name: str = attrs.field(default="paper", validator=check_name)
    seed: int = attrs.field(default=0, validator=_seed)
    flatten: bool = False


@attrs.frozen(kw_only=True)
class FeedKeys:
    """The core's part of ``feed:``."""

    plugin: str = attrs.field(validator=_plugin)
    symbols: tuple[str, ...] = attrs.field(validator=_each_once)
    interval: str = attrs.field(default="1m", validator=_interval)


@attrs.frozen(kw_only=True)
class BrokerKeys:
    """The core's part of ``broker:``."""

    plugin: str = attrs.field(default="paper", validator=_plugin)
    cash: Decimal = attrs.field(default=Decimal(100_000), validator=_cash)
    currency: str = attrs.field(default="USD", validator=_currency)
    conversions: Mapping[str, str] = attrs.field(factory=dict)
    margin: bool = False


@attrs.frozen(kw_only=True)
class StrategyKeys:
    """An entry of ``strategies:``; what ``params`` holds is the plugin's, and read into its own class."""

    plugin: str = attrs.field(validator=_plugin)
    name: str | None = attrs.field(default=None, validator=check_name)
    symbols: tuple[str, ...] | None = attrs.field(default=None, validator=_each_once)
    params: object = None


@attrs.frozen(kw_only=True)
class AllocatorKeys:
    """The core's part of ``allocator:``."""

    plugin: str = attrs.field(default="equal_weight", validator=_plugin)


@attrs.frozen(kw_only=True)
class PositionManagerKeys:
    """The core's part of ``position_manager:``."""

    plugin: str = attrs.field(default="targets", validator=_plugin)


@attrs.frozen(kw_only=True)
class GuardKeys:
    """The core's part of an entry of ``guards:``."""

    plugin: str = attrs.field(validator=_plugin)


@attrs.frozen(kw_only=True)
class CurrencyKeys:
    """An entry of ``currencies:``."""

    decimals: int = attrs.field(default=MONEY_DECIMALS, validator=_decimals)


@attrs.frozen(kw_only=True)
class BacktestKeys:
    """``backtest:``. Times with an offset, or dates for their midnight in UTC."""

    start: str | None = attrs.field(default=None, validator=_moment)
    end: str | None = attrs.field(default=None, validator=_moment)

    def __attrs_post_init__(self) -> None:
        if self.start is None or self.end is None:
            return
        if parse_date_or_time(self.start) >= parse_date_or_time(self.end):
            raise InputError(f"start {self.start} is not before end {self.end}", hint="Exchange them, or leave one out")
