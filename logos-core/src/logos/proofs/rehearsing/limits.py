"""A drill for each limit of a config: bars, cash and orders are derived from the limit, so that it is just crossed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from logos.domain.times import parse_duration
from logos.proofs.rehearsing.caps import (
    exposure_by_key,
    gross_as_written,
    max_notional_converted,
    max_notional_purchases,
    max_notional_sales,
    net_as_written,
    per_symbol_as_written,
)
from logos.proofs.rehearsing.falls import daily_as_written, drawdown_daily, drawdown_max, max_as_written
from logos.proofs.rehearsing.measures import MOST_BARS, CannotRehearse, Values, flat, later, name_of
from logos.proofs.rehearsing.rates import (
    order_rate_crossed,
    order_rate_resumed,
    reject_rate_crossed,
    reject_rate_over,
    reject_rate_resumed,
)
from logos.proofs.rehearsing.records import MIDNIGHT, MINUTE, PROOFS, Drill, closes, halted
from logos.proofs.rehearsing.stage import A, B, Terms, session_of, strategy

Maker = Callable[[Values, Terms], Iterator[Drill]]
"""Makes drills of one entry of ``guards:``, whose values are resolved.

It raises ``CannotRehearse`` where its limit cannot be crossed by a small session.
"""


def makers_for(name: str) -> Sequence[Maker]:
    """Return what makes the drills of a guard of ``logos-risk``.

    Raises
    ------
    KeyError
        Where the guard is not one of those known here.
    """
    return _MAKERS[name]


def knows(name: str) -> bool:
    """Return whether there are drills for a guard of ``logos-risk``."""
    return name in _MAKERS


def _stale_data(guard: Values, terms: Terms) -> Iterator[Drill]:
    after = parse_duration(str(guard["after"]))
    yield (_stale_any if guard["halt"] == "any" else _stale_all)(guard, terms, after)


def _stale_any(guard: Values, terms: Terms, after: int) -> Drill:
    """Return a drill in which B has one bar and A goes on."""
    minutes = after // MINUTE + 1
    if minutes > MOST_BARS:
        raise CannotRehearse(f"after is {guard['after']}, and a rehearsal has at most {MOST_BARS:,} bars a symbol")
    return Drill(
        name="stale_data any",
        guard=name_of(guard),
        limit=f"after {guard['after']}, halt any",
        what=f"one symbol falls silent, the other's bars go on until it is older than {guard['after']}",
        config=session_of(terms, guards=[guard], strategies=[strategy("holder", A, (closes(MIDNIGHT, 0), "1"))]),
        bars={A: flat("1", range(minutes + 3)), B: flat("1", range(1))},
        expected=halted(
            name_of(guard), at=closes(MIDNIGHT, minutes), orders="1 filled", positions=f"{A} 1", proofs=PROOFS
        ),
    )


def _stale_all(guard: Values, terms: Terms, after: int) -> Drill:
    """Return a drill in which the feed falls silent, and ticks."""
    step = max(1, after // 10)
    count = after // step + 1
    return Drill(
        name="stale_data all",
        guard=name_of(guard),
        limit=f"after {guard['after']}, halt all",
        what=f"the feed falls silent, and its clock ticks until every bar is older than {guard['after']}",
        config=session_of(
            terms,
            guards=[guard],
            strategies=[strategy("holder", A, (closes(MIDNIGHT, 0), "1"))],
            feed={"plugin": "scripted", "ticks": count + 3, "tick": f"{step}s"},
        ),
        bars={A: flat("1", range(3)), B: flat("1", range(3))},
        expected=halted(
            name_of(guard),
            at=later(closes(MIDNIGHT, 2), count * step),
            orders="1 filled",
            positions=f"{A} 1",
            proofs=PROOFS,
        ),
    )


_MAKERS: Mapping[str, Sequence[Maker]] = {
    "max_notional": (max_notional_purchases, max_notional_sales, max_notional_converted),
    "exposure": (exposure_by_key, gross_as_written, net_as_written, per_symbol_as_written),
    "drawdown": (drawdown_max, drawdown_daily, max_as_written, daily_as_written),
    "stale_data": (_stale_data,),
    "reject_rate": (reject_rate_crossed, reject_rate_resumed, reject_rate_over),
    "order_rate": (order_rate_crossed, order_rate_resumed),
    "kill_switch": (),  # the runner obeys the file, and ``stops`` rehearses it with the guard's own file
}
