"""Drills of the limits on a number within a window: at the limit, behind the window, and over a pause in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from logos.domain.times import parse_duration, parse_time
from logos.proofs.rehearsing.measures import (
    MOST_ORDERS,
    CannotRehearse,
    Values,
    flat,
    later,
    minutes_until_over,
    name_of,
    span,
)
from logos.proofs.rehearsing.records import (
    INTERRUPTED,
    MIDNIGHT,
    MINUTE,
    PAUSED,
    PROOFS,
    Drill,
    Faults,
    closes,
    completed,
    halted,
)
from logos.proofs.rehearsing.stage import A, Terms, session_of, strategy

_FIRST = Faults(pause_after=parse_time(closes(MIDNIGHT, -1)))
"""A pause behind the first bar."""

_LEAST_FOR_A_PAUSE = 2 * MINUTE
"""Seconds of a window into which a bar with rejections, a pause and a bar with one more do not fit."""


def order_rate_crossed(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield one order too many at a bar, and another one once the window is over."""
    most, name = _most(guard), name_of(guard)
    over = minutes_until_over(parse_duration(str(guard["per"])))
    yield Drill(
        name=name,
        guard=name,
        limit=f"max {most} per {guard['per']}",
        what=f"{most + 1} orders at one bar; when {guard['per']} are over, another one",
        config=session_of(terms, guards=[guard], strategies=_orders([0] * (most + 1) + [over])),
        bars={A: flat("1", [0, 1, 2, over, over + 1, over + 2])},
        expected=completed(
            orders=f"{span(1, most)} filled, {most + 1} blocked by {name}, {most + 2} filled",
            positions=f"{A} {most + 1}",
        ),
    )


def order_rate_resumed(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield all orders at a bar, a pause and a resume, and one too many at the window's last bar."""
    most, name = _most(guard), name_of(guard)
    per, limit = _longer(guard, above=MINUTE, else_per="2m")
    over = minutes_until_over(parse_duration(per))
    yield Drill(
        name=f"{name}, resumed",
        guard=name,
        limit=limit,
        what=f"{most} orders at one bar; a pause and a resume; one more at the last bar within {per}, one behind it",
        config=session_of(terms, guards=[{**guard, "per": per}], strategies=_orders([0] * most + [over - 1, over])),
        bars={A: flat("1", [0, 1, over - 1, over, over + 1, over + 2])},
        expected={
            INTERRUPTED: PAUSED,
            **completed(
                orders=f"{span(1, most)} filled, {most + 1} blocked by {name}, {most + 2} filled",
                positions=f"{A} {most + 1}",
            ),
        },
        faults=_FIRST,
    )


def reject_rate_crossed(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield as many rejections as are tolerated, a pause and a resume, and one more.

    A window that is over before a pause is rehearsed without one, and then a longer one with it.
    """
    per = parse_duration(str(guard["per"]))
    if per <= 1:
        raise CannotRehearse("a window of one second is over before the guard looks again, so that it cannot trip")
    if per <= _LEAST_FOR_A_PAUSE:
        yield _rejected_at_once(guard, terms, per)


def reject_rate_over(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield as many rejections as are tolerated, and one more once the window is over: the session goes on."""
    most, name = _most(guard), name_of(guard)
    over = minutes_until_over(parse_duration(str(guard["per"])))
    yield Drill(
        name=f"{name}, window over",
        guard=name,
        limit=f"max {most} per {guard['per']}",
        what=f"the broker rejects {most} orders, and one more when {guard['per']} are over: the session goes on",
        config=session_of(terms, guards=[guard], strategies=_orders([0] * most + [over])),
        bars={A: flat("1", [0, 1, over, over + 1, over + 2])},
        expected=completed(orders=f"{span(1, most + 1)} rejected", positions="none"),
        faults=Faults(rejects_from=1),
    )


def reject_rate_resumed(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield as many rejections as are tolerated, a pause and a resume, and one more within the window."""
    most, name = _most(guard), name_of(guard)
    per, limit = _longer(guard, above=_LEAST_FOR_A_PAUSE, else_per="10m")
    expected = halted(
        name, at=closes(MIDNIGHT, 2), orders=f"{span(1, most + 1)} rejected", positions="none", proofs=PROOFS
    )
    yield Drill(
        name=name,
        guard=name,
        limit=limit,
        what=f"the broker rejects {most} orders; a pause and a resume; then it rejects one more",
        config=session_of(terms, guards=[{**guard, "per": per}], strategies=_orders([0] * most + [1])),
        bars={A: flat("1", range(4))},
        expected={INTERRUPTED: PAUSED, **expected},
        faults=Faults(rejects_from=1, pause_after=_FIRST.pause_after),
    )


def _rejected_at_once(guard: Values, terms: Terms, per: int) -> Drill:
    most, name = _most(guard), name_of(guard)
    last = 1 if per > MINUTE + 1 else 0  # where the window spans two bars, the tolerated ones come a bar before it
    return Drill(
        name=f"{name}, at once",
        guard=name,
        limit=f"max {most} per {guard['per']}",
        what=f"the broker rejects {most} orders, which is tolerated, then one more",
        config=session_of(
            terms,
            guards=[guard],
            strategies=_orders([0] * most + [last]),
            feed={"plugin": "scripted", "ticks": 3, "tick": "1s"},
        ),
        bars={A: flat("1", range(last + 1))},
        expected=halted(
            name,
            at=later(closes(MIDNIGHT, last), 1),
            orders=f"{span(1, most + 1)} rejected",
            positions="none",
            proofs=PROOFS,
        ),
        faults=Faults(rejects_from=1),
    )


def _most(guard: Values) -> int:
    most = int(guard["max"])
    if most > MOST_ORDERS:
        raise CannotRehearse(f"max is {most:,}, and a rehearsal sends at most {MOST_ORDERS:,} orders")
    return most


def _longer(guard: Values, *, above: int, else_per: str) -> tuple[str, str]:
    """Return a window that a pause between two bars fits into, the config's where it does, and how it is told."""
    per = str(guard["per"])
    if parse_duration(per) > above:
        return per, f"max {guard['max']} per {per}"
    return else_per, f"max {guard['max']} per {else_per} instead of {per}, which is over too soon for a pause"


def _orders(minutes: Sequence[int]) -> list[dict[str, object]]:
    """Return a strategy for each order of one unit of A, at the close of these minutes."""
    return [
        strategy(f"order{number:05d}", A, (closes(MIDNIGHT, minute), "1")) for number, minute in enumerate(minutes, 1)
    ]
