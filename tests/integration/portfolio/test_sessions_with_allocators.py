"""Every allocator in the seat of a real session: it decides on its schedule, and backtest, replay and resume agree."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest

from logos.artifacts import schemas
from logos.backtest.running import run_backtest
from logos.backtest.setup import BacktestSetup
from logos.cli.backtest_output import summary_lines
from logos.cli.session_output import print_outcome
from logos.config.session import load_session_config
from logos.domain.errors import ConfigError
from logos.domain.times import SECONDS_A_DAY, parse_time, time_text
from logos.live.setup import Setup
from logos.proofs.replaying import verify

DAYS = 155
FIRST = parse_time("2023-01-02T00:00:00Z")
NOISE = Decimal("0.00000003")
"""Three symbols, each rounded to a hundred-millionth."""

SHARED = (schemas.TRADES_FILE, schemas.ORDERS_FILE, schemas.WEIGHTS_FILE)

ALLOCATORS = {
    "inverse_volatility": "plugin: inverse_volatility",
    "risk_parity": 'plugin: risk_parity, budgets: {AAA: "0.5"}',
    "hrp": "plugin: hrp, linkage: average",
    "herc": "plugin: herc, clusters: 2",
    "mean_variance": 'plugin: mean_variance, objective: min_variance, constraints: {max_weight: "0.6"}',
    "skfolio": "plugin: skfolio, estimator: MeanRisk, params: {risk_measure: cvar, cvar_beta: 0.9}",
}


def config(allocator: str, *, strategies: str = "[{plugin: buy_and_hold}]", symbols: str = "AAA, BBB, CCC") -> str:
    return dedent(f"""\
        session: {{name: portfolio, seed: 7}}
        feed: {{plugin: replay, path: cache, symbols: [{symbols}], interval: 1d}}
        instruments:
          AAA: {{asset_class: crypto, tick: "0.01", lot: "0.001", currency: USD}}
          BBB: {{asset_class: crypto, tick: "0.01", lot: "0.001", currency: USD}}
          CCC: {{asset_class: crypto, tick: "0.01", lot: "0.001", currency: USD}}
        broker: {{plugin: paper, cash: "100000", fees: {{maker_bps: "2", taker_bps: "10"}}}}
        strategies: {strategies}
        allocator: {{{allocator}}}
        guards: []
        """)


def prices(place: int, days: int = DAYS, *, start: int = FIRST) -> list[tuple[str, ...]]:
    """Return daily bars of a symbol that swings the more the later its place, each in a rhythm of its own."""
    rows, close = [], 10_000 * (place + 1)
    for day in range(days):
        before = close
        close += close * ((day * day * (31 + 12 * place)) % 211 - 103) * (place + 1) // 20_000
        texts = [f"{ticks / 100:.2f}" for ticks in (before, max(before, close), min(before, close), close)]
        rows.append((time_text(start + day * SECONDS_A_DAY), *texts, "1000000"))
    return rows


BARS = {symbol: prices(place) for place, symbol in enumerate(("AAA", "BBB", "CCC"))}


def rebalances(folder: Path) -> dict[str, dict[str, tuple[Decimal, ...]]]:
    """Return, by the clock of the decision and by symbol, the target weight, the actual one and the share of risk."""
    found: dict[str, dict[str, tuple[Decimal, ...]]] = defaultdict(dict)
    with (folder / schemas.WEIGHTS_FILE).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            columns = ("target_weight", "actual_weight", "risk_share")
            found[row["timestamp"]][row["symbol"]] = tuple(Decimal(row[name] or "NaN") for name in columns)
    return dict(found)


@pytest.fixture
def lookback() -> str:
    return "lookback: 40, min_history: 20"


@pytest.mark.parametrize("name", ALLOCATORS)
def test_allocator_decides_at_month_ends_and_backtest_and_replay_agree(
    name, lookback, tmp_path, registry, run_session
) -> None:
    text = config(f"{ALLOCATORS[name]}, {lookback}")
    folder = run_session(tmp_path, text, BARS)

    found = rebalances(folder)
    # Twenty returns are there after 21 bars; then the closes of the months.
    assert [clock[:10] for clock in found] == [
        "2023-01-23",
        "2023-02-01",
        "2023-03-01",
        "2023-04-01",
        "2023-05-01",
        "2023-06-01",
    ]
    for weights in found.values():
        assert sum(target for target, _, _ in weights.values()) == Decimal("0.95")
        assert sum(share for _, _, share in weights.values()) == 1
        assert all(abs(target - actual) < Decimal("0.05") for target, actual, _ in weights.values())
    assert len({weights["AAA"][0] for weights in found.values()}) > 1

    setup = Setup(workspace=tmp_path, registry=registry)
    assert verify(setup, folder).differences == ()
    backtest = run_backtest(
        BacktestSetup(workspace=tmp_path, registry=registry, output=tmp_path / "backtest"),
        load_session_config(text, registry, workspace=tmp_path),
    )
    for file in SHARED:
        assert (backtest.folder / file).read_bytes() == (folder / file).read_bytes(), file


def test_signals_say_how_much_of_a_weight_is_used_and_pairs_share_it(lookback, tmp_path, run_session) -> None:
    strategies = "[{plugin: buy_and_hold}, {plugin: sma_cross, params: {fast: 3, slow: 8}}]"
    text = config(f"plugin: hrp, rebalance: week_end, {lookback}", strategies=strategies)
    folder = run_session(tmp_path, text, BARS)
    sums = {sum(target for target, _, _ in weights.values()) for weights in rebalances(folder).values()}
    # The averages are long of some symbols only, and the other half of a weight is always held.
    assert Decimal("0.475") - NOISE <= min(sums) < max(sums) <= Decimal("0.95") + NOISE
    assert len(sums) > 5


def test_constraints_hold_in_a_session_and_what_was_given_up_is_told(lookback, tmp_path, run_session) -> None:
    constraints = 'constraints: {max_weight: "0.4", turnover: "0.05"}'
    folder = run_session(tmp_path, config(f"plugin: hrp, {lookback}, {constraints}"), BARS)
    found = list(rebalances(folder).values())
    for weights in found:
        assert max(target for target, _, _ in weights.values()) <= Decimal("0.4")
    # The first purchase is not bound by the turnover; each later one trades a twentieth of equity at the most.
    for before, after in pairwise(found):
        traded = sum(abs(after[symbol][0] - before[symbol][1]) for symbol in BARS)
        assert traded < Decimal("0.12")
    log = (folder / schemas.LOG_FILE).read_text(encoding="utf-8")
    assert "The nearest weights that keep the constraints were taken" in log


def test_returns_of_a_day_are_taken_from_bars_of_an_hour(tmp_path, run_session) -> None:
    hours = {
        symbol: [
            (time_text(parse_time(row[0]) + hour * 3_600), row[4], row[4], row[4], row[4], "1000000")
            for row in rows[:60]
            for hour in range(24)
        ]
        for symbol, rows in BARS.items()
    }
    days = {
        symbol: [(row[0], row[4], row[4], row[4], row[4], "1000000") for row in rows[:60]]
        for symbol, rows in BARS.items()
    }
    allocator = "plugin: inverse_volatility, lookback: 20, min_history: 19"
    by_hour = config(allocator).replace("interval: 1d}", "interval: 1h}")
    one = rebalances(run_session(tmp_path / "hours", by_hour, hours))
    other = rebalances(run_session(tmp_path / "days", config(allocator), days))
    months = ["2023-02-01T00:00:00Z", "2023-03-01T00:00:00Z"]
    assert [clock for clock in one if clock in other] == months
    for clock in months:
        assert {symbol: row[0] for symbol, row in one[clock].items()} == {
            symbol: row[0] for symbol, row in other[clock].items()
        }


def test_what_cannot_be_kept_is_refused_before_anything_is_written(tmp_path, start_session) -> None:
    with pytest.raises(ConfigError) as caught:
        start_session(tmp_path, config('plugin: hrp, constraints: {max_weight: "0.3"}'), BARS)
    (problem,) = caught.value.problems
    assert problem.path == "allocator.constraints"
    assert "constraints.max_weight 0.3 and invest 0.95" in problem.message
    assert not (tmp_path / "runs").exists()


def test_a_session_whose_allocator_could_never_decide_says_so_at_its_end(
    tmp_path, registry, start_session, capsys
) -> None:
    text = config("plugin: hrp, lookback: 1000")
    outcome = start_session(tmp_path, text, BARS)
    (warning,) = outcome.warnings
    assert outcome.as_object()["warnings"] == [warning]
    print_outcome(outcome, as_json=False)
    assert f"  warning: {warning}" in capsys.readouterr().out
    assert warning.startswith("the allocator was never ready for its first rebalance: no weights were set")
    backtest = run_backtest(
        BacktestSetup(workspace=tmp_path, registry=registry, output=tmp_path / "backtest"),
        load_session_config(text, registry, workspace=tmp_path),
    )
    assert backtest.warnings == (warning,)
    assert f"  Warning: {warning}" in summary_lines(backtest, None)


def test_a_session_whose_allocator_decides_has_no_warning(lookback, tmp_path, start_session) -> None:
    outcome = start_session(tmp_path, config(f"plugin: hrp, {lookback}"), BARS)
    assert outcome.warnings == ()
    assert "warnings" not in outcome.as_object()
