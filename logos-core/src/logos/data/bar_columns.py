"""The judgement of whole columns at once: exact, or none at all.

Numbers arrive as the floats nearest to their decimals. Two different decimals of up to fifteen digits are never
nearest to the same float, and float division is rounded correctly; so ``t / 10**d == x`` proves that the number is
``t`` times ``10**-d``, if it was written with no more digits than that. A field that is longer is ``long`` below,
and trusted only where it lies strictly between the values that matter. Whatever cannot be proven, and every block
with a defect in it, is left to `logos.data.bar_rows`, which works on the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from logos.data.bar_blocks import PRICES, SHOWN_OFF_TICK, Block, Defect, Place
from logos.data.bar_rows import EARLIEST, LATEST, shown
from logos.domain.instruments import Instrument

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

LONGEST = 16
"""Characters of a number that has fifteen digits and a point."""
_EXACT = 1e15
_EXACT_HALVES = 1e14
_MOST_DECIMALS = 15


@attrs.frozen(eq=False, kw_only=True)
class RawColumns:
    """The columns of a block as a file's parser gives them.

    Attributes
    ----------
    timestamp:
        Seconds since the epoch, UTC.
    prices:
        Open, high, low and close: four rows of floats.
    volume:
        Floats.
    long_prices, long_volume:
        Which of them were written with more than fifteen digits; ``None`` where none was.
    first_line:
        The line or row number of the first; the others follow without a gap.
    row:
        Gives the text of a row by its index.
    """

    timestamp: Integers
    prices: Floats
    volume: Floats
    long_prices: Flags | None
    long_volume: Flags | None
    first_line: int
    row: Callable[[int], str]


def judge_columns(raw: RawColumns, place: Place) -> Block | None:
    """Return the block, and move ``place`` along; ``None`` where anything is odd."""
    with np.errstate(all="ignore"):  # what is not finite fails a comparison below
        return _judge(raw, place)


def _judge(raw: RawColumns, place: Place) -> Block | None:
    if not (_times_are_good(raw.timestamp, place) and _shapes_are_good(raw.prices)):
        return None
    instrument = place.instrument
    priced = _ticks(raw.prices, raw.long_prices, instrument)
    lots = _lots(raw.volume, raw.long_volume, instrument)
    if priced is None or lots is None:
        return None
    ticks, off = priced
    count = int(off.sum()) if off is not None else 0
    rows = _off_tick_rows(raw, off, instrument) if off is not None and count else ()
    ascents = len(raw.timestamp) - (place.previous is None)
    place.last = place.previous = int(raw.timestamp[-1])
    return Block(
        timestamp=raw.timestamp,
        open=ticks[0],
        high=ticks[1],
        low=ticks[2],
        close=ticks[3],
        volume=lots,
        off_tick=count,
        off_tick_rows=rows,
        ascents=ascents,
    )


def _times_are_good(stamps: Integers, place: Place) -> bool:
    first, last = int(stamps[0]), int(stamps[-1])
    # A block after a row that was left out is compared by rows: `previous` counts which way the rows run.
    if place.last != place.previous or (place.last is not None and first <= place.last):
        return False
    if first < EARLIEST or last >= LATEST or first % place.interval:
        return False
    steps = np.diff(stamps)
    return bool((steps == place.interval).all() or ((steps > 0).all() and not (steps % place.interval).any()))


def _shapes_are_good(prices: Floats) -> bool:
    """Return whether low and high enclose open and close; whether they are above 0 is seen in ticks."""
    first, high, low, close = prices
    return bool((np.maximum(first, close) <= high).all() and (np.minimum(first, close) >= low).all())


def _ticks(prices: Floats, long: Flags | None, instrument: Instrument) -> tuple[Integers, Flags | None] | None:
    """Return the prices in ticks, and which bars had one between two ticks."""
    decimals = instrument.price_decimals
    step = int(instrument.tick.scaleb(decimals))
    if decimals > _MOST_DECIMALS or step > _EXACT:
        return None
    scale = 10.0**decimals
    scaled = np.rint(prices * scale)
    if not scaled.max() < _EXACT or not scaled.min() >= 1:
        return None
    on: Flags = np.equal(scaled / scale, prices)
    if long is not None and (on & long).any():
        return None
    off: Flags | None = None
    if not on.all():
        nearest = _nearest(prices, scaled, long, decimals) if step == 1 else None
        if nearest is None:
            return None
        scaled, off = nearest, np.logical_or.reduce(~on)
    units: Integers = scaled.astype(np.int64)
    if step != 1:
        units, between = _whole_steps(units, step)
        off = np.logical_or.reduce(between)
    return (units, off) if units.min() >= 1 else None


def _nearest(prices: Floats, scaled: Floats, long: Flags | None, decimals: int) -> Floats | None:
    """Return the nearest whole ticks, half to even, by comparing with the midpoints on both sides."""
    if not scaled.max() < _EXACT_HALVES:
        return None
    scale = 10.0 ** (decimals + 1)
    lower, upper = (scaled * 10 - 5) / scale, (scaled * 10 + 5) / scale
    below, above = prices == lower, prices == upper
    if (prices < lower).any() or (prices > upper).any() or (long is not None and ((below | above) & long).any()):
        return None
    odd = scaled % 2 == 1
    result: Floats = scaled + (above & odd) - (below & odd)
    return result


def _whole_steps(units: Integers, step: int) -> tuple[Integers, Flags]:
    """Divide by a tick such as 25 hundredths, half to even; also return what was not whole."""
    quotient, remainder = np.divmod(units, step)
    double = remainder * 2
    up = (double > step) | ((double == step) & (quotient % 2 == 1))
    return quotient + up, remainder != 0


def _lots(volume: Floats, long: Flags | None, instrument: Instrument) -> Integers | None:
    """Return the volume in whole lots, rounded down."""
    decimals = instrument.quantity_decimals
    step = int(instrument.lot.scaleb(decimals))
    if decimals > _MOST_DECIMALS or step > _EXACT or np.signbit(volume).any():
        return None
    scale = 10.0**decimals
    scaled = np.rint(volume * scale)
    if not scaled.max() < _EXACT:
        return _large_lots(volume, long, decimals, step)
    back = scaled / scale
    if long is not None and ((back == volume) & long).any():
        return None
    whole = (scaled - (back > volume)).astype(np.int64)
    return whole if step == 1 else whole // step


def _large_lots(volume: Floats, long: Flags | None, decimals: int, step: int) -> Integers | None:
    """Return volumes that are too large to count in the lot's decimals, if they are written with fewer."""
    fewer = _MOST_DECIMALS - len(str(int(volume.max()))) if np.isfinite(volume).all() else -1
    if long is not None or not 0 <= fewer <= decimals:
        return None
    scale = 10.0**fewer
    scaled = np.rint(volume * scale)
    factor = 10 ** (decimals - fewer)
    if not scaled.max() < _EXACT or (scaled / scale != volume).any() or int(scaled.max()) * factor >= 2**62:
        return None
    whole: Integers = scaled.astype(np.int64) * factor
    return whole if step == 1 else whole // step


def _off_tick_rows(raw: RawColumns, off: Flags, instrument: Instrument) -> tuple[Defect, ...]:
    rows = []
    scale = 10.0**instrument.price_decimals
    for index in np.flatnonzero(off)[:SHOWN_OFF_TICK].tolist():
        prices = raw.prices[:, index].tolist()
        name, price = next(
            (name, price) for name, price in zip(PRICES, prices, strict=True) if not _is_on(price, scale, instrument)
        )
        rows.append(
            Defect(raw.first_line + index, f"{name} {price} is off the tick {instrument.tick}", shown(raw.row(index)))
        )
    return tuple(rows)


def _is_on(price: float, scale: float, instrument: Instrument) -> bool:
    units = round(price * scale)
    return units / scale == price and units % int(instrument.tick.scaleb(instrument.price_decimals)) == 0
