"""Two backtests are told apart exactly, and ranked only where that is honest."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.backtest.comparing import compare, sharpe_difference
from logos.backtest.past_run import read_run
from logos.cli.app import run as logos
from logos.config.comparing import config_changes, value_of
from logos.context.seed import Seed


@pytest.fixture
def pair(tmp_path, write_backtest):
    """Return a function that writes two backtests and compares them; keywords change the second."""

    def make(first=None, **second):
        a = write_backtest(tmp_path / "a", **(first or {}))
        b = write_backtest(tmp_path / "b", **second)
        return compare(read_run(a), read_run(b))

    return make


def delta(comparison, name):
    return next(one for one in comparison.metrics if one.name == name)


def test_money_is_subtracted_exactly_and_ratios_without_a_tail(pair):
    comparison = pair(first={"fees": "0.10000000", "sharpe": 0.1}, fees="0.30000000", sharpe=0.3, cagr=None, trades=12)
    assert delta(comparison, "fees").difference == "0.20000000"
    assert delta(comparison, "sharpe").difference == 0.2
    assert delta(comparison, "cagr").difference is None
    assert delta(comparison, "trades").difference == 2


def test_each_figure_says_which_run_is_better_where_that_means_something(pair):
    comparison = pair(sharpe=0.5, volatility=0.3, max_drawdown=0.9, exposure=0.9, win_rate=0.4, sortino=None)
    better = {one.name: one.better for one in comparison.metrics}
    assert (better["sharpe"], better["volatility"], better["max_drawdown"]) == ("B", "A", "A")
    assert (better["win_rate"], better["exposure"], better["sortino"], better["turnover"]) == ("same", "", "", "")


def test_configs_are_compared_by_path_and_entries_by_name(pair):
    comparison = pair(config={"fast": 20, "name": "other"})
    assert [(change.path, change.a, change.b) for change in comparison.config] == [
        ("session.name", "demo", "other"),
        ("strategies.trend.params.fast", 10, 20),
    ]


@pytest.mark.parametrize(
    ("a", "b", "changes"),
    [
        ({"x": [1, 2]}, {"x": [1, 3]}, [("x", [1, 2], [1, 3])]),
        ({"x": {"y": 1}}, {}, [("x", {"y": 1}, None)]),
        ({"x": {"y": 1}}, {"x": {"z": 2}}, [("x.y", 1, None), ("x.z", None, 2)]),
        (
            {"guards": [{"plugin": "a", "max": 1}, {"plugin": "b"}]},
            {"guards": [{"plugin": "b"}, {"plugin": "a", "max": 1}]},
            [("guards", ["a", "b"], ["b", "a"])],
        ),
        (
            {"guards": [{"plugin": "a"}, {"plugin": "a"}]},
            {"guards": [{"plugin": "a"}]},
            [("guards.1", {"plugin": "a"}, None)],
        ),
        ({"x": 1}, {"x": 1}, []),
    ],
)
def test_a_difference_of_configs_stands_at_its_path(a, b, changes):
    found = [(change.path, change.a, change.b) for change in config_changes(a, b)]
    if changes and changes[0][0] == "guards.1":
        assert found  # one of two equal plugins is gone, by position
    else:
        assert found == changes


def test_a_section_that_one_config_lacks_is_shown_without_brackets():
    (change,) = config_changes({"backtest": {"start": "2024-01-01T00:00:00Z", "end": None}}, {})
    assert (value_of(change.a), value_of(change.b)) == ("start 2024-01-01T00:00:00Z, end none", "none")
    assert value_of([{"plugin": "paper", "fees": {"maker_bps": "1"}}]) == "[plugin paper, fees maker_bps 1]"


values = st.recursive(
    st.integers(0, 2) | st.sampled_from(["a", "b"]),
    lambda inner: st.dictionaries(st.sampled_from("pqr"), inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from("xyz"), values, max_size=3),
    st.dictionaries(st.sampled_from("xyz"), values, max_size=3),
)
@settings(max_examples=100)
def test_configs_have_no_difference_only_where_they_are_equal(a, b):
    assert (list(config_changes(a, b)) == []) == (a == b)
    assert list(config_changes(a, a)) == []


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"status": "halted"}, "B was halted before the end of its data"),
        ({"status": "interrupted"}, "B was interrupted before the end of its data"),
        (
            {"start": "2024-01-03T00:00:00Z"},
            "the spans differ: their start is 2024-01-02T00:00:00Z in A and 2024-01-03",
        ),
        ({"end": "2024-03-01T00:00:00Z"}, "the spans differ: their end is"),
        ({"data_digest": "00" * 32}, "the bars differ: their data digests are not the same"),
        ({"starting_cash": "1.00000000"}, "the starting cash differs: 100000.00000000 in A, 1.00000000 in B"),
        ({"currency": "EUR"}, "the currencies differ: USD in A, EUR in B"),
        ({"config": {"slippage": "0"}}, "the costs differ: broker.slippage_bps is 1 in A and 0 in B"),
    ],
)
def test_no_winner_is_named_where_runs_are_not_alike(pair, second, reason):
    comparison = pair(drift=0.01, **second)
    assert comparison.winner is None
    assert comparison.sharpe is None
    assert any(text.startswith(reason) for text in comparison.obstacles)
    assert comparison.verdict[0] == "No winner is named: these runs cannot be ranked."
    assert {one.better for one in comparison.metrics} == {""}


@pytest.mark.parametrize("key", ["maker_bps", "max_volume_share", "limit_fill", "tick"])
def test_every_rule_of_broker_and_instruments_counts(tmp_path, write_backtest, key):
    a, b = (write_backtest(tmp_path / name, days=40) for name in "ab")
    text = (b / "config.yaml").read_text()
    changes = {"maker_bps": ('"2"', '"3"'), "max_volume_share": ('"0.1"', '"0.2"'), "limit_fill": ("through", "touch")}
    old, new = changes.get(key, ('tick: "0.01"', 'tick: "0.05"'))
    (b / "config.yaml").write_text(text.replace(old, new))
    (text,) = compare(read_run(a), read_run(b)).obstacles[:1]
    assert key in text


def test_a_difference_within_noise_names_no_winner_and_says_how_large_noise_is(pair):
    comparison = pair(first={"seed": 1}, seed=2)
    assert comparison.obstacles == ()
    assert comparison.winner is None
    assert "within noise" in comparison.verdict[0]
    assert f"{comparison.sharpe.standard_error:.2f} over 90 days" in comparison.verdict[0]


def test_a_clear_difference_names_the_winner_and_what_speaks_against_it(pair):
    comparison = pair(drift=0.002, fees="30.00000000")
    assert comparison.winner == "B"
    assert comparison.sharpe.statistic > 1.96
    assert comparison.verdict[0].startswith("B is better by its Sharpe ratio: higher by")
    assert "fees" in comparison.verdict[1]
    assert "how many variants were tried" in comparison.verdict[-1]


def test_the_same_run_against_itself_is_no_contest(tmp_path, write_backtest):
    run = read_run(write_backtest(tmp_path / "a"))
    comparison = compare(run, run)
    assert comparison.config == ()
    assert comparison.verdict == ("No winner is named: the daily returns are the same.",)


def test_few_days_name_no_winner(pair):
    comparison = pair(first={"days": 20}, days=20, drift=0.01)
    assert comparison.winner is None
    assert "at least 30 trading days" in comparison.verdict[0]


def column(seed, days, mean=0.0):
    """Return returns that are near enough to normal, with a deviation of one per cent."""
    draws = [[Seed(seed).number(day, part) / 2**64 for part in range(12)] for day in range(days)]
    return np.array([mean + 0.01 * (sum(parts) - 6) for parts in draws])


def test_the_standard_error_is_what_the_published_formula_gives():
    a, b = column(1, 500), column(2, 500, mean=0.001)
    test = sharpe_difference(a, b, periods=252)
    one, two = a.mean() / a.std(ddof=1), b.mean() / b.std(ddof=1)
    rho = np.corrcoef(a, b)[0, 1]
    variance = (2 - 2 * rho + 0.5 * (one**2 + two**2 - 2 * one * two * rho**2)) / 500
    assert test.standard_error == pytest.approx(math.sqrt(252 * variance))
    assert test.difference == pytest.approx(math.sqrt(252) * (two - one))
    assert test.statistic == pytest.approx(test.difference / test.standard_error)


def test_equal_strategies_are_called_different_about_once_in_twenty_times():
    trials = 300
    false = sum(
        sharpe_difference(column(2 * trial, 60), column(2 * trial + 1, 60), periods=252).significant
        for trial in range(trials)
    )
    assert 0.02 * trials < false < 0.10 * trials


@given(st.integers(0, 10**6))
@settings(max_examples=30)
def test_exchanging_the_runs_turns_the_sign_and_nothing_else(seed):
    a, b = column(seed, 40), column(seed + 1, 40, mean=0.002)
    one, two = sharpe_difference(a, b, periods=365), sharpe_difference(b, a, periods=365)
    assert one.difference == -two.difference
    assert one.standard_error == pytest.approx(two.standard_error)
    assert one.significant == two.significant


def test_returns_without_deviation_have_no_test():
    assert sharpe_difference(np.zeros(50), column(1, 50), periods=252) is None


def test_the_command_prints_tables_and_a_verdict(workspace, write_backtest, capsys):
    for name, more in (("20240101-100000-demo", {}), ("20240102-100000-demo", {"config": {"fast": 20}})):
        write_backtest(workspace / "runs" / name, **more)
    assert logos(["backtest", "compare", "20240101", "latest"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("A  20240101-100000-demo\nB  20240102-100000-demo\n")
    assert "strategies.trend.params.fast  10  20" in text
    assert text.endswith("No winner is named: the daily returns are the same.\n")
    assert logos(["backtest", "compare", "20240101", "20240102", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["winner"], values["config"]) == (None, [{"path": "strategies.trend.params.fast", "a": 10, "b": 20}])
    assert {one["name"] for one in values["metrics"]} >= {"sharpe", "max_drawdown", "final_equity"}


def test_the_command_leaves_out_the_better_column_where_runs_cannot_be_ranked(workspace, write_backtest, capsys):
    write_backtest(workspace / "runs" / "a", days=40)
    write_backtest(workspace / "runs" / "b", days=40, status="halted")
    assert logos(["backtest", "compare", "a", "b"]) == 0
    text = capsys.readouterr().out
    assert "better" not in text
    assert "B was halted before the end of its data." in text
