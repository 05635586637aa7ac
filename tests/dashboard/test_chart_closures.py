"""Stretches of closed markets lie flat in every chart of money over time; open ones stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.artifacts.curve import EquityCurve
from logos.ui.streamlit.components.chart_closures import held_flat
from logos.ui.streamlit.components.equity_chart import equity_figure
from logos.ui.streamlit.components.pnl_chart import pnl_figure
from logos.ui.streamlit.data.downsampling import thinned

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def curve_at(times: Any) -> EquityCurve:
    """Return a curve over these times that falls by one a point."""
    moments = np.asarray(times, dtype=np.int64)
    equity = 10_000.0 - np.arange(len(moments))
    return EquityCurve(moments, equity, 1 - equity / equity[0])


def trading_days(first: datetime, days: int, *, opens: int, closes: int, bar: int) -> list[int]:
    """Return the times of the bars of so many days, without weekends, from one second of the day to another."""
    dates = (first + timedelta(place) for place in range(days))
    starts = [int(date.timestamp()) for date in dates if date.weekday() < 5]
    return [start + second for start in starts for second in range(opens, closes, bar)]


SESSION = trading_days(datetime(2013, 10, 4, tzinfo=UTC), 8, opens=52_200, closes=75_600, bar=MINUTE)
FOREX = trading_days(datetime(2013, 2, 1, tzinfo=UTC), 28, opens=0, closes=DAY, bar=MINUTE)
DAILY = trading_days(datetime(2015, 1, 2, tzinfo=UTC), 365 * 6, opens=75_600, closes=75_601, bar=DAY)
A_MONTH_DAILY = trading_days(datetime(2015, 1, 2, tzinfo=UTC), 28, opens=75_600, closes=75_601, bar=DAY)
YEARS = trading_days(datetime(2013, 1, 1, tzinfo=UTC), 800, opens=52_200, closes=75_600, bar=MINUTE)


@pytest.mark.parametrize(
    ("times", "closures"), [(SESSION, 5), (FOREX, 4), (DAILY, 0), (A_MONTH_DAILY, 0), (YEARS, 0), ([0, DAY], 0)]
)
def test_closures_that_are_wide_on_the_screen_lie_flat_and_no_others(times: list[int], closures: int):
    whole = curve_at(times)

    for curve in (whole, thinned(whole)):
        shown = held_flat(curve)

        added = np.setdiff1d(shown.time, curve.time)
        assert len(shown) - len(curve) == len(added) == closures
        for moment in added:
            place = int(np.searchsorted(shown.time, moment))
            assert shown.equity[place] == shown.equity[place - 1] != shown.equity[place + 1]
            assert shown.drawdown[place] == shown.drawdown[place - 1]
            assert shown.time[place + 1] - moment < 2 * HOUR < moment - shown.time[place - 1]


@settings(max_examples=60)
@given(st.lists(st.integers(1, 10**7), max_size=60))
def test_every_point_stays_in_its_order(steps: list[int]):
    curve = curve_at(np.cumsum([0, *steps]))

    shown = held_flat(curve)

    assert (np.diff(shown.time) > 0).all()
    kept = np.isin(shown.time, curve.time)
    assert (shown.time[kept] == curve.time).all()
    assert (shown.equity[kept] == curve.equity).all()


def test_equity_pnl_and_drawdown_do_not_slope_over_a_weekend():
    curve = curve_at(FOREX)
    friday = int(curve.time[np.argmax(np.diff(curve.time))])
    pnl = pnl_figure(curve, starting_cash=10_000, limit=None, currency="USD", title="PnL")

    for line in (*equity_figure(curve, curve, currency="USD").data, *pnl.data):
        times = np.asarray(line.x).astype("datetime64[s]").astype(np.int64)
        weekend = [place for place, moment in enumerate(times) if friday <= moment <= friday + 2 * DAY]
        assert len(weekend) == 2
        assert line.y[weekend[0]] == line.y[weekend[1]]
