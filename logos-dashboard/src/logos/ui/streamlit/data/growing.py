"""The account of a session that may still be writing it: only the new end of ``account.csv`` is ever read.

A refresh costs what is new, however long the session is. A file that is no longer the one that was read, because it was
replaced, cut back by a resume or written anew, is read again from its beginning.
"""

from __future__ import annotations

import csv
import os
import stat
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Generic, TypeVar

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv as arrow_csv

from logos.artifacts.curve import EquityCurve, Floats, Times, extremes
from logos.artifacts.schemas import ACCOUNT_COLUMNS
from logos.domain.errors import InputError
from logos.domain.times import SECONDS_A_DAY, parse_time, time_text
from logos.ui.streamlit.data.caching import Kept
from logos.ui.streamlit.data.csv_table import parsed_table
from logos.ui.streamlit.data.faults import fault_of
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import Stamp

Kind = TypeVar("Kind", np.int64, np.float64)

_BLOCK_BYTES = 8 << 20
_PRINT_BYTES = 64 << 10
"""So many bytes before the place that was read to are compared at each refresh: a resume may have written them anew."""

_LONGEST_ROW = 1 << 20
_STRETCHES = 200
_FIRST_WIDTH = 5
_TIME_LENGTH = len("2024-03-07T12:48:00Z")
_MOST_ACCOUNTS = 8


@attrs.frozen(kw_only=True, eq=False)
class AccountView:
    """What ``account.csv`` says now; never changes once it is handed out.

    Attributes
    ----------
    curve:
        Every row: for pictures, never for money.
    thin:
        At most 2,000 rows of it, extremes kept.
    last:
        The last row, as it is written.
    before_today:
        The last row of the trading day (UTC) before that of the last row; nothing on the first day.
    skipped:
        How many whole rows could not be read, and are left out.
    """

    curve: EquityCurve
    thin: EquityCurve
    last: Mapping[str, str]
    before_today: Mapping[str, str] | None
    skipped: int


_ACCOUNTS: Kept[GrowingAccount] = Kept(_MOST_ACCOUNTS)


def account_of(path: Path) -> Reading[AccountView]:
    """Return what an ``account.csv`` says; what was read of it before is kept for everybody who asks."""
    account = _ACCOUNTS.get(path)
    if account is None:
        account = GrowingAccount(path)
        _ACCOUNTS.put(path, account)
    return account.refresh()


