"""The guard ``reject_rate``: halts when the broker keeps rejecting orders."""

from __future__ import annotations

from logos.context.parts import PartContext
from logos.domain.events import BrokerEvent, Rejected
from logos.domain.times import parse_duration
from logos.risk.config import RejectRateConfig
from logos.risk.window import Window
from logos.session.seats import Envelope, Guard, QuietSpan, SessionView, State


class RejectRate(Guard):
    """Halts when more orders were rejected within a span of time than are tolerated.

    Only the broker's rejections count, never an order that a guard has blocked.

    Parameters
    ----------
    maximum:
        How many rejections are still tolerated.
    per:
        The span as the config gave it, such as ``10m``.
    """

    def __init__(self, maximum: int, per: str) -> None:
        self._maximum = maximum
        self._per = per
        self._window = Window(parse_duration(per))
        self._times = self._window.times
        self._last = ""

    def inspect(self, session: SessionView) -> str | None:
        """Return how many rejections there were, where that is too many; ``None`` to go on."""
        if len(self._times) <= self._maximum:
            return None
        count = self._window.count(session.clock)
        if count <= self._maximum:
            return None
        return (
            f"{count} rejections by the broker within {self._per} > {self._maximum} (the last: {self._last}): "
            "mend what the broker names, then resume with --clear-halt"
        )

    def first_to_inspect(self, span: QuietSpan) -> int:
        """Return the span's length: no order is rejected in it, so that the count can only fall.

        The first slice is inspected where too many were rejected just before it.
        """
        too_many = len(self._times) > self._maximum and self._window.count(int(span.clocks[0])) > self._maximum
        return 0 if too_many else len(span)

    def envelope(self) -> Envelope:
        """Return that there is no limit: only rejections count, and no compiled backtest goes on after one."""
        return Envelope()

    def answered(self, event: BrokerEvent, session: SessionView) -> None:
        """Count a rejection."""
        if isinstance(event, Rejected):
            self._window.add(session.clock)
            self._last = event.reason

    def headroom(self, session: SessionView) -> str:
        """Return how many more rejections are tolerated now."""
        left = max(0, self._maximum - self._window.count(session.clock))
        return f"{left or 'none'} left of {self._maximum} rejections in {self._per}"

    def clear_halt(self, session: SessionView) -> str:
        """Forget the rejections, where there are too many of them."""
        count = self._window.count(session.clock)
        if count <= self._maximum:
            return ""
        self._window.restore(())
        return f"{count} rejections forgotten"

    def snapshot(self) -> State:
        """Return when orders were rejected, and why the last was."""
        return {"times": self._window.snapshot(), "last": self._last}

    def restore(self, state: State) -> None:
        """Take back a snapshot."""
        self._window.restore(state["times"])
        self._last = state["last"]


def open_reject_rate(config: RejectRateConfig, context: PartContext) -> RejectRate:  # noqa: ARG001 - every factory's form
    """Build the guard from its config."""
    return RejectRate(config.max, config.per)
