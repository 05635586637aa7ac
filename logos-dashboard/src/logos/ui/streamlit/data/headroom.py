"""How far each guard's limit is away, from the snapshot and the config alone.

A guard knows its own headroom only inside the session. What the guards that come with Logos look at stands in the
snapshot, so the same numbers can be had outside; of other guards only the limits can be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from logos.domain.errors import InputError
from logos.domain.times import parse_duration, parse_time
from logos.ui.streamlit.data.live_session import HALTED, LiveSession
from logos.ui.streamlit.design.formats import duration

CLOSE = Decimal("0.8")
"""From this share of a limit on, a guard is called near it."""

CLOSE_IN_USE = Decimal("0.95")
"""The same of a limit that an ordinary session nearly fills all the time, as a fully invested one that of exposure."""
EXPOSURE = "exposure"
_DRAWDOWN = "drawdown"
_FALL = "fall from the peak"
_ONE = Decimal(1)


@attrs.frozen(kw_only=True)
class Gauge:
    """One limit of a guard.

    Attributes
    ----------
    guard, name:
        The guard as the config names it, and which of its limits this is.
    kind:
        What ``limit`` and ``now`` count: ``ratio``, ``money``, ``count``, ``seconds``, or ``text`` for neither.
    limit, now:
        ``None`` where there is none, or nobody outside the session knows.
    note:
        What a reader must know of the numbers, or says the limit in words.
    verdict:
        How the guard stands, in words.
    tone:
        ``bad`` where it has halted the session or broken, ``warn`` near the limit, else ``neutral``.
    blocked, halted:
        How often the guard did, in the whole session.
    """

    guard: str
    name: str = ""
    kind: str = "text"
    limit: Decimal | None = None
    now: Decimal | None = None
    note: str = ""
    verdict: str = ""
    tone: str = "neutral"
    blocked: int = 0
    halted: int = 0

    @property
    def left(self) -> Decimal | None:
        """Return how far the limit is away; 0 where it is reached."""
        return None if self.limit is None or self.now is None else max(Decimal(0), self.limit - self.now)


_Limits = Callable[[Mapping[str, Any], Mapping[str, Any], LiveSession], Iterator[Gauge]]


def gauges_of(session: LiveSession) -> list[Gauge]:
    """Return the limits of every guard, in the order of the config."""
    states = session.state.get("guards")
    kept = [one if isinstance(one, dict) else {} for one in states] if isinstance(states, list) else []
    named = session.config.get("guards")
    sections = [one if isinstance(one, dict) else {} for one in named] if isinstance(named, list) else []
    if len(sections) != len(kept):  # the config cannot be read: the snapshot still names the guards
        sections = [{"plugin": one.get("guard", "")} for one in kept]
    found: list[Gauge] = []
    for section, entry in zip(sections, kept, strict=True):
        name = str(section.get("plugin", ""))
        state = entry.get("state")
        limits = _limits(name, section, state if isinstance(state, dict) else {}, session)
        fault = str(entry.get("fault") or "")
        judged = [_judged(attrs.evolve(gauge, guard=name), fault, session) for gauge in limits]
        found += _halted(judged) if _has_halted(name, session) and not fault else judged
    return found


def fall_limit(gauges: Sequence[Gauge]) -> Gauge | None:
    """Return the limit on the fall from the peak that is reached first; a limit on the loss of a day is none."""
    falls = [one for one in gauges if one.guard == _DRAWDOWN and one.name == _FALL and one.limit is not None]
    return min(falls, key=lambda one: one.limit or Decimal(0), default=None)


def _has_halted(name: str, session: LiveSession) -> bool:
    return session.status == HALTED and any(cause.get("guard") == name for cause in session.causes())


def _halted(gauges: list[Gauge]) -> list[Gauge]:
    """Mark the limit that was reached, or every one where none of them shows it."""
    reached = [gauge for gauge in gauges if gauge.left == 0]
    return [
        attrs.evolve(gauge, verdict="halted the session", tone="bad") if gauge in (reached or gauges) else gauge
        for gauge in gauges
    ]


def _limits(name: str, section: Mapping[str, Any], state: Mapping[str, Any], session: LiveSession) -> list[Gauge]:
    limits = _KNOWN.get(name)
    if limits is not None:
        try:
            found = list(limits(section, state, session))
        except (ArithmeticError, InputError, KeyError, TypeError, ValueError):
            found = []  # a snapshot or config of another form: its limits are shown as they stand
        if found:
            return found
    keys = ", ".join(f"{key} {value}" for key, value in section.items() if key != "plugin")
    return [Gauge(guard=name, note=keys or "no limit of its own")]


def _judged(gauge: Gauge, fault: str, session: LiveSession) -> Gauge:
    blocked, halted = (_count(session, kind, gauge.guard) for kind in ("blocks", "halts"))
    gauge = attrs.evolve(gauge, blocked=blocked, halted=halted)
    if fault:
        return attrs.evolve(gauge, verdict=f"broken: {fault}", tone="bad")
    if gauge.left is None or gauge.limit is None or gauge.now is None:
        return attrs.evolve(gauge, verdict=gauge.verdict or "watching")
    if not gauge.left:
        return attrs.evolve(gauge, verdict="limit reached", tone="warn")
    close = CLOSE_IN_USE if gauge.guard == EXPOSURE else CLOSE
    if gauge.now >= close * gauge.limit:
        return attrs.evolve(gauge, verdict="near the limit", tone="warn")
    return attrs.evolve(gauge, verdict="within the limit")


def _count(session: LiveSession, kind: str, guard: str) -> int:
    told = session.state.get("tally")
    spoken = told.get(kind) if isinstance(told, dict) else None
    one = spoken.get(guard) if isinstance(spoken, dict) else None
    count = one.get("count") if isinstance(one, dict) else None
    return count if isinstance(count, int) else 0


def _limit(value: object) -> Decimal | None:
    return None if value is None else _decimal(value)


def _decimal(value: object) -> Decimal:
    found = Decimal(str(value))
    if not found.is_finite():
        raise InvalidOperation
    return found


def _drawdown(section: Mapping[str, Any], state: Mapping[str, Any], session: LiveSession) -> Iterator[Gauge]:
    account = session.state["account"]
    unit = _ONE.scaleb(-account["decimals"])
    equity = _decimal(account["equity"])
    for key, base, name in (("max", "peak", _FALL), ("daily", "base", "loss of the day")):
        limit = _limit(section.get(key))
        if limit is None:
            continue
        start = _decimal(state[base]) * unit
        lost = _ONE if start <= 0 else max(Decimal(0), (start - equity) / start)
        yield Gauge(guard="", name=name, kind="ratio", limit=limit, now=lost)


def _exposure(section: Mapping[str, Any], _state: Mapping[str, Any], session: LiveSession) -> Iterator[Gauge]:
    equity = _decimal(session.state["account"]["equity"])
    values = [_decimal(one["market_value"]) for one in session.positions()]
    note = "positions alone: the guard counts working orders at their worst" if session.orders() else ""
    for key, name, at_stake in (
        ("gross", "gross", sum(map(abs, values), Decimal(0))),
        ("net", "net", abs(sum(values, Decimal(0)))),
        ("per_symbol", "largest symbol", max(map(abs, values), default=Decimal(0))),
    ):
        limit = _limit(section.get(key))
        if limit is not None:
            now = at_stake / equity if equity > 0 else None
            yield Gauge(guard="", name=name, kind="ratio", limit=limit, now=now, note=note)


def _rate(section: Mapping[str, Any], state: Mapping[str, Any], session: LiveSession) -> Iterator[Gauge]:
    per = parse_duration(str(section["per"]))
    since = parse_time(session.state["clock"]) - per
    now, name = sum(1 for moment in state["times"] if moment > since), f"within {duration(per)}"
    yield Gauge(guard="", name=name, kind="count", limit=_decimal(section["max"]), now=Decimal(now))


def _stale(section: Mapping[str, Any], _state: Mapping[str, Any], session: LiveSession) -> Iterator[Gauge]:
    limit = Decimal(parse_duration(str(section["after"])))
    instruments = session.config["instruments"]
    ages = {line.symbol: line.age for line in session.feed() if line.age is not None}
    always = [age for symbol, age in ages.items() if instruments[symbol].get("calendar") is None]
    anyone = section.get("halt") == "any"
    counted = always if anyone else list(ages.values())
    note = "" if len(always) == len(ages) else "a market that is closed does not count"
    age = (max if anyone else min)(counted, default=None)
    yield Gauge(
        guard="",
        name="oldest last bar" if anyone else "newest last bar",
        kind="seconds",
        limit=limit,
        now=None if age is None or (not always and age > limit) else Decimal(age),
        note=note,
    )


def _notional(section: Mapping[str, Any], _state: Mapping[str, Any], _session: LiveSession) -> Iterator[Gauge]:
    yield Gauge(guard="", name="one order", kind="money", limit=_decimal(section["limit"]), note="for each order anew")


def _kill(section: Mapping[str, Any], _state: Mapping[str, Any], session: LiveSession) -> Iterator[Gauge]:
    file = str(section["file"])
    there = file in session.killed
    verdict = "the file is there" if there else "no such file"
    yield Gauge(guard="", note=f"halts when {file} exists", verdict=verdict, tone="warn" if there else "neutral")


_KNOWN: dict[str, _Limits] = {
    _DRAWDOWN: _drawdown,
    EXPOSURE: _exposure,
    "kill_switch": _kill,
    "max_notional": _notional,
    "order_rate": _rate,
    "reject_rate": _rate,
    "stale_data": _stale,
}
