"""Up to six backtests side by side, each against the first: what the core's own comparison says, secrets masked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from logos.artifacts.schemas import CONFIG_FILE, EQUITY_FILE, METRICS_FILE
from logos.backtest.comparing import Comparison, compare
from logos.backtest.past_run import read_run
from logos.config.comparing import value_of
from logos.context.redaction import redact, redact_text
from logos.domain.errors import LogosError
from logos.ui.streamlit.data.caching import Kept
from logos.ui.streamlit.data.faults import told_of
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import stamp_of

MOST_RUNS = 6

_COMPARED: Kept[Reading[Comparison]] = Kept()


@attrs.frozen
class Difference:
    """A place at which two configs differ, as text."""

    path: str
    a: str
    b: str


def compare_with(first: Path, other: Path) -> Reading[Comparison]:
    """Compare a backtest with the first one; compared again only when a file of the two has changed.

    Whether a winner may be named is the judgement of ``logos.backtest.comparing``: not where spans, bars, costs or
    rules differ, and not where the difference is within noise.
    """
    names = (METRICS_FILE, CONFIG_FILE, EQUITY_FILE)
    key = (first, other, *(stamp_of(folder / name) for folder in (first, other) for name in names))
    known = _COMPARED.get(key)
    if known is None:
        known = _compared(first, other)
        _COMPARED.put(key, known)
    return known


def _compared(first: Path, other: Path) -> Reading[Comparison]:
    try:
        return Reading.ok(compare(read_run(first), read_run(other)))
    except LogosError as error:
        return Reading.damaged(told_of(error, first.parent), error.hint or "")
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        told = f"{first.name} and {other.name} cannot be compared: {error}"
        return Reading.damaged(redact_text(told), "Run both backtests again")


def differences(comparison: Comparison) -> Sequence[Difference]:
    """Return where the configs differ, secrets masked; names and seeds of the runs stand there too."""
    return tuple(
        Difference(change.path, _masked(change.path, change.a), _masked(change.path, change.b))
        for change in comparison.config
    )


def _masked(path: str, value: object) -> str:
    """Return a value as text, masked where its place in the config is named like a secret."""
    name = path.rpartition(".")[2]
    return redact_text(value_of(redact({name: value})[name]))
