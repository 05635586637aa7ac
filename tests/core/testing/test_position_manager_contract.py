"""The position managers' contract passes honest ones, and for each case fails one that breaks just that."""

from typing import ClassVar

import attrs
import pytest

from logos.session.rebalancing import Held
from logos.session.targets import WholeDifference
from logos.testing.position_managers import PositionManagerContract


@attrs.frozen(kw_only=True)
class Parameters:
    """Parameters.

    Attributes
    ----------
    share:
        Percent of the difference that is traded.
    """

    share: int = 50


@attrs.frozen
class Positional:
    """Parameters.

    Attributes
    ----------
    share:
        Percent of the difference that is traded.
    """

    share: int = 50


class Halves:
    """Trades half of a difference, rounded away from zero, and nothing at all after a bar that closed lower."""

    lookback = 2

    def __init__(self):
        self.closes = []

    def watch(self, bars):
        self.closes = [*self.closes, *(bar.close for bar in bars)][-2:]

    def difference(self, pair, target, position, account):
        lots = target - position
        if target and self.closes[-1] < self.closes[0]:
            return Held("falling", f"the close of {self.closes[-1]} is lower than the one before: wait")
        return lots // 2 if lots < 0 else -(-lots // 2)


class AnswersFloats(Halves):
    def difference(self, pair, target, position, account):
        return (target - position) / 2


class HoldsWithoutReason(Halves):
    def difference(self, pair, target, position, account):
        return Held("too_far", "") if abs(target - position) > 100 and target else target - position


class GoesTooFar(Halves):
    def difference(self, pair, target, position, account):
        return target - position + (1 if target > position else 0)


class NeverLeaves(Halves):
    def difference(self, pair, target, position, account):
        return Held("small", "one lot is too little: more lots") if abs(target - position) == 1 else target - position


class AlternatesAnswers(Halves):
    asked = 0

    def difference(self, pair, target, position, account):
        self.asked += 1
        return target - position if self.asked % 2 or not target else Held("later", "every second time: ask again")


class DividesByEquity(Halves):
    def difference(self, pair, target, position, account):
        return target - position if abs(target - position) / account.equity >= 0 or not target else 0


class ForgetsNothing(Halves):
    def watch(self, bars):
        self.closes = [*self.closes, *(bar.close for bar in bars)]


class CoreContract(PositionManagerContract):
    def make_manager(self):
        return WholeDifference()


class HalvesContract(PositionManagerContract):
    config: ClassVar[type] = Parameters
    manager: ClassVar[type] = Halves

    def make_manager(self):
        return self.manager()


class PositionalContract(HalvesContract):
    config = Positional


@pytest.mark.parametrize("contract", [CoreContract, HalvesContract])
def test_honest_position_managers_pass(contract):
    assert contract().failing() == {}


@pytest.mark.parametrize(
    ("case", "manager"),
    [
        ("M-01", AnswersFloats),
        ("M-01", HoldsWithoutReason),
        ("M-02", GoesTooFar),
        ("M-03", NeverLeaves),
        ("M-04", AlternatesAnswers),
        ("M-05", DividesByEquity),
        ("M-06", ForgetsNothing),
    ],
)
def test_a_position_manager_that_breaks_a_case_is_caught_by_it(case, manager):
    contract = type("Broken", (HalvesContract,), {"manager": manager})
    assert case in contract().failing()


def test_parameters_that_take_positions_are_caught():
    assert list(PositionalContract().failing()) == ["M-07"]
