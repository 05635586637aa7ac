"""The open times of other programs' files: with an offset, by the clock on a wall, or counted since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import numpy as np

from logos.data.bar_rows import EARLIEST, LATEST
from logos.domain.errors import InputError
from logos.domain.times import SECONDS_A_DAY

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

ZONED, LOCAL, SECONDS, MILLISECONDS, SINCE_MIDNIGHT = "zoned", "local", "seconds", "milliseconds", "since midnight"
"""How a file writes its times."""

_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2}) ([0-9]{2}):([0-9]{2})", re.ASCII)
_DATED = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", re.ASCII)
_COUNT = re.compile(r"[0-9]{9,10}|[0-9]{12,13}", re.ASCII)
_OFFSET = re.compile(r"(?:Z|[+-][0-9]{2}:?[0-9]{2}(?::?[0-9]{2})?)$", re.ASCII)
_DATE = len("2026-01-31")
_QUARTER = 900  # no zone changes its offset within a quarter of an hour
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadTimeError(Exception):
    """A text is no open time; the words say why."""


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises
    ------
    InputError
        Where there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"there is no time zone {name!r}",
            hint="Name one of the IANA database, such as UTC, America/New_York or Europe/London",
        ) from error


def kind_of(text: str) -> str:
    """Return how a time is written, as far as its looks tell."""
    text = text.strip()
    if _COUNT.fullmatch(text):
        return SECONDS if len(text) <= 10 else MILLISECONDS
    if not _DATED.match(text):
        return ZONED  # it is no time, and will be told as such
    return ZONED if _OFFSET.search(text[_DATE:]) else LOCAL


@attrs.define(eq=False)
class Times:
    """Turns the times of one file into seconds since the epoch, UTC, row after row.

    A daily bar that is stamped with midnight by its own clock opens at midnight UTC of that date: of a trading day,
    only the date counts.

    Parameters
    ----------
    interval:
        Length of a bar in seconds.
    zone:
        What naive times are in; ``None`` where nobody has said.
    kind:
        How the file writes its times.
    midnight:
        The local date of a file whose times count from midnight, as seconds since the epoch.
    """

    interval: int
    zone: ZoneInfo | None
    kind: str = ZONED
    midnight: int = 0
    _previous: int | None = None
    _second_pass: bool = False

    @property
    def daily(self) -> bool:
        """Whether a bar is a day."""
        return self.interval == SECONDS_A_DAY

    def column(self, values: Integers) -> Integers | None:
        """Return a whole column in UTC; ``None`` where it has to be looked at row by row.

        Parameters
        ----------
        values:
            Seconds, or milliseconds where the file counts so: since the epoch in UTC, or by the local clock.
        """
        if self.kind in {MILLISECONDS, SINCE_MIDNIGHT}:
            values, rest = np.divmod(values, 1_000)
            if rest.any():
                return None
        if self.kind == ZONED and self.daily and (self.zone is not None or (values % SECONDS_A_DAY).any()):
            return None
        if self.kind in {LOCAL, SINCE_MIDNIGHT}:
            return self._local_column(values + self.midnight)
        return values

    def _local_column(self, local: Integers) -> Integers | None:
        if not len(local) or local.min() < EARLIEST or local.max() >= LATEST:
            return None
        if self.daily:
            return local if not (local % SECONDS_A_DAY).any() else None
        if self.zone is None:
            return None
        quarters, places = np.unique(local // _QUARTER, return_inverse=True)
        offsets = [self._plain_offset(int(quarter) * _QUARTER) for quarter in quarters]
        if any(offset is None for offset in offsets):
            return None
        self._previous, self._second_pass = int(local[-1]), False
        result: Integers = local - np.array(offsets, np.int64)[places]
        return result

    def _plain_offset(self, local: int) -> int | None:
        """Return the offset of a local time that comes exactly once; ``None`` around a change of the clocks."""
        first, second = self._offsets(local)
        return first if first == second else None

    def _offsets(self, local: int) -> tuple[int, int]:
        """Return the offsets of a local time: before a change of the clocks, and after."""
        wall = _wall(local).replace(tzinfo=self.zone)
        first, second = (wall.replace(fold=fold).utcoffset() for fold in (0, 1))
        assert first is not None and second is not None  # noqa: PT018 -- one fact: a zone knows its offsets
        return int(first.total_seconds()), int(second.total_seconds())

    def text(self, text: str) -> int:
        """Return the open time that a text says.

        Raises
        ------
        BadTimeError
            Where it says none.
        """
        text = text.strip()
        if not text:
            raise BadTimeError("timestamp is empty")
        if self.kind in {SECONDS, MILLISECONDS, SINCE_MIDNIGHT}:
            return self._count(text)
        moment = _parsed(text)
        if moment.microsecond:
            raise BadTimeError(f"timestamp {text!r} has a fraction of a second")
        if moment.tzinfo is None:
            return self._local(_seconds(moment))
        return self._zoned(moment)

    def _count(self, text: str) -> int:
        number = text.removesuffix(".0")
        if not (number.isascii() and number.removeprefix("-").isdigit()) or len(number) > 18:
            raise BadTimeError(f"timestamp {text!r} is no whole number of {self._unit}")
        if self.kind == SECONDS:
            return int(number)
        seconds, rest = divmod(int(number), 1_000)
        if rest:
            raise BadTimeError(f"timestamp {text!r} has a fraction of a second")
        return seconds if self.kind == MILLISECONDS else self._local(self.midnight + seconds)

    @property
    def _unit(self) -> str:
        return "seconds" if self.kind == SECONDS else "milliseconds"

    def _zoned(self, moment: datetime) -> int:
        if self.daily:
            wall = (moment if self.zone is None else moment.astimezone(self.zone)).replace(tzinfo=None)
            if not (wall.hour or wall.minute or wall.second):
                return _seconds(wall)
        return int((moment - _EPOCH).total_seconds())

    def _local(self, local: int) -> int:
        if self.daily and not local % SECONDS_A_DAY:
            return local
        if self.zone is None:
            raise BadTimeError("timestamp is naive: it names no time zone, and neither does --timezone")
        if not EARLIEST <= local < LATEST:
            raise BadTimeError("timestamp is outside the years 1900 to 2199")
        first, second = self._offsets(local)
        again = self._previous is not None and local <= self._previous
        self._previous = local
        if first == second:
            self._second_pass = False
        elif first < second:  # the clocks were put forward over it
            raise BadTimeError(f"the time {_wall(local)} does not exist in {self.zone}: the clocks were put forward")
        elif again:
            self._second_pass = True  # the clocks were put back, and the hour runs a second time
        return local - (second if self._second_pass else first)


def _parsed(text: str) -> datetime:
    compact = _COMPACT.fullmatch(text)
    try:
        if compact:
            return datetime(*(int(part) for part in compact.groups()))  # type: ignore[arg-type]  # noqa: DTZ001 -- its zone is told elsewhere
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise BadTimeError(f"timestamp {text!r} is not a time") from None


def _seconds(wall: datetime) -> int:
    return int((wall.replace(tzinfo=UTC) - _EPOCH).total_seconds())


def _wall(local: int) -> datetime:
    return (_EPOCH + timedelta(seconds=local)).replace(tzinfo=None)
