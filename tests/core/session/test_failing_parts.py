"""A part that raises, or answers what its seat does not allow, is named; nothing it did half is taken for done."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import attrs
import pytest

from logos.domain.bars import Slice
from logos.domain.errors import PartFailedError
from logos.session.guarding import GuardEntry, GuardRail
from logos.session.seats import Guard, Target
from logos.testing.bars import MINUTE


class Fail:
    """In a strategy's script: raises where the signal would be made."""

    def __mul__(self, other: object) -> int:
        raise ZeroDivisionError("no volume")


def fail(*_arguments: object) -> object:
    raise ZeroDivisionError("no volume")


def fail_later(*_arguments: object):
    """Raise where the first event is asked for, as a generator does."""
    yield fail()


def seat(world, allocator) -> None:
    """Put another allocator in its seat."""
    world.session.parts = attrs.evolve(world.session.parts, allocator=allocator)


# -- strategies, allocators and position managers ------------------------------------------------------------------


def test_a_strategy_that_raises_is_named_with_its_symbol(open_session) -> None:
    world = open_session({"fine/ABC": [1], "trend/ABC": [None, Fail()], "trend/XYZ": [1]})
    world.step(ABC=100, XYZ=100)
    with pytest.raises(PartFailedError, match=r"^strategy trend on ABC failed: ZeroDivisionError: no volume") as raised:
        world.step(ABC=100, XYZ=100)
    assert raised.value.exit_code == 1
    assert "logs/run.log" in raised.value.hint
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_a_strategy_that_answers_no_signal_is_named(open_session) -> None:
    world = open_session({"trend/ABC": []})
    world.session.pairs[0].on_bar = lambda _bar: 0.5
    with pytest.raises(PartFailedError, match=r"^strategy trend on ABC failed: AttributeError"):
        world.step(ABC=100)


def too_few(signals, _account):
    return [Target(pair=one.pair, quantity=Fraction(1)) for one in signals][1:]


def other_order(signals, _account):
    return [Target(pair=one.pair, quantity=Fraction(1)) for one in reversed(signals)]


def none_at_all(_signals, _account):
    return None


def no_targets(signals, _account):
    return [one.signal.value for one in signals]


@pytest.mark.parametrize("targets", [fail, too_few, other_order, none_at_all, no_targets])
def test_an_allocator_that_raises_or_answers_wrongly_is_named_before_any_order(open_session, targets) -> None:
    world = open_session({"trend/ABC": [1], "trend/XYZ": [1]})
    seat(world, SimpleNamespace(targets=targets))
    with pytest.raises(PartFailedError, match=r"^the allocator failed: "):
        world.step(ABC=100, XYZ=100)
    assert world.orders == []
    assert world.recorder.decisions == []


def test_an_allocator_may_answer_with_a_tuple(open_session) -> None:
    world = open_session({"trend/ABC": [1]})
    seat(
        world, SimpleNamespace(targets=lambda signals, _account: (Target(pair=signals[0].pair, quantity=Fraction(2)),))
    )
    world.step(ABC=100)
    assert world.orders == [("trend", "buy", 2)]


def test_a_position_manager_that_raises_is_named(open_session) -> None:
    world = open_session({"trend/ABC": [1]}, manager=SimpleNamespace(difference=fail))
    with pytest.raises(PartFailedError, match="position manager"):
        world.step(ABC=100)


# -- brokers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [fail, fail_later], ids=["at once", "as a generator"])
@pytest.mark.parametrize("method", ["submit", "match", "cancel"])
def test_a_broker_that_raises_is_named(open_session, method, how) -> None:
    world = open_session({"trend/ABC": [1, None, 0]})
    world.broker.held = {1}
    setattr(world.broker, method, how)
    with pytest.raises(PartFailedError, match=r"^the broker failed: ZeroDivisionError: no volume"):
        world.steps(3, ABC=100)


def test_a_broker_that_cannot_say_what_is_affordable_is_named(open_session) -> None:
    world = open_session({"trend/ABC": [1]})
    world.broker.affordable = fail
    with pytest.raises(PartFailedError, match=r"^the broker failed: ZeroDivisionError: no volume"):
        world.step(ABC=100)


def test_an_error_of_this_tree_that_a_broker_raises_is_handed_on_as_it_is(open_session) -> None:
    world = open_session({"trend/ABC": [1]})
    own = PartFailedError("the venue is gone")

    def gone(*_arguments):
        yield from ()
        raise own

    world.broker.submit = gone
    with pytest.raises(PartFailedError) as raised:
        world.step(ABC=100)
    assert raised.value is own


