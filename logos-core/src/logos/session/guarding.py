"""How guards are asked: all of them, always, in config order; one that raises never lets anything through."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Sequence

import attrs

from logos.context.redaction import redact_text
from logos.domain.errors import PartFailedError
from logos.domain.events import BrokerEvent, Cause
from logos.domain.orders import OrderIntent
from logos.session.seats import Envelope, Guard, QuietSpan, SessionView, State

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
    if answer is None:
        return None
    told = answer if isinstance(answer, str) else f"the guard answered {answer!r} instead of a text or None"
    return redact_text(told)  # a reason stands in the journal, in orders.csv and in session.md


def _raised(error: Exception) -> str:
    return redact_text(f"the guard raised {type(error).__name__}: {error}")


def _state_of(entry: GuardEntry) -> State:
    try:
        state = entry.guard.snapshot()
        json.dumps(state, allow_nan=False)
    except Exception as error:
        raise PartFailedError.of(f"guard {entry.name}", error) from error
    return state


def _first(entry: GuardEntry, span: QuietSpan) -> int:
    """Return the first slice that a guard must inspect; the very first where it is broken or cannot say."""
    if entry.fault:
        return 0
    try:
        first = operator.index(entry.guard.first_to_inspect(span))
    except Exception:  # noqa: BLE001 -- inspecting every slice is always right
        return 0
    return min(max(first, 0), len(span))


def envelope_of(entry: GuardEntry) -> Envelope | None:
    """Return the limits inside which a guard does nothing; ``None`` where it cannot tell, or is broken."""
    if entry.fault:
        return None
    try:
        envelope = entry.guard.envelope()
    except Exception:  # noqa: BLE001 -- without an envelope the session itself runs
        return None
    return envelope if isinstance(envelope, Envelope) else None


class GuardRail:
    """The guards of a session, in config order."""

    def __init__(self, entries: Sequence[GuardEntry]) -> None:
        self.entries = tuple(entries)
        self._judging = [entry for entry in self.entries if entry.overrides("judge")]
        self._inspecting = [entry for entry in self.entries if entry.overrides("inspect")]
        self._inspections = [(entry, entry.guard.inspect) for entry in self._inspecting]
        self._acting = [
            entry
            for entry in self.entries
            if any(entry.overrides(method) for method in ("judge", "inspect", "ordered", "answered"))
        ]
        self._faulty = False
        self._hearing_orders = [entry for entry in self.entries if entry.overrides("ordered")]
        self._hearing_answers = [entry for entry in self.entries if entry.overrides("answered")]

    def judge(self, intent: OrderIntent, session: SessionView) -> list[Cause]:
        """Return why an order must not go out: every guard that objects, in config order."""
        causes: list[Cause] = []
        for entry in self._objecting() if self._faulty else self._judging:
            reason: str | None = entry.fault or None
            if reason is None:
                try:
                    reason = _checked(entry.guard.judge(intent, session))
                except Exception as error:  # noqa: BLE001 -- whatever a guard raises is a veto
                    reason = _raised(error)
            if reason is not None:
                causes.append(Cause(guard=entry.name, reason=reason, at=session.clock))
        return causes

    def _objecting(self) -> list[GuardEntry]:
        """Return who may object once a guard is broken: a broken one does, even if it never judged."""
        return [entry for entry in self.entries if entry.fault or entry in self._judging]

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

    def first_to_inspect(self, span: QuietSpan) -> int:
        """Return the first slice of a span that some guard must inspect; the span's length for none."""
        first = len(span)
        for entry in self._inspecting:
            first = min(first, _first(entry, span))
        return first

    def passed_over(self, span: QuietSpan) -> None:
        """Tell the guards that inspect of slices that were passed over."""
        for entry in self._inspecting:
            try:
                entry.guard.passed_over(span)
            except Exception as error:  # noqa: BLE001 -- its books are wrong from now on
                self._break(entry, error)

    def envelopes(self) -> list[tuple[str, Envelope | None]]:
        """Return the limits inside which each guard does nothing, in config order.

        ``None`` stands for a guard that cannot tell. Guards that never act are left out.
        """
        return [(entry.name, envelope_of(entry)) for entry in self._acting]

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
                text = redact_text(entry.fault or entry.guard.headroom(session))
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
                cleared.append((entry.name, redact_text(text)))
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
