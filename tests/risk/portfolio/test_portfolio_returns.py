"""Returns: from prices, and how many of them a year has."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from logos.domain.bars import Bar
from logos.domain.instruments import AssetClass, Instrument
from logos.portfolio.errors import EstimationError
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.prices.returns import panel_capacity, periods_per_year, simple_returns, without_constant
from logos.portfolio.records import Window

DAY = 86_400
HOUR = 3_600


def named(symbol, asset_class=AssetClass.EQUITY, calendar=None):
    step = Decimal("0.01")
    return Instrument(symbol=symbol, asset_class=asset_class, tick=step, lot=step, currency="USD", calendar=calendar)


SHARE = named("SPY", calendar="XNYS")
PLAIN = named("AIG")
COIN = named("BTC-USD", AssetClass.CRYPTO)
PAIR = named("EUR-USD", AssetClass.FOREX, "FX")


def window_of(returns, symbols=("A", "B", "C")):
    return Window(symbols=symbols, returns=np.array(returns), periods_per_year=252.0)


def test_simple_returns_keep_gaps():
    gap = np.nan
    returns = simple_returns(np.array([[100.0, 50.0], [110.0, gap], [99.0, 60.0]]))
    np.testing.assert_allclose(returns, [[0.1, gap], [-0.1, gap]], rtol=1e-15)


@pytest.mark.parametrize(
    ("instruments", "days"),
    [
        ([SHARE, PLAIN], 252),
        ([PAIR], 252),
        ([COIN], 365),
        ([SHARE, COIN], 252),  # only days on which both have a close
        ([named("X", calendar="24/7")], 365),
    ],
)
def test_a_year_of_days(instruments, days):
    assert periods_per_year(DAY, instruments) == days


@pytest.mark.parametrize(
    ("instrument", "period", "count"),
    [
        (COIN, HOUR, 365 * 24),
        (COIN, 4 * HOUR, 365 * 6),
        (PAIR, HOUR, 252 * 24),
        (PLAIN, HOUR, 252 * 7),
        (PLAIN, 1_800, 252 * 13),
        (named("EUR", AssetClass.FOREX), HOUR, 252 * 24),
    ],
)
def test_a_year_of_shorter_periods(instrument, period, count):
    assert periods_per_year(period, [instrument]) == count


def test_hours_of_an_exchange_are_those_that_its_sessions_touch():
    # 14:30 to 21:00 UTC touches seven hours, and the three early closes of a year fewer.
    assert 252 * 6.9 < periods_per_year(HOUR, [SHARE]) < 252 * 7


def test_one_market_needs_one_close_more_than_returns():
    assert panel_capacity(252, DAY, [SHARE, named("QQQ", calendar="XNYS")], missing="common") == 253
    assert panel_capacity(252, DAY, [SHARE, COIN], missing="pairwise") == 253


@pytest.mark.parametrize("year", [2001, 2014, 2020])
def test_a_coin_beside_a_share_is_kept_long_enough_for_the_whole_lookback(year):
    from logos.data.calendars import calendar_for  # noqa: PLC0415 - loads pandas

    calendar, end = calendar_for(SHARE), (year - 1970) * 365 * DAY + 250 * DAY
    capacity = panel_capacity(252, DAY, [SHARE, COIN], missing="common")
    panel = PricePanel(("SPY", "BTC-USD"), period=DAY, interval=DAY, capacity=capacity)
    close = calendar.next_close(end - 600 * DAY)
    while close < end:
        panel.watch([Bar(SHARE, close // DAY * DAY, 1, 1, 1, 1, 1)])
        close = calendar.next_close(close)
    panel.watch([Bar(COIN, day * DAY, 1, 1, 1, 1, 1) for day in range(end // DAY - 600, end // DAY)])
    window, _ = panel.window(lookback=252, min_history=63, missing="common", periods_per_year=252.0)
    assert window.returns.shape == (252, 2)


def test_symbols_that_never_move_are_taken_out_by_name():
    window = window_of([[0.1, 0.0, 0.2], [0.2, 0.0, 0.2], [0.1, 0.0, 0.2 + 1e-17]])
    rest, names = without_constant(window)
    assert names == ("B", "C")
    assert rest.symbols == ("A",)
    assert rest.returns.tolist() == [[0.1], [0.2], [0.1]]


def test_symbols_that_are_left_keep_the_periods_of_a_year_that_are_their_own():
    window = Window(
        symbols=("A", "B", "C"),
        returns=window_of([[0.1, 0.0, 0.2], [0.2, 0.0, 0.1]]).returns,
        periods_per_year=np.array([252.0, 365.0, 126.0]),
    )
    rest, _ = without_constant(window)
    assert rest.periods_per_year.tolist() == [252.0, 126.0]


def test_a_window_that_moves_is_left_as_it_is():
    window = window_of([[0.1, 0.0, np.nan], [0.2, 0.1, 0.2], [0.1, 0.0, 0.3]])
    assert without_constant(window) == (window, ())


def test_nothing_that_moves_is_an_error():
    with pytest.raises(EstimationError, match="no symbol has moved in 2 returns: A, B, C"):
        without_constant(window_of(np.zeros((2, 3))))
