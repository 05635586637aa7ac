"""The portfolios of a workspace, backtested or traded in a session, and what the folder of one of them tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs

from logos.artifacts.locating import session_names
from logos.artifacts.schemas import CONFIG_FILE, JOURNAL_FILE, STATE_FILE, WEIGHTS_FILE
from logos.context.redaction import redact_text
from logos.domain.errors import InputError
from logos.domain.times import parse_time
from logos.paths import sessions_dir
from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.faults import fault_of, unlisted
from logos.ui.streamlit.data.portfolio_files import (
    Rebalance,
    Risk,
    read_comparison,
    read_remarks,
    read_risk,
    read_settings,
    read_snapshot,
    read_written,
)
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.runs_index import list_backtests, made_and_name, shown_name
from logos.ui.streamlit.data.sessions_index import true_status
from logos.ui.streamlit.data.weights import RUN_AGAIN

RISK_FILE = "risk.json"
COMPARISON_FILE = "comparison.csv"
PORTFOLIO_FILE = "portfolio.yaml"
BENCHMARKS = "benchmarks"
"""The names that ``logos portfolio backtest`` writes under; docs/PORTFOLIO.md has them."""

Kind = Literal["backtest", "session"]


@attrs.frozen(kw_only=True)
class PortfolioRow:
    """One portfolio in a listing.

    Attributes
    ----------
    made:
        When it was started: wall-clock time, ISO-8601 UTC, as the id tells it.
    allocator, status:
        Empty for a session, which is not opened to list it.
    """

    kind: Kind
    run_id: str
    folder: Path
    made: str
    name: str
    allocator: str = ""
    status: str = ""

    @property
    def key(self) -> str:
        """What tells it from every other: a session and a backtest may have one id."""
        return f"{self.kind}/{self.run_id}"


def list_portfolios(root: Path) -> Reading[tuple[PortfolioRow, ...]]:
    """Return the backtests and sessions with weights, newest first.

    Parameters
    ----------
    root:
        The workspace root.
    """
    listing = list_backtests(root)
    rows = [
        PortfolioRow(
            kind="backtest",
            run_id=row.backtest_id,
            folder=row.folder,
            made=row.made,
            name=row.name,
            allocator=row.allocator,
            status=row.status,
        )
        for row in listing.value or ()
        if row.portfolio
    ]
    try:
        rows += _sessions(sessions_dir(root))
    except OSError as error:
        fault: Reading[tuple[PortfolioRow, ...]] = unlisted(root, sessions_dir(root), fault_of(error))
        return Reading.partial(_sorted(rows), fault.message, fault.hint) if rows else fault
    if listing.state == "damaged":
        return (
            Reading.partial(_sorted(rows), listing.message, listing.hint)
            if rows
            else Reading.damaged(listing.message, listing.hint)
        )
    if not rows:
        return Reading.missing(
            "No backtest and no session in this workspace has rebalanced a portfolio",
            "Make one with `logos portfolio backtest --config FILE`, or give the allocator of a session a schedule",
        )
    return Reading.ok(_sorted(rows))


def _sorted(rows: Sequence[PortfolioRow]) -> tuple[PortfolioRow, ...]:
    return tuple(sorted(rows, key=lambda row: (row.made, row.run_id), reverse=True))


def _sessions(folder: Path) -> Iterator[PortfolioRow]:
    for session_id in session_names(folder):
        if (folder / session_id / WEIGHTS_FILE).is_file():
            made, name = made_and_name(session_id)
            yield PortfolioRow(
                kind="session", run_id=session_id, folder=folder / session_id, made=made, name=shown_name(name)
            )


def load_risk(folder: Path) -> Reading[Risk]:
    """Return the risk report of a portfolio backtest."""
    return _RISKS.of(
        folder / RISK_FILE,
        missing=f"There is no {RISK_FILE}: only `logos portfolio backtest` writes one",
        hint="Volatility, turnover and costs a year stand there",
    )


def load_comparison(folder: Path) -> Reading[tuple[Mapping[str, str], ...]]:
    """Return the rows of ``comparison.csv``, the portfolio's own first; values are the text of the file."""
    return _COMPARISONS.of(folder / COMPARISON_FILE, missing="The portfolio was compared with nothing")


def load_settings(folder: Path) -> Reading[Mapping[str, Any]]:
    """Return the sections ``allocator``, ``position_manager`` and ``broker`` of a run's config, secrets masked."""
    return _SETTINGS.of(folder / CONFIG_FILE, hint=RUN_AGAIN)


def load_written(folder: Path) -> Reading[str]:
    """Return ``portfolio.yaml``: what the backtest was asked for, with every default; secrets masked."""
    return _WRITTEN.of(folder / PORTFOLIO_FILE)


def load_remarks(folder: Path) -> Reading[tuple[Rebalance, ...]]:
    """Return what a session's journal tells of its rebalances, oldest first: those in its last 4 MB."""
    return _REMARKS.of(folder / JOURNAL_FILE, hint="`logos audit` says what else is amiss")


def benchmark_folders(folder: Path) -> tuple[Path, ...]:
    """Return the folders of the runs that a portfolio was compared with, in name order."""
    try:
        return tuple(sorted(one for one in (folder / BENCHMARKS).iterdir() if one.is_dir()))
    except OSError:  # none was kept, or it may not be listed: the table stands without the curves
        return ()


def clock_of(folder: Path) -> int | None:
    """Return where a session's clock stands, in seconds since the epoch, UTC; ``None`` where nobody knows."""
    state = _STATES.of(folder / STATE_FILE).value
    try:
        return None if state is None else parse_time(str(state.get("clock")))
    except InputError:
        return None


def status_of(folder: Path) -> str:
    """Return how a session stands; empty where its snapshot cannot be read.

    One whose snapshot says ``running`` and that no program holds is ``interrupted``.
    """
    state = _STATES.of(folder / STATE_FILE).value
    return "" if state is None else redact_text(true_status(folder, str(state["status"])))


_RISKS: ByStamp[Risk] = ByStamp(read_risk)
_COMPARISONS: ByStamp[tuple[Mapping[str, str], ...]] = ByStamp(read_comparison)
_SETTINGS: ByStamp[Mapping[str, Any]] = ByStamp(read_settings)
_WRITTEN: ByStamp[str] = ByStamp(read_written)
_STATES: ByStamp[Mapping[str, Any]] = ByStamp(read_snapshot)
_REMARKS: ByStamp[tuple[Rebalance, ...]] = ByStamp(read_remarks)
