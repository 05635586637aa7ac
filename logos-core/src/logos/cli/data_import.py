"""``logos data import``: files of other programs into the cache."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logos.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from logos.domain.instruments import Instrument

FORMS = {"": "", "parquet": ".parquet", "csv": ".csv", "csv.gz": ".csv.gz"}


def import_command(  # noqa: PLR0913 -- each is an option of the command
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Files, or a folder of LEAN zips.")],
    *,
    symbol: Annotated[str, typer.Option("--symbol", help="What to call it; without it, by the file's name.")] = "",
    interval: Annotated[
        str, typer.Option("--interval", metavar="LENGTH", help="1m, 5m, 1h, 1d …; without it, by the file's name.")
    ] = "",
    asset_class: Annotated[
        str,
        typer.Option("--asset-class", help="equity, crypto or forex; without it, by the symbol or the file's name."),
    ] = "",
    file_format: Annotated[
        str, typer.Option("--format", help="auto (the default), csv, parquet, yahoo, ccxt, freqtrade or lean.")
    ] = "auto",
    form: Annotated[
        str,
        typer.Option("--form", help="parquet, csv or csv.gz; without it, the form that is there, or Parquet."),
    ] = "",
    timezone: Annotated[
        str,
        typer.Option("--timezone", metavar="ZONE", help="What times without an offset are in: UTC, Europe/London …"),
    ] = "",
    on_bad_row: Annotated[
        str, typer.Option("--on-bad-row", help="refuse (the default) or quarantine rows that are no bars.")
    ] = "refuse",
    replace: Annotated[
        bool, typer.Option("--replace", help="Where a bar of the cache has other values, take the new ones.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A config whose instruments give tick and lot.")
    ] = None,
    cache: Annotated[
        str, typer.Option("--cache", metavar="FOLDER", help="The cache, from the workspace.")
    ] = "data/cache",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")] = False,
) -> None:
    """Read bars from files of Yahoo, CCXT, freqtrade, LEAN or our own, and add them to the cache.

    What a file is is found out from its content. The cache is written once, at the end: an error or Ctrl-C leaves it
    as it was.
    """
    if form not in FORMS:
        raise InputError(f"there is no form {form!r}", hint="Write parquet, csv or csv.gz")
    if on_bad_row not in {"refuse", "quarantine"}:
        raise InputError(f"--on-bad-row is {on_bad_row!r}", hint="Write refuse or quarantine")
    check_symbol(symbol)
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.cli.data_transfer_output import TransferBar, print_import  # noqa: PLC0415
    from logos.context.clock import SystemClock  # noqa: PLC0415
    from logos.data.importing.run import ImportRequest, import_bars  # noqa: PLC0415

    workspace = paths.workspace()
    request = ImportRequest(
        paths=sources,
        symbol=symbol,
        interval=interval,
        asset_class=asset_class,
        cache=workspace / cache,
        shown_as=cache.rstrip("/"),
        format=file_format,
        form=FORMS[form],
        timezone=timezone,
        on_bad_row=on_bad_row,
        replacing=replace,
        closed_by=SystemClock().now(),
    )
    with TransferBar("Importing") as bar:
        report = import_bars(request, _instruments(config, workspace), bar.show)
    print_import(report, as_json=as_json)


def check_symbol(symbol: str) -> None:
    """Refuse a symbol that cannot be part of a file's name.

    Raises
    ------
    InputError
        Where it is none; an empty one stands for none at all.
    """
    import re  # noqa: PLC0415 -- only what the command uses is loaded

    if symbol and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", symbol, re.ASCII):
        raise InputError(
            f"{symbol!r} is no symbol: up to 32 letters, digits, '-', '.' and '_'",
            hint="Write a pair with a dash, such as BTC-USD",
        )


def _instruments(config: Path | None, workspace: Path) -> Callable[[str], Instrument | None]:
    if config is None:
        from logos.config.registry import InstrumentRegistry  # noqa: PLC0415 -- only what the command uses is loaded

        return InstrumentRegistry().get
    from logos.config.feed_only import load_instruments  # noqa: PLC0415

    return load_instruments(config, workspace=workspace).get
