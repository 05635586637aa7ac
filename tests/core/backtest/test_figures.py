import json
import math
from decimal import Decimal
from fractions import Fraction

import attrs
import numpy as np
import pytest

from logos.backtest.figures import annual_periods_of, metrics_json, metrics_of, statistics_of
from logos.backtest.records import BenchmarkTotals, EquityByDay, PairTotals, RunTotals, SymbolTotals
from logos.domain.events import Cause
from logos.domain.instruments import AssetClass, Instrument
from logos.metrics import ratios, relative
from logos.metrics.daily import daily_returns

CENT = 10**6
UNIT = 10**8
CASH = 1000 * UNIT
DAY = 86_400

KEYS = [
    "start",
    "end",
    "bars",
    "starting_cash",
    "final_equity",
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "win_rate",
    "profit_factor",
    "exposure",
    "turnover",
    "fills",
    "trades",
    "fees",
    "status",
    "halt_causes",
    "currency",
    "slices",
    "days",
    "periods_per_year",
    "annualisation",
    "orders",
    "blocked",
    "rejected",
    "realized_pnl",
    "unrealized_pnl",
    "benchmark",
    "costs",
    "by_symbol",
    "by_strategy",
    "by_pair",
    "seed",
    "config_digest",
    "data_digest",
    "plugins",
    "notes",
    "schema",
]
BENCHMARK_KEYS = [
    "name",
    "symbols",
    "final_equity",
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "excess_return",
    "beta",
    "alpha",
    "correlation",
    "tracking_error",
    "information_ratio",
]
SYMBOL_KEYS = [
    "symbol",
    "fills",
    "trades",
    "win_rate",
    "profit_factor",
    "traded",
    "realized_pnl",
    "unrealized_pnl",
    "fees",
    "net_pnl",
    "contribution",
]


def instrument(symbol, asset_class=AssetClass.EQUITY, calendar="XNYS"):
    return Instrument(
        symbol=symbol,
        asset_class=asset_class,
        tick=Decimal("0.01"),
        lot=Decimal("0.1"),
        currency="USD",
        calendar=calendar,
    )


def curve(*equity, days=None, max_drawdown=0):
    return EquityByDay(
        days=list(range(len(equity))) if days is None else days, equity=equity, max_drawdown=max_drawdown
    )


@pytest.fixture
def totals():
    """Two strategies on two symbols over four days."""
    pairs = (
        PairTotals(
            strategy="calm",
            symbol="AAA",
            orders=3,
            fills=4,
            traded=600 * UNIT,
            fees_maker=10 * CENT,
            fees_taker=20 * CENT,
            slippage=5 * CENT,
            delay=-3 * CENT,
            trips=2,
            wins=1,
            gross_profit=9 * UNIT,
            gross_loss=3 * UNIT,
            longest_trip=7200,
            position=15,
            net=8 * UNIT,
        ),
        PairTotals(strategy="calm", symbol="BBB"),
        PairTotals(
            strategy="wild",
            symbol="AAA",
            orders=2,
            fills=2,
            traded=400 * UNIT,
            fees_taker=40 * CENT,
            slippage=1 * CENT,
            delay=10 * CENT,
            trips=1,
            wins=1,
            gross_profit=1 * UNIT,
            net=1 * UNIT,
        ),
    )
    symbols = (
        SymbolTotals(
            symbol="AAA",
            position=15,
            mark=1000,
            market_value=15 * UNIT,
            realized=8 * UNIT,
            unrealized=170 * CENT,
            fees=70 * CENT,
        ),
        SymbolTotals(symbol="BBB", position=0, mark=None, market_value=0, realized=0, unrealized=0, fees=0),
    )
    return RunTotals(
        status="completed",
        instruments={name: instrument(name) for name in ("AAA", "BBB")},
        interval=60,
        currency="USD",
        decimals=8,
        starting_cash=CASH,
        first_open=0,
        last_clock=3 * DAY + 120,
        bars=16,
        slices=8,
        exposed=6,
        orders=5,
        blocked=1,
        rejected=2,
        fills=6,
        final_equity=CASH + 9 * UNIT,
        realized=8 * UNIT,
        unrealized=170 * CENT,
        fees=70 * CENT,
        by_day=curve(CASH, CASH + 5 * UNIT, CASH + 2 * UNIT, CASH + 9 * UNIT, max_drawdown=1_234_567),
        pairs=pairs,
        symbols=symbols,
        benchmark=BenchmarkTotals(
            symbols=("AAA", "BBB"),
            final_equity=CASH + 20 * UNIT,
            fees=UNIT,
            by_day=curve(CASH - UNIT, CASH + 9 * UNIT, CASH + 4 * UNIT, CASH + 20 * UNIT, max_drawdown=5_000_000),
        ),
    )


