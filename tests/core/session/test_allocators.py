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
from logos.domain.times import SECONDS_A_DAY
from logos.session.allocator_config import EqualWeightConfig, FixedQuantityConfig
from logos.session.allocators import equal_weight, fixed_quantity
from logos.session.rebalancing import PriceWatcher
from logos.session.schedule import Rebalancing
from logos.session.seats import Pair, PairSignal
from logos.session.targets import build_targets
from logos.strategies.sample_bars import SAMPLE, plain_context
from logos.testing.bars import bars_of, instrument
from logos.testing.contexts import part_context
from logos.testing.views import FakeAccount

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


COINS = {symbol: instrument(symbol) for symbol in ("AAA", "BBB", "CCC")}
DAY_0 = 19_800 * SECONDS_A_DAY


def rebalanced_daily(pairs=None):
    """Return an allocator of three coins with daily bars, and its account of 100,000 that holds nothing."""
    traded = pairs or dict.fromkeys(COINS, 1)
    context = part_context(*COINS.values(), interval=SECONDS_A_DAY, traded=traded, pairs=sum(traded.values()))
    allocator = equal_weight(EqualWeightConfig(invest=Decimal("0.9"), rebalance=Rebalancing.EVERY_BAR), context)
    account = FakeAccount(instruments=COINS, marks=dict.fromkeys(COINS, 10_000), fixed_equity=100_000 * 10**8)
    return allocator, account


def watch(allocator, day, *symbols) -> None:
    assert isinstance(allocator, PriceWatcher)
    for symbol in symbols:
        start = DAY_0 + day * SECONDS_A_DAY
        allocator.watch(bars_of(COINS[symbol], [10_000], start=start, interval=SECONDS_A_DAY))


def full_signals(*symbols):
    return [PairSignal(pair=Pair("held", symbol), instrument=COINS[symbol], signal=LONG) for symbol in symbols]


def weights_of(allocator, account) -> list[Fraction]:
    return [target.weight for target in allocator.rebalance(full_signals(*COINS), account).targets]


THIRD = Fraction(3, 10)


@pytest.mark.parametrize(("units", "others"), [(20, Fraction(44, 100)), (-20, Fraction(44, 100)), (950, Fraction(0))])
def test_what_is_held_and_cannot_be_traded_leaves_the_rest_to_the_others(units, others) -> None:
    allocator, account = rebalanced_daily()
    watch(allocator, 0, *COINS)
    account.positions = {"CCC": units * 100}
    assert weights_of(allocator, account) == [THIRD] * 3
    watch(allocator, 1, "AAA", "BBB")
    assert weights_of(allocator, account) == [THIRD] * 3  # a day without a bar may be one without a trade
    watch(allocator, 2, "AAA", "BBB")
    found = allocator.rebalance(full_signals(*COINS), account)
    assert found.untraded == {"CCC"}
    assert [target.weight for target in found.targets][:2] == [others, others]
    (note,) = found.notes
    assert note.startswith("Held and not traded, without a close: CCC (none since 2024-03-18). It stays as it is")
    watch(allocator, 3, *COINS)
    again = allocator.rebalance(full_signals(*COINS), account)
    assert ([target.weight for target in again.targets], again.untraded, again.notes) == ([THIRD] * 3, frozenset(), ())


def test_what_is_not_held_or_is_worth_nobody_knows_what_takes_its_share_as_before() -> None:
    allocator, account = rebalanced_daily()
    watch(allocator, 0, *COINS)
    watch(allocator, 2, "AAA", "BBB")
    assert weights_of(allocator, account) == [THIRD] * 3
    account.positions, account.fixed_equity = {"CCC": 100}, 0
    assert weights_of(allocator, account) == [THIRD] * 3


def test_pairs_of_one_symbol_share_and_a_restart_keeps_the_shares_in_force() -> None:
    pairs = {"AAA": 2, "BBB": 1, "CCC": 1}
    allocator, account = rebalanced_daily(pairs)
    watch(allocator, 0, *COINS)
    watch(allocator, 2, "AAA", "BBB")
    account.positions = {"CCC": 6_000}
    allocator.rebalance(full_signals(*COINS), account)
    in_force = [target.weight for target in allocator.targets(full_signals(*COINS), account)]
    assert in_force == [Fraction(84, 300), Fraction(84, 300), Fraction(6, 100)]
    restored, _ = rebalanced_daily(pairs)
    restored.restore(allocator.snapshot())
    assert [target.weight for target in restored.targets(full_signals(*COINS), account)] == in_force


@settings(max_examples=60, deadline=None)
@given(held=st.lists(st.integers(-200_000, 200_000), min_size=3, max_size=3), stopped=st.sets(st.sampled_from("ABC")))
def test_shares_and_what_stays_never_sum_to_more_than_invest_unless_that_alone_is_more(held, stopped) -> None:
    allocator, account = rebalanced_daily()
    watch(allocator, 0, *COINS)
    watch(allocator, 5, *(symbol for symbol in COINS if symbol[0] not in stopped))
    account.positions = dict(zip(COINS, held, strict=True))
    found = allocator.rebalance(full_signals(*COINS), account)
    stays = sum(Fraction(abs(account.positions[symbol]), 100_000) for symbol in found.untraded)
    shares = {target.pair.symbol: target.weight for target in found.targets}
    others = sum(share for symbol, share in shares.items() if symbol not in found.untraded)
    assert sum(shares.values()) <= Fraction(9, 10)
    assert others == (max(Fraction(9, 10) - stays, 0) if len(found.untraded) < len(COINS) else 0)
