"""Remarks of many rebalances in few lines: those that differ in a number alone count as one, with its range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

import attrs

from logos.domain.times import time_text
from logos.domain.wording import NUMBER, kind_of


@attrs.define
class Remark:
    """All remarks of one kind.

    Attributes
    ----------
    words:
        What stands between the numbers; one more than there are numbers.
    least, most:
        The range of each number, as it was written.
    at:
        When the first was made, in seconds since the epoch, UTC.
    """

    words: list[str]
    least: list[str]
    most: list[str]
    at: int
    count: int = 1

    def add(self, numbers: list[str]) -> None:
        """Count one more."""
        self.count += 1
        self.least = [min(pair, key=_value) for pair in zip(self.least, numbers, strict=True)]
        self.most = [max(pair, key=_value) for pair in zip(self.most, numbers, strict=True)]

    @property
    def text(self) -> str:
        """The remark, with the range of each number that changes."""
        ranges = (one if one == two else f"{one} to {two}" for one, two in zip(self.least, self.most, strict=True))
        return "".join(part for pair in zip_longest(self.words, ranges, fillvalue="") for part in pair)

    @property
    def often(self) -> str:
        """How often it was made, and when first."""
        day = time_text(self.at)[:10]
        return f"once, on {day}" if self.count == 1 else f"{self.count:,} times, first on {day}"


@attrs.define
class Remarks:
    """Remarks by their kind, in the order in which each was first made.

    Attributes
    ----------
    most:
        How many kinds are kept, the first ones; ``None`` for all.
    """

    most: int | None = None
    kinds: dict[str, Remark] = attrs.field(factory=dict)

    def add(self, text: str, at: int) -> None:
        """Count a remark.

        Parameters
        ----------
        at:
            Seconds since the epoch, UTC.
        """
        words, numbers, kind = NUMBER.split(text), NUMBER.findall(text), kind_of(text)
        if kind in self.kinds:
            self.kinds[kind].add(numbers)
        elif self.most is None or len(self.kinds) < self.most:
            self.kinds[kind] = Remark(words, numbers, list(numbers), at)

    def __iter__(self) -> Iterator[Remark]:
        return iter(self.kinds.values())

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Remarks:
        """Take back what ``attrs.asdict`` made of it."""
        return cls(state["most"], {kind: Remark(**remark) for kind, remark in state["kinds"].items()})


def _value(number: str) -> float:
    return float(number.replace(",", ""))
