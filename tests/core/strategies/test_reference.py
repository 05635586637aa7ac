"""Every strategy equals, bar by bar and exactly, a slow and obvious reference over its look-back alone."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos.domain.orders import FLAT, LONG, SHORT, OrderType, Signal
from logos.strategies import channel_breakout, mean_reversion, momentum, sma_cross

CLOSES = st.one_of(
    st.lists(st.integers(1, 6), max_size=60),
    st.lists(st.integers(90_000, 110_000), max_size=60),
    st.lists(st.sampled_from([7, 7, 7, 8, 500]), max_size=60),
)
ROWS = st.lists(
    st.tuples(st.integers(1, 30), st.integers(0, 4), st.integers(0, 4)).map(
        lambda row: (row[0] + row[1] + row[2], row[0], row[0] + row[1])
    ),
    max_size=60,
)
quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def average(values: list[int]) -> Fraction:
    return Fraction(sum(values), len(values))


@quick
@given(closes=CLOSES, fast=st.integers(1, 8), more=st.integers(1, 8), short=st.booleans())
def test_sma_cross_compares_the_two_averages(closes, fast, more, short, close_bars, signals_of) -> None:
    slow = fast + more
    expected = [
        None
        if end < slow
        else (
            LONG
            if average(closes[end - fast : end]) > average(closes[end - slow : end])
            else (SHORT if short else FLAT)
        )
        for end in range(1, len(closes) + 1)
    ]
    strategy = sma_cross.SmaCross(sma_cross.Params(fast=fast, slow=slow, short=short))
    assert signals_of(strategy, close_bars(closes)) == expected


@quick
@given(
    closes=CLOSES,
    window=st.integers(1, 12),
    threshold=st.decimals("0", "300", places=2),
    short=st.booleans(),
)
def test_momentum_compares_the_change_with_the_threshold(
    closes, window, threshold, short, close_bars, signals_of
) -> None:
    def answer(now: int) -> Signal | None:
        if now < window:
            return None
        change = (Fraction(closes[now], closes[now - window]) - 1) * 10_000
        if change > Fraction(threshold):
            return LONG
        return SHORT if short and change < -Fraction(threshold) else FLAT

    strategy = momentum.Momentum(momentum.Params(window=window, threshold_bps=threshold, short=short))
    assert signals_of(strategy, close_bars(closes)) == [answer(now) for now in range(len(closes))]


def at_most(distance: Fraction, scores: Fraction, variance: Fraction) -> bool:
    """Whether distance <= scores x root of variance, without the root."""
    if distance <= 0 <= scores:
        return True
    if scores <= 0 <= distance:
        return distance == 0 and (scores == 0 or variance == 0)
    smaller = distance**2 <= scores**2 * variance
    return smaller if distance > 0 else distance**2 >= scores**2 * variance


@quick
@given(
    closes=CLOSES,
    window=st.integers(2, 10),
    hold=st.integers(1, 12),
    scores=st.sampled_from([("1.0", "0"), ("1.25", "0.5"), ("2", "1.9"), ("0.1", "0")]),
    short=st.booleans(),
)
def test_mean_reversion_equals_a_search_through_its_look_back(
    closes, window, hold, scores, short, close_bars, signals_of
) -> None:
    entry, leave = Decimal(scores[0]), Decimal(scores[1])

    def state(now: int) -> tuple[bool, bool, bool, bool]:
        values = closes[now - window + 1 : now + 1]
        variance = sum((Fraction(value) - average(values)) ** 2 for value in values) / window
        distance = closes[now] - average(values)
        return (
            variance > 0 and at_most(distance, -Fraction(entry), variance),
            variance > 0 and at_most(-distance, -Fraction(entry), variance),
            at_most(-distance, Fraction(leave), variance),
            at_most(distance, Fraction(leave), variance),
        )

    def answer(now: int) -> Signal | None:
        if now < window - 1:
            return None
        for back in range(now, max(window - 2, now - hold), -1):
            low, high = state(back)[:2]
            if low or (high and short):
                ended = any(state(later)[2 if low else 3] for later in range(back + 1, now + 1))
                value = 10**8 if low else -(10**8)
                return FLAT if ended else Signal(value, OrderType.LIMIT, limit_price=closes[back])
        return FLAT

    params = mean_reversion.Params(window=window, entry=entry, exit=leave, hold=hold, short=short)
    strategy = mean_reversion.MeanReversion(params)
    assert signals_of(strategy, close_bars(closes)) == [answer(now) for now in range(len(closes))]


@quick
@given(rows=ROWS, window=st.integers(1, 10), leave=st.integers(1, 10), hold=st.integers(1, 12), short=st.booleans())
def test_channel_breakout_equals_a_search_through_its_look_back(
    rows, window, leave, hold, short, make_bars, signals_of
) -> None:
    bars = make_bars(rows)
    ready = max(window, leave)

    def breakout(now: int) -> int:
        before = bars[now - window : now]
        if bars[now].close > max(bar.high for bar in before):
            return 1
        return -1 if short and bars[now].close < min(bar.low for bar in before) else 0

    def left(now: int, side: int) -> bool:
        before = bars[now - leave : now]
        if side > 0:
            return bars[now].close < min(bar.low for bar in before)
        return bars[now].close > max(bar.high for bar in before)

    def answer(now: int) -> Signal | None:
        if now < ready:
            return None
        for back in range(now, max(ready - 1, now - hold), -1):
            side = breakout(back)
            if side:
                if any(left(later, side) for later in range(back + 1, now + 1)):
                    return FLAT
                stop = bars[back].high + 1 if side > 0 else max(1, bars[back].low - 1)
                return Signal(side * 10**8, OrderType.STOP, stop_price=stop)
        return FLAT

    params = channel_breakout.Params(window=window, exit_window=leave, hold=hold, short=short)
    strategy = channel_breakout.ChannelBreakout(params)
    assert signals_of(strategy, bars) == [answer(now) for now in range(len(bars))]
