"""The guard's keys. Imports nothing heavy: listing plugins may read it."""

from __future__ import annotations

import re

import attrs
from logos.domain.errors import InputError

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def second_of_day(text: str) -> int:
    """Read a time of day such as ``22:00`` and return the seconds since midnight.

    Raises
    ------
    InputError
        Where it is none.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is not a time of day", hint='Write hours and minutes in quotes, such as "22:00"')
    return int(match[1]) * 3_600 + int(match[2]) * 60


def _time(_instance: object, _attribute: attrs.Attribute[str], value: str) -> None:
    second_of_day(value)


@attrs.frozen(kw_only=True)
class QuietHoursConfig:
    """When no position may grow.

    Attributes
    ----------
    start:
        The first quiet minute of the day, UTC.
    end:
        The first minute that is no longer quiet, UTC; earlier than ``start`` where the hours include midnight.
    """

    start: str = attrs.field(default="22:00", validator=_time)
    end: str = attrs.field(default="06:00", validator=_time)

    def __attrs_post_init__(self) -> None:
        """Refuse hours without a length."""
        if self.start == self.end:
            raise InputError(f"start and end are both {self.start}", hint="Give the quiet hours a length")
