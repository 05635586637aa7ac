"""A drill for each limit of a config: bars, cash and orders are derived from the limit, so that it is just crossed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from logos.domain.times import parse_duration, parse_time, time_text
from logos.proofs.rehearsing.records import MIDNIGHT, MINUTE, PROOFS, Drill, Faults, closes, completed, halted
from logos.proofs.rehearsing.stage import CASH, A, B, Terms, price_text, session_of, strategy

MOST_ORDERS = 1_000
"""Above this a limit on a number of orders or rejections is not rehearsed: the session would no longer be small."""

MOST_BARS = 3_000

Values = Mapping[str, Any]


class CannotRehearse(Exception):  # noqa: N818 -- no fault: it says why there is no drill
    """Why a limit is not rehearsed."""


def drills_for(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield the drills of one entry of ``guards:``, whose values are resolved.

    Raises
    ------
    CannotRehearse
        Where the limit cannot be crossed by a small session.
    KeyError
        Where the guard is not one of those known here.
    """
    yield from _DRILLS[str(guard["plugin"]).rpartition("/")[2]](guard, terms)


def knows(name: str) -> bool:
    """Return whether there are drills for a guard of ``logos-risk``."""
    return name in _DRILLS


def _max_notional(guard: Values, terms: Terms) -> Iterator[Drill]:
    limit = Decimal(str(guard["limit"]))
    ticks, decimals = terms.ticks(Fraction(limit))
    yield _caps(
        guard,
        terms,
        "limit",
        (ticks, ticks + 1),
        decimals,
        what="an order of the limit's value, then one a tick above it",
    )


def _exposure(guard: Values, terms: Terms) -> Iterator[Drill]:
    for key in ("gross", "net", "per_symbol"):
        if guard.get(key) is None:
            continue
        ticks, decimals = terms.ticks(Fraction(Decimal(str(guard[key]))) * CASH)
        second = ticks + 1 if key == "per_symbol" else 1
        what = "a position of the limit's size, then an order " + (
            "in another symbol, a tick above it" if key == "per_symbol" else "of one tick more"
        )
        yield _caps({"plugin": guard["plugin"], key: guard[key]}, terms, key, (ticks, second), decimals, what=what)


def _caps(guard: Values, terms: Terms, key: str, prices: tuple[int, int], decimals: int, *, what: str) -> Drill:
    """Return a drill in which an order of one unit of A passes, and one of B, two bars later, is blocked."""
    name = _name(guard)
    return Drill(
        name=f"{name} {key}" if key != "limit" else name,
        guard=name,
        limit=f"{key} {guard[key]}",
        what=what,
        config=session_of(
            terms,
            guards=[dict(guard)],
            decimals=decimals,
            strategies=[
                strategy("within", A, (closes(MIDNIGHT, 0), "1")),
                strategy("above", B, (closes(MIDNIGHT, 2), "1")),
            ],
        ),
        bars={A: _flat(price_text(prices[0], decimals), 5), B: _flat(price_text(prices[1], decimals), 5)},
        expected=completed(orders=f"1 filled, 2 blocked by {name}", positions=f"{A} 1"),
    )


def _drawdown(guard: Values, terms: Terms) -> Iterator[Drill]:
    if guard.get("max") is not None:
        yield _max_drawdown(guard, terms)
    if guard.get("daily") is not None:
        yield _daily_loss(guard, terms)


def _max_drawdown(guard: Values, terms: Terms) -> Drill:
    unit = 10**terms.decimals
    cash = CASH * unit
    lost = _ceil(Fraction(Decimal(str(guard["max"]))) * cash)
    prices = [2 * cash] * 3 + [2 * cash - lost + 1] + [2 * cash - lost] * 2
    return _falls(
        guard,
        terms,
        "max",
        prices,
        MIDNIGHT,
        what="equity falls to a tick above the limit, then to the limit",
        emptied=lost >= cash,
    )


def _daily_loss(guard: Values, terms: Terms) -> Drill:
    unit = 10**terms.decimals
    cash = CASH * unit
    share = Fraction(Decimal(str(guard["daily"])))
    base = cash - int(share * cash / 2)
    lost = _ceil(share * base)
    start = 2 * cash
    prices = [start, start, start - (cash - base), start - (cash - base), start - (cash - base) - lost + 1]
    prices += [prices[-1] - 1] * 2
    what = "half the limit is lost before midnight; then equity falls to a tick above the limit from there, then to it"
    return _falls(guard, terms, "daily", prices, MIDNIGHT - 3 * MINUTE, what=what, emptied=base - lost <= 0)


def _falls(guard: Values, terms: Terms, key: str, prices: list[int], begin: int, *, what: str, emptied: bool) -> Drill:
    """Return a drill with one unit of A bought for twice the cash, so that equity falls by what the price falls."""
    name = _name(guard)
    causes = (name, "account") if emptied else (name,)
    return Drill(
        name=f"{name} {key}",
        guard=name,
        limit=f"{key} {guard[key]}",
        what=what,
        config=session_of(
            terms,
            guards=[{"plugin": guard["plugin"], key: guard[key]}],
            strategies=[strategy("holder", A, (closes(begin, 0), "1"))],
        ),
        begin=begin,
        bars={A: {minute: price_text(price, terms.decimals) for minute, price in enumerate(prices)}},
        expected=halted(
            *causes, at=closes(begin, len(prices) - 2), orders="1 filled", positions=f"{A} 1", proofs=PROOFS
        ),
    )


