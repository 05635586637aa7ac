"""``logos data import``: from files to a cache, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import numpy as np

from logos.data.bar_files import interval_text
from logos.data.cache.bars import StoredBars
from logos.data.cache.store import CachedSymbol, Written
from logos.data.catalogue.shapes import counted
from logos.data.importing.accepting import accept
from logos.data.importing.formats import AUTO
from logos.data.importing.gathering import Gathered, Gathering
from logos.data.importing.reading import read_source
from logos.data.importing.sources import Source, find_sources
from logos.data.importing.times import zone_named
from logos.domain.errors import DataError, InputError, Problem
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.times import SECONDS_A_DAY, parse_interval

REFUSE, QUARANTINE = "refuse", "quarantine"
_SHOWN = 10
_MOST_NAMES = 5
_OFF_GRID = "off the interval grid"
_OPTIONS = {
    "symbol": "--symbol NAME",
    "interval": "--interval 1m",
    "asset_class": f"--asset-class {'|'.join(one.value for one in AssetClass)}",
}


@attrs.frozen(kw_only=True)
class ImportRequest:
    """What is to be imported, and how.

    Attributes
    ----------
    paths:
        Files, and folders of LEAN zips.
    symbol, interval, asset_class:
        Empty for what the sources' names say.
    cache, shown_as:
        The cache folder, and how the user writes it.
    format:
        One of the formats known, or ``auto``.
    form:
        ``.parquet``, ``.csv``, ``.csv.gz``; empty for the form that is there, and Parquet where none is.
    timezone:
        What naive times are in; empty where the user has not said.
    on_bad_row:
        ``refuse`` or ``quarantine``.
    replacing:
        Whether bars of the cache that have other values give way.
    closed_by:
        A bar that closes later than this is not finished, and is left out; seconds since the epoch, UTC. ``None`` where
        nobody knows what time it is.
    """

    paths: Sequence[Path]
    symbol: str
    interval: str
    asset_class: str
    cache: Path
    shown_as: str
    format: str = AUTO
    form: str = ""
    timezone: str = ""
    on_bad_row: str = REFUSE
    replacing: bool = False
    closed_by: int | None = None


@attrs.frozen(eq=False, kw_only=True)
class ImportReport:
    """What an import found and did.

    Attributes
    ----------
    rows:
        Rows of all sources: bars, duplicates and rejected ones.
    bars:
        Bars that open at different times.
    rejected:
        Rows that did not become bars; ``problems`` says which and why.
    duplicates:
        Rows that repeat a bar with the same values.
    off_tick:
        Bars with a price between two ticks; ``None`` where the tick is not known.
    first, last:
        Open times of the first and the last bar imported, in seconds since the epoch, UTC.
    written:
        What became of the cache.
    """

    symbol: str
    asset_class: str
    interval: str
    formats: tuple[str, ...]
    files: int
    rows: int
    bars: int
    rejected: int
    duplicates: int
    off_tick: int | None
    first: int
    last: int
    written: Written
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def import_bars(
    request: ImportRequest,
    instrument_of: Callable[[str], Instrument | None],
    progress: Callable[[int, int], None],
) -> ImportReport:
    """Read every source, then write the cache once.

    Parameters
    ----------
    instrument_of:
        Returns the instrument of a symbol; ``None`` where nobody knows its tick.
    progress:
        Told how many bytes of the sources have been read, and how many there are.

    Raises
    ------
    InputError
        Where a source is none of the formats, or what is missing cannot be told from its name.
    DataError
        Where rows are no bars and the request refuses them, where no bar is left, or where the cache holds others.
    StorageError
        Where the cache cannot be written.
    """
    zone = zone_named(request.timezone) if request.timezone else None
    sources, notes = find_sources(request.paths, request.format)
    symbol = request.symbol or _agreed(sources, "symbol")
    instrument = instrument_of(symbol) if symbol else None
    asset_class = _asset_class(request, sources, instrument)
    interval_named = _interval(request, sources)
    _demand(sources, {"symbol": symbol, "interval": interval_named, "asset_class": asset_class})
    interval = parse_interval(interval_named)
    gathering = _gather(sources, symbol, asset_class, interval, zone, instrument, progress)
    gathered, unfinished = _finished(gathering.finish(), request.closed_by, interval)
    _refuse(request, gathering, gathered, interval)
    target = CachedSymbol(
        cache=request.cache, shown_as=request.shown_as, asset_class=asset_class, symbol=symbol, interval=interval
    )
    written = target.write(gathered.bars, form=request.form, replacing=request.replacing)
    bars = gathered.bars
    return ImportReport(
        symbol=symbol,
        asset_class=asset_class,
        interval=interval_text(interval),
        formats=tuple(sorted({source.format for source in sources})),
        files=len(sources),
        rows=len(bars) + gathered.duplicates + gathering.rejected + unfinished,
        bars=len(bars),
        rejected=gathering.rejected,
        duplicates=gathered.duplicates,
        off_tick=None if instrument is None else gathering.off_tick,
        first=int(bars.timestamp[0]),
        last=int(bars.timestamp[-1]),
        written=written,
        problems=tuple(gathering.problems),
        notes=(*notes, *_remarks(sources, gathering, gathered, instrument), *_unfinished_note(unfinished)),
    )


def _finished(gathered: Gathered, closed_by: int | None, interval: int) -> tuple[Gathered, int]:
    """Return what was gathered without bars that have not closed yet, and how many those are."""
    bars = gathered.bars
    count = len(bars) if closed_by is None else int(np.searchsorted(bars.timestamp, closed_by - interval, "right"))
    cut = StoredBars(timestamp=bars.timestamp[:count], values=bars.values[:, :count])
    return attrs.evolve(gathered, bars=cut), len(bars) - count


def _unfinished_note(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    bars = "bar has" if count == 1 else "bars have"
    return (f"{count:,} {bars} not closed yet, and a bar is only what has: left out.",)


def _gather(
    sources: Sequence[Source],
    symbol: str,
    asset_class: str,
    interval: int,
    zone: ZoneInfo | None,
    instrument: Instrument | None,
    progress: Callable[[int, int], None],
) -> Gathering:
    gathering = Gathering()
    total = sum(source.size for source in sources)
    done = 0

    def more(size: int) -> None:
        nonlocal done
        done += size
        progress(min(done, total), total)

    for source in sources:
        batches = read_source(
            source, symbol=symbol, asset_class=asset_class, interval=interval, zone=zone, progress=more
        )
        for batch in batches:
            for accepted in accept(batch, instrument, interval):
                gathering.add(source.name, accepted)
    progress(total, total)
    return gathering


def _agreed(sources: Sequence[Source], what: str) -> str:
    """Return what the names of all sources agree on; empty where there is no such thing."""
    values = {str(getattr(source, what)) for source in sources}
    return values.pop() if len(values) == 1 else ""


def _demand(sources: Sequence[Source], found: Mapping[str, str]) -> None:
    """Refuse sources of which something is not known: all of it at once."""
    lacking = [what for what, value in found.items() if not value]
    if not lacking:
        return
    faults = [f"the {what.replace('_', ' ')} is not known: {_why_unknown(sources, what)}" for what in lacking]
    options = " ".join(_OPTIONS[what] for what in lacking)
    hint = f"Name {'it' if len(lacking) == 1 else 'them'}: {options}"
    if {"symbol", "asset_class"} <= set(lacking):
        hint += ". The asset class of a built-in symbol is known"
    raise InputError("; ".join(faults), hint=hint)


def _why_unknown(sources: Sequence[Source], what: str) -> str:
    told = [value for value in sorted({str(getattr(source, what)) for source in sources}) if value]
    if len(told) > 1:
        return f"the sources are of different ones: {', '.join(told[:_MOST_NAMES])}"
    return "none is given"


def _interval(request: ImportRequest, sources: Sequence[Source]) -> str:
    if not request.interval:
        return _agreed(sources, "interval")
    wanted = parse_interval(request.interval)
    for source in sources:
        if source.lean is not None and source.interval and parse_interval(source.interval) != wanted:
            raise InputError(
                f"{source.name} holds bars of {source.interval}, and --interval says {request.interval}",
                hint=f"Write --interval {source.interval}, or leave it out",
            )
    return request.interval


def _asset_class(request: ImportRequest, sources: Sequence[Source], instrument: Instrument | None) -> str:
    known = [one.value for one in AssetClass]
    if request.asset_class and request.asset_class not in known:
        raise InputError(f"there is no asset class {request.asset_class!r}", hint=f"Write {', '.join(known)}")
    told = sorted({source.asset_class for source in sources if source.lean is not None and source.asset_class})
    if request.asset_class:
        if told not in ([], [request.asset_class]):
            raise InputError(
                f"the zips lie in a folder of {told[0]}, and --asset-class says {request.asset_class}",
                hint=f"Prices and times would be read wrongly: write --asset-class {told[0]}",
            )
        return request.asset_class
    if len(told) == 1:
        return told[0]
    if instrument is not None:
        return instrument.asset_class.value
    return _agreed(sources, "asset_class")


def _refuse(request: ImportRequest, gathering: Gathering, gathered: Gathered, interval: int) -> None:
    problems = gathering.problems[:_SHOWN]
    more = gathering.rejected - len(problems)
    if more:
        problems.append(Problem(path="", message=f"and {more:,} more"))
    if gathering.rejected and request.on_bad_row == REFUSE:
        rows = "1 row is" if gathering.rejected == 1 else f"{gathering.rejected:,} rows are"
        raise DataError(f"{rows} no bar", hint=_remedy(gathering, interval), problems=problems)
    if not len(gathered.bars):
        names = ", ".join(str(path) for path in request.paths[:_MOST_NAMES])
        raise DataError(f"there is no bar in {names}", hint="Nothing was written", problems=problems)


def _remedy(gathering: Gathering, interval: int) -> str:
    leave_out = "leave such rows out with --on-bad-row quarantine; nothing was written"
    if interval == SECONDS_A_DAY and any(_OFF_GRID in one.message for one in gathering.problems):
        return (
            "Where days begin at a midnight that is not UTC's, name the market's zone: --timezone Europe/London. "
            f"Otherwise mend the source, or {leave_out}"
        )
    return f"Mend the source, or {leave_out}"


def _remarks(
    sources: Sequence[Source], gathering: Gathering, gathered: Gathered, instrument: Instrument | None
) -> list[str]:
    notes = []
    if gathered.disordered:
        notes.append(
            f"The rows were not in order of time ({counted(gathered.disordered, 'step')} back): they were sorted."
        )
    if gathering.first_off_tick is not None:
        first = gathering.first_off_tick
        one = gathering.off_tick == 1
        bars = "1 bar has" if one else f"{gathering.off_tick:,} bars have"
        notes.append(
            f"{bars} a price between two ticks, first {first.path}:{first.line}: {first.message}. The file keeps "
            f"{'it as it is' if one else 'them as they are'}; a session refuses {'it' if one else 'them'} unless "
            "feed.off_tick is round."
        )
    if instrument is None:
        notes.append("The tick of the symbol is not known here: whether prices lie on it was not looked at.")
    if gathering.cut:
        numbers = "1 number has" if gathering.cut == 1 else f"{gathering.cut:,} numbers have"
        notes.append(f"{numbers} more digits than a double holds, and went to the nearest tick or lot.")
    if any(source.quotes or (source.lean is not None and source.lean.quotes) for source in sources):
        notes.append("The middle of bid and ask was taken for each price; the volume is 0.")
    ignored = sorted({name for source in sources for name in source.ignored})
    if ignored:
        notes.append(f"Columns that a bar has no place for were left out: {', '.join(ignored)}.")
    return notes
