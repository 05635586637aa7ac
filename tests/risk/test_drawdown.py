"""Drawdown from the peak and from the day's base, exact to the minor unit."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.risk.config import DrawdownConfig
from logos.risk.drawdown import open_drawdown
from logos.testing.bars import instrument
from logos.testing.contexts import part_context
from logos.testing.contract import through_json
from logos.testing.views import session_of

CASH = 100_000 * 10**8


def guard(**limits):
    config = DrawdownConfig(**{name: Decimal(value) for name, value in limits.items()})
    return open_drawdown(config, part_context())


def inspect(held, session, equity, day=0):
    session.account.fixed_equity = equity
    session.day = day
    return held.inspect(session)


@pytest.mark.parametrize("limit", ["max", "daily"])
def test_loss_that_reaches_the_limit_halts(session, limit):
    held = guard(**{limit: "0.10"})
    assert inspect(held, session, CASH * 9 // 10 + 1) is None
    assert inspect(held, session, CASH * 9 // 10) is not None


def test_reason_names_loss_limit_and_remedy(session):
    held = guard(max="0.10", daily="0.05")
    assert inspect(held, session, 120_000 * 10**8) is None
    assert inspect(held, session, 90_000 * 10**8) == (
        "drawdown from the peak 0.25 >= 0.10 (120000.00 to 90000.00) and "
        "loss since the previous trading day 0.10 >= 0.05 (100000.00 to 90000.00): "
        "look into it, then resume with --clear-halt"
    )


def test_peak_includes_the_starting_cash(session):
    assert inspect(guard(max="0.10"), session, CASH * 9 // 10) is not None


def test_daily_base_is_the_last_equity_of_the_day_before(session):
    held = guard(daily="0.10")
    assert inspect(held, session, 98 * CASH // 100, day=0) is None
    assert inspect(held, session, 91 * CASH // 100, day=0) is None
    # Down 17 percent from the start, but only 8.8 percent since yesterday's last equity.
    assert inspect(held, session, 83 * CASH // 100, day=1) is None
    assert inspect(held, session, 82 * CASH // 100, day=1) is None
    assert "0.10 (91000.00" in inspect(held, session, 81 * CASH // 100, day=1)


def test_new_day_alone_forgives_nothing_of_the_peak(session):
    held = guard(max="0.10")
    assert inspect(held, session, 95 * CASH // 100, day=0) is None
    assert inspect(held, session, 90 * CASH // 100, day=1) is not None


@pytest.mark.parametrize("equity", [0, -1])
def test_equity_at_or_below_zero_always_halts(session, equity):
    assert inspect(guard(max="1"), session, equity) is not None


def test_clear_halt_starts_anew_from_the_equity_at_the_halt(session):
    held = guard(max="0.10", daily="0.05")
    inspect(held, session, 120_000 * 10**8)
    assert inspect(held, session, 100_000 * 10**8) is not None
    text = held.clear_halt(session)
    assert text == ("peak and daily base set to the equity at the halt, 100000.00 (peak was 120000.00, base 100000.00)")
    assert inspect(held, session, 100_000 * 10**8) is None
    assert inspect(held, session, 95_000 * 10**8 + 1) is None
    assert inspect(held, session, 95_000 * 10**8) is not None


def test_clear_halt_after_another_guards_halt_changes_nothing(session):
    held = guard(max="0.10")
    inspect(held, session, 95 * CASH // 100)
    before = held.snapshot()
    assert held.clear_halt(session) == ""
    assert held.snapshot() == before


def test_clear_halt_holds_after_a_recovery_while_flattening(session):
    held = guard(max="0.10")
    assert inspect(held, session, 90 * CASH // 100) is not None
    restored = guard(max="0.10")
    restored.restore(through_json(held.snapshot()))
    session.account.fixed_equity = 91 * CASH // 100
    assert "set to the equity at the halt, 91000.00" in restored.clear_halt(session)


def test_headroom_says_what_is_left_of_both_limits(session):
    held = guard(max="0.10", daily="0.05")
    inspect(held, session, 125_000 * 10**8, day=0)
    inspect(held, session, 120_000 * 10**8, day=1)
    assert held.headroom(session) == "drawdown 0.0600 left of 0.10, today 0.0100 left of 0.05"
    inspect(held, session, 60_000 * 10**8, day=1)
    assert held.headroom(session) == "drawdown none left of 0.10, today none left of 0.05"


def _reference(path, limit, daily):
    """Return the first step at which a limit is reached, by fractions and the whole path."""
    for index, (equity, day) in enumerate(path):
        peak = max([CASH, *(value for value, _ in path[: index + 1])])
        earlier = [value for value, other in path[:index] if other < day]
        base = earlier[-1] if earlier else CASH
        if Fraction(peak - equity, peak) >= Fraction(limit) or Fraction(base - equity, base) >= Fraction(daily):
            return index
    return None


PATHS = st.lists(st.tuples(st.integers(CASH // 2, CASH * 2), st.integers(0, 1)), min_size=1, max_size=12)
SHARES = st.decimals("0.01", "1", places=2)


def _days(path):
    """Turn steps of 0 or 1 day into days."""
    day, result = 0, []
    for equity, step in path:
        day += step
        result.append((equity, day))
    return result


def _first_halt(held, path):
    session = session_of(instrument())
    halts = [inspect(held, session, equity, day) is not None for equity, day in path]
    return halts.index(True) if True in halts else None


@settings(max_examples=100)
@given(PATHS, SHARES, SHARES)
def test_halts_exactly_where_the_definition_says(path, limit, daily):
    days = _days(path)
    assert _first_halt(guard(max=limit, daily=daily), days) == _reference(days, limit, daily)


@settings(max_examples=50)
@given(PATHS, SHARES, SHARES, SHARES)
def test_tighter_limit_never_halts_later(path, first, second, daily):
    days = _days(path)
    tight, wide = sorted((first, second))
    late = _first_halt(guard(max=wide, daily=daily), days)
    early = _first_halt(guard(max=tight, daily=daily), days)
    assert late is None or (early is not None and early <= late)


@settings(max_examples=50)
@given(PATHS, st.integers(0, 11), SHARES, SHARES)
def test_restored_in_the_middle_it_answers_the_same(path, cut, limit, daily):
    session = session_of(instrument())
    days = _days(path)
    whole, stopped, restored = (guard(max=limit, daily=daily) for _ in range(3))
    expected = [inspect(whole, session, equity, day) for equity, day in days]
    answers = [inspect(stopped, session, equity, day) for equity, day in days[:cut]]
    restored.restore(through_json(stopped.snapshot()))
    answers += [inspect(restored, session, equity, day) for equity, day in days[cut:]]
    assert answers == expected
    assert restored.snapshot() == whole.snapshot()
