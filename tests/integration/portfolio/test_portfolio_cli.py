"""``logos portfolio`` from the command line: what it prints, its exit codes, and mistakes, told without a traceback."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys

import attrs
import pytest

from logos.backtest.folder import RunFolder
from logos.cli.app import run as logos
from logos.portfolio.backtest import running
from logos.portfolio.backtest.decisions import Decisions, Reason
from logos.portfolio.backtest.rebalances import PastRebalance
from logos.portfolio.backtest.risk_report import RiskReport
from logos.portfolio.cli import backtest_command


def test_the_command_prints_the_span_the_risk_and_one_table_of_all_allocators(bench):
    code, out, _ = bench.run("backtest", "--config", "p.yaml")
    assert code == 0
    for part in (
        "Portfolio backtest ",
        ": completed",
        "All runs trade from 2021-03-01T00:00:00Z on: from that bar on hrp and inverse_volatility have enough history",
        "Expected volatility",
        "share of risk",
        "Sharpe ± error",
        "hrp and equal_weight: the Sharpe ratio of ",
        "equal_weight takes no constraints",
        "Artifacts in runs/",
    ):
        assert part in out
    table = out[out.index("Comparison") :].splitlines()
    assert [line.split()[0] for line in table[2:5]] == ["hrp", "equal_weight", "inverse_volatility"]
    assert len({len(line.rstrip()) for line in table[1:5]}) == 1  # every column is aligned to the right


def test_json_is_one_line_last_with_what_logos_backtest_says_and_risk_and_benchmarks(bench):
    code, out, err = bench.run("backtest", "--config", "p.yaml", "--json")
    assert (code, err) == (0, "")
    (line,) = out.splitlines()
    found = json.loads(line)
    assert {"backtest_id", "path", "metrics", "status", "engine", "risk", "benchmarks", "verdicts"} <= found.keys()
    assert json.loads((bench.home / found["path"] / "metrics.json").read_text()) == found["metrics"]
    assert json.loads((bench.home / found["path"] / "risk.json").read_text()) == found["risk"]
    assert [one["name"] for one in found["benchmarks"]] == ["equal_weight", "inverse_volatility"]
    for one in found["benchmarks"]:
        assert json.loads((bench.home / one["path"] / "metrics.json").read_text()) == one["metrics"]


def test_all_runs_trade_over_the_same_span_and_decide_at_its_first_bar(bench):
    found = bench.json("backtest", "--config", "p.yaml")
    folders = [found["path"], *(one["path"] for one in found["benchmarks"])]
    spans = {(one["metrics"]["start"], one["metrics"]["end"]) for one in (found, *found["benchmarks"])}
    assert len(spans) == 1
    assert {bench.table(f"{folder}/weights.csv")[0]["timestamp"] for folder in folders} == {"2021-03-02T00:00:00Z"}


def test_a_start_before_there_is_enough_history_is_told_with_the_time_of_the_first_weights(bench):
    text = (bench.home / "p.yaml").read_text()
    bench.write(text + "\nbacktest: {start: 2021-01-04T00:00:00Z}\n")
    found = bench.json("backtest", "--config", "p.yaml")
    first = bench.table(f"{found['path']}/weights.csv")[0]["timestamp"]
    assert first > "2021-01-05T00:00:00Z"
    assert found["span"] == (
        "All runs trade from 2021-01-04T00:00:00Z on: backtest.start says so. A run without enough history holds cash: "
        f"hrp has weights from {first} on, inverse_volatility has weights from {first} on"
    )


def test_a_start_in_the_config_is_kept_and_the_lookback_is_filled_from_before_it(bench):
    bench.write((bench.home / "p.yaml").read_text() + 'backtest: {start: "2021-06-15T00:00:00Z"}\n')
    found = bench.json("backtest", "--config", "p.yaml")
    assert found["metrics"]["start"] == "2021-06-15T00:00:00Z"
    assert "backtest.start says so" in found["span"]
    assert bench.table(f"{found['path']}/weights.csv")[0]["timestamp"] == "2021-06-16T00:00:00Z"
    assert found["risk"]["volatility"] > 0


def test_benchmarks_of_the_command_line_replace_those_of_the_config(bench):
    found = bench.json("backtest", "--config", "p.yaml", "--benchmark", "risk_parity", "--benchmark", "equal_weight")
    assert [one["name"] for one in found["benchmarks"]] == ["risk_parity", "equal_weight"]


def test_a_portfolio_may_have_no_benchmark(bench):
    bench.write((bench.home / "p.yaml").read_text().replace("[equal_weight, inverse_volatility]", "[]"))
    found = bench.json("backtest", "--config", "p.yaml")
    assert (found["benchmarks"], found["verdicts"], len(found["comparison"])) == ([], [], 1)


def test_a_portfolio_that_a_guard_halts_ends_with_3_and_is_not_ranked(bench):
    bench.write((bench.home / "p.yaml").read_text() + 'guards: [{plugin: drawdown, max: "0.001"}]\n')
    code, out, _ = bench.run("backtest", "--config", "p.yaml", "--json")
    found = json.loads(out.splitlines()[-1])
    assert (code, found["status"]) == (3, "halted")
    assert all("cannot be ranked" in verdict for verdict in found["verdicts"])


@pytest.mark.parametrize(("run", "left"), [("demo-equal_weight", 0), ("demo", 1)])
def test_an_interrupted_command_ends_with_130_and_keeps_only_what_the_portfolio_did(bench, monkeypatch, run, left):
    lay_out = RunFolder.lay_out

    def pressed(folder, first_open):
        if folder.config.session.name == run:
            signal.raise_signal(signal.SIGINT)
        return lay_out(folder, first_open)

    monkeypatch.setattr(RunFolder, "lay_out", pressed)
    code, _, err = bench.run("backtest", "--config", "p.yaml")
    assert (code, "Traceback" in err) == (130, False)
    assert ("Nothing of this portfolio backtest was kept" in err) == (not left)
    assert not list(bench.home.glob("runs/.*.new"))
    kept = list(bench.home.glob("runs/*/"))
    assert len(kept) == left
    assert all((folder / "risk.json").is_file() for folder in kept)


def test_a_benchmark_runs_inside_the_hidden_folder_of_the_portfolio(bench, monkeypatch):
    lay_out, places = RunFolder.lay_out, []

    def noted(folder, first_open):
        places.append(folder.path.relative_to(bench.home).parts)
        return lay_out(folder, first_open)

    monkeypatch.setattr(RunFolder, "lay_out", noted)
    found = bench.json("backtest", "--config", "p.yaml")
    hidden = ("runs", f".{found['backtest_id']}.new")
    assert [place[:2] for place in places] == [hidden] * 3
    assert places[-1] == hidden
    kept = bench.home / found["path"]
    assert sorted(one.name for one in (kept / "benchmarks").iterdir()) == ["equal_weight", "inverse_volatility"]
    assert not list(kept.glob(".*"))


def test_a_full_disk_is_told_with_the_remedy_and_leaves_no_run(bench, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(running, "write_comparison", full)
    code, _, err = bench.run("backtest", "--config", "p.yaml")
    assert code == 1
    assert "cannot write the files of the portfolio" in err
    assert "No space left on device" in err
    assert "hint: Nothing of this run was kept: mend the disk and run it again" in err
    assert "Traceback" not in err
    assert not [one for one in (bench.home / "runs").iterdir() if one.is_dir()]


def test_what_was_not_ordered_is_told_with_its_reasons(bench):
    code, out, _ = bench.run("backtest", "--config", "p.yaml")
    found = bench.json("backtest", "--config", "p.yaml")
    decisions = found["decisions"]
    rows = bench.table(f"{found['path']}/decisions.csv")
    assert (code, decisions["count"], decisions["fills"]) == (0, len(rows), found["metrics"]["fills"])
    assert f"Decisions: {len(rows):,}; fills: {decisions['fills']:,}" in out
    assert sum(decisions["outcomes"].values()) == len(rows)
    for one in decisions["reasons"]:
        assert one["count"] == sum(one["symbols"].values())
        assert one["count"] == sum(
            (row["outcome"], row["reason_code"]) == (one["outcome"], one["code"]) for row in rows
        )
        assert f"{one['outcome']}: {one['code']}" in out
    assert sum(decisions["orders"].values()) == len(bench.table(f"{found['path']}/orders.csv"))
    assert not any("targets that differed" in note for note in found["notes"])


def test_refused_targets_are_a_note_with_count_first_date_symbol_and_remedy(bench):
    bench.write((bench.home / "p.yaml").read_text().replace("AAA: {", 'AAA: {notional_cap: "1000", '))
    found = bench.json("backtest", "--config", "p.yaml")
    (reason,) = (one for one in found["decisions"]["reasons"] if one["outcome"] == "refused")
    assert (reason["code"], list(reason["symbols"])) == ("above_notional_cap", ["AAA"])
    note = next(one for one in found["notes"] if one.startswith(f"{reason['count']} of "))
    for part in (
        "refused: above_notional_cap (AAA, first 2021-03-02T00:00:00Z)",
        "raise notional_cap in instruments.AAA",
    ):
        assert part in note
    assert any(one.startswith("equal_weight: ") and "above_notional_cap" in one for one in found["notes"])
    assert f"Note: {note}" in bench.run("backtest", "--config", "p.yaml")[1]


def test_a_portfolio_that_never_trades_says_so(bench):
    bench.write((bench.home / "p.yaml").read_text().replace('cash: "100000"', 'cash: "0.20"'))
    code, out, _ = bench.run("backtest", "--config", "p.yaml")
    assert code == 0
    assert "Note: Nothing was traded: 0 fills" in out


def test_every_different_remark_is_told_with_its_count_and_what_is_left_out_is_counted(bench, closes_of, monkeypatch):
    bench.closes("EEE", closes_of("EEE", 260)[230:])
    found = bench.json("backtest", "--config", "p.yaml")
    notes = [note for one in found["risk"]["rebalances"] for note in one["notes"]]
    out = bench.run("backtest", "--config", "p.yaml")[1]
    assert notes
    first = {note: one["timestamp"][:10] for one in reversed(found["risk"]["rebalances"]) for note in one["notes"]}
    for note in set(notes):
        count = notes.count(note)
        often = f"{count} times, first on {first[note]}" if count > 1 else f"once, on {first[note]}"
        assert f"{often}: {note}" in out
    monkeypatch.setattr(backtest_command, "_MOST_REMARKS", 0)
    assert f"and {len(set(notes))} more in risk.json" in bench.run("backtest", "--config", "p.yaml")[1]


UNREACHABLE = '{plugin: mean_variance, name: tv, objective: target_volatility, target_volatility: "0.01"}'


def test_what_befell_the_weights_of_a_benchmark_stands_beside_the_table(bench, config_text, monkeypatch):
    bench.write(config_text.replace("[equal_weight, inverse_volatility]", f"[equal_weight, {UNREACHABLE}]"))
    _, out, _ = bench.run("backtest", "--config", "p.yaml")
    (run,) = bench.home.glob("runs/*/comparison.csv")
    rows = {row["allocator"]: row for row in bench.table(str(run))}
    count = int(rows["tv"]["rebalances"])
    assert rows["tv"]["rebalances_with_notes"] == str(count)
    assert rows["equal_weight"]["rebalances_with_notes"] == "0"
    assert f"\ntv: {count} of its {count} rebalances have remarks:\n" in out
    told = out[out.index("\ntv: ") :]
    assert f"\n  {count} times, first on 2021-03-" in told
    assert "so target_volatility took the weights of least variance." in told
    assert "equal_weight: 0" not in out
    monkeypatch.setattr(backtest_command, "_MOST_REMARKS_OF_A_BENCHMARK", 0)
    assert "and 1 more in benchmarks/tv/risk.json" in bench.run("backtest", "--config", "p.yaml")[1]


FAILING = "{plugin: skfolio, name: bad, estimator: MeanRisk, params: {min_return: 50.0}}"


def test_a_benchmark_that_never_decides_says_why(bench, config_text):
    bench.write(config_text.replace("[equal_weight, inverse_volatility]", f"[{FAILING}]"))
    code, out, err = bench.run("backtest", "--config", "p.yaml")
    assert code == 0, out + err
    assert "Note: bad: Nothing was traded: 0 fills" in out
    assert "hrp and bad: no Sharpe ratio to compare, since the equity of bad never changed." in out
    told = out[out.index("\nbad: ") : out.index("Note: bad")]
    assert " rebalances have remarks:\n" in told
    assert "The weights in force stay: " in told


@pytest.mark.parametrize(
    ("count", "first", "last"),
    [
        (1, "  Risk, over 1 rebalance", "    1 of the rebalances has remarks:"),
        (2, "  Risk, over 2 rebalances", "    2 of the rebalances have remarks:"),
    ],
)
def test_one_rebalance_is_counted_as_one(count, first, last):
    past = PastRebalance(at=0, targets={}, held={}, risk={}, volatility=None, method="hrp", notes=("A cap gave way",))
    empty = dict.fromkeys(field.name for field in attrs.fields(RiskReport))
    report = RiskReport(**{**empty, "contributions": {}, "years": 1.0, "rebalances": (past,) * count})
    lines = list(backtest_command._risk_lines(report))
    assert (lines[0], last in lines) == (first, True)


@pytest.mark.parametrize(
    ("count", "rejected", "refused"),
    [(1, "The broker rejected 1 order:", "held was refused:"), (2, "The broker rejected 2 orders:", "were refused:")],
)
def test_one_order_and_one_target_are_told_as_one(count, rejected, refused):
    reason = Reason(outcome="refused", code="x", count=count, first="2021-03-02", symbols={"AAA": count}, detail="")
    found = Decisions(outcomes={"refused": count}, reasons=(reason,), orders={"rejected": count}, fills=1)
    told = list(found.warnings())
    assert told[0].startswith(rejected)
    assert refused in told[1]


def test_turnover_time_and_data_are_told_once_and_under_names_of_their_own(bench, closes_of):
    closes = closes_of("AAA", 260)
    bench.closes("AAA", [*closes[:100], *((at, round(close / 3, 4)) for at, close in closes[100:])])
    code, out, err = bench.run("backtest", "--config", "p.yaml")
    assert (code, err) == (0, "")
    assert sum("AAA: 1 close" in line for line in out.splitlines()) == 1
    assert [line.split("  ")[0] for line in map(str.strip, out.splitlines()) if line.startswith("Turnover")] == [
        "Turnover",
        "Turnover a year",
    ]
    (took,) = (line for line in out.splitlines() if line.startswith("Took "))
    assert "2 benchmarks and the files included. The portfolio itself: ran in " in took


def test_a_halted_portfolio_is_not_told_to_be_resumed_without_a_word(bench):
    bench.write((bench.home / "p.yaml").read_text() + 'guards: [{plugin: drawdown, max: "0.001"}]\n')
    out = bench.run("backtest", "--config", "p.yaml")[1]
    assert "A backtest is not resumed: change the config and run it again" in out


@pytest.mark.parametrize(
    "words",
    [
        ["trade", "--config"],
        ["backtest", "--config"],
        ["backtest", "check", "--config"],
        ["sweep", "--param", "x=1,2", "--config"],
        ["config", "check"],
        ["config", "explain"],
        ["config", "show"],
    ],
)
def test_a_command_of_sessions_names_the_one_that_takes_a_portfolio_and_no_other_problem(bench, words):
    bench.capsys.readouterr()
    assert logos([*words, "p.yaml", "--json"]) == 2
    found = json.loads(bench.capsys.readouterr().out.splitlines()[-1])
    (problem,) = found["error"]["problems"] if "error" in found else found["problems"]
    assert problem["path"] == "portfolio"
    assert "logos portfolio backtest --config p.yaml" in problem["hint"]


def test_the_run_is_verified_repeated_and_reported_by_the_commands_of_any_backtest(bench, capsys):
    found = bench.json("backtest", "--config", "p.yaml")
    (bench.home / "p.yaml").unlink()
    benchmark = found["benchmarks"][0]["path"]
    for words in (["verify", found["backtest_id"]], ["verify", benchmark], ["report", found["backtest_id"]]):
        assert logos(["backtest", *words]) == 0
    capsys.readouterr()
    assert logos(["backtest", "--config", f"{found['path']}/config.yaml", "--json"]) == 0
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert again["metrics"] == found["metrics"]
    weights = [(bench.home / one["path"] / "weights.csv").read_bytes() for one in (found, again)]
    assert weights[0] == weights[1]


def test_weights_shows_what_the_next_rebalance_would_want_from_cash(bench):
    found = bench.json("backtest", "--config", "p.yaml")
    row = {one["symbol"]: one for one in bench.table(f"{found['path']}/weights.csv")[:5]}
    shown = bench.json("weights", "--config", "p.yaml", "--at", "2021-03-01")
    assert shown["at"] == row["AAA"]["timestamp"]
    assert {symbol: f"{weight:.8f}" for symbol, weight in shown["weights"].items()} == {
        symbol: one["target_weight"] for symbol, one in row.items()
    }
    assert sum(shown["risk"].values()) == pytest.approx(1, abs=1e-6)
    assert shown["invested"] == pytest.approx(0.95, abs=1e-6)
    assert [folder.name for folder in bench.home.glob("runs/*/")] == [found["backtest_id"]]


def test_weights_of_a_book_with_shorts_are_told_gross_and_net(bench):
    text = (bench.home / "p.yaml").read_text()
    text = text.replace("{plugin: hrp}", '{plugin: mean_variance, objective: utility, risk_aversion: "3"}')
    text = text.replace(
        'constraints: {long_only: true, max_weight: "0.4", gross: "1", sectors: {energy: "0.5"}, ',
        'constraints: {long_only: false, min_weight: "-0.4", max_weight: "0.4", gross: "1", '
        'net: {min: "0", max: "0.2"}, ',
    )
    bench.write(text.replace('cash: "100000"', 'margin: true, cash: "100000"'))
    shown = bench.json("weights", "--config", "p.yaml")
    weights = shown["weights"].values()
    assert min(weights) < 0
    assert shown["net"] == pytest.approx(sum(weights), abs=1e-9)
    assert shown["invested"] == pytest.approx(sum(map(abs, weights)), abs=1e-9)
    out = bench.run("weights", "--config", "p.yaml")[1]
    assert "% of equity gross, long and short together; " in out
    assert f"{100 * shown['net']:.2f} % net" in out


def test_weights_for_people_names_the_last_close_of_every_symbol(bench, closes_of):
    bench.closes("EEE", closes_of("EEE", 250))
    code, out, _ = bench.run("weights", "--config", "p.yaml")
    assert code == 0
    assert "Weights by hrp as of 2022-01-01 00:00:00 UTC, starting from cash" in out
    assert "Expected volatility" in out
    assert "2021-12-18 00:00:00 UTC" in next(line for line in out.splitlines() if line.startswith("EEE"))


@pytest.mark.parametrize(
    ("at", "word"),
    [
        ("2021-13-01", "no time"),
        ("yesterday", "no time"),
        ("2020-01-01", "no bar"),
        ("2021-01-20", "too little history"),
    ],
)
def test_weights_at_a_time_that_cannot_be(bench, at, word):
    assert word in bench.problems("weights", "--config", "p.yaml", "--at", at)


def test_no_bars_in_the_cache(bench):
    for path in (bench.home / "data").rglob("*.csv"):
        path.unlink()
    said = bench.problems()
    assert "AAA-1d.csv" in said
    assert "EEE-1d.csv" in said


def test_a_history_that_never_suffices_is_told_with_who_lacks_it(bench):
    bench.write((bench.home / "p.yaml").read_text().replace("60", "600").replace("40", "500"))
    said = bench.problems()
    assert "hrp never has enough history" in said
    assert "260 of 1d" in said
    assert "portfolio.min_history" in said


def test_one_symbol_with_little_history_waits_while_the_others_are_held(bench, closes_of):
    bench.closes("EEE", closes_of("EEE", 260)[230:])
    found = bench.json("backtest", "--config", "p.yaml")
    rows = bench.table(f"{found['path']}/weights.csv")
    assert {row["target_weight"] for row in rows if row["symbol"] == "EEE"} == {"0.00000000"}
    assert any("EEE" in note for one in found["risk"]["rebalances"] for note in one["notes"])


def test_constraints_that_nothing_can_keep_are_named_at_their_place(bench):
    bench.write((bench.home / "p.yaml").read_text().replace('max_weight: "0.4"', 'max_weight: "0.1"'))
    said = bench.problems()
    assert "portfolio.constraints" in said
    assert "max_weight" in said


def test_a_sector_that_no_symbol_has(bench):
    bench.write((bench.home / "p.yaml").read_text().replace("sectors: {energy:", "sectors: {enregy:"))
    said = bench.problems()
    assert "portfolio.constraints" in said
    assert "enregy" in said


def test_a_misspelt_allocator(bench):
    bench.write((bench.home / "p.yaml").read_text().replace("{plugin: hrp}", "{plugin: hrpp}"))
    said = bench.problems()
    assert "portfolio.allocator.plugin (line 7)" in said
    assert "hrp" in said


def test_a_misspelt_benchmark_of_the_command_line(bench):
    said = bench.problems("backtest", "--config", "p.yaml", "--benchmark", "equal_wieght")
    assert "--benchmark" in said
    assert "equal_weight" in said


def test_a_missing_extra_is_named(bench, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *rest: None if name == "skfolio" else found(name, *rest)
    )
    bench.write(
        (bench.home / "p.yaml").read_text().replace("{plugin: hrp}", "{plugin: skfolio, estimator: InverseVolatility}")
    )
    said = bench.problems()
    assert "logos-risk[skfolio]" in said


def test_returns_shorter_than_the_bars(bench):
    bench.write(
        (bench.home / "p.yaml")
        .read_text()
        .replace("interval: 1d", "interval: 1h", 1)
        .replace("symbols: [A", "interval: 1d, symbols: [A")
    )
    said = bench.problems()
    assert "portfolio.interval" in said
    assert "multiple" in said


def test_a_start_before_there_is_enough_history_begins_in_cash(bench):
    bench.write((bench.home / "p.yaml").read_text() + 'backtest: {start: "2021-01-15T00:00:00Z"}\n')
    found = bench.json("backtest", "--config", "p.yaml")
    assert found["metrics"]["start"] == "2021-01-15T00:00:00Z"
    assert bench.table(f"{found['path']}/weights.csv")[0]["timestamp"] == "2021-03-02T00:00:00Z"


def test_a_feed_that_polls_is_refused(bench):
    bench.write((bench.home / "p.yaml").read_text().replace("{plugin: replay, path: data/cache,", "{plugin: yfinance,"))
    said = bench.problems()
    assert "recorded" in said


def test_a_config_that_is_not_there(bench):
    assert "does not exist" in bench.problems("backtest", "--config", "q.yaml")
    assert bench.run("backtest")[0] == 2


def test_a_failure_while_the_files_are_written_leaves_no_run(bench, monkeypatch):
    def broken(*_args):
        raise OSError(28, "No space left on device", "plots/weights.png")

    monkeypatch.setattr(running, "write_risk", broken)
    code, _, _ = bench.run("backtest", "--config", "p.yaml")
    assert code == 1
    assert not list(bench.home.glob("runs/*/"))


def test_the_module_is_a_door_to_the_command(bench, offline_environment):
    done = subprocess.run(
        [sys.executable, "-m", "logos.portfolio", "weights", "--config", "p.yaml", "--json"],
        cwd=bench.home,
        env={**offline_environment, "LOGOS_HOME": str(bench.home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["allocator"] == "hrp"


def test_help_loads_nothing_heavy(bench, offline_environment):
    script = (
        "import sys; from logos.cli.app import run; code = run(['portfolio', 'backtest', '--help']); "
        "heavy = {'numpy', 'scipy', 'pandas', 'pyarrow', 'matplotlib', 'yaml', 'skfolio'} & set(sys.modules); "
        "sys.exit(f'{code} {sorted(heavy)}' if heavy or code else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=offline_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "--benchmark" in done.stdout
