"""``logos backtest verify`` of a portfolio backtest: its own files and its benchmarks are made again and compared."""

import json
import shutil

import pytest

from logos.backtest.setup import BacktestSetup
from logos.backtest.verifying import verify_backtest
from logos.cli.app import run as logos
from logos.plugins.loading import installed_entry_points, load_plugins
from logos.plugins.registry import Registry

BENCHMARK = "benchmarks/inverse_volatility"
OWN = ("risk.json", "comparison.csv")
OF_BENCHMARKS = (f"{BENCHMARK}/risk.json", f"{BENCHMARK}/config.yaml", f"{BENCHMARK}/weights.csv")
JOURNAL = f"{BENCHMARK}/state.jsonl"


@pytest.fixture
def folder(bench, finished):
    """Return a copy of a finished portfolio backtest, in a workspace with its bars."""
    place = bench.home / "runs" / finished.name
    shutil.copytree(finished, place)
    return place


@pytest.fixture
def verify(bench):
    """Return a function that verifies a run by the program: its exit code, and what it printed as JSON."""

    def call(folder):
        bench.capsys.readouterr()
        code = logos(["backtest", "verify", folder.name, "--json"])
        return code, json.loads(bench.capsys.readouterr().out.splitlines()[-1])

    return call


def faults(printed):
    return {check["name"]: check["fault"] for check in printed["checks"] if not check["agrees"]}


def change_a_byte(path):
    """Change one byte in the middle of a file, into another that can be read."""
    content = bytearray(path.read_bytes())
    place = len(content) // 2
    content[place] = ord("8") if content[place] != ord("8") else ord("9")
    path.write_bytes(bytes(content))


def test_an_untouched_run_agrees_and_only_pictures_and_logs_are_left_uncompared(verify, folder):
    code, printed = verify(folder)
    assert (code, faults(printed), printed["notes"]) == (0, {}, [])
    assert printed["not_compared"] == [
        "benchmarks/equal_weight/equity.png",
        "benchmarks/equal_weight/logs/",
        f"{BENCHMARK}/equity.png",
        f"{BENCHMARK}/logs/",
        "equity.png",
        "logs/",
        "plots/",
    ]
    assert {*OWN, *OF_BENCHMARKS, JOURNAL, "portfolio.yaml"} < {check["name"] for check in printed["checks"]}
    assert all(check["records"] for check in printed["checks"])


def test_a_benchmark_alone_is_a_backtest_whose_risk_is_not_compared(bench, folder):
    change_a_byte(folder / BENCHMARK / "risk.json")
    bench.capsys.readouterr()
    code = logos(["backtest", "verify", f"runs/{folder.name}/{BENCHMARK}", "--json"])
    printed = json.loads(bench.capsys.readouterr().out.splitlines()[-1])
    assert (code, faults(printed)) == (0, {})
    assert "risk.json" in printed["not_compared"]


def test_a_changed_byte_of_each_file_is_named(verify, folder):
    for name in (*OWN, *OF_BENCHMARKS, JOURNAL):
        change_a_byte(folder / name)
    code, printed = verify(folder)
    assert (code, sorted(faults(printed))) == (4, sorted((*OWN, *OF_BENCHMARKS, JOURNAL)))
    assert all("line " in fault for fault in faults(printed).values())


def test_what_is_missing_and_what_nobody_has_made_is_told(verify, folder):
    (folder / "comparison.csv").unlink()
    shutil.rmtree(folder / "benchmarks" / "equal_weight")
    (folder / BENCHMARK / "notes.txt").write_text("mine")
    code, printed = verify(folder)
    assert code == 4
    assert "comparison.csv line 1 is not there" in faults(printed)["comparison.csv"]
    assert "benchmarks/equal_weight/state.jsonl" in faults(printed)
    assert f"{BENCHMARK}/notes.txt" in printed["not_compared"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("lookback: 60", "lookback: 61", "portfolio.yaml asks for another backtest: config.yaml line "),
        ("portfolio:", "# mine\nportfolio:", "portfolio.yaml line 1 is '# mine'"),
    ],
)
def test_an_edited_portfolio_yaml_is_the_first_to_be_named(verify, folder, before, after, says):
    path = folder / "portfolio.yaml"
    path.write_text(path.read_text().replace(before, after))
    code, printed = verify(folder)
    assert (code, next(iter(faults(printed)))) == (4, "portfolio.yaml")
    assert faults(printed)["portfolio.yaml"].startswith(says)


def test_a_portfolio_yaml_that_cannot_be_read_is_no_verification(verify, folder):
    (folder / "portfolio.yaml").write_text("portfolio: {allocator: {plugin: gone}}\n")
    code, printed = verify(folder)
    assert (code, printed["error"]["kind"]) == (4, "integrity")
    assert printed["error"]["message"].startswith(f"portfolio.yaml of backtest {folder.name} cannot be used")


def test_a_seed_from_the_environment_is_that_of_the_run(bench, verify, monkeypatch):
    bench.write((bench.home / "p.yaml").read_text().replace(", seed: 7", ""))
    monkeypatch.setenv("LOGOS_SEED", "12")
    found = bench.json("backtest", "--config", "p.yaml", "--benchmark", "herc")
    monkeypatch.delenv("LOGOS_SEED")
    code, printed = verify(bench.home / found["path"])
    assert (code, faults(printed)) == (0, {})
    assert "benchmarks/herc/weights.csv" in {check["name"] for check in printed["checks"]}


def test_where_nothing_installed_makes_it_again_its_files_are_listed_as_not_compared(bench, folder):
    plugins = load_plugins(installed_entry_points())
    for one in plugins:
        one.parts = tuple(part for part in one.parts if part.kind != "backtest")
    report = verify_backtest(BacktestSetup(workspace=bench.home, registry=Registry(plugins)), folder)
    assert report.agrees
    assert report.uncompared == (
        "benchmarks/",
        "comparison.csv",
        "equity.png",
        "logs/",
        "plots/",
        "portfolio.yaml",
        "risk.json",
    )
