"""What a cache holds, file by file."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from logos.data.catalogue.places import Cache, Place, files_in
from logos.data.catalogue.reading import read_file
from logos.data.catalogue.table import Faults

_FAULTS = ("unreadable", "empty", "no_header", "truncated", "not_bars", "bad_time")


@attrs.frozen(kw_only=True)
class Listed:
    """One bar file of a cache.

    Attributes
    ----------
    name:
        How the cache is called, and the path in it.
    asset_class, symbol, interval:
        As folder and name tell; ``None`` where they do not. The interval is in seconds.
    form:
        ``csv``, ``csv.gz`` or ``parquet``.
    rows:
        Rows below the header, readable or not.
    first, last:
        The earliest and the latest time, in seconds since the epoch, UTC; ``None`` where none could be read.
    fault:
        Why nothing, or not all, could be read of the file; ``None`` where nothing is wrong at first sight.
    size:
        Bytes of the file.
    modified:
        When the file was last written, in seconds since the epoch: for people, and for no artifact.
    """

    name: str
    asset_class: str | None
    symbol: str
    interval: int | None
    form: str
    rows: int
    first: int | None
    last: int | None
    fault: str | None
    size: int
    modified: int


def list_cache(
    cache: Cache, *, progress: Callable[[int, int, str], None] = lambda _done, _all, _text: None
) -> list[Listed]:
    """Return the bar files of a cache in the order of their names.

    Parameters
    ----------
    progress:
        Is told how many bytes of how many are done, and which file comes next.
    """
    places = files_in(cache)
    sizes = [place.path.stat().st_size for place in places]
    listed = []
    for at, place in enumerate(places):
        start = sum(sizes[:at])
        progress(start, sum(sizes), place.name)
        listed.append(_listed(place, lambda done: progress(start + done, sum(sizes), place.name)))  # noqa: B023 -- called before the loop goes on
    return listed


def _listed(place: Place, progress: Callable[[int], None]) -> Listed:
    faults = Faults()
    raw = read_file(place, faults, progress, only_times=True)
    status = place.path.stat()
    stamps = raw.table.stamps
    return Listed(
        name=place.name,
        asset_class=place.asset_class.value if place.asset_class else None,
        symbol=place.symbol,
        interval=place.interval,
        form=place.form,
        rows=raw.rows,
        first=int(stamps.min()) if len(stamps) else None,
        last=int(stamps.max()) if len(stamps) else None,
        fault=_fault(raw.rows, faults),
        size=status.st_size,
        modified=int(status.st_mtime),
    )


def _fault(rows: int, faults: Faults) -> str | None:
    found = next((one for one in faults.list() if one.kind in _FAULTS), None)
    if found is not None:
        return f"{found.kind}: {found.found}"
    return None if rows else "empty: a header and no row"
