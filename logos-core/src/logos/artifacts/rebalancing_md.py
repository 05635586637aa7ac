"""The section of ``session.md`` that says how often targets were set anew, and what the last time came to."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from logos.artifacts.markdown import bullets, literal, percent, table


@attrs.frozen(kw_only=True)
class WeightLine:
    """One symbol at the last rebalance: shares of equity, and of the expected variance, as text; may be empty."""

    symbol: str
    target: str
    actual: str
    risk: str


@attrs.frozen(kw_only=True)
class Rebalancings:
    """All rebalances of a session.

    Attributes
    ----------
    at:
        The clock of the last one whose orders have had a slice to fill in, as text; empty where there was none.
    methods:
        How often each method found the weights, by name.
    notes:
        What the allocator remarked, with how often and when first.
    """

    at: str
    methods: tuple[tuple[str, int], ...]
    notes: tuple[tuple[str, str], ...]
    weights: tuple[WeightLine, ...]


def rebalancing_section(rebalancings: Rebalancings | None) -> Iterator[str]:
    """Yield the blocks of the section; nothing where the allocator has no schedule."""
    if rebalancings is None:
        return
    yield "## Rebalancing"
    if not rebalancings.methods:
        yield "The allocator never had enough bars for its first rebalance."
        return
    told = ", ".join(f"{literal(method)} {_times(count)}" for method, count in rebalancings.methods)
    yield f"Targets were set anew by {told}. Each time stands in `weights.csv`."
    if rebalancings.weights:
        yield f"The last at {rebalancings.at}: what was wanted, and what was held a slice later, as shares of equity."
        columns = ("Symbol", "Wanted", "Held", "Share of the risk")
        rows = (
            (line.symbol, *(percent(text) if text else "" for text in (line.target, line.actual, line.risk)))
            for line in rebalancings.weights
        )
        yield table(columns, rows, numeric=columns[1:])
    if rebalancings.notes:
        yield "What the allocator remarked, where a range stands for a number that changed:"
        yield bullets(f"{literal(note)} ({often})" for note, often in rebalancings.notes)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
