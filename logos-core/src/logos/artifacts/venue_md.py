"""What ``session.md`` and the end screen say of a broker's venue: its answers in dry-run, and orders left unknown."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from logos.artifacts.markdown import literal, table


@attrs.frozen(kw_only=True)
class AnswerLine:
    """One kind of answer: to how many orders, and the first of them with what was said of it, whole."""

    kind: str
    orders: int
    order_id: int
    text: str


@attrs.frozen(kw_only=True)
class AtVenue:
    """How a session stands with its broker's venue.

    Attributes
    ----------
    would_accept, would_refuse:
        What the venue would have said of the orders that it was shown in dry-run.
    first_refused:
        The first order that it would have refused, and all that it would have said of it; empty where there is none.
    answers:
        By kind. An order that breaks two rules is counted in both.
    unknown:
        Client order ids of orders whose outcome is not known.
    refused_for_unknown:
        Signals that became no order because of such an order.
    """

    venue: str
    dry_run: bool
    would_accept: int = 0
    would_refuse: int = 0
    first_refused: str = ""
    answers: tuple[AnswerLine, ...] = ()
    unknown: tuple[str, ...] = ()
    refused_for_unknown: int = 0

    @property
    def told(self) -> str:
        """What a dry-run has shown, in one sentence."""
        shown = self.would_accept + self.would_refuse
        if not shown:
            return f"Dry-run at {self.venue}: no order was shown to it"
        if not self.would_refuse:
            return f"Dry-run at {self.venue}: {_orders(shown)} would be accepted"
        return (
            f"Dry-run at {self.venue}: {self.would_refuse:,} of {_orders(shown)} would be refused, "
            f"first: {self.first_refused}"
        )

    @property
    def unknown_told(self) -> str:
        """What is not known, and what came of that, in one sentence; empty where there was nothing."""
        count, refused = len(self.unknown), self.refused_for_unknown
        signals = f"{refused:,} signal{' was' if refused == 1 else 's were'} refused while an outcome was unknown"
        if not count:
            return signals if refused else ""
        orders = f"{_orders(count)} of unknown outcome: look for {', '.join(self.unknown)} at {self.venue}"
        return f"{orders}; {signals}" if refused else orders

    @property
    def in_doubt(self) -> bool:
        """Whether the end of the session is no plain success."""
        return bool(self.would_refuse or self.unknown)


def venue_section(at_venue: AtVenue | None) -> Iterator[str]:
    """Yield the blocks on what the venue would have said; none where no order was shown to one."""
    if at_venue is None or not at_venue.answers:
        return
    yield "### Dry-run: what the venue would have said"
    yield literal(f"{at_venue.told}.")
    ordered = sorted(at_venue.answers, key=lambda one: (-one.orders, one.kind))
    yield table(
        ("Answer", "Orders", "First order", "What it would have said of it"),
        [(literal(one.kind), f"{one.orders:,}", str(one.order_id), literal(one.text)) for one in ordered],
        numeric=("Orders", "First order"),
    )
    yield (
        "An order that breaks two rules is counted in both rows. Each order's own answer stands in `orders.csv` "
        "(`venue_outcome`), its request in `state.jsonl`."
    )


def _orders(count: int) -> str:
    return f"{count:,} order{'' if count == 1 else 's'}"
