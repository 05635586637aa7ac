"""Checks of ``account.csv``, ``positions.csv`` and the snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby, zip_longest
from typing import Any

from logos.artifacts.schemas import (
    ACCOUNT_COLUMNS,
    ACCOUNT_FILE,
    CONFIG_FILE,
    POSITIONS_FILE,
    STATE_FILE,
    VENUE_DIGEST,
    VENUE_FILE,
)
from logos.proofs.audit_bars import is_recorded
from logos.proofs.audit_books import ZERO, Books, Step, rounded, text
from logos.proofs.audit_case import Case, Marked
from logos.proofs.audit_files import Place

_RATIO = Decimal("1e-8")


def _ratio(value: Decimal) -> str:
    return text(rounded(value, _RATIO))


def check_account(case: Case) -> None:
    """Follow the books through the account's rows; the market value is the row's own, as the bars are not here."""
    steps = iter(case.steps)
    now, following = Books(case.terms).now, next(steps, None)
    before = ""
    for line, row in case.rows(ACCOUNT_FILE):
        place = Place(ACCOUNT_FILE, line, row[0])
        clock = place.time("timestamp", row[0])
        if clock <= before:
            raise place.differs("timestamp", clock, f"a time later than {before}")
        booked = False
        while following is not None and following.clock <= clock:
            place.check("timestamp", clock, following.clock)  # a trade was booked at a clock that has no row
            now, following, booked = following, next(steps, None), True
        market_value = rounded(place.number("market_value", row[2]), case.terms.unit)
        equity = now.cash + market_value
        case.peak = max(case.peak, equity)
        money = (now.cash, market_value, equity, now.realized, market_value - now.cost + 0, now.fees)
        drawdown = ZERO if equity == case.peak else (case.peak - equity) / case.peak
        net = _ratio(market_value / equity) if equity > 0 else _ratio(ZERO)
        # With longs and shorts the gross exposure is left to the rows of positions.
        gross = row[8] if now.longs and now.shorts else net.lstrip("-")
        place.check_row(row, [clock, *map(text, money), _ratio(drawdown), gross, net])
        if booked or clock == case.state["clock"]:
            case.marked[clock] = Marked(line, market_value, equity, row[8])
        before, case.last_row = clock, row
    end = Place(ACCOUNT_FILE, case.count + 2)
    if following is not None:
        raise end.differs("timestamp", "the end", f"a row at {following.clock}")
    slices = case.state["counts"].get("slices")
    end.check("", f"the end after {case.count} rows", f"the end after {slices} rows")


def check_positions(case: Case) -> None:
    """Compare every row with the lots; where all held symbols have one, their sum is the account's market value."""
    rows = case.rows(POSITIONS_FILE)
    for clock, group in groupby(_moves(case), key=lambda move: move[0]):
        moves = list(group)
        values = []
        for _, symbol, step, _ in moves:
            line, row = next(rows, (None, []))
            place = Place(POSITIONS_FILE, line, f"{clock} {symbol}")
            if line is None:
                raise place.differs("timestamp", "the end", clock)
            values.append(_check_position(case, place, row, clock, symbol, step))
        marked, held = case.marked.get(clock), moves[0][3]
        if marked is not None and held == sum(bool(step.symbol_quantity) for _, _, step, _ in moves):
            place = Place(ACCOUNT_FILE, marked.line, clock)
            place.check("market_value", marked.market_value, sum(values))
            gross = sum(map(abs, values)) / marked.equity if marked.equity > 0 else ZERO
            place.check("gross_exposure", marked.gross, _ratio(gross))
    for line, row in rows:
        raise Place(POSITIONS_FILE, line, f"{row[0]} {row[1]}").differs("", "one row more", "the end")


def _moves(case: Case) -> Iterator[tuple[str, str, Step, int]]:
    """Yield every row that ``positions.csv`` must have: clock, symbol, its books, and how many symbols are held."""
    latest: dict[str, Step] = {}
    recorded: set[str] = set()
    for clock, steps in groupby(case.steps, key=lambda step: step.clock):
        moved = {step.symbol: step for step in steps}
        latest |= moved
        held = sum(bool(step.symbol_quantity) for step in latest.values())
        for symbol in sorted(moved):
            yield clock, symbol, moved[symbol], held
        recorded = set(moved) if clock == case.state["clock"] else set()
    left = [symbol for symbol in sorted(latest) if latest[symbol].symbol_quantity]
    for symbol in left if case.ended else ():
        if symbol not in recorded:
            yield case.state["clock"], symbol, latest[symbol], len(left)


def _check_position(case: Case, place: Place, row: list[str], clock: str, symbol: str, step: Step) -> Decimal:
    """Compare one row with the lots, and return its market value."""
    terms, instrument, quantity = case.terms, case.terms.instruments[symbol], step.symbol_quantity
    place.check_row(row, [clock, symbol, *[None] * 6])
    mark = place.stepped("mark_price", row[4], instrument.tick, instrument.price_unit)
    converter, rate = terms.converter(symbol), None
    if converter is not None:
        # A conversion's last close stands in no row of its own, but some price on its tick must explain the value.
        found = place.number("market_value", row[5])
        rate = mark if converter == symbol else terms.likely_rate(symbol, mark * quantity, found)
    value = terms.value(symbol, mark, quantity, rate)
    average_unit = instrument.price_unit if converter is None else terms.unit
    average = text(rounded(step.symbol_cost / quantity, average_unit)) if quantity else ""
    figures = (value, value - step.symbol_cost + 0, step.symbol_realized)
    held = text(rounded(quantity, instrument.quantity_unit))
    place.check_row(row, [clock, symbol, held, average, row[4], *map(text, figures)])
    return value


