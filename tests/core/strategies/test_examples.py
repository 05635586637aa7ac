"""Small tables of bars and what each strategy says to them."""

from __future__ import annotations

from decimal import Decimal

from logos.domain.orders import LONG, OrderType, Signal, TimeInForce
from logos.strategies import buy_and_hold, channel_breakout, mean_reversion, momentum, sma_cross


def test_sma_cross_is_long_while_the_fast_average_is_above_from_the_bar_that_fills_the_slow_one(
    close_bars, values_of
) -> None:
    closes = [10, 10, 10, 10, 13, 10, 9]
    # fast (2):        10  10  10  11.5 11.5  9.5
    # slow (4):                10  10.75 10.75 10.5
    long_only = sma_cross.SmaCross(sma_cross.Params(fast=2, slow=4))
    both_ways = sma_cross.SmaCross(sma_cross.Params(fast=2, slow=4, short=True))
    assert values_of(long_only, close_bars(closes)) == [None, None, None, 0, 1, 1, 0]
    assert values_of(both_ways, close_bars(closes)) == [None, None, None, -1, 1, 1, -1]


def test_momentum_needs_more_than_the_threshold(close_bars, values_of) -> None:
    params = momentum.Params(window=1, threshold_bps=Decimal(100), short=True)
    closes = [10_000, 10_100, 10_202, 10_099, 9_998]
    # up exactly 100 bps, up more, down more, down exactly 100.01 bps
    assert values_of(momentum.Momentum(params), close_bars(closes)) == [None, 0, 1, -1, -1]
    assert momentum.Momentum(params).lookback == 2


def test_momentum_is_flat_between_the_thresholds(close_bars, values_of) -> None:
    params = momentum.Params(window=1, threshold_bps=Decimal("0.5"), short=True)
    assert values_of(momentum.Momentum(params), close_bars([100_000, 100_005, 100_011, 100_011])) == [None, 0, 1, 0]


def test_mean_reversion_enters_by_a_limit_at_the_close_and_leaves_near_the_average(close_bars, signals_of) -> None:
    params = mean_reversion.Params(window=4, entry=Decimal("1.5"), exit=Decimal("0.5"), hold=10)
    strategy = mean_reversion.MeanReversion(params)
    signals = signals_of(strategy, close_bars([100, 100, 100, 100, 80, 82, 95, 95]))
    entry = Signal(10**8, OrderType.LIMIT, limit_price=80, time_in_force=TimeInForce.GTC)
    # z at the bars from the fourth: 0 (no deviation), -1.73, -0.89, 0.67, …
    assert [each and each.value // 10**8 for each in signals] == [None, None, None, 0, 1, 1, 0, 0]
    assert signals[4] == signals[5] == entry
    assert signals[6].order_type is OrderType.MARKET
    assert strategy.lookback == 13


def test_mean_reversion_leaves_after_the_hold_even_far_from_the_average(close_bars, values_of) -> None:
    params = mean_reversion.Params(window=4, entry=Decimal("1.5"), exit=Decimal(0), hold=2)
    closes = [100, 100, 100, 100, 80, 82, 83]
    assert values_of(mean_reversion.MeanReversion(params), close_bars(closes)) == [None, None, None, 0, 1, 1, 0]


def test_channel_breakout_enters_by_a_stop_above_the_bar_and_leaves_below_the_exit_channel(
    make_bars, signals_of
) -> None:
    params = channel_breakout.Params(window=3, exit_window=2, hold=10)
    strategy = channel_breakout.ChannelBreakout(params)
    rows = [(12, 9, 10), (12, 9, 11), (12, 9, 10), (12, 9, 12), (15, 11, 13), (14, 10, 12), (13, 8, 9), (13, 8, 9)]
    signals = signals_of(strategy, make_bars(rows))
    # The close of 12 only equals the channel's high; 13 is above it; 9 is below the lowest low of the two bars before.
    assert [each and each.value // 10**8 for each in signals] == [None, None, None, 0, 1, 1, 0, 0]
    assert signals[4] == signals[5] == Signal(10**8, OrderType.STOP, stop_price=16)
    assert strategy.lookback == 13


def test_channel_breakout_sells_short_below_the_channel_and_never_asks_for_a_price_of_zero(
    make_bars, signals_of
) -> None:
    params = channel_breakout.Params(window=1, exit_window=1, hold=5, short=True)
    signals = signals_of(channel_breakout.ChannelBreakout(params), make_bars([(3, 2, 3), (2, 1, 1), (9, 3, 3)]))
    assert signals[1] == Signal(-(10**8), OrderType.STOP, stop_price=1)
    assert signals[2] == Signal(10**8, OrderType.STOP, stop_price=10)


def test_buy_and_hold_is_long_from_the_first_bar(close_bars, signals_of) -> None:
    assert signals_of(buy_and_hold.BuyAndHold(), close_bars([5, 1])) == [LONG, LONG]
