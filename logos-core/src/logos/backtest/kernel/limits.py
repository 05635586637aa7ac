"""The limits of all guards as one set of numbers: the tightest of each kind, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

import attrs
import numpy as np
import numpy.typing as npt

from logos.backtest.kernel import layout
from logos.session.seats import Envelope

_SHARES = {
    "gross": (layout.GROSS, layout.AT_GROSS),
    "net": (layout.NET, layout.AT_NET),
    "per_symbol": (layout.PER_SYMBOL, layout.AT_PER_SYMBOL),
    "drawdown": (layout.DRAWDOWN, layout.AT_DRAWDOWN),
    "daily_loss": (layout.DAILY_LOSS, layout.AT_DAILY_LOSS),
}
# Larger multiples of equity, and finer shares, could overflow a product; a tighter limit is always safe.
_MOST_SHARE = 8
_FINEST = 10**8


@attrs.frozen(kw_only=True, eq=False)
class Limits:
    """What the loop checks for guards.

    Attributes
    ----------
    numbers, rates:
        As in ``layout.Market``.
    owners:
        By the status with which the loop stops, the guard whose limit it is.
    rate_owners:
        The guard of each row of ``rates``.
    """

    numbers: npt.NDArray[np.int64]
    rates: npt.NDArray[np.int64]
    owners: dict[int, str]
    rate_owners: tuple[str, ...]


def limits_of(envelopes: Sequence[tuple[str, Envelope]]) -> Limits:
    """Return the tightest limit of each kind, by the guards' names in config order."""
    numbers = np.full(layout.LIMITS, layout.NEVER, dtype=np.int64)
    numbers[layout.GUARDED] = 0
    owners: dict[int, str] = {}
    rates: list[tuple[int, int]] = []
    rate_owners: list[str] = []
    for name, envelope in envelopes:
        if envelope.order_value is not None and envelope.order_value < numbers[layout.ORDER_VALUE]:
            numbers[layout.ORDER_VALUE] = envelope.order_value
            owners[layout.AT_ORDER_VALUE] = name
        for kind, (place, status) in _SHARES.items():
            share = getattr(envelope, kind)
            if share is not None and _tightens(numbers, place, Fraction(*share)):
                owners[status] = name
        if envelope.orders is not None:
            most, seconds = envelope.orders
            rates.append((min(most, layout.MOST_MONEY), min(seconds, layout.MOST_MONEY)))
            rate_owners.append(name)
    numbers[layout.GUARDED] = int(bool(rates or owners))
    return Limits(
        numbers=numbers,
        rates=np.array(rates, dtype=np.int64).reshape(-1, 2),
        owners=owners,
        rate_owners=tuple(rate_owners),
    )


def _tightens(numbers: npt.NDArray[np.int64], place: int, share: Fraction) -> bool:
    share = max(Fraction(0), min(share, Fraction(_MOST_SHARE)))
    if share.denominator > _FINEST:
        share = Fraction(floor(share * _FINEST), _FINEST)
    if numbers[place] != layout.NEVER and share >= Fraction(int(numbers[place]), int(numbers[place + 1])):
        return False
    numbers[place], numbers[place + 1] = share.numerator, share.denominator
    return True
