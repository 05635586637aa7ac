"""Times the kernel in a process of its own: ``python benchmarks/kernel.py given|whole CONFIG BARS``.

``given`` is the kernel on signals that are there already, its tables made anew at each call; ``whole`` computes the
signals from the bars first. Neither the kernel nor the bare loop beside it keeps
the equity of every bar. The best of several calls is taken and printed as one line of JSON.
"""

import sys
from pathlib import Path

from peers.job import clock, report

from logos import paths
from logos.assembly.build import assemble
from logos.backtest.kernel.plan import KernelPlan, plan_kernel
from logos.backtest.kernel.result import KernelRun
from logos.backtest.trials_engine import load_bars
from logos.config.session import load_session_config
from logos.context.clock import SystemClock
from logos.domain.money import text_of
from logos.live.late_log import LateLog
from logos.plugins.registry import load_registry
from logos.session.seats import ArrayStrategy

CALLS = 30


def main() -> None:
    """Plan once, run often, and report the best."""
    mode, path, count = sys.argv[1:4]
    registry, workspace = load_registry(), paths.workspace()
    config = load_session_config(Path(path), registry, workspace=workspace)
    bars, _, _ = load_bars(config, workspace=workspace, registry=registry)
    parts = assemble(config, workspace=workspace, clock=SystemClock(), log=LateLog()).parts
    plan = plan_kernel(parts, bars)
    if not isinstance(plan, KernelPlan):
        raise SystemExit("; ".join(plan.reasons))
    strategies = {one.pair: one.strategy for one in parts.pairs if isinstance(one.strategy, ArrayStrategy)}

    def signals() -> dict:
        return {pair: strategy.signals(bars[pair.symbol]) for pair, strategy in strategies.items()}

    begin = clock()
    given = signals()
    plan.run(given)
    first = clock() - begin
    best = float("inf")
    for _ in range(CALLS):
        begin = clock()
        run = plan.run(signals() if mode == "whole" else given, keep_equity=False)
        best = min(best, clock() - begin)
    if not isinstance(run, KernelRun):
        raise SystemExit(run.reason)
    report(
        bars=int(count),
        first=first,
        seconds=best,
        fills=run.fill_count,
        equity=text_of(run.final_equity, parts.books.decimals),
    )


main()
