"""The contract of position managers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import ClassVar

from logos.domain.bars import Bar
from logos.domain.instruments import Instrument
from logos.session.rebalancing import Held, PriceWatcher
from logos.session.seats import Pair, PositionManager
from logos.testing.bars import bars_of, instrument, wave
from logos.testing.contract import Contract, check_config_class
from logos.testing.views import FakeAccount, session_of

_BARS = 400
_EVERY = 37

LOTS = (-400_000, -100_001, -100_000, -1, 0, 1, 99_000, 100_000, 100_001, 400_000)
"""Positions and targets: far apart, a lot apart, on both sides of zero, and equal."""

_UNKNOWN = ((None, False, "USD"), (0, True, "USD"), (-1, True, "USD"), (None, True, "XXX"))
"""Equity (``None`` for that of the account), whether there is a mark, and the account's currency."""


class PositionManagerContract(Contract):
    """What every position manager must keep. Override ``make_manager``, and name the config class.

    Attributes
    ----------
    config:
        The position manager's config class; ``None`` where it takes no keys.
    """

    config: ClassVar[type | None] = None

    def make_manager(self) -> PositionManager:
        """Return a new position manager, each time with the same config, for the contract's instrument."""
        raise NotImplementedError

    def instrument(self) -> Instrument:
        """Return the instrument of the sample bars."""
        return instrument()

    def bars(self) -> Sequence[Bar]:
        """Return the sample bars; override it where the manager looks further back than a few hundred."""
        return bars_of(self.instrument(), wave(_BARS))

    def test_m01_answers_are_lots_or_reasons(self) -> None:
        """Assert that every answer is a whole number of lots, or ``Held`` with a code and a sentence."""
        manager = self._ready()
        for target, position in product(LOTS, LOTS):
            answer = self._answer(manager, target, position)
            if isinstance(answer, Held):
                where = f"M-01: from {position} to {target} it is held"
                assert answer.code, f"{where} without a code"
                assert answer.code == "_".join(answer.code.split()), f"{where} by {answer.code!r}, which is no one word"
                assert answer.detail.strip(), f"{where} without a reason"
                assert "\n" not in answer.detail, f"{where} with a reason of several lines"
            else:
                assert type(answer) is int, f"M-01: from {position} to {target} it answers {answer!r}"

    def test_m02_never_past_the_target(self) -> None:
        """Assert that what is traded leads towards the target, and not past it."""
        manager = self._ready()
        for target, position in product(LOTS, LOTS):
            answer = self._answer(manager, target, position)
            traded = answer if isinstance(answer, int) else 0
            low, high = sorted((position, target))
            assert low <= position + traded <= high, f"M-02: from {position} to {target} it trades {traded}"

    def test_m03_a_position_can_be_left(self) -> None:
        """Assert that with a target of zero something is traded, however small the position."""
        manager = self._ready()
        for position in LOTS:
            answer = self._answer(manager, 0, position)
            if position:
                assert isinstance(answer, int), f"M-03: a position of {position} lots is held at a target of 0"
                assert answer, f"M-03: of a position of {position} lots nothing is traded at a target of 0"

    def test_m04_nothing_is_remembered_of_a_question(self) -> None:
        """Assert that the answers do not depend on what was asked before, nor on other instances."""
        questions = list(product(LOTS, LOTS))
        first, second = self._ready(), self._ready()
        there = [self._answer(first, *question) for question in questions]
        back = [self._answer(second, *question) for question in reversed(questions)]
        assert there == back[::-1], "M-04: asked in another order, it answers otherwise"

    def test_m05_unknown_worth_is_no_obstacle(self) -> None:
        """Assert that it answers without a mark, without a rate of conversion, and with equity at or below zero."""
        for equity, marked, currency in (
            (None, False, "USD"),
            (0, True, "USD"),
            (-1, True, "USD"),
            (None, True, "XXX"),
        ):
            manager = self._ready()
            account = self._account(self.bars()[-1].close if marked else None)
            account.fixed_equity, account.currency = equity, currency
            for target, position in product(LOTS, LOTS):
                answer = manager.difference(self._pair(), target, position, account)
                assert isinstance(answer, (int, Held)), f"M-05: it answers {answer!r}"

    def test_m06_lookback_is_honest(self) -> None:
        """Assert that the last ``lookback`` bars alone give the answers: an exact restart."""
        whole = self.make_manager()
        if not isinstance(whole, PriceWatcher):
            return
        bars, lookback = self.bars(), whole.lookback
        assert lookback >= 1, f"M-06: the look-back is {lookback}, and the current bar always counts"
        assert len(bars) > lookback, f"M-06: bars() gives {len(bars)} bars, and the look-back is {lookback}"
        for index, bar in enumerate(bars):
            whole.watch([bar])
            if index % _EVERY and index + 1 < len(bars):
                continue
            tail = self.make_manager()
            assert isinstance(tail, PriceWatcher), "M-06: not every instance watches prices"
            tail.watch(bars[max(0, index + 1 - lookback) : index + 1])
            for target, position in product(LOTS, LOTS):
                answers = [self._answer(one, target, position, bar.close) for one in (whole, tail)]
                assert answers[0] == answers[1], (
                    f"M-06: at bar {index} it answers {answers[0]}, and {answers[1]} from its last {lookback} bars"
                )
        assert whole.lookback == lookback, f"M-06: the look-back was {lookback} and became {whole.lookback}"

    def test_m07_config_is_frozen_and_explained(self) -> None:
        """Assert that the config class is frozen, keyword-only and explains every field."""
        if self.config is not None:
            check_config_class(self.config, "M-07")

    def _pair(self) -> Pair:
        return Pair("sample", self.instrument().symbol)

    def _ready(self) -> PositionManager:
        """Return a manager that has seen every sample bar."""
        manager = self.make_manager()
        if isinstance(manager, PriceWatcher):
            manager.watch(self.bars())
        return manager

    def _account(self, mark: int | None) -> FakeAccount:
        account = session_of(self.instrument()).account
        if mark is not None:
            account.marks[self.instrument().symbol] = mark
        return account

    def _answer(self, manager: PositionManager, target: int, position: int, mark: int | None = None) -> int | Held:
        """Ask about a difference on an account whose equity does not depend on the position."""
        account = self._account(mark or self.bars()[-1].close)
        account.positions[self._pair().symbol] = position
        account.fixed_equity = account.cash
        return manager.difference(self._pair(), target, position, account)
