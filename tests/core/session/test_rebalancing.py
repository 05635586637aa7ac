"""Targets that are set anew on a schedule: when, for whom, in which order, and what is kept of it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from logos.data.calendars import AlwaysOpen
from logos.domain.errors import PartFailedError
from logos.domain.orders import OrderType, Signal
from logos.session.allocators import EqualWeight, RebalancedEqualWeight
from logos.session.rebalancing import Held, Rebalance
from logos.session.schedule import Rebalancing, Schedule
from logos.session.seats import Target

EVERY_BAR = Schedule(Rebalancing.EVERY_BAR, AlwaysOpen())
HALF = Fraction(1, 2)


def half_each(schedule=EVERY_BAR) -> RebalancedEqualWeight:
    return RebalancedEqualWeight(HALF, schedule, traded={}, instruments={}, interval=60)


class Weights:
    """Wants what it is told, by symbol; it is ready once it has seen so many bars of every symbol."""

    schedule = EVERY_BAR

    def __init__(self, weights, needs: int = 0, lookback: int = 3) -> None:
        self.weights = weights
        self.needs = needs
        self.lookback = lookback
        self.seen: dict[str, int] = {}
        self.asked = 0

    @property
    def ready(self) -> bool:
        return all(self.seen.get(symbol, 0) >= self.needs for symbol in self.weights)

    def watch(self, bars) -> None:
        for bar in bars:
            self.seen[bar.symbol] = self.seen.get(bar.symbol, 0) + 1

    def targets(self, changed, account):
        weights = self.weights if self.asked else {}
        return [
            Target(pair=one.pair, weight=weights.get(one.pair.symbol, Fraction()) * one.signal.value / 10**8)
            for one in changed
        ]

    def rebalance(self, signals, account) -> Rebalance:
        self.asked += 1
        return Rebalance(targets=self.targets(signals, account), method="told", notes=("as told",))

    def snapshot(self):
        return {}

    def restore(self, state) -> None:
        pass


def kinds(world, kind: str) -> list[tuple]:
    return [entry for entry in world.recorder.heard if entry[0] == kind]


def test_a_rebalance_brings_every_pair_back_to_its_share_though_no_signal_has_changed(open_session) -> None:
    world = open_session({"a/ABC": [1], "a/DEF": [1]}, allocator=half_each(), cash=1000, margin=True)
    world.steps(2, ABC=100, DEF=100)
    world.steps(2, ABC=200, DEF=100)
    assert world.orders[:2] == [("a", "buy", 500), ("a", "buy", 500)]
    assert world.orders[2:4] == [("a", "sell", 125), ("a", "buy", 250)]


class Untraded(Weights):
    """Says from its second rebalance on that ABC cannot be traded."""

    def rebalance(self, signals, account) -> Rebalance:
        self.asked += 1
        untraded = frozenset({"ABC"}) if self.asked > 1 else frozenset()
        return Rebalance(targets=self.targets(signals, account), method="told", untraded=untraded)


def test_what_cannot_be_traded_keeps_what_it_holds_whatever_its_target_is(open_session) -> None:
    allocator = Untraded({"ABC": Fraction(1, 3), "DEF": HALF})
    world = open_session({"a/ABC": [1], "a/DEF": [1]}, allocator=allocator, cash=1000, margin=True)
    world.steps(2, ABC=100, DEF=100)
    allocator.weights = {"ABC": Fraction(0), "DEF": HALF}
    world.step(DEF=200)
    assert world.orders[:2] == [("a", "buy", 333), ("a", "buy", 500)]
    assert world.orders[2:] == [("a", "sell", 125)]
    held = kinds(world, "rebalanced")[-1][1]["ABC"]
    assert held == 33_300_000 * 1000 // 1500


def test_a_signal_of_zero_closes_even_what_cannot_be_traded_now(open_session) -> None:
    allocator = Untraded({"ABC": HALF})
    world = open_session({"a/ABC": [1, None, 0]}, allocator=allocator, cash=1000, margin=True)
    world.steps(3, ABC=100)
    assert world.orders == [("a", "buy", 500), ("a", "sell", 500)]


def test_without_a_schedule_only_a_changed_signal_trades(open_session) -> None:
    world = open_session({"a/ABC": [1], "a/DEF": [1]}, allocator=EqualWeight(HALF), cash=1000, margin=True)
    world.steps(2, ABC=100, DEF=100)
    world.steps(4, ABC=200, DEF=100)
    assert len(world.orders) == 2
    assert not kinds(world, "rebalanced")


def test_what_reduces_is_ordered_before_what_increases(open_session) -> None:
    world = open_session({"a/ABC": [1], "a/DEF": [1]}, allocator=half_each(), cash=1000, margin=True)
    world.steps(2, ABC=100, DEF=100)
    world.steps(2, ABC=100, DEF=300)
    assert world.orders[2:4] == [("a", "sell", 167), ("a", "buy", 500)]


def test_the_record_says_what_was_wanted_and_a_slice_later_what_came_of_it(open_session) -> None:
    world = open_session({"a/ABC": [1], "a/DEF": [0.5]}, allocator=half_each(), cash=1000, margin=True)
    world.step(ABC=100, DEF=100)
    wanted = {"ABC": 50_000_000, "DEF": 25_000_000}
    assert kinds(world, "rebalanced") == [("rebalanced", wanted)]
    assert not kinds(world, "weights")
    world.step(ABC=100, DEF=100)
    assert kinds(world, "weights") == [("weights", wanted, wanted)]


def test_the_last_rebalance_is_told_at_the_end_of_the_data(open_session) -> None:
    world = open_session({"a/ABC": [1]}, allocator=half_each(), cash=1000)
    world.step(ABC=100)
    world.session.finish("end_of_data")
    assert kinds(world, "weights") == [("weights", {"ABC": 50_000_000}, {"ABC": 0})]


def test_pairs_that_have_not_spoken_have_no_target_and_a_row_of_nothing(open_session) -> None:
    world = open_session({"a/ABC": [1], "a/DEF": [None, None, 1]}, allocator=half_each(), cash=1000, margin=True)
    world.steps(2, ABC=100, DEF=100)
    assert [decision.pair.symbol for decision in world.recorder.decisions] == ["ABC", "ABC"]
    assert kinds(world, "rebalanced")[-1] == ("rebalanced", {"ABC": 50_000_000, "DEF": 0})
    world.step(ABC=100, DEF=100)
    assert kinds(world, "rebalanced")[-1] == ("rebalanced", {"ABC": 50_000_000, "DEF": 50_000_000})


def test_the_first_rebalance_comes_as_soon_as_the_allocator_is_ready(open_session) -> None:
    allocator = Weights({"ABC": HALF}, needs=3)
    world = open_session({"a/ABC": [1]}, allocator=allocator, cash=1000)
    world.steps(2, ABC=100)
    assert (allocator.asked, world.orders, world.recorder.reasons()) == (0, [], ["no_weights_yet"])
    world.step(ABC=100)
    assert (allocator.asked, world.orders) == (1, [("a", "buy", 500)])


def test_between_two_rebalances_a_changed_signal_uses_the_weights_in_force(open_session) -> None:
    allocator = Weights({"ABC": HALF})
    allocator.schedule = Schedule(Rebalancing.DAY_END, AlwaysOpen())
    world = open_session({"a/ABC": [1, None, 0.5]}, allocator=allocator, cash=1000)
    world.steps(4, ABC=100)
    assert allocator.asked == 1
    assert world.orders == [("a", "buy", 500), ("a", "sell", 250)]


def test_a_rebalance_orders_at_the_market_where_the_signal_had_asked_for_a_limit_before(open_session) -> None:
    limit = Signal(10**8, OrderType.LIMIT, limit_price=100)
    world = open_session({"a/ABC": [limit]}, allocator=half_each(), cash=1000)
    world.steps(2, ABC=100)
    world.steps(2, ABC=50)
    types = [order.intent.order_type for order in world.broker.submitted]
    assert types[0] is OrderType.LIMIT
    assert set(types[1:]) == {OrderType.MARKET}


def test_a_rebalance_cancels_what_still_works_for_its_pairs(open_session) -> None:
    world = open_session({"a/ABC": [1]}, allocator=half_each(), cash=1000)
    world.broker.held.add(1)
    world.step(ABC=100)
    world.step(ABC=50)
    assert ("closed", 1, "cancelled") in world.recorder.heard


def test_a_tick_without_bars_is_no_time_for_a_rebalance(open_session) -> None:
    allocator = Weights({"ABC": HALF})
    world = open_session({"a/ABC": [1]}, allocator=allocator, cash=1000)
    world.step()
    assert allocator.asked == 0


def test_watchers_see_every_bar_those_of_a_halting_slice_too(open_session, fakes) -> None:
    halter = fakes.Halter()
    allocator = Weights({"ABC": HALF})
    world = open_session({"a/ABC": [1]}, allocator=allocator, guards={"halter": halter}, cash=1000)
    world.steps(2, ABC=100)
    halter.reason = "enough"
    world.step(ABC=100)
    assert allocator.seen == {"ABC": 3}


def test_a_position_manager_that_holds_says_why_and_nothing_is_ordered(open_session) -> None:
    class Reluctant:
        def difference(self, pair, target, position, account):
            return Held("inside_band", "0.4 % of equity is inside the band of 1 %")

    world = open_session({"a/ABC": [1]}, allocator=half_each(), manager=Reluctant(), cash=1000)
    world.step(ABC=100)
    assert world.orders == []
    assert (world.last.outcome, world.last.code, world.last.detail) == (
        "unchanged",
        "inside_band",
        "0.4 % of equity is inside the band of 1 %",
    )


def test_a_manager_that_looks_at_a_whole_rebalance_is_shown_all_pairs_at_once(open_session) -> None:
    class Book:
        def __init__(self) -> None:
            self.shown = []

        def difference(self, pair, target, position, account):
            return target - position

        def differences(self, changes, account, limits):
            self.shown.append([(change.pair.symbol, change.target, change.position) for change in changes])
            return [Held("alone", "as told"), *(change.target - change.position for change in changes[1:])]

    manager = Book()
    world = open_session({"a/ABC": [1], "a/DEF": [1]}, allocator=half_each(), manager=manager, cash=1000, margin=True)
    world.steps(2, ABC=100, DEF=100)
    assert manager.shown[0] == [("ABC", 500, 0), ("DEF", 500, 0)]
    assert world.orders[0] == ("a", "buy", 500)
    assert [decision.code for decision in world.recorder.decisions[:2]] == ["alone", ""]


@pytest.mark.parametrize("answers", [[], [1.5], ["all of it"]])
def test_a_wrong_answer_of_such_a_manager_is_its_failure(open_session, answers) -> None:
    class Book:
        def difference(self, pair, target, position, account):
            return target - position

        def differences(self, changes, account, limits):
            return answers

    world = open_session({"a/ABC": [1]}, allocator=half_each(), manager=Book(), cash=1000)
    with pytest.raises(PartFailedError, match="the position manager failed"):
        world.step(ABC=100)


def test_a_restart_goes_on_with_the_schedule_and_the_rebalance_that_was_not_told_yet(open_session) -> None:
    world = open_session({"a/ABC": [1]}, allocator=half_each(), cash=1000)
    world.step(ABC=100)
    state = world.session.rebalancer.snapshot()
    other = open_session({"a/ABC": [1]}, allocator=half_each(), cash=1000)
    other.session.rebalancer.restore(state)
    assert other.session.rebalancer.snapshot() == state
    assert other.session.rebalancer.pending == world.session.rebalancer.pending
    assert other.session.rebalancer.next_at == world.session.clock + 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Rebalance(targets=(), method="too few"),
        Rebalance(targets=(Target(pair=None, quantity=Fraction(1)),), method="no weight"),
        Rebalance(targets=(Target(pair=None, weight=HALF),), method="a float", risk={"ABC": 0.5}),
    ],
)
def test_a_wrong_answer_of_the_allocator_is_its_failure(open_session, answer) -> None:
    allocator = Weights({"ABC": HALF})
    allocator.rebalance = lambda signals, account: answer
    world = open_session({"a/ABC": [1]}, allocator=allocator, cash=1000)
    with pytest.raises(PartFailedError, match="the allocator failed"):
        world.step(ABC=100)


def test_targets_in_another_order_than_the_signals_are_refused(open_session) -> None:
    allocator = Weights({"ABC": HALF, "DEF": HALF / 2})
    told = allocator.rebalance

    def swapped(signals, account):
        found = told(signals, account)
        return Rebalance(targets=found.targets[::-1], method="swapped")

    allocator.rebalance = swapped
    world = open_session({"a/ABC": [1], "a/DEF": [1]}, allocator=allocator, cash=1000)
    with pytest.raises(PartFailedError, match="in another order"):
        world.step(ABC=100, DEF=100)


def test_a_watcher_that_raises_is_named(open_session) -> None:
    allocator = Weights({"ABC": HALF})

    def watch(bars) -> None:
        raise RuntimeError("no more memory")

    allocator.watch = watch
    world = open_session({"a/ABC": [1]}, allocator=allocator, cash=1000)
    with pytest.raises(PartFailedError, match=r"watch prices, failed: .*no more memory"):
        world.step(ABC=100)
