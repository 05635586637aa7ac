"""Rows of ``account.csv`` and ``equity.csv`` as text, a block at a time.

One row is written per bar slice, so this is the most written text of a session. Formatting ten integers one by one
costs several microseconds; here a block of rows becomes a matrix of four-byte cells, each looked up in a table
of all four-digit texts. Bytes that a text does not need are zero, and are dropped from the whole block at the end.
No binary float is involved, and a value too large for 64 bits takes a slower way to the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from logos.domain.errors import InputError
from logos.domain.money import RATIO_DECIMALS, text_of
from logos.domain.times import SECONDS_A_DAY, time_text

MAX_DECIMALS = 12

_MONEY_COLUMNS = 6
_RATIO_COLUMNS = 3

_GROUP = 10_000
_FEW_ROWS = 24
_CHUNK = 2_048
"""Rows whose matrix stays in the processor's cache."""

_LAST_SECOND = 253_402_300_799
_INT64_LOWEST = -(2**63)

Cells = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.int64]


def _cells(text: bytes) -> Any:
    """Return text, padded with zero bytes, as four-byte cells."""
    return np.frombuffer(text + b"\0" * (-len(text) % 4), dtype=np.uint32)


_COMMA, _COMMA_MINUS, _POINT, _NEWLINE = (_cells(mark)[0] for mark in (b",", b",-", b".", b"\n"))


@cache
def _whole_table() -> Cells:
    """Return the texts of 0 to 9999 three times: all four digits, no leading zeros, and one digit at the least."""
    padded = [b"%04d" % number for number in range(_GROUP)]
    stripped = [text.lstrip(b"0").rjust(4, b"\0") for text in padded]
    at_least_one = [text if index else b"\0\0\0" + b"0" for index, text in enumerate(stripped)]
    table: Cells = _cells(b"".join(padded + stripped + at_least_one))
    return table


@cache
def _fraction_table(digits: int) -> Cells:
    """Return the texts of all numbers below ``10**digits`` with all their digits, in one cell each."""
    texts = [(b"%0*d" % (digits, number)).rjust(4, b"\0") for number in range(10**digits)]
    table: Cells = _cells(b"".join(texts))
    return table


@cache
def _minute_table() -> Cells:
    """Return ``HH:MM:`` for each minute of a day, two cells each."""
    texts = [b"%02d:%02d:\0\0" % divmod(minute, 60) for minute in range(1_440)]
    table: Cells = _cells(b"".join(texts)).reshape(-1, 2)
    return table


@cache
def _second_table() -> Cells:
    """Return ``SSZ`` for each second of a minute."""
    table: Cells = _cells(b"".join(b"%02dZ\0" % second for second in range(60)))
    return table


def _date_cells(days: Integers) -> Cells:
    """Return ``YYYY-MM-DDT`` for each day since 1970-01-01, three cells each."""
    distinct, place = np.unique(days, return_inverse=True)
    texts = b"".join(b"%sT\0" % date for date in distinct.astype("datetime64[D]").astype("S10").tolist())
    table: Cells = _cells(texts).reshape(-1, 3)
    return table[place]


def _time_cells(clock: Integers) -> list[Cells]:
    days = clock // SECONDS_A_DAY
    seconds = clock - days * SECONDS_A_DAY
    minutes = seconds // 60
    dates = _date_cells(days)
    hours = _minute_table()[minutes]
    return [
        dates[:, 0],
        dates[:, 1],
        dates[:, 2],
        hours[:, 0],
        hours[:, 1],
        _second_table()[seconds - minutes * 60],
    ]


def _fraction_cells(fraction: Integers, decimals: int) -> list[Cells]:
    """Return the digits behind the point, the highest group first."""
    groups: list[Cells] = []
    left = decimals
    while left > 4:
        higher = fraction // _GROUP
        groups.append(_whole_table()[fraction - higher * _GROUP])
        fraction = higher
        left -= 4
    groups.append(_fraction_table(left)[fraction])
    return groups[::-1]


