"""``logos diff``: the first difference of two runs, and its cause."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from logos.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logos.plugins.registry import Registry
    from logos.proofs.divergence.sides import Side

DIFFERS = 4

_RUN = "A session or a backtest: its id, the start of one, latest (the latest session), or its folder."


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help=_RUN)],
    b: Annotated[str, typer.Argument(metavar="[B]", help="The other one; left out with --backtest.")] = "",
    *,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Compare A with a backtest of its config over its own bars, run now.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Name the first bar, event and field in which two runs differ, and one cause.

    What two equal runs may differ in, such as ids and wall-clock times, does not count. Ends with exit code 0 where
    they agree over the time that both have, or with 4 and the first difference.
    """
    from logos import paths  # noqa: PLC0415 -- only what the command uses is loaded
    from logos.cli.diff_output import print_report  # noqa: PLC0415
    from logos.plugins.registry import load_registry  # noqa: PLC0415
    from logos.proofs.divergence.report import diff as compare  # noqa: PLC0415
    from logos.proofs.divergence.sides import find_run, read_side  # noqa: PLC0415

    if backtest == bool(b):
        raise InputError(
            "one other run is needed", hint="Name B, or leave it out and say --backtest: logos diff ID --backtest"
        )
    root, registry = paths.workspace(), load_registry()
    one = read_side("A", find_run(root, a), root)
    if backtest:
        with _backtest_of(one, registry) as two:
            report = compare(one, two, registry, same_bars=one.polled)
    else:
        report = compare(one, read_side("B", find_run(root, b), root), registry)
    print_report(report, as_json=as_json)
    if not report.agrees:
        raise typer.Exit(DIFFERS)


@contextmanager
def _backtest_of(side: Side, registry: Registry) -> Iterator[Side]:
    """Run a session's config over the session's own bars, in a folder that is thrown away."""
    import tempfile  # noqa: PLC0415 -- only for this option
    from pathlib import Path  # noqa: PLC0415

    from logos.backtest.running import run_backtest  # noqa: PLC0415 -- loads numpy
    from logos.backtest.setup import BacktestSetup  # noqa: PLC0415
    from logos.cli.backtest_output import RunBar  # noqa: PLC0415
    from logos.proofs.divergence.again import for_a_backtest  # noqa: PLC0415
    from logos.proofs.divergence.sides import read_side  # noqa: PLC0415

    config, feed = for_a_backtest(side, registry)
    with tempfile.TemporaryDirectory(prefix="logos-diff-") as scratch:
        with RunBar() as bar:
            setup = BacktestSetup(
                workspace=side.workspace,
                registry=registry,
                output=Path(scratch),
                progress=bar.show,
                feed=feed,
            )
            outcome = run_backtest(setup, config)
        if outcome.exit_code == 130:
            raise KeyboardInterrupt
        yield read_side("B", outcome.folder, side.workspace, workspace=side.workspace)