class GrowingAccount:
    """Reads one growing ``account.csv``.

    Parameters
    ----------
    path:
        The file, which need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._offset = 0
        self._print = b""
        self._identity: tuple[int, int, int] | None = None
        self._stamp: Stamp | None = None
        self._header: list[str] = []
        self._fault = ""
        self._skipped = 0
        self._last: dict[str, str] = {}
        self._before_today: dict[str, str] | None = None
        self._time, self._equity, self._drawdown = _Column(np.int64), _Column(np.float64), _Column(np.float64)
        self._thin = Thinned()
        self._view: AccountView | None = None

    def refresh(self) -> Reading[AccountView]:
        """Read what is new, and return what the file says now."""
        with self._lock:
            try:
                return self._refreshed()
            except FileNotFoundError:
                self._forget()
                return Reading.missing("the session has not recorded its account yet")
            except OSError as error:
                told = f"{self._path.name} cannot be read: {fault_of(error)}"
                if self._view is None:
                    return Reading.damaged(told)
                return Reading.partial(self._view, f"{told}; what is shown was read before", stamp=self._stamp)

    def _refreshed(self) -> Reading[AccountView]:
        found = self._path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Reading.damaged(f"{self._path.name} is not a file")
        if self._identity != _identity(found):
            with self._path.open("rb") as file:
                self._take(file)
        if self._fault:
            return Reading.damaged(self._fault, stamp=self._stamp)
        if not self._time.length:
            return Reading.missing("the session has not recorded its account yet")
        if self._view is None:
            self._view = AccountView(
                curve=EquityCurve(self._time.view, self._equity.view, self._drawdown.view),
                thin=self._thin.curve,
                last=self._last,
                before_today=self._before_today,
                skipped=self._skipped,
            )
        if self._skipped:
            told = f"{self._skipped:,} row{'s' * (self._skipped != 1)} of {self._path.name} cannot be read: left out"
            return Reading.partial(self._view, told, stamp=self._stamp)
        return Reading.ok(self._view, self._stamp)

    def _take(self, file: BinaryIO) -> None:
        """Read from where the last refresh ended; from the beginning where what was read has changed."""
        found = os.fstat(file.fileno())
        if not self._goes_on(file, found):
            self._forget()
        file.seek(self._offset)
        rest = b""
        while block := file.read(_BLOCK_BYTES):
            rest += block
            end = rest.rfind(b"\n") + 1
            if end:
                self._parse(rest[:end])
                self._offset += end
                rest = rest[end:]
            if len(rest) > _LONGEST_ROW:
                self._fault = f"{self._path.name} is not a table: it has a row of more than a million bytes"
            if self._fault:
                break
        start = max(0, self._offset - _PRINT_BYTES)
        file.seek(start)
        self._print = file.read(self._offset - start)
        self._identity = _identity(found)
        self._stamp = Stamp(self._path, found.st_mtime_ns, found.st_size)

    def _goes_on(self, file: BinaryIO, found: os.stat_result) -> bool:
        """Return whether what was read before still stands as it was."""
        if self._identity is None or self._fault:
            return False
        if found.st_ino != self._identity[0] or found.st_size < self._offset:
            return False
        file.seek(self._offset - len(self._print))
        return file.read(len(self._print)) == self._print

    def _parse(self, data: bytes) -> None:
        if not self._header:
            head, _, data = data.partition(b"\n")
            self._header = head.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r").split(",")
            lacking = [name for name in ("timestamp", "equity", "drawdown") if name not in self._header]
            if lacking or self._header[0] != ACCOUNT_COLUMNS[0]:
                self._fault = f"{self._path.name} is not the account of a session: " + (
                    f"it has no column {', '.join(lacking)}" if lacking else "its first column is not timestamp"
                )
                return
        if not data:
            return
        moments, equity, drawdown, skipped = _columns(data, self._header)
        self._skipped += skipped
        self._view = None
        if not len(moments):
            return
        self._time.extend(moments)
        self._equity.extend(equity)
        self._drawdown.extend(drawdown)
        self._thin.add(moments, equity, drawdown)
        self._take_text(data, int(moments[-1]))

    def _take_text(self, data: bytes, moment: int) -> None:
        """Keep the last row, and the last row of the trading day before, exactly as they are written."""
        row = self._row(data[data.rfind(b"\n", 0, -1) + 1 : -1])
        if row is None:
            return
        midnight = time_text((moment - 1) // SECONDS_A_DAY * SECONDS_A_DAY)
        before = self._row(_last_until(data, midnight.encode()))
        if before is not None:
            self._before_today = before
        elif self._last and self._last["timestamp"] <= midnight:
            self._before_today = self._last
        self._last = row

    def _row(self, line: bytes) -> dict[str, str] | None:
        fields = line.decode("utf-8", "replace").rstrip("\r").split(",")
        return dict(zip(self._header, fields, strict=True)) if len(fields) == len(self._header) else None


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _last_until(data: bytes, moment: bytes) -> bytes:
    """Return the last row whose time is not later; rows ascend by time."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))

    def begin(place: int) -> int:
        return int(ends[place - 1]) + 1 if place else 0

    place = bisect_right(range(len(ends)), moment, key=lambda row: data[begin(row) : begin(row) + _TIME_LENGTH])
    return data[begin(place - 1) : int(ends[place - 1])] if place else b""