def _whole_cells(whole: Integers) -> list[Cells]:
    """Return the digits before the point without leading zeros, the highest group first."""
    groups: list[Cells] = []
    stripped = 2 * _GROUP
    while True:
        higher = whole // _GROUP
        group = whole - higher * _GROUP
        group += (higher == 0) * stripped
        groups.append(_whole_table()[group])
        if not higher.any():
            return groups[::-1]
        whole = higher
        stripped = _GROUP


def _number_cells(values: Integers, decimals: int) -> list[Cells | np.uint32]:
    """Return a comma, the sign and the digits of scaled integers."""
    sign = np.where(values < 0, _COMMA_MINUS, _COMMA)
    size = np.abs(values)
    if decimals == 0:
        return [sign, *_whole_cells(size)]
    whole = size // 10**decimals
    fraction = size - whole * 10**decimals
    return [sign, *_whole_cells(whole), _POINT, *_fraction_cells(fraction, decimals)]


class ScaledColumns:
    """Turns rows of a time and scaled integers into CSV text, quickly and exactly.

    Parameters
    ----------
    places:
        How many decimals each value has, from 0 to 12.
    """

    def __init__(self, places: Sequence[int]) -> None:
        self._places = tuple(places)

    def encode(self, rows: Sequence[tuple[int, ...]]) -> bytes:
        """Return rows as lines of CSV.

        Parameters
        ----------
        rows:
            For each slice: clock (seconds since the epoch, UTC), and the values as scaled integers.
        """
        if len(rows) <= _FEW_ROWS:
            return self._slowly(rows)
        return b"".join(self._rows(rows[start : start + _CHUNK]) for start in range(0, len(rows), _CHUNK))

    def encode_columns(self, *columns: Integers) -> Iterator[bytes]:
        """Yield whole columns, the clock first, as lines of CSV, some thousand at a time."""
        for start in range(0, len(columns[0]), _CHUNK):
            yield self._columns(np.stack([column[start : start + _CHUNK] for column in columns]))

    def _rows(self, rows: Sequence[tuple[int, ...]]) -> bytes:
        width = 1 + len(self._places)
        try:
            flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=width * len(rows))
        except OverflowError:
            return self._slowly(rows)
        return self._columns(np.ascontiguousarray(flat.reshape(-1, width).T))

    def _columns(self, columns: Integers) -> bytes:
        clock = columns[0]
        if int(columns.min()) == _INT64_LOWEST or int(clock.min()) < 0 or int(clock.max()) > _LAST_SECOND:
            return self._slowly(list(zip(*columns.tolist(), strict=True)))
        cells: list[Cells | np.uint32] = [*_time_cells(clock)]
        for values, places in zip(columns[1:], self._places, strict=True):
            cells += _number_cells(values, places)
        cells.append(_NEWLINE)
        matrix = np.empty((columns.shape[1], len(cells)), dtype=np.uint32)
        for index, cell in enumerate(cells):
            matrix[:, index] = cell
        return matrix.tobytes().translate(None, b"\0")

    def _slowly(self, rows: Sequence[tuple[int, ...]]) -> bytes:
        lines = []
        for clock, *values in rows:
            texts = (text_of(value, places) for value, places in zip(values, self._places, strict=True))
            lines.append(f"{time_text(clock)},{','.join(texts)}\n")
        return "".join(lines).encode("ascii")


def account_columns(decimals: int) -> ScaledColumns:
    """Return the writer of ``account.csv``: cash, market value, equity, realised and unrealised PnL, fees; ratios.

    Parameters
    ----------
    decimals:
        How many decimals the account's currency has, from 0 to 12.
    """
    return ScaledColumns((*[_checked(decimals)] * _MONEY_COLUMNS, *[RATIO_DECIMALS] * _RATIO_COLUMNS))


def equity_columns(decimals: int) -> ScaledColumns:
    """Return the writer of ``equity.csv``: equity and drawdown; ``decimals`` as for ``account_columns``."""
    return ScaledColumns((_checked(decimals), RATIO_DECIMALS))


def _checked(decimals: int) -> int:
    if not 0 <= decimals <= MAX_DECIMALS:
        raise InputError(
            f"the account's currency has {decimals} decimals",
            hint=f"Configure 0 to {MAX_DECIMALS}",
        )
    return decimals
