"""What a session is run with, besides its config: the workspace, the machine, and those who watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from logos import paths
from logos.artifacts.venue_md import AtVenue
from logos.assembly.build import Assembly
from logos.config.records import SessionConfig
from logos.context.clock import Clock, SystemClock
from logos.domain.events import Cause
from logos.domain.times import time_text
from logos.live.disk import Disk
from logos.live.journal import Line
from logos.live.pump import Pump, Pumping
from logos.live.runner import Cadence
from logos.live.venue_file import VenueFile
from logos.live.watch import Watch
from logos.plugins.observers import Observers
from logos.plugins.registry import Registry
from logos.session.machine import Session
from logos.session.seats import Feed

EXIT_DONE = 0
EXIT_STOPPED = 3
RISK_DISTRIBUTION = "logos-risk"


def _silent(_session: Session) -> None:
    pass


def _quiet(_text: str) -> None:
    pass


@attrs.frozen(kw_only=True)
class RecordedVenue:
    """What a recorded session was told by its broker's venue.

    Attributes
    ----------
    file:
        Its survey.
    lines:
        Lines of the journal by number; ``None`` where a session is rehearsed, whose broker answers again.
    """

    file: VenueFile
    lines: Mapping[int, Line] | None


@attrs.frozen(kw_only=True)
class Setup:
    """The surroundings of a session.

    Attributes
    ----------
    workspace:
        Where relative paths in a config start from.
    output:
        Where ``runs`` and ``logos/logs`` are written; the workspace where it is ``None``.
    progress:
        Called about every 50 ms while the session runs.
    tell:
        Called with whole sentences for the operator before the session starts.
    watch:
        Makes the watch for a session's kill files.
    pump:
        What keeps the session awake while a polled feed is silent.
    observers:
        Who hears of the session's events; those of the registry.
    feed:
        A feed to take instead of building the one that the config names.
    venue:
        What a recorded session was told by its broker's venue, where it is played again: no venue is asked then.
    wrap:
        May put something between the session and what it was assembled from, as a replay does.
    """

    workspace: Path
    registry: Registry
    output: Path | None = None
    clock: Clock = attrs.field(factory=SystemClock)
    disk: Disk = attrs.field(factory=Disk)
    cadence: Cadence = attrs.field(factory=Cadence)
    progress: Callable[[Session], None] = _silent
    tell: Callable[[str], None] = _quiet
    watch: Callable[[Path, tuple[str, ...]], Watch] = Watch
    pump: Pumping = Pump
    wrap: Callable[[Assembly, Watch], Assembly] = attrs.field(default=lambda assembly, _watch: assembly)
    feed: Feed | None = None
    venue: RecordedVenue | None = None
    observers: Observers = attrs.field(default=attrs.Factory(lambda self: self.registry.observers, takes_self=True))

    @property
    def sessions(self) -> Path:
        """The folder of all sessions."""
        return paths.sessions_dir(self.root)

    @property
    def root(self) -> Path:
        """The folder that everything written lies below."""
        return self.workspace if self.output is None else self.output


@attrs.frozen(kw_only=True)
class Outcome:
    """How a session stands when the program lets go of it. Money as text.

    Attributes
    ----------
    warnings:
        What went wrong without a halt, as sentences without their full stop.
    """

    session_id: str
    path: str
    status: str
    exit_code: int
    causes: tuple[Cause, ...]
    currency: str
    starting_cash: str
    bars: int
    orders: int
    fills: int
    blocked: int
    equity: str
    realized_pnl: str
    unrealized_pnl: str
    fees: str
    at_venue: AtVenue | None = None
    warnings: tuple[str, ...] = ()

    def as_object(self) -> dict[str, Any]:
        """Return the outcome as ``logos trade --json`` prints it."""
        names = ("starting_cash", "bars", "orders", "fills", "blocked", "equity", "realized_pnl", "fees")
        return {
            "session_id": self.session_id,
            "path": self.path,
            "status": self.status,
            "halt_causes": [told_cause(cause) for cause in self.causes],
            **{name: getattr(self, name) for name in names},
            **({} if self.at_venue is None else _told_of_venue(self.at_venue)),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }


def _told_of_venue(at_venue: AtVenue) -> dict[str, Any]:
    told: dict[str, Any] = {"venue": at_venue.venue}
    if at_venue.dry_run:
        counts = {"would_accept": at_venue.would_accept, "would_refuse": at_venue.would_refuse}
        told |= {"mode": "dry_run", "venue_outcomes": counts}
    unknown = {"unknown_orders": len(at_venue.unknown), "refused_for_unknown": at_venue.refused_for_unknown}
    return told | unknown


def told_cause(cause: Cause) -> dict[str, str]:
    """Return a cause as ``--json``, the snapshot and observers are told it."""
    return {"guard": cause.guard, "reason": cause.reason, "at": time_text(cause.at)}


def plugins_of(config: SessionConfig) -> list[dict[str, str]]:
    """Return the parts of a session with where they come from: what a resume compares."""
    return [
        {"kind": offer.kind, "name": offer.name, "distribution": offer.distribution, "version": offer.version}
        for offer in config.parts
    ]


def warnings_of(config: SessionConfig, registry: Registry) -> tuple[str, ...]:
    """Return what an operator must be told loudly before a session starts."""
    installed = {offer.distribution for offer in registry.offers("guard")}
    if RISK_DISTRIBUTION not in installed:
        return (
            (
                f"{RISK_DISTRIBUTION} is not installed: no limit guards this session, only the kill file stops it. "
                f"Install it with: pip install {RISK_DISTRIBUTION}"
            ),
        )
    if not config.guards:
        return ("the config names no guards: no limit guards this session, only the kill file stops it",)
    return ()
