"""The allocators' contract passes honest allocators, and for each case fails one that breaks just that."""

from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

import attrs
import pytest

from logos.domain.money import RATIO_ONE
from logos.session.allocator_config import EqualWeightConfig, FixedQuantityConfig
from logos.session.allocators import equal_weight, fixed_quantity
from logos.session.rebalancing import Rebalance
from logos.session.schedule import Rebalancing, schedule_for
from logos.session.seats import Target
from logos.testing.allocators import AllocatorContract


@attrs.frozen(kw_only=True)
class Keys:
    """Keys of an allocator.

    Attributes
    ----------
    days:
        How many closes decide.
    """

    days: int = 5


@attrs.frozen(kw_only=True)
class FurtherKeys(Keys):
    """Keys of another allocator.

    Attributes
    ----------
    share:
        Of equity.
    """

    share: int = 1


@attrs.define(kw_only=True)
class Changeable:
    """Keys that can be changed.

    Attributes
    ----------
    days:
        How many closes decide.
    """

    days: int = 5


@attrs.frozen(kw_only=True)
class Unexplained:
    """Keys of an allocator."""

    days: int = 5


class Honest:
    """Weighs each symbol by its mean close over all mean closes: whole numbers, set anew every month."""

    days: ClassVar[int] = 5

    def __init__(self, context):
        self.schedule = schedule_for(Rebalancing.MONTH_END, None, context)
        self.closes = {symbol: [] for symbol in sorted(context.traded)}
        self.weights = {}

    @property
    def lookback(self):
        return self.days

    @property
    def ready(self):
        return all(self.closes.values())

    def watch(self, bars):
        for bar in bars:
            self.closes[bar.symbol] = [*self.closes[bar.symbol], bar.close][-self.days :]

    def rebalance(self, signals, account):
        means = {symbol: sum(closes) // len(closes) for symbol, closes in self.closes.items()}
        whole = sum(means.values())
        self.weights = {symbol: mean * RATIO_ONE // whole for symbol, mean in means.items()}
        rest = RATIO_ONE - sum(self.weights.values())
        risk = {symbol: weight + (rest if symbol == "AAA" else 0) for symbol, weight in self.weights.items()}
        return Rebalance(targets=self.targets(signals, account), method="by price", risk=risk, volatility=10)

    def targets(self, changed, account):
        return [
            Target(
                pair=each.pair, weight=Fraction(self.weights.get(each.pair.symbol, 0) * each.signal.value, RATIO_ONE**2)
            )
            for each in changed
        ]

    def snapshot(self):
        return {"weights": self.weights}

    def restore(self, state):
        self.weights = dict(state["weights"])


class AnswersTwice(Honest):
    def targets(self, changed, account):
        return [target for target in super().targets(changed, account) for _ in range(2)]


class AnswersFloats(Honest):
    def targets(self, changed, account):
        return [attrs.evolve(target, weight=float(target.weight)) for target in super().targets(changed, account)]


class Borrows(Honest):
    def targets(self, changed, account):
        return [attrs.evolve(target, weight=2 * target.weight) for target in super().targets(changed, account)]


class HoldsWithoutSignal(Honest):
    def targets(self, changed, account):
        floor = Fraction(1, 1000)
        return [attrs.evolve(target, weight=target.weight or floor) for target in super().targets(changed, account)]


class PrefersTheFirst(Honest):
    def rebalance(self, signals, account):
        found = super().rebalance(signals, account)
        self.weights[signals[0].pair.symbol] //= 2
        return attrs.evolve(found, targets=self.targets(signals, account))


class CountsTheOthers(Honest):
    def targets(self, changed, account):
        return [
            attrs.evolve(target, weight=target.weight / len(changed)) for target in super().targets(changed, account)
        ]


class DriftsWithPrices(Honest):
    def watch(self, bars):
        super().watch(bars)
        if self.weights:
            self.weights = {symbol: weight * 99 // 100 for symbol, weight in self.weights.items()}


class RemembersEverything(Honest):
    @property
    def lookback(self):
        return self.days - 2


class Forgets(Honest):
    def restore(self, state):
        pass


class KeepsFloats(Honest):
    def snapshot(self):
        return {"weights": self.weights, "spread": 0.5}


class SharesItsWeights(Honest):
    asked: ClassVar[list[int]] = []

    def rebalance(self, signals, account):
        self.asked.append(1)
        found = super().rebalance(signals, account)
        return attrs.evolve(found, method=f"by price, {len(self.asked)}")


class LosesRisk(Honest):
    def rebalance(self, signals, account):
        return attrs.evolve(super().rebalance(signals, account), risk={"AAA": RATIO_ONE // 2})


class SpeaksInLines(Honest):
    def rebalance(self, signals, account):
        return attrs.evolve(super().rebalance(signals, account), notes=("one\ntwo",))


def contract(build, keys=Keys):
    class Seated(AllocatorContract):
        config = keys

        def make_allocator(self, context):
            return build(context)

    return Seated()


@pytest.mark.parametrize(
    "build",
    [
        Honest,
        lambda context: equal_weight(EqualWeightConfig(), context),
        lambda context: equal_weight(EqualWeightConfig(rebalance=Rebalancing.WEEK_END), context),
        lambda context: fixed_quantity(FixedQuantityConfig(quantity=Decimal(3)), context),
    ],
    ids=["honest", "equal_weight", "equal_weight rebalanced", "fixed_quantity"],
)
def test_honest_allocator_passes_every_case(build):
    assert contract(build).failing() == {}


@pytest.mark.parametrize("config", [EqualWeightConfig, FixedQuantityConfig, FurtherKeys])
def test_config_may_leave_what_its_base_explains(config):
    assert contract(Honest, config).failing() == {}


def test_cases_are_numbered_without_a_gap():
    assert list(AllocatorContract.cases()) == [f"A-{number:02}" for number in range(1, 11)]


@pytest.mark.parametrize(
    ("build", "keys", "cases"),
    [
        (AnswersTwice, Keys, ["A-01", "A-02"]),
        (AnswersFloats, Keys, ["A-01"]),
        (Borrows, Keys, ["A-02"]),
        (HoldsWithoutSignal, Keys, ["A-02"]),
        (PrefersTheFirst, Keys, ["A-03"]),
        (CountsTheOthers, Keys, ["A-04"]),
        (DriftsWithPrices, Keys, ["A-05"]),
        (RemembersEverything, Keys, ["A-06"]),
        (Forgets, Keys, ["A-07"]),
        (KeepsFloats, Keys, ["A-07"]),
        (SharesItsWeights, Keys, ["A-08"]),
        (LosesRisk, Keys, ["A-09"]),
        (SpeaksInLines, Keys, ["A-09"]),
        (Honest, Changeable, ["A-10"]),
        (Honest, Unexplained, ["A-10"]),
    ],
)
def test_wrong_allocator_fails_its_case(build, keys, cases):
    faults = contract(build, keys).failing()
    assert set(cases) <= set(faults), faults
    assert all(case in faults[case] for case in faults)