# -- guards --------------------------------------------------------------------------------------------------------


class Yes(Guard):
    """Says True where it should say why."""

    def __init__(self, answer: object = True) -> None:
        self.answer = answer

    def judge(self, intent, session):
        return self.answer


class YesInspects(Yes):
    judge = Guard.judge

    def inspect(self, session):
        return self.answer


@pytest.mark.parametrize("answer", [True, False, 0, ["too large"]])
def test_a_guard_that_answers_something_else_than_text_blocks_and_the_answer_is_told(open_session, answer) -> None:
    world = open_session({"trend/ABC": [1]}, guards={"mine": Yes(answer)})
    assert world.step(ABC=100)
    assert world.orders == []
    assert world.last.outcome.value == "blocked"
    assert world.last.detail == f"mine: the guard answered {answer!r} instead of a text or None"


@pytest.mark.parametrize("answer", [True, False, 0, ["too large"]])
def test_a_guard_that_answers_something_else_than_text_halts_and_the_answer_is_told(open_session, answer) -> None:
    world = open_session({"trend/ABC": [1]}, guards={"mine": YesInspects(answer)})
    assert not world.step(ABC=100)
    (cause,) = world.session.causes
    assert cause.guard == "mine"
    assert cause.reason == f"the guard answered {answer!r} instead of a text or None"


class Remembers(Guard):
    """Has a memory that may not be one."""

    def __init__(self, state: object = None, error: Exception | None = None) -> None:
        self.state = state
        self.error = error

    def snapshot(self):
        if self.error is not None:
            raise self.error
        return self.state

    def restore(self, state) -> None:
        self.snapshot()

    def clear_halt(self, session) -> str:
        self.snapshot()
        return ""


def rail(guard: Guard) -> GuardRail:
    return GuardRail([GuardEntry(name="fine", guard=Guard()), GuardEntry(name="mine", guard=guard)])


@pytest.mark.parametrize(
    "state",
    [{"seen": {1, 2}}, {"seen": object()}, {"ratio": float("nan")}, {"ratio": float("inf")}, {("a", "b"): 1}, b"bytes"],
    ids=["a set", "an object", "not a number", "infinite", "a key that is none", "bytes"],
)
def test_a_guard_whose_memory_is_no_json_is_named(state) -> None:
    with pytest.raises(PartFailedError, match=r"^guard mine failed: "):
        rail(Remembers(state)).snapshot()


def test_a_guard_whose_memory_raises_is_named_wherever_it_is_asked_for() -> None:
    guards = rail(Remembers(error=KeyError("seen")))
    empty = [{"guard": name, "fault": "", "state": {}} for name in ("fine", "mine")]
    for act in (guards.snapshot, lambda: guards.restore(empty), lambda: guards.clear_halt(None)):
        with pytest.raises(PartFailedError, match=r"^guard mine failed: KeyError: 'seen'"):
            act()


# -- feeds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [MINUTE, 2 * MINUTE], ids=["the same time", "an earlier time"])
def test_a_feed_that_goes_backwards_is_named_with_both_times(open_session, back) -> None:
    world = open_session({"trend/ABC": []})
    world.steps(3, ABC=100)
    rows = list(world.recorder.rows)
    world.time -= back
    with pytest.raises(PartFailedError, match=r"^the feed failed: .* a slice that closes at .*Z after one at .*Z"):
        world.step(ABC=100)
    assert world.recorder.rows == rows


def test_a_bar_that_arrives_after_a_later_tick_is_taken(open_session) -> None:
    world = open_session({"trend/ABC": [None, 1]})
    world.step(ABC=100)
    assert world.session.advance(Slice(world.time + 90, ()))
    world.step(ABC=100)
    world.step(ABC=100)
    assert world.session.counts.bars == 3
    assert [row[0] for row in world.recorder.rows] == [world.time - 2 * MINUTE, world.time - MINUTE, world.time]
    assert world.pair("trend/ABC").position == 10


def test_what_goes_wrong_while_an_answer_is_applied_is_not_blamed_on_the_broker(open_session) -> None:
    world = open_session({"trend/ABC": [1]})

    def full(*_arguments: object) -> None:
        raise OSError("no space left")

    world.recorder.answered = full
    with pytest.raises(OSError, match="no space left"):
        world.step(ABC=100)
