"""A broker's venue that answers what it said to a recorded session, and has nothing of that session's own.

A rehearsed session asks it as it would ask the real one, without a connection and without a key. What it writes down of
the answers depends on how often it was resumed: that is left out where two sessions are compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from logos.artifacts import schemas
from logos.assembly.build import Assembly
from logos.domain.errors import BrokenInvariantError
from logos.domain.orders import Order, OrderIntent
from logos.live.outside_notes import TOLD_FROM_OUTSIDE
from logos.live.setup import RecordedVenue
from logos.live.watch import Watch
from logos.proofs.comparing import lines_of
from logos.proofs.script_venue import Doubt, ScriptedBroker, VenueScript
from logos.session.outside import OutsideBroker, OutsideOrder, Standing, Survey
from logos.session.seats import State

_KEEPER = "the recorded session"
_CHAIN = frozenset({"seq", "prev", "hash"})
_OF_THE_CHAIN = frozenset({"sequence", "journal", "outside", "seal"})
"""Keys of ``state.json`` that change with every line that the journal has more."""

_TOLD_IN_SUMMARY = frozenset({"Warnings", "Reconciliation"})
"""Sections of ``session.md`` that repeat what the venue told."""


class AnsweringBroker(ScriptedBroker):
    """A scripted broker that can be asked: its venue is as it was surveyed, and keeps what was restored.

    Parameters
    ----------
    broker:
        Built from the recorded survey.
    doubts:
        The orders of unknown outcome by number.
    found:
        The recorded survey.
    """

    def __init__(self, broker: OutsideBroker, doubts: Mapping[int, Doubt], found: Survey) -> None:
        super().__init__(broker, doubts)
        self._found = found
        self._working: tuple[OutsideOrder, ...] = ()

    def restore(self, state: State, orders: Mapping[int, Order]) -> None:
        """Take back a snapshot; its orders are those that stand outside."""
        super().restore(state, orders)
        settled = (order for number, order in sorted(orders.items()) if number not in self._held)
        self._working = tuple(OutsideOrder.of(order, _KEEPER) for order in settled)

    def survey(self) -> Survey:
        """Return what was found then."""
        return self._found

    def standing(self) -> Standing:
        """Return the orders that were restored: nothing of the session is at the venue itself."""
        return Standing(keeper=_KEEPER, orders=self._working, positions=())

    def find(self, intent: OrderIntent) -> OutsideOrder | None:  # noqa: ARG002 -- as every broker outside
        """Say that the venue has never seen an order: one that was written down in a rehearsal went nowhere."""
        return None


@attrs.frozen
class AnsweringVenue:
    """Puts an answering broker into the seat of a session that is rehearsed."""

    script: VenueScript

    @property
    def recorded(self) -> RecordedVenue:
        """What the session is set up with."""
        return attrs.evolve(self.script.recorded, lines=None)

    def seat(self, assembly: Assembly, _watch: Watch) -> Assembly:
        """Put the broker in an assembly's seat."""
        broker = assembly.parts.broker
        if not isinstance(broker, OutsideBroker):
            raise BrokenInvariantError(f"a session with {schemas.VENUE_FILE} has a broker that is nowhere outside")
        answering = AnsweringBroker(broker, self.script.doubts, self.script.recorded.file.found)
        return attrs.evolve(assembly, parts=attrs.evolve(assembly.parts, broker=answering))


TOLD_IN = frozenset({schemas.JOURNAL_FILE, schemas.STATE_FILE, schemas.SUMMARY_FILE})
"""Artifacts in which a venue's answers stand."""


def untold_lines(name: str, path: Path) -> Iterator[str]:
    """Yield an artifact's lines without what the venue told beside its answers to orders."""
    if not path.exists():
        return
    if name == schemas.JOURNAL_FILE:
        yield from _events(path)
    elif name == schemas.STATE_FILE:
        yield from _state(path)
    elif name == schemas.SUMMARY_FILE:
        yield from _summary(path)
    else:
        yield from lines_of(name, path)


def _events(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            if event["type"] not in TOLD_FROM_OUTSIDE:
                yield json.dumps({key: value for key, value in event.items() if key not in _CHAIN}) + "\n"


def _state(path: Path) -> Iterator[str]:
    state = json.loads(path.read_bytes())
    for key, value in state.items():
        if key not in _OF_THE_CHAIN:
            yield json.dumps({key: value}) + "\n"


def _summary(path: Path) -> Iterator[str]:
    left_out = False
    for line in lines_of(schemas.SUMMARY_FILE, path):
        if line.startswith("## "):
            left_out = line.removeprefix("## ").strip() in _TOLD_IN_SUMMARY
        if not left_out:
            yield line
