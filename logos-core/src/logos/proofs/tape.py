"""What was recorded of a polled feed, played in the feed's place: without the venue, and without its client library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from logos.artifacts.schemas import BARS_FILE
from logos.assembly.build import Assembly
from logos.config.records import SessionConfig
from logos.domain.bars import Bar, Slice
from logos.live.record_rows import Group
from logos.live.recorded_bars import Entry, History, RecordedBars
from logos.live.rerun import check_vouched, reports_of
from logos.live.taken import Taken
from logos.live.watch import Watch
from logos.session.polled import Delivery
from logos.session.seats import QuarantinedRow, State, SymbolReport


class TapeWatch(Watch):
    """A watch that looks at no file and hears no signal: the record alone stops the session."""

    hears = False

    def __init__(self) -> None:
        super().__init__(Path(), ())

    def look(self, clock: int) -> None:  # noqa: ARG002 -- as every watch
        """See nothing: the tape says ``kill`` and ``pause`` where they belong, and a kill is said once."""
        self.kill = ""


class Tape:
    """A session's record as a polled feed; one tape serves a session and its resumes, one run after the other.

    Parameters
    ----------
    folder, state:
        The recorded session and its snapshot.
    watch:
        Is told of the kills, and of the pause at the end where the session stands paused.

    Raises
    ------
    IntegrityError
        Where the record is damaged, or is not the one that the snapshot was taken with.
    """

    polled = True

    def __init__(self, folder: Path, state: dict[str, Any], config: SessionConfig, watch: TapeWatch) -> None:
        self._instruments = dict(config.instruments)
        self._bars = RecordedBars(folder / BARS_FILE, self._instruments, config.interval)
        self._vouched: int = state["files"][BARS_FILE]
        self._state = state
        self._watch = watch
        self._history: dict[str, list[Bar]] = {}
        taken = Taken(config.interval)
        for content, _ in self._entries():
            taken.add(content)
            if isinstance(content, History):
                self._history.setdefault(content.bar.symbol, []).append(content.bar)
        check_vouched(taken, state)
        self._groups = (content for content, _ in self._entries() if isinstance(content, Group))
        self._runs = 0
        self._played = 0

    def seat(self, assembly: Assembly, _watch: Watch) -> Assembly:
        """Take the instruments of an assembly: each resume reads its config anew, and has instruments of its own."""
        self._instruments.update(assembly.parts.instruments)
        return assembly

    def _entries(self) -> Iterator[Entry]:
        for entry in self._bars.entries(self._vouched):
            if entry.end > self._vouched:
                return
            yield entry

    def deliveries(self, after: int | None) -> Iterator[Delivery]:  # noqa: ARG002 -- the tape knows where it stands
        """Yield what the session took in its next run."""
        self._runs += 1
        while self._played < self._runs - 1 and self._next() is not None:
            continue  # a run that ended earlier than it was recorded
        while (group := self._next()) is not None:
            self._watch.kill = group.kill
            if group.delivery is not None:
                yield group.delivery

    def _next(self) -> Group | None:
        """Return the run's next delivery; ``None`` at its end."""
        group = next(self._groups, None)
        if group is None:
            self._watch.pause = self._state["status"] == "paused"
        if group is None or group.ends:
            self._played += 1
            return None
        return group

    def slices(self, after: int | None) -> Iterator[Slice]:
        """Yield the slices of the next run."""
        for delivery in self.deliveries(after):
            yield delivery.slice

    def status(self) -> str:
        """Say what is played."""
        return f"played from {BARS_FILE}"

    def prepare(self) -> Sequence[SymbolReport]:
        """Return what the feed reported when the session began."""
        return reports_of(self._state)

    def quarantined(self) -> Iterator[QuarantinedRow]:
        """Yield nothing: a polled feed reads no files."""
        return iter(())

    def digest(self) -> str:
        """Return the digest of the whole record."""
        return str(self._state["data_digest"])

    def history(self, symbol: str, count: int, until: int) -> Sequence[Bar]:  # noqa: ARG002 -- asked as it was then
        """Return the recorded bars from before the session."""
        return self._history.get(symbol, [])[-count:]

    def snapshot(self) -> State:
        """Return the feed's telemetry as it was recorded: it tells of wall time, and cannot come out again."""
        telemetry: State = self._state["feed"]
        return telemetry

    def close(self) -> None:
        """Keep the place: a resume goes on from it."""
