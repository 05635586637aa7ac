"""The check of bar files: reading, then each family of checks over the whole columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs
import numpy as np

from logos.data.catalogue.events import NO_EVENTS, check_events, split_ratios
from logos.data.catalogue.expectations import Expectations, Expected, expected_of
from logos.data.catalogue.gaps import NO_CALENDAR, check_gaps, check_stamps_are_opens
from logos.data.catalogue.headers import Header
from logos.data.catalogue.levels import check_levels, levels_of
from logos.data.catalogue.ordering import Grid, find_grid, put_in_order
from logos.data.catalogue.places import Place
from logos.data.catalogue.reading import read_file
from logos.data.catalogue.reading_csv import Raw
from logos.data.catalogue.records import CheckReport, FileReport, Finding, in_order
from logos.data.catalogue.shapes import check_enclosure, check_missing, check_sides, check_signs, check_volume
from logos.data.catalogue.standing import check_stale, check_turnover
from logos.data.catalogue.steps import check_steps, steps_of
from logos.data.catalogue.table import Faults, Table
from logos.data.catalogue.ticks import NO_TICK, check_halves, check_ticks
from logos.domain.times import SECONDS_A_DAY

Progress = Callable[[int, int, str], None]
_OFTEN = 20
NO_INTERVAL = "times against the interval: none is known, and none can be read off the rows (give --interval)"


def check_files(
    places: Sequence[Place], known: Expectations, *, progress: Progress = lambda _done, _all, _text: None
) -> CheckReport:
    """Check bar files one after the other.

    Parameters
    ----------
    progress:
        Is told how many bytes of how many are done, and which file comes next.
    """
    sizes = [place.path.stat().st_size for place in places]
    reports = []
    for at, place in enumerate(places):
        start = sum(sizes[:at])
        progress(start, sum(sizes), place.name)
        reports.append(check_file(place, known, lambda done: progress(start + done, sum(sizes), place.name)))  # noqa: B023 -- called before the loop goes on
    progress(sum(sizes), sum(sizes), "")
    return CheckReport(files=tuple(reports))


def check_file(place: Place, known: Expectations, progress: Callable[[int], None] = lambda _bytes: None) -> FileReport:
    """Check one bar file. What is wrong with it is in the report; nothing is raised for it.

    Parameters
    ----------
    progress:
        Is told how many bytes of the file have been read.
    """
    faults = Faults()
    raw = read_file(place, faults, progress)
    expected = expected_of(place, known)
    grid, findings, lacking = _examined(raw, expected, faults) if raw.header else (None, (), ())
    stamps = raw.table.stamps
    return FileReport(
        name=place.name,
        symbol=place.symbol,
        asset_class=expected.asset_class.value if expected.asset_class else None,
        interval=grid.interval if grid else expected.interval,
        calendar=expected.calendar,
        tick=None if expected.tick is None else str(expected.tick),
        form=place.form,
        rows=raw.rows,
        first=int(stamps.min()) if len(stamps) else None,
        last=int(stamps.max()) if len(stamps) else None,
        findings=in_order([*faults.list(), *findings]),
        not_checked=tuple(lacking),
    )


def _examined(raw: Raw, expected: Expected, faults: Faults) -> tuple[Grid | None, Sequence[Finding], Sequence[str]]:
    header = raw.header
    assert header is not None
    if not raw.rows:
        faults.add(Finding(kind="empty", count=1, line=1, found="a header and no row"))
    if not len(raw.table):
        return None, (), ()
    ordered = put_in_order(raw.table)
    table = ordered.table
    header, table = _numeric(header, table, faults)
    if not header.series:
        if not any(one.kind == "not_bars" for one in faults.list()):
            faults.add(Finding(kind="not_bars", count=1, found="no column of prices"))
        return None, (), ()
    grid, findings = find_grid(table, expected.interval)
    findings += ordered.findings
    lacking = [NO_INTERVAL] if grid is None else []
    if grid is not None:
        findings += check_gaps(table, grid, expected.calendar)
        findings += check_stamps_are_opens(table, grid, expected.calendar)
        if expected.calendar is None and grid.interval < SECONDS_A_DAY:
            lacking.append(NO_CALENDAR)
    findings += _values(table, header, grid.interval if grid else None, expected)
    if expected.tick is None:
        lacking.append(NO_TICK)
    if "adj_close" in table.columns and not {"dividends", "splits"} <= set(table.columns):
        lacking.append(NO_EVENTS)
    return grid, findings, lacking


def _numeric(header: Header, table: Table, faults: Faults) -> tuple[Header, Table]:
    """Leave out the columns of a wide file that are no closes: texts, or numbers that are often below 0."""
    if not header.is_wide:
        return header, table
    texts = {name for name, column in table.columns.items() if np.isinf(column).sum() * 2 > len(column)}
    below = {name for name, column in table.columns.items() if (column < 0).sum() * _OFTEN > len(column)}
    for name in sorted(texts):
        faults.drop("not_a_number", name)
    for name in sorted(below):
        faults.add(Finding(kind="not_bars", count=1, found="often below 0: no price", series=name))
    series = tuple(one for one in header.series if one.name not in texts | below)
    columns = {name: column for name, column in table.columns.items() if name not in texts | below}
    return attrs.evolve(header, series=series), attrs.evolve(table, columns=columns)


def _values(table: Table, header: Header, interval: int | None, expected: Expected) -> Iterator[Finding]:
    yield from check_missing(table, tuple(table.columns), wide=header.is_wide)
    table = attrs.evolve(table, columns={name: _finite(column) for name, column in table.columns.items()})
    yield from check_volume(table)
    yield from check_sides(table)
    ratios = split_ratios(table)
    for series in header.series:
        yield from check_signs(table, series)
        yield from check_enclosure(table, series, interval)
        levels = levels_of(table, series)
        if len(levels.table):
            yield from check_levels(levels, series, ratios)
            yield from check_steps(steps_of(levels), series, interval, ratios)
        yield from check_stale(table, series, interval)
        if expected.tick is not None:
            yield from check_ticks(table, series, expected.tick)
        elif not series.name:
            yield from check_halves(table, series, expected.asset_class)
    yield from check_turnover(table, expected.asset_class, interval, header.series[0].prices[-1])
    yield from check_events(table, header.series[0])


def _finite(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return a column in which all that is no number is not-a-number: it was spoken of already."""
    return np.where(np.isfinite(column), column, np.nan)
