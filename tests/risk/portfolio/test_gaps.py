"""Gaps: periods that common returns leave out, apart from those that calendars explain, and what is said of them."""

from decimal import Decimal

import attrs
import numpy as np
import pytest

from logos.domain.instruments import AssetClass
from logos.domain.times import SECONDS_A_DAY, parse_time
from logos.portfolio.allocator.method_configs import InverseVolatilityConfig
from logos.portfolio.allocator.weighing import Weigher
from logos.portfolio.constraints.config import ConstraintsConfig
from logos.portfolio.methods.inverse_volatility import InverseVolatility
from logos.portfolio.prices.gaps import Gaps, gaps
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.testing.bars import bars_of, instrument

FIRST = parse_time("2024-01-01T00:00:00Z")  # a Monday
DAYS = 60


def traded(**classes):
    """Return instruments by symbol."""
    return {symbol: instrument(symbol, asset_class=asset_class) for symbol, asset_class in classes.items()}


def panel_of(instruments, days, *, capacity=DAYS):
    """Return a panel that has seen the days of each symbol, by their numbers."""
    panel = PricePanel(tuple(instruments), period=SECONDS_A_DAY, interval=SECONDS_A_DAY, capacity=capacity)
    for place, (symbol, one) in enumerate(instruments.items()):
        for day in days[symbol]:
            close = 10_000 + (day * day * (31 + 12 * place)) % 211 * (place + 1)
            panel.watch(bars_of(one, [close], start=FIRST + day * SECONDS_A_DAY, interval=SECONDS_A_DAY))
    return panel


SHARES = traded(AAA=AssetClass.EQUITY, BBB=AssetClass.EQUITY)


def found(instruments, days, returns):
    panel = panel_of(instruments, days)
    return gaps(panel, tuple(instruments), instruments, returns)


def test_days_that_one_of_two_shares_lacks_are_counted():
    days = {"AAA": range(40), "BBB": [day for day in range(40) if day % 4]}
    assert found(SHARES, days, 28) == Gaps(periods=9, symbols=("BBB",))  # days 4 to 36: none before the first common


def test_days_that_both_lack_or_that_come_before_either_are_none():
    days = {"AAA": range(40), "BBB": range(10, 40)}
    assert found(SHARES, days, 29) is None
    days = {"AAA": [0, 1, 5, 6, 7], "BBB": [0, 1, 5, 6, 7]}
    assert found(SHARES, days, 4) is None


def test_a_few_days_are_not_worth_a_word():
    days = {"AAA": range(40), "BBB": [day for day in range(40) if day != 20]}
    assert found(SHARES, days, 38) is None


def test_the_weekend_of_a_coin_beside_a_share_is_no_gap_and_its_own_missing_days_beside_another_coin_are():
    mixed = traded(AAA=AssetClass.EQUITY, BTC=AssetClass.CRYPTO, ETH=AssetClass.CRYPTO)
    week = [day for day in range(42) if day % 7 < 5]
    days = {"AAA": week, "BTC": range(42), "ETH": range(42)}
    assert found(mixed, days, len(week) - 1) is None
    days["ETH"] = [day for day in range(42) if day % 3 != 1]
    # Every third day up to the 37th, without those on a weekend, which the share lacks as well.
    assert found(mixed, days, 19) == Gaps(periods=10, symbols=("ETH",))


WEEKDAYS = [day for day in range(56) if day % 7 < 5]
HOLIDAYS = {0, 14, 49}
"""Of XNYS in these weeks: New Year's Day, Martin Luther King Day and Presidents' Day of 2024."""


def beside_a_coin(calendar, days):
    """Return the gaps of a share that is alone in its market, beside a coin with a close on each of 56 days."""
    mixed = traded(AAA=AssetClass.EQUITY, BTC=AssetClass.CRYPTO)
    mixed["AAA"] = attrs.evolve(mixed["AAA"], calendar=calendar)
    return found(mixed, {"AAA": days, "BTC": range(56)}, 25)


def test_missing_days_of_a_share_that_is_alone_in_its_market_are_told_where_a_calendar_says_that_it_was_open():
    holes = [day for day in WEEKDAYS if day % 7 != 2 and day not in HOLIDAYS]  # no Wednesday
    # From the 26th common close before the end, on day 7, there are seven of them.
    assert beside_a_coin("XNYS", holes) == Gaps(periods=7, symbols=("AAA",))
    assert beside_a_coin(None, holes) is None  # nobody knows when it was open


def test_holidays_and_weekends_of_a_share_that_is_alone_in_its_market_are_no_gaps():
    assert beside_a_coin("XNYS", [day for day in WEEKDAYS if day not in HOLIDAYS]) is None


