"""A session and its broker's venue: surveyed before it starts, reconciled at every start and resume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.artifacts.reconciliation_md import FindingLine, ReconciliationLine
from logos.artifacts.summary import SessionSummary
from logos.assembly.build import Assembly, part_context
from logos.assembly.outside import (
    as_outside,
    beyond_earlier,
    changed_terms,
    is_dry_run,
    is_outside,
    require_sound,
    survey,
    under_terms,
    venue_paths,
)
from logos.config.records import SessionConfig
from logos.context.parts import Log
from logos.domain.errors import IN_A_SESSION, NO_SESSION_YET, LogosError, Problem, part_at_work
from logos.domain.orders import OrderIntent, OrderStatus
from logos.domain.times import time_text
from logos.live.appending import Appender
from logos.live.event_recorder import RecorderParts
from logos.live.journal import Head, Journal, Line, PromptedJournal
from logos.live.outside_notes import RECONCILED, SURVEY, OutsideNotes
from logos.live.outside_recorder import OutsideRecorder
from logos.live.reconcile import (
    Answer,
    Finding,
    NotSaid,
    Own,
    ReconciliationError,
    answers_in_turn,
    reconcile,
    told,
)
from logos.live.setup import Setup
from logos.live.snapshot import restored_intent
from logos.live.venue_file import VenueFile, read_venue_file, venue_file
from logos.session.machine import Session
from logos.session.order_intent import CLIENT_ORDER_PREFIX, client_order_id
from logos.session.outside import OutsideBroker, Survey, Verdict

_AHEAD = 1_000
"""How many numbers beyond the last order are looked for among foreign client order ids."""

_AT_A_START = "Close it there, or trade on another account"
_AT_A_RESUME = "Look at the account: what is told here must be settled there first; the session's folder stays as it is"


@attrs.frozen(kw_only=True)
class Outside:
    """What a session has outside.

    Attributes
    ----------
    file:
        The survey that the broker was built from.
    dry_run:
        Whether no order leaves.
    lines:
        What came from the venue in a recorded session; ``None`` where the broker is asked.
    surveyed:
        What the journal of a new session is to tell of the survey.
    """

    file: VenueFile
    dry_run: bool
    notes: OutsideNotes
    lines: Mapping[int, Line] | None
    surveyed: Line | None = None

    @property
    def record(self) -> Mapping[str, Any]:
        """What the broker is built from."""
        return self.file.found.record

    def recorder(self, parts: RecorderParts) -> OutsideRecorder:
        """Return the session's recorder."""
        return OutsideRecorder(
            parts, notes=self.notes, dry_run=self.dry_run, journal=self.journal, durable=self.connected
        )

    def journal(self, appender: Appender, head: Head) -> Journal:
        """Return the session's journal; where the session is played again, with what came from the venue in it."""
        if self.lines is None:
            return Journal(appender, head)
        return PromptedJournal(appender, head, self.lines, self.notes.hear)

    @property
    def connected(self) -> bool:
        """Whether the broker is asked what stands outside."""
        return self.lines is None


def enter(setup: Setup, config: SessionConfig, log: Log) -> tuple[SessionConfig, Outside | None]:
    """Survey the venue of a new session; return the config under its terms, and what it has there.

    A broker within the process costs nothing and changes nothing. A session that is played again is given what was
    found then.

    Raises
    ------
    ConfigError
        Where the broker cannot be built, the venue is not fit, or the config cannot be used under its terms.
    """
    if setup.venue is not None:
        file, lines = setup.venue.file, setup.venue.lines
        surveyed = None if lines is not None else _survey_line(0, file.found, ())
        outside = Outside(file=file, dry_run=is_dry_run(config), notes=OutsideNotes(), lines=lines, surveyed=surveyed)
        return config, outside
    if not is_outside(config):
        return config, None
    context = part_context(config, workspace=setup.workspace, clock=setup.clock, log=log)
    with part_at_work("the broker", hint=NO_SESSION_YET):
        found = survey(config, context)
    require_sound(found)
    terms = under_terms(config, found, setup.registry)
    file = venue_file(found, plugin=config.broker.plugin, at=time_text(setup.clock.now()))
    log.info("venue_surveyed", venue=found.venue, terms_taken=sorted(terms.taken))
    line = _survey_line(0, found, terms.warnings)
    outside = Outside(file=file, dry_run=is_dry_run(config), notes=OutsideNotes(), lines=None, surveyed=line)
    return terms.config, outside