def told(totals, **changes):
    return metrics_of(
        attrs.evolve(totals, **changes),
        seed=7,
        config_digest="c0ffee",
        data_digest="beef",
        plugins=[{"kind": "feed", "name": "replay", "distribution": "logos-core", "version": "1"}],
        notes=["DEMO: Simulated bars."],
    )


def empty(totals):
    """Return the figures of a run that saw no slice."""
    return attrs.evolve(
        totals,
        first_open=None,
        last_clock=None,
        bars=0,
        slices=0,
        exposed=0,
        orders=0,
        blocked=0,
        rejected=0,
        fills=0,
        final_equity=CASH,
        realized=0,
        unrealized=0,
        fees=0,
        by_day=curve(),
        pairs=(),
        symbols=(),
        benchmark=None,
    )


def test_the_keys_stand_in_their_order(totals):
    values = told(totals)
    assert list(values) == KEYS
    assert list(values["benchmark"]) == BENCHMARK_KEYS
    assert list(values["costs"]) == ["fees_maker", "fees_taker", "fees", "slippage", "delay", "total"]
    assert [list(row) for row in values["by_symbol"]] == [SYMBOL_KEYS, SYMBOL_KEYS]
    read = json.loads(metrics_json(values), object_pairs_hook=lambda pairs: [key for key, _ in pairs])
    assert read == KEYS


def test_the_headline_comes_from_the_exact_figures(totals):
    values = told(totals)
    assert values["start"] == "1970-01-01T00:00:00Z"
    assert values["end"] == "1970-01-04T00:02:00Z"
    assert values["starting_cash"] == "1000.00000000"
    assert values["final_equity"] == "1009.00000000"
    assert values["total_return"] == 0.009
    assert values["max_drawdown"] == 0.01234567
    assert values["win_rate"] == 2 / 3
    assert values["profit_factor"] == 10 / 3
    assert values["exposure"] == 0.75
    assert values["turnover"] == float(Fraction(1000 * 4, 1000 + 1005 + 1002 + 1009))
    assert (values["fills"], values["trades"], values["fees"]) == (6, 3, "0.70000000")
    assert (values["bars"], values["slices"], values["days"]) == (16, 8, 4)
    assert (values["orders"], values["blocked"], values["rejected"]) == (5, 1, 2)
    assert (values["realized_pnl"], values["unrealized_pnl"]) == ("8.00000000", "1.70000000")
    assert (values["seed"], values["config_digest"], values["data_digest"]) == (7, "c0ffee", "beef")
    assert values["plugins"][0]["name"] == "replay"
    assert values["notes"] == ["DEMO: Simulated bars."]
    assert values["schema"] == 1


def test_the_statistics_are_those_of_the_daily_returns(totals):
    values = told(totals)
    returns = daily_returns(totals.by_day.equity, CASH)
    rate = ratios.cagr(1.009, days=4, periods=252)
    assert values["cagr"] == rate
    assert values["volatility"] == ratios.volatility(returns, periods=252)
    assert values["sharpe"] == ratios.sharpe(returns, periods=252)
    assert values["sortino"] == ratios.sortino(returns, periods=252)
    assert values["calmar"] == rate / 0.01234567


def test_the_benchmark_is_measured_alike_and_compared_day_by_day(totals):
    held = told(totals)["benchmark"]
    mine = daily_returns(totals.by_day.equity, CASH)
    theirs = daily_returns(totals.benchmark.by_day.equity, CASH)
    assert (held["name"], held["symbols"]) == ("buy and hold", ["AAA", "BBB"])
    assert held["final_equity"] == "1020.00000000"
    assert (held["total_return"], held["max_drawdown"]) == (0.02, 0.05)
    assert held["sharpe"] == ratios.sharpe(theirs, periods=252)
    assert held["excess_return"] == -0.011
    assert held["beta"] == relative.beta(mine, theirs)
    assert held["alpha"] == relative.alpha(mine, theirs, periods=252)
    assert held["correlation"] == relative.correlation(mine, theirs)
    assert held["tracking_error"] == relative.tracking_error(mine, theirs, periods=252)
    assert held["information_ratio"] == relative.information_ratio(mine, theirs, periods=252)


