"""What a run did, part by part, and the first place at which two runs part ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Any, NamedTuple

import attrs

from logos.domain.times import time_text

Values = tuple[int | str | None, ...]

KINDS: Mapping[str, tuple[str, ...]] = {
    "failure": ("error",),
    "bar": ("open time", "open", "high", "low", "close", "volume"),
    "fill": ("time", "lots", "price in ticks", "liquidity", "value", "fee"),
    "answer": ("event", "reason"),
    "account": (
        "cash",
        "market value",
        "equity",
        "realised profit",
        "unrealised profit",
        "fees",
        "drawdown",
        "gross exposure",
        "net exposure",
    ),
    "halt": ("reason",),
    "signal": ("value", "order type", "limit price", "stop price", "time in force"),
    "target": ("signal", "weight", "units"),
    "difference": ("lots",),
    "affordable": ("lots",),
    "veto": ("reason",),
    "decision": ("signal", "weight", "target", "outcome", "order", "reason", "detail"),
    "order": ("side", "type", "time in force", "lots", "limit price", "stop price", "decision price", "note"),
}
"""Every kind of answer, in the order of work within a slice, and what its values are."""

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
NOTHING = "nothing"


class Event(NamedTuple):
    """One answer of a part.

    Attributes
    ----------
    clock:
        The session's clock, in seconds since the epoch, UTC.
    kind:
        One of `KINDS`.
    part:
        Whose answer it is, such as ``allocator equal_weight``.
    subject:
        What it is about, such as ``trend on SPY`` or ``order 7``; may be empty.
    values:
        The answer itself, as `KINDS` names its values.
    """

    clock: int
    kind: str
    part: str
    subject: str
    values: Values


@attrs.define(kw_only=True)
class Trace:
    """Everything that a run did.

    Attributes
    ----------
    slices:
        The clock and the bars of each slice; a bar is its symbol and its values.
    signals:
        For each pair, such as ``strategy trend on SPY``, its answer at each of its bars, with the clock.
    events:
        Every other answer, in the order in which they came.
    ended:
        ``completed``, ``halted``, ``failed``, or ``cut`` where the run was ended on purpose.
    reads_account:
        Whether the allocator has looked at the account.
    """

    slices: list[tuple[int, tuple[Values, ...]]] = attrs.field(factory=list)
    signals: dict[str, list[tuple[int, Values]]] = attrs.field(factory=dict)
    events: list[Event] = attrs.field(factory=list)
    ended: str = "completed"
    reads_account: bool = False

    @property
    def size(self) -> int:
        """How many answers there are, bars included."""
        return len(self.events) + sum(map(len, self.signals.values())) + sum(len(bars) for _, bars in self.slices)

    def to_json(self) -> dict[str, Any]:
        """Return the trace as JSON values."""
        return attrs.asdict(self, recurse=False)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Trace:
        """Return the trace that ``to_json`` has turned into JSON values."""
        return cls(
            slices=[(clock, tuple(tuple(bar) for bar in bars)) for clock, bars in values["slices"]],
            signals={
                pair: [(clock, tuple(answer)) for clock, answer in answers]
                for pair, answers in values["signals"].items()
            },
            events=[
                Event(clock, kind, part, subject, tuple(answer))
                for clock, kind, part, subject, answer in values["events"]
            ],
            ended=values["ended"],
            reads_account=values["reads_account"],
        )


@attrs.frozen(kw_only=True)
class Divergence:
    """The first place at which a part answers otherwise than in the plain run.

    Attributes
    ----------
    expected, found:
        What the plain run says, and what the other run says.
    """

    part: str
    kind: str
    clock: int
    subject: str
    expected: str
    found: str


def divergences(plain: Trace, other: Trace, *, feed: str, until: int | None = None) -> list[Divergence]:
    """Return where two runs part ways: each strategy for itself, and the first part of the rest.

    What comes after a difference may only follow from it, so nothing later than a difference of the feed is told, and
    nothing of the rest that is later than a difference of a strategy.

    Parameters
    ----------
    feed:
        What the feed is called.
    until:
        The last clock to compare; all where it is ``None``.
    """
    found = _of_bars(plain, other, feed, until)
    horizon = min((each.clock for each in found), default=until)
    told = [each for each in _of_signals(plain, other, horizon) if not found or each.clock < found[0].clock]
    found = [*found, *told]
    last = min((each.clock - 1 for each in found), default=until)
    return sorted([*found, *_of_events(plain, other, last)], key=lambda each: (each.clock, _RANK[each.kind], each.part))


def _of_bars(plain: Trace, other: Trace, feed: str, until: int | None) -> list[Divergence]:
    ours, theirs = _upto(plain.slices, until), _upto(other.slices, until)
    index = _first_unequal(ours, theirs)
    if index is None:
        shorter = plain if len(ours) < len(theirs) else other
        if len(ours) == len(theirs) or shorter.ended in ("halted", "failed"):
            return []
        index = min(len(ours), len(theirs))
    one, another = (dict(_bars(side[index : index + 1])) for side in (ours, theirs))
    keys = sorted({*one, *another})
    clock, symbol = next(key for key in keys if one.get(key) != another.get(key))
    expected, shown = _texts("bar", one.get((clock, symbol)), another.get((clock, symbol)))
    return [Divergence(part=feed, kind="bar", clock=clock, subject=symbol, expected=expected, found=shown)]


def _bars(slices: Iterable[tuple[int, tuple[Values, ...]]]) -> Iterator[tuple[tuple[int, str], Values]]:
    for clock, bars in slices:
        for bar in bars:
            yield (clock, str(bar[0])), bar[1:]


def _of_signals(plain: Trace, other: Trace, until: int | None) -> list[Divergence]:
    found = []
    for part in sorted(plain.signals):
        ours, theirs = _upto(plain.signals[part], until), _upto(other.signals.get(part, []), until)
        index = _first_unequal(ours, theirs)
        if index is not None:
            found.append(signal_divergence(part, ours[index], theirs[index]))
    return found


def signal_divergence(part: str, ours: tuple[int, Values], theirs: tuple[int, Values]) -> Divergence:
    """Return what differs between two answers of a strategy, each with its clock."""
    expected, shown = _texts("signal", ours[1], theirs[1]) if ours[0] == theirs[0] else _clocks(ours[0], theirs[0])
    return Divergence(part=part, kind="signal", clock=ours[0], subject="", expected=expected, found=shown)


def _of_events(plain: Trace, other: Trace, until: int | None) -> list[Divergence]:
    ours, theirs = _upto(plain.events, until), _upto(other.events, until)
    if ours == theirs:
        return []
    pairs = zip_longest(ours, theirs)
    one, another = next((one, another) for one, another in pairs if one != another)
    return [event_divergence(one, another)]


def event_divergence(one: Event | None, another: Event | None) -> Divergence:
    """Return what differs between two events at the same place of two runs; one of them may be missing."""
    if one is not None and another is not None and one[:4] == another[:4]:
        expected, found = _texts(one.kind, one.values, another.values)
        event = one
    else:
        event = min(
            (each for each in (one, another) if each is not None), key=lambda each: (each.clock, _RANK[each.kind])
        )
        expected = _shown(one) if one is event else NOTHING
        found = _shown(another) if another is event else NOTHING
    return Divergence(
        part=event.part, kind=event.kind, clock=event.clock, subject=event.subject, expected=expected, found=found
    )


def _shown(event: Event | None) -> str:
    return NOTHING if event is None else _texts(event.kind, event.values, None)[0]


def _texts(kind: str, ours: Values | None, theirs: Values | None) -> tuple[str, str]:
    """Return both sides as text: the values that differ, or all where one side is missing."""
    if ours is None or theirs is None or len(ours) != len(theirs):
        return _values(kind, ours), _values(kind, theirs)
    places = [place for place, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other]
    return _values(kind, ours, places), _values(kind, theirs, places)


def _values(kind: str, values: Values | None, places: Iterable[int] | None = None) -> str:
    if not values:
        return NOTHING
    names = KINDS[kind]
    chosen = range(len(values)) if places is None else places
    return ", ".join(f"{names[place]} {_value(names[place], values[place])}" for place in chosen)


def _value(name: str, value: int | str | None) -> str:
    if value is None or value == "":
        return "none"
    return time_text(value) if name in ("time", "open time") and isinstance(value, int) else str(value)


def _clocks(ours: int, theirs: int) -> tuple[str, str]:
    return f"an answer at {time_text(ours)}", f"an answer at {time_text(theirs)}"


def _upto(items: Sequence[Any], until: int | None) -> Sequence[Any]:
    """Return the items, in order of their clocks, that are not later than a clock."""
    if until is None or not items or items[-1][0] <= until:
        return items
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle][0] <= until:
            low = middle + 1
        else:
            high = middle
    return items[:low]


def _first_unequal(ours: Sequence[Any], theirs: Sequence[Any]) -> int | None:
    """Return the first place at which two sequences differ, as far as the shorter one goes."""
    count = min(len(ours), len(theirs))
    if list(islice(ours, count)) == list(islice(theirs, count)):
        return None
    return next(index for index in range(count) if ours[index] != theirs[index])
