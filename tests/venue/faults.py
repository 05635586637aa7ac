"""What a venue can do wrong, request by request: by a script, or by a seeded plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .market import Row, number

TRANSPORT = ("timeout", "trickle", "reset", "drop")
"""No answer until released; a byte at a time; a reset within the body; a reset before the first byte."""

STATUS = ("rate_limited", "banned", "error_500", "unavailable_503")
"""429 with Retry-After, 418, 500 and 503."""

BODY = ("truncated", "html", "empty")
"""JSON cut in half, a page of HTML with status 200, and an answer without candles."""

DATA = ("gap", "duplicates", "disorder", "unsettled", "backwards")
"""A candle missing, candles twice, candles shuffled, the newest finished candle still without its last trades,
and an answer as it was a while ago."""

KINDS = (*TRANSPORT, *STATUS, *BODY, *DATA)

DEFAULT_PLAN = ("timeout", "reset", "drop", "rate_limited", "error_500", "unavailable_503", "truncated", "html")
"""What a plan draws from unless told otherwise: failures that a caller notices."""


class Fault(NamedTuple):
    """One thing done wrong. ``options``: seconds, retry_after; what the kind needs."""

    kind: str
    options: dict[str, Any]


class Script:
    """Faults for certain requests, spent one by one."""

    def __init__(self, fault: Fault, times: int | None, wanted: Callable[[Any], bool]) -> None:
        self.fault = fault
        self.left = times
        self.wanted = wanted

    def take(self, request: Any) -> Fault | None:
        """Return the fault for a request, or ``None``; counts it."""
        if self.left == 0 or not self.wanted(request):
            return None
        if self.left is not None:
            self.left -= 1
        return self.fault


class Plan:
    """Faults for a share of all requests for candles. Which ones follows from the seed, the symbol and the count."""

    def __init__(self, share: float, seed: int, kinds: Sequence[str], options: dict[str, Any]) -> None:
        self.share = share
        self.seed = seed
        self.kinds = tuple(kinds)
        self.options = options
        self.asked: dict[str, int] = {}

    def take(self, request: Any) -> Fault | None:
        """Return the fault for a request for candles, or ``None``."""
        if request.symbol is None:
            return None
        count = self.asked[request.symbol] = self.asked.get(request.symbol, 0) + 1
        draw = number(self.seed, request.symbol, count)
        if draw % 10_000 >= self.share * 10_000:
            return None
        return Fault(self.kinds[(draw >> 32) % len(self.kinds)], self.options)


def checked(kind: str) -> str:
    """Return a kind of fault that exists."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of misbehaviour; there are {', '.join(KINDS)}")
    return kind


def spoil(fault: Fault | None, rows: list[Row]) -> list[Row]:
    """Return the candles of an answer with a fault of its data done to them."""
    kind = fault.kind if fault else ""
    if kind == "gap" and len(rows) > 2:
        return [*rows[: len(rows) // 2 - 1], *rows[len(rows) // 2 :]]
    if kind == "duplicates":
        return [row for row in rows for _ in range(2)]
    if kind == "disorder":
        return sorted(rows, key=lambda row: number("disorder", row.timestamp))
    return rows
