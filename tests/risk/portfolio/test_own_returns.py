"""How many periods a year has for each symbol by itself: with gaps, beside other hours, and in an estimate."""

from __future__ import annotations

from decimal import Decimal

import attrs
import numpy as np
import pytest

from logos.domain.instruments import AssetClass
from logos.domain.times import SECONDS_A_DAY, parse_time
from logos.portfolio.allocator.method_configs import InverseVolatilityConfig
from logos.portfolio.allocator.weighing import Weigher
from logos.portfolio.methods.inverse_volatility import InverseVolatility
from logos.portfolio.prices.own_returns import OwnReturns, own_periods_per_year, own_returns
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.records import Window
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.portfolio.risk_models.model import build_risk_model
from logos.testing.bars import bars_of, instrument

FIRST = parse_time("2024-01-01T00:00:00Z")  # a Monday
WEEKDAYS = [day for day in range(1_000) if day % 7 < 5]


def traded(**classes):
    return {symbol: instrument(symbol, asset_class=asset_class) for symbol, asset_class in classes.items()}


SHARES = traded(AAA=AssetClass.EQUITY, BBB=AssetClass.EQUITY)
MIXED = traded(AAA=AssetClass.EQUITY, BTC=AssetClass.CRYPTO)


def walk(seed, days, volatility=0.01):
    """Return closes of independent daily returns, by day."""
    generator = np.random.default_rng(seed)  # noqa: TID251 - seeded examples
    steps = volatility * generator.standard_normal(max(days) + 1)
    return (1_000_000 * np.exp(np.cumsum(steps))).astype(int).tolist()


def panel_of(instruments, closes, capacity=1_000):
    """Return a panel that has seen the closes of each symbol, by day."""
    panel = PricePanel(tuple(instruments), period=SECONDS_A_DAY, interval=SECONDS_A_DAY, capacity=capacity)
    for symbol, one in instruments.items():
        for day, close in closes[symbol].items():
            panel.watch(bars_of(one, [close], start=FIRST + day * SECONDS_A_DAY, interval=SECONDS_A_DAY))
    return panel


def on(days, prices):
    return {day: prices[day] for day in days}


def flat(days):
    return dict.fromkeys(days, 100)


def weights(instruments, panel, **keys):
    config = InverseVolatilityConfig(
        lookback=900, min_history=5, invest=Decimal(1), risk_model=RiskModelConfig(missing="pairwise", **keys)
    )
    weigher = Weigher(name="x", config=config, method=InverseVolatility(), instruments=instruments)
    nothing, whole = dict.fromkeys(instruments, 0.0), dict.fromkeys(instruments, 1.0)
    found = weigher.weigh(panel, nothing, 1e5, used=whole, untraded={})
    return {symbol: units / 1e8 for symbol, units in found.weights.items()}


def test_returns_are_counted_beside_the_periods_in_which_the_market_was_open():
    days = {"AAA": flat(WEEKDAYS[:60]), "BBB": flat(WEEKDAYS[10:60:2])}
    own = own_returns(panel_of(SHARES, days), ("AAA", "BBB"), SHARES, 59)
    # BBB: from day 10 to 58 by twos.
    assert own == {"AAA": OwnReturns(returns=59, periods=59), "BBB": OwnReturns(returns=24, periods=48)}
    assert own["BBB"].share == 0.5


def test_only_the_rows_of_the_window_count_and_a_return_into_it_with_all_its_periods():
    days = {"AAA": flat(range(60)), "BBB": flat([0, 10, 45, 55, 56, 57, 58, 59])}
    own = own_returns(panel_of(SHARES, days), ("AAA", "BBB"), SHARES, 10)  # the periods 50 to 59
    assert own == {"AAA": OwnReturns(returns=10, periods=10), "BBB": OwnReturns(returns=5, periods=14)}


def test_a_calendar_tells_what_a_share_lacks_that_is_alone_in_its_market():
    one = attrs.evolve(instrument("AAA", asset_class=AssetClass.EQUITY), calendar="XNYS")
    holidays = {0, 14, 49}
    days = [day for day in range(56) if day % 7 < 5 and day not in holidays]
    mixed = {**MIXED, "AAA": one}
    for kept, share in ((days, 1.0), (days[::2], 0.5)):
        panel = panel_of(mixed, {"AAA": flat(kept), "BTC": flat(range(56))})
        assert own_returns(panel, ("AAA", "BTC"), mixed, 55)["AAA"].share == share


