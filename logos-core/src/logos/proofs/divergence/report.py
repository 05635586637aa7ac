"""What a comparison of two runs tells: the first difference, its cause, what shows it, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from logos.plugins.registry import Registry
from logos.proofs.divergence.accounts import AccountDifference
from logos.proofs.divergence.bar_comparison import BarDifference
from logos.proofs.divergence.bars import Given
from logos.proofs.divergence.events import UNKNOWN, VENUE_REQUEST, Event, EventDifference
from logos.proofs.divergence.findings import Findings, gather
from logos.proofs.divergence.inputs import Output
from logos.proofs.divergence.judging import (
    BAR_NOT_FINAL,
    CODE,
    CONFIG,
    DATA_REVISED,
    FILL,
    GUARD,
    PLUGIN_VERSION,
    WARM_UP,
    Verdict,
    change_text,
    judge,
    part_text,
)
from logos.proofs.divergence.sides import SESSION, Side

_NEXT = {
    DATA_REVISED: "Find out which of the two is right, and keep that file: logos data check CONFIG looks at the bars",
    BAR_NOT_FINAL: "Ask later for each bar (feed: {poll_delay: …}), or expect that a venue corrects its latest bars",
    WARM_UP: "Begin both at one time and with the same history: a run has to see as many bars as the other",
    FILL: "Compare the broker of both runs: the same order on the same bar must fill alike",
    GUARD: "Compare the guards' limits, and what halted or blocked: each reason names the numbers",
    CONFIG: "Run both with one of the two values, and compare again",
    PLUGIN_VERSION: "Install one release for both, run one of them again, and compare again",
    CODE: "Something changed without its version: run logos replay --verify on both, and compare the installed sources",
}

_NEXT_AT_A_VENUE = "The venue's rules changed in between: run the earlier again, under those that hold now"

_NEXT_AFTER_AN_UNKNOWN = (
    "Look at the venue: it did not say what became of that order, and signals of its symbol wait until it does. "
    "Find out why it did not answer at that time; nothing here has to be changed"
)


@attrs.frozen(kw_only=True)
class RunTold:
    """Which runs were compared."""

    kind: str
    id: str
    status: str
    first: str
    last: str


@attrs.frozen(kw_only=True)
class Agreement:
    """How far both agree.

    Attributes
    ----------
    bars:
        Equal bars that were looked at one by one; ``None`` where the digests made that needless, or they are gone.
    until:
        The clock of the last slice after which both accounts are equal; empty where accounts were not compared.
    """

    bars: int | None
    slices: int
    until: str
    decisions: int
    orders: int
    fills: int


@attrs.frozen(kw_only=True)
class Told:
    """The first difference, as text.

    Attributes
    ----------
    what:
        ``bar``, ``history``, ``event`` or ``account``.
    symbol, opened, clock:
        The bar: its symbol, when it opened, and the clock of its slice. The symbol is empty where it is not known.
    exact:
        Whether that is the first bar that differs; else it is the first at which a difference shows.
    event, order_id, strategy:
        The event, where it is one.
    field:
        What differs; empty where only one side has it.
    a, b:
        Both values; empty where a side has nothing.
    """

    what: str
    symbol: str
    opened: str
    clock: str
    exact: bool
    event: str = ""
    order_id: int | None = None
    strategy: str = ""
    field: str
    a: str
    b: str


@attrs.frozen(kw_only=True)
class Line:
    """An event in a side by side listing; empty on a side that has none."""

    at: str
    a: str
    b: str


@attrs.frozen(kw_only=True)
class Report:
    """What came of comparing two runs.

    Attributes
    ----------
    cause:
        One of ``judging.CAUSES``; empty where the runs agree.
    before:
        The last events that are equal on both sides, at most two, and then the first that are not.
    notes:
        What else differs without being the cause, and what was not compared.
    """

    a: RunTold
    b: RunTold
    agreed: Agreement
    difference: Told | None
    cause: str
    evidence: tuple[str, ...]
    next: str
    events: tuple[Line, ...]
    notes: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether no difference was found."""
        return not self.cause


