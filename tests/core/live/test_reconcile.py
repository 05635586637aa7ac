"""Reconciliation as a pure function: each case has one outcome, whatever stands beside it."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.orders import Order, OrderStatus, Side
from logos.live.reconcile import STOPS, NotSaid, Outcome, Own, answers_in_turn, reconcile, to_ask, told
from logos.session.outside import OutsideOrder, OutsidePosition, Standing
from logos.testing.bars import instrument
from logos.testing.guards import intent_of

AAA = instrument()
KEEPER, ELSEWHERE = "keeper", "venue"


def own_order(number: int = 1, *, lots: int = 100, filled: int = 0, status: OrderStatus = OrderStatus.ACCEPTED):
    intent = attrs.evolve(intent_of(AAA, lots, 10_000), order_id=number, client_order_id=f"lg-{number}")
    return Order(intent=intent, updated_at=0, filled=filled, status=status)


def there(order: Order, **changes) -> OutsideOrder:
    intent = order.intent
    values = {
        "place": KEEPER,
        "client_order_id": intent.client_order_id,
        "symbol": AAA.symbol,
        "side": intent.side,
        "quantity": intent.quantity * AAA.lot,
        "filled": order.filled * AAA.lot,
        "status": order.status,
    }
    return OutsideOrder(**{**values, **changes})


def judge(orders=(), outside=(), *, written=(), answers=None, held=(), position=0, begins=False):
    own = Own(
        orders=tuple(orders),
        written=tuple(written),
        positions={AAA.symbol: position * AAA.lot},
        named=lambda name: name if name.startswith("lg-") else "",
        begins=begins,
    )
    standing = Standing(keeper=KEEPER, orders=tuple(outside), positions=tuple(held))
    asked = {intent.client_order_id for intent in to_ask(own, standing)}
    return reconcile(own, standing, {name: value for name, value in (answers or {}).items() if name in asked})


LOT = AAA.lot
ORDER = own_order()
PARTLY = own_order(filled=40, status=OrderStatus.PARTIALLY_FILLED)
UNKNOWN = own_order(status=OrderStatus.UNKNOWN)
CASES = {
    "as it should be": (ORDER, [there(ORDER)], {}, Outcome.MATCHED),
    "partly filled, as it should be": (PARTLY, [there(PARTLY)], {}, Outcome.MATCHED),
    "more filled while away": (ORDER, [there(ORDER, filled=30 * LOT)], {}, Outcome.AHEAD),
    "more filled at an unknown price": (ORDER, [there(ORDER, filled=30 * LOT, priced=False)], {}, Outcome.UNPRICED),
    "more filled by half a lot": (ORDER, [there(ORDER, filled=LOT / 2)], {}, Outcome.UNPRICED),
    "more filled than was ordered": (ORDER, [there(ORDER, filled=101 * LOT)], {}, Outcome.UNPRICED),
    "less filled than the journal says": (PARTLY, [there(PARTLY, filled=LOT)], {}, Outcome.BEHIND),
    "another quantity": (ORDER, [there(ORDER, quantity=99 * LOT)], {}, Outcome.DIFFERS),
    "another side": (ORDER, [there(ORDER, side=Side.SELL)], {}, Outcome.DIFFERS),
    "another symbol": (ORDER, [there(ORDER, symbol="ZZZ")], {}, Outcome.DIFFERS),
    "twice": (ORDER, [there(ORDER), there(ORDER)], {}, Outcome.DOUBLED),
    "cancelled while away": (ORDER, [], {"lg-1": there(ORDER, status=OrderStatus.CANCELLED)}, Outcome.ENDED),
    "filled while away": (
        ORDER,
        [],
        {"lg-1": there(ORDER, status=OrderStatus.FILLED, filled=100 * LOT)},
        Outcome.ENDED,
    ),
    "rejected while away": (ORDER, [], {"lg-1": there(ORDER, status=OrderStatus.REJECTED)}, Outcome.ENDED),
    "ended with less than the journal says": (
        PARTLY,
        [],
        {"lg-1": there(PARTLY, status=OrderStatus.CANCELLED, filled=LOT)},
        Outcome.BEHIND,
    ),
    "filled while away at an unknown price": (
        ORDER,
        [],
        {"lg-1": there(ORDER, status=OrderStatus.FILLED, filled=100 * LOT, priced=False)},
        Outcome.UNPRICED,
    ),
    "found elsewhere when asked for": (ORDER, [], {"lg-1": there(ORDER, place=ELSEWHERE)}, Outcome.MISPLACED),
    "never seen": (ORDER, [], {"lg-1": None}, Outcome.NEVER_SEEN),
    "not said": (ORDER, [], {"lg-1": NotSaid("time-out")}, Outcome.NOT_SAID),
    "unknown, and not there": (UNKNOWN, [], {}, Outcome.UNSETTLED),
    "unknown, and the keeper cannot say": (UNKNOWN, [], {"lg-1": NotSaid("time-out")}, Outcome.UNSETTLED),
    "unknown, and ended there": (
        UNKNOWN,
        [],
        {"lg-1": there(UNKNOWN, status=OrderStatus.FILLED, filled=100 * LOT)},
        Outcome.UNSETTLED,
    ),
    "unknown, and there with other terms": (UNKNOWN, [there(UNKNOWN, side=Side.SELL)], {}, Outcome.UNSETTLED),
    "unknown, and elsewhere": (UNKNOWN, [], {"lg-1": there(UNKNOWN, place=ELSEWHERE)}, Outcome.MISPLACED),
    "unknown, and there": (UNKNOWN, [there(UNKNOWN, status=OrderStatus.ACCEPTED)], {}, Outcome.MATCHED),
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_has_its_outcome(case: str) -> None:
    order, outside, answers, outcome = CASES[case]
    (finding,) = judge([order], outside, answers=answers)
    assert finding.outcome is outcome
    assert finding.stops is (outcome in STOPS)
    assert (finding.name, bool(finding.text)) == ("lg-1", True)


def test_an_own_name_where_none_may_be_stops_the_session() -> None:
    (finding,) = judge([], [there(own_order(9))])
    assert finding.outcome is Outcome.MISPLACED
    both = judge([ORDER], [there(ORDER), there(ORDER, place=ELSEWHERE)])
    assert {one.outcome for one in both} == {Outcome.MATCHED, Outcome.MISPLACED}


def test_what_is_foreign_is_told_and_stops_nothing() -> None:
    findings = judge(
        [],
        [there(ORDER, place=ELSEWHERE, client_order_id="x"), there(ORDER, client_order_id="", venue_order_id="77")],
        held=[OutsidePosition(place=ELSEWHERE, symbol=AAA.symbol, quantity=Decimal(3))],
    )
    assert [one.outcome for one in findings] == [Outcome.FOREIGN, Outcome.FOREIGN, Outcome.POSITION_FOREIGN]
    assert findings[1].name == "77"
    assert not any(one.stops for one in findings)


@pytest.mark.parametrize(
    ("held", "position", "away", "outcome"),
    [
        (5, 5, 0, Outcome.POSITION_MATCHED),
        (35, 5, 30, Outcome.POSITION_MATCHED),
        (5, 5, 30, Outcome.POSITION_DIFFERS),
        (6, 5, 0, Outcome.POSITION_DIFFERS),
    ],
)
def test_positions_at_the_keeper_are_compared_with_what_was_filled_away(held, position, away, outcome) -> None:
    findings = judge(
        [ORDER],
        [there(ORDER, filled=away * LOT)],
        held=[OutsidePosition(place=KEEPER, symbol=AAA.symbol, quantity=held * LOT)],
        position=position,
    )
    assert findings[-1].outcome is outcome


def test_a_position_that_the_keeper_holds_before_the_session_begins_stops_it() -> None:
    held = [OutsidePosition(place=KEEPER, symbol=AAA.symbol, quantity=LOT)]
    assert judge(held=held, begins=True)[-1].outcome is Outcome.POSITION_DIFFERS
    assert judge(held=[attrs.evolve(held[0], symbol="ZZZ")], begins=True)[0].outcome is Outcome.POSITION_FOREIGN


WRITTEN = {
    "open": ([there(own_order(7), filled=30 * LOT)], {}, Outcome.WRITTEN_AHEAD, 30),
    "filled": ([], {"lg-7": there(own_order(7), filled=100 * LOT)}, Outcome.WRITTEN_AHEAD, 100),
    "never seen": ([], {"lg-7": None}, Outcome.WRITTEN_AHEAD, 0),
    "not said": ([], {"lg-7": NotSaid("time-out")}, Outcome.WRITTEN_AHEAD, 0),
    "elsewhere": ([], {"lg-7": there(own_order(7), place=ELSEWHERE)}, Outcome.MISPLACED, 0),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_an_intent_that_was_written_ahead_is_found_and_its_fills_are_counted(case) -> None:
    outside, answers, outcome, filled = WRITTEN[case]
    held = [OutsidePosition(place=KEEPER, symbol=AAA.symbol, quantity=filled * LOT)]
    first, position = judge([], outside, written=[own_order(7).intent], answers=answers, held=held)
    assert first.outcome is outcome
    assert position.outcome is Outcome.POSITION_MATCHED


def test_a_position_is_not_judged_where_the_keeper_does_not_say_what_became_of_an_order() -> None:
    held = [OutsidePosition(place=KEEPER, symbol=AAA.symbol, quantity=LOT)]
    findings = judge([ORDER], [], answers={"lg-1": NotSaid("time-out")}, held=held)
    assert [one.outcome for one in findings] == [Outcome.NOT_SAID, Outcome.POSITION_NOT_JUDGED]
    assert not any(one.stops for one in findings)


def test_a_keeper_without_positions_leaves_them_uncompared() -> None:
    assert judge(position=5) == ()


@settings(max_examples=100)
@given(
    picks=st.lists(st.sampled_from(sorted(CASES)), min_size=1, max_size=5),
    strangers=st.integers(0, 3),
    turn=st.randoms(use_true_random=False),
)
def test_cases_side_by_side_do_not_change_one_another(picks, strangers, turn) -> None:
    orders, outside, answers, expected = [], [], {}, []
    for number, name in enumerate(picks, start=1):
        order, found, said, outcome = CASES[name]
        intent = attrs.evolve(order.intent, order_id=number, client_order_id=f"lg-{number}")
        own = Order(intent=intent, updated_at=0, filled=order.filled, status=order.status)
        orders.append(own)
        outside += [attrs.evolve(one, client_order_id=f"lg-{number}") for one in found]
        for value in said.values():
            renamed = attrs.evolve(value, client_order_id=f"lg-{number}") if isinstance(value, OutsideOrder) else value
            answers[f"lg-{number}"] = renamed
        expected.append((f"lg-{number}", outcome))
    outside += [there(ORDER, place=ELSEWHERE, client_order_id=f"x-{number}") for number in range(strangers)]
    turn.shuffle(outside)
    findings = judge(orders, outside, answers=answers)
    assert sorted((one.name, one.outcome) for one in findings) == sorted(
        [*expected, *((f"x-{number}", Outcome.FOREIGN) for number in range(strangers))]
    )
    values = told(findings, "v", KEEPER)
    assert sum(values["counts"].values()) == len(findings)
    assert len(values["findings"]) == sum(one.outcome is not Outcome.MATCHED for one in findings)


def test_a_misplaced_order_that_its_keeper_finds_too_is_told_once() -> None:
    away = there(ORDER, place=ELSEWHERE)
    (finding,) = judge([ORDER], [away], answers={"lg-1": away})
    assert finding.outcome is Outcome.MISPLACED


def test_after_silence_only_working_orders_are_asked_for_further():
    written = [own_order(number).intent for number in (3, 4)]
    own = Own(
        orders=[own_order(1), own_order(2)],
        written=written,
        positions={},
        named=lambda name: name,
    )
    asked = []

    def ask(intent):
        asked.append(intent.client_order_id)
        return NotSaid("no answer")

    answers = answers_in_turn(own, Standing(keeper=KEEPER, orders=(), positions=()), ask)
    assert asked == ["lg-1", "lg-2"]
    assert sorted(answers) == ["lg-1", "lg-2", "lg-3", "lg-4"]
    assert all(isinstance(answer, NotSaid) for answer in answers.values())
    assert answers["lg-3"].reason == "not asked for, since the venue has not said what became of lg-2"


def test_written_intents_are_all_asked_for_while_the_venue_answers():
    written = [own_order(number).intent for number in (1, 2)]
    own = Own(orders=(), written=written, positions={}, named=lambda name: name)
    answers = answers_in_turn(own, Standing(keeper=KEEPER, orders=(), positions=()), lambda _intent: None)
    assert answers == {"lg-1": None, "lg-2": None}
