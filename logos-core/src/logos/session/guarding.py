"""How guards are asked: all of them, always, in config order; one that raises never lets anything through."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import attrs

from logos.domain.errors import PartFailedError
from logos.domain.events import BrokerEvent, Cause
from logos.domain.orders import OrderIntent
from logos.session.seats import Guard, SessionView, State

KILL_SWITCH = "kill_switch"


@attrs.define(kw_only=True, eq=False)
class GuardEntry:
    """One guard of the config, and the fault that has broken it for good, if any."""

    name: str
    guard: Guard
    fault: str = ""

    def overrides(self, method: str) -> bool:
        """Return whether the guard has something of its own to say here."""
        return getattr(type(self.guard), method) is not getattr(Guard, method)


def _checked(answer: object) -> str | None:
    if answer is None or isinstance(answer, str):
        return answer
    return f"the guard answered {answer!r} instead of a text or None"


def _raised(error: Exception) -> str:
    return f"the guard raised {type(error).__name__}: {error}"


def _state_of(entry: GuardEntry) -> State:
    try:
        state = entry.guard.snapshot()
        json.dumps(state, allow_nan=False)
    except Exception as error:
        raise PartFailedError.of(f"guard {entry.name}", error) from error
    return state


class GuardRail:
    """The guards of a session, in config order."""

    def __init__(self, entries: Sequence[GuardEntry]) -> None:
        self.entries = tuple(entries)
        self._judging = [entry for entry in self.entries if entry.overrides("judge")]
        self._inspecting = [entry for entry in self.entries if entry.overrides("inspect")]
        self._inspections = [(entry, entry.guard.inspect) for entry in self._inspecting]
        self._faulty = False
        self._hearing_orders = [entry for entry in self.entries if entry.overrides("ordered")]
        self._hearing_answers = [entry for entry in self.entries if entry.overrides("answered")]

    def judge(self, intent: OrderIntent, session: SessionView) -> list[Cause]:
        """Return why an order must not go out: every guard that objects, in config order."""
        causes = []
        for entry in self.entries:
            reason: str | None = entry.fault or None
            if reason is None and entry in self._judging:
                try:
                    reason = _checked(entry.guard.judge(intent, session))
                except Exception as error:  # noqa: BLE001 -- whatever a guard raises is a veto
                    reason = _raised(error)
            if reason is not None:
                causes.append(Cause(guard=entry.name, reason=reason, at=session.clock))
        return causes

    def inspect(self, session: SessionView) -> list[Cause]:
        """Return why the session must halt: every guard that says so, in config order; mostly empty."""
        causes: list[Cause] = []
        for entry, inspect in self._inspections:
            try:
                reason = inspect(session)
            except Exception as error:  # noqa: BLE001 -- whatever a guard raises halts
                reason = _raised(error)
            if reason is not None or self._faulty:
                reason = entry.fault or _checked(reason)
                if reason:
                    causes.append(Cause(guard=entry.name, reason=reason, at=session.clock))
        return causes

    def with_kill(self, causes: list[Cause], reason: str, at: int) -> list[Cause]:
        """Add the runner's own cause, in the place that the config gives the kill switch, else at the end."""
        names = [entry.name for entry in self.entries]
        place = names.index(KILL_SWITCH) if KILL_SWITCH in names else len(names)
        earlier = set(names[:place])
        before = [cause for cause in causes if cause.guard in earlier]
        after = [cause for cause in causes if cause.guard not in earlier]
        return [*before, Cause(guard=KILL_SWITCH, reason=reason, at=at), *after]

    def ordered(self, intent: OrderIntent, session: SessionView) -> None:
        """Tell the guards that an order has gone to the broker."""
        for entry in self._hearing_orders:
            try:
                entry.guard.ordered(intent, session)
            except Exception as error:  # noqa: BLE001 -- its books are wrong from now on
                self._break(entry, error)

    def answered(self, event: BrokerEvent, session: SessionView) -> None:
        """Tell the guards of a broker's event."""
        for entry in self._hearing_answers:
            try:
                entry.guard.answered(event, session)
            except Exception as error:  # noqa: BLE001 -- its books are wrong from now on
                self._break(entry, error)

    def _break(self, entry: GuardEntry, error: Exception) -> None:
        entry.fault = entry.fault or _raised(error)
        self._faulty = True

    def headroom(self, session: SessionView) -> Iterator[tuple[str, str]]:
        """Yield each guard's name and how far its limit is away."""
        for entry in self.entries:
            try:
                text = entry.fault or entry.guard.headroom(session)
            except Exception as error:  # noqa: BLE001 -- a summary must not end a session
                text = _raised(error)
            yield entry.name, text

    def clear_halt(self, session: SessionView) -> list[tuple[str, str]]:
        """Forgive what halted the session; return each guard's name and what it changed."""
        cleared = []
        self._faulty = False
        for entry in self.entries:
            entry.fault = ""
            try:
                text = entry.guard.clear_halt(session)
            except Exception as error:
                raise PartFailedError.of(f"guard {entry.name}", error) from error
            if text:
                cleared.append((entry.name, text))
        return cleared

    def snapshot(self) -> list[State]:
        """Return each guard's name, fault and state, in config order."""
        return [{"guard": entry.name, "fault": entry.fault, "state": _state_of(entry)} for entry in self.entries]

    def restore(self, states: Sequence[State]) -> None:
        """Take back a snapshot of the same guards."""
        for entry, state in zip(self.entries, states, strict=True):
            entry.fault = state["fault"]
            try:
                entry.guard.restore(state["state"])
            except Exception as error:
                raise PartFailedError.of(f"guard {entry.name}", error) from error
            self._faulty = self._faulty or bool(entry.fault)
