"""The audit of a session: every table against books rebuilt from ``trades.csv`` alone, and the journal's chain.

The trading program's ledger, broker and journal are not imported here: what they wrote is only read. Each check stops
at its first record that disagrees. A fault in what the books are rebuilt from shows again in later checks, so the first
fault of a report is the one to look at first.

Where to read on: ``audit_books`` is the second accounting, ``audit_journal`` the chain; ``audit_orders`` and
``audit_account`` compare the tables with them, and ``audit_bars`` what was recorded of a polled feed.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import localcontext
from pathlib import Path

import attrs

from logos.artifacts.schemas import JOURNAL_FILE
from logos.proofs.audit_account import check_account, check_positions, check_state
from logos.proofs.audit_bars import check_bars, is_recorded, slice_clocks
from logos.proofs.audit_books import EXACT, Books, read_terms
from logos.proofs.audit_case import Case
from logos.proofs.audit_files import DisagreementError, Fault, Place, read_snapshot
from logos.proofs.audit_journal import read_chain
from logos.proofs.audit_orders import check_decisions, check_orders, check_trades


@attrs.frozen(kw_only=True)
class Check:
    """One check: how many records agree, and the first that does not."""

    name: str
    what: str
    records: int
    fault: Fault | None

    @property
    def agrees(self) -> bool:
        """Whether nothing disagrees."""
        return self.fault is None


@attrs.frozen(kw_only=True)
class AuditReport:
    """What an audit found.

    Attributes
    ----------
    notes:
        What was not audited, and why that is no fault.
    """

    session_id: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether every check agrees."""
        return all(check.agrees for check in self.checks)


def audit(folder: Path) -> AuditReport:
    """Audit a session's folder; one that still runs is audited up to its last snapshot.

    Parameters
    ----------
    folder:
        The session's folder. Nothing in it is changed.

    Raises
    ------
    InputError
        Where the folder holds no session.
    IntegrityError
        Where ``state.json`` or ``config.yaml`` cannot be used, without which nothing can be compared.
    """
    with localcontext(EXACT):
        state = read_snapshot(folder)
        terms = read_terms(folder, state["account"]["decimals"])
        case = Case(folder=folder, state=state, terms=terms, books=Books(terms), peak=terms.cash)
        checks: tuple[Check, ...] = (
            _run(case, "journal", "lines chained", check_journal),
            _run(case, "trades", "fills rebuilt", check_trades),
            _run(case, "orders", "orders summed up", check_orders, "journal", "books"),
            _run(case, "account", "rows rebuilt", check_account, "journal", "books"),
            _run(case, "positions", "rows rebuilt", check_positions, "journal", "books"),
            _run(case, "decisions", "rows matched with orders and the journal", check_decisions, "journal"),
            _run(case, "state", "positions rebuilt", check_state, "books"),
        )
        if is_recorded(case):
            checks = (*checks, _run(case, "bars", "rows digested", check_bars))
    return AuditReport(session_id=folder.name, checks=checks, notes=tuple(case.notes))


def _run(case: Case, name: str, what: str, check: Callable[[Case], None], *needs: str) -> Check:
    case.count, case.first, fault = 0, None, None
    missing = " and ".join(need for need in needs if need not in case.passed)
    try:
        if missing:
            raise Place(f"the check of {name}").differs("", "no basis", f"{missing} without a fault")
        check(case)
        if case.first is not None:
            raise case.first
        case.passed.add(name)
    except DisagreementError as error:
        fault = error.fault
    return Check(name=name, what=what, records=case.count, fault=fault)


def check_journal(case: Case) -> None:
    """Follow the chain up to the snapshot's head; only a session that has not stopped may have more behind it."""
    for place, clock, kind, event in read_chain(case.folder, case.state, slice_clocks(case)):
        try:
            case.story.take(clock, kind, event)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise place.differs("", f"{type(error).__name__} {error}", f"an event {kind} in its turn") from error
        case.count += 1
    tail = (case.folder / JOURNAL_FILE).stat().st_size - case.state["journal"]["length"]
    if tail and not case.running:
        raise Place(JOURNAL_FILE, case.count + 1).differs("", f"{tail} bytes more", "the end, by state.json")
    if case.running:
        behind = f"; {tail:,} bytes of {JOURNAL_FILE} lie behind that" if tail else ""
        case.notes.append(f"the session has not stopped: audited up to its snapshot at {case.state['clock']}{behind}")
