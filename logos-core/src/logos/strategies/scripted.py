"""A strategy that says what its config writes, when it writes it: for rehearsals of guards and of a whole set-up."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from itertools import pairwise
from typing import Any

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Bar
from logos.domain.errors import InputError
from logos.domain.money import RATIO_ONE
from logos.domain.orders import Signal
from logos.domain.times import parse_time


def _line(text: str) -> tuple[int, int]:
    """Read ``TIME VALUE``: seconds since the epoch, and hundred-millionths."""
    at, _, value = text.strip().partition(" ")
    try:
        ratio = Fraction(value) * RATIO_ONE
    except (ValueError, ZeroDivisionError):
        ratio = Fraction(1, 2)
    if ratio.denominator != 1 or abs(ratio) > RATIO_ONE:
        raise InputError(
            f"signals holds {text!r}, and each must be a time and a value from -1 to 1",
            hint='Write "2024-01-02T00:05:00Z 1"',
        )
    return parse_time(at), int(ratio)


def _ascending(_instance: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    times = [_line(text)[0] for text in value]
    if not times or any(later <= earlier for earlier, later in pairwise(times)):
        raise InputError(f"{attribute.name} must hold at least one line, each later than the one before it")


@attrs.frozen(kw_only=True)
class Params:
    """What is said, and when.

    Attributes
    ----------
    signals:
        One text each: the close of the bar from which on it is said (ISO-8601 with an offset), a blank, and the value
        from -1 to 1. In order of time.
    """

    signals: tuple[str, ...] = attrs.field(validator=_ascending)


class Scripted:
    """Says what its parameters write, whatever the prices are.

    It bets on nothing: it is there so that a rehearsal knows beforehand which order comes when.

    Parameters: `signals`. The order is a market order.

    Look-back: 1 bar, of which it takes the time alone.
    """

    __slots__ = ("_interval", "_signals", "_times", "lookback")

    def __init__(self, lines: tuple[tuple[int, int], ...], interval: int) -> None:
        self.lookback = 1
        self._interval = interval
        self._times = [at for at, _ in lines]
        self._signals = [Signal(value) for _, value in lines]

    def on_bar(self, bar: Bar) -> Signal | None:
        """Return what is said at the bar's close; ``None`` before the first time."""
        place = bisect_right(self._times, bar.timestamp + self._interval)
        return self._signals[place - 1] if place else None


def build(config: Params, context: PartContext) -> Scripted:
    """Build the strategy for one symbol."""
    return Scripted(tuple(map(_line, config.signals)), context.interval)
