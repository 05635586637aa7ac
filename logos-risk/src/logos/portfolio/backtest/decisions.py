"""What became of a run's targets: how many were ordered, what was not and why, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.artifacts.readers import read_csv_rows
from logos.domain.orders import OrderStatus

_ORDERED = "ordered"
_LEFT_ALONE = "unchanged"
_AT_TARGET = "at_target"
_MOST_SYMBOLS = 3

_REMEDIES = {
    "above_notional_cap": "raise notional_cap in instruments.{symbol}, or give the account less cash",
    "below_lot": "more cash, fewer symbols, or a finer lot in instruments.{symbol}",
    "below_min_notional": "more cash, fewer symbols, or a smaller min_notional in instruments.{symbol}",
    "insufficient_cash": "more cash, or a smaller invest of the allocator",
    "short_not_allowed": "broker.margin: true, or long_only: true in portfolio.constraints",
    "no_conversion": "bars of the conversion's symbol from the first day on",
    "no_weights_yet": "more bars before the start, or a smaller portfolio.lookback",
    "below_min_trade": "a smaller min_trade in portfolio.constraints, or more cash",
    "inside_band": "a smaller band in portfolio.constraints",
}


@attrs.frozen(kw_only=True)
class Reason:
    """Why targets became no order.

    Attributes
    ----------
    outcome, code:
        As in ``decisions.csv``.
    count:
        How many decisions.
    first:
        The clock of the first such decision, as text, UTC.
    symbols:
        How many decisions of each symbol, the most frequent first.
    detail:
        What was said of the first.
    """

    outcome: str
    code: str
    count: int
    first: str
    symbols: Mapping[str, int]
    detail: str

    def as_object(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return attrs.asdict(self)


@attrs.frozen(kw_only=True)
class Decisions:
    """The order funnel of a run.

    Attributes
    ----------
    outcomes:
        Decisions by outcome: ``ordered``, ``unchanged``, ``refused``, ``blocked``.
    reasons:
        Why the others became no order, the most frequent first.
    orders:
        Orders by their last status.
    fills:
        The rows of ``trades.csv``.
    """

    outcomes: Mapping[str, int]
    reasons: tuple[Reason, ...]
    orders: Mapping[str, int]
    fills: int

    @property
    def count(self) -> int:
        """The rows of ``decisions.csv``."""
        return sum(self.outcomes.values())

    def as_object(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "count": self.count,
            "outcomes": dict(self.outcomes),
            "reasons": [one.as_object() for one in self.reasons],
            "orders": dict(self.orders),
            "fills": self.fills,
        }

    def warnings(self) -> Iterator[str]:
        """Yield what keeps the book from its targets, in whole sentences: nothing filled, refusals, much left alone."""
        if not self.fills:
            yield "Nothing was traded: 0 fills, so that every figure is that of cash"
        if self.orders.get(OrderStatus.REJECTED):
            count = self.orders[OrderStatus.REJECTED]
            yield f"The broker rejected {count:,} order{'s' * (count != 1)}: {schemas.ORDERS_FILE} says why"
        for one in self.reasons:
            wanted = self.count - sum(each.count for each in self.reasons if each.code == _AT_TARGET)
            most_left_alone = one.outcome == _LEFT_ALONE and one.code in _REMEDIES and 2 * one.count > wanted
            if one.outcome != _LEFT_ALONE or most_left_alone:
                yield _warning(one, wanted)


def read_decisions(folder: Path) -> Decisions:
    """Count what became of the targets of a finished run.

    Raises
    ------
    IntegrityError
        Where one of its tables cannot be read.
    """
    outcomes: dict[str, int] = {}
    found: dict[tuple[str, str], list[Any]] = {}
    for row in read_csv_rows(folder / schemas.DECISIONS_FILE, schemas.DECISION_COLUMNS):
        outcome, code, symbol = row["outcome"], row["reason_code"], row["symbol"]
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        if outcome != _ORDERED:
            symbols = found.setdefault((outcome, code), [row["timestamp"], row["detail"], {}])[2]
            symbols[symbol] = symbols.get(symbol, 0) + 1
    orders: dict[str, int] = {}
    for row in read_csv_rows(folder / schemas.ORDERS_FILE, schemas.ORDER_COLUMNS):
        orders[row["status"]] = orders.get(row["status"], 0) + 1
    reasons = [
        Reason(
            outcome=outcome,
            code=code,
            count=sum(symbols.values()),
            first=first,
            symbols=dict(sorted(symbols.items(), key=lambda one: (-one[1], one[0]))),
            detail=detail,
        )
        for (outcome, code), (first, detail, symbols) in found.items()
    ]
    return Decisions(
        outcomes=dict(sorted(outcomes.items())),
        reasons=tuple(sorted(reasons, key=lambda one: (-one.count, one.outcome, one.code))),
        orders=dict(sorted(orders.items())),
        fills=sum(1 for _ in read_csv_rows(folder / schemas.TRADES_FILE, schemas.TRADE_COLUMNS)),
    )


def _warning(one: Reason, wanted: int) -> str:
    names = list(one.symbols)
    more = len(names) - _MOST_SYMBOLS
    who = ", ".join(names[:_MOST_SYMBOLS]) + (f" and {more} more" if more > 0 else "")
    what = "left alone" if one.outcome == _LEFT_ALONE else one.outcome
    remedy = _REMEDIES.get(one.code, "").format(symbol=names[0])
    was = "was" if one.count == 1 else "were"
    share = f"{one.count:,} of {wanted:,} targets that differed from what was held {was} {what}"
    told = f"{share}: {one.code} ({who}, first {one.first})"
    said = f"{told}: {one.detail}" if one.detail else told
    return f"{said}. Remedy: {remedy}" if remedy else said
