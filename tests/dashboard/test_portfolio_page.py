"""The Portfolio page in every state: none, one, a session, damaged, huge."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from logos.context import redaction
from logos.ui.streamlit.design.formats import MISSING

Write = Callable[..., Path]
Page = Callable[..., AppTest]


def _text(test: AppTest) -> str:
    drawn = [element.proto.body for element in test.get("html")]
    return "\n".join([*drawn, *(str(one.value) for one in (*test.caption, *test.code, *test.markdown))])


def _charts(test: AppTest) -> list[Any]:
    return [element.proto for element in test.get("plotly_chart")]


def _numbers(values: Any) -> list[float]:
    """Return the numbers of a trace: Plotly packs an array as base64."""
    if isinstance(values, list):
        return values
    return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).tolist()


def test_an_empty_workspace_says_how_to_make_a_portfolio(page: Page):
    test = page("portfolio")

    assert not test.exception
    assert "No portfolio yet" in _text(test)
    assert "logos portfolio backtest" in _text(test)


def test_a_backtest_shows_figures_pictures_limits_and_notes(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    folder = write_portfolio(write_backtest(workspace), notes={1: ["A limit gave way."], 2: ["A limit gave way."]})
    main = folder / "benchmarks" / "equal_weight"
    shutil.copytree(folder, main, ignore=shutil.ignore_patterns("benchmarks"))
    (folder / "comparison.csv").write_text(
        "allocator,total_return,sharpe,sharpe_standard_error,sharpe_difference,sharpe_difference_standard_error\n"
        "hrp,0.1,1.25,0.5,,\nequal_weight,-0.05,1.0,0.5,-0.25,0.2\n"
    )
    (folder / "config.yaml").write_text(
        "allocator:\n  plugin: hrp\n  constraints:\n    max_weight: '0.35'\n    gross: null\n"
        "position_manager:\n  plugin: cost_aware\n  band: '0.005'\n  min_trade: '250'\nbroker:\n  currency: USD\n"
    )

    test = page("portfolio")
    text = _text(test)

    assert not test.exception
    for told in ("11.38%", "10.18%", "2.50", "1.50 <span", "0.31%", "35.00%", "0.50%", "250.00 USD"):
        assert told in text
    assert text.count("1 day: too few to judge<") == 3  # what is a year's: realised volatility, turnover, cost drag
    assert text.count("The portfolio has 1 day: too few to judge figures of a year by.") == 1
    for told in ("Not limited: gross", "+10.00%", "1.25 ± 0.50", "A limit gave way."):
        assert told in text
    assert "−0.25 ± 0.20" in text  # noqa: RUF001 - the minus sign
    charts = _charts(test)
    assert len(charts) == 4
    assert all(chart.alt for chart in charts)


def test_the_difference_is_in_percentage_points(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    folder = write_portfolio(write_backtest(workspace))
    (folder / "weights.csv").write_text(
        "timestamp,symbol,target_weight,actual_weight,risk_share\n2026-03-02T14:31:00Z,A,0.31670000,0.08160000,1.0\n"
    )

    test = page("portfolio")

    assert "−23.51" in _text(test)  # noqa: RUF001 - the minus sign
    assert "Difference (pp)" in _text(test)
    assert "One rebalance" not in _text(test)  # the end of the run makes a step of it


def test_a_session_shows_what_its_weights_and_journal_tell(
    page: Page, workspace: Path, write_session: Write, write_portfolio: Write
):
    write_portfolio(write_session(workspace), held_last=False, notes={3: ["It had no bars of S002."]})

    test = page("portfolio")
    text = _text(test)

    assert not test.exception
    assert "No slice has followed the last rebalance yet" in text
    assert "It had no bars of S002." in text
    assert "Target exposure" in text
    assert "95.00%" in text
    assert "Against its benchmarks" not in text


def test_shorts_and_held_weights_can_be_looked_at(
    page: Page, workspace: Path, write_session: Write, write_portfolio: Write
):
    write_portfolio(write_session(workspace), shorts=True)
    test = page("portfolio")

    test.button_group(key="portfolio-which").set_value("Held").run(timeout=30)

    assert not test.exception
    assert any("Weights held" in chart.alt for chart in _charts(test))


def test_the_choice_stands_in_the_address(page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write):
    for name in ("20260301-000000-one", "20260302-000000-two"):
        write_portfolio(write_backtest(workspace, name))
    test = page("portfolio")
    assert "portfolio" not in test.query_params  # nobody has chosen yet

    test.selectbox(key="portfolio-pick").set_value("backtest/20260301-000000-one").run(timeout=30)

    assert test.query_params["portfolio"] == "backtest/20260301-000000-one"
    assert "20260301-000000-one" in _text(test)


def test_a_session_and_a_backtest_of_one_id_are_told_apart(
    page: Page, workspace: Path, write_backtest: Write, write_session: Write, write_portfolio: Write
):
    for folder in (write_backtest(workspace), write_session(workspace, status="halted")):
        write_portfolio(folder)
    test = page("portfolio")

    for key, told in (("backtest/20260302-143000-demo", "Cost drag"), ("session/20260302-143000-demo", "halted")):
        test.selectbox(key="portfolio-pick").set_value(key).run(timeout=30)
        assert told in _text(test)


def test_an_address_that_names_no_portfolio_shows_the_newest(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    write_portfolio(write_backtest(workspace))
    test = AppTest.from_string("from logos.ui.streamlit.app_pages import portfolio\nportfolio.show()")
    test.query_params["portfolio"] = "../../etc"

    test.run(timeout=30)

    assert not test.exception
    assert "The newest is shown: there is no portfolio ../../etc<" in _text(test)
    assert "20260302-143000-demo" in _text(test)


@pytest.mark.parametrize("content", ["{", "{}", None])
def test_notes_that_are_not_known_are_not_said_to_be_none(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write, content: str | None
):
    risk = write_portfolio(write_backtest(workspace)) / "risk.json"
    if content is None:
        risk.unlink()
    else:
        risk.write_text(content)

    text = _text(page("portfolio"))

    assert "Notes are not known" in text
    assert "Nothing was given up" not in text


def test_a_tile_tells_a_mean_over_time_from_the_last_rebalance(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    folder = write_portfolio(write_backtest(workspace), rebalances=1)
    (folder / "weights.csv").write_text(
        "timestamp,symbol,target_weight,actual_weight,risk_share\n"
        "2026-03-02T14:31:00Z,A,0.5,0.5,0.5\n2026-03-02T14:31:00Z,B,0.5,0.5,0.5\n"
    )
    (folder / "config.yaml").write_text(
        "allocator:\n  plugin: hrp\n  constraints:\n    sectors:\n      technology: 0.5\n      energy: '0.25'\n"
    )

    text = _text(page("portfolio"))

    for told in (
        "mean over time, a year, last 10.00%",
        "mean over time, of 2, last 2.00",
        "1 is all in one, last 0.500",
    ):
        assert told in text
    assert "technology: 50.00%, energy: 25.00%" in text
    assert "Nothing was given up in 1 rebalance." in text


def test_weights_without_a_column_of_risk_are_shown_and_their_risk_is_not_known(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    folder = write_portfolio(write_backtest(workspace))
    lines = (folder / "weights.csv").read_text().splitlines()
    (folder / "weights.csv").write_text("".join(line.rsplit(",", 1)[0] + "\n" for line in lines))

    test = page("portfolio")

    assert not test.exception
    assert "The table of weights does not tell them." in _text(test)
    assert any("Target weights" in chart.alt for chart in _charts(test))


FILES = ("weights.csv", "risk.json", "comparison.csv", "config.yaml", "state.jsonl", "equity.csv", "portfolio.yaml")


@pytest.mark.parametrize("kind", ["backtest", "session"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 40, b"{\n", None])
def test_damaged_files_become_cards(
    page: Page,
    workspace: Path,
    write_backtest: Write,
    write_session: Write,
    write_portfolio: Write,
    kind: str,
    content: bytes | None,
):
    folder = write_portfolio(write_backtest(workspace) if kind == "backtest" else write_session(workspace))
    for name in FILES:
        if content is not None:
            (folder / name).write_bytes(content)
        elif name != "weights.csv" or kind == "backtest":  # without its weights a session is no portfolio
            (folder / name).unlink(missing_ok=True)
    if kind == "backtest" and content is None:
        (folder / "risk.json").touch()

    test = page("portfolio")

    assert not test.exception
    assert "logos-card" in _text(test)


@pytest.mark.parametrize(
    ("currencies", "told"),
    [
        ("currencies: {JPY: {decimals: 0}}", ">25,000 JPY<"),
        ("currencies: {JPY: {decimals: 8}}", ">25,000.00 JPY<"),
        ("currencies: [odd]", ">25,000.00 JPY<"),
    ],
)
def test_an_amount_that_is_a_limit_has_the_decimals_of_its_currency(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write, currencies: str, told: str
):
    folder = write_portfolio(write_backtest(workspace))
    limits = "position_manager: {plugin: cost_aware, min_trade: '25000'}"
    (folder / "config.yaml").write_text(
        f"allocator: {{plugin: hrp}}\n{limits}\nbroker: {{currency: JPY}}\n{currencies}\n"
    )

    assert told in _text(page("portfolio"))


@pytest.mark.parametrize("name", FILES)
def test_one_damaged_file_leaves_the_rest_of_the_page(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write, name: str
):
    folder = write_portfolio(write_backtest(workspace))
    (folder / name).write_bytes(b"\x00\xff, no such thing\n")

    test = page("portfolio")

    assert not test.exception
    assert "Limits and settings" in _text(test)
    assert ("Weights over time" in _text(test)) is (name != "weights.csv")


def test_a_run_that_vanishes_while_it_is_looked_at_leaves_cards(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    folder = write_portfolio(write_backtest(workspace))
    other = write_portfolio(write_backtest(workspace, "20260301-000000-other"))
    test = page("portfolio")

    shutil.rmtree(folder)
    test.run(timeout=30)

    assert not test.exception
    assert other.name in _text(test)


def test_five_hundred_symbols_are_shown_thinned(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    write_portfolio(write_backtest(workspace), symbols=500, rebalances=60)

    test = page("portfolio")

    assert not test.exception
    assert "the 8 largest of 500 symbols" in _text(test)
    assert len(test.dataframe[0].value) == 500
    assert max(len(chart.spec) for chart in _charts(test)) < 200_000


def test_a_secret_in_names_notes_and_config_is_not_shown(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    secret = "canary-90b1d2f4a7c34e58"
    redaction.remember(secret)
    folder = write_portfolio(write_backtest(workspace), notes={0: [f"gave up {secret}"]})
    (folder / "config.yaml").write_text(f"allocator:\n  plugin: hrp\n  api_key: {secret}\n  note: {secret}\n")
    (folder / "portfolio.yaml").write_text(f"portfolio:\n  secret: {secret}\n")
    (folder / "comparison.csv").write_text(f"allocator,sharpe\n{secret},1\n")
    table = (folder / "weights.csv").read_text().replace("S000", secret)
    (folder / "weights.csv").write_text(table)

    test = page("portfolio")

    assert not test.exception
    assert secret not in _text(test)
    assert all(secret not in chart.spec + chart.alt for chart in _charts(test))


def test_no_secret_of_the_config_that_was_asked_for_is_shown_on_whatever_line_it_stands(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    folder = write_portfolio(write_backtest(workspace))
    hidden = "  passphrase: >-\n    hunter\n  tokens:\n    - hunter\n# token hunter\n"
    (folder / "portfolio.yaml").write_text(f"portfolio:\n  interval: 1d\n{hidden}")
    (folder / "config.yaml").write_text(f"allocator:\n  plugin: hrp\n{hidden}")

    text = _text(page("portfolio"))

    assert 'interval: "1d"' in text
    assert "hunter" not in text


def test_an_asked_for_config_that_cannot_be_parsed_is_said_to_be_not_shown(
    page: Page, workspace: Path, write_backtest: Write, write_portfolio: Write
):
    folder = write_portfolio(write_backtest(workspace))
    (folder / "portfolio.yaml").write_text("portfolio: [hunter\n")

    text = _text(page("portfolio"))

    assert "portfolio.yaml is not YAML of a config" in text
    assert "hunter" not in text


def test_a_killed_session_is_interrupted(page: Page, workspace: Path, write_session: Write, write_portfolio: Write):
    folder = write_portfolio(write_session(workspace, status="running"))

    text = _text(page("portfolio"))

    assert f"session · interrupted · {folder.name}" in text
    assert "Last refresh" not in text


@pytest.mark.parametrize("journal", ["ahead", "gone"])
def test_the_tiles_of_a_session_are_of_one_rebalance(
    page: Page, workspace: Path, write_session: Write, write_portfolio: Write, journal: str
):
    folder = write_portfolio(write_session(workspace))
    path = folder / "state.jsonl"
    if journal == "ahead":  # decided, while no slice has shown yet what its orders came to
        with path.open("a") as file:
            file.write('{"type":"rebalanced","ts":"2026-03-06T14:31:00Z","method":"cash","volatility":"0"}\n')
    else:
        path.write_text("")

    text = _text(page("portfolio"))

    expected = {"ahead": "10.00%", "gone": MISSING}[journal]
    assert f"<dt>Expected volatility</dt><dd>{expected}</dd>" in text
    assert "cash</dd>" not in text


def test_an_allocator_says_its_name_once(page: Page, workspace: Path, write_session: Write, write_portfolio: Write):
    folder = write_portfolio(write_session(workspace))
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("equal_weight", "hrp"))

    text = _text(page("portfolio"))

    assert '<dt>Allocator</dt><dd class="logos-neutral">hrp</dd>' in text


def test_nobody_carries_risk_while_nothing_is_wanted(
    page: Page, workspace: Path, write_session: Write, write_portfolio: Write
):
    folder = write_portfolio(write_session(workspace))
    rows = [
        "timestamp,symbol,target_weight,actual_weight,risk_share",
        "2026-03-02T14:31:00Z,A,0.5,0.5,1.0",
        "2026-03-03T14:31:00Z,A,0.0,0.0,",
        "2026-03-04T14:31:00Z,A,0.5,0.5,1.0",
    ]
    (folder / "weights.csv").write_text("\n".join(rows) + "\n")

    charts = [chart for chart in _charts(page("portfolio")) if "Risk contributions" in chart.alt]

    (figure,) = (json.loads(chart.spec) for chart in charts)
    assert _numbers(figure["data"][0]["y"]) == [100.0, 0.0, 100.0]
