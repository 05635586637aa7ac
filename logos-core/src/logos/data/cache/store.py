"""One symbol's bars in a cache: which file holds them, and how new ones come to it."""

from __future__ import annotations

from pathlib import Path

import attrs

from logos.data.bar_files import FORMS, interval_spellings, interval_text
from logos.data.cache.bars import NONE, StoredBars, ascending, joined, merged
from logos.data.cache.encoding import PARQUET, encoded
from logos.data.cache.replacing import PATIENCE, held, replace
from logos.domain.errors import DataError, InputError
from logos.domain.times import time_text

_SHOWN = 5


@attrs.frozen(kw_only=True)
class Written:
    """What became of the cache.

    Attributes
    ----------
    path:
        The file.
    total:
        How many bars it holds now.
    added:
        How many of them are new.
    same:
        How many bars were there already.
    replaced:
        How many bars had other values before.
    """

    path: Path
    total: int
    added: int
    same: int
    replaced: int


@attrs.frozen(kw_only=True)
class CachedSymbol:
    """A symbol and interval in a cache folder.

    Attributes
    ----------
    cache:
        The cache folder; it need not be there yet.
    shown_as:
        The cache as the user writes it, for messages.
    asset_class:
        The folder in the cache.
    interval:
        Length of a bar in seconds.
    patience:
        Seconds to wait for another program that writes the symbol.
    """

    cache: Path
    shown_as: str
    asset_class: str
    symbol: str
    interval: int
    patience: float = PATIENCE

    @property
    def folder(self) -> Path:
        """The folder of the asset class."""
        return self.cache / self.asset_class

    @property
    def stem(self) -> str:
        """Symbol and interval as a file is called."""
        return f"{self.symbol}-{interval_text(self.interval)}"

    def file(self) -> Path | None:
        """Return the file that holds the symbol; ``None`` where there is none.

        Raises
        ------
        DataError
            Where there are several.
        """
        stems = [f"{self.symbol}-{spelling}" for spelling in interval_spellings(self.interval)]
        names = [f"{stem}{form}" for stem in stems for form in FORMS]
        found = [self.folder / name for name in names if (self.folder / name).is_file()]
        if len(found) > 1:
            raise DataError(
                f"{self.shown_as}/{self.asset_class} has several files of {self.symbol}: "
                f"{', '.join(path.name for path in found)}",
                hint="Keep one of them: the others might hold other bars",
            )
        return found[0] if found else None

    def bars(self) -> StoredBars:
        """Return the bars that are there.

        Raises
        ------
        DataError
            Where the file holds a row that is no bar.
        """
        path = self.file()
        return NONE if path is None else _read(path, self.interval)

    def write(self, bars: StoredBars, *, form: str = "", replacing: bool = False) -> Written:
        """Add bars to the file, whole or not at all.

        Parameters
        ----------
        bars:
            In strictly ascending order.
        form:
            ``.parquet``, ``.csv`` or ``.csv.gz``; empty for the form that is there, and Parquet where none is.
        replacing:
            Whether a bar that is there with other values gives way.

        Raises
        ------
        DataError
            Where bars differ from those that are there and may not replace them, or the file there is defective.
        InputError
            Where the file there has another form.
        StorageError
            Where the cache cannot be written; what was there before stands.
        """
        with held(self.folder, self.stem, self.patience):
            path = self.file()
            path = self._target(path, form)
            before = _read(path, self.interval) if path.exists() else NONE
            both = merged(before, bars)
            if len(both.differing) and not replacing:
                raise self._differs(path, [int(one) for one in both.differing])
            if both.added or len(both.differing):
                replace(path, encoded(both.bars, _form(path)))
        return Written(path=path, total=len(both.bars), added=both.added, same=both.same, replaced=len(both.differing))

    def _target(self, path: Path | None, form: str) -> Path:
        if path is None:
            return self.folder / f"{self.stem}{form or PARQUET}"
        if form and _form(path) != form:
            raise InputError(
                f"{self._name(path)} is there already, and {form} is asked for: a symbol has one file",
                hint="Leave out --form to add to it, or take the file away first",
            )
        return path

    def _name(self, path: Path) -> str:
        return f"{self.shown_as}/{self.asset_class}/{path.name}"

    def _differs(self, path: Path, times: list[int]) -> DataError:
        shown = ", ".join(time_text(time) for time in times[:_SHOWN])
        more = f" and {len(times) - _SHOWN:,} more" if len(times) > _SHOWN else ""
        bars = "1 bar" if len(times) == 1 else f"{len(times):,} bars"
        return DataError(
            f"{bars} in {self._name(path)} would change: {shown}{more}",
            hint="Find out which values are right. --replace takes the new ones; the file is as it was",
        )


def _form(path: Path) -> str:
    return next(form for form in sorted(FORMS, key=len, reverse=True) if path.name.endswith(form))


def _read(path: Path, interval: int) -> StoredBars:
    from logos.data.importing.accepting import accept  # noqa: PLC0415 -- reading is needed for a file that is there
    from logos.data.importing.formats import AUTO  # noqa: PLC0415
    from logos.data.importing.reading import read_source  # noqa: PLC0415
    from logos.data.importing.sources import find_sources  # noqa: PLC0415

    source = find_sources([path], AUTO)[0][0]
    if source.ignored:
        raise DataError(
            f"{path} has the columns {', '.join(source.ignored)}, which would be lost if bars were added to it",
            hint="Import into another cache, or take the file away first",
        )
    if source.quotes:
        raise DataError(
            f"{path} holds bid and ask prices, which would be lost if bars were added to it",
            hint="Import into another cache, or take the file away first",
        )
    batches = read_source(source, symbol="", asset_class="", interval=interval, zone=None, progress=_silent)
    parts = [part for batch in batches for part in accept(batch, None, interval)]
    defects = [defect for part in parts for defect in part.defects]
    bars = joined([part.bars for part in parts if len(part.bars)])
    if defects or not ascending(bars.timestamp):
        what = f"line {defects[0].line}: {defects[0].reason}" if defects else "rows that are not in order of time"
        raise DataError(
            f"{path} has rows that are no bars, and nothing can be added to it: {what}",
            hint="Mend the file, or take it away and import its bars anew: logos data check shows all of it",
        )
    return bars


def _silent(_size: int) -> None:
    """Show no progress."""
