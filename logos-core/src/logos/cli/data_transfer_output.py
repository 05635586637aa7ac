"""What ``logos data import`` and ``logos data fetch`` show: a bar on the way, a table at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from logos.cli.output import emit_json, print_table
from logos.cli.progress import ProgressBar
from logos.context.secrets import redact
from logos.domain.times import time_text

if TYPE_CHECKING:
    from logos.data.fetching import Fetched
    from logos.data.importing.run import ImportReport
    from logos.domain.errors import Problem

_SHOWN = 20
_EVENTS = 3


class TransferBar(ProgressBar):
    """A bar over one kind of work.

    Parameters
    ----------
    label:
        What is being done.
    """

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = label

    def of(self, label: str) -> Callable[[int, int], None]:
        """Return what shows how far one part of it is."""
        return lambda done, total: self.show(done, total, label)

    def show(self, done: int, total: int, label: str = "") -> None:
        """Show how far it is."""
        self.step(done, total, f"{self._label} {label}".rstrip())


def print_import(report: ImportReport, *, as_json: bool) -> None:
    """Print what an import found and did."""
    if as_json:
        emit_json(_import_values(report))
        return
    written = report.written
    rows = [
        ("file", str(_shown_path(written.path))),
        ("source", f"{report.files:,} {'file' if report.files == 1 else 'files'}: {', '.join(report.formats)}"),
        ("rows", f"{report.rows:,}"),
        ("bars", f"{report.bars:,}"),
        ("first", time_text(report.first)),
        ("last", time_text(report.last)),
        ("duplicates", f"{report.duplicates:,}"),
        ("rejected", f"{report.rejected:,}"),
        ("off the tick", "unknown" if report.off_tick is None else f"{report.off_tick:,}"),
        ("new in the cache", f"{written.added:,}"),
        ("there already", f"{written.same:,}"),
        ("replaced", f"{written.replaced:,}"),
        ("bars in the file now", f"{written.total:,}"),
    ]
    print_table(f"{report.symbol} {report.interval} ({report.asset_class})", ("what", "found"), rows)
    _print_problems(report.problems, report.rejected)
    for note in report.notes:
        typer.echo(f"\n{note}")


def _print_problems(problems: tuple[Problem, ...], count: int) -> None:
    if not problems:
        return
    typer.echo("")
    rows = [(one.path, str(one.line), one.message) for one in problems[:_SHOWN]]
    print_table("Rows that are no bars", ("file", "line", "reason"), rows, numeric=("line",))
    if count > _SHOWN:
        typer.echo(f"and {count - _SHOWN:,} more: --json lists them")


def _shown_path(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _import_values(report: ImportReport) -> dict[str, Any]:
    written = report.written
    return {
        "symbol": report.symbol,
        "asset_class": report.asset_class,
        "interval": report.interval,
        "formats": list(report.formats),
        "files": report.files,
        "rows": report.rows,
        "bars": report.bars,
        "first": time_text(report.first),
        "last": time_text(report.last),
        "duplicates": report.duplicates,
        "rejected": report.rejected,
        "off_tick": report.off_tick,
        "cache": {
            "file": str(written.path),
            "added": written.added,
            "same": written.same,
            "replaced": written.replaced,
            "bars": written.total,
        },
        "problems": [{"file": one.path, "line": one.line, "reason": one.message} for one in report.problems],
        "notes": list(report.notes),
    }


class StderrLog:
    """The log of a feed that runs outside a session: what an operator should look at, on standard error.

    Of events of one kind, such as the candles of a page that were dropped for one reason, the first few are printed,
    and at the end how many more there were.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def debug(self, event: str, **values: Any) -> None:
        """Say nothing."""

    def info(self, event: str, **values: Any) -> None:
        """Say nothing."""

    def warning(self, event: str, **values: Any) -> None:
        """Print what an operator should look at."""
        self._print(event, values)

    def error(self, event: str, **values: Any) -> None:
        """Print what an operator must look at."""
        self._print(event, values)

    def finish(self) -> None:
        """Print how many events were not."""
        for (event, about), count in self._counts.items():
            if count > _EVENTS:
                print(f"{event} {about}: {count - _EVENTS:,} more like these".replace(" :", ":"), file=sys.stderr)  # noqa: T201 -- the same
        self._counts.clear()

    def _print(self, event: str, values: dict[str, Any]) -> None:
        about = " ".join(f"{name}={values[name]}" for name in ("symbol", "reason") if name in values)
        count = self._counts[event, about] = self._counts.get((event, about), 0) + 1
        if count > _EVENTS:
            return
        told = " ".join(f"{name}={value}" for name, value in redact(values).items() if name != "exc_info")
        print(f"{event} {told}".rstrip(), file=sys.stderr)  # noqa: T201 -- the command line speaks


def print_fetched(fetched: Sequence[Fetched], *, as_json: bool) -> None:
    """Print what a fetch brought for each symbol."""
    if as_json:
        emit_json({"symbols": [_fetched_values(one) for one in fetched]})
        return
    columns = (
        "symbol",
        "interval",
        "first",
        "last",
        "end reached",
        "bars",
        "new",
        "replaced",
        "missing",
        "pages",
        "file",
    )
    rows = [
        (
            one.symbol,
            one.interval,
            _time(one.first) or "",
            _time(one.last) or "",
            "yes" if one.end_reached else "no",
            f"{one.total:,}",
            f"{one.added:,}",
            f"{one.replaced:,}",
            f"{one.missing:,}",
            f"{one.pages:,}",
            str(_shown_path(Path(one.file))) if one.file else "",
        )
        for one in fetched
    ]
    print_table("", columns, rows, numeric=columns[5:10])
    for one in fetched:
        for remark in _fetch_remarks(one):
            typer.echo(f"\n{one.symbol}: {remark}")


def _fetch_remarks(one: Fetched) -> Iterator[str]:
    if one.until is None:
        yield f"the venue has no bar in that time, up to {time_text(one.end)}."
        return
    if not one.end_reached:
        yield (
            f"bars came up to {time_text(one.until)}; the end, {time_text(one.end)}, was not reached. Where the market "
            "was open in between, the same command asks again."
        )
    if one.first_missing is not None:
        bars = "1 bar is" if one.missing == 1 else f"{one.missing:,} bars are"
        yield (
            f"{bars} missing between the first and the last, first {time_text(one.first_missing)}. --holes asks for "
            "them again; where nothing was traded, there is none."
        )


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else time_text(seconds)


def _fetched_values(one: Fetched) -> dict[str, Any]:
    return {
        "symbol": one.symbol,
        "asset_class": one.asset_class,
        "interval": one.interval,
        "start": time_text(one.start),
        "end": time_text(one.end),
        "first": _time(one.first),
        "last": _time(one.last),
        "bars_until": _time(one.until),
        "end_reached": one.end_reached,
        "missing": one.missing,
        "first_missing": _time(one.first_missing),
        "bars": one.total,
        "new": one.added,
        "there_already": one.kept,
        "replaced": one.replaced,
        "pages": one.pages,
        "file": one.file or None,
    }