def test_bars_whose_days_are_not_those_of_the_sessions_are_no_gaps():
    sundays_too = [day for day in range(56) if day % 7 not in {4, 5}]  # each bar a day before its session
    assert beside_a_coin("XASX", sundays_too) is None


def test_missing_days_of_a_coin_that_is_alone_are_told_where_the_share_beside_it_has_closes():
    mixed = traded(AAA=AssetClass.EQUITY, BTC=AssetClass.CRYPTO)
    days = {"AAA": WEEKDAYS, "BTC": [day for day in range(56) if day % 7 != 2]}
    assert found(mixed, days, 31) == Gaps(periods=8, symbols=("BTC",))


def notes_of(instruments, days, missing):
    """Return what a rebalance says of an estimate of 40 days."""
    config = InverseVolatilityConfig(lookback=40, min_history=5, risk_model=RiskModelConfig(missing=missing))
    weigher = Weigher(name="x", config=config, method=InverseVolatility(), instruments=instruments)
    held, used = dict.fromkeys(instruments, 0.0), dict.fromkeys(instruments, 1.0)
    return weigher.weigh(panel_of(instruments, days), held, 1e5, used=used, untraded={}).fallbacks


EVERY_FOURTH_LACKING = [day for day in range(40) if day % 4]


def test_a_rebalance_says_how_many_returns_in_common_it_rests_on():
    notes = notes_of(SHARES, {"AAA": range(40), "BBB": EVERY_FOURTH_LACKING}, "common")
    assert [note for note in notes if "rests on" in note] == [
        (
            "The estimate rests on 29 returns in common, of a lookback of 40; periods left out in which BBB had no "
            "close although the market was open: 9. A return across them counts as one period, which overstates risk. "
            "risk_model.missing: pairwise counts each symbol's own returns, and understates correlations instead. "
            "Leave such symbols out, or fill in their bars."
        )
    ]


def test_a_pairwise_rebalance_says_whose_returns_span_several_periods():
    notes = notes_of(SHARES, {"AAA": range(40), "BBB": EVERY_FOURTH_LACKING}, "pairwise")
    assert [note for note in notes if "span" in note] == [
        (
            "Some returns of BBB span several periods: BBB has 29 in 38 periods in which its market was open. Its risk "
            "a year allows for that; its correlations with the others do not, and are understated. Leave such symbols "
            "out, or fill in their bars."
        )
    ]


@pytest.mark.parametrize(
    "days",
    [
        {"AAA": range(40), "BBB": [day for day in range(40) if day != 20]},  # too few for a word
        {"AAA": EVERY_FOURTH_LACKING, "BBB": EVERY_FOURTH_LACKING},  # the same periods for both
        {"AAA": range(40), "BBB": range(20, 40)},  # listed later
    ],
)
def test_a_pairwise_rebalance_says_nothing_of_gaps_where_correlations_are_hardly_wrong(days):
    assert [note for note in notes_of(SHARES, days, "pairwise") if "span" in note] == []


def test_shares_that_lack_the_same_days_of_their_calendar_have_the_same_periods():
    listed = {symbol: attrs.evolve(one, calendar="XNYS") for symbol, one in SHARES.items()}
    days = [day for day in WEEKDAYS if day not in HOLIDAYS][::2]
    notes = notes_of(listed, {"AAA": days, "BBB": days}, "pairwise")
    assert [note for note in notes if "span" in note] == []


def test_every_symbol_that_lacks_some_of_the_periods_is_named_and_no_other():
    three = {**SHARES, "CCC": attrs.evolve(SHARES["AAA"], symbol="CCC")}
    days = {"AAA": range(40), "BBB": EVERY_FOURTH_LACKING, "CCC": [day for day in range(40) if day % 4 != 2]}
    # Each of the two has closes in the periods that the other lacks.
    assert found(three, days, 19).symbols == ("BBB", "CCC")


def test_a_short_position_held_elsewhere_uses_up_turnover_as_a_long_one_does():
    three = {**SHARES, "CCC": attrs.evolve(SHARES["AAA"], symbol="CCC")}
    panel = panel_of(three, {"AAA": range(40), "BBB": range(40), "CCC": [39]})
    config = InverseVolatilityConfig(lookback=20, min_history=5, constraints=ConstraintsConfig(turnover=Decimal("0.5")))
    weigher = Weigher(name="x", config=config, method=InverseVolatility(), instruments=three)
    used = dict.fromkeys(three, 1.0)
    for elsewhere in (0.3, -0.3):
        held = {"AAA": 0.05, "BBB": 0.9, "CCC": elsewhere}
        weights = weigher.weigh(panel, held, 1e5, used=used, untraded={}).weights
        moved = sum(abs(weights[symbol] / 1e8 - held[symbol]) for symbol in SHARES)
        assert np.isclose(moved, 0.2, atol=1e-6)
