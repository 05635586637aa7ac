"""What the guard rail makes of quiet spans and envelopes: the most careful answer of all its guards."""

import numpy as np
import pytest

from logos.session.guarding import GuardEntry, GuardRail
from logos.session.seats import Envelope, Guard
from logos.testing.bars import instrument
from logos.testing.guards import intent_of, span_of
from logos.testing.views import session_of

SPAN = span_of([(60 * number, 0, 100) for number in range(9)])


class Inspects(Guard):
    """Says which slice it must see first, and remembers what was passed over."""

    def __init__(self, first=9, envelope=None):
        self.first = first
        self.limits = envelope
        self.passed = []

    def inspect(self, session):
        return None

    def first_to_inspect(self, span):
        if isinstance(self.first, Exception):
            raise self.first
        return self.first

    def passed_over(self, span):
        self.passed.append(len(span))

    def envelope(self):
        if isinstance(self.limits, Exception):
            raise self.limits
        return self.limits


class Judges(Guard):
    """Does not inspect, and would never let anything pass over it."""

    def judge(self, intent, session):
        return None


class Stumbles(Inspects):
    def passed_over(self, span):
        raise KeyError("day")


def rail(*guards):
    return GuardRail([GuardEntry(name=f"g{number}", guard=guard) for number, guard in enumerate(guards)])


@pytest.mark.parametrize(
    ("firsts", "first"),
    [((), 9), ((9,), 9), ((7, 3, 9), 3), ((9, 0), 0), ((np.int64(4),), 4), ((40,), 9), ((-3,), 0)],
)
def test_first_slice_of_any_guard_counts(firsts, first):
    assert rail(*map(Inspects, firsts)).first_to_inspect(SPAN) == first


def test_guards_that_do_not_inspect_are_not_asked():
    assert rail(Judges(), Inspects(6), Guard()).first_to_inspect(SPAN) == 6
    assert rail(Judges()).first_to_inspect(SPAN) == 9


@pytest.mark.parametrize("answer", [ValueError("no"), None, "3", 2.0])
def test_guard_that_cannot_say_sees_every_slice(answer):
    assert rail(Inspects(8), Inspects(answer)).first_to_inspect(SPAN) == 0


def test_guard_of_old_sees_every_slice():
    class Old(Guard):
        def inspect(self, session):
            return None

    assert rail(Old()).first_to_inspect(SPAN) == 0


def test_only_inspecting_guards_hear_what_was_passed_over():
    seeing, judging = Inspects(), Judges()
    judging.passed_over = None
    rail(seeing, judging).passed_over(SPAN)
    assert seeing.passed == [9]


def test_guard_that_raises_while_it_passes_over_halts_and_vetoes_from_then_on():
    guards = rail(Stumbles(), Inspects())
    session = session_of(instrument())
    guards.passed_over(SPAN)
    reason = "the guard raised KeyError: 'day'"
    assert [(cause.guard, cause.reason) for cause in guards.inspect(session)] == [("g0", reason)]
    assert [cause.reason for cause in guards.judge(intent_of(instrument(), 5, 100), session)] == [reason]
    assert guards.first_to_inspect(SPAN) == 0


def test_envelopes_of_guards_that_act_are_named_in_config_order():
    limits = Envelope(order_value=5)
    guards = rail(Inspects(envelope=limits), Guard(), Judges(), Inspects(envelope=ValueError("no")), Inspects())
    assert guards.envelopes() == [("g0", limits), ("g2", None), ("g3", None), ("g4", None)]


def test_broken_guard_has_no_envelope():
    guards = rail(Stumbles(envelope=Envelope()))
    assert guards.envelopes() == [("g0", Envelope())]
    guards.passed_over(SPAN)
    assert guards.envelopes() == [("g0", None)]
