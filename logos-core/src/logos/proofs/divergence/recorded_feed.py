"""The bars that a session on a polled feed has recorded, as a feed for a backtest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from logos.artifacts.schemas import BARS_FILE
from logos.config.records import SessionConfig
from logos.domain.bars import Bar, Slice
from logos.live.record_rows import Group
from logos.live.recorded_bars import History, RecordedBars
from logos.live.rerun import check_vouched, reports_of
from logos.live.taken import Taken
from logos.session.seats import QuarantinedRow, State, SymbolReport


class RecordedFeed:
    """What a session took from its feed, bars alone: timer ticks and the kill file are of its time, and not in it.

    Parameters
    ----------
    folder, state:
        The session and its snapshot.
    config:
        The session's config.

    Raises
    ------
    IntegrityError
        Where the record is damaged, or is not the one that the snapshot was taken with.
    """

    polled = False

    def __init__(self, folder: Path, state: dict[str, Any], config: SessionConfig) -> None:
        self._record = RecordedBars(folder / BARS_FILE, config.instruments, config.interval)
        self._vouched: int = state["files"][BARS_FILE]
        self._state = state
        self._history: dict[str, list[Bar]] = {}
        self._taken = Taken(config.interval)
        for content in self._contents():
            self._taken.add(content)
            if isinstance(content, History):
                self._history.setdefault(content.bar.symbol, []).append(content.bar)
        check_vouched(self._taken, state)

    def _contents(self) -> Iterator[History | Group]:
        for content, end in self._record.entries(self._vouched):
            if end > self._vouched:
                return
            yield content

    @property
    def first(self) -> int | None:
        """The open time of the first bar, in seconds since the epoch, UTC."""
        firsts = [counted.first for counted in self._taken.symbols.values() if counted.first is not None]
        return min(firsts, default=None)

    def prepare(self) -> Sequence[SymbolReport]:
        """Return what the session's feed reported, with the bars that came."""
        return self._taken.reports(reports_of(self._state))

    def slices(self, after: int | None) -> Iterator[Slice]:
        """Yield the slices with bars."""
        for content in self._contents():
            if isinstance(content, Group) and content.delivery is not None:
                clock, bars = content.delivery.slice
                if bars and (after is None or clock > after):
                    yield Slice(clock, bars)

    def quarantined(self) -> Iterator[QuarantinedRow]:
        """Yield nothing: a polled feed reads no files."""
        return iter(())

    def digest(self) -> str:
        """Return the digest of the record."""
        return str(self._state["data_digest"])

    def history(self, symbol: str, count: int, until: int) -> Sequence[Bar]:  # noqa: ARG002 -- asked as it was then
        """Return the recorded bars from before the session, oldest first."""
        return self._history.get(symbol, [])[-count:] if count else []

    def snapshot(self) -> State:
        """Return nothing: there is no telemetry."""
        return {}

    def close(self) -> None:
        """Do nothing: no file stays open."""