def test_only_days_that_both_have_are_compared(totals):
    longer = curve(CASH, CASH + UNIT, CASH + 3 * UNIT, CASH, CASH + 20 * UNIT, days=[0, 1, 2, 3, 9])
    shorter = curve(CASH + UNIT, CASH + 2 * UNIT, CASH + 4 * UNIT, days=[0, 2, 3])
    held = told(
        totals,
        by_day=shorter,
        benchmark=BenchmarkTotals(symbols=("AAA", "BBB"), final_equity=CASH + 20 * UNIT, fees=0, by_day=longer),
    )["benchmark"]
    mine = daily_returns(shorter.equity, CASH)
    theirs = daily_returns([CASH, CASH + 3 * UNIT, CASH], CASH)
    assert held["beta"] == relative.beta(mine, theirs)


def test_a_run_without_a_benchmark_says_null(totals):
    assert told(totals, benchmark=None)["benchmark"] is None


def test_costs_add_up(totals):
    assert told(totals)["costs"] == {
        "fees_maker": "0.10000000",
        "fees_taker": "0.60000000",
        "fees": "0.70000000",
        "slippage": "0.06000000",
        "delay": "0.07000000",
        "total": "0.83000000",
    }


def test_profit_is_attributed_to_symbols_strategies_and_pairs(totals):
    values = told(totals)
    first, second = values["by_symbol"]
    assert first["net_pnl"] == "9.00000000"
    assert (first["contribution"], first["traded"], first["fills"], first["trades"]) == (0.009, "1000.00000000", 6, 3)
    assert (second["net_pnl"], second["win_rate"], second["profit_factor"]) == ("0.00000000", None, None)
    calm, wild = values["by_strategy"]
    assert (calm["strategy"], calm["net_pnl"], calm["contribution"]) == ("calm", "8.00000000", 0.008)
    assert (calm["win_rate"], calm["profit_factor"], calm["fees"]) == (0.5, 3.0, "0.30000000")
    assert (wild["strategy"], wild["win_rate"], wild["profit_factor"]) == ("wild", 1.0, None)
    assert [(row["strategy"], row["symbol"]) for row in values["by_pair"]] == [
        ("calm", "AAA"),
        ("calm", "BBB"),
        ("wild", "AAA"),
    ]
    assert (values["by_pair"][0]["position"], values["by_pair"][0]["longest_trip_seconds"]) == ("1.5", 7200)
    for part in ("by_symbol", "by_strategy", "by_pair"):
        assert sum(Decimal(row["net_pnl"]) for row in values[part]) == 9
        assert sum(row["fills"] for row in values[part]) == 6


def test_a_halt_is_told_with_its_cause(totals):
    cause = Cause(guard="drawdown", reason="fell by 0.11, limit 0.10", at=DAY)
    values = told(totals, status="halted", causes=(cause,))
    assert values["status"] == "halted"
    assert values["halt_causes"] == [
        {"guard": "drawdown", "reason": "fell by 0.11, limit 0.10", "at": "1970-01-02T00:00:00Z"}
    ]


@pytest.mark.parametrize(
    ("instruments", "periods"),
    [
        ([instrument("SPY")], 252),
        ([instrument("SPY", calendar=None)], 252),
        ([instrument("EUR-USD", AssetClass.FOREX, "FX")], 252),
        ([instrument("BTC-USD", AssetClass.CRYPTO, None)], 365),
        ([instrument("BTC-USD", AssetClass.CRYPTO, "24/7")], 365),
        ([instrument("BTC-FUT", AssetClass.CRYPTO, "CME_Bitcoin")], 252),
        ([instrument("SPY"), instrument("BTC-USD", AssetClass.CRYPTO, None)], 365),
        ([], 252),
    ],
)
def test_the_days_of_a_year_follow_what_is_traded(totals, instruments, periods):
    assert annual_periods_of(instruments).periods == periods
    values = told(totals, instruments={**totals.instruments, **{item.symbol: item for item in instruments}})
    assert values["periods_per_year"] == periods
    assert values["annualisation"].startswith(f"{periods} days a year")
    assert values["volatility"] == ratios.volatility(daily_returns(totals.by_day.equity, CASH), periods=periods)


