"""How many returns an exponentially weighted estimate rests on. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

from math import log, tanh


def effective_returns(count: int, halflife: float) -> float:
    """Return how many equally weighted returns tell as much as so many whose weight halves again and again.

    It is ``(sum w)^2 / sum w^2``, from 1 up to ``count``.

    Parameters
    ----------
    count:
        Returns, at least 1.
    halflife:
        In returns; above 0.
    """
    decay = log(2) / halflife / 2
    return min(tanh(decay * count) / tanh(decay), float(count)) if tanh(decay) else float(count)


def too_few_told(count: int, halflife: float, symbols: int) -> str:
    """Return that a covariance rests on fewer effective returns than there are symbols, or on fewer than 2; or nothing.

    It is the end of a sentence without its full stop.
    """
    effective = effective_returns(count, halflife)
    if effective >= max(symbols, 2):
        return ""
    whose = f"{symbols:,} symbol{'s' * (symbols != 1)}"
    return f"{count:,} returns weigh as much as {effective:.1f} equal ones, too few for the covariance of {whose}"
