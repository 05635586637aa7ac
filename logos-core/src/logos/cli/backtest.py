"""``logos backtest``: run a config over recorded bars; compare two runs, draw one, verify one, and check a config."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logos.domain.errors import InputError

if TYPE_CHECKING:
    from logos.backtest.setup import BacktestOutcome
    from logos.config.records import SessionConfig
    from logos.plugins.registry import Registry

app = typer.Typer()

EXIT_DEFECT = 4

_RUN = "A backtest id, the start of one, latest, or the folder of one."
_ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="The config; without it, the bundled fixtures.")
]
_StartOption = Annotated[
    str, typer.Option("--start", metavar="TIME", help="Trade on bars that open at this time or later.")
]
_EndOption = Annotated[str, typer.Option("--end", metavar="TIME", help="Trade on bars that open before this time.")]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")]


@app.callback(invoke_without_command=True)
def backtest(
    context: typer.Context,
    *,
    config: _ConfigOption = None,
    start: _StartOption = "",
    end: _EndOption = "",
    engine: Annotated[
        str, typer.Option("--engine", help="auto (what is quickest), kernel, jumping, streaming-kernel or streaming.")
    ] = "auto",
    report: Annotated[bool, typer.Option("--report", help="Write report.html, a tear sheet, too.")] = False,
    as_json: _JsonOption = False,
) -> None:
    """Run a config over its recorded bars, and write figures, tables and a picture into a folder of their own.

    A time is one like 2024-03-07T12:00:00Z, or a date. Ends with exit code 0, with 3 where a guard halted the run, or
    with 130 where it was interrupted; what it had done by then is kept and says so.
    """
    if context.invoked_subcommand is not None:
        if config or start or end or report or as_json or engine != "auto":
            name = context.invoked_subcommand
            raise InputError(
                f"options of a run stand before {name}", hint=f"Put them behind it: logos backtest {name} …"
            )
        return
    outcome = _run(config, (start, end), engine=engine, report=report, as_json=as_json)
    from logos.cli.backtest_output import print_outcome  # noqa: PLC0415 -- loads what only a run needs

    print_outcome(outcome, config=config, as_json=as_json)
    raise typer.Exit(outcome.exit_code)


@app.command("check")
def check_command(
    *, config: _ConfigOption = None, start: _StartOption = "", end: _EndOption = "", as_json: _JsonOption = False
) -> None:
    """Look for look-ahead, hidden memory and chance in a whole config: its strategies, allocator, guards and fills.

    Ends with exit code 0 where nothing was found, or with 4 and the name of every part that moved although it must not.
    """
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.backtest.leaks.checking import check_config  # noqa: PLC0415
    from logos.cli.backtest_output import RunBar, print_check  # noqa: PLC0415
    from logos.cli.session_output import teller  # noqa: PLC0415
    from logos.plugins.registry import load_registry  # noqa: PLC0415

    registry, workspace = load_registry(), paths.workspace()
    loaded = windowed(_load(config, registry, workspace, teller(as_json=as_json)), start, end)
    with RunBar() as bar:
        report = check_config(loaded, workspace=workspace, registry=registry, progress=bar.step)
    print_check(report, as_json=as_json)
    if not report.passed:
        raise typer.Exit(EXIT_DEFECT)


@app.command("compare")
def compare_command(
    a: Annotated[str, typer.Argument(metavar="A", help=_RUN)],
    b: Annotated[str, typer.Argument(metavar="B", help=_RUN)],
    *,
    as_json: _JsonOption = False,
) -> None:
    """Compare two backtests: every figure, every difference of the configs, and whether one is the better.

    No winner is named where spans, bars, costs or money differ, where a run did not complete, or where the Sharpe
    ratios differ by no more than noise.
    """
    from logos.artifacts.backtests import find_backtest  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.backtest.comparing import compare  # noqa: PLC0415
    from logos.backtest.past_run import read_run  # noqa: PLC0415
    from logos.cli.backtest_compare import print_comparison  # noqa: PLC0415
    from logos.paths import workspace  # noqa: PLC0415

    root = workspace()
    one, two = find_backtest(root, a), find_backtest(root, b)
    print_comparison(compare(read_run(one), read_run(two)), as_json=as_json)


@app.command("report")
def report_command(
    run: Annotated[str, typer.Argument(metavar="ID", help=_RUN)] = "latest", *, as_json: _JsonOption = False
) -> None:
    """Write report.html, a tear sheet that opens without a network, into the folder of a backtest."""
    from logos.artifacts.backtests import find_backtest  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.backtest.report.writing import write_report  # noqa: PLC0415
    from logos.cli.output import emit_json  # noqa: PLC0415
    from logos.live.stage import relative  # noqa: PLC0415
    from logos.paths import workspace  # noqa: PLC0415

    root = workspace()
    folder = find_backtest(root, run)
    path = relative(write_report(folder), root)
    if as_json:
        emit_json({"backtest_id": folder.name, "report": path})
    else:
        typer.echo(f"Wrote {path}: open it in a browser")


@app.command("verify")
def verify_command(
    run: Annotated[str, typer.Argument(metavar="ID", help=_RUN)] = "latest", *, as_json: _JsonOption = False
) -> None:
    """Check a backtest's journal and config, run it again, and compare every table byte by byte.

    The new run is thrown away. Of an interrupted one only journal and config can be checked. Ends with exit code 0
    where all agree, or with 4 and the first difference of each file.
    """
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.artifacts.backtests import find_backtest  # noqa: PLC0415
    from logos.backtest.setup import BacktestSetup  # noqa: PLC0415
    from logos.backtest.verifying import verify_backtest  # noqa: PLC0415
    from logos.cli.backtest_output import RunBar  # noqa: PLC0415
    from logos.cli.backtest_verify import print_verification  # noqa: PLC0415
    from logos.plugins.registry import load_registry  # noqa: PLC0415

    workspace = paths.workspace()
    folder = find_backtest(workspace, run)
    with RunBar() as bar:
        setup = BacktestSetup(workspace=workspace, registry=load_registry(), progress=bar.show)
        report = verify_backtest(setup, folder)
    print_verification(report, as_json=as_json)
    if not report.agrees:
        raise typer.Exit(EXIT_DEFECT)


def _run(config: Path | None, window: tuple[str, str], *, engine: str, report: bool, as_json: bool) -> BacktestOutcome:
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.backtest.running import run_backtest  # noqa: PLC0415
    from logos.backtest.setup import BacktestSetup  # noqa: PLC0415
    from logos.cli.backtest_output import RunBar  # noqa: PLC0415
    from logos.cli.session_output import teller  # noqa: PLC0415
    from logos.plugins.registry import load_registry  # noqa: PLC0415

    _check_engine(engine)
    if report:
        from logos.backtest.report.writing import require_plotly  # noqa: PLC0415

        require_plotly()
    registry, workspace, tell = load_registry(), paths.workspace(), teller(as_json=as_json)
    loaded = windowed(_load(config, registry, workspace, tell), *window)
    with RunBar(whole=loaded.backtest is None) as bar:
        setup = BacktestSetup(workspace=workspace, registry=registry, progress=bar.show, tell=tell)
        outcome = run_backtest(setup, loaded, engine=engine)
    if report:
        from logos.backtest.report.writing import write_report  # noqa: PLC0415

        write_report(outcome.folder)
    return outcome


def _check_engine(engine: str) -> None:
    from logos.backtest.choosing import ENGINES  # noqa: PLC0415 -- only what the command uses is loaded

    if engine not in ENGINES:
        raise InputError(f"there is no engine {engine!r}", hint=f"Name one of {', '.join(ENGINES)}")


def _load(config: Path | None, registry: Registry, workspace: Path, tell: Callable[[str], None]) -> SessionConfig:
    from logos.config.default import guards_left_out  # noqa: PLC0415
    from logos.config.session import default_session_config, load_session_config  # noqa: PLC0415
    from logos.paths import env_seed  # noqa: PLC0415

    if config is None:
        for offer, reason in guards_left_out(registry):
            tell(f"Guard {offer.qualified} is installed and not on: {reason}")
        return default_session_config(registry, default_seed=env_seed())
    return load_session_config(config, registry, workspace=workspace, default_seed=env_seed())


def windowed(config: SessionConfig, start: str, end: str) -> SessionConfig:
    """Return a config whose backtest runs over another part of the bars.

    Parameters
    ----------
    start, end:
        ISO-8601 with an offset, or a date for its midnight in UTC; empty for what the config says.

    Raises
    ------
    InputError
        Where one is no time, or the start is not before the end.
    """
    if not start and not end:
        return config
    import attrs  # noqa: PLC0415 -- only where a window is given

    from logos.config.records import BacktestWindow  # noqa: PLC0415
    from logos.domain.times import time_text  # noqa: PLC0415

    first, last = (_moment(text, option) if text else None for text, option in ((start, "--start"), (end, "--end")))
    old = config.backtest or BacktestWindow(start=None, end=None)
    new = BacktestWindow(start=old.start if first is None else first, end=old.end if last is None else last)
    values = {name: None if at is None else time_text(at) for name, at in (("start", new.start), ("end", new.end))}
    if new.start is not None and new.end is not None and new.start >= new.end:
        same = "The end is not part of the window: for a single day, let it be the day after the start"
        raise InputError(
            f"the start {values['start']} is not before the end {values['end']}",
            hint=same if new.start == new.end else "Exchange --start and --end",
        )
    return attrs.evolve(config, backtest=new, resolved={**config.resolved, "backtest": values})


def _moment(text: str, option: str) -> int:
    from logos.domain.times import parse_time  # noqa: PLC0415 -- only where a window is given

    is_date = len(text) == len("2024-03-07")
    try:
        return parse_time(f"{text}T00:00:00Z" if is_date else text)
    except InputError as error:
        if _is_time(f"{text}Z"):
            raise InputError(
                f"{option} is {text!r}, which has no time zone", hint=f"For UTC write {text}Z; else +01:00 or the like"
            ) from error
        raise InputError(
            f"{option} is {text!r}, which is no time", hint="Write it like 2024-03-07T12:00:00Z, or as a date"
        ) from error


def _is_time(text: str) -> bool:
    from logos.domain.times import parse_time  # noqa: PLC0415 -- only where a window is given

    try:
        parse_time(text)
    except InputError:
        return False
    return True