def check_state(case: Case) -> None:
    """Compare the snapshot with the books, the last row of the account, and the journal."""
    state, now, account = case.state, case.books.now, case.state["account"]
    symbols = [entry.get("symbol") for entry in state["positions"]]
    Place(STATE_FILE).check("positions", symbols, sorted(case.terms.instruments))
    market_value = sum((_check_holding(case, entry) for entry in state["positions"]), rounded(ZERO, case.terms.unit))
    figures = {
        "starting_cash": case.terms.cash,
        "cash": now.cash,
        "market_value": market_value,
        "equity": now.cash + market_value,
        "realized_pnl": now.realized,
        "unrealized_pnl": market_value - now.cost + 0,
        "fees": now.fees,
    }
    if "account" in case.passed:
        figures["peak_equity"] = case.peak
    place = Place(STATE_FILE, None, "account")
    for field, value in figures.items():
        place.check(field, account.get(field), text(value))
    place.check("currency", account.get("currency"), case.terms.currency)
    if "account" in case.passed and case.last_row:
        place = Place(ACCOUNT_FILE, None, f"the last row, {case.last_row[0]}")
        for field, found in zip(ACCOUNT_COLUMNS, case.last_row, strict=True):
            if field in figures:
                place.check(field, found, text(figures[field]))
    if "journal" in case.passed:
        _check_told(case)
    body, _, rest = (case.folder / STATE_FILE).read_bytes().rpartition(b',\n "seal": "')
    seal = hashlib.sha256(body).hexdigest()
    Place(STATE_FILE).check("seal", rest.decode(errors="replace"), f'{seal}"\n}}\n')


def _check_holding(case: Case, entry: dict[str, Any]) -> Decimal:
    """Compare a position of the snapshot with the lots, and return its market value."""
    terms, symbol = case.terms, entry["symbol"]
    instrument, holding = terms.instruments[symbol], case.books.holdings[symbol]
    place = Place(STATE_FILE, None, f"position {symbol}")
    place.check("quantity", entry.get("quantity"), text(rounded(holding.quantity, instrument.quantity_unit)))
    place.check("realized_pnl", entry.get("realized_pnl"), text(holding.realized))
    lots = (
        {"quantity": text(rounded(size, instrument.quantity_unit)), "cost": text(cost)} for size, cost in holding.lots
    )
    for number, (found, expected) in enumerate(zip_longest(entry.get("lots") or (), lots), start=1):
        place.check(f"lot {number}", found, expected)
    value = rounded(ZERO, terms.unit)
    if holding.quantity:
        marks = {other.get("symbol"): other.get("mark_price") for other in case.state["positions"]}
        mark = place.stepped("mark_price", marks[symbol], instrument.tick, instrument.price_unit)
        converter, rate = terms.converter(symbol), None
        if converter is not None:
            other = terms.instruments[converter]
            rate = place.stepped(f"mark_price of {converter}", marks[converter], other.tick, other.price_unit)
        value = terms.value(symbol, mark, holding.quantity, rate)
    place.check("market_value", entry.get("market_value"), text(value))
    case.count += 1
    return value


def _check_told(case: Case) -> None:
    """Compare the snapshot with what the journal tells of the session as a whole."""
    state, story, place = case.state, case.story, Place(STATE_FILE)
    # What was recorded of a polled feed grows, and its digest with it: the check of bars compares that one.
    of_bars = () if is_recorded(case) else ("data_digest",)
    for field in ("session_id", "name", "seed", "config_digest", *of_bars):
        place.check(field, state.get(field), story.first.get(field))
    config = hashlib.sha256((case.folder / CONFIG_FILE).read_bytes()).hexdigest()
    Place(CONFIG_FILE).check("sha256", config, story.first.get("config_sha256"))
    if VENUE_DIGEST in story.first:
        path = case.folder / VENUE_FILE
        venue = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        Place(VENUE_FILE).check("sha256", venue, story.first[VENUE_DIGEST])
    statuses = [life.status for life in story.orders.values()]
    counts = {
        "orders": len(statuses),
        "fills": len(story.fills),
        "blocked": statuses.count("blocked"),
        "rejected": statuses.count("rejected"),
        "decisions": len(story.decisions),
    }
    for field, count in counts.items():
        place.check(f"counts.{field}", state["counts"].get(field), count)
    clock, kind, status = story.last
    if case.ended:
        place.check("status and clock", (state["status"], state["clock"]), (status, clock))
    elif kind == "session_finished" or (clock > state["clock"] and not is_recorded(case)):
        raise place.differs(
            "status and clock", (state["status"], state["clock"]), f"those of the last event: {story.last}"
        )
