"""Texts as times and numbers, one by one: for blocks in which something is odd."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import attrs
import numpy as np

from logos.data.bar_rows import EARLIEST, LATEST, shown
from logos.data.catalogue.records import Finding
from logos.data.catalogue.table import Faults, Floats, Integers

NOTHING = ("", "nan", "NaN", "NAN", "null", "NULL", "None", "NA", "N/A", "#N/A", "<NA>")
"""What stands for a missing value."""
UNREADABLE = np.iinfo(np.int64).min
"""Stands for a time that could not be read."""
COUNTS = {1: (10**8, 10**10), 1_000: (10**11, 10**13)}
"""What a time that is a whole number is divided by, and the numbers for which it is: 9 to 10 digits, 12 to 13."""
_SECONDS_DIGITS = 10
_DIGITS = (9, _SECONDS_DIGITS, 12, 13)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)


@attrs.frozen
class _Moment:
    seconds: int
    naive: bool = False
    fraction: bool = False
    counted: str = ""


def times_of(texts: Sequence[str | None], lines: Integers, faults: Faults) -> Integers:
    """Return seconds since the epoch, `UNREADABLE` where a text is no time.

    A time without a zone is taken as UTC, and a fraction of a second is cut off; both are findings. A whole number is a
    time where most of the texts are: a single one among dates is none.
    """
    counted = sum(_is_count((text or "").strip()) for text in texts) * 2 > len(texts)
    stamps = np.empty(len(texts), dtype=np.int64)
    for index, text in enumerate(texts):
        moment = _moment((text or "").strip(), counted=counted)
        stamps[index] = UNREADABLE if moment is None else moment.seconds
        line = int(lines[index])
        if moment is None:
            what = f"{shown(text)!r} is no time" if text and text.strip() else "the time is empty"
            faults.add(Finding(kind="bad_time", count=1, line=line, found=what))
            continue
        if moment.naive:
            faults.add(
                Finding(kind="naive_time", count=1, line=line, at=moment.seconds, found=f"{text!r} names no time zone")
            )
        if moment.counted:
            found = f"{text} counts {moment.counted} since 1970"
            faults.add(Finding(kind="epoch_time", count=1, line=line, at=moment.seconds, found=found))
        if moment.fraction:
            found = f"{text!r} has a fraction of a second"
            faults.add(Finding(kind="off_grid", count=1, line=line, at=moment.seconds, found=found))
    return stamps


def _is_count(text: str) -> bool:
    return len(text) in _DIGITS and text.isascii() and text.isdigit()


def _moment(text: str, *, counted: bool) -> _Moment | None:
    if text.isdigit():  # the standard library takes 20240307 for a day, and some numbers for weeks
        return _counted(text) if counted and _is_count(text) else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    naive = moment.tzinfo is None
    seconds = math.floor((moment.replace(tzinfo=UTC) if naive else moment).timestamp())
    if not EARLIEST <= seconds < LATEST:
        return None
    return _Moment(seconds, naive, bool(moment.microsecond))


def _counted(text: str) -> _Moment | None:
    divisor, unit = (1, "seconds") if len(text) <= _SECONDS_DIGITS else (1_000, "milliseconds")
    seconds, rest = divmod(int(text), divisor)
    return _Moment(seconds, fraction=bool(rest), counted=unit) if seconds < LATEST else None


def numbers_of(name: str, texts: Sequence[str | None], lines: Integers, faults: Faults) -> Floats:
    """Return floats, not-a-number where a text is none; an empty text is left to the check of missing values."""
    numbers = np.full(len(texts), np.nan)
    for index, raw in enumerate(texts):
        text = (raw or "").strip()
        if text in NOTHING:
            continue
        if _NUMBER.fullmatch(text):
            numbers[index] = float(text)
        else:
            found = f"{name} {shown(text)!r} is no number"
            faults.add(Finding(kind="not_a_number", count=1, line=int(lines[index]), found=found, series=name))
            numbers[index] = np.inf  # what is not finite and not missing was spoken of here
    return numbers
