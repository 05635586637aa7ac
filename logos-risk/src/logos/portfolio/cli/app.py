"""``logos portfolio``: the commands. What a command needs is imported when it runs, so that help is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Backtest a portfolio, and show what it would hold.")

_ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The portfolio's config.")]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")]


@app.command("backtest")
def backtest_command(
    *,
    config: _ConfigOption,
    benchmark: Annotated[
        list[str] | None,
        typer.Option("--benchmark", metavar="NAME", help="Compare with this allocator instead; may be repeated."),
    ] = None,
    as_json: _JsonOption = False,
) -> None:
    """Run a portfolio and its benchmarks over recorded bars, with weights, risk and one table of them all.

    All trade over the same span: from backtest.start on, else from the first bar at which every allocator has enough
    history. Ends with exit code 0, with 3 where a guard halted the portfolio, or with 130 where it was interrupted.
    """
    from logos.portfolio.cli.backtest_command import run_command  # noqa: PLC0415 -- loads what only a run needs

    raise typer.Exit(run_command(config, tuple(benchmark or ()), as_json=as_json))


@app.command("weights")
def weights_command(
    *,
    config: _ConfigOption,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="Use bars that closed by this time, or on this date at latest.")
    ] = "",
    as_json: _JsonOption = False,
) -> None:
    """Show what the portfolio's allocator would hold after the last bar, starting from cash. Nothing is ordered."""
    from logos.portfolio.cli.weights_command import show_weights  # noqa: PLC0415 -- loads what only it needs

    show_weights(config, at, as_json=as_json)