def test_a_run_without_a_slice_has_money_and_no_measures(totals):
    values = told(empty(totals))
    assert (values["start"], values["end"]) == (None, None)
    assert (values["final_equity"], values["total_return"], values["max_drawdown"]) == ("1000.00000000", 0.0, 0.0)
    undefined = [
        "cagr",
        "volatility",
        "sharpe",
        "sortino",
        "calmar",
        "win_rate",
        "profit_factor",
        "exposure",
        "turnover",
    ]
    assert [values[key] for key in undefined] == [None] * len(undefined)
    assert json.loads(metrics_json(values)) == values


def test_a_run_of_one_day_has_growth_and_no_spread(totals):
    values = told(totals, by_day=curve(CASH + UNIT), final_equity=CASH + UNIT)
    assert values["total_return"] == 0.001
    assert values["cagr"] == pytest.approx(1.001**252 - 1, rel=1e-12)
    assert (values["volatility"], values["sharpe"], values["sortino"], values["calmar"]) == (None, None, None, None)


def test_flat_equity_has_a_volatility_of_zero_and_no_ratio(totals):
    values = told(totals, by_day=curve(CASH, CASH, CASH), final_equity=CASH)
    assert (values["total_return"], values["cagr"], values["volatility"]) == (0.0, 0.0, 0.0)
    assert (values["sharpe"], values["sortino"], values["calmar"]) == (None, None, None)


@pytest.mark.parametrize("last", [0, -50 * UNIT])
def test_ruin_has_figures_too(totals, last):
    equity = curve(CASH // 2, last, max_drawdown=UNIT + 1)
    values = told(totals, by_day=equity, final_equity=last)
    assert values["cagr"] == -1.0
    assert values["total_return"] == (last - CASH) / CASH
    assert values["sharpe"] < 0
    assert values["benchmark"]["beta"] is not None
    json.loads(metrics_json(values))


def test_no_surprise_reaches_the_file(totals):
    equity = curve(CASH * 10**6, CASH * 10**12)
    values = told(totals, by_day=equity, final_equity=CASH * 10**12)
    assert values["cagr"] is None
    text = metrics_json(values).decode()
    assert text.endswith("}\n")
    assert not any(word in text for word in ("NaN", "Infinity", "-0.0,"))


@pytest.mark.parametrize("value", [1e-07, -1.5e-300, 1e16, 3.25e22, 0.1, 1e-05, 123456.789])
def test_numbers_have_every_digit_and_no_exponent(value):
    data = {"a": value, "b": [value], "c": "1e-07", "d": {"e": [1, value]}}
    written = metrics_json(data)
    assert written.decode().count("e-") == 1
    assert "e+" not in written.decode()
    assert json.loads(written) == data
    assert isinstance(json.loads(written)["a"], float)


def test_what_is_not_finite_is_not_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        metrics_json({"a": math.nan})


def test_columns_of_any_engine_give_the_same_bytes(totals):
    column = EquityByDay(
        days=np.array(totals.by_day.days, dtype=np.int64),
        equity=np.array(totals.by_day.equity, dtype=np.int64),
        max_drawdown=totals.by_day.max_drawdown,
    )
    assert metrics_json(told(totals, by_day=column)) == metrics_json(told(totals))


def test_the_statistics_stand_alone(totals):
    found = statistics_of(totals.by_day, CASH, 8, 252)
    values = told(totals)
    names = ["final_equity", "total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown"]
    assert [getattr(found, name) for name in names] == [values[name] for name in names]
    assert found.returns.tolist() == daily_returns(totals.by_day.equity, CASH).tolist()


def test_the_document_explains_every_key(totals, repository):
    text = (repository / "docs" / "METRICS.md").read_text(encoding="utf-8")
    values = told(totals)
    rows = [values["benchmark"], values["costs"], *(values[f"by_{part}"][0] for part in ("symbol", "strategy", "pair"))]
    keys = {key for part in [values, *rows] for key in part}
    assert sorted(key for key in keys if f"`{key}`" not in text) == []
