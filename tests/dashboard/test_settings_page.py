"""The Settings page: choices that hold in this window, what is installed, and no secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from logos.plugins.registry import load_registry
from logos.ui.streamlit import navigation
from logos.ui.streamlit.app_pages import settings

CANARY = "canary-5f3a9b71c2d84e06"


def _text(test: AppTest) -> str:
    drawn = [element.proto.body for element in test.get("html")]
    return "\n".join([*drawn, *(code.value for code in test.code), *(str(one.options) for one in test.selectbox)])


def interval(test: AppTest) -> Any:
    """Return the choice of the refresh interval."""
    return next(one for one in test.get("button_group") if one.key == "settings-refresh")


def test_an_empty_workspace_gets_cards_and_no_exception(page: Callable[[str], AppTest]):
    test = page("settings")

    assert not test.exception
    assert "No config yet" in _text(test)
    assert "logos trade --fixtures" in _text(test)


def test_the_refresh_interval_is_kept_in_the_window_and_in_the_address(page: Callable[[str], AppTest]):
    test = page("settings")
    assert interval(test).value == 5
    assert "refresh" not in test.query_params  # nobody has chosen yet

    for seconds, word in ((10, "10"), (0, "off"), (2, "2")):
        interval(test).set_value(seconds).run()

        assert test.query_params["refresh"] == word
        assert test.session_state["logos:refresh"] == word
        assert interval(test.run()).value == seconds


@pytest.mark.parametrize("given", ["3", "", "2 or so", "-5"])
def test_an_interval_that_is_no_choice_is_the_usual_one(page: Callable[[str], AppTest], given: str):
    test = AppTest.from_string("from logos.ui.streamlit.app_pages import settings\nsettings.show()")
    test.query_params["refresh"] = given

    test.run(timeout=30)

    assert not test.exception
    assert interval(test).value == 5


def test_another_theme_is_handed_to_the_browser_for_every_page(page: Callable[[str], AppTest]):
    test = page("settings")
    assert "localStorage" not in _text(test)

    test.radio(key="theme-light").set_value("Dark").run()

    assert "localStorage.setItem" in _text(test)
    assert '"/live-monitor"' in _text(test)
    assert '\\"Dark\\"' in _text(test)


def test_the_browser_follows_the_system_again_once_it_keeps_no_theme(page: Callable[[str], AppTest]):
    test = page("settings")

    test.radio(key="theme-light").set_value("As the system").run()

    assert "localStorage.removeItem" in _text(test)
    assert "localStorage.setItem" not in _text(test)
    assert '"/live-monitor"' in _text(test)


def test_no_secret_of_environment_credentials_or_config_is_shown(
    workspace: Path, page: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch, write_session
):
    monkeypatch.setenv("BROKER_SECRET", CANARY)
    (workspace / ".env").write_text(f"KRAKEN_API_KEY={CANARY[::-1]}\n")
    config = write_session(workspace) / "config.yaml"
    config.write_text(config.read_text() + f"api_secret: {CANARY[::-1]}\n")

    text = _text(page("settings"))

    assert "BROKER_SECRET" in text
    assert "KRAKEN_API_KEY" in text
    assert CANARY not in text
    assert CANARY[::-1] not in text


def test_the_problems_of_a_config_stand_in_points(page: Callable[[str], AppTest], workspace: Path):
    (workspace / "configs").mkdir()
    (workspace / "configs/wrong.yaml").write_text("".join(f"key_{number}: 1\n" for number in range(6)))

    text = _text(page("settings"))

    for number in range(6):
        assert re.search(f"<li>[^<]*key_{number}", text)
    assert "logos config check" in text


def test_nothing_on_the_page_executes_anything(page: Callable[[str], AppTest]):
    test = page("settings")

    assert not test.button
    assert not test.text_input


def test_what_a_plugin_lacks_and_what_mends_it_is_listed(
    page: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
):
    points = [EntryPoint("odd", "there_is_no_such_module", "logos.v1")]
    monkeypatch.setattr(settings, "installed_registry", lambda: load_registry(points))
    monkeypatch.setattr(settings, "installed_pages", lambda: navigation.Pages(pages=(), faults=()))

    test = page("settings")

    assert not test.exception
    assert "there_is_no_such_module" in _text(test)
    assert "pip install --force-reinstall" in _text(test)
