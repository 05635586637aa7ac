"""Other bars of the same times: what must not matter is made different, and is still made of bars."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import attrs

from logos.domain.bars import Bar, Slice

UP, DOWN, MISSING = "many times higher", "many times lower", "missing"
"""What becomes of a bar: its prices and its volume are multiplied, or divided, or it is left out."""

FROM_THE_START = -(2**62)


@attrs.frozen(kw_only=True)
class Alteration:
    """Which bars are not what they were.

    Attributes
    ----------
    after:
        Bars that close later than this are altered; none where it is ``None``.
    how:
        ``UP``, ``DOWN`` or ``MISSING``.
    symbols:
        Whose bars; all symbols' where it is ``None``.
    drop_before:
        Bars that open earlier are left out, whatever the rest says; none where it is ``None``.
    """

    after: int | None = None
    how: str = UP
    symbols: frozenset[str] | None = None
    drop_before: int | None = None

    def touches(self, symbol: str) -> bool:
        """Return whether bars of a symbol are altered at all, but for those dropped at the start."""
        return self.after is not None and (self.symbols is None or symbol in self.symbols)


def factor(index: int) -> int:
    """Return by how much the row of a number is scaled: from 2 to 6, and never the same for long."""
    return 2 + index * index % 7


def altered_text(text: str, how: str, index: int, tick: Decimal | None) -> str:
    """Return a number of a bar file made larger or smaller; any other text as it stands.

    Parameters
    ----------
    tick:
        What a price is a multiple of, at least one of it; ``None`` for what is no price: it keeps its decimals.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite():
        return text
    if how == UP:
        return f"{number * factor(index):f}"
    if tick is None:
        step = Decimal(1).scaleb(min(0, int(number.as_tuple().exponent)))
        return f"{number / factor(index) // step * step:f}"
    return f"{max(number / factor(index) // tick * tick, tick):f}" if number > 0 else text


def altered_slices(slices: Iterator[Slice], alteration: Alteration, interval: int) -> Iterator[Slice]:
    """Yield slices as an alteration leaves them; one without any bar left is left out."""
    for index, (clock, bars) in enumerate(slices):
        if alteration.drop_before is not None and clock - interval < alteration.drop_before:
            continue
        if alteration.after is None or clock <= alteration.after:
            yield Slice(clock, bars)
            continue
        kept = tuple(
            _altered(bar, alteration.how, index) if alteration.touches(bar.symbol) else bar
            for bar in bars
            if alteration.how != MISSING or not alteration.touches(bar.symbol)
        )
        if kept:
            yield Slice(clock, kept)


def _altered(bar: Bar, how: str, index: int) -> Bar:
    scale = factor(index)
    opened, high, low, close = (number * scale if how == UP else max(1, number // scale) for number in bar[2:6])
    volume = bar.volume * scale if how == UP else bar.volume // scale
    return Bar(bar.instrument, bar.timestamp, opened, high, low, close, volume)
