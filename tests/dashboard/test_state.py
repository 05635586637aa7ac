"""What a window has chosen: kept from page to page, written into the address in one go, taken back by Back."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

from logos.ui.streamlit import state


def script() -> None:
    import streamlit as st  # noqa: PLC0415 -- a script of its own

    from logos.ui.streamlit import state  # noqa: PLC0415

    state.enter(st.session_state.get("page", "backtests"))
    for name, values in st.session_state.pop("asked", {}).items():
        getattr(state, name)(**values)
    st.session_state["seen"] = {name: state.chosen(name) for name in ("run", "runs", "lesson")}


@pytest.fixture
def window() -> AppTest:
    return AppTest.from_function(script)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return every address that is sent to the browser, which takes each for a step."""
    sent: list[dict[str, Any]] = []
    real = QueryParams._send_query_param_msg
    monkeypatch.setattr(
        QueryParams, "_send_query_param_msg", lambda self: (sent.append(dict(self._query_params)), real(self))
    )
    return sent


def choose(window: AppTest, **values: str) -> AppTest:
    window.session_state["asked"] = {"choose": values}
    return window.run()


def test_a_choice_of_several_values_is_one_step_and_the_same_again_is_none(window: AppTest, written: list[Any]):
    window.run()
    assert written == []

    choose(window, run="A", lesson="B", runs="")
    choose(window, run="A", lesson="B", runs="")

    assert written == [{"run": "A", "lesson": "B"}]


def test_an_address_has_nothing_of_another_page_but_the_interval(window: AppTest):
    window.query_params["lesson"] = "guards"
    window.query_params["refresh"] = "10"

    choose(window, run="A")

    assert window.query_params == {"run": "A", "refresh": "10"}


def test_the_interval_leaves_what_else_stands_in_the_address(window: AppTest):
    window.query_params["run"] = "A"
    window.session_state["asked"] = {"choose_refresh": {"seconds": state.OFF}}

    assert window.run().query_params == {"run": "A", "refresh": "off"}


def test_an_open_tab_stays_in_the_address_when_something_else_is_chosen(window: AppTest):
    window.query_params["refresh"] = "10"
    window.session_state["asked"] = {"choose_beside": {"name": "run-tab", "value": "Config"}}
    window.run()

    assert choose(window, run="A").query_params == {"run": "A", "run-tab": "Config", "refresh": "10"}
    window.session_state["asked"] = {"choose_beside": {"name": "run-tab", "value": ""}}
    assert window.run().query_params == {"run": "A", "refresh": "10"}


def test_what_back_takes_out_of_an_address_is_not_chosen_any_more(window: AppTest):
    choose(window, run="A")
    del window.query_params["run"]

    assert window.run().session_state["seen"]["run"] == ""


def test_what_was_chosen_on_a_page_is_kept_while_another_is_looked_at(window: AppTest):
    choose(window, run="A")
    for page in ("settings", "backtests"):
        window.query_params.clear()
        window.session_state["page"] = page
        window.run()

    assert window.session_state["seen"]["run"] == "A"


def test_a_key_is_its_own_for_its_names_and_does_not_tell_them():
    keys = {state.key_of("fills", *names) for names in (("a",), ("b",), ("a", "b"), ("sk-secret\udcff",))}

    assert len(keys) == 4
    assert all(key.startswith("fills-") and "secret" not in key for key in keys)
