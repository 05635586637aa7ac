"""What readers of other programs' files hand on: rows of text, and the same rows as columns where that is quick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import attrs

from logos.data.bar_columns import RawColumns


@attrs.frozen(kw_only=True)
class TextRow:
    """A row as texts.

    Attributes
    ----------
    line:
        The line or row in the file, counted from 1.
    at:
        The open time in seconds since the epoch, UTC.
    numbers:
        Open, high, low, close and volume as the file writes them, or exactly what they stand for.
    row:
        The row as it stands in the file.
    fault:
        Why the row cannot be a bar; the fields above mean nothing then.
    """

    line: int
    row: str
    at: int = 0
    numbers: Sequence[str] = ()
    fault: str = ""


class Batch(Protocol):
    """Some rows of one file."""

    def __len__(self) -> int:
        """Return about how many rows there are."""

    def columns(self) -> RawColumns | None:
        """Return the rows as columns of doubles that stand exactly for their decimals; ``None`` where that is unsure.

        The times may be in any order.
        """

    def rows(self) -> Iterator[TextRow]:
        """Yield the rows one by one, blank lines left out."""

    def halves(self) -> Sequence[Batch]:
        """Return the rows as two batches, in their order."""
