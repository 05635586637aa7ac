"""From a venue's candle to a bar, exactly: decimal arithmetic on its texts, and a reason where it is no bar."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

import attrs

from logos.domain.bars import Bar
from logos.domain.instruments import Instrument
from logos.domain.money import divide_half_even
from logos.feeds.venue import Candle

OFF_GRID = "off_grid"
NOT_A_NUMBER = "not_a_number"
NOT_POSITIVE = "not_positive"
NEGATIVE_VOLUME = "negative_volume"
OUT_OF_RANGE = "out_of_range"
INCONSISTENT = "inconsistent"

_LARGEST = 2**62
_MOST_DIGITS = 40  # beyond it, an exponent could make integers that fill the memory


class BadCandleError(Exception):
    """A candle is no bar.

    Attributes
    ----------
    reason:
        One of the reasons above, for counting.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@attrs.frozen
class CandleReader:
    """Reads the candles of one instrument.

    Parameters
    ----------
    interval:
        Length of a bar in seconds.
    """

    instrument: Instrument
    interval: int

    def read(self, candle: Candle) -> tuple[Bar, str]:
        """Return the bar, and the first price that had to be rounded to the tick, or an empty text.

        Prices are rounded half to even, and the volume down to whole lots. Only the candle's own texts count, so the
        same candle is the same bar in every answer.

        Raises
        ------
        BadCandleError
            Where the candle is no bar: off the grid, no number, not above 0, or its prices contradict each other.
        """
        if candle.timestamp % self.interval:
            raise BadCandleError(OFF_GRID, f"it opens {candle.timestamp % self.interval} s off the grid")
        texts = {"open": candle.open, "high": candle.high, "low": candle.low, "close": candle.close}
        rounded = ""
        ticks = {}
        for name, text in texts.items():
            ticks[name], exact = self._ticks(name, text)
            rounded = rounded or ("" if exact else f"{name} {text}")
        _check_order(ticks)
        lots = self._lots(candle.volume)
        stamp = candle.timestamp
        return Bar(self.instrument, stamp, ticks["open"], ticks["high"], ticks["low"], ticks["close"], lots), rounded

    def _ticks(self, name: str, text: str) -> tuple[int, bool]:
        price = _number(name, text)
        if price <= 0:
            raise BadCandleError(NOT_POSITIVE, f"{name} {text} is not above 0")
        exact = Fraction(price) / Fraction(self.instrument.tick)
        ticks = divide_half_even(exact.numerator, exact.denominator)
        if ticks <= 0:
            raise BadCandleError(NOT_POSITIVE, f"{name} {text} is less than half a tick of {self.instrument.tick}")
        if ticks > _LARGEST:
            raise BadCandleError(OUT_OF_RANGE, f"{name} {text} is too large to count in ticks")
        return ticks, exact.denominator == 1

    def _lots(self, text: str) -> int:
        if not self.instrument.has_volume and (not text.strip() or not _decimal(text).is_finite()):
            return 0
        volume = _number("volume", text)
        if volume < 0:
            raise BadCandleError(NEGATIVE_VOLUME, f"volume {text} is negative")
        lots = self.instrument.lots_of(volume)
        if lots > _LARGEST:
            raise BadCandleError(OUT_OF_RANGE, f"volume {text} is too large to count in lots")
        return lots


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return Decimal("NaN")


def _number(name: str, text: str) -> Decimal:
    number = _decimal(text)
    if not number.is_finite():
        raise BadCandleError(NOT_A_NUMBER, f"{name} {text!r} is no finite number")
    if number and abs(number.adjusted()) > _MOST_DIGITS:
        raise BadCandleError(OUT_OF_RANGE, f"{name} {text} is beyond any price or quantity")
    return number


def _check_order(ticks: dict[str, int]) -> None:
    """Compare after rounding: the float tails of one price may differ from column to column."""
    for name in ("open", "close"):
        if not ticks["low"] <= ticks[name] <= ticks["high"]:
            raise BadCandleError(INCONSISTENT, f"{name} does not lie between low and high")