def _order_rate(guard: Values, terms: Terms) -> Iterator[Drill]:
    most = int(guard["max"])
    if most > MOST_ORDERS:
        raise CannotRehearse(f"max is {most:,}, and a rehearsal sends at most {MOST_ORDERS:,} orders")
    name = _name(guard)
    at = closes(MIDNIGHT, 0)
    yield Drill(
        name=name,
        guard=name,
        limit=f"max {most} per {guard['per']}",
        what=f"{most + 1} orders at one bar",
        config=session_of(
            terms,
            guards=[dict(guard)],
            strategies=[strategy(f"order{number:05d}", A, (at, "1")) for number in range(1, most + 2)],
        ),
        bars={A: _flat("1", 3)},
        expected=completed(orders=f"{_span(1, most)} filled, {most + 1} blocked by {name}", positions=f"{A} {most}"),
    )


def _reject_rate(guard: Values, terms: Terms) -> Iterator[Drill]:
    most, per = int(guard["max"]), parse_duration(str(guard["per"]))
    if most > MOST_ORDERS:
        raise CannotRehearse(f"max is {most:,}, and a rehearsal sends at most {MOST_ORDERS:,} orders")
    if per <= 1:
        raise CannotRehearse("a window of one second is over before the guard looks again, so that it cannot trip")
    name = _name(guard)
    last = (
        1 if per > MINUTE + 1 else 0
    )  # where the window spans two bars, the tolerated ones come a bar before the last
    moments = [closes(MIDNIGHT, 0)] * most + [closes(MIDNIGHT, last)]
    yield Drill(
        name=name,
        guard=name,
        limit=f"max {most} per {guard['per']}",
        what=f"the broker rejects {most} orders, which is tolerated, then one more",
        config=session_of(
            terms,
            guards=[dict(guard)],
            strategies=[strategy(f"order{number:05d}", A, (at, "1")) for number, at in enumerate(moments, 1)],
            feed={"plugin": "scripted", "ticks": 3, "tick": "1s"},
        ),
        bars={A: _flat("1", last + 1)},
        expected=halted(
            name,
            at=_later(closes(MIDNIGHT, last), 1),
            orders=f"{_span(1, most + 1)} rejected",
            positions="none",
            proofs=PROOFS,
        ),
        faults=Faults(rejects_from=1),
    )


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
        guard=_name(guard),
        limit=f"after {guard['after']}, halt any",
        what=f"one symbol falls silent, the other's bars go on until it is older than {guard['after']}",
        config=session_of(terms, guards=[dict(guard)], strategies=[strategy("holder", A, (closes(MIDNIGHT, 0), "1"))]),
        bars={A: _flat("1", minutes + 3), B: _flat("1", 1)},
        expected=halted(
            _name(guard), at=closes(MIDNIGHT, minutes), orders="1 filled", positions=f"{A} 1", proofs=PROOFS
        ),
    )


def _stale_all(guard: Values, terms: Terms, after: int) -> Drill:
    """Return a drill in which the feed falls silent, and ticks."""
    step = max(1, after // 10)
    count = after // step + 1
    return Drill(
        name="stale_data all",
        guard=_name(guard),
        limit=f"after {guard['after']}, halt all",
        what=f"the feed falls silent, and its clock ticks until every bar is older than {guard['after']}",
        config=session_of(
            terms,
            guards=[dict(guard)],
            strategies=[strategy("holder", A, (closes(MIDNIGHT, 0), "1"))],
            feed={"plugin": "scripted", "ticks": count + 3, "tick": f"{step}s"},
        ),
        bars={A: _flat("1", 3), B: _flat("1", 3)},
        expected=halted(
            _name(guard),
            at=_later(closes(MIDNIGHT, 2), count * step),
            orders="1 filled",
            positions=f"{A} 1",
            proofs=PROOFS,
        ),
    )


def _kill_switch(_guard: Values, _terms: Terms) -> Iterator[Drill]:
    """Yield nothing: the runner obeys the file, and ``stops`` rehearses it with the guard's own file."""
    return iter(())


_DRILLS: Mapping[str, Callable[[Values, Terms], Iterator[Drill]]] = {
    "max_notional": _max_notional,
    "exposure": _exposure,
    "drawdown": _drawdown,
    "stale_data": _stale_data,
    "reject_rate": _reject_rate,
    "order_rate": _order_rate,
    "kill_switch": _kill_switch,
}


def _name(guard: Values) -> str:
    return str(guard["plugin"]).rpartition("/")[2]


def _flat(price: str, count: int) -> dict[int, str]:
    return dict.fromkeys(range(count), price)


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _later(text: str, seconds: int) -> str:
    return time_text(parse_time(text) + seconds)
