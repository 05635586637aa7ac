"""What came from outside a recorded session, played again: its kills, its pause, its forgiven halts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.assembly.build import Assembly
from logos.domain.bars import Bar, Slice
from logos.domain.times import parse_time
from logos.live.journal import read_chain
from logos.live.watch import Watch
from logos.session.guarding import KILL_SWITCH
from logos.session.seats import Feed, QuarantinedRow, State, SymbolReport


@attrs.frozen(kw_only=True)
class Script:
    """What a session's journal and snapshot say came from outside.

    Attributes
    ----------
    kills:
        The reasons of the halts by the kill file, in order, by the clock at which they happened.
    halts:
        How many halts were forgiven.
    pause_at:
        The clock at which the session stands paused; ``None`` where it does not.
    """

    kills: dict[int, list[str]]
    halts: int
    pause_at: int | None


def script_of(folder: Path, state: dict[str, Any]) -> Script:
    """Read a session's script from its journal.

    Raises
    ------
    IntegrityError
        Where the journal's chain is broken.
    """
    kills: dict[int, list[str]] = {}
    halts = 0
    for _head, event in read_chain(folder / schemas.JOURNAL_FILE, until=state["journal"]["length"]):
        if event["type"] == "halted":
            for cause in event["causes"]:
                if cause["guard"] == KILL_SWITCH:
                    kills.setdefault(parse_time(event["ts"]), []).append(cause["reason"])
        elif event["type"] == "halt_cleared":
            halts += 1
    paused = state["status"] == "paused"
    return Script(kills=kills, halts=halts, pause_at=parse_time(state["clock"]) if paused else None)


class ScriptedWatch(Watch):
    """A watch that looks at no file and hears no signal: the script alone stops the session."""

    hears = False

    def __init__(self, script: Script) -> None:
        super().__init__(Path(), ())
        self._kills = {clock: deque(reasons) for clock, reasons in script.kills.items()}
        self._pause_at = script.pause_at

    def look(self, clock: int) -> None:
        """Say what was said at a clock: each kill of the script once."""
        reasons = self._kills.get(clock)
        self.kill = reasons.popleft() if reasons else ""
        self.pause = clock == self._pause_at


class ScriptedFeed:
    """A feed that tells the watch of each slice before the session sees it."""

    def __init__(self, feed: Feed, watch: ScriptedWatch) -> None:
        self._feed = feed
        self._watch = watch
        self.polled = feed.polled

    def slices(self, after: int | None) -> Iterator[Slice]:
        """Yield the feed's slices."""
        for bars in self._feed.slices(after):
            self._watch.look(bars.clock)
            yield bars

    def prepare(self) -> Sequence[SymbolReport]:
        """Return the feed's reports."""
        return self._feed.prepare()

    def quarantined(self) -> Iterator[QuarantinedRow]:
        """Yield the feed's quarantined rows."""
        return self._feed.quarantined()

    def digest(self) -> str:
        """Return the feed's digest."""
        return self._feed.digest()

    def history(self, symbol: str, count: int, until: int) -> Sequence[Bar]:
        """Return the feed's bars before a restart."""
        return self._feed.history(symbol, count, until)

    def snapshot(self) -> State:
        """Return the feed's snapshot."""
        return self._feed.snapshot()

    def close(self) -> None:
        """Close the feed."""
        self._feed.close()


def scripted(assembly: Assembly, watch: Watch) -> Assembly:
    """Put a scripted feed in an assembly's seat."""
    if not isinstance(watch, ScriptedWatch):
        return assembly
    return attrs.evolve(assembly, feed=ScriptedFeed(assembly.feed, watch))
