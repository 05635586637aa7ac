"""``logos data import``: from files to a cache, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs

from logos.data.bar_files import interval_text
from logos.data.cache.store import CachedSymbol, Written
from logos.data.importing.accepting import accept
from logos.data.importing.formats import AUTO
from logos.data.importing.gathering import Gathered, Gathering
from logos.data.importing.reading import read_source
from logos.data.importing.sources import Source, find_sources
from logos.data.importing.times import zone_named
from logos.domain.errors import DataError, InputError, Problem
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.times import parse_interval

REFUSE, QUARANTINE = "refuse", "quarantine"
_SHOWN = 10
_MOST_NAMES = 5


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
    symbol = request.symbol or _told(sources, "symbol", "--symbol BTC-USD")
    instrument = instrument_of(symbol)
    interval = parse_interval(_interval(request, sources))
    asset_class = _asset_class(request, sources, instrument)
    gathering = _gather(sources, symbol, asset_class, interval, zone, instrument, progress)
    gathered = gathering.finish()
    _refuse(request, gathering, gathered)
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
        rows=len(bars) + gathered.duplicates + gathering.rejected,
        bars=len(bars),
        rejected=gathering.rejected,
        duplicates=gathered.duplicates,
        off_tick=None if instrument is None else gathering.off_tick,
        first=int(bars.timestamp[0]),
        last=int(bars.timestamp[-1]),
        written=written,
        problems=tuple(gathering.problems),
        notes=(*notes, *_remarks(sources, gathering, gathered, instrument)),
    )


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


def _told(sources: Sequence[Source], what: str, hint: str) -> str:
    """Return what the names of all sources agree on."""
    values = sorted({str(getattr(source, what)) for source in sources})
    if len(values) == 1 and values[0]:
        return values[0]
    named = what.replace("_", " ")
    told = [value for value in values if value]
    found = f"the sources are of different ones: {', '.join(told[:_MOST_NAMES])}" if len(told) > 1 else "none is given"
    raise InputError(f"the {named} is not known: {found}", hint=f"Name it, such as {hint}")


def _interval(request: ImportRequest, sources: Sequence[Source]) -> str:
    if not request.interval:
        return _told(sources, "interval", "--interval 1m")
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
    return _told(sources, "asset_class", "--asset-class crypto")


def _refuse(request: ImportRequest, gathering: Gathering, gathered: Gathered) -> None:
    problems = gathering.problems[:_SHOWN]
    if gathering.rejected and request.on_bad_row == REFUSE:
        first = problems[0]
        rows = "1 row is" if gathering.rejected == 1 else f"{gathering.rejected:,} rows are"
        raise DataError(
            f"{rows} no bar: {first.path}:{first.line}: {first.message}",
            hint="Mend the source, or leave such rows out with --on-bad-row quarantine; nothing was written",
            problems=problems,
        )
    if not len(gathered.bars):
        names = ", ".join(str(path) for path in request.paths[:_MOST_NAMES])
        raise DataError(f"there is no bar in {names}", hint="Nothing was written", problems=problems)


def _remarks(
    sources: Sequence[Source], gathering: Gathering, gathered: Gathered, instrument: Instrument | None
) -> list[str]:
    notes = []
    if gathered.disordered:
        notes.append(f"The rows were not in order of time ({gathered.disordered:,} steps back): they were sorted.")
    if gathering.first_off_tick is not None:
        first = gathering.first_off_tick
        notes.append(
            f"{gathering.off_tick:,} bars have a price between two ticks, first {first.path}:{first.line}: "
            f"{first.message}. The file keeps them as they are; a session refuses them unless feed.off_tick is round."
        )
    if instrument is None:
        notes.append("The tick of the symbol is not known here: whether prices lie on it was not looked at.")
    if gathering.cut:
        notes.append(
            f"{gathering.cut:,} numbers have more digits than a double holds: they were taken to the tick or lot."
        )
    ignored = sorted({name for source in sources for name in source.ignored})
    if ignored:
        notes.append(f"Columns that a bar has no place for were left out: {', '.join(ignored)}.")
    return notes
