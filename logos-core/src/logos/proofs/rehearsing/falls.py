"""Drills of the drawdown limits: equity falls to a tick above one, then to it, in a day, over days and over a pause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from logos.domain.times import parse_time
from logos.proofs.rehearsing.measures import MOST_BARS, CannotRehearse, Values, ceil, name_of
from logos.proofs.rehearsing.records import (
    INTERRUPTED,
    MIDNIGHT,
    MINUTE,
    PAUSED,
    PROOFS,
    Drill,
    Faults,
    closes,
    halted,
)
from logos.proofs.rehearsing.stage import CASH, A, Terms, price_text, session_of, strategy

_DAY = 1_440
_EVENING = MIDNIGHT - 3 * MINUTE


def drawdown_max(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield a fall from a peak that is not the starting cash, with a pause and a resume on the way."""
    if guard.get("max") is None:
        return
    cash = _cash(terms)
    lost, peak = ceil(_share(guard, "max") * 2 * cash), 3 * cash
    falls = [2 * cash] * 3 + [peak, peak - lost // 2, peak - lost // 2, peak - lost + 1] + [peak - lost] * 2
    what = "equity doubles and falls half of the way; a pause and a resume; then to a tick above the limit, then to it"
    yield _falls(guard, terms, "max", falls, what=what, emptied=lost >= 2 * cash, pause_after=3)


def drawdown_daily(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield a fall from the equity of the day before, with a pause and a resume on the way."""
    if guard.get("daily") is None:
        return
    cash = _cash(terms)
    share = _share(guard, "daily")
    start, base = 2 * cash, cash - int(share * cash / 2)
    lost, evening = ceil(share * base), 2 * cash - (cash - base)
    falls = [start, start, evening, evening - lost // 2, evening - lost + 1] + [evening - lost] * 2
    what = (
        "half the limit is lost before midnight, half of the rest after it; a pause and a resume; then equity falls to "
        "a tick above the limit from midnight, then to it"
    )
    yield _falls(guard, terms, "daily", falls, what=what, emptied=base <= lost, begin=_EVENING, pause_after=2)


def max_as_written(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield a fall to the limit over so many days that none loses its own; none for the whole, which halts anyway."""
    if guard.get("max") is None or guard.get("daily") is None or _share(guard, "max") == 1:
        return
    cash, daily = _cash(terms), _share(guard, "daily")
    target = cash - ceil(_share(guard, "max") * cash)
    equity = cash
    path = {0: cash, 1: cash, 2: cash}
    day = 0
    while equity > target + 1:
        day += 1
        after = max(target + 1, equity - ceil(daily * equity) + 1)
        if after == equity or day > MOST_BARS:
            raise CannotRehearse(f"max is not reached within {MOST_BARS:,} days that each lose less than daily")
        equity = path[day * _DAY] = after
    if ceil(daily * equity) <= 1:
        raise CannotRehearse("daily is less than the smallest amount of money, so that max is never reached before it")
    halt = (day + 1) * _DAY
    path |= {halt: target, halt + 1: target}
    what = "the guard with both its limits: equity falls to max over days of which none loses as much as daily"
    yield _beside(guard, terms, "max", {minute: cash + one for minute, one in path.items()}, halt, MIDNIGHT, what)


def daily_as_written(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield a fall within a day that is less than max; none where max is reached before it."""
    if guard.get("max") is None or guard.get("daily") is None or _share(guard, "daily") >= _share(guard, "max"):
        return
    start, lost = 2 * _cash(terms), ceil(_share(guard, "daily") * _cash(terms))
    falls = [start] * 4 + [start - lost + 1] + [start - lost] * 2
    what = "the guard with both its limits: within a day equity falls to a tick above daily, then to it, above max"
    yield _beside(guard, terms, "daily", dict(enumerate(falls)), 5, _EVENING, what)


def _cash(terms: Terms) -> int:
    return CASH * int(10**terms.decimals)


def _share(guard: Values, key: str) -> Fraction:
    return Fraction(Decimal(str(guard[key])))


def _falls(  # noqa: PLR0913 -- a drill has as many parts
    guard: Values,
    terms: Terms,
    key: str,
    prices: Sequence[int],
    *,
    what: str,
    emptied: bool,
    begin: int = MIDNIGHT,
    pause_after: int,
) -> Drill:
    """Return a drill of one limit alone, with a price for each minute, of which the last but one halts."""
    name = name_of(guard)
    return _drill(
        terms,
        guard={"plugin": guard["plugin"], key: guard[key]},
        name=f"{name} {key}",
        limit=f"{key} {guard[key]}",
        what=what,
        prices=dict(enumerate(prices)),
        begin=begin,
        halt=len(prices) - 2,
        causes=(name, "account") if emptied else (name,),
        pause_after=parse_time(closes(begin, pause_after)),
    )


def _beside(
    guard: Values, terms: Terms, key: str, prices: Mapping[int, int], halt: int, begin: int, what: str
) -> Drill:
    name = name_of(guard)
    return _drill(
        terms,
        guard=guard,
        name=f"{name} {key} beside the other",
        limit=f"max {guard['max']}, daily {guard['daily']}",
        what=what,
        prices=prices,
        begin=begin,
        halt=halt,
        causes=(name,),
    )


def _drill(  # noqa: PLR0913 -- a drill has as many parts
    terms: Terms,
    *,
    guard: Values,
    name: str,
    limit: str,
    what: str,
    prices: Mapping[int, int],
    begin: int,
    halt: int,
    causes: Sequence[str],
    pause_after: int | None = None,
) -> Drill:
    """Return a drill with one unit of A bought for twice the cash, so that equity falls by what the price falls."""
    expected = halted(*causes, at=closes(begin, halt), orders="1 filled", positions=f"{A} 1", proofs=PROOFS)
    return Drill(
        name=name,
        guard=name_of(guard),
        limit=limit,
        what=what,
        config=session_of(terms, guards=[guard], strategies=[strategy("holder", A, (closes(begin, 0), "1"))]),
        begin=begin,
        bars={A: {minute: price_text(price, terms.decimals) for minute, price in prices.items()}},
        expected=expected if pause_after is None else {INTERRUPTED: PAUSED, **expected},
        faults=Faults(pause_after=pause_after),
    )
