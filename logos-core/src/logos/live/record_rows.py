"""The rows of ``bars.csv``: what reaches a polled session from outside, in the order in which it was acted upon.

A delivery is a group of rows that is taken whole or not at all; each of its rows says how many follow.
"""

from __future__ import annotations

import attrs

from logos.artifacts.rows import quoted
from logos.artifacts.schemas import BARS_COLUMNS
from logos.data.bar_digest import bar_digest
from logos.domain.bars import Bar
from logos.domain.times import time_text
from logos.session.polled import Delivery, Origin

HISTORY = "history"
"""A bar from before the session, which warms up the strategies."""
BAR = "bar"
"""A bar of a slice."""
TICK = "tick"
"""A slice without bars: the clock has moved."""
DELIVERED = "delivered"
"""What the revision in the next row corrects, as it was delivered."""
REVISION = "revision"
"""A venue's later correction of a bar."""
KILL = "kill"
"""The kill file was seen, and halts the session at the slice of this delivery; ``source`` holds the reason."""
END = "end"
"""The session came to its end, or to a halt, and took nothing more."""

OF_BARS = frozenset({HISTORY, BAR, DELIVERED, REVISION})
"""The kinds of rows that hold a bar."""
ALONE = frozenset({HISTORY, END})
"""The kinds of rows that are a delivery each."""

_BLANKS = "," * (BARS_COLUMNS.index("source") - BARS_COLUMNS.index("clock"))
"""The columns between clock and source of a row without a bar."""


@attrs.frozen(kw_only=True)
class Group:
    """One delivery as it was recorded.

    Attributes
    ----------
    delivery:
        What the feed handed over; ``None`` for a row that stands alone.
    kill:
        Why the session halts at it; empty where it does not.
    raw:
        Its rows as they stand in the file.
    """

    delivery: Delivery | None
    kill: str = ""
    raw: bytes

    @property
    def ends(self) -> bool:
        """Whether the session took nothing more behind it, until it was resumed."""
        return self.delivery is None


@attrs.frozen
class Row:
    """One row: a bar and where it comes from, or a text, or neither."""

    kind: str
    bar: Bar | None = None
    origin: Origin | None = None
    text: str = ""

    def text_at(self, clock: int, interval: int, left: int) -> str:
        """Return the line that it becomes; ``left`` rows of its delivery follow."""
        bar, origin = self.bar, self.origin
        if bar is None or origin is None:
            return f"{self.kind},{time_text(clock)}{_BLANKS}{quoted(self.text)},,,{left}\n"
        instrument = bar.instrument
        return (
            f"{self.kind},{time_text(clock)},{quoted(instrument.symbol)},{time_text(bar.timestamp)},"
            f"{','.join(map(instrument.price_text, (bar.open, bar.high, bar.low, bar.close)))},"
            f"{instrument.quantity_text(bar.volume)},{_flag(bar.forward_filled)},{_flag(origin.final)},"
            f"{quoted(origin.source)},{time_text(origin.fetched_at)},{bar_digest(bar, interval)},{left}\n"
        )


def delivery_group(delivery: Delivery, kill: str, interval: int) -> Group:
    """Return a delivery with its rows: revisions first, then the kill, then the bars or the tick."""
    rows: list[Row] = []
    for revision in delivery.revisions:
        rows.append(Row(DELIVERED, revision.delivered, revision.origin))
        rows.append(Row(REVISION, revision.revised, revision.origin))
    if kill:
        rows.append(Row(KILL, text=kill))
    bars = delivery.slice.bars
    rows += [Row(BAR, bar, origin) for bar, origin in zip(bars, delivery.origins, strict=True)]
    if not bars:
        rows.append(Row(TICK))
    return Group(delivery=delivery, kill=kill, raw=_encode(rows, delivery.slice.clock, interval))


def end_group(clock: int) -> Group:
    """Return the row that stands where a session ended or was halted."""
    return Group(delivery=None, raw=_encode([Row(END)], clock, 0))


def history_row(bar: Bar, origin: Origin, clock: int, interval: int) -> bytes:
    """Return the row of a bar from before the session."""
    return _encode([Row(HISTORY, bar, origin)], clock, interval)


def _encode(rows: list[Row], clock: int, interval: int) -> bytes:
    last = len(rows) - 1
    return "".join(row.text_at(clock, interval, last - place) for place, row in enumerate(rows)).encode()


def _flag(value: bool) -> str:  # noqa: FBT001 - the text of a truth value
    return "true" if value else "false"
