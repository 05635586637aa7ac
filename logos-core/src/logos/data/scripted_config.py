"""The config section of the scripted feed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from logos.domain.errors import InputError
from logos.domain.times import parse_duration, parse_time

_LONGEST_PAUSE = 5


def _folder(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if not value.strip() or "://" in value:
        raise InputError(f"{attribute.name} must name a folder", hint="Name a cache folder, such as data/cache")


def _pause(_instance: object, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if not value.is_finite() or not 0 <= value <= _LONGEST_PAUSE:
        raise InputError(f"{attribute.name} is {value}, and must be from 0 to {_LONGEST_PAUSE} seconds")


def _duration(_instance: object, _attribute: attrs.Attribute[Any], value: str) -> None:
    parse_duration(value)


def _time(_instance: object, _attribute: attrs.Attribute[str], value: str) -> None:
    if value:
        parse_time(value)


def _not_negative(_instance: object, attribute: attrs.Attribute[int], value: int) -> None:
    if value < 0:
        raise InputError(f"{attribute.name} is {value}, and must not be negative")


@attrs.frozen(kw_only=True)
class ScriptedConfig:
    """Bars from files, handed over as a venue's would be, then silence.

    Attributes
    ----------
    path:
        The cache folder, relative to the workspace root.
    pause:
        Seconds to wait before each slice and each tick, at most 5.
    ticks:
        How often the clock ticks behind the last bar, before the feed ends.
    tick:
        How far each tick moves the session's clock, such as ``1s``.
    hang:
        Seconds of silence without any tick behind all that, as in a poll that hangs.
    hang_at:
        A time: the silence comes behind the slice that closes then instead, and once. A session that is resumed
        behind it is given the rest.
    """

    path: str = attrs.field(validator=_folder)
    pause: Decimal = attrs.field(default=Decimal(0), validator=_pause)
    ticks: int = attrs.field(default=0, validator=_not_negative)
    tick: str = attrs.field(default="1s", validator=_duration)
    hang: int = attrs.field(default=0, validator=_not_negative)
    hang_at: str = attrs.field(default="", validator=_time)
