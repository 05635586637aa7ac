"""Validators that several config classes of this package share; each takes the hint that its key needs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from logos.domain.errors import InputError
from logos.domain.times import parse_interval


def finite(hint: str) -> Any:
    """Return an attrs validator for a decimal, or ``None``, that must be a number."""

    def check(_instance: object, attribute: attrs.Attribute[Any], value: Decimal | None) -> None:
        if value is not None and not value.is_finite():
            raise InputError(f"{attribute.name} is {value}, and must be a number", hint=hint)

    return check


def above_zero(hint: str) -> Any:
    """Return an attrs validator for a decimal, or ``None``, that must be above 0."""

    def check(_instance: object, attribute: attrs.Attribute[Any], value: Decimal | None) -> None:
        if value is not None and (not value.is_finite() or value <= 0):
            raise InputError(f"{attribute.name} is {value}, and must be above 0", hint=hint)

    return check


def below_one(hint: str) -> Any:
    """Return an attrs validator for a share that must be at least 0 and below 1."""

    def check(_instance: object, attribute: attrs.Attribute[Any], value: Decimal) -> None:
        if not value.is_finite() or not 0 <= value < 1:
            raise InputError(f"{attribute.name} is {value}, and must be at least 0 and below 1", hint=hint)

    return check


def within_one(hint: str) -> Any:
    """Return an attrs validator for a rate of a year between -1 and 1, without these ends."""

    def check(_instance: object, attribute: attrs.Attribute[Any], value: Decimal) -> None:
        if not value.is_finite() or not -1 < value < 1:
            raise InputError(f"{attribute.name} is {value}, and must lie between -1 and 1", hint=hint)

    return check


def at_least(least: int, hint: str) -> Any:
    """Return an attrs validator for a whole number, or ``None``, with a least one."""

    def check(_instance: object, attribute: attrs.Attribute[Any], value: int | None) -> None:
        if value is not None and value < least:
            raise InputError(f"{attribute.name} is {value}, and must be at least {least}", hint=hint)

    return check


def bar_interval(_instance: object, _attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse a text that is no interval."""
    parse_interval(value)
