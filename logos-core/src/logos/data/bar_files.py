"""Which file of a cache holds a symbol's bars: ``<cache>/<asset_class>/<symbol>-<interval>`` in one of three forms."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from logos.domain.errors import DataError, Problem
from logos.domain.instruments import AssetClass, Instrument

FORMS = (".csv", ".csv.gz", ".parquet")
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"))


def interval_text(seconds: int) -> str:
    """Return the shortest text of a bar interval: ``1m``, ``15m``, ``1h``, ``1d``.

    Parameters
    ----------
    seconds:
        A whole number of minutes that divides a day.
    """
    return interval_spellings(seconds)[0]


def interval_spellings(seconds: int) -> tuple[str, ...]:
    """Return every text that means a bar interval, the shortest unit count first: ``1h`` and ``60m``."""
    return tuple(f"{seconds // unit}{letter}" for unit, letter in _UNITS if seconds % unit == 0)


@attrs.frozen(kw_only=True)
class BarFile:
    """One symbol's bar file.

    Attributes
    ----------
    path:
        Where it is.
    name:
        How reports and artifacts call it: the cache as the config writes it, asset class and file name.
    """

    path: Path
    name: str

    @property
    def is_parquet(self) -> bool:
        """Whether the file is Parquet rather than CSV."""
        return self.path.suffix == ".parquet"

    @property
    def is_compressed(self) -> bool:
        """Whether the file is gzipped CSV."""
        return self.path.suffix == ".gz"

    def ends_within_a_line(self) -> bool:
        """Return whether a plain CSV file lacks its last newline, so that its last row may have been cut off."""
        if self.is_parquet or self.is_compressed:
            return False
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            return file.read() not in {b"", b"\n"}

    def stamp(self) -> tuple[int, int]:
        """Return size and modification time, which tell whether the file is still the same.

        Raises
        ------
        DataError
            Where the file cannot be looked at.
        """
        try:
            status = self.path.stat()
        except OSError as error:
            raise DataError(
                f"{self.name} cannot be read: {error.strerror}", hint="Check that it is still there"
            ) from error
        return status.st_size, status.st_mtime_ns


def find_bar_files(
    cache: Path, shown_as: str, symbols: Sequence[str], instruments: Mapping[str, Instrument], interval: int
) -> dict[str, BarFile]:
    """Return the bar file of each symbol.

    Parameters
    ----------
    cache:
        The cache folder.
    shown_as:
        The cache as the config writes it, for reports.
    interval:
        Length of a bar in seconds.

    Raises
    ------
    DataError
        With a problem for each symbol that has no file, or more than one.
    """
    if not cache.is_dir():
        raise DataError(
            f"there is no cache folder {shown_as}",
            hint="feed.path is relative to the workspace root; write bundled for the simulated bars of the program",
        )
    found: dict[str, BarFile] = {}
    problems: list[Problem] = []
    for symbol in symbols:
        instrument = instruments[symbol]
        names = _present(cache, instrument, interval)
        if len(names) == 1:
            found[symbol] = BarFile(path=cache / names[0], name=f"{shown_as}/{names[0]}")
        elif names:
            problems.append(
                Problem(
                    path=symbol,
                    message=f"has several bar files in {shown_as}: {', '.join(names)}",
                    hint="Keep one of them: the others might hold other bars",
                )
            )
        else:
            problems.append(_missing(cache, shown_as, instrument, interval))
    if problems:
        raise DataError(
            "; ".join(f"{problem.path} {problem.message}" for problem in problems),
            problems=problems,
            hint=problems[0].hint,
        )
    return found


def _present(cache: Path, instrument: Instrument, interval: int) -> list[str]:
    """Return the names, from the cache folder on, of all files that a symbol has."""
    if any(character in instrument.symbol for character in "/\\\0") or instrument.symbol.startswith("."):
        raise DataError(
            f"symbol {instrument.symbol!r} cannot be part of a file name",
            hint="Write it without slashes, such as BTC-USD",
        )
    folder = instrument.asset_class.value
    names = [
        f"{folder}/{instrument.symbol}-{spelling}{form}" for spelling in interval_spellings(interval) for form in FORMS
    ]
    return [name for name in names if (cache / name).is_file()]


def _missing(cache: Path, shown_as: str, instrument: Instrument, interval: int) -> Problem:
    wanted = f"{instrument.asset_class.value}/{instrument.symbol}-{interval_text(interval)}"
    there = _all_bar_files(cache)
    plain = {name.split(".csv")[0].removesuffix(".parquet"): name for name in there}
    near = [plain[name] for name in difflib.get_close_matches(wanted, sorted(plain), n=3, cutoff=0.6)]
    if near:
        hint = f"The nearest files there are {', '.join(near)}"
    elif there:
        hint = f"There are {len(there)} bar files, the first {', '.join(there[:3])}"
    else:
        hint = "The folder holds no bar file at all"
    return Problem(
        path=instrument.symbol, message=f"has no bar file {wanted}.csv[.gz] or .parquet in {shown_as}", hint=hint
    )


def _all_bar_files(cache: Path) -> list[str]:
    """Return the names of the bar files of a cache, from the cache folder on, sorted."""
    folders = [cache / asset_class.value for asset_class in AssetClass]
    paths = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    return sorted(f"{path.parent.name}/{path.name}" for path in paths if path.name.endswith(FORMS))
