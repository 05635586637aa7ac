"""What the drills of limits share: how large a rehearsal may get, why one is left out, and small forms of words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from logos.domain.times import parse_time, time_text
from logos.proofs.rehearsing.records import MINUTE

MOST_ORDERS = 1_000
"""Above this a limit on a number of orders or rejections is not rehearsed: the session would no longer be small."""

MOST_BARS = 3_000
MOST_SYMBOLS = 100

Values = Mapping[str, Any]


class CannotRehearse(Exception):  # noqa: N818 -- no fault: it says why there is no drill
    """Why a limit is not rehearsed."""


def name_of(guard: Values) -> str:
    """Return the short name of a guard's entry."""
    return str(guard["plugin"]).rpartition("/")[2]


def flat(price: str, minutes: Iterable[int]) -> dict[int, str]:
    """Return bars of one price."""
    return dict.fromkeys(sorted(set(minutes)), price)


def ceil(value: Fraction) -> int:
    """Return the least whole number that is not below a value."""
    return -(-value.numerator // value.denominator)


def span(first: int, last: int) -> str:
    """Return a run of order numbers as a rehearsal tells it."""
    return str(first) if first == last else f"{first}-{last}"


def later(text: str, seconds: int) -> str:
    """Return a time so many seconds later."""
    return time_text(parse_time(text) + seconds)


def minutes_until_over(seconds: int) -> int:
    """Return after how many minutes an event counts no more in a window, which its bar a minute earlier still does."""
    return -(-seconds // MINUTE)
