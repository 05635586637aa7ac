"""The guards' contract passes an honest guard, and for each case fails one that breaks just that."""

from typing import ClassVar

import attrs
import pytest

from logos.session.seats import Guard
from logos.testing.guards import GuardContract


@attrs.frozen(kw_only=True)
class Explained:
    """Keys of a guard.

    Attributes
    ----------
    limit:
        How many.
    """

    limit: int = 5


@attrs.define(kw_only=True)
class Changeable:
    """Keys of a guard.

    Attributes
    ----------
    limit:
        How many.
    """

    limit: int = 5


@attrs.frozen(kw_only=True)
class Unexplained:
    """Keys of a guard."""

    limit: int = 5


class Honest(Guard):
    """Blocks every order after the tenth, and halts at the hundredth."""

    def __init__(self):
        self.count = 0

    def judge(self, intent, session):
        return None if intent.reduces or self.count < 10 else f"{self.count} orders >= 10"

    def inspect(self, session):
        return None if self.count < 100 else f"{self.count} orders >= 100"

    def ordered(self, intent, session):
        self.count += 1

    def snapshot(self):
        return {"count": self.count}

    def restore(self, state):
        self.count = state["count"]


class RaisesWithoutEquity(Honest):
    def judge(self, intent, session):
        if 1 // session.account.equity:
            return "one minor unit"
        return super().judge(intent, session)


class SaysNothing(Honest):
    def judge(self, intent, session):
        return " " if session.account.equity < 0 else super().judge(intent, session)


class CountsQuestions(Honest):
    def judge(self, intent, session):
        answer = super().judge(intent, session)
        self.count += 1
        return answer


class Forgets(Honest):
    def restore(self, state):
        self.count = 0


class KeepsFloats(Honest):
    def snapshot(self):
        return {"count": self.count, "share": self.count / 3}


class KeepsIntegerKeys(Honest):
    def snapshot(self):
        return {"count": self.count, "by_day": {1: self.count}}


class SharesItsCount(Honest):
    shared: ClassVar[list[int]] = [0]

    @property
    def count(self):
        return self.shared[0]

    @count.setter
    def count(self, value):
        self.shared[0] = value


class Watches(Honest):
    """Halts when equity falls ten percent below its highest."""

    def __init__(self):
        super().__init__()
        self.highest = 0

    def inspect(self, session):
        self.highest = max(self.highest, session.account.equity)
        return f"fallen from {self.highest}" if session.account.equity < 0.9 * self.highest else None

    def snapshot(self):
        return {"count": self.count, "highest": self.highest}

    def restore(self, state):
        super().restore(state)
        self.highest = state["highest"]


class LooksAway(Watches):
    def first_to_inspect(self, span):
        return len(span)

    def passed_over(self, span):
        self.highest = max(self.highest, int(span.equity.max()))


class ForgetsWhatItPassed(Watches):
    def first_to_inspect(self, span):
        return 1


class CountsSpans(Honest):
    def first_to_inspect(self, span):
        self.count += 1
        return 0


class TakesNoneForAnEnvelope(Honest):
    def envelope(self):
        return {"order_value": 5}


def contract(guard, keys=Explained):
    class Held(GuardContract):
        config = keys

        def make_guard(self):
            return guard()

    return Held()


def test_honest_guard_passes_every_case():
    assert contract(Honest).failing() == {}
    assert contract(Watches).failing() == {}


def test_cases_are_numbered_without_a_gap():
    assert list(GuardContract.cases()) == ["G-01", "G-02", "G-03", "G-04", "G-05", "G-06", "G-07"]


@pytest.mark.parametrize(
    ("guard", "keys", "case"),
    [
        (RaisesWithoutEquity, Explained, "G-01"),
        (SaysNothing, Explained, "G-01"),
        (CountsQuestions, Explained, "G-02"),
        (Forgets, Explained, "G-03"),
        (KeepsFloats, Explained, "G-04"),
        (KeepsIntegerKeys, Explained, "G-04"),
        (SharesItsCount, Explained, "G-05"),
        (LooksAway, Explained, "G-07"),
        (ForgetsWhatItPassed, Explained, "G-07"),
        (CountsSpans, Explained, "G-07"),
        (TakesNoneForAnEnvelope, Explained, "G-07"),
        (Honest, Changeable, "G-06"),
        (Honest, Unexplained, "G-06"),
    ],
)
def test_wrong_guard_fails_its_case_alone(guard, keys, case):
    faults = contract(guard, keys).failing()
    assert list(faults) == [case]
    assert case in faults[case]
