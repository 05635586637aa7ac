"""Prices that nobody can foresee: each step is the toss of a fair coin, so the true answer is known."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from logos.context.seed import Seed
from logos.domain.money import text_of
from logos.domain.times import SECONDS_A_DAY, parse_time, time_text

COINS = 5
DAYS = 1_460
FIRST_DAY = "2018-01-01T00:00:00Z"
TOSSES = 64
"""A day's, one for each bit of a number."""

_DECIMALS = 2
_FINE = 1_000  # a price is walked in thousandths of a cent
_STEP = 400  # each toss moves the price by its four-hundredth part
_START = 10_000


@attrs.frozen
class Day:
    """One day's prices in cents; ``opened`` is seconds since the epoch, UTC."""

    opened: int
    open: int
    high: int
    low: int
    close: int


def days_of(coin: int) -> Iterator[Day]:
    """Yield the days of a coin."""
    seed, first, price = Seed(coin), parse_time(FIRST_DAY), _START * _FINE
    for number in range(DAYS):
        tosses, path = seed.number("coin", number), [price]
        for toss in range(TOSSES):
            step = price // _STEP
            price += step if tosses >> toss & 1 else -step
            path.append(price)
        cents = [one // _FINE for one in path]
        yield Day(first + number * SECONDS_A_DAY, cents[0], max(cents), min(cents), cents[-1])


def bar_file(days: Iterator[Day]) -> str:
    """Return days as a file of daily bars."""
    lines = ["timestamp,open,high,low,close,volume"]
    for day in days:
        prices = ",".join(text_of(price, _DECIMALS) for price in (day.open, day.high, day.low, day.close))
        lines.append(f"{time_text(day.opened)},{prices},1000000")
    return "\n".join(lines) + "\n"
