"""Equity as columns says what the books say row by row."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logos.backtest.equity import EquityCurve, drawdown_column
from logos.domain.money import ratio
from logos.domain.times import SECONDS_A_DAY

CASH = st.sampled_from([7, 8, 16, 10**9 + 7, 2 * 10**8, 10**13, 10**17, 10**19])


@st.composite
def curves(draw):
    """Draw a starting cash and equities around it, some of them at or below zero."""
    cash = draw(CASH)
    return cash, draw(st.lists(st.integers(-cash // 4, 2 * cash), min_size=1, max_size=60))


def reference(equity, cash):
    peak, found = cash, []
    for value in equity:
        peak = max(peak, value)
        found.append(ratio(peak - value, peak))
    return found, peak


@given(curves())
def test_a_column_of_drawdowns_is_what_the_books_write(drawn):
    cash, equity = drawn
    kind = np.int64 if max(map(abs, equity)) < 2**63 else object
    column, peak = drawdown_column(np.array(equity, dtype=kind), cash)
    assert (column.tolist(), peak) == reference(equity, cash)


@given(curves(), st.integers(1, 7))
def test_stretches_add_up_to_the_whole(drawn, size):
    cash, equity = drawn
    kind = np.int64 if max(map(abs, equity)) < 2**63 else object
    clocks = np.arange(len(equity), dtype=np.int64) * 30_000 + 60
    column = np.array(equity, dtype=kind)
    whole_text, parts_text = [], []
    whole = EquityCurve(cash, 60, 8, whole_text.append)
    whole.add(clocks, column)
    parts = EquityCurve(cash, 60, 8, parts_text.append)
    for start in range(0, len(equity), size):
        parts.add(clocks[start : start + size], column[start : start + size])
    assert b"".join(parts_text) == b"".join(whole_text)
    assert parts.by_day() == whole.by_day()
    assert parts.daily_rows() == whole.daily_rows()


@given(curves())
def test_a_day_ends_with_its_last_slice(drawn):
    cash, equity = drawn
    kind = np.int64 if max(map(abs, equity)) < 2**63 else object
    clocks = np.arange(len(equity), dtype=np.int64) * 40_000 + 60
    curve = EquityCurve(cash, 60, 8)
    curve.add(clocks, np.array(equity, dtype=kind))
    by_day = curve.by_day()
    expected = {int(clock - 60) // SECONDS_A_DAY: value for clock, value in zip(clocks, equity, strict=True)}
    assert dict(zip(by_day.days, by_day.equity, strict=True)) == expected
    assert by_day.max_drawdown == max(reference(equity, cash)[0])
