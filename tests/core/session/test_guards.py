"""Guards: all are asked, all are heard, in the order of the config; one that raises lets nothing through."""

from __future__ import annotations

import pytest

from logos.domain.events import Fill, Rejected
from logos.session.seats import Guard

RAISED = "the guard raised ZeroDivisionError: broken"


class Broken(Guard):
    """Raises in one of its methods from a moment on."""

    def __init__(self) -> None:
        self.broken = False

    def fail(self) -> None:
        if self.broken:
            raise ZeroDivisionError("broken")


class BrokenJudge(Broken):
    def judge(self, intent, session) -> str | None:
        self.fail()


class BrokenInspect(Broken):
    def inspect(self, session) -> str | None:
        self.fail()


class BrokenOrdered(Broken):
    def ordered(self, intent, session) -> None:
        self.fail()


class BrokenAnswered(Broken):
    def answered(self, event, session) -> None:
        self.fail()


class BrokenOrderedAndInspects(BrokenOrdered):
    def inspect(self, session) -> str | None:
        return None


class BrokenAnsweredAndInspects(BrokenAnswered):
    def inspect(self, session) -> str | None:
        return None


class BrokenBoth(BrokenJudge):
    def inspect(self, session) -> str | None:
        return None


class Listening(Guard):
    """Writes down what it hears, with the position that it sees then."""

    def __init__(self, heard: list, name: str) -> None:
        self.heard, self.name = heard, name

    def judge(self, intent, session) -> str | None:
        self.heard.append((self.name, "judge", intent.order_id))

    def inspect(self, session) -> str | None:
        self.heard.append((self.name, "inspect", session.account.position("ABC")))

    def ordered(self, intent, session) -> None:
        self.heard.append((self.name, "ordered", intent.order_id))

    def answered(self, event, session) -> None:
        self.heard.append((self.name, type(event).__name__, session.account.position("ABC")))


@pytest.mark.parametrize("others_first", [True, False])
def test_every_guard_speaks_though_another_has_spoken_or_raised(open_session, fakes, others_first) -> None:
    broken = BrokenJudge()
    broken.broken = True
    guards = {"broken": broken, "max_notional": fakes.Switch("too large"), "exposure": fakes.Switch("too much")}
    if others_first:
        guards = dict(reversed(guards.items()))
    world = open_session({"trend/ABC": [1]}, guards=guards)
    world.step(ABC=100)
    said = {"broken": RAISED, "max_notional": "too large", "exposure": "too much"}
    assert world.recorder.heard[1] == ("blocked", 1, list(guards))
    assert world.last.code == "+".join(guards)
    assert world.last.detail == "; ".join(f"{name}: {said[name]}" for name in guards)
    assert world.broker.submitted == []


def test_a_guard_that_raises_while_it_judges_vetoes_that_order_and_is_asked_again(open_session) -> None:
    guard = BrokenJudge()
    world = open_session({"trend/ABC": [1, 0.5, 1]}, guards={"broken": guard})
    guard.broken = True
    world.step(ABC=100)
    assert (world.last.code, world.last.detail) == ("broken", f"broken: {RAISED}")
    guard.broken = False
    world.step(ABC=100)
    assert world.orders == [("trend", "buy", 5)]


def test_a_guard_that_raises_vetoes_reducing_orders_too(open_session) -> None:
    guard = BrokenJudge()
    world = open_session({"trend/ABC": [1, None, 0]}, guards={"broken": guard})
    world.steps(2, ABC=100)
    guard.broken = True
    world.steps(3, ABC=100)
    assert world.recorder.reasons() == ["ordered", "broken"]
    guard.broken = False
    world.step(ABC=100)
    assert world.orders[1] == ("trend", "sell", 10)


def test_a_guard_that_raises_while_it_inspects_halts_the_session(open_session) -> None:
    guard = BrokenInspect()
    world = open_session({"trend/ABC": [None, 1, None]}, guards={"broken": guard})
    assert world.step(ABC=100)
    guard.broken = True
    assert not world.step(ABC=100)
    assert [(cause.guard, cause.reason, cause.at) for cause in world.session.causes] == [("broken", RAISED, world.time)]
    assert world.broker.submitted == []


