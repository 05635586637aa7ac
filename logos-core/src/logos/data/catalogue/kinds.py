"""Every kind of finding: how grave it is, what is expected, and what to do about it.

Defects are what no market does. Notes are what a market may do, or what a source is known for, and one should know.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

NOTE = "note"
DEFECT = "defect"


@attrs.frozen
class Kind:
    """A kind of finding.

    Attributes
    ----------
    severity:
        ``note`` or ``defect``.
    expected:
        What should be there instead.
    remedy:
        What to do about it.
    """

    severity: str
    expected: str
    remedy: str


_AGAIN = "Download or write the file again"
_DROP = "Correct the rows from the source, or leave them out: replay quarantines them with on_bad_row: quarantine"

KINDS: Mapping[str, Kind] = {
    # The file as a whole
    "unreadable": Kind(DEFECT, "a file of the form that its name says", _AGAIN),
    "empty": Kind(DEFECT, "a header and rows", _AGAIN),
    "no_header": Kind(
        DEFECT, "timestamp,open,high,low,close,volume in the first line", "Put the header on top, or import the file"
    ),
    "truncated": Kind(DEFECT, "a file that ends with a whole line", _AGAIN),
    "wrong_interval": Kind(
        DEFECT, "rows as far apart as the interval says", "Name the file by its interval, or give --interval"
    ),
    # Rows
    "torn_row": Kind(DEFECT, "as many columns as the header has", _DROP),
    "bad_time": Kind(DEFECT, "an ISO-8601 time", _DROP),
    "naive_time": Kind(DEFECT, "a time zone, such as Z for UTC", "Say which zone it is: import the file with its zone"),
    "not_a_number": Kind(DEFECT, "a finite decimal number", _DROP),
    "missing": Kind(DEFECT, "a value in every column", _DROP),
    "disorder": Kind(DEFECT, "times that ascend", "Sort the file by time"),
    "duplicate": Kind(DEFECT, "one row a time", "Keep one of them; where they differ, ask the source which"),
    "off_grid": Kind(DEFECT, "times on the interval's grid", "Correct the times from the source"),
    "ohlc": Kind(DEFECT, "low <= open, close <= high", _DROP),
    "not_positive": Kind(DEFECT, "prices above 0", _DROP),
    "negative_volume": Kind(DEFECT, "a volume of 0 or more", _DROP),
    # Values against their neighbours
    "unit_error": Kind(
        DEFECT,
        "all prices in one unit",
        "Divide or multiply by 100: a source has mixed pence and pounds, cents and rands",
    ),
    "outlier": Kind(
        DEFECT, "prices within ten times of those around them", "Look the bar up at another source, or leave it out"
    ),
    "partial_split": Kind(
        DEFECT, "a split applied to all rows before it, or to none", "Apply the split to the rows that lack it"
    ),
    "bad_split": Kind(DEFECT, "a ratio above 0, or 0 for none", "Correct the splits column from the source"),
    "impossible_dividend": Kind(
        DEFECT, "a dividend below the price, and a price that falls by it", "Look for a dividend in another unit"
    ),
    "adj_close_mismatch": Kind(
        DEFECT,
        "adj_close / close that changes by dividends and splits alone",
        "Compute adj_close anew, or complete the events",
    ),
    # Notes
    "not_bars": Kind(NOTE, "bars, quotes or closes", "Nothing: the file is left alone"),
    "other_names": Kind(
        NOTE, "the columns timestamp,open,high,low,close,volume", "Import the file before a session replays it"
    ),
    "epoch_time": Kind(
        NOTE, "ISO-8601 times", "Import the file before a session replays it: it is read as seconds or milliseconds"
    ),
    "newest_first": Kind(NOTE, "the oldest row first", "Sort ascending before a session replays it"),
    "grid_offset": Kind(
        NOTE,
        "times on multiples of the interval in UTC",
        "Daily bars: import the file with --timezone and the market's zone; they go to midnight UTC",
    ),
    "close_stamps": Kind(NOTE, "the open time of each bar", "Ask the source; subtract one interval if they are closes"),
    "gaps": Kind(
        NOTE,
        "a bar each interval while the market is open",
        "Ask for them again with data fetch --holes, or accept the gaps",
    ),
    "outside_hours": Kind(NOTE, "bars within the calendar's hours", "Leave them out if only regular hours are wanted"),
    "open_outside": Kind(NOTE, "low <= open <= high", "Widen high and low: an auction's price is not always in them"),
    "leading_blank": Kind(NOTE, "a value in every row", "Nothing, where the series begins later or ends earlier"),
    "spike": Kind(NOTE, "prices near those around them", "Look the bar up at another source"),
    "jump": Kind(NOTE, "no leap from one bar to the next", "Look it up: news, a split of an odd ratio, another unit"),
    "split": Kind(NOTE, "prices adjusted for splits", "Adjust the prices before it, or start behind it"),
    "step": Kind(
        NOTE, "a price that opens near its last close", "Look it up: news, or a dividend or spin-off not adjusted for"
    ),
    "stale": Kind(NOTE, "prices that move", "Check whether the market stood still or the source repeated a value"),
    "no_volume": Kind(NOTE, "a traded volume", "Set no volume cap on fills, or get a source with volumes"),
    "zero_volume": Kind(NOTE, "a traded volume", "Expect no fills there: a bar without volume fills no order"),
    "volume_unit": Kind(NOTE, "volume in units of the instrument", "Divide by the price if it is money"),
    "off_tick": Kind(NOTE, "prices on the tick", "Replay with off_tick: round, or give the right tick"),
    "crossed": Kind(NOTE, "a bid not above the ask", "Nothing, unless fills are made from quotes"),
}
"""All kinds: those of the file, of rows and of values, then the notes. Reports follow this order."""
