"""Columns of Arrow as columns of NumPy, and what is wrong with them at first sight."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from logos.data.bar_rows import EARLIEST, LATEST
from logos.data.catalogue.records import Finding
from logos.data.catalogue.table import Faults, Floats, Integers
from logos.data.catalogue.texts import COUNTS, UNREADABLE


def plain_column(column: pa.ChunkedArray, kind: type[np.int64 | np.float64], missing: float) -> Any:
    """Copy a column without the library's own conversions, which would load pandas.

    Parameters
    ----------
    kind:
        The type of the column.
    missing:
        Stands where the column has no value.
    """
    parts = []
    for chunk in column.chunks:
        valid, values = chunk.buffers()
        part = np.frombuffer(values, dtype=kind, count=len(chunk), offset=chunk.offset * 8).copy()
        if chunk.null_count:
            bits = np.unpackbits(np.frombuffer(valid, dtype=np.uint8), bitorder="little")
            part[bits[chunk.offset : chunk.offset + len(chunk)] == 0] = missing
        parts.append(part)
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def empty_times(stamps: Integers, lines: Integers, faults: Faults) -> None:
    """Take note of times that are missing or of another age, and mark them all `UNREADABLE`."""
    far = (stamps != UNREADABLE) & ((stamps < EARLIEST) | (stamps >= LATEST))
    for flags, found in ((stamps == UNREADABLE, "the time is empty"), (far, "the time is outside 1900 to 2199")):
        if flags.any():
            line = int(lines[flags.argmax()])
            faults.add(Finding(kind="bad_time", count=int(flags.sum()), line=line, found=found))
    stamps[far] = UNREADABLE


def counted_times(counts: Integers, lines: Integers, faults: Faults) -> Integers | None:
    """Return times that are counted since 1970; ``None`` where they are neither all in seconds nor in milliseconds.

    Parameters
    ----------
    counts:
        Whole numbers, `UNREADABLE` where there is none.
    """
    there = np.flatnonzero(counts != UNREADABLE)
    known = counts[there]
    divisor = next((unit for unit, (low, high) in COUNTS.items() if ((known >= low) & (known < high)).all()), 0)
    if not len(there) or not divisor:
        return None
    stamps = counts.copy()
    stamps[there] = known // divisor
    line, at = int(lines[there[0]]), int(stamps[there[0]])
    found = f"{int(known[0])} counts {'seconds' if divisor == 1 else 'milliseconds'} since 1970"
    faults.add(Finding(kind="epoch_time", count=len(there), line=line, at=at, found=found))
    between = there[known % divisor != 0]
    if len(between):
        row = int(between[0])
        found = f"{int(counts[row])} has a fraction of a second"
        faults.add(Finding(kind="off_grid", count=len(between), line=int(lines[row]), at=int(stamps[row]), found=found))
    empty_times(stamps, lines, faults)
    return stamps


def infinities(name: str, column: Floats, lines: Integers, faults: Faults) -> None:
    """Take note of numbers that are not finite."""
    flags = np.isinf(column)
    if flags.any():
        found = f"{name} is infinite"
        line = int(lines[flags.argmax()])
        faults.add(Finding(kind="not_a_number", count=int(flags.sum()), line=line, found=found, series=name))