@pytest.mark.parametrize("kind", [BrokenOrdered, BrokenAnswered])
def test_a_guard_that_cannot_keep_its_books_vetoes_every_order_from_then_on(open_session, kind) -> None:
    guard = kind()
    world = open_session({"one/ABC": [1, None, 0], "two/ABC": [None, None, 1]}, guards={"books": guard})
    guard.broken = True
    world.step(ABC=100)
    assert world.orders == [("one", "buy", 10)], "the order that it was told of has gone out already"
    guard.broken = False
    world.steps(4, ABC=100)
    assert world.orders == [("one", "buy", 10)]
    assert world.recorder.reasons() == ["ordered", "books", "books"]
    assert world.last.detail == f"books: {RAISED}"


@pytest.mark.parametrize("kind", [BrokenOrderedAndInspects, BrokenAnsweredAndInspects])
def test_a_guard_that_can_halt_and_cannot_keep_its_books_halts(open_session, kind) -> None:
    guard = kind()
    world = open_session({"one/ABC": [None, 1, 0]}, guards={"books": guard})
    assert world.step(ABC=100)
    guard.broken = True
    assert world.step(ABC=100)
    guard.broken = False
    assert not world.step(ABC=100)
    assert [(cause.guard, cause.reason) for cause in world.session.causes] == [("books", RAISED)]


def test_a_guard_of_both_kinds_that_raises_while_it_judges_vetoes_and_does_not_halt(open_session) -> None:
    guard = BrokenBoth()
    guard.broken = True
    world = open_session({"one/ABC": [1]}, guards={"both": guard})
    assert world.step(ABC=100)
    assert world.step(ABC=100)
    assert world.broker.submitted == []


def test_no_order_goes_out_whichever_method_of_whichever_guard_is_broken(open_session, fakes) -> None:
    for kind in (BrokenJudge, BrokenInspect, BrokenOrdered, BrokenAnswered, BrokenBoth):
        for place in range(3):
            broken = kind()
            names = [f"quiet{number}" for number in range(2)]
            names.insert(place, "broken")
            guards = {name: broken if name == "broken" else fakes.Switch() for name in names}
            world = open_session({"one/ABC": [1, None, 0.5, 1, 0]}, guards=guards)
            broken.broken = True
            for _ in range(6):
                if not world.step(ABC=100):
                    break
            heard_first = kind in {BrokenOrdered, BrokenAnswered}
            assert len(world.broker.submitted) == (1 if heard_first else 0), (kind, place)


def test_a_fault_survives_a_snapshot_and_is_forgiven_with_the_halt(open_session) -> None:
    guard = BrokenAnsweredAndInspects()
    world = open_session({"one/ABC": [1]}, guards={"books": guard})
    guard.broken = True
    world.step(ABC=100)
    states = world.rail.snapshot()
    assert states == [{"guard": "books", "fault": RAISED, "state": {}}]
    again = open_session({"one/ABC": []}, guards={"books": BrokenAnsweredAndInspects()})
    again.rail.restore(states)
    assert not again.step(ABC=100)
    again.rail.clear_halt(again.session)
    assert again.step(ABC=100)


def test_guards_hear_of_orders_once_they_are_out_and_of_events_once_they_are_booked(open_session) -> None:
    heard: list = []
    world = open_session(
        {"one/ABC": [1]}, guards={"first": Listening(heard, "first"), "second": Listening(heard, "second")}
    )
    world.step(ABC=100)
    world.step(ABC=100)
    expected = [("inspect", 0), ("judge", 1), ("Accepted", 0), ("ordered", 1), ("Fill", 10), ("inspect", 10)]
    assert heard == [(name, *what) for what in expected for name in ("first", "second")]


def test_guards_hear_of_the_brokers_rejections_and_not_of_blocked_orders(open_session, fakes) -> None:
    heard: list = []

    class Ear(Guard):
        def answered(self, event, session) -> None:
            heard.append(type(event))

    world = open_session({"one/ABC": [1], "two/ABC": [None, 1]}, guards={"ear": Ear(), "limit": fakes.Switch()})
    world.broker.answers[1] = "reject"
    world.step(ABC=100)
    world.guards["limit"].reason = "no"
    world.step(ABC=100)
    assert heard == [Rejected]
    assert Fill not in heard


def test_a_summary_is_not_ended_by_a_guard_that_raises(open_session) -> None:
    class Mute(Guard):
        def headroom(self, session) -> str:
            raise ZeroDivisionError("broken")

    world = open_session({"one/ABC": [1]}, guards={"mute": Mute()})
    assert list(world.rail.headroom(world.session)) == [("mute", RAISED)]
