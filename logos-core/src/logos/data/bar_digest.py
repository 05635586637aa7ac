"""The digest of one bar: equal bars have equal digests, whoever sent them and in whatever answer."""

from __future__ import annotations

import hashlib

from logos.domain.bars import Bar
from logos.domain.times import time_text


def bar_digest(bar: Bar, interval: int) -> str:
    """Return the SHA-256 of a bar's content, in hexadecimal.

    Symbol, interval, open time (UTC), prices with the tick's decimals and the volume with the lot's, joined by bars.
    Where it comes from and when it was fetched are no part of it, nor is whether it was forward-filled.

    Parameters
    ----------
    bar:
        The bar.
    interval:
        How long it lasts, in seconds.
    """
    instrument = bar.instrument
    content = "|".join(
        (
            instrument.symbol,
            str(interval),
            time_text(bar.timestamp),
            *map(instrument.price_text, (bar.open, bar.high, bar.low, bar.close)),
            instrument.quantity_text(bar.volume),
        )
    )
    return hashlib.sha256(content.encode()).hexdigest()
