"""Every measure against the numbers that public libraries computed from the same real prices."""

import csv
import json
import math

import numpy as np
import pytest

from logos.metrics import drawdowns, ratios, round_trips
from logos.metrics.daily import daily_returns, growth_of

CURVES = {
    "SPY_buy_and_hold_2007_2012": ("SPY-1d.csv", 252),
    "BTC-USD_buy_and_hold_2015_2018": ("BTC-USD-1d.csv", 365),
    "equal_weight_10_stocks_daily_rebalanced_2007_2012": ("sp500-10-stocks-close.csv", 252),
}


@pytest.fixture(scope="module", params=sorted(CURVES))
def curve(request, shared_data):
    reference = json.loads((shared_data / "reference" / "performance_metrics.json").read_text(encoding="utf-8"))
    assert sorted(reference["curves"]) == sorted(CURVES)
    file, periods = CURVES[request.param]
    entry = reference["curves"][request.param]
    days, returns = returns_of(shared_data / "real" / "daily" / file, entry["first"], entry["last"])
    assert len(returns) == entry["days"]
    values = {name.split()[0]: part["values"] for name, part in entry["results"].items() if "values" in part}
    return {"days": days, "returns": returns, "periods": periods, **values}


def returns_of(path, first, last):
    """Return the mean daily return of the file's closes from the first day to the last."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    columns = [header.index("close")] if "close" in header else range(1, len(header))
    by_symbol = []
    wanted = [place for place, row in enumerate(rows) if first <= row[0][:10] <= last]
    before = wanted[0] - 1
    for column in columns:
        closes = [float(rows[place][column]) for place in wanted]
        by_symbol.append(daily_returns(closes, float(rows[before][column])))
    return [rows[place][0][:10] for place in wanted], np.mean(by_symbol, axis=0)


def near(value):
    return pytest.approx(value, rel=1e-12, abs=1e-12)


def test_return_and_risk_are_those_of_the_plain_formulas(curve):
    returns, periods, expected = curve["returns"], curve["periods"], curve["formula"]
    growth = 1.0 + ratios.total_return(returns)
    rate = ratios.cagr(growth, days=len(returns), periods=periods)
    deepest = drawdowns.deepest_drawdown(growth_of(returns), 1.0)
    assert ratios.total_return(returns) == near(expected["total_return"])
    assert rate == near(expected["cagr"])
    assert ratios.volatility(returns, periods=periods) == near(expected["volatility"])
    assert ratios.sharpe(returns, periods=periods) == near(expected["sharpe"])
    assert ratios.sortino(returns, periods=periods) == near(expected["sortino"])
    assert deepest.depth == near(expected["max_drawdown"])
    assert drawdowns.max_drawdown(growth_of(returns), 1.0) == deepest.depth
    assert ratios.calmar(rate, deepest.depth) == near(expected["calmar"])
    assert curve["days"][deepest.peak] == expected["max_drawdown_peak"]
    assert curve["days"][deepest.trough] == expected["max_drawdown_trough"]


def test_gains_and_losses_of_days_are_those_of_the_plain_formulas(curve):
    gains, losses = sides(curve["returns"])
    trips = len(gains) + len(losses)
    assert round_trips.win_rate(len(gains), trips) == near(curve["formula"]["win_rate_of_days"])
    assert profit_factor(curve["returns"]) == near(curve["formula"]["profit_factor_of_days"])


def test_every_number_is_the_one_of_empyrical(curve):
    returns, periods, expected = curve["returns"], curve["periods"], curve["empyrical-reloaded"]
    growth = 1.0 + ratios.total_return(returns)
    rate = ratios.cagr(growth, days=len(returns), periods=periods)
    deepest = drawdowns.max_drawdown(growth_of(returns), 1.0)
    assert {
        "annual_return_cagr": rate,
        "annual_volatility": ratios.volatility(returns, periods=periods),
        "sharpe": ratios.sharpe(returns, periods=periods),
        "sortino": ratios.sortino(returns, periods=periods),
        "max_drawdown": -deepest,
        "calmar": ratios.calmar(rate, deepest),
        "omega": profit_factor(returns),
        "downside_risk": ratios.downside_deviation(returns, periods=periods),
        "cum_return": ratios.total_return(returns),
        "tail_ratio": ratios.tail_ratio(returns),
        "value_at_risk_5pct": -ratios.value_at_risk(returns, confidence=0.95),
    } == {name: near(value) for name, value in expected.items()}


def test_every_number_is_the_one_of_quantstats(curve):
    returns, periods, expected = curve["returns"], curve["periods"], curve["quantstats"]
    gains, losses = sides(returns)
    growth = 1.0 + ratios.total_return(returns)
    rate = ratios.cagr(growth, days=len(returns), periods=periods)
    equity = growth_of(returns)
    deepest = drawdowns.max_drawdown(equity, 1.0)
    # The library divides the sum of squared drawdowns by n - 1, Martin and McCann by n.
    ulcer = drawdowns.ulcer_index(equity, 1.0) * math.sqrt(len(returns) / (len(returns) - 1))
    assert {
        "cagr": rate,
        "volatility": ratios.volatility(returns, periods=periods),
        "sharpe": ratios.sharpe(returns, periods=periods),
        "sortino": ratios.sortino(returns, periods=periods),
        "max_drawdown": -deepest,
        "calmar": ratios.calmar(rate, deepest),
        "win_rate": round_trips.win_rate(len(gains), len(gains) + len(losses)),
        "profit_factor": profit_factor(returns),
        "payoff_ratio": round_trips.payoff_ratio(gains.sum(), -losses.sum(), len(gains), len(losses)),
        "value_at_risk": -ratios.normal_value_at_risk(returns, confidence=0.95),
        "cvar": -ratios.normal_expected_shortfall(returns, confidence=0.95),
        "ulcer_index": ulcer,
    } == {name: near(value) for name, value in expected.items()}


def sides(returns):
    return returns[returns > 0], returns[returns < 0]


def profit_factor(returns):
    gains, losses = sides(returns)
    return round_trips.profit_factor(gains.sum(), -losses.sum())