def begin(outside: Outside, assembly: Assembly, config: SessionConfig, session_id: str, clock: int) -> list[Line]:
    """Look at what stands outside before a session begins; return what the journal is to tell.

    Raises
    ------
    ReconciliationError
        Where it could not be told from what the session will do.
    """
    if outside.surveyed is None:
        return []
    broker = as_outside(assembly.parts.broker, config)
    own = Own(
        orders=(),
        positions=dict.fromkeys(config.symbols, Decimal(0)),
        named=_OwnNames(session_id, config, 0, broker),
        begins=True,
    )
    surveyed = outside.surveyed._replace(clock=clock)
    return [surveyed, _reconciled(broker, own, session_id, clock)]


def reopen(
    setup: Setup, config: SessionConfig, folder: Path, state: Mapping[str, Any], first: Mapping[str, Any]
) -> Outside | None:
    """Return what a recorded session has outside; ``None`` where its broker works within the process.

    Raises
    ------
    IntegrityError
        Where ``venue.json`` is not as it was written.
    """
    file = read_venue_file(folder, first)
    if file is None:
        return None
    notes = OutsideNotes.restored(state["outside"])
    lines = None if setup.venue is None else setup.venue.lines
    return Outside(file=file, dry_run=is_dry_run(config), notes=notes, lines=lines)


def survey_again(outside: Outside, assembly: Assembly, config: SessionConfig, setup: Setup, clock: int) -> list[Line]:
    """Survey the venue of a session that goes on; return what the journal is to tell.

    Raises
    ------
    SurveyError
        Where the venue is not fit any more.
    """
    if not outside.connected:
        return []
    broker = as_outside(assembly.parts.broker, config)
    with part_at_work("the broker"):
        found = broker.survey()
    require_sound(found)
    before = outside.file.found.terms
    written = attrs.evolve(config, written=venue_paths(config))  # a session that goes on keeps them all
    contradicted = under_terms(written, beyond_earlier(found, config, before), setup.registry)
    warnings = (*changed_terms(before, found.terms, found.venue), *contradicted.warnings)
    return [_survey_line(clock, found, warnings)]


def reconcile_again(outside: Outside, session: Session, config: SessionConfig, session_id: str) -> list[Line]:
    """Compare a restored session with what stands outside; return what the journal is to tell.

    Raises
    ------
    ReconciliationError
        Where both contradict each other in a way that nobody here can settle.
    """
    session.desk.written_ahead = outside.notes.names
    if not outside.connected:
        return []
    broker, holdings = as_outside(session.parts.broker, config), session.account.holdings()
    own = Own(
        orders=[order for _, order in sorted(session.orders.by_id.items())],
        written=[
            restored_intent(values, session.instrument(values["symbol"])) for values in outside.notes.written_ahead
        ],
        positions={one.instrument.symbol: one.lots.quantity * one.instrument.lot for one in holdings},
        named=_OwnNames(session_id, config, session.desk.last_order_id, broker),
    )
    return [_reconciled(broker, own, session_id, session.clock)]


