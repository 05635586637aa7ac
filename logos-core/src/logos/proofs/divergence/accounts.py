"""The accounts of two runs, slice by slice, up to the first that differs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import dropwhile, takewhile

import attrs

from logos.artifacts.readers import read_csv_rows
from logos.artifacts.schemas import ACCOUNT_COLUMNS, POSITION_COLUMNS, POSITIONS_FILE
from logos.proofs.divergence.sides import SESSION, Side

_OF_BOTH = ("timestamp", "equity")
_TIME = "timestamp"

Row = dict[str, str]


@attrs.frozen(kw_only=True)
class AccountDifference:
    """The first slice after which the accounts differ; empty values where one run has no such slice.

    Attributes
    ----------
    prices_only:
        Whether cash and fees are the same: nothing but the prices of what is held can have made the difference.
    """

    at: str
    field: str
    a: str
    b: str
    prices_only: bool


@attrs.define(kw_only=True)
class AccountComparison:
    """How far two accounts agree.

    Attributes
    ----------
    slices, until:
        The slices before the first difference of accounts or bars, and the clock of the last of them.
    """

    slices: int = 0
    until: str = ""
    difference: AccountDifference | None = None


def compare_accounts(a: Side, b: Side, first: str, last: str, *, before: str = "") -> AccountComparison:
    """Compare the account after each slice that lies between two clocks.

    Parameters
    ----------
    before:
        The clock at which bars differ; empty where they do not.
    """
    columns = ACCOUNT_COLUMNS if a.kind == b.kind == SESSION else _OF_BOTH
    left, right = (_rows(side, columns, first, last) for side in (a, b))
    found = AccountComparison()
    for one in left:
        two = next(right, None)
        if one != two:
            found.difference = _difference(one, two)
            return found
        if not before or one[_TIME] < before:
            found.slices += 1
            found.until = one[_TIME]
    two = next(right, None)
    if two is not None:
        found.difference = _difference(None, two)
    return found


def _rows(side: Side, columns: tuple[str, ...], first: str, last: str) -> Iterator[Row]:
    rows = read_csv_rows(side.account_file, columns)
    return takewhile(lambda row: row[_TIME] <= last, dropwhile(lambda row: row[_TIME] < first, rows))


def _difference(one: Row | None, two: Row | None) -> AccountDifference:
    if one is None or two is None or one[_TIME] != two[_TIME]:
        clocks = [row[_TIME] for row in (one, two) if row is not None]
        at = min(clocks)
        a, b = (at if row is not None and row[_TIME] == at else "" for row in (one, two))
        return AccountDifference(at=at, field=_TIME, a=a, b=b, prices_only=False)
    names = [name for name in one if one[name] != two[name]]
    same_cash = "cash" in one and all(one[name] == two[name] for name in ("cash", "realized_pnl", "fees"))
    field = names[0]
    return AccountDifference(at=one[_TIME], field=field, a=one[field], b=two[field], prices_only=same_cash)


def held_at(side: Side, clock: str) -> dict[str, Decimal]:
    """Return what a session held after a slice, by symbol in name order; nothing is known of a backtest."""
    if side.kind != SESSION:
        return {}
    held: dict[str, Decimal] = {}
    for row in read_csv_rows(side.folder / POSITIONS_FILE, POSITION_COLUMNS):
        if row[_TIME] > clock:
            break
        held[row["symbol"]] = Decimal(row["quantity"])
    return {symbol: quantity for symbol, quantity in sorted(held.items()) if quantity}
