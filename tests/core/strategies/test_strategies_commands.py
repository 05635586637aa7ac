"""``logos strategies list`` and ``logos strategies check``."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from logos.cli import strategies_commands
from logos.cli.app import run
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import load_registry

PLUGIN = '''
import attrs
from logos.domain.orders import FLAT, LONG
from logos.plugins import StrategyPart, hookimpl


@attrs.frozen(kw_only=True)
class Needy:
    """Has no default.

    Attributes
    ----------
    weeks:
        How many weeks.
    """

    weeks: int


class Counter:
    """Long on every third bar since it was built."""

    lookback = 2

    def __init__(self):
        self.seen = 0

    def on_bar(self, bar):
        self.seen += 1
        return LONG if self.seen % 3 == 0 else FLAT


def counter(config, context):
    return Counter()


def broken(config, context):
    raise KeyError("nothing")


@hookimpl
def logos_strategies():
    yield StrategyPart(name="counter", summary="Counts", target="house_rules:counter")
    yield StrategyPart(name="needy", summary="Needs weeks", target="house_rules:counter", config="house_rules:Needy")
    yield StrategyPart(name="broken", summary="Breaks", target="house_rules:broken")
    yield StrategyPart(name="later", summary="Comes later", target="house_rules:counter", state="stub")
'''


@pytest.fixture
def house_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a plugin with strategies that have something wrong with them."""
    (tmp_path / "house_rules.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    points = [*installed_entry_points(), EntryPoint("house", "house_rules", "logos.v1")]
    monkeypatch.setattr(strategies_commands, "load_registry", lambda: load_registry(points))


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run ``logos strategies`` with arguments: exit code, standard output, standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        code = run(["strategies", *words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def test_the_list_names_every_built_in_strategy_with_look_back_and_bounds(output) -> None:
    code, printed, _ = output("list")
    lines = {line.split()[0]: line for line in printed.splitlines()}
    assert code == 0
    assert {"buy_and_hold", "channel_breakout", "mean_reversion", "momentum", "sma_cross"} <= set(lines)
    assert lines["sma_cross"].split()[:4] == ["sma_cross", "logos-core", "ready", "50"]
    assert "fast=10 (1..9999), slow=50 (2..10000), short=false" in lines["sma_cross"]
    assert "entry=2.0 (0.1..10)" in lines["mean_reversion"]


def test_the_list_as_json_has_every_parameter_in_full(output) -> None:
    _, printed, _ = output("list", "--json")
    records = {record["name"]: record for record in json.loads(printed)["strategies"]}
    momentum = records["momentum"]
    assert momentum["lookback"] == 61
    assert momentum["parameters"][1] == {
        "name": "threshold_bps",
        "type": "decimal",
        "required": False,
        "default": "0",
        "low": "0",
        "high": "9999",
        "doc": "Basis points that the close must have changed by more than.",
    }


@pytest.mark.usefixtures("house_rules")
def test_a_strategy_that_cannot_be_built_keeps_its_row_with_the_fault(output) -> None:
    code, printed, _ = output("list")
    assert code == 0
    assert "sma_cross" in printed
    assert "weeks=(required)" in printed
    assert "broken cannot be built: KeyError: 'nothing'" in printed
    assert "later: it is described and not built in this release" in printed


@pytest.mark.parametrize("name", ["sma_cross", "logos-core/momentum", "buy_and_hold"])
def test_an_honest_strategy_passes_with_exit_code_0(output, name: str) -> None:
    code, printed, _ = output("check", name)
    assert code == 0
    assert "No difference found." in printed
    assert "differs" not in printed


def test_parameters_reach_the_strategy_that_is_checked(output) -> None:
    code, printed, _ = output("check", "mean_reversion", "--param", "window=5", "-p", "hold=7", "--json")
    report = json.loads(printed)
    assert (code, report["passed"], report["strategy"]) == (0, True, "logos-core/mean_reversion")
    assert {each["lookback"] for each in report["series"]} == {11}
    assert {"generated flat", "bundled AAPL", "bundled EUR-USD"} <= {each["series"] for each in report["series"]}
    assert all(all(each["compared"].values()) for each in report["series"])


@pytest.mark.usefixtures("house_rules")
def test_a_defect_ends_with_exit_code_4_and_the_first_bar_that_differs(output) -> None:
    code, printed, _ = output("check", "counter")
    assert code == 4
    assert "hidden_recursion: generated walk, bar 2 at 2026-01-01T00:02:00Z: value is 0.00000000" in printed
    assert "and must be 1.00000000" in printed
    code, printed, _ = output("check", "counter", "--json")
    first = json.loads(printed)["series"][0]["differences"][0]
    assert code == 4
    assert (first["check"], first["bar"], first["field"]) == ("hidden_recursion", 2, "value")


@pytest.mark.usefixtures("house_rules")
@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("sma_cros",), "Did you mean sma_cross"),
        (("sma_cross", "-p", "fast"), "'fast' is not name=value"),
        (("sma_cross", "-p", "fast=1", "-p", "fast=2"), "fast is given twice"),
        (("sma_cross", "-p", "fats=1"), "Did you mean fast?"),
        (("sma_cross", "-p", "fast=0"), "fast is 0, and must be from 1 to 9999"),
        (("sma_cross", "-p", "fast=50"), "Lower fast or raise slow"),
        (("counter", "-p", "fast=1"), "counter takes no parameters"),
        (("needy",), "the parameter weeks has no default"),
        (("broken",), "cannot be built: KeyError"),
        (("later",), "cannot be used"),
    ],
)
def test_wrong_input_ends_with_exit_code_2_and_what_to_do(output, words, text) -> None:
    code, _, printed = output("check", *words)
    assert code == 2
    assert text in printed
