"""The Strategy Lab: what it says of each strategy, and that it says it without a button that runs anything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from logos.context import redaction
from logos.plugins.registry import load_registry
from logos.ui.streamlit.app_pages import strategy_lab
from logos.ui.streamlit.data import strategies

Page = Callable[..., AppTest]

SECRET = "canary-2e8b66c0f1d94a37"

PLUGIN = f'''
"""A plugin of a test."""
from logos.plugins import StrategyPart, hookimpl


@hookimpl
def logos_strategies():
    """Offer two."""
    yield StrategyPart(name="peeking", summary="Looks at what it must not", target="lab_page_plugin:peeking")
    yield StrategyPart(name="raising", summary="Cannot be built", target="lab_page_plugin:raising")


class Peeking:
    """Says {SECRET} and ![p](http://example.org/p.png)."""

    lookback = 1
    seen = 0

    def on_bar(self, bar):
        from logos.domain.orders import FLAT, LONG

        Peeking.seen += 1
        return LONG if Peeking.seen % 3 else FLAT


def peeking(config, context):
    return Peeking()


def raising(config, context):
    raise RuntimeError("not today, {SECRET}")
'''


def _text(test: AppTest) -> str:
    drawn = [element.proto.body for element in test.get("html")]
    return "\n".join([*drawn, *(str(one.value) for one in (*test.caption, *test.code, *test.markdown))])


@pytest.fixture(scope="module", autouse=True)
def _known_anew() -> None:
    """Forget what another module's tests were told; within this one, each strategy is checked once."""
    for store in (strategies._SHEETS, strategies._CHECKS):
        store._values.clear()


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the page see a plugin of a test, and one that does not load."""
    (tmp_path / "lab_page_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "lab_page_plugin", raising=False)
    redaction.remember(SECRET)
    points = [EntryPoint("lab", "lab_page_plugin", "logos.v1"), EntryPoint("gone", "gone_from_here", "logos.v1")]
    monkeypatch.setattr(strategy_lab, "installed_registry", lambda: load_registry(points))


def test_every_strategy_is_listed_and_the_first_is_shown_whole(page: Page, workspace: Path):
    test = page("strategy-lab")
    text = _text(test)

    assert not test.exception
    for name in ("buy_and_hold", "channel_breakout", "mean_reversion", "momentum", "scripted", "sma_cross"):
        assert name in text
    for told in ("No parameters", "logos strategies check buy_and_hold", "No difference", "Checked at ", "logos-core"):
        assert told in text
    assert not list(workspace.iterdir())


def test_nothing_on_the_page_runs_anything(page: Page, workspace: Path):
    test = page("strategy-lab")

    assert not test.button
    assert not test.get("download_button")
    assert len(test.selectbox) == 1


def test_the_page_says_that_it_runs_the_check_and_nothing_else(page: Page, workspace: Path):
    text = _text(page("strategy-lab"))

    assert "Nothing is run" not in text
    assert "Only the look-ahead check runs here" in text


def test_types_and_bounds_are_words_and_numbers_of_a_reader(page: Page, workspace: Path):
    test = AppTest.from_string("from logos.ui.streamlit.app_pages import strategy_lab\nstrategy_lab.show()")
    test.query_params["strategy"] = "scripted"
    scripted = _text(test.run(timeout=60))
    test.query_params["strategy"] = "sma_cross"
    crossing = _text(test.run(timeout=60))

    assert ">tuple<" not in scripted
    assert ">list<" in scripted
    assert ">9,999<" in crossing
    assert ">10,000<" in crossing


def test_a_strategy_can_be_linked(page: Page, workspace: Path):
    test = AppTest.from_string("from logos.ui.streamlit.app_pages import strategy_lab\nstrategy_lab.show()")
    test.query_params["strategy"] = "mean_reversion"

    test.run(timeout=60)
    text = _text(test)

    assert not test.exception
    for told in ("149", "decimal, in quotes", "Standard deviations from the average", "window=24,30,36", 'entry: "2"'):
        assert told in text


def test_another_one_is_picked_and_kept_in_the_address(page: Page, workspace: Path):
    test = page("strategy-lab", timeout=60)

    test.selectbox(key="lab-strategy").set_value("logos-core/scripted").run(timeout=60)
    text = _text(test)

    assert test.query_params["strategy"] == "scripted"
    assert "It needs signals, which has no default." in text
    assert "required" in text


def test_an_address_that_names_no_strategy_shows_the_first(page: Page, workspace: Path):
    test = AppTest.from_string("from logos.ui.streamlit.app_pages import strategy_lab\nstrategy_lab.show()")
    test.query_params["strategy"] = "nonesuch"

    test.run(timeout=60)

    assert not test.exception
    assert test.selectbox[0].value == "logos-core/buy_and_hold"
    assert "The first is shown: there is no strategy nonesuch<" in _text(test)


def test_a_strategy_that_looks_ahead_is_called_defective(page: Page, workspace: Path, third_party: None):
    test = page("strategy-lab", timeout=60)
    text = _text(test)

    assert not test.exception
    assert "series differ" in text
    assert "bad: " in text  # told to those who do not see the colour
    assert "differs on bundled" in text


def test_a_broken_strategy_is_shown_with_its_mend(page: Page, workspace: Path, third_party: None):
    test = page("strategy-lab", timeout=60)
    test.selectbox(key="lab-strategy").set_value(_qualified("raising")).run(timeout=60)
    text = _text(test)

    assert not test.exception
    assert "raising cannot be used" in text
    assert "not today" in text
    assert "gone_from_here" in text


def _qualified(name: str) -> str:
    return next(
        one.offer.qualified for one in strategies.list_strategies(strategy_lab.installed_registry()) if one.name == name
    )


def test_no_secret_and_no_picture_of_a_docstring_is_shown(page: Page, workspace: Path, third_party: None):
    test = page("strategy-lab", timeout=60)
    text = _text(test)

    assert SECRET not in text
    about = next(one.value for one in test.markdown if "Says" in one.value)
    assert "!\\[" in about or "\\!\\[" in about
    assert "](" not in about.replace("\\]\\(", "")


def test_without_any_strategy_there_is_a_card(page: Page, workspace: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(strategy_lab, "installed_registry", lambda: load_registry([]))

    test = page("strategy-lab")

    assert not test.exception
    assert "No strategy is installed" in _text(test)
