"""Allocators: what a signal wants its pair to hold, whatever else changed and in whatever order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.errors import InputError
from logos.domain.orders import FLAT, LONG, SHORT, Signal
from logos.session.allocator_config import EqualWeightConfig, FixedQuantityConfig
from logos.session.allocators import equal_weight, fixed_quantity
from logos.session.seats import Pair, PairSignal
from logos.session.targets import build_targets
from logos.strategies.sample_bars import SAMPLE, plain_context

CONTEXT = attrs.evolve(plain_context(), pairs=4)


class NoAccount:
    """The core's allocators ask the account nothing."""


def signalled(value: int, number: int = 0) -> PairSignal:
    return PairSignal(pair=Pair(f"strategy{number}", "SAMPLE"), instrument=SAMPLE, signal=Signal(value))


def test_equal_weight_gives_each_configured_pair_its_share_times_the_signal() -> None:
    allocator = equal_weight(EqualWeightConfig(), CONTEXT)
    changed = [
        PairSignal(pair=Pair(name, "SAMPLE"), instrument=SAMPLE, signal=signal)
        for name, signal in (("a", LONG), ("b", FLAT), ("c", SHORT), ("d", Signal(25_000_000)))
    ]
    targets = allocator.targets(changed, NoAccount())
    assert [target.pair.strategy for target in targets] == ["a", "b", "c", "d"]
    assert [target.weight for target in targets] == [
        Fraction(95, 400),
        Fraction(0),
        Fraction(-95, 400),
        Fraction(95, 1600),
    ]
    assert all(target.quantity is None for target in targets)


def test_fixed_quantity_gives_that_many_units_times_the_signal() -> None:
    allocator = fixed_quantity(FixedQuantityConfig(quantity=Decimal("0.3")), CONTEXT)
    targets = allocator.targets([signalled(10**8), signalled(-50_000_000)], NoAccount())
    assert [target.quantity for target in targets] == [Fraction(3, 10), Fraction(-3, 20)]
    assert all(target.weight is None for target in targets)


ALLOCATORS = {
    "equal_weight": equal_weight(EqualWeightConfig(invest=Decimal("0.9")), CONTEXT),
    "fixed_quantity": fixed_quantity(FixedQuantityConfig(quantity=Decimal(7)), CONTEXT),
}


@pytest.mark.parametrize("name", ALLOCATORS)
@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.integers(-(10**8), 10**8), max_size=8), data=st.data())
def test_a_target_depends_neither_on_the_other_signals_nor_on_their_order(name, values, data) -> None:
    allocator = ALLOCATORS[name]
    changed = [signalled(value, number) for number, value in enumerate(values)]
    shuffled = data.draw(st.permutations(changed))
    alone = {each.pair: allocator.targets([each], NoAccount())[0] for each in changed}
    assert list(allocator.targets(shuffled, NoAccount())) == [alone[each.pair] for each in shuffled]


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.integers(-(10**8), 10**8), max_size=4))
def test_all_pairs_together_never_get_more_than_invest(values) -> None:
    changed = [signalled(value, number) for number, value in enumerate(values)]
    targets = ALLOCATORS["equal_weight"].targets(changed, NoAccount())
    assert sum(abs(target.weight) for target in targets) <= Fraction(9, 10)


@pytest.mark.parametrize("invest", ["0", "-0.1", "1.00000001", "NaN", "Infinity"])
def test_a_share_outside_its_bounds_is_refused(invest: str) -> None:
    with pytest.raises(InputError, match="must be above 0 and at most 1"):
        EqualWeightConfig(invest=Decimal(invest))


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN"])
def test_a_quantity_that_is_not_above_zero_is_refused(quantity: str) -> None:
    with pytest.raises(InputError, match="must be above 0"):
        FixedQuantityConfig(quantity=Decimal(quantity))


@pytest.mark.parametrize(("target", "position", "difference"), [(5, 2, 3), (0, 2, -2), (-3, 2, -5), (4, 4, 0)])
def test_the_default_position_manager_trades_the_whole_difference(target, position, difference) -> None:
    manager = build_targets(None, CONTEXT)
    assert manager.difference(Pair("a", "SAMPLE"), target, position, NoAccount()) == difference


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-(10**8), 10**8)), max_size=30))
def test_an_allocator_that_has_answered_much_answers_like_a_new_one(asked) -> None:
    for make in (
        lambda: equal_weight(EqualWeightConfig(), CONTEXT),
        lambda: fixed_quantity(FixedQuantityConfig(quantity=Decimal("2.5")), CONTEXT),
    ):
        old = make()
        for number, value in asked:
            signals = [signalled(value, number)]
            assert old.targets(signals, NoAccount()) == make().targets(signals, NoAccount())
