"""``logos data``: the bars that are there, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logos.cli.data_fetch import fetch_command
from logos.cli.data_import import import_command
from logos.domain.errors import InputError

if TYPE_CHECKING:
    from logos.data.catalogue.expectations import Expectations
    from logos.domain.instruments import Instrument

app = typer.Typer(help="List, check, import and fetch bars.", no_args_is_help=True)

EXIT_DEFECT = 4

_JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")]


@app.callback()
def _data() -> None:
    """List, check, import and fetch bars."""


@app.command("list")
def list_command(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A cache folder, or bundled; data/cache by default.")
    ] = "",
    *,
    as_json: _JsonOption = False,
) -> None:
    """List the bar files of a cache: asset class, symbol, interval, form, rows, first and last bar, size."""
    from logos.cli.data_output import print_listing  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.cli.progress import ProgressBar  # noqa: PLC0415 -- the same
    from logos.data.catalogue.listing import list_cache  # noqa: PLC0415
    from logos.data.catalogue.places import cache_named  # noqa: PLC0415
    from logos.paths import workspace  # noqa: PLC0415

    cache = cache_named(path, workspace())
    with ProgressBar(sizes=True) as bar:
        listed = list_cache(cache, progress=bar.step)
    print_listing(cache, listed, as_json=as_json)


@app.command("check")
def check_command(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Files, folders, or bundled; by default data/cache and bundled.",
        ),
    ] = None,
    *,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="A session config: its instruments give tick, calendar and asset class."),
    ] = None,
    calendar: Annotated[
        str, typer.Option("--calendar", metavar="NAME", help="The market's hours: XNYS, XLON …, FX, or 24/7.")
    ] = "",
    tick: Annotated[str, typer.Option("--tick", metavar="PRICE", help="The smallest step of a price.")] = "",
    interval: Annotated[
        str, typer.Option("--interval", metavar="LENGTH", help="The length of a bar: 1m, 1h, 1d, where no name tells.")
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 4 where there is a defect.")] = False,
    as_json: _JsonOption = False,
) -> None:
    """Look for what is wrong with bar files: gaps, disorder, impossible prices, wrong units, splits, dividends.

    Defects are what no market does; notes are what one should know. Ends with exit code 0, or with --strict with 4
    where there is a defect.
    """
    from logos.cli.data_output import print_check  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.cli.progress import ProgressBar  # noqa: PLC0415 -- the same
    from logos.data.catalogue.checking import check_files  # noqa: PLC0415
    from logos.data.catalogue.places import files_named  # noqa: PLC0415
    from logos.paths import workspace  # noqa: PLC0415

    expectations = _expectations(config, calendar=calendar, tick=tick, interval=interval)
    files = files_named(paths or [], workspace())
    with ProgressBar(sizes=True) as bar:
        report = check_files(files, expectations, progress=bar.step)
    print_check(report, as_json=as_json)
    if strict and report.defects:
        raise typer.Exit(EXIT_DEFECT)


def _expectations(config: Path | None, *, calendar: str, tick: str, interval: str) -> Expectations:
    """Join what the options say with the instruments of a config."""
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415 -- only what the command uses is loaded

    from logos.data.calendars import check_calendar  # noqa: PLC0415
    from logos.data.catalogue.expectations import Expectations  # noqa: PLC0415
    from logos.domain.times import parse_interval  # noqa: PLC0415

    if calendar:
        check_calendar(calendar)
    try:
        step = Decimal(tick) if tick else None
    except InvalidOperation as error:
        raise InputError(f"--tick is {tick!r}, which is no number", hint="Write it like 0.01") from error
    if step is not None and not (step.is_finite() and step > 0):
        raise InputError(f"--tick is {tick}, and must be above 0", hint="Write it like 0.01")
    return Expectations(
        calendar=calendar or None,
        tick=step,
        interval=parse_interval(interval) if interval else None,
        instruments=_instruments(config) if config else {},
    )


def _instruments(config: Path) -> dict[str, Instrument]:
    from logos.config.feed_only import load_instruments  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.paths import workspace  # noqa: PLC0415

    return dict(load_instruments(config, workspace=workspace()))


app.command("import")(import_command)
app.command("fetch")(fetch_command)
