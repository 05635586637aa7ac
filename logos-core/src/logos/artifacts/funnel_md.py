"""The order funnel of ``session.md``: from signals to fills, every step adding up to the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from logos.artifacts.markdown import preformatted, table
from logos.domain.orders import OrderStatus

_WORKING = (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)
_ENDINGS = (
    (OrderStatus.FILLED, "filled"),
    (OrderStatus.CANCELLED, "cancelled"),
    (OrderStatus.EXPIRED, "expired"),
)


@attrs.frozen(kw_only=True)
class Funnel:
    """What became of signals and orders, counted.

    Attributes
    ----------
    outcomes:
        Decisions by outcome: ``ordered``, ``blocked``, ``refused``, ``unchanged``.
    reasons:
        Refused, blocked and unchanged decisions by reason code, in the order in which they shall be listed.
    statuses:
        Orders by status, working ones included.
    cut_short:
        Orders that ended after a partial fill, by status.
    fills:
        Number of fills.
    """

    outcomes: Mapping[str, int] = attrs.field(factory=dict)
    reasons: Sequence[tuple[str, int]] = ()
    statuses: Mapping[str, int] = attrs.field(factory=dict)
    cut_short: Mapping[str, int] = attrs.field(factory=dict)
    fills: int = 0

    @property
    def decisions(self) -> int:
        """The rows of ``decisions.csv``."""
        return sum(self.outcomes.values())

    @property
    def intents(self) -> int:
        """The rows of ``orders.csv``, blocked ones included."""
        return sum(self.statuses.values())

    @property
    def closing(self) -> int:
        """Orders that answer no signal: those that close positions after a halt."""
        return self.intents - self._outcome("ordered") - self._outcome("blocked")

    @property
    def sent(self) -> int:
        """Orders that the broker has seen."""
        return self.intents - self.status(OrderStatus.BLOCKED)

    @property
    def accepted(self) -> int:
        """Orders that the broker has taken, by all that is known."""
        unanswered = (OrderStatus.REJECTED, OrderStatus.UNKNOWN, OrderStatus.NEW)
        return self.sent - sum(map(self.status, unanswered))

    def status(self, status: OrderStatus) -> int:
        """Return how many orders stand in a status."""
        return self.statuses.get(status.value, 0)

    def _outcome(self, outcome: str) -> int:
        return self.outcomes.get(outcome, 0)

    def steps(self) -> Iterator[tuple[int, str, int]]:
        """Yield depth, name and number of each step; the steps right below one add up to it.

        Steps that every session has are always there, the others only where they happened.
        """
        yield 0, "signals answered", self.decisions
        yield from self._unless_none(1, "nothing to trade", self._outcome("unchanged"))
        yield 1, "refused by the session", self._outcome("refused")
        yield 1, "became intents", self._outcome("ordered") + self._outcome("blocked")
        if self.closing:
            yield 0, "intents", self.intents
            yield 1, "from signals", self.intents - self.closing
            yield 1, "to close positions after a halt", self.closing
        yield 0, "intents", self.intents
        yield 1, "blocked by guards", self.status(OrderStatus.BLOCKED)
        yield 1, "sent to the broker", self.sent
        yield from self._unless_none(2, "rejected", self.status(OrderStatus.REJECTED))
        yield from self._unless_none(2, "outcome unknown", self.status(OrderStatus.UNKNOWN))
        yield from self._unless_none(2, "not answered yet", self.status(OrderStatus.NEW))
        yield 2, "accepted", self.accepted
        yield from self._endings()

    def _endings(self) -> Iterator[tuple[int, str, int]]:
        for status, name in _ENDINGS:
            partial = self.cut_short.get(status.value, 0)
            count = self.status(status)
            yield from self._unless_none(3, f"{name} after a partial fill", partial)
            if status is OrderStatus.FILLED:
                yield 3, name, count
            else:
                yield from self._unless_none(3, f"{name} without a fill" if partial else name, count - partial)
        yield from self._unless_none(3, "still working", sum(map(self.status, _WORKING)))

    @staticmethod
    def _unless_none(depth: int, name: str, count: int) -> Iterator[tuple[int, str, int]]:
        if count:
            yield depth, name, count


def funnel_section(funnel: Funnel) -> Iterator[str]:
    """Yield the blocks of the section."""
    yield "## Order funnel"
    yield preformatted(_lines(funnel))
    yield (
        f"Each step is the sum of the steps indented below it. {funnel.fills:,} fills in `trades.csv`; "
        "`decisions.csv` and `orders.csv` have a row for each signal answered and each intent."
    )
    if funnel.reasons:
        yield "Signals that became no order at the broker, by reason (the names of guards stand for blocked ones):"
        rows = [(reason, f"{count:,}") for reason, count in funnel.reasons]
        yield table(("Reason", "Number"), rows, numeric=("Number",))
    else:
        yield "Every signal that was answered became an order." if funnel.decisions else "No signal was answered."


def _lines(funnel: Funnel) -> Iterator[str]:
    steps = list(funnel.steps())
    names = max(2 * depth + len(name) for depth, name, _ in steps)
    width = max(len(f"{count:,}") for *_, count in steps)
    for place, (depth, name, count) in enumerate(steps):
        if place and not depth:
            yield ""
        yield f"{'  ' * depth + name:<{names}}  {f'{count:,}':>{width}}"
