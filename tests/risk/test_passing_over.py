"""A guard that passes over quiet slices stands as if it had inspected each, and names the first that it must see."""

from copy import deepcopy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.events import Rejected
from logos.risk.config import (
    DrawdownConfig,
    ExposureConfig,
    KillSwitchConfig,
    MaxNotionalConfig,
    OrderRateConfig,
    RejectRateConfig,
    StaleDataConfig,
)
from logos.risk.drawdown import open_drawdown
from logos.risk.exposure import open_exposure
from logos.risk.kill_switch import open_kill_switch
from logos.risk.max_notional import open_max_notional
from logos.risk.order_rate import open_order_rate
from logos.risk.reject_rate import open_reject_rate
from logos.risk.stale_data import open_stale_data
from logos.session.seats import Envelope
from logos.testing.bars import START, instrument
from logos.testing.contexts import part_context
from logos.testing.guards import span_of
from logos.testing.views import session_of

CASH = 100_000 * 10**8
LIMITS = ("0.000000001", "0.03", "0.10", "0.333333333333333333", "0.5", "1")


def inspected(held, slices):
    """Inspect every slice up to the first at which the guard speaks; return which that is, and what it stands at."""
    session = session_of(instrument())
    for number, (clock, day, equity) in enumerate(slices):
        session.clock, session.day, session.account.fixed_equity = clock, day, equity
        state = held.snapshot()
        if held.inspect(session) is not None:
            return number, state
    return len(slices), held.snapshot()


@st.composite
def runs(draw):
    """Equity that wanders, with leaps, over a few trading days, in units from the finest to whole percents."""
    unit = draw(st.sampled_from([1, 10**6, CASH // 1000, CASH // 100, CASH // 30]))
    steps = draw(st.lists(st.tuples(st.integers(-9, 9), st.sampled_from([0, 0, 0, 0, 1, 3])), min_size=2, max_size=60))
    repeats = draw(st.sampled_from([1, 1, 1, 40]))
    equity, day, slices = CASH, 0, []
    for step, days in steps:
        for number in range(repeats):
            equity += step * unit // repeats
            day += 0 if number else days
            slices.append((START + 60 * len(slices), day, equity))
    return slices


limits = st.none() | st.sampled_from([Decimal(limit) for limit in LIMITS])


@settings(max_examples=150)
@given(slices=runs(), maximum=limits, daily=limits, before=st.integers(0, 40))
def test_drawdown_passes_over_as_if_it_had_inspected(slices, maximum, daily, before):
    held = open_drawdown(DrawdownConfig(max=maximum, daily=daily), part_context())
    before = min(before, len(slices) - 1)
    if inspected(held, slices[:before])[0] < before:
        return
    quiet = slices[before:]
    asked = deepcopy(held)
    spoken, state = inspected(held, quiet)
    first = asked.first_to_inspect(span_of(quiet))
    # Nothing stands between the limit and the answer here: the guard finds the very slice.
    assert first == spoken
    if first:
        asked.passed_over(span_of(quiet[:first]))
    assert asked.snapshot() == state
    assert inspected(asked, quiet[first:])[0] + first == spoken


@settings(max_examples=60)
@given(
    slices=runs(),
    maximum=limits,
    daily=limits,
    days=st.lists(st.sampled_from([0, 0, 1, 4]), min_size=1, max_size=20),
)
def test_flat_spans_move_the_day_and_its_base_alone(slices, maximum, daily, days):
    held = open_drawdown(DrawdownConfig(max=maximum, daily=daily), part_context())
    if inspected(held, slices)[0] < len(slices):
        return
    clock, day, equity = slices[-1]
    quiet = []
    for later in days:
        clock, day = clock + 60, day + later
        quiet.append((clock, day, equity))
    asked = deepcopy(held)
    assert asked.first_to_inspect(span_of(quiet, flat=True)) == inspected(held, quiet)[0] == len(quiet)
    asked.passed_over(span_of(quiet, flat=True))
    assert asked.snapshot() == held.snapshot()
    assert vars(asked) == vars(held)


def test_flat_span_right_after_the_limit_was_reached_is_inspected():
    held = open_drawdown(DrawdownConfig(max=Decimal("0.1")), part_context())
    slices = [(START, 0, CASH * 9 // 10)]
    assert inspected(held, slices)[0] == 0
    assert held.first_to_inspect(span_of(slices, flat=True)) == 0


def test_stale_data_passes_over_whatever_has_bars():
    span = span_of([(START, 0, CASH)] * 5)
    gaps = span_of([(START, 0, CASH)] * 5, full=False)
    every = open_stale_data(StaleDataConfig(), part_context())
    each = open_stale_data(StaleDataConfig(halt="any"), part_context())
    assert [held.first_to_inspect(where) for held in (every, each) for where in (span, gaps)] == [5, 5, 5, 0]


@pytest.mark.parametrize(("wait", "first"), [(60, 0), (540, 0), (600, 3)])
def test_rejections_before_a_span_halt_at_its_first_slice_or_never(session, wait, first):
    held = open_reject_rate(RejectRateConfig(max=2, per="10m"), part_context())
    for number in range(3):
        held.answered(Rejected(number, "no"), session)
    at = session.clock + wait
    assert held.first_to_inspect(span_of([(at + 60 * number, 0, CASH) for number in range(3)])) == first


def test_envelopes_name_the_limits_of_the_config():
    context = part_context(instrument())
    assert open_max_notional(MaxNotionalConfig(limit=Decimal(500)), context).envelope() == Envelope(
        order_value=500 * 10**8
    )
    keys = ExposureConfig(gross=Decimal("1.1"), per_symbol=Decimal("0.5"))
    assert open_exposure(keys, context).envelope() == Envelope(gross=(11, 10), per_symbol=(1, 2))
    assert open_exposure(ExposureConfig(net=Decimal(2)), context).envelope() == Envelope(net=(2, 1))
    keys = DrawdownConfig(max=Decimal("0.25"), daily=Decimal("0.1"))
    assert open_drawdown(keys, context).envelope() == Envelope(drawdown=(1, 4), daily_loss=(1, 10))
    assert open_order_rate(OrderRateConfig(max=7, per="2m"), context).envelope() == Envelope(orders=(7, 120))
    assert open_reject_rate(RejectRateConfig(), context).envelope() == Envelope()
    assert open_kill_switch(KillSwitchConfig(), context).envelope() == Envelope()
    assert open_stale_data(StaleDataConfig(), context).envelope() == Envelope()
    assert open_stale_data(StaleDataConfig(halt="any"), context).envelope() is None


@settings(max_examples=60)
@given(slices=runs(), maximum=limits, daily=limits)
def test_drawdown_halts_exactly_where_its_envelope_is_left(slices, maximum, daily):
    held = open_drawdown(DrawdownConfig(max=maximum, daily=daily), part_context())
    envelope = held.envelope()
    peak = base = last = CASH
    left, today = len(slices), None
    for number, (_, day, equity) in enumerate(slices):
        base, today = (base if day == today else last), day
        peak, last = max(peak, equity), equity
        losses = ((envelope.drawdown, peak), (envelope.daily_loss, base))
        outside = [of - equity for share, of in losses if share and (of - equity) * share[1] >= share[0] * of]
        if outside or equity <= 0:
            left = number
            break
    assert inspected(held, slices)[0] == left
