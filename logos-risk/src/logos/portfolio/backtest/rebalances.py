"""The rebalances of a finished run, as its journal and ``weights.csv`` tell them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from logos.artifacts import schemas
from logos.artifacts.readers import read_csv_rows
from logos.domain.times import parse_time
from logos.live.journal import read_chain

_KIND = "rebalanced"


@attrs.frozen(kw_only=True)
class PastRebalance:
    """One rebalance. Weights are shares of equity, times seconds since the epoch, UTC.

    Attributes
    ----------
    at:
        The clock of the decision.
    targets:
        What was wanted, by symbol.
    held:
        What was held at the close of the next slice, by symbol; empty where no slice followed.
    risk:
        Share of the expected variance of the targets, by symbol; empty where the allocator has no model of risk.
    volatility:
        Expected volatility a year of the targets; ``None`` without a model.
    method:
        What found the weights.
    notes:
        What was given up and why.
    """

    at: int
    targets: Mapping[str, float]
    held: Mapping[str, float]
    risk: Mapping[str, float]
    volatility: float | None
    method: str
    notes: tuple[str, ...]


def read_rebalances(folder: Path, end: int) -> tuple[PastRebalance, ...]:
    """Return the rebalances of a run in the order of time; none where its allocator has no schedule.

    Parameters
    ----------
    end:
        The close of the run's last slice, in seconds since the epoch, UTC.
    """
    held = _held(folder / schemas.WEIGHTS_FILE)
    held.pop(end, None)  # no slice followed: the table has the book before any order could fill
    return tuple(_rebalances(folder / schemas.JOURNAL_FILE, held))


def _rebalances(journal: Path, held: Mapping[int, Mapping[str, float]]) -> Iterator[PastRebalance]:
    for _, event in read_chain(journal):
        if event["type"] == _KIND:
            at, volatility = parse_time(event["ts"]), event["volatility"]
            yield PastRebalance(
                at=at,
                targets=_numbers(event["targets"]),
                held=held.get(at, {}),
                risk=_numbers(event["risk"]),
                volatility=None if volatility is None else float(volatility),
                method=event["method"],
                notes=tuple(event["notes"]),
            )


def _numbers(texts: Mapping[str, str]) -> dict[str, float]:
    return {symbol: float(text) for symbol, text in sorted(texts.items())}


def _held(weights: Path) -> dict[int, dict[str, float]]:
    found: dict[int, dict[str, float]] = {}
    if weights.is_file():
        for row in read_csv_rows(weights, schemas.WEIGHT_COLUMNS):
            if row["actual_weight"]:
                found.setdefault(parse_time(row["timestamp"]), {})[row["symbol"]] = float(row["actual_weight"])
    return found


def spans(rebalances: Sequence[PastRebalance], end: int) -> list[int]:
    """Return for how many seconds each rebalance was in force: until the next one, the last until the run's end."""
    times = [one.at for one in rebalances]
    return [max(after - at, 0) for at, after in zip(times, [*times[1:], end], strict=True)]