def diff(a: Side, b: Side, registry: Registry, *, same_bars: bool = False) -> Report:
    """Compare two runs and name the first difference with its cause.

    Parameters
    ----------
    same_bars:
        Whether one of them was run on the very bars of the other.

    Raises
    ------
    IntegrityError
        Where a journal or a table is damaged.
    """
    found = gather(a, b, registry, same_bars=same_bars)
    verdict = judge(found)
    return Report(
        a=_run(a),
        b=_run(b),
        agreed=_agreement(found, verdict),
        difference=None if verdict is None or verdict.where is None else _told(found, verdict),
        cause="" if verdict is None else verdict.cause,
        evidence=() if verdict is None else verdict.evidence,
        next="" if verdict is None else _next(verdict),
        events=() if verdict is None else tuple(_lines(found, verdict)),
        notes=tuple(_notes(found, verdict)),
    )


def _next(verdict: Verdict) -> str:
    where = verdict.where
    if verdict.cause == CONFIG and isinstance(where, EventDifference) and where.event.kind == VENUE_REQUEST:
        return _NEXT[CONFIG] if verdict.changes else _NEXT_AT_A_VENUE
    if verdict.cause == FILL and isinstance(where, EventDifference) and where.event.kind == UNKNOWN:
        return _NEXT_AFTER_AN_UNKNOWN
    return _NEXT[verdict.cause]


def _run(side: Side) -> RunTold:
    return RunTold(kind=side.kind, id=side.name, status=side.status, first=side.first, last=side.last)


def _agreement(found: Findings, verdict: Verdict | None) -> Agreement:
    counts = found.equal(None if verdict is None else verdict.where).counts
    return Agreement(
        bars=None if found.bars is None else found.bars.bars,
        slices=found.accounts.slices,
        until=found.accounts.until,
        decisions=counts.get("decision", 0),
        orders=counts.get("intent", 0) + counts.get("blocked", 0),
        fills=counts.get("fill", 0),
    )


def _told(found: Findings, verdict: Verdict) -> Told:
    where = verdict.where
    if isinstance(where, BarDifference):
        bar = where.bar
        return Told(
            what="history" if where.before_the_first else "bar",
            symbol=bar.symbol,
            opened=bar.opened,
            clock=bar.clock,
            exact=True,
            field=where.field,
            a=where.value(where.a),
            b=where.value(where.b),
        )
    if isinstance(where, AccountDifference):
        return Told(
            what="account",
            symbol=verdict.symbol,
            opened=found.opened(where.at),
            clock=where.at,
            exact=verdict.exact,
            field=where.field,
            a=where.a,
            b=where.b,
        )
    assert where is not None
    return Told(
        what="event",
        symbol=where.event.symbol,
        opened=found.opened(where.at),
        clock=where.at,
        exact=verdict.exact,
        event=where.event.kind,
        order_id=where.event.fields.get("order_id"),
        strategy=where.event.strategy,
        field=where.field,
        a=_value(where.a, where.field),
        b=_value(where.b, where.field),
    )


def _value(event: Event | None, field: str) -> str:
    if event is None:
        return ""
    return _plain(event.fields.get(field, "")) if field else event_text(event)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(": ".join(map(str, one.values())) if isinstance(one, dict) else str(one) for one in value)
    return str(value)


def event_text(event: Event) -> str:
    """Return an event as one line: what happened to which order, with the numbers."""
    fields = event.fields
    about = " ".join(part for part in (event.strategy, event.symbol) if part)
    order = f"order {fields['order_id']}" if "order_id" in fields else ""
    told = [about, order, *(_plain(fields[name]) for name in _SHOWN.get(event.kind, ()) if name in fields)]
    return ", ".join(part for part in (f"{event.kind} {told[0]}".strip(), *told[1:]) if part)