def warnings_at_end(outside: Outside, session: Session, *, ended: bool) -> Iterator[str]:
    """Yield what an operator must be told of the venue when the session stops."""
    yield from outside.notes.warnings
    broker = session.parts.broker
    assert isinstance(broker, OutsideBroker)
    for values in outside.notes.lost:
        yield (
            f"order {values['client_order_id']} ({values['side']} {values['quantity']} {values['symbol']}) was written "
            f"down before a crash and not decided again: {values['found']}"
        )
    for number, order in sorted(session.orders.by_id.items()):
        if order.status is OrderStatus.UNKNOWN or ended:
            how = "of unknown outcome" if order.status is OrderStatus.UNKNOWN else "not ended, as far as is known here"
            name = order.intent.client_order_id
            there = broker.name_outside(name)
            by = "that name" if there == name else f"the name {there}"
            yield f"order {number} ({name}) is {how}: look for it at {outside.file.found.venue} by {by}"


def with_outside(summary: SessionSummary, outside: Outside) -> SessionSummary:
    """Return a summary with what ``session.md`` says beside that of a session with a broker outside."""
    lines = (
        ReconciliationLine(
            at=values["at"],
            venue=values["venue"],
            keeper=values["keeper"],
            counts=tuple(values["counts"].items()),
            findings=tuple(FindingLine(**finding) for finding in values["findings"]),
        )
        for values in outside.notes.reconciliations
    )
    held = {schemas.VENUE_FILE: "what the venue's survey found, from which the broker is built"}
    return attrs.evolve(summary, reconciliation=tuple(lines), artifacts=tuple((dict(summary.artifacts) | held).items()))


def _survey_line(clock: int, found: Survey, warnings: tuple[str, ...]) -> Line:
    cautions = [
        f"{found.venue}: {one.name}: {one.text}" + (f". {one.hint}" if one.hint else "")
        for one in found.checks
        if one.verdict is Verdict.WARNING
    ]
    checks = [{"name": one.name, "verdict": one.verdict.value, "text": one.text} for one in found.checks]
    return Line(clock, SURVEY, {"venue": found.venue, "checks": checks, "warnings": [*cautions, *warnings]})


def _reconciled(broker: OutsideBroker, own: Own, session_id: str, clock: int) -> Line:
    with part_at_work("the broker", hint=NO_SESSION_YET if own.begins else IN_A_SESSION):
        standing = own.in_own_names(broker.standing())
    answers = answers_in_turn(own, standing, lambda intent: ask_for(broker, intent))
    findings = reconcile(own, standing, answers)
    stops = [finding for finding in findings if finding.stops]
    if stops:
        raise ReconciliationError(
            f"what stands at {broker.venue} contradicts session {session_id}",
            hint=_AT_A_START if own.begins else _AT_A_RESUME,
            problems=[_problem(finding) for finding in stops],
        )
    return Line(clock, RECONCILED, told(findings, broker.venue, standing.keeper))


def ask_for(broker: OutsideBroker, intent: OrderIntent) -> Answer:
    """Return what the venue says of an intent, or why it does not say."""
    try:
        with part_at_work("the broker"):
            return broker.find(intent)
    except LogosError as error:
        return NotSaid(error.message)


def _problem(finding: Finding) -> Problem:
    where = f"{finding.symbol} {finding.name}".strip()
    return Problem(path=where, message=f"{finding.outcome} at {finding.place}: {finding.text}")


class _OwnNames:
    """Tells which of a session's client order ids an order outside was named by; empty where it is none of them.

    The names are worked out when the first one is asked for that may be one of them.
    """

    def __init__(self, session_id: str, config: SessionConfig, last: int, broker: OutsideBroker) -> None:
        self._session_id = session_id
        self._strategies = [entry.name for entry in config.strategies]
        self._last = last
        self._name_outside = broker.name_outside
        self._own: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        if not name.startswith(CLIENT_ORDER_PREFIX) and self._kept_as_they_are():
            return ""
        if not self._own:
            numbers = range(1, self._last + _AHEAD)
            ids = [client_order_id(self._session_id, one, number) for one in self._strategies for number in numbers]
            self._own = {known: one for one in ids for known in (one, self._name_outside(one))}
        return self._own.get(name, "")

    def _kept_as_they_are(self) -> bool:
        sample = client_order_id(self._session_id, "", 1)
        return self._name_outside(sample) == sample
