"""A difference between what is held and what is wanted, as it is judged."""

from __future__ import annotations

from fractions import Fraction

import attrs

BELOW_MIN_TRADE = "below_min_trade"
"""The code of differences whose order would be too small."""


@attrs.frozen(kw_only=True)
class Adjustment:
    """A difference to be judged. Money is in minor units of the account's currency.

    Attributes
    ----------
    value:
        What the difference is worth, without sign.
    equity:
        Above 0.
    symbol:
        What it belongs to.
    before, after:
        What the position is worth now, and once the difference is traded; signed.
    sells:
        Whether it is a sale.
    opens:
        Whether nothing is held yet.
    certain:
        Whether it is traded whatever it costs.
    variance:
        Variance of the symbol's returns of one period; ``None`` where it is not known.
    """

    value: int
    equity: int
    symbol: str = ""
    before: int = 0
    after: int = 0
    sells: bool = False
    opens: bool = False
    certain: bool = False
    variance: Fraction | None = None
