"""Drills of several guards at once, of a guard that raises, and of a kill file that is there before the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from logos.domain.times import parse_duration, parse_time
from logos.proofs.rehearsing.measures import MOST_BARS, MOST_ORDERS
from logos.proofs.rehearsing.records import (
    CAUSES,
    HALTED_AT,
    MIDNIGHT,
    MINUTE,
    PROOFS,
    Drill,
    Faults,
    closes,
    completed,
    halted,
)
from logos.proofs.rehearsing.stage import CASH, A, B, Terms, price_text, session_of, strategy
from logos.session.guarding import KILL_SWITCH

Guards = Sequence[Mapping[str, Any]]


def plugin_name(guard: Mapping[str, Any]) -> str:
    """Return the short name of a guard of a config."""
    return str(guard["plugin"]).rpartition("/")[2]


def blocks_at_once(guards: Guards, terms: Terms) -> Iterator[Drill]:
    """Yield a drill in which one order breaks every cap of a config; nothing where there are fewer than two."""
    caps = [guard for guard in guards if plugin_name(guard) in {"max_notional", "exposure"} or _is_small_rate(guard)]
    if len(caps) < 2:
        return
    before = max([int(guard["max"]) for guard in caps if plugin_name(guard) == "order_rate"], default=1)
    value = 2 * max(_greatest(guard) for guard in caps)
    ticks, decimals = terms.ticks(value + 1)
    at = closes(MIDNIGHT, 0)
    first = [strategy(f"order{number:05d}", A, (at, "1")) for number in range(1, before + 1)]
    names = "+".join(dict.fromkeys(plugin_name(guard) for guard in caps))
    yield Drill(
        name="several caps at once",
        guard=", ".join(plugin_name(guard) for guard in caps),
        limit="as above",
        what="one order that breaks all of them: every cause is recorded, in the order of the config",
        config=session_of(
            terms, guards=caps, decimals=decimals, strategies=[*first, strategy("too-much", B, (at, "1"))]
        ),
        bars={
            A: dict.fromkeys(range(3), price_text(1, decimals)),
            B: dict.fromkeys(range(3), price_text(ticks, decimals)),
        },
        expected=completed(
            orders=f"{'1' if before == 1 else f'1-{before}'} filled, {before + 1} blocked by {names}",
            positions=f"{A} {before}",
        ),
    )


def _is_small_rate(guard: Mapping[str, Any]) -> bool:
    return plugin_name(guard) == "order_rate" and int(guard["max"]) <= MOST_ORDERS


def _greatest(guard: Mapping[str, Any]) -> Fraction:
    """Return the value above which an order breaks every limit of a cap."""
    if plugin_name(guard) == "max_notional":
        return Fraction(Decimal(str(guard["limit"])))
    shares = [Decimal(str(guard[key])) for key in ("gross", "net", "per_symbol") if guard.get(key) is not None]
    return Fraction(max(shares, default=Decimal(0))) * CASH


def halts_at_once(guards: Guards, terms: Terms, kill_file: str) -> Iterator[Drill]:
    """Yield a drill in which every guard that can halt at a slice with bars halts at the same one, with the kill file.

    ``stale_data`` with ``halt: all`` cannot: it halts only where no bar comes.
    """
    silent = min(map(_minutes, filter(_is_stale_any, guards)), default=0)
    last = max(silent, 3)
    halting = [one for one in guards if _halts_with_bars(one) and (not _is_stale_any(one) or _minutes(one) == silent)]
    if not halting or last > MOST_BARS:
        return
    at, before = closes(MIDNIGHT, 0), closes(MIDNIGHT, last - 1)
    rejected = max([int(one["max"]) + 1 for one in halting if plugin_name(one) == "reject_rate"], default=0)
    orders = [strategy("a-holder", A, (at, "1"))]
    orders += [strategy(f"order{number:05d}", A, (before, "1")) for number in range(rejected)]
    money = price_text(2 * CASH * 10**terms.decimals, terms.decimals)
    prices = {**dict.fromkeys(range(last), money), last: str(CASH + 1), last + 1: str(CASH + 1)}
    bars = {A: prices, **({B: dict.fromkeys(range(last - silent + 1), "1")} if silent else {})}
    causes = [plugin_name(guard) for guard in halting]
    if KILL_SWITCH not in causes:
        causes.append(KILL_SWITCH)
    rejections = f", {'2' if rejected == 1 else f'2-{rejected + 1}'} rejected" if rejected else ""
    yield Drill(
        name="several halts at once",
        guard=", ".join(causes),
        limit="as above",
        what="all of them at one bar, the kill file among them: every cause is recorded, in the order of the config",
        config=session_of(terms, guards=halting, strategies=orders),
        bars=bars,
        expected=halted(
            *causes, at=closes(MIDNIGHT, last), orders=f"1 filled{rejections}", positions=f"{A} 1", proofs=PROOFS
        ),
        faults=Faults(rejects_from=2 if rejected else 0, kill_after=parse_time(closes(MIDNIGHT, last - 2))),
        kill_file=kill_file,
    )


def _minutes(guard: Mapping[str, Any]) -> int:
    """Return how many minutes after its last bar a symbol is stale at a bar of another."""
    return parse_duration(str(guard["after"])) // MINUTE + 1


def _is_stale_any(guard: Mapping[str, Any]) -> bool:
    return plugin_name(guard) == "stale_data" and guard["halt"] == "any"


def _halts_with_bars(guard: Mapping[str, Any]) -> bool:
    name = plugin_name(guard)
    if name == "reject_rate":
        return parse_duration(str(guard["per"])) > MINUTE and int(guard["max"]) < MOST_ORDERS
    return name in {"drawdown", KILL_SWITCH} or _is_stale_any(guard)


def raising_guards(guards: Guards, terms: Terms) -> Iterator[Drill]:
    """Yield two drills in which the first guard but the kill switch raises: at an order, and at a bar."""
    able = [guard for guard in guards if plugin_name(guard) != KILL_SWITCH]  # a replay takes its halts for kill files
    if not able:
        return
    name = plugin_name(able[0])
    at = closes(MIDNIGHT, 0)
    config = session_of(terms, guards=[able[0]], strategies=[strategy("one-order", A, (at, "1"))])
    bars = {A: dict.fromkeys(range(3), "1")}
    yield Drill(
        name="a guard that raises at an order",
        what="what it raises is a veto: the order does not go out, the session goes on",
        config=config,
        bars=bars,
        expected=completed(orders=f"1 blocked by {name}", positions="none"),
        faults=Faults(raises="judge"),
    )
    yield Drill(
        name="a guard that raises at a bar",
        what="a guard that can halt, and raises, halts",
        config=config,
        bars=bars,
        expected=halted(name, at=at, orders="none", positions="none", proofs=PROOFS),
        faults=Faults(raises="inspect"),
    )


def killed_before(terms: Terms, guards: Guards, kill_file: str) -> Drill:
    """Return the drill of a session that is started while a kill file is there."""
    expected = halted(KILL_SWITCH, at="", orders="none", positions="none", proofs=PROOFS)
    return Drill(
        name="kill file before the start",
        guard=KILL_SWITCH,
        limit=kill_file,
        what="the file is there already: the session opens, halts before its first bar, and is complete",
        config=session_of(terms, guards=guards, strategies=[strategy("holder", A, (closes(MIDNIGHT, 0), "1"))]),
        bars={A: dict.fromkeys(range(3), "1")},
        expected={**expected, HALTED_AT: closes(MIDNIGHT, -1), CAUSES: KILL_SWITCH},
        faults=Faults(kill_first=True),
        kill_file=kill_file,
    )
