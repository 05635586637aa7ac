"""Drills of the limits that block: one order's value, and exposure, for purchases, sales and another currency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from logos.proofs.rehearsing.measures import MOST_SYMBOLS, CannotRehearse, Values, flat, name_of
from logos.proofs.rehearsing.records import MIDNIGHT, Drill, closes, completed
from logos.proofs.rehearsing.stage import CASH, A, B, Terms, price_text, session_of, strategy

C = "REH-C"
FOREIGN = "REH"
"""A currency that no account is in; two units of it are worth one of the account's."""

_MOST_PARTS = 50
_KEYS = ("gross", "net", "per_symbol")


def max_notional_purchases(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield a purchase of the limit's value, and one a tick above it."""
    ticks, decimals = terms.ticks(Fraction(Decimal(str(guard["limit"]))))
    name = name_of(guard)
    first, second = closes(MIDNIGHT, 0), closes(MIDNIGHT, 2)
    yield Drill(
        name=name,
        guard=name,
        limit=f"limit {guard['limit']}",
        what="an order of the limit's value, then one a tick above it",
        config=session_of(
            terms,
            guards=[guard],
            decimals=decimals,
            strategies=[strategy("within", A, (first, "1")), strategy("above", B, (second, "1"))],
        ),
        bars={A: flat(price_text(ticks, decimals), range(5)), B: flat(price_text(ticks + 1, decimals), range(5))},
        expected=completed(orders=f"1 filled, 2 blocked by {name}", positions=f"{A} 1"),
    )


def max_notional_sales(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield sales within the limit and above it; those that reduce are never blocked."""
    ticks, decimals = terms.ticks(Fraction(Decimal(str(guard["limit"]))))
    name = name_of(guard)
    within, above = price_text(ticks, decimals), price_text(ticks + 1, decimals)
    moments = [closes(MIDNIGHT, minute) for minute in range(7)]
    blocked = f"blocked by {name}"
    yield Drill(
        name=f"{name} sales",
        guard=name,
        limit=f"limit {guard['limit']}",
        what="a short sale a tick above the limit, one at it, one more above it; then above it what only reduces: a "
        "holding sold, a short bought back",
        config=session_of(
            terms,
            guards=[guard],
            decimals=decimals,
            strategies=[
                strategy("holder", A, (moments[0], "1"), (moments[4], "0")),
                strategy("a-short-above", B, (moments[0], "-1")),
                strategy("b-short", B, (moments[2], "-1"), (moments[6], "0")),
                strategy("c-more-above", B, (moments[4], "-1")),
            ],
        ),
        bars={
            A: {**flat(within, range(2)), **flat(above, range(2, 9))},
            B: {0: above, **flat(within, range(1, 4)), **flat(above, range(4, 9))},
        },
        expected=completed(
            orders=f"1 filled, 2 {blocked}, 3-4 filled, 5 {blocked}, 6 filled",
            positions="none",
        ),
    )


def max_notional_converted(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield orders in another currency: at the limit's value in the account's, and above it."""
    ticks, decimals = terms.ticks(2 * Fraction(Decimal(str(guard["limit"]))))
    name, conversion = name_of(guard), f"{FOREIGN}-{terms.currency}"
    config = session_of(
        terms,
        guards=[guard],
        decimals=decimals,
        strategies=[
            strategy("within", A, (closes(MIDNIGHT, 0), "1")),
            strategy("above", B, (closes(MIDNIGHT, 2), "1")),
        ],
    )
    foreign = {**config["instruments"][A], "currency": FOREIGN}
    config["instruments"] = {A: foreign, B: dict(foreign), conversion: {**config["instruments"][A], "tick": "0.1"}}
    config["currencies"][FOREIGN] = {"decimals": terms.decimals}
    config["broker"]["conversions"] = {FOREIGN: conversion}
    yield Drill(
        name=f"{name} converted",
        guard=name,
        limit=f"limit {guard['limit']}",
        what=f"orders in another currency, whose unit is worth 0.5 {terms.currency}: at the limit, then above it",
        config=config,
        bars={
            A: flat(price_text(ticks, decimals), range(5)),
            B: flat(price_text(ticks + 2, decimals), range(5)),
            conversion: flat("0.5", range(5)),
        },
        expected=completed(orders=f"1 filled, 2 blocked by {name}", positions=f"{A} 1"),
    )


def exposure_by_key(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield for each key alone a drill of purchases and then of sales, with orders that work and with positions."""
    return (_one_key(guard, terms, key) for key in _KEYS if guard.get(key) is not None)


def _one_key(guard: Values, terms: Terms, key: str) -> Drill:
    ticks, decimals = terms.ticks(Fraction(Decimal(str(guard[key]))) * CASH)
    name = name_of(guard)
    orders, other, fates, positions = _PLANS[key](ticks)
    strategies = []
    for number, (symbol, minute, sign) in enumerate(orders):
        bought = (closes(MIDNIGHT, minute), sign), (closes(MIDNIGHT, _ALL_CLOSED), "0")
        sold = (closes(MIDNIGHT, _ALL_CLOSED + 2 + minute), str(-int(sign)))
        strategies += [strategy(f"purchases{number}", symbol, *bought), strategy(f"sales{number}", symbol, sold)]
    config = session_of(
        terms, guards=[{"plugin": guard["plugin"], key: guard[key]}], decimals=decimals, strategies=strategies
    )
    config["instruments"][C] = dict(config["instruments"][A])
    return Drill(
        name=f"{name} {key}",
        guard=name,
        limit=f"{key} {guard[key]}",
        what="a purchase of the limit's size; then orders beyond it, while that works and when it is filled"
        f"{_MORE[key]}; everything closed, and the same with sales",
        config=config,
        bars={
            symbol: flat(price_text(price, decimals), range(2 * _ALL_CLOSED + 4))
            for symbol, price in {A: ticks, **other}.items()
        },
        expected=completed(orders=fates.replace("blocked", f"blocked by {name}"), positions=positions),
    )


_ALL_CLOSED = 8
"""The minute at which a drill closes what it has bought, before it does the same with sales."""

_MORE = {
    "gross": "; one of the other side is blocked too",
    "net": "; one of the other side makes room",
    "per_symbol": ", and one in another symbol, a tick above it",
}

_Order = tuple[str, int, str]
"""A symbol, the minute at whose close it is ordered, and the unit: 1 or -1."""

_Plan = tuple[Sequence[_Order], dict[str, int], str, str]
"""The purchases, the prices of what is not A, what becomes of all orders, and what is held in the end."""


def _gross(_ticks: int) -> _Plan:
    orders = [(A, 0, "1"), (B, 0, "1"), (B, 2, "1"), (C, 4, "-1")]
    return orders, {B: 1, C: 1}, "1 filled, 2-4 blocked, 5-6 filled, 7-9 blocked", f"{A} -1"


def _net(ticks: int) -> _Plan:
    orders = [(A, 0, "1"), (B, 0, "1"), (B, 2, "1"), (C, 4, "-1"), (B, 6, "1")]
    fates = "1 filled, 2-3 blocked, 4-9 filled, 10-11 blocked, 12-13 filled"
    return orders, {B: 1, C: ticks}, fates, f"{A} -1, {B} -1, {C} 1"


def _per_symbol(ticks: int) -> _Plan:
    orders = [(A, 0, "1"), (A, 0, "1"), (A, 2, "1"), (B, 2, "1")]
    return orders, {B: ticks + 1}, "1 filled, 2-4 blocked, 5-6 filled, 7-9 blocked", f"{A} -1"


_PLANS = {"gross": _gross, "net": _net, "per_symbol": _per_symbol}


def gross_as_written(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield a drill in which long and short together cross gross, and each for itself keeps the other limits."""
    limits, decimals = _limits(guard, terms)
    others = [limit for key, limit in limits.items() if key != "gross"]
    if "gross" not in limits or not others:
        return
    count = max(2, -(-limits["gross"] // min(others)))
    signs = [1 if number % 2 == 0 else -1 for number in range(count + 1)]
    yield _one_too_many(guard, terms, "gross", (limits["gross"], decimals), signs)


def net_as_written(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield drills in which net is crossed within the other limits; none where gross is crossed before it."""
    limits, decimals = _limits(guard, terms)
    if "net" not in limits or len(limits) < 2:
        return
    count = -(-limits["net"] // limits.get("per_symbol", limits["net"]))
    if limits.get("gross", limits["net"] + count) < limits["net"] + count:
        return
    for sign in (1, -1):
        yield _one_too_many(guard, terms, "net", (limits["net"], decimals), [sign] * (count + 1))


def per_symbol_as_written(guard: Values, terms: Terms) -> Iterator[Drill]:
    """Yield a drill in which one symbol's limit is crossed within the others; none where gross is crossed before it."""
    limits, decimals = _limits(guard, terms)
    own = limits.get("per_symbol")
    if own is None or len(limits) < 2 or own >= limits.get("gross", own + 1):
        return
    if own < limits.get("net", own + 1):
        orders = [(A, 0, "1"), (A, 2, "1")]
        prices = {A: {**flat(price_text(own + 1, decimals), [0]), **flat(price_text(own, decimals), range(1, 5))}}
        yield _written(guard, terms, "per_symbol", orders, prices, decimals, blocked=1)
        return
    parts = _parts(own, limits["net"], limits.get("gross"))
    price = price_text(own // parts, decimals)
    orders = [(symbol, 2 * part, sign) for part in range(parts) for symbol, sign in ((A, "1"), (B, "-1"))]
    spaced = [(symbol, 2 * number, sign) for number, (symbol, _, sign) in enumerate(orders)]
    spaced.append((A, 2 * len(spaced), "1"))
    minutes = range(2 * len(spaced) + 3)
    prices = {A: flat(price, minutes), B: flat(price, minutes)}
    yield _written(guard, terms, "per_symbol", spaced, prices, decimals, blocked=len(spaced))


def _parts(own: int, net: int, gross: int | None) -> int:
    """Return in how many orders a symbol comes to its limit, each hedged at once, so that the others hold."""
    for parts in range(-(-own // net), _MOST_PARTS + 1):
        if gross is None or (2 * parts + 1) * (own // parts) <= gross:
            return parts
    raise CannotRehearse("per_symbol cannot be crossed within net and gross by a small session")


def _limits(guard: Values, terms: Terms) -> tuple[dict[str, int], int]:
    """Return the limits that are set, in ticks, and the decimals of the tick."""
    shares = {key: Fraction(Decimal(str(guard[key]))) * CASH for key in _KEYS if guard.get(key) is not None}
    _, decimals = terms.ticks(max(shares.values()))
    return {key: int(share * 10**decimals) for key, share in shares.items()}, decimals


def _one_too_many(guard: Values, terms: Terms, key: str, limit: tuple[int, int], signs: Sequence[int]) -> Drill:
    """Return a drill in which each symbol has the same part of a limit, and one more a few ticks: it is blocked."""
    ticks, decimals = limit
    count = len(signs) - 1
    part = ticks // count
    if count >= MOST_SYMBOLS or part <= count:
        raise CannotRehearse(f"{key} is crossed by {count:,} positions within the other limits, which are too many")
    symbols = [f"REH-{number:03d}" for number in range(count + 1)]
    orders = [(symbol, 2 * number, str(sign)) for number, (symbol, sign) in enumerate(zip(symbols, signs, strict=True))]
    minutes = range(2 * count + 4)
    prices = {symbol: flat(price_text(part, decimals), minutes) for symbol in symbols[:-1]}
    prices[symbols[-1]] = flat(price_text(count, decimals), minutes)  # more than what was left over by the division
    return _written(guard, terms, key, orders, prices, decimals, blocked=count + 1)


def _written(
    guard: Values,
    terms: Terms,
    key: str,
    orders: Sequence[_Order],
    prices: dict[str, dict[int, str]],
    decimals: int,
    *,
    blocked: int,
) -> Drill:
    """Return a drill of the whole guard in which one order is blocked, by its number."""
    name = name_of(guard)
    held: dict[str, int] = {}
    for number, (symbol, _, sign) in enumerate(orders, 1):
        if number != blocked:
            held[symbol] = held.get(symbol, 0) + int(sign)
    fates = [
        f"{first if first == last else f'{first}-{last}'} {fate}"
        for first, last, fate in (
            (1, blocked - 1, "filled"),
            (blocked, blocked, f"blocked by {name}"),
            (blocked + 1, len(orders), "filled"),
        )
        if first <= last
    ]
    side = ", sales" if orders[0][2] == "-1" else ""
    return Drill(
        name=f"{name} {key} beside the others{side}",
        guard=name,
        limit=", ".join(f"{one} {guard[one]}" for one in _KEYS if guard.get(one) is not None),
        what=f"the guard with all its limits, of which an order crosses {key} alone",
        config=_config(terms, guard, orders, decimals),
        bars=prices,
        expected=completed(
            orders=", ".join(fates), positions=", ".join(f"{symbol} {lots}" for symbol, lots in sorted(held.items()))
        ),
    )


def _config(terms: Terms, guard: Values, orders: Sequence[_Order], decimals: int) -> dict[str, Any]:
    config = session_of(
        terms,
        guards=[guard],
        decimals=decimals,
        strategies=[
            strategy(f"order{number:05d}", symbol, (closes(MIDNIGHT, minute), sign))
            for number, (symbol, minute, sign) in enumerate(orders)
        ],
    )
    config["instruments"] = {symbol: dict(config["instruments"][A]) for symbol, _, _ in orders}
    return config
