"""The page draws what a workspace holds, and the package keeps the contract of Logos."""

import json

import pytest
from logos.testing.packages import PluginContract
from logos.ui.streamlit.data.pages import resolve
from streamlit.testing.v1 import AppTest

from costs_page.plugin import logos_dashboard_pages

METRICS = {
    "starting_cash": "100000.00000000",
    "final_equity": "100500.00000000",
    "fees": "12.50000000",
    "status": "completed",
    "currency": "USD",
    "bars": 100,
    "fills": 4,
    "trades": 2,
}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGOS_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def backtest(workspace):
    folder = workspace / "runs" / "20260302-143000-demo"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps(METRICS))
    (folder / "equity.csv").write_text("timestamp,equity,drawdown\n")


def drawn():
    (page,) = logos_dashboard_pages()
    resolve(page.target)
    module, _, function = page.target.partition(":")
    test = AppTest.from_string(f"from {module} import {function}\n{function}()").run(timeout=30)
    assert not test.exception
    return "\n".join(element.proto.body for element in test.get("html"))


def test_an_empty_workspace_gets_a_card(workspace):
    assert "No backtests yet" in drawn()


def test_fees_are_shown_exactly(backtest):
    shown = drawn()

    assert "20260302-143000-demo" in shown
    assert "12.50 USD" in shown
    assert "3.1250 USD" in shown


class TestPackage(PluginContract):
    distribution = "logos-example-page"
