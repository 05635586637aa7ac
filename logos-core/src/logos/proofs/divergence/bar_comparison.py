"""The bars of two runs, one by one, up to the first that differs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Self

import attrs

from logos.proofs.divergence.bars import VALUES, Given, Source

FORWARD_FILLED = "forward_filled"
FINAL = "final"


@attrs.frozen(kw_only=True)
class BarDifference:
    """A bar that differs; ``None`` on the side that does not have it.

    Attributes
    ----------
    field:
        What differs in it first; empty where only one side has it.
    before_the_first:
        Whether it is one of the bars from before a session that its strategies were warmed up with.
    """

    a: Given | None
    b: Given | None
    field: str
    before_the_first: bool = False

    @property
    def bar(self) -> Given:
        """The bar of either side."""
        found = self.a or self.b
        assert found is not None
        return found

    def value(self, side: Given | None) -> str:
        """Return what one side has of the field, or of the whole bar."""
        if side is None:
            return ""
        if self.field in VALUES:
            return side.values[VALUES.index(self.field)]
        if self.field:
            return str(getattr(side, self.field)).lower()
        return ", ".join(f"{name} {value}" for name, value in zip(VALUES, side.values, strict=True))

    @classmethod
    def of(cls, a: Given | None, b: Given | None, *, before_the_first: bool = False) -> Self | None:
        """Return how two bars differ; ``None`` where they do not."""
        field = "" if a is None or b is None else first_field(a, b)
        if a is not None and b is not None and not field:
            return None
        return cls(a=a, b=b, field=field, before_the_first=before_the_first)


@attrs.define(kw_only=True)
class BarComparison:
    """How far the bars of two runs agree.

    Attributes
    ----------
    bars:
        How many are equal before the first that differs.
    difference:
        The first that differs in what strategies and brokers see.
    unfinished:
        The first bar that one side took before it had closed, and the other behind that, with the same values.
    """

    bars: int = 0
    difference: BarDifference | None = None
    unfinished: BarDifference | None = None


def first_field(a: Given, b: Given) -> str:
    """Return the first field in which two bars differ; empty where none does."""
    if a.values != b.values:
        for name, one, two in zip(VALUES, a.values, b.values, strict=True):
            if one != two and Decimal(one) != Decimal(two):  # other decimals of the same number
                return name
    if a.forward_filled != b.forward_filled:
        return FORWARD_FILLED
    return FINAL if a.final != b.final else ""


def compare_bars(a: Source, b: Source, first: str, last: str) -> BarComparison:
    """Compare the bars of two runs between two clocks; memory does not grow with them."""
    found = BarComparison()
    for one, two in _side_by_side(a.bars(first, last), b.bars(first, last)):
        difference = BarDifference.of(one, two)
        if difference is None:
            found.bars += 1
        elif difference.field == FINAL:
            found.bars += 1
            found.unfinished = found.unfinished or difference
        else:
            found.difference = difference
            break
    return found


def compare_history(a: Source, b: Source) -> BarDifference | None:
    """Return the first bar from before the sessions that differs."""
    left, right = a.history(), b.history()
    for key in sorted(left.keys() | right.keys()):
        difference = BarDifference.of(left.get(key), right.get(key), before_the_first=True)
        if difference is not None and difference.field != FINAL:
            return difference
    return None


def _side_by_side(
    left: Iterator[Given], right: Iterator[Given]
) -> Iterator[tuple[Given, Given] | tuple[Given, None] | tuple[None, Given]]:
    """Yield the bars of both sides by time and symbol, with ``None`` where one side lacks one."""
    one, two = next(left, None), next(right, None)
    while one is not None or two is not None:
        if two is None or (one is not None and _key(one) < _key(two)):
            assert one is not None
            yield one, None
            one = next(left, None)
        elif one is None or _key(two) < _key(one):
            yield None, two
            two = next(right, None)
        else:
            yield one, two
            one, two = next(left, None), next(right, None)


def _key(bar: Given) -> tuple[str, str]:
    return bar.clock, bar.symbol
