"""The files of a portfolio backtest: the same bytes from the same config and bars, and figures worked out anew."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from itertools import pairwise
from types import SimpleNamespace
from typing import ClassVar

import attrs
import numpy as np
import pytest

from logos.artifacts import schemas
from logos.backtest.past_run import PastRun, read_run
from logos.domain.times import parse_time
from logos.portfolio.backtest.calendar_time import calendar_growth, calendar_warning, calendar_years
from logos.portfolio.backtest.comparing import COLUMNS, Contender, sharpe_error, standings
from logos.portfolio.backtest.rebalances import PastRebalance, read_rebalances
from logos.portfolio.backtest.risk_report import DEFINITIONS, RiskReport, risk_report

BYTES = ("weights.csv", "risk.json", "comparison.csv", "metrics.json", "portfolio.yaml", "config.yaml", "trades.csv")


@pytest.fixture
def done(finished):
    """Return the folder of a portfolio backtest that has run once for all tests here."""
    return finished


def table_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def risk_of(folder):
    return json.loads((folder / "risk.json").read_text())


def test_the_same_config_and_bars_give_the_same_bytes(bench, done):
    again = bench.home / bench.json("backtest", "--config", "p.yaml")["path"]
    for name in BYTES:
        assert (again / name).read_bytes() == (done / name).read_bytes()
    benchmark = "benchmarks/inverse_volatility"
    assert (again / benchmark / "weights.csv").read_bytes() == (done / benchmark / "weights.csv").read_bytes()


def test_portfolio_yaml_asks_for_the_very_same_run(bench, done):
    again = bench.home / bench.json("backtest", "--config", str(done / "portfolio.yaml"))["path"]
    for name in BYTES:
        assert (again / name).read_bytes() == (done / name).read_bytes()


def test_a_run_leaves_the_files_of_a_backtest_and_its_own(done):
    own = ("weights.csv", "risk.json", "comparison.csv", "portfolio.yaml")
    plots = ("plots/weights.png", "plots/risk.png", "plots/comparison.png")
    assert [name for name in (*schemas.BACKTEST_BUNDLE, *own, *plots) if not (done / name).is_file()] == []
    for name in ("equal_weight", "inverse_volatility"):
        folder = done / "benchmarks" / name
        needed = (*schemas.BACKTEST_BUNDLE, "risk.json", "weights.csv")
        assert [one for one in needed if not (folder / one).is_file()] == []


def test_no_run_of_a_benchmark_stands_beside_the_portfolios_or_counts_as_a_trial(done):
    assert [folder.name for folder in done.parent.iterdir() if folder.is_dir()] == [done.name]
    assert len((done.parent / "trials.jsonl").read_text().splitlines()) == 1


def test_risk_json_begins_with_its_contract_and_defines_every_figure(done):
    risk = risk_of(done)
    assert list(risk)[:5] == ["volatility", "contributions", "concentration", "turnover", "cost_drag"]
    assert sum(Decimal(str(share)) for share in risk["contributions"].values()) == 1
    assert list(risk["contributions"]) == ["AAA", "BBB", "CCC", "DDD", "EEE"]
    assert risk["definitions"] == DEFINITIONS
    assert set(DEFINITIONS) <= set(risk)
    assert "e-" not in (done / "risk.json").read_text().split('"definitions"')[0].replace("rebalance-", "")


def test_turnover_and_cost_drag_follow_from_the_fills(done):
    run, risk = read_run(done), risk_of(done)
    trades = table_of(done / "trades.csv")
    mean, years = run.daily().equity.mean(), calendar_years(run.metrics)
    assert risk["years"] == pytest.approx(years, abs=1e-8)
    traded = sum(Decimal(row["value"]) for row in trades)
    assert risk["turnover"] == pytest.approx(float(traded) / mean / years, rel=1e-6)
    paid = sum(Decimal(row["fee"]) for row in trades) + Decimal(run.metrics["costs"]["slippage"])
    assert risk["cost_drag"] == pytest.approx(float(paid) / mean / years, rel=1e-4)


def test_the_distance_from_the_targets_is_that_of_weights_csv(done):
    gaps, end = {}, read_run(done).metrics["end"]
    for row in table_of(done / "weights.csv"):
        if row["timestamp"] != end:  # no slice came after a rebalance at the last one
            apart = abs(Decimal(row["target_weight"]) - Decimal(row["actual_weight"]))
            gaps[row["timestamp"]] = gaps.get(row["timestamp"], Decimal(0)) + apart
    risk = risk_of(done)
    assert risk["greatest_tracking_gap"] == pytest.approx(float(max(gaps.values())), abs=1e-8)
    assert 0 < risk["tracking_gap"] < risk["greatest_tracking_gap"]
    told = {one["timestamp"]: one["tracking_gap"] for one in risk["rebalances"] if one["tracking_gap"] is not None}
    assert told == {at: pytest.approx(float(gap), abs=1e-8) for at, gap in gaps.items()}


def test_a_rebalance_after_which_no_slice_came_is_neither_off_target_nor_held(done):
    last = risk_of(done)["rebalances"][-1]
    rows = [row for row in table_of(done / "weights.csv") if row["timestamp"] == last["timestamp"]]
    assert last["timestamp"] == read_run(done).metrics["end"]
    assert len(rows) == 5
    assert any(row["target_weight"] != row["actual_weight"] for row in rows)  # the table has the book as it was before
    assert [last[name] for name in ("tracking_gap", "concentration", "effective_assets")] == [None] * 3
    assert last["volatility"] is not None
    assert read_rebalances(done, parse_time(last["timestamp"]))[-1].held == {}
    assert read_rebalances(done, parse_time(last["timestamp"]) + 1)[-1].held  # a slice came after it


def test_years_are_those_of_the_calendar_and_a_warning_tells_where_the_cagr_counts_otherwise(done):
    metrics = {**read_run(done).metrics, "start": "2014-01-02T00:00:00Z", "end": "2021-04-01T00:00:00Z"}
    metrics |= {"days": 2230, "periods_per_year": 365, "total_return": 1.0804, "cagr": 0.1274}
    assert calendar_years(metrics) == pytest.approx(7.244, abs=0.001)
    assert calendar_growth(metrics) == pytest.approx(2.0804 ** (1 / 7.244) - 1, abs=1e-5)
    said = calendar_warning(metrics)
    for part in ("2,230 days at 365 a year", "6.11 years", "has 7.24", "12.74 % so", "10.64 % by the calendar"):
        assert part in said
    assert calendar_warning({**metrics, "days": 2640}) == ""
    assert calendar_warning({**metrics, "end": "2014-01-09T00:00:00Z", "days": 5}) == ""  # a weekend is no hole
    assert calendar_years({**metrics, "start": None, "end": None}) == 0


def squared_shares(held: dict[str, float]) -> float | None:
    gross = sum(abs(weight) for weight in held.values())
    return sum((weight / gross) ** 2 for weight in held.values()) if gross else None


def test_figures_of_risk_are_means_over_the_time_that_each_rebalance_was_in_force(done):
    run, risk = read_run(done), risk_of(done)
    rebalances = read_rebalances(done, parse_time(run.metrics["end"]))
    times = [one.at for one in rebalances] + [parse_time(run.metrics["end"])]
    spans = [after - at for at, after in pairwise(times)]
    assert len(rebalances) == len(risk["rebalances"]) > 8

    def mean(values):
        known = [(value, span) for value, span in zip(values, spans, strict=True) if value is not None]
        return sum(value * span for value, span in known) / sum(span for _, span in known)

    assert risk["volatility"] == pytest.approx(mean([one.volatility for one in rebalances]), abs=1e-8)
    assert risk["concentration"] == pytest.approx(mean([squared_shares(one.held) for one in rebalances]), abs=1e-8)
    assert risk["contributions"]["CCC"] == pytest.approx(mean([one.risk["CCC"] for one in rebalances]), abs=1e-7)
    held = {(row["timestamp"], row["symbol"]): row["actual_weight"] for row in table_of(done / "weights.csv")}
    assert held["2021-03-02T00:00:00Z", "AAA"] == f"{rebalances[0].held['AAA']:.8f}"


def past(run, share, risk, **more):
    """Return a rebalance of a run at a share of its time."""
    start, end = (parse_time(run.metrics[name]) for name in ("start", "end"))
    given = {"targets": {}, "held": {}, "volatility": None, "method": "hrp", "notes": (), **more}
    return PastRebalance(at=round(start + share * (end - start)), risk=risk, **given)


def test_a_symbol_that_joins_late_is_averaged_over_the_rebalances_before_it_too(done, monkeypatch):
    run = read_run(done)
    # The first is in force for half of the time, the other two for a quarter each; the last has no estimate.
    made = (past(run, 0, {"AAA": 1.0}), past(run, 0.5, {"AAA": 0.4, "BBB": 0.6}), past(run, 0.75, {}))
    monkeypatch.setattr("logos.portfolio.backtest.risk_report.read_rebalances", lambda *_: made)
    assert risk_report(run).contributions == pytest.approx({"AAA": 0.8, "BBB": 0.2}, abs=1e-6)


@pytest.mark.parametrize(
    "shares",
    [
        {"AAA": 1 / 3, "BBB": 1 / 3, "CCC": 1 / 3},
        {"AAA": 5 / 7, "BBB": 4 / 7, "CCC": -2 / 7},
        {f"S{number}": 1 / 17 for number in range(17)},
        {},
    ],
    ids=["thirds", "a hedge", "seventeenths", "no model"],
)
def test_the_shares_of_risk_in_the_file_sum_to_one_to_the_last_digit(shares):
    empty = dict.fromkeys(field.name for field in attrs.fields(RiskReport))
    told = RiskReport(**{**empty, "contributions": shares, "years": 1.0, "rebalances": ()}).as_object()["contributions"]
    assert sum(Decimal(str(share)) for share in told.values()) == (1 if shares else 0)
    assert told == pytest.approx(shares, abs=1.01e-8)


def test_an_equally_held_benchmark_is_as_concentrated_as_its_number_of_symbols(done):
    risk = risk_of(done / "benchmarks" / "equal_weight")
    assert risk["rebalances"][0]["effective_assets"] == pytest.approx(5, abs=0.01)
    assert (risk["volatility"], risk["contributions"]) == (None, {})


def test_targets_keep_the_constraints_of_the_config(done):
    rows = table_of(done / "weights.csv")
    by_time = {}
    for row in rows:
        by_time.setdefault(row["timestamp"], {})[row["symbol"]] = Decimal(row["target_weight"])
    for weights in by_time.values():
        assert max(weights.values()) <= Decimal("0.4")
        assert weights["AAA"] + weights["BBB"] <= Decimal("0.5")
        assert sum(weights.values()) == pytest.approx(Decimal("0.95"), abs=Decimal("0.0000001"))


def test_comparison_csv_has_a_row_for_each_allocator_with_the_figures_of_its_run(done):
    rows = table_of(done / "comparison.csv")
    assert tuple(rows[0]) == COLUMNS
    assert [row["allocator"] for row in rows] == ["hrp", "equal_weight", "inverse_volatility"]
    for row, folder in zip(rows, (done, *(done / "benchmarks" / row["allocator"] for row in rows[1:])), strict=True):
        metrics, risk = read_run(folder).metrics, risk_of(folder)
        assert row["final_equity"] == metrics["final_equity"]
        assert row["sharpe"] == f"{metrics['sharpe']:.8f}"
        assert row["turnover"] == f"{risk['turnover']:.8f}"
        assert row["fees"] == metrics["fees"]
        assert row["rebalances"] == str(len(risk["rebalances"]))
        assert row["rebalances_with_notes"] == str(sum(1 for one in risk["rebalances"] if one["notes"]))
    assert rows[0]["sharpe_difference"] == ""
    gap = float(rows[1]["sharpe"]) - float(rows[0]["sharpe"])
    assert float(rows[1]["sharpe_difference"]) == pytest.approx(gap, abs=1e-6)


def test_the_standard_error_of_a_sharpe_ratio_is_that_of_its_length(done):
    run = read_run(done)
    # A year of nearly normal days with a small daily ratio: about one over the root of the years.
    years = run.metrics["days"] / run.metrics["periods_per_year"]
    assert sharpe_error(run) == pytest.approx(years**-0.5, rel=0.1)


def test_the_standard_error_of_a_sharpe_ratio_is_that_by_hand():
    class Run:
        metrics: ClassVar = {"periods_per_year": 252, "starting_cash": "100"}

        def daily(self):
            return SimpleNamespace(equity=np.array([110.0, 99.0, 118.8, 118.8]))  # +10 %, -10 %, +20 %, 0

    # Mean 0.05; deviations 0.05, -0.15, 0.15, -0.05: squares sum to 0.05, cubes to 0, fourth powers to 0.001025.
    ratio = 0.05 / (0.05 / 3) ** 0.5
    kurt = (0.001025 / 4) / (0.05 / 4) ** 2
    expected = ((1 + (kurt - 1) / 4 * ratio**2) / 3 * 252) ** 0.5
    assert sharpe_error(Run()) == pytest.approx(expected, rel=1e-9)


def test_losses_that_are_rarer_and_greater_than_gains_make_a_sharpe_ratio_less_sure():
    class Run:
        metrics: ClassVar = {"periods_per_year": 1, "starting_cash": "100"}

        def daily(self):
            return SimpleNamespace(equity=np.array([110.0, 121.0, 133.1, 119.79]))  # +10 % thrice, -10 %

    # Mean 0.05; deviations 0.05 thrice and -0.15: squares 0.03, cubes -0.003, fourth powers 0.000525.
    ratio = 0.05 / 0.1
    skew = (-0.003 / 4) / (0.03 / 4) ** 1.5
    kurt = (0.000525 / 4) / (0.03 / 4) ** 2
    expected = ((1 - skew * ratio + (kurt - 1) / 4 * ratio**2) / 3) ** 0.5
    assert sharpe_error(Run()) == pytest.approx(expected, rel=1e-9)


def contender(name: str, run: PastRun) -> Contender:
    return Contender(name=name, run=run, risk=risk_report(run))


def test_nobody_is_called_better_within_noise_or_where_the_runs_differ(done):
    main, other = read_run(done), read_run(done / "benchmarks" / "equal_weight")
    (verdict,) = standings(contender("hrp", main), [contender("equal_weight", other)]).verdicts
    assert "within noise" in verdict
    shorter = attrs.evolve(other, metrics={**other.metrics, "start": "2021-04-01T00:00:00Z"})
    found = standings(contender("hrp", main), [contender("equal_weight", shorter)])
    assert "cannot be ranked, with A for hrp and B for equal_weight; the spans differ" in found.verdicts[0]
    assert found.rows[1].values["sharpe_difference"] is None
    same = standings(contender("hrp", main), [contender("twin", main)])
    assert "the daily returns are the same" in same.verdicts[0]


def test_real_stocks_are_held_within_their_limits_over_a_year_and_a_half(stocks):
    found = stocks.json("backtest", "--config", "p.yaml")
    assert found["metrics"]["status"] == "completed"
    assert found["metrics"]["periods_per_year"] == 252
    risk = found["risk"]
    # Volatility that was expected and volatility that came differ by the crash of spring 2020, not by a unit.
    assert 0.5 < risk["realised_volatility"] / risk["volatility"] < 2
    assert 5 < risk["effective_assets"] <= 10
    rows = stocks.table(f"{found['path']}/weights.csv")
    energy = [row for row in rows if row["symbol"] in {"CVX", "RRC"}]
    for moment in {row["timestamp"] for row in rows}:
        energy = [
            Decimal(row["target_weight"])
            for row in rows
            if row["timestamp"] == moment and row["symbol"] in {"CVX", "RRC"}
        ]
        assert sum(energy) <= Decimal("0.5")
