"""The contract of allocators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import ClassVar

import attrs

from logos.context.parts import PartContext
from logos.domain.bars import Bar
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE
from logos.domain.orders import Signal
from logos.domain.times import SECONDS_A_DAY
from logos.session.rebalancing import PriceWatcher, Rebalance, RebalancingAllocator
from logos.session.seats import Allocator, Pair, PairSignal, Target
from logos.testing.bars import START, bars_of, instrument, wave
from logos.testing.contexts import part_context
from logos.testing.contract import Contract, check_config_class, check_json, through_json
from logos.testing.views import FakeAccount, session_of

_BARS = 160
_SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
_EVERY = 23
_STRENGTHS = (RATIO_ONE, RATIO_ONE // 2, 0, RATIO_ONE // 3)


@attrs.frozen
class _Answer:
    """A rebalance as plain values, by symbol."""

    weights: dict[str, Fraction | None]
    method: str
    risk: dict[str, int]
    volatility: int | None
    notes: tuple[str, ...]


class AllocatorContract(Contract):
    """What every allocator must keep. Override ``make_allocator``, and name the config class.

    An allocator with ``rebalance`` (``RebalancingAllocator``) or ``watch`` (``PriceWatcher``) is held to more.

    Attributes
    ----------
    config:
        The allocator's config class; ``None`` where it takes no keys.
    most:
        The greatest sum of absolute weights at full signals; 1 where nothing is borrowed.
    """

    config: ClassVar[type | None] = None
    most: ClassVar[Fraction] = Fraction(1)

    def make_allocator(self, context: PartContext) -> Allocator:
        """Return a new allocator, each time with the same config, for the pairs of a context."""
        raise NotImplementedError

    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments of the sample bars, in name order."""
        return [instrument(symbol) for symbol in _SYMBOLS]

    def bars(self) -> Sequence[Sequence[Bar]]:
        """Return the sample bars, slice by slice; override it where a hundred days are too few."""
        columns = [
            bars_of(each, _closes(place, _BARS), start=START // SECONDS_A_DAY * SECONDS_A_DAY, interval=SECONDS_A_DAY)
            for place, each in enumerate(self._instruments)
        ]
        return list(zip(*columns, strict=True))

    def test_a01_one_target_a_signal(self) -> None:
        """Assert that every signal gets one target, of its own pair and in the same order: a weight or a quantity."""
        allocator, account = self._seen(self.bars())
        for value in _STRENGTHS:
            signals = self._signals(value)
            self._check_targets(signals, allocator.targets(signals, account), "A-01: targets")
            if self._decides(allocator):
                assert isinstance(allocator, RebalancingAllocator), "A-01: not every instance rebalances"
                wanted = allocator.rebalance(signals, account)
                assert isinstance(wanted, Rebalance), f"A-01: a rebalance is {wanted!r}"
                self._check_targets(signals, wanted.targets, "A-01: rebalance")

    def test_a02_weights_are_bounded(self) -> None:
        """Assert that the absolute weights at full signals never exceed ``most`` together, and that 0 means nothing."""
        for allocator, account in self._points():
            targets = self._wanted(allocator, account)
            weights = [abs(target.weight) for target in targets if target.weight is not None]
            assert sum(weights) <= self.most + Fraction(1, RATIO_ONE), (
                f"A-02: the weights sum to {float(sum(weights)):.9f}, and the most is {float(self.most):.9f}"
            )
            for target in allocator.targets(self._signals(0), account):
                amount = target.weight if target.quantity is None else target.quantity
                assert amount == 0, f"A-02: with a signal of 0, the target of {target.pair.symbol} is {amount}"

    def test_a03_order_does_not_matter(self) -> None:
        """Assert that the order of signals, bars and instruments changes no target."""
        forward = [self._answer(allocator, account) for allocator, account in self._points()]
        backward = [self._answer(allocator, account, -1) for allocator, account in self._points(-1)]
        assert forward == backward, "A-03: in another order of the symbols, the answers differ"

    def test_a04_a_target_needs_no_other(self) -> None:
        """Assert that a signal gets the same target whichever other signals have changed with it."""
        allocator, account = self._seen(self.bars())
        if self._decides(allocator):
            self._wanted(allocator, account)
        signals = [attrs.evolve(each, signal=Signal(value)) for each, value in zip(self._signals(), _STRENGTHS)]  # noqa: B905 - as many as there are
        together = list(allocator.targets(signals, account))
        alone = [target for each in signals for target in allocator.targets([each], account)]
        assert together == alone, "A-04: a target depends on the other signals of its slice"

    def test_a05_later_bars_change_nothing(self) -> None:
        """Assert that what was decided stays so, whatever an allocator sees later: no look-ahead."""
        bars = self.bars()
        for cut in (len(bars) // 2, len(bars) - 1):
            allocator, account = self._seen(bars[:cut])
            kept = list(self._wanted(allocator, account))
            answer = self._answer(allocator, account)
            again = list(allocator.targets(self._signals(), account))
            for later in bars[cut:]:
                self._see(allocator, later)
            assert self._answer(*self._seen(bars[:cut])) == answer, f"A-05: after {cut} slices it answers otherwise"
            assert kept == again == list(allocator.targets(self._signals(), account)), (
                f"A-05: bars after slice {cut} change the weights in force without a rebalance"
            )

    def test_a06_lookback_is_honest(self) -> None:
        """Assert that the last ``lookback`` bars of each symbol alone decide: an exact restart."""
        bars = self.bars()
        whole = self._make()
        if not isinstance(whole, PriceWatcher):
            return
        lookback = whole.lookback
        assert lookback >= 1, f"A-06: the look-back is {lookback}, and the current bar always counts"
        assert len(bars) > lookback, f"A-06: bars() gives {len(bars)} slices, and the look-back is {lookback}"
        for end in range(lookback, len(bars) + 1, _EVERY):
            known, tail = self._seen(bars[:end]), self._seen(bars[end - lookback : end])
            assert self._answer(*known) == self._answer(*tail), (
                f"A-06: after {end} slices the answer is another one from the last {lookback} alone"
            )

    def test_a07_restart_changes_nothing(self) -> None:
        """Assert that an allocator with the snapshot and the same prices goes on as if nothing had happened."""
        bars = self.bars()
        for cut in (len(bars) // 3, len(bars) // 2, len(bars) - 1):
            allocator, account = self._seen(bars[:cut])
            if not isinstance(allocator, RebalancingAllocator):
                return
            self._wanted(allocator, account)
            state = allocator.snapshot()
            check_json(state, "A-07")
            restored, _ = self._seen(bars[:cut])
            assert isinstance(restored, RebalancingAllocator), "A-07: not every instance rebalances"
            restored.restore(through_json(state))
            before, after = (each.targets(self._signals(), account) for each in (allocator, restored))
            assert list(before) == list(after), f"A-07: the weights in force differ after a restart at slice {cut}"
            for each in (allocator, restored):
                self._see(each, bars[cut])
            assert self._answer(allocator, account) == self._answer(restored, account), (
                f"A-07: the next answer differs after a restart at slice {cut}"
            )

    def test_a08_allocators_do_not_share_state(self) -> None:
        """Assert that two allocators side by side answer like one alone, each time it is asked."""
        alone = [self._answer(allocator, account) for allocator, account in self._points()]
        twice = [self._answer(allocator, account) for allocator, account in self._points(asked=2)]
        assert alone == twice, "A-08: asked twice, or beside another one, it answers otherwise"

    def test_a09_record_is_sound(self) -> None:
        """Assert that shares of risk are whole and sum to one, and that method and notes are lines of text."""
        for allocator, account in self._points():
            if not self._decides(allocator):
                continue
            assert isinstance(allocator, RebalancingAllocator), "A-09: not every instance rebalances"
            wanted = allocator.rebalance(self._signals(), account)
            assert wanted.method.strip(), "A-09: the method has no name"
            for text in (wanted.method, *wanted.notes):
                assert "\n" not in text, f"A-09: {text!r} has more than one line"
            assert set(wanted.risk) <= {each.symbol for each in self._instruments}, f"A-09: risk of {set(wanted.risk)}"
            amounts = [*wanted.risk.values(), wanted.volatility or 0]
            assert all(type(amount) is int for amount in amounts), "A-09: risk and volatility are whole numbers"
            assert not wanted.risk or abs(sum(wanted.risk.values()) - RATIO_ONE) <= len(wanted.risk), (
                f"A-09: the shares of risk sum to {sum(wanted.risk.values())} hundred-millionths"
            )
            assert (wanted.volatility or 0) >= 0, f"A-09: the volatility is {wanted.volatility}"

    def test_a10_config_is_frozen_and_explained(self) -> None:
        """Assert that the config class is frozen, keyword-only and explains every field."""
        if self.config is not None:
            check_config_class(self.config, "A-10")

    # -- the stage -------------------------------------------------------------------------------------------------

    @property
    def _instruments(self) -> Sequence[Instrument]:
        found: Sequence[Instrument] | None = getattr(self, "_made", None)
        if found is None:
            found = self._made = self.instruments()
        return found

    def _make(self, step: int = 1) -> Allocator:
        symbols = tuple(each.symbol for each in self._instruments)
        traded = dict.fromkeys(symbols[::step], 1)
        context = part_context(*self._instruments[::step], interval=SECONDS_A_DAY, symbols=symbols, traded=traded)
        return self.make_allocator(context)

    def _points(self, step: int = 1, *, asked: int = 1) -> Iterator[tuple[Allocator, FakeAccount]]:
        """Yield allocators that have seen more and more bars, and the account; something is held from the second on."""
        bars = self.bars()
        for end in range(len(bars) // 2, len(bars) + 1, _EVERY):
            pair = [self._seen(bars[:end], step) for _ in range(asked)]
            for allocator, account in pair:
                if end > len(bars) // 2:
                    account.positions = {each.symbol: 1_000 for each in self._instruments}
                for _ in range(asked - 1):
                    self._answer(allocator, account)
            yield pair[0]

    def _seen(self, bars: Iterable[Sequence[Bar]], step: int = 1) -> tuple[Allocator, FakeAccount]:
        allocator, session = self._make(step), session_of(*self._instruments)
        for together in bars:
            session.see(*together, interval=SECONDS_A_DAY)
            self._see(allocator, together[::step])
        return allocator, session.account

    @staticmethod
    def _see(allocator: Allocator, bars: Sequence[Bar]) -> None:
        if isinstance(allocator, PriceWatcher):
            allocator.watch(bars)

    def _signals(self, value: int = RATIO_ONE) -> list[PairSignal]:
        return [
            PairSignal(pair=Pair(strategy="test", symbol=each.symbol), instrument=each, signal=Signal(value))
            for each in self._instruments
        ]

    @staticmethod
    def _decides(allocator: Allocator) -> bool:
        return isinstance(allocator, RebalancingAllocator) and allocator.schedule is not None and allocator.ready

    def _wanted(self, allocator: Allocator, account: FakeAccount) -> Sequence[Target]:
        """Return the targets of all pairs at full signal: anew where the allocator rebalances."""
        if self._decides(allocator):
            assert isinstance(allocator, RebalancingAllocator), "not every instance rebalances"
            return allocator.rebalance(self._signals(), account).targets
        return allocator.targets(self._signals(), account)

    def _answer(self, allocator: Allocator, account: FakeAccount, step: int = 1) -> _Answer:
        signals = self._signals()[::step]
        if not self._decides(allocator):
            targets = allocator.targets(signals, account)
            return _Answer(_by_symbol(targets), "", {}, None, ())
        assert isinstance(allocator, RebalancingAllocator), "not every instance rebalances"
        wanted = allocator.rebalance(signals, account)
        return _Answer(
            _by_symbol(wanted.targets), wanted.method, dict(wanted.risk), wanted.volatility, tuple(wanted.notes)
        )

    @staticmethod
    def _check_targets(signals: Sequence[PairSignal], targets: Sequence[Target], where: str) -> None:
        asked, answered = [each.pair for each in signals], [each.pair for each in targets]
        assert answered == asked, f"{where} answers {answered}, and was asked about {asked}"
        for target in targets:
            given = [amount for amount in (target.weight, target.quantity) if amount is not None]
            assert len(given) == 1, f"{where}: the target of {target.pair.symbol} is {given}, one of both is wanted"
            assert isinstance(given[0], Fraction), f"{where}: the target of {target.pair.symbol} is {given[0]!r}"


def _by_symbol(targets: Sequence[Target]) -> dict[str, Fraction | None]:
    amounts = {each.pair.symbol: each.quantity if each.weight is None else each.weight for each in targets}
    return dict(sorted(amounts.items()))


def _closes(place: int, count: int) -> list[int]:
    """Return closes in ticks whose risk differs from symbol to symbol, and which are not all alike."""
    shift = 40 * place
    middle = 10_000 * (place + 1)
    closes = wave(count + shift, middle=middle, swing=500 + 900 * place)[shift:]
    return [close + step * step * (31 + 12 * place) % 211 * (place + 1) for step, close in enumerate(closes)]
