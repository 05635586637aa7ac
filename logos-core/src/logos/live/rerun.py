"""What a resumed session on a polled feed takes from its own ``bars.csv`` instead of asking the venue again."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts.schemas import BARS_FILE, STATE_FILE
from logos.config.records import SessionConfig
from logos.domain.bars import Bar
from logos.domain.errors import IntegrityError
from logos.live.record_rows import Group
from logos.live.recorded_bars import History, RecordedBars
from logos.live.recording import Recorded
from logos.live.taken import Taken
from logos.session.seats import SymbolReport

RECORD = "record"
"""The key of ``state.json`` that only a session on a polled feed has."""


@attrs.frozen(kw_only=True)
class Rerun:
    """A session's record, read to its end.

    Attributes
    ----------
    recorded:
        Where it stands, and what lies behind the snapshot.
    latest:
        The last bars of each symbol by the snapshot, oldest first: as many as its strategies look back.
    """

    recorded: Recorded
    latest: Mapping[str, Sequence[Bar]]

    def history(self, symbol: str, count: int) -> Sequence[Bar]:
        """Return the last bars of a symbol by the snapshot, oldest first."""
        return list(self.latest[symbol])[-count:] if count else []


def read_rerun(folder: Path, state: dict[str, Any], config: SessionConfig, wanted: Mapping[str, int]) -> Rerun | None:
    """Read the record of a session; ``None`` where its feed is not polled.

    Parameters
    ----------
    wanted:
        How many bars the strategies of each symbol look back.

    Raises
    ------
    IntegrityError
        Where it is not what ``state.json`` was written with, or is damaged behind that.
    """
    if RECORD not in state:
        return None
    vouched = state["files"][BARS_FILE]
    latest = {symbol: deque[Bar](maxlen=count) for symbol, count in wanted.items()}
    taken, tail = Taken(config.interval), list[Group]()
    length = taken.length
    for content, end in RecordedBars(folder / BARS_FILE, config.instruments, config.interval).entries(vouched):
        length = end
        if end > vouched:
            tail += [content] if isinstance(content, Group) else []
            continue
        taken.add(content)
        for bar in _bars_of(content):
            if bar.symbol in latest:
                latest[bar.symbol].append(bar)
    check_vouched(taken, state)
    reports = reports_of(state)
    return Rerun(recorded=Recorded(taken=taken, tail=tail, length=length, reports=reports), latest=latest)


def check_vouched(taken: Taken, state: dict[str, Any]) -> None:
    """Refuse a record that is not the one that a snapshot was taken with.

    Raises
    ------
    IntegrityError
        Where it is not.
    """
    if taken.length != state["files"][BARS_FILE] or taken.digest != state["data_digest"]:
        raise IntegrityError(
            f"{BARS_FILE} is not what it was when {STATE_FILE} was written: the digest of its first "
            f"{state['files'][BARS_FILE]:,} bytes is not {state['data_digest'][:12]}...",
            hint="It was edited: restore it from a copy",
        )


def reports_of(state: dict[str, Any]) -> list[SymbolReport]:
    """Return what the feed reported when the session began."""
    return [SymbolReport(**{**report, "notes": tuple(report["notes"])}) for report in state[RECORD]["reports"]]


def _bars_of(content: History | Group) -> Sequence[Bar]:
    if isinstance(content, History):
        return (content.bar,)
    return () if content.delivery is None else content.delivery.slice.bars
