"""``logos sweep``: one config over many values, and how much of the best is luck."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logos.domain.errors import InputError

if TYPE_CHECKING:
    from logos.backtest.sweep.setup import SweepOutcome, SweepSetup


def sweep(  # noqa: PLR0913 -- each is an option of the command
    *,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="The config that is varied.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUES", help="fast=5:50:5 or allocator.invest=0.5,0.9."),
    ] = None,
    method: Annotated[str, typer.Option("--method", help="grid (the default), random or halving.")] = "",
    trials: Annotated[
        int | None, typer.Option("--trials", metavar="N", help="How many combinations random or halving draws.")
    ] = None,
    objective: Annotated[
        str,
        typer.Option("--objective", metavar="MEASURE", help="sharpe (the default), sortino, calmar, max_drawdown …"),
    ] = "",
    walk_forward: Annotated[
        int | None, typer.Option("--walk-forward", metavar="K", help="Choose in K windows, test behind each of them.")
    ] = None,
    anchored: Annotated[bool, typer.Option("--anchored", help="Training windows all begin at the start.")] = False,
    executor: Annotated[str, typer.Option("--executor", help="inline, processes or dask.")] = "inline",
    workers: Annotated[int | None, typer.Option("--workers", metavar="N", help="How many workers it uses.")] = None,
    address: Annotated[
        str | None, typer.Option("--address", metavar="URL", help="A Dask scheduler that is running.")
    ] = None,
    engine: Annotated[str, typer.Option("--engine", help="auto (the default), or the one engine to use.")] = "",
    resume: Annotated[
        str, typer.Option("--resume", metavar="ID", help="Go on with a sweep: its id, the start of it, or latest.")
    ] = "",
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Draw no heat map.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")] = False,
) -> None:
    """Run a config over many values, and say what is left of the best when luck is taken off.

    Every trial is counted in runs/trials.jsonl. Ctrl-C leaves a valid part of the sweep and ends with exit code 130.
    """
    if config and resume:
        raise InputError(
            "a resumed sweep goes on with the config in its own folder",
            hint=f"Leave out --config, or leave out --resume to begin a new sweep of {config}",
        )
    if not config and not resume:
        raise InputError("a sweep needs a config, or one to go on with", hint="Give --config F, or --resume ID")
    options = {
        "method": method,
        "trials": trials,
        "objective": objective,
        "walk_forward": walk_forward,
        "anchored": anchored,
        "engine": engine,
    }
    asked = {name: value for name, value in options.items() if value is not None and value is not False and value != ""}
    if resume and (param or asked):
        given = ["--param"] if param else [f"--{name.replace('_', '-')}" for name in asked]
        raise InputError("a resumed sweep goes on as it began", hint=f"Leave out {' and '.join(given)}")
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.backtest.sweep.setup import SweepSetup  # noqa: PLC0415
    from logos.cli.sweep_output import TrialsBar, print_sweep, tell  # noqa: PLC0415
    from logos.plugins.registry import load_registry  # noqa: PLC0415

    with TrialsBar() as bar:
        setup = SweepSetup(
            workspace=paths.workspace(),
            registry=load_registry(),
            executor=executor,
            workers=workers,
            address=address,
            plots=not no_plots,
            progress=bar.show,
            tell=tell,
        )
        if resume:
            from logos.backtest.sweep.runner import resume_sweep  # noqa: PLC0415

            outcome = resume_sweep(setup, resume)
        else:
            assert config is not None
            outcome = _begin(setup, config, param or [], asked)
    print_sweep(outcome, as_json=as_json)
    raise typer.Exit(outcome.exit_code)


def _begin(setup: SweepSetup, path: Path, params: list[str], asked: Mapping[str, object]) -> SweepOutcome:
    from logos.backtest.sweep.request import SweepRequest  # noqa: PLC0415
    from logos.backtest.sweep.runner import run_sweep  # noqa: PLC0415
    from logos.backtest.sweep.space import read_axes  # noqa: PLC0415
    from logos.config.session import load_session_config  # noqa: PLC0415
    from logos.paths import env_seed  # noqa: PLC0415

    if asked.get("walk_forward") == 0:
        raise InputError("--walk-forward is 0, and must be at least 2", hint="Leave it out for one run over all bars")
    config = load_session_config(path, setup.registry, workspace=setup.workspace, default_seed=env_seed())
    request = SweepRequest(axes=read_axes(params, config), **asked)  # type: ignore[arg-type]  # named one by one above
    return run_sweep(setup, config, request)
