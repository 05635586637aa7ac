"""Counts for the summary, kept across a restart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from logos.artifacts.remarks import Remarks
from logos.session.outside import WOULD_ACCEPT

KEPT_CAUSES = 10
"""How many causes of a guard are kept in full, the first ones; of the others only the last and their number."""

KEPT_KINDS = 40
"""How many kinds of a venue's answers are told apart; whatever else it says is counted together."""

KEPT_NOTES = 20
"""How many kinds of notes of rebalances are kept, the first ones."""

OTHER_KIND = "something else"

_KIND = re.compile(r'((?:would refuse: )?(?:-?\d+ )?)((?:(?!(?<![\w"])[-+]?\d)[^;(]){0,80})')
"""The code of a venue's answer, and its words up to the first number."""

_ANSWERS = "; "
"""What a venue's answers to one order are joined with."""


@attrs.frozen
class SpokenCause:
    """A cause as it is kept: the session's clock, the order (0 for a halt), and what the guard said."""

    at: int
    order_id: int
    reason: str


@attrs.define
class Spoken:
    """What a guard said: how often, the first times and the last. A guard may speak hundreds of thousands of times."""

    count: int = 0
    first: list[SpokenCause] = attrs.field(factory=list)
    last: SpokenCause | None = None

    def add(self, cause: SpokenCause) -> None:
        """Count a cause, and keep it if it is one of the first."""
        self.count += 1
        self.last = cause
        if len(self.first) < KEPT_CAUSES:
            self.first.append(cause)

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Spoken:
        """Take back a snapshot."""
        last = state["last"]
        first = [SpokenCause(**cause) for cause in state["first"]]
        return cls(state["count"], first, None if last is None else SpokenCause(**last))


@attrs.define
class SpokenAnswer:
    """One kind of a venue's answers: to how many orders, the first of them, and what was said of it."""

    orders: int
    order_id: int
    text: str


@attrs.define
class VenueAnswers:
    """What a venue would have said of the orders of a dry-run.

    Attributes
    ----------
    first_refused:
        The first order that would have been refused, and all that would have been said of it.
    kinds:
        By the code and the rule of each answer; an order that breaks two rules counts in both.
    """

    would_accept: int = 0
    would_refuse: int = 0
    first_refused: str = ""
    kinds: dict[str, SpokenAnswer] = attrs.field(factory=dict)

    def add(self, order_id: int, outcome: str) -> None:
        """Count what a venue would have said of one order."""
        if outcome.startswith(WOULD_ACCEPT):
            self.would_accept += 1
            said = {_words(outcome): outcome}
        else:
            self.would_refuse += 1
            self.first_refused = self.first_refused or f"order {order_id}: {outcome}"
            answers = reversed(outcome.split(_ANSWERS))
            said = dict(reversed({_rule(answer): answer for answer in answers}.items()))
        for kind, text in said.items():
            name = kind if kind in self.kinds or len(self.kinds) < KEPT_KINDS else OTHER_KIND
            self.kinds.setdefault(name, SpokenAnswer(0, order_id, text)).orders += 1

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> VenueAnswers:
        """Take back a snapshot."""
        kinds = {kind: SpokenAnswer(**answer) for kind, answer in state["kinds"].items()}
        return cls(**{**state, "kinds": kinds})


def _words(outcome: str) -> str:
    code, words = _KIND.match(outcome).groups()  # type: ignore[union-attr] # it matches any text
    return f"{code}{words}".rstrip(" :(-")


def _rule(answer: str) -> str:
    """Return the code and the rule of a refusal: its words before what is said of this very order."""
    code, words = _KIND.match(answer).groups()  # type: ignore[union-attr] # it matches any text
    rule, colon, _ = words.rpartition(": ")
    return f"{code}{rule if colon else words}".rstrip(" :(-")


def _answers(state: Any) -> VenueAnswers:
    return state if isinstance(state, VenueAnswers) else VenueAnswers.restored(state)


def _remarks(state: Any) -> Remarks:
    return state if isinstance(state, Remarks) else Remarks.restored(state)


def _by_guard(states: Mapping[str, Any]) -> dict[str, Spoken]:
    return {guard: state if isinstance(state, Spoken) else Spoken.restored(state) for guard, state in states.items()}


@attrs.define(kw_only=True)
class Tally:
    """What happened, counted.

    Attributes
    ----------
    outcomes:
        Decisions by outcome.
    codes:
        Refused and blocked signals by reason code.
    statuses:
        Finished orders by status.
    cut_short:
        Finished orders that had filled in part, by status.
    venue:
        What the venue would have said of the orders that it was shown.
    blocks, halts:
        What each guard said when it blocked orders, and when it halted the session.
    forgiven:
        Halts of each guard that were cleared.
    fills:
        Fills by symbol.
    cleared:
        What ``--clear-halt`` has forgiven, one sentence each.
    methods:
        Rebalances by the method that found the weights.
    rebalance_notes:
        What allocators remarked, with how often.
    last_weights:
        What the last rebalance came to: its clock as text, and by symbol what was wanted, what was held and the share
        of the risk, in hundred-millionths.
    max_drawdown:
        The greatest fall of equity from its peak, in hundred-millionths of the peak.
    """

    outcomes: dict[str, int] = attrs.field(factory=dict)
    codes: dict[str, int] = attrs.field(factory=dict)
    statuses: dict[str, int] = attrs.field(factory=dict)
    cut_short: dict[str, int] = attrs.field(factory=dict)
    venue: VenueAnswers = attrs.field(factory=VenueAnswers, converter=_answers)
    blocks: dict[str, Spoken] = attrs.field(factory=dict, converter=_by_guard)
    halts: dict[str, Spoken] = attrs.field(factory=dict, converter=_by_guard)
    forgiven: dict[str, int] = attrs.field(factory=dict)
    fills: dict[str, int] = attrs.field(factory=dict)
    cleared: list[str] = attrs.field(factory=list)
    methods: dict[str, int] = attrs.field(factory=dict)
    rebalance_notes: Remarks = attrs.field(factory=lambda: Remarks(KEPT_NOTES), converter=_remarks)
    last_weights: dict[str, Any] = attrs.field(factory=dict)
    max_drawdown: int = 0

    def rebalanced(self, method: str, notes: Iterable[str], at: int) -> None:
        """Count a rebalance, and what its allocator remarked."""
        add(self.methods, method)
        for note in notes:
            self.rebalance_notes.add(note, at)

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as JSON values, keys in name order."""
        return {
            name: dict(sorted(value.items())) if isinstance(value, dict) else value
            for name, value in attrs.asdict(self).items()
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Tally:
        """Take back a snapshot."""
        return cls(**state)


def add(counts: dict[str, int], key: str) -> None:
    """Count one more."""
    counts[key] = counts.get(key, 0) + 1


def spoke(said: dict[str, Spoken], guard: str, at: int, order_id: int, reason: str) -> None:
    """Count what a guard said."""
    said.setdefault(guard, Spoken()).add(SpokenCause(at, order_id, reason))