_SHOWN = {
    "decision": ("signal", "target_quantity", "outcome", "reason_code"),
    "intent": ("side", "order_type", "quantity", "limit_price", "stop_price"),
    "blocked": ("side", "order_type", "quantity", "causes"),
    "rejected": ("reason",),
    "cancelled": ("reason",),
    "expired": ("reason",),
    "unknown": ("reason",),
    "fill": ("quantity", "price", "liquidity", "fee"),
    "halted": ("causes",),
    "halt_cleared": ("changes",),
    VENUE_REQUEST: ("outcome",),
}


def _lines(found: Findings, verdict: Verdict) -> Iterator[Line]:
    """Yield the two equal events before what differs, and that."""
    where = verdict.where
    for event in found.equal(where).latest:
        text = event_text(event)
        yield Line(at=event.at, a=text, b=text)
    if isinstance(where, BarDifference):
        texts = [_bar_text(where, bar) for bar in (where.a, where.b)]
        yield Line(at=where.bar.clock, a=texts[0], b=texts[1])
    elif isinstance(where, AccountDifference):
        texts = [f"account, {where.field} {value}" if value else "" for value in (where.a, where.b)]
        yield Line(at=where.at, a=texts[0], b=texts[1])
    elif where is not None:
        texts = [
            "" if event is None else event_text(event) for event in (where.a or where.instead, where.b or where.instead)
        ]
        yield Line(at=where.at, a=texts[0], b=texts[1])


def _bar_text(difference: BarDifference, bar: Given | None) -> str:
    if bar is None:
        return ""
    value = difference.value(bar)
    return f"bar {bar.symbol}, {f'{difference.field} ' if difference.field else ''}{value}"


# -- notes ---------------------------------------------------------------------------------------------------------


def _notes(found: Findings, verdict: Verdict | None) -> Iterator[str]:
    yield from _span_notes(found)
    yield from _input_notes(found, verdict)
    where = None if verdict is None else verdict.where
    output = found.output
    if isinstance(where, BarDifference):
        yield _effect(output)
    elif found.bars is not None and found.bars.difference is not None:
        bar = found.bars.difference.bar
        yield f"a bar differs later too: {bar.symbol}, opened {bar.opened}"
    if found.lost and (verdict is None or verdict.exact):
        yield from (f"bars were not compared, {text}" for text in found.lost)


def _effect(output: Output | None) -> str:
    if output is None:
        return "neither orders nor the account show it"
    if isinstance(output, EventDifference):
        order = f" of order {output.event.fields['order_id']}" if "order_id" in output.event.fields else ""
        return f"the runs did something else from {output.at} on: first {output.event.kind}{order}"
    return f"the accounts differ from {output.at} on: {output.field} {output.a or 'none'} and {output.b or 'none'}"


def _span_notes(found: Findings) -> Iterator[str]:
    a, b = found.a, found.b
    if (a.first, a.last) != (b.first, b.last):
        yield f"only what both runs have was compared: the slices from {found.first} to {found.last}"
    for side in (a, b):
        if side.status != "completed" and (side.kind == SESSION or side.status == "interrupted"):
            yield f"{side.letter} is {side.status}, at {side.last}"
    if found.events.skipped:
        yield f"{found.events.skipped:,} events of {found.earlier.letter} lie before that"


def _input_notes(found: Findings, verdict: Verdict | None) -> Iterator[str]:
    changes, parts = ((), ()) if verdict is None else (verdict.changes, verdict.parts)
    for change in found.config:
        if change not in changes and not _is_declared(found, change.path):
            yield f"{change_text(change)}: not the cause"
    for part in found.parts:
        if part not in parts:
            yield f"{part_text(part)}: not the cause"


def _is_declared(found: Findings, path: str) -> bool:
    """Whether a backtest's config has to differ there from that of the session that it repeats."""
    return found.a.kind != found.b.kind and path.partition(".")[0] == "backtest"
