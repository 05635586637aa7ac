"""``logos portfolio weights``: what the allocator would hold now, starting from cash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from logos import paths
from logos.backtest.measures import value_text
from logos.cli.output import console, emit_json, print_table
from logos.domain.times import time_text
from logos.plugins.registry import load_registry
from logos.portfolio.backtest.asking import Weighing, weigh
from logos.portfolio.backtest.request import read_request


def show_weights(config: Path, at: str, *, as_json: bool) -> None:
    """Print the weights of a portfolio's config after the last bar, or at a time."""
    registry, workspace = load_registry(), paths.workspace()
    request = read_request(config, registry, workspace=workspace, default_seed=paths.env_seed(), with_benchmarks=False)
    found = weigh(request, workspace=workspace, at=at)
    if as_json:
        emit_json(_as_object(found))
        return
    target = console()
    target.print(
        f"Weights by [bold]{found.allocator}[/bold] as of {_moment(found.at)}, starting from cash", soft_wrap=True
    )
    rows = [
        (
            line.symbol,
            value_text(line.weight, "percent"),
            value_text(line.risk, "percent"),
            value_text(line.value, "money", currency=found.currency),
            _moment(line.last_close) if line.last_close is not None else "no bar",
        )
        for line in found.lines
    ]
    columns = ("symbol", "weight", "share of risk", "value", "last close")
    print_table("", columns, rows, numeric=columns[1:4])
    invested = f"{value_text(found.invested, 'percent')} of equity"
    if found.net != found.invested:
        invested = f"{invested} gross, long and short together; {value_text(found.net, 'percent')} net"
    target.print(f"  Invested: {invested}, by {found.method}", markup=False, soft_wrap=True)
    if found.volatility is not None:
        target.print(f"  Expected volatility: {value_text(found.volatility, 'percent')} a year", markup=False)
    for note in found.notes:
        target.print(f"  {note}", markup=False, soft_wrap=True)
    target.print("Nothing was ordered")


def _as_object(found: Weighing) -> dict[str, Any]:
    return {
        "allocator": found.allocator,
        "at": time_text(found.at),
        "method": found.method,
        "volatility": found.volatility,
        "invested": found.invested,
        "net": found.net,
        "weights": {line.symbol: line.weight for line in found.lines},
        "risk": {line.symbol: line.risk for line in found.lines if line.risk is not None},
        "last_close": {
            line.symbol: None if line.last_close is None else time_text(line.last_close) for line in found.lines
        },
        "notes": list(found.notes),
    }


def _moment(at: int) -> str:
    return time_text(at).replace("T", " ").replace("Z", " UTC")