def test_each_symbol_has_the_periods_of_its_own_market_and_one_number_stands_for_equal_ones():
    panel = panel_of(MIXED, {"AAA": flat(WEEKDAYS[:40]), "BTC": flat(range(54))})
    assert own_periods_per_year(panel, ("AAA", "BTC"), MIXED, 53).tolist() == [252.0, 365.0]
    alone = own_periods_per_year(panel, ("AAA",), MIXED, 39, beside=("BTC",))
    assert isinstance(alone, float)
    assert alone == 252.0
    panel = panel_of(SHARES, {"AAA": flat(range(41)), "BBB": flat(range(0, 41, 2))})
    assert own_periods_per_year(panel, ("BBB", "AAA"), SHARES, 40).tolist() == [126.0, 252.0]


@pytest.mark.parametrize("keys", [{"model": "sample"}, {"model": "ewma", "halflife": Decimal(2_000)}, {}])
def test_a_share_with_half_its_days_weighs_as_much_as_the_same_share_with_all(keys):
    prices = walk(3, range(900))
    panel = panel_of(SHARES, {"AAA": on(range(900), prices), "BBB": on(range(0, 900, 2), prices)})
    found = weights(SHARES, panel, **keys)
    # Were two-day returns taken as those of a day, it would be 0.586 and 0.414.
    assert found["AAA"] == pytest.approx(0.5, abs=0.02)
    assert sum(found.values()) == pytest.approx(1.0)


def test_a_coin_does_not_lend_its_weekends_to_a_share():
    coin, share = walk(4, range(990), 0.03), walk(5, range(990), 0.01)
    panel = panel_of(MIXED, {"AAA": on(WEEKDAYS[:700], share), "BTC": on(range(980), coin)})
    found = weights(MIXED, panel, model="sample")
    returns = {
        "AAA": np.diff([share[day] for day in WEEKDAYS[:700]]) / [share[day] for day in WEEKDAYS[:699]],
        "BTC": np.diff(coin[:980]) / coin[:979],
    }
    window = {"AAA": [row for row, day in enumerate(WEEKDAYS[1:700]) if day >= 80], "BTC": list(range(79, 979))}
    risk = {
        symbol: np.sqrt(year * returns[symbol][window[symbol]].var(ddof=1))
        for symbol, year in (("AAA", 252), ("BTC", 365))
    }
    assert found["BTC"] == pytest.approx(risk["AAA"] / (risk["AAA"] + risk["BTC"]), rel=1e-6)


def made(returns, year, **keys):
    symbols = tuple(f"S{place}" for place in range(returns.shape[1]))
    window = Window(symbols=symbols, returns=returns, periods_per_year=year)
    return build_risk_model(RiskModelConfig(missing="pairwise", **keys)).estimate(window)


@pytest.mark.parametrize("keys", [{"model": "sample"}, {"model": "ewma", "mean": "ewma"}])
def test_own_periods_scale_variances_means_and_covariances_and_leave_correlations(keys):
    generator = np.random.default_rng(6)  # noqa: TID251 - seeded examples
    returns = generator.standard_normal((80, 3)) * 0.01 + generator.standard_normal((80, 1)) * 0.01
    year = np.array([252.0, 126.0, 365.0])
    day, own = made(returns, 1.0, **keys), made(returns, year, **keys)
    np.testing.assert_allclose(own.mean, year * day.mean, rtol=1e-12)
    np.testing.assert_allclose(own.covariance, np.sqrt(np.outer(year, year)) * day.covariance, rtol=1e-12)
    np.testing.assert_array_equal(own.covariance, own.covariance.T)


def test_where_nothing_but_the_target_is_left_all_symbols_have_the_same_risk_a_year():
    returns = np.random.default_rng(38).standard_normal((4, 4)) * 0.01  # noqa: TID251 - seeded examples
    own = made(returns, np.array([252.0, 126.0, 365.0, 252.0]))
    assert "intensity is 1" in own.notes[0]
    np.testing.assert_allclose(np.diag(own.covariance), own.covariance[0, 0], rtol=1e-12)


@pytest.mark.parametrize("missing", ["common", "pairwise"])
def test_a_panel_without_any_return_is_an_obstacle_that_is_told(missing):
    config = InverseVolatilityConfig(risk_model=RiskModelConfig(missing=missing))
    weigher = Weigher(name="x", config=config, method=InverseVolatility(), instruments=SHARES)
    error = weigher.obstacle(panel_of(SHARES, {"AAA": {}, "BBB": {}}))
    assert error is not None
    assert "no symbol has returns" in error.message
