"""Rejections and orders are counted in windows of the session's clock."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.events import Accepted, Cancelled, Expired, Rejected
from logos.risk.config import OrderRateConfig, RejectRateConfig
from logos.risk.order_rate import open_order_rate
from logos.risk.reject_rate import open_reject_rate
from logos.testing.bars import instrument
from logos.testing.contexts import part_context
from logos.testing.contract import through_json
from logos.testing.guards import intent_of
from logos.testing.views import session_of


def reject_guard(limit=2, per="10m"):
    return open_reject_rate(RejectRateConfig(max=limit, per=per), part_context())


def order_guard(limit=2, per="10m"):
    return open_order_rate(OrderRateConfig(max=limit, per=per), part_context())


def reject(held, session, clock, reason="no"):
    session.clock = clock
    held.answered(Rejected(1, reason), session)


def order(held, session, clock, *, reduces=False):
    """Ask for an order, and send it where it passes."""
    session.clock = clock
    intent = intent_of(session.instrument("DEMO"), 1, 10_000, reduces=reduces)
    verdict = held.judge(intent, session)
    if verdict is None:
        held.ordered(intent, session)
    return verdict


def test_more_rejections_than_tolerated_halt(session):
    held = reject_guard(limit=2)
    reject(held, session, 1_000)
    reject(held, session, 1_060)
    assert held.inspect(session) is None
    reject(held, session, 1_120, "insufficient funds")
    assert held.inspect(session) == (
        "3 rejections by the broker within 10m > 2 (the last: insufficient funds): "
        "mend what the broker names, then resume with --clear-halt"
    )


def test_rejections_leave_the_window(session):
    held = reject_guard(limit=1)
    reject(held, session, 1_000)
    reject(held, session, 1_300)
    session.clock = 1_599
    assert held.inspect(session) is not None
    session.clock = 1_600
    assert held.inspect(session) is None


@pytest.mark.parametrize("event", [Accepted(1), Cancelled(1, "no"), Expired(1, "no")])
def test_other_answers_do_not_count(session, event):
    held = reject_guard(limit=1)
    for _ in range(5):
        held.answered(event, session)
    assert held.inspect(session) is None
    assert held.headroom(session) == "1 left of 1 rejections in 10m"


def test_clear_halt_forgets_the_rejections_that_halted(session):
    held = reject_guard(limit=1)
    reject(held, session, 1_000)
    assert held.clear_halt(session) == ""
    assert held.headroom(session) == "none left of 1 rejections in 10m"
    reject(held, session, 1_010)
    assert held.clear_halt(session) == "2 rejections forgotten"
    assert held.inspect(session) is None


def test_orders_up_to_the_limit_pass_and_the_next_waits(session):
    held = order_guard(limit=2)
    assert order(held, session, 1_000) is None
    assert order(held, session, 1_300) is None
    assert order(held, session, 1_599) == (
        "2 orders within 10m have reached the limit 2: the next may go out at 1970-01-01T00:26:40Z"
    )
    assert order(held, session, 1_600) is None
    assert order(held, session, 1_600) is not None


def test_reducing_orders_pass_but_count(session):
    held = order_guard(limit=2)
    for _ in range(4):
        assert order(held, session, 1_000, reduces=True) is None
    assert held.headroom(session) == "none left of 2 orders in 10m"
    assert order(held, session, 1_060) is not None


def test_blocked_orders_do_not_count(session):
    held = order_guard(limit=1)
    assert order(held, session, 1_000) is None
    for clock in range(1_100, 1_600, 100):
        assert order(held, session, clock) is not None
    assert order(held, session, 1_600) is None


CLOCKS = st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=20)


def _times(gaps):
    clock, times = 0, []
    for gap, flag in gaps:
        clock += gap
        times.append((clock, flag))
    return times


@settings(max_examples=100)
@given(CLOCKS, st.integers(1, 4), st.integers(0, 20))
def test_order_rate_follows_the_definition_across_a_restart(gaps, limit, cut):
    session = session_of(instrument())
    held, sent = order_guard(limit), []
    for index, (clock, reduces) in enumerate(_times(gaps)):
        if index == cut:
            state = through_json(held.snapshot())
            held = order_guard(limit)
            held.restore(state)
        recent = sum(1 for time in sent if clock - time < 600)
        verdict = order(held, session, clock, reduces=reduces)
        assert (verdict is None) is (reduces or recent < limit)
        if verdict is None:
            sent.append(clock)


@settings(max_examples=100)
@given(CLOCKS, st.integers(1, 4), st.integers(0, 20))
def test_reject_rate_follows_the_definition_across_a_restart(gaps, limit, cut):
    session = session_of(instrument())
    held, rejected = reject_guard(limit), []
    for index, (clock, rejects) in enumerate(_times(gaps)):
        if index == cut:
            state = through_json(held.snapshot())
            held = reject_guard(limit)
            held.restore(state)
        session.clock = clock
        if rejects:
            reject(held, session, clock)
            rejected.append(clock)
        recent = sum(1 for time in rejected if clock - time < 600)
        assert (held.inspect(session) is None) is (recent <= limit)


@settings(max_examples=50)
@given(CLOCKS, st.integers(1, 4), st.integers(1, 4))
def test_tighter_limits_never_allow_more(gaps, first, second):
    tight, wide = sorted((first, second))
    session = session_of(instrument())
    guards = reject_guard(tight), reject_guard(wide)
    orders = order_guard(tight), order_guard(wide)
    intent = intent_of(session.instrument("DEMO"), 1, 10_000)
    for clock, rejects in _times(gaps):
        session.clock = clock
        for held in guards if rejects else ():
            reject(held, session, clock)
        assert guards[1].inspect(session) is None or guards[0].inspect(session) is not None
        # The same orders have gone out before both: the looser one blocks only what the tighter one blocks.
        assert orders[1].judge(intent, session) is None or orders[0].judge(intent, session) is not None
        for held in orders:
            held.ordered(intent, session)
