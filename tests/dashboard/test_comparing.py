"""A comparison is the core's own, read again only where a file has changed, and shows no secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from logos.ui.streamlit.data.comparing import compare_with, differences

Write = Callable[..., Path]
SAME = {"data_digest": "d" * 64}


@pytest.fixture
def pair(workspace: Path, write_backtest: Write) -> tuple[Path, Path]:
    """Return two runs whose configs differ by name, by a parameter and by a secret."""
    one = write_backtest(workspace, "20260302-143000-one", name="one", metrics=SAME)
    two = write_backtest(workspace, "20260302-143001-two", name="two", metrics=SAME | {"sharpe": 2.0})
    config = two / "config.yaml"
    text = config.read_text().replace("fast: 60", "fast: 20")
    config.write_text(f"{text}feed_login:\n  api_secret: 5f3a9b71c2d84e06\n")
    return one, two


def test_a_comparison_names_no_winner_from_too_few_days(pair: tuple[Path, Path]):
    reading = compare_with(*pair)

    assert reading.value is not None
    assert reading.value.winner is None
    assert reading.value.obstacles == ()
    assert "No winner is named" in reading.value.verdict[0]


def test_runs_over_other_bars_cannot_be_ranked(workspace: Path, write_backtest: Write, pair: tuple[Path, Path]):
    other = write_backtest(workspace, "20260302-143002-three", metrics={"data_digest": "e" * 64})

    reading = compare_with(pair[0], other)

    assert reading.value is not None
    assert any("data digests" in obstacle for obstacle in reading.value.obstacles)


def test_differences_of_the_configs_are_told_without_secrets(pair: tuple[Path, Path]):
    comparison = compare_with(*pair).value
    assert comparison is not None

    found = {change.path: (change.a, change.b) for change in differences(comparison)}

    assert found["session.name"] == ("one", "two")
    assert found["strategies.trend.params.fast"] == ("60", "20")
    assert "5f3a9b71c2d84e06" not in str(found)


def test_a_comparison_is_made_again_only_when_a_file_changes(pair: tuple[Path, Path]):
    first = compare_with(*pair)
    assert compare_with(*pair) is first

    with (pair[1] / "config.yaml").open("a") as file:
        file.write("more: 1\n")

    assert compare_with(*pair) is not first


@pytest.mark.parametrize(
    ("name", "content"),
    [("config.yaml", "a: [1"), ("config.yaml", "[]"), ("config.yaml", ""), ("metrics.json", "{"), ("equity.csv", "x")],
)
def test_a_run_that_is_hurt_cannot_be_compared_and_says_why(pair: tuple[Path, Path], name: str, content: str):
    (pair[1] / name).write_text(content)

    reading = compare_with(*pair)

    assert reading.state == "damaged"
    assert reading.message


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("config.yaml", 'interval: "1m"', 'interval: "soon"'),
        ("config.yaml", "session:", "sitting:"),
        ("metrics.json", '"starting_cash": "100000.00000000"', '"starting_cash": "much"'),
        ("metrics.json", '"periods_per_year": 365', '"periods_per_year": "many"'),
        ("metrics.json", '"sharpe": 2.0', '"sharpe": "high"'),
    ],
)
def test_values_of_an_odd_kind_never_raise(pair: tuple[Path, Path], name: str, old: str, new: str):
    path = pair[1] / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))

    reading = compare_with(*pair)

    assert reading.usable or reading.message
