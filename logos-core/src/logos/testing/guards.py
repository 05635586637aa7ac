"""The contract of guards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np

from logos.domain.bars import Bar
from logos.domain.events import BrokerEvent, Rejected
from logos.domain.instruments import Instrument
from logos.domain.orders import OrderIntent, OrderType, Side, TimeInForce
from logos.session.seats import Envelope, Guard
from logos.testing.bars import MINUTE, bars_of, instrument, wave
from logos.testing.contract import Contract, check_config_class, check_json, through_json
from logos.testing.views import FakeSession, session_of

if TYPE_CHECKING:
    from logos.session.seats import Column

_STEPS = 120
_QUIET_FROM = (0, 1, 20, 39, 60, 100)
"""The steps of a run from which nothing but prices moves, to see what a guard makes of it."""


@attrs.frozen(kw_only=True)
class Step:
    """One slice or timer tick of a run, with everything that a guard is shown and told in it.

    Attributes
    ----------
    bars:
        None for a timer tick.
    position:
        Signed lots of the instrument.
    working:
        Lots that working orders may still buy and sell.
    """

    clock: int
    bars: tuple[Bar, ...]
    position: int
    working: tuple[int, int]
    intents: tuple[OrderIntent, ...]
    events: tuple[BrokerEvent, ...]

    def show(self, session: FakeSession, symbol: str) -> None:
        """Set the session to this step."""
        if self.bars:
            session.see(*self.bars)
        else:
            session.tick(self.clock)
        session.account.positions[symbol] = self.position
        session.orders[symbol] = self.working


@attrs.frozen
class Span:
    """Slices in which only prices move, as a backtest shows them to the guards; see ``QuietSpan``."""

    clocks: Column
    days: Column
    equity: Column
    flat: bool = False
    full: bool = True

    def __len__(self) -> int:
        """Return how many slices there are."""
        return len(self.clocks)

    @property
    def lowest(self) -> int:
        """The lowest equity after any slice."""
        return int(self.equity.min())

    @property
    def highest(self) -> int:
        """The highest equity after any slice."""
        return int(self.equity.max())

    def first(self, count: int) -> Span:
        """Return the first slices."""
        return Span(self.clocks[:count], self.days[:count], self.equity[:count], self.flat, self.full)


def span_of(slices: Sequence[tuple[int, int, int]], *, flat: bool = False, full: bool = True) -> Span:
    """Return a span of slices, each of which is its clock, its trading day, and equity after it in minor units."""
    clocks, days, equity = np.array(slices, dtype=np.int64).reshape(-1, 3).T
    return Span(clocks, days, equity, flat, full)


def intent_of(of: Instrument, signed: int, price: int, *, number: int = 1, reduces: bool = False) -> OrderIntent:
    """Return a market order for signed lots, decided at a price in ticks."""
    return OrderIntent(
        order_id=number,
        client_order_id=f"test-{number}",
        strategy="test",
        instrument=of,
        side=Side.BUY if signed > 0 else Side.SELL,
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.GTC,
        quantity=abs(signed),
        limit_price=None,
        stop_price=None,
        decision_price=price,
        created_at=0,
        reduces=reduces,
    )


def sample_steps(of: Instrument) -> list[Step]:
    """Return two hours with a new day, rises and falls, silence, orders of many sizes, and rejections."""
    steps = []
    for index, bar in enumerate(bars_of(of, wave(_STEPS))):
        size = 1 + index * 7919 % 90_000
        orders = [
            intent_of(of, size if index % 2 else -size, bar.close, number=3 * index + 1),
            intent_of(of, size // 9 + 1, bar.close, number=3 * index + 2),
            intent_of(of, -(size // 9 + 1), bar.close, number=3 * index + 3, reduces=True),
        ]
        steps.append(
            Step(
                clock=bar.timestamp + MINUTE,
                bars=() if 40 <= index < 52 else (bar,),
                position=(index * 31 % 180 - 60) * 500,
                working=(index * 13 % 40 * 100, index * 17 % 30 * 100),
                intents=tuple(orders) if index % 3 == 0 else (),
                events=(Rejected(index, f"venue says no {index}"),) if index % 4 == 1 else (),
            )
        )
    return steps


def degenerate_sessions() -> Iterator[tuple[str, FakeSession, OrderIntent]]:
    """Yield sessions in which something that a guard may ask for is missing, zero or enormous."""
    plain, foreign = instrument(), instrument("EURO", currency="EUR")
    bar = bars_of(plain, [10_000])[0]

    yield "before the first bar", session_of(plain), intent_of(plain, 5, 10_000)

    for name, equity in (("equity of zero", 0), ("negative equity", -1), ("one minor unit of equity", 1)):
        session = session_of(plain)
        session.see(bar)
        session.account.fixed_equity = equity
        yield name, session, intent_of(plain, 5, 10_000)

    session = session_of(plain)
    session.account.positions["DEMO"] = -7
    session.orders["DEMO"] = (3, 4)
    yield "a position without a mark", session, intent_of(plain, -5, 10_000)

    session = session_of(plain, foreign)
    session.see(bars_of(foreign, [110])[0])
    session.account.positions["EURO"] = 10
    yield "a currency without a rate", session, intent_of(foreign, 5, 110)

    session = session_of(plain)
    session.see(bars_of(plain, [10**15])[0])
    session.account.positions["DEMO"] = 10**18
    yield "enormous numbers", session, intent_of(plain, 10**18, 10**15)

    session = session_of(plain)
    session.see(bar)
    session.tick(session.clock + 10**9)
    yield "a silence of thirty years", session, intent_of(plain, 5, 10_000)


class GuardContract(Contract):
    """What every guard must keep. Override ``make_guard``, and name the config class.

    Attributes
    ----------
    config:
        The guard's config class; ``None`` where it takes no keys.
    """

    config: ClassVar[type | None] = None

    def make_guard(self) -> Guard:
        """Return a new guard, each time with the same config."""
        raise NotImplementedError

    def instrument(self) -> Instrument:
        """Return the instrument of the sample run."""
        return instrument()

    def steps(self) -> Sequence[Step]:
        """Return the sample run; override it where a guard needs other events to act."""
        return sample_steps(self.instrument())

    def test_g01_answers_on_every_view(self) -> None:
        """Assert that no method raises or gives an empty answer, whatever the view lacks."""
        for name, session, intent in degenerate_sessions():
            guard = self.make_guard()
            try:
                answers = [
                    guard.inspect(session),
                    guard.judge(intent, session),
                    guard.judge(attrs.evolve(intent, reduces=True), session),
                ]
                headroom = guard.headroom(session)
                guard.ordered(intent, session)
                guard.answered(Rejected(intent.order_id, "no"), session)
                cleared = guard.clear_halt(session)
            except Exception as error:
                raise AssertionError(f"G-01: raises {type(error).__name__} on {name}: {error}") from error
            for answer in answers:
                _check_reason(answer, f"G-01: on {name}")
            assert isinstance(headroom, str), f"G-01: headroom on {name} is no text"
            assert isinstance(cleared, str), f"G-01: clear_halt on {name} is no text"

    def test_g02_asking_changes_nothing(self) -> None:
        """Assert that the same question has the same answer, and that only what it hears changes a guard."""
        guard, session, symbol = self.make_guard(), self._session(), self.instrument().symbol
        for step in self.steps():
            step.show(session, symbol)
            first = guard.inspect(session)
            state = through_json(guard.snapshot())
            assert guard.inspect(session) == first, "G-02: inspect answers otherwise when it is asked again"
            for intent in step.intents:
                verdict = guard.judge(intent, session)
                assert guard.judge(intent, session) == verdict, "G-02: judge answers otherwise when it is asked again"
            guard.headroom(session)
            assert through_json(guard.snapshot()) == state, "G-02: asking changed the snapshot"
            self._tell(guard, step, session)

    def test_g03_restart_goes_on_as_if_nothing_happened(self) -> None:
        """Assert that a guard restored in the middle answers like one that was never stopped."""
        steps = self.steps()
        whole = self._play(self.make_guard(), steps)
        for cut in (1, len(steps) // 3, len(steps) // 2, len(steps) - 1):
            stopped, session = self.make_guard(), self._session()
            before = self._play(stopped, steps[:cut], session)
            state = through_json(stopped.snapshot())
            restored = self.make_guard()
            restored.restore(state)
            after = self._play(restored, steps[cut:], session)
            assert before + after == whole, f"G-03: answers differ after a restart at step {cut}"

    def test_g04_snapshot_is_json(self) -> None:
        """Assert that the snapshot survives JSON unchanged, without binary floats."""
        guard, steps, session = self.make_guard(), self.steps(), self._session()
        check_json(guard.snapshot(), "G-04")
        for step in steps:
            self._play(guard, [step], session)
            check_json(guard.snapshot(), "G-04")

    def test_g05_guards_do_not_share_state(self) -> None:
        """Assert that two guards side by side answer like one alone."""
        steps = self.steps()
        alone = self._play(self.make_guard(), steps)
        pair = [(self.make_guard(), self._session(), list[str | None]()) for _ in range(2)]
        for step in steps:
            for guard, session, answers in pair:
                answers.extend(self._play(guard, [step], session))
        for _, _, answers in pair:
            assert answers == alone, "G-05: a second guard changes what the first one answers"

    def test_g06_config_is_frozen_and_explained(self) -> None:
        """Assert that the config class is frozen, keyword-only and explains every field."""
        if self.config is not None:
            check_config_class(self.config, "G-06")

    def test_g07_passing_over_is_inspecting(self) -> None:
        """Assert that a guard stands as if it had inspected what it let pass, and let nothing pass that it names."""
        for flat in (False, True):
            steps = [attrs.evolve(step, position=0) for step in self.steps()] if flat else list(self.steps())
            for start in _QUIET_FROM:
                quiet = [
                    attrs.evolve(step, intents=(), events=())
                    for step in takewhile(lambda step: step.bars, steps[start:])
                ]
                if quiet:
                    self._pass_over(steps[:start], quiet, steps[start + len(quiet) :], flat=flat)
        envelope = self.make_guard().envelope()
        assert envelope is None or isinstance(envelope, Envelope), f"G-07: the envelope is {envelope!r}"

    def _pass_over(self, before: Sequence[Step], quiet: Sequence[Step], after: Sequence[Step], *, flat: bool) -> None:
        """Compare a guard that passes over all that it may with one that inspects every step."""
        stopped, session, slices = self.make_guard(), self._session(), []
        self._play(stopped, before, session)
        state = through_json(stopped.snapshot())
        for step in quiet:
            step.show(session, self.instrument().symbol)
            slices.append((session.clock, session.day, session.account.equity))
        span = span_of(slices, flat=flat)

        passing = self.make_guard()
        passing.restore(state)
        known = through_json(passing.snapshot())
        first = passing.first_to_inspect(span)
        assert 0 <= first <= len(quiet), f"G-07: first_to_inspect is {first} of {len(quiet)} slices"
        assert through_json(passing.snapshot()) == known, "G-07: first_to_inspect changed the snapshot"
        if first:
            passing.passed_over(span.first(first))
        passed = [through_json(passing.snapshot()), *self._resume(passing, before, quiet, after, first)]

        inspecting, session = self.make_guard(), self._session()
        inspecting.restore(state)
        for step in quiet[:first]:
            step.show(session, self.instrument().symbol)
            answer = inspecting.inspect(session)
            assert answer is None, f"G-07: a slice may be passed over at which inspect says: {answer}"
        inspected = [through_json(inspecting.snapshot()), *self._resume(inspecting, before, quiet, after, first)]
        assert passed == inspected, "G-07: after slices that were passed over, it is not as after inspecting them"

    def _resume(
        self, guard: Guard, before: Sequence[Step], quiet: Sequence[Step], after: Sequence[Step], first: int
    ) -> list[str | None]:
        """Return the answers of a guard that stands behind the first quiet steps."""
        session = self._session()
        for step in (*before, *quiet[:first]):
            step.show(session, self.instrument().symbol)
        return self._play(guard, [*quiet[first:], *after], session)

    def _session(self) -> FakeSession:
        return session_of(self.instrument())

    def _play(self, guard: Guard, steps: Sequence[Step], session: FakeSession | None = None) -> list[str | None]:
        """Return all answers of a guard in a run."""
        view = session or self._session()
        answers = []
        for step in steps:
            step.show(view, self.instrument().symbol)
            answers.append(guard.inspect(view))
            answers += [*self._tell(guard, step, view), guard.headroom(view)]
        return answers

    @staticmethod
    def _tell(guard: Guard, step: Step, session: FakeSession) -> list[str | None]:
        """Judge the orders of a step, and tell the guard what came of them."""
        verdicts = []
        for intent in step.intents:
            verdict = guard.judge(intent, session)
            verdicts.append(verdict)
            if verdict is None:
                guard.ordered(intent, session)
        for event in step.events:
            guard.answered(event, session)
        return verdicts


def _check_reason(answer: object, where: str) -> None:
    if answer is None:
        return
    assert isinstance(answer, str), f"{where}: a reason is {answer!r}, and must be text or None"
    assert answer.strip(), f"{where}: a reason says nothing"
    assert "\n" not in answer, f"{where}: a reason has more than one line"