def _columns(data: bytes, header: list[str]) -> tuple[Times, Floats, Floats, int]:
    """Return time, equity and drawdown of whole rows, and how many rows are none."""
    kinds = {"timestamp": pa.timestamp("s", tz="UTC"), "equity": pa.float64(), "drawdown": pa.float64()}
    try:
        convert = arrow_csv.ConvertOptions(include_columns=list(kinds), column_types=kinds)
        table, skipped = parsed_table(data, convert, header=header)
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError):  # a value is not of its kind: look at each row
        return _columns_one_by_one(data, header)
    moments, equity, drawdown = (table.column(name) for name in kinds)
    whole = np.asarray(moments.is_valid()) & np.isfinite(np.asarray(equity)) & np.isfinite(np.asarray(drawdown))
    times = np.asarray(moments.cast(pa.int64()).fill_null(0))
    skipped += int(len(whole) - whole.sum())
    return times[whole], np.asarray(equity)[whole], np.asarray(drawdown)[whole], skipped


def _columns_one_by_one(data: bytes, header: list[str]) -> tuple[Times, Floats, Floats, int]:
    places = [header.index(name) for name in ("timestamp", "equity", "drawdown")]
    rows, skipped = [], 0
    for line in data.decode("utf-8", "replace").split("\n")[:-1]:
        try:
            fields = next(csv.reader([line]), [])
            moment, equity, drawdown = (fields[place] for place in places)
            row = (parse_time(moment), float(equity), float(drawdown))
        except (InputError, ValueError, IndexError, csv.Error):
            skipped += 1
            continue
        if np.isfinite(row[1:]).all():
            rows.append(row)
        else:
            skipped += 1
    moments = np.array([row[0] for row in rows], dtype=np.int64)
    equities, drawdowns = (np.array([row[place] for row in rows], dtype=np.float64) for place in (1, 2))
    return moments, equities, drawdowns, skipped


class _Column(Generic[Kind]):
    """An array that grows: rows are copied a bounded number of times, however many come."""

    def __init__(self, kind: type[Kind]) -> None:
        self._array: npt.NDArray[Kind] = np.empty(1_024, dtype=kind)
        self.length = 0

    @property
    def view(self) -> npt.NDArray[Kind]:
        """Return what is there; later rows never change it."""
        view = self._array[: self.length]
        view.flags.writeable = False
        return view

    def extend(self, values: npt.NDArray[Kind]) -> None:
        """Add rows at the end."""
        needed = self.length + len(values)
        if needed > len(self._array):
            grown = np.empty(max(needed, 2 * len(self._array)), dtype=self._array.dtype)
            grown[: self.length] = self._array[: self.length]
            self._array = grown
        self._array[self.length : needed] = values
        self.length = needed


class Thinned:
    """The points of a growing curve that a picture needs: every row up to 2,000, then at most five of each stretch.

    Of each stretch the first and last row stay, the lowest and highest equity, and the deepest drawdown. Stretches
    begin as five rows and double when there are more than 400, so that the points are at most 2,000, and the same
    whether the rows came one at a time or all at once.
    """

    def __init__(self) -> None:
        self._width = _FIRST_WIDTH
        self._rows = 0
        self._stretch: Times = np.empty(0, np.int64)
        self.curve = EquityCurve(np.empty(0, np.int64), np.empty(0), np.empty(0))

    def add(self, time: Times, equity: Floats, drawdown: Floats) -> None:
        """Add rows at the end."""
        if not len(time):
            return
        added = np.arange(self._rows, self._rows + len(time), dtype=np.int64) // self._width
        self._rows += len(time)
        stretch = np.concatenate([self._stretch, added])
        while stretch[-1] >= 2 * _STRETCHES:
            self._width *= 2
            stretch //= 2
        equity = np.concatenate([self.curve.equity, equity])
        drawdown = np.concatenate([self.curve.drawdown, drawdown])
        thinning = self._width > _FIRST_WIDTH
        keep = extremes(stretch, equity, drawdown) if thinning else np.ones(len(stretch), dtype=bool)
        self._stretch = stretch[keep]
        self.curve = EquityCurve(np.concatenate([self.curve.time, time])[keep], equity[keep], drawdown[keep])
