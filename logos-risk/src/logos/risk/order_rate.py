"""The guard ``order_rate``: no more than so many orders in a span of time."""

from __future__ import annotations

from logos.context.parts import PartContext
from logos.domain.orders import OrderIntent
from logos.domain.times import parse_duration, time_text
from logos.risk.config import OrderRateConfig
from logos.risk.window import Window
from logos.session.seats import Envelope, Guard, SessionView, State


class OrderRate(Guard):
    """Blocks an order when as many as are allowed have already gone out, unless it only reduces.

    Reducing orders are never blocked, but count.

    Parameters
    ----------
    maximum:
        How many orders may go out.
    per:
        The span as the config gave it, such as ``1m``.
    """

    def __init__(self, maximum: int, per: str) -> None:
        self._maximum = maximum
        self._per = per
        self._window = Window(parse_duration(per))

    def judge(self, intent: OrderIntent, session: SessionView) -> str | None:
        """Return how many orders have gone out, where no more may; ``None`` to let it pass."""
        if intent.reduces or len(self._window) < self._maximum:
            return None
        clock = session.clock
        count = self._window.count(clock)
        if count < self._maximum:
            return None
        return (
            f"{count} orders within {self._per} have reached the limit {self._maximum}: "
            f"the next may go out at {time_text(self._window.below(self._maximum, clock))}"
        )

    def envelope(self) -> Envelope:
        """Return the limit."""
        return Envelope(orders=(self._maximum, self._window.seconds))

    def ordered(self, intent: OrderIntent, session: SessionView) -> None:  # noqa: ARG002 - only the time counts
        """Count an order."""
        self._window.add(session.clock)

    def headroom(self, session: SessionView) -> str:
        """Return how many orders may go out now."""
        left = max(0, self._maximum - self._window.count(session.clock))
        return f"{left or 'none'} left of {self._maximum} orders in {self._per}"

    def snapshot(self) -> State:
        """Return when orders went out."""
        return {"times": self._window.snapshot()}

    def restore(self, state: State) -> None:
        """Take back a snapshot."""
        self._window.restore(state["times"])


def open_order_rate(config: OrderRateConfig, context: PartContext) -> OrderRate:  # noqa: ARG001 - every factory's form
    """Build the guard from its config."""
    return OrderRate(config.max, config.per)
