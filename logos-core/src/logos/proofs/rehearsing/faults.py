"""What a rehearsal puts between a session and its parts: a broker that rejects, a guard that raises, a kill file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from logos.assembly.build import Assembly
from logos.domain.bars import Slice
from logos.domain.events import BrokerEvent, Rejected
from logos.domain.orders import Order, OrderIntent
from logos.live.watch import Watch
from logos.proofs.rehearsing.records import Faults
from logos.session.guarding import GuardEntry, GuardRail
from logos.session.machine import Session
from logos.session.seats import AccountView, Broker, Guard, SessionView, State

REJECTION = "rejected by the rehearsal"


class RejectingBroker:
    """The config's own broker, in front of which every order from a number on is rejected."""

    def __init__(self, broker: Broker, first: int) -> None:
        self._broker = broker
        self._first = first

    def submit(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Reject the order, or hand it on."""
        if order.intent.order_id >= self._first:
            return iter((Rejected(order.intent.order_id, REJECTION),))
        return self._broker.submit(order, account)

    def cancel(self, order: Order, reason: str) -> Iterator[BrokerEvent]:
        """Hand on."""
        return self._broker.cancel(order, reason)

    def match(self, bars: Slice, account: AccountView) -> Iterator[BrokerEvent]:
        """Hand on."""
        return self._broker.match(bars, account)

    def affordable(self, intent: OrderIntent, account: AccountView) -> int:
        """Hand on."""
        return self._broker.affordable(intent, account)

    def snapshot(self) -> State:
        """Hand on."""
        return self._broker.snapshot()

    def restore(self, state: State, orders: Mapping[int, Order]) -> None:
        """Hand on."""
        self._broker.restore(state, orders)


class _RehearsalError(Exception):
    """What a guard raises in a rehearsal."""


class RaisingJudge(Guard):
    """A guard that raises when it is asked about an order."""

    def judge(self, intent: OrderIntent, session: SessionView) -> str | None:
        """Raise."""
        raise _RehearsalError(f"raised by the rehearsal at order {intent.order_id}, clock {session.clock}")


class RaisingInspector(Guard):
    """A guard that raises when it looks at the session."""

    def inspect(self, session: SessionView) -> str | None:
        """Raise."""
        raise _RehearsalError(f"raised by the rehearsal at clock {session.clock}")


_RAISING: Mapping[str, Callable[[], Guard]] = {"judge": RaisingJudge, "inspect": RaisingInspector}


def wrapping(faults: Faults) -> Callable[[Assembly, Watch], Assembly]:
    """Return what puts the faults into an assembly."""

    def wrap(assembly: Assembly, _watch: Watch) -> Assembly:
        parts = assembly.parts
        if faults.rejects_from:
            parts = attrs.evolve(parts, broker=RejectingBroker(parts.broker, faults.rejects_from))
        if faults.raises:
            first, *others = parts.guards.entries
            raising = GuardEntry(name=first.name, guard=_RAISING[faults.raises]())
            parts = attrs.evolve(parts, guards=GuardRail([raising, *others]))
        return attrs.evolve(assembly, parts=parts)

    return wrap


def kill_after(clock: int | None, kill_file: Path) -> Callable[[Session], None]:
    """Return what makes the kill file once a session has taken the slice of a clock."""

    def progress(session: Session) -> None:
        if clock is not None and session.clock >= clock:
            put_kill_file(kill_file)

    return progress


class PausingWatch(Watch):
    """A watch that hears an interrupt once the session stands at a clock, or behind it.

    Parameters
    ----------
    pause_after:
        The clock; ``None`` for never.
    """

    def __init__(self, workspace: Path, kill_files: Sequence[str], *, pause_after: int | None) -> None:
        super().__init__(workspace, kill_files)
        self._pause_after = pause_after

    def look(self, clock: int) -> None:
        """Look for the kill files, and at the clock."""
        super().look(clock)
        self.pause = self.pause or (self._pause_after is not None and clock >= self._pause_after)


def put_kill_file(path: Path) -> None:
    """Make a kill file, as an operator would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
