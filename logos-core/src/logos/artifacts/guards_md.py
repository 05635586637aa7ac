"""The guards of ``session.md``: limits, headroom, activations, and what each guard said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from logos.artifacts.markdown import bullets, literal, table
from logos.artifacts.schemas import JOURNAL_FILE, ORDERS_FILE
from logos.domain.times import time_text

NONE = "none"
"""How a limit that is not set is written."""


@attrs.frozen(kw_only=True)
class CauseLine:
    """What a guard said once: the session's clock, the order it spoke of (0 for a halt), and its words."""

    at: int
    order_id: int = 0
    reason: str


@attrs.frozen(kw_only=True)
class Activations:
    """How often a guard spoke, the first times, and the last time where that is none of those."""

    count: int = 0
    first: tuple[CauseLine, ...] = ()
    last: CauseLine | None = None

    @property
    def left_out(self) -> int:
        """How many causes are not listed."""
        return self.count - len(self.first) - (self.last is not None)


@attrs.frozen(kw_only=True)
class GuardLine:
    """One guard of the config, or what halted without being one of them.

    Attributes
    ----------
    limits:
        Every key of its config and its value, as text; ``None`` for a guard that the config does not name.
    headroom:
        How far the limit was away at the end; may be empty.
    shared:
        Whether the activations are those of an earlier guard of the same name, and counted there.
    """

    guard: str
    limits: tuple[tuple[str, str], ...] | None = ()
    headroom: str = ""
    blocks: Activations = Activations()
    halts: Activations = Activations()
    forgiven: int = 0
    shared: bool = False


def guards_section(guards: Sequence[GuardLine], cleared: Sequence[str]) -> Iterator[str]:
    """Yield the blocks of the section.

    Parameters
    ----------
    guards:
        In the order of the config; what is not in it last.
    cleared:
        What ``--clear-halt`` has changed, one sentence each.
    """
    yield "## Guards"
    if not guards:
        yield "**The config names no guard.** Only the kill file could have stopped this session."
        return
    counts = ("Blocked", "Halted", "Forgiven")
    yield table(("Guard", "Limits", "Headroom at the end", *counts), map(_row, guards), numeric=counts)
    yield (
        "Blocked: orders that never reached the broker. Halted: how often the session was stopped. "
        "Forgiven: how many of those halts an operator has cleared."
    )
    spoken = [(line.guard, did, said) for line in guards for did, said in _said(line) if said.count]
    if spoken:
        yield "### What the guards said"
        yield table(("Guard", "Did", "At", "Order", "Cause"), _causes(spoken), numeric=("Order",))
        left_out = [_left_out(guard, did, said) for guard, did, said in spoken if said.left_out]
        if left_out:
            yield bullets(left_out)
    else:
        yield "No guard blocked an order, and none halted the session."
    if cleared:
        yield "### Halts cleared by the operator"
        yield bullets(map(literal, cleared))


def _row(line: GuardLine) -> tuple[str, ...]:
    limits = "not in the config" if line.limits is None else ", ".join(f"{name} {value}" for name, value in line.limits)
    counts = (line.blocks.count, line.halts.count, line.forgiven)
    told = ("above",) * len(counts) if line.shared else tuple(f"{count:,}" for count in counts)
    return (literal(line.guard), literal(limits), literal(line.headroom), *told)


def _said(line: GuardLine) -> tuple[tuple[str, Activations], ...]:
    return (("blocked", line.blocks), ("halted", line.halts))


def _causes(spoken: Sequence[tuple[str, str, Activations]]) -> Iterator[tuple[str, ...]]:
    for guard, did, said in spoken:
        for cause in said.first:
            yield _cause(guard, did, cause)
        if said.left_out:
            yield (literal(guard), did, "...", "...", f"{said.left_out:,} more")
        if said.last is not None:
            yield _cause(guard, did, said.last)


def _cause(guard: str, did: str, cause: CauseLine) -> tuple[str, ...]:
    order = f"{cause.order_id}" if cause.order_id else ""
    return (literal(guard), did, time_text(cause.at), order, literal(cause.reason))


def _left_out(guard: str, did: str, said: Activations) -> str:
    where = f"`{ORDERS_FILE}` (status `blocked`) and as `blocked` in" if did == "blocked" else "as `halted` in"
    return f"{literal(guard)} {did} {said.count:,} times: all causes stand in {where} `{JOURNAL_FILE}`."
