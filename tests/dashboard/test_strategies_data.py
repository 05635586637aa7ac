"""What the Strategy Lab says of strategies: docstrings, parameters, examples that work, and the checks' verdict."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.cli import strategies_commands
from logos.config.session import load_session_config
from logos.plugins.registry import Registry, load_registry
from logos.ui.streamlit.data import strategies
from logos.ui.streamlit.data.docstrings import as_markdown, summary_of
from logos.ui.streamlit.data.strategies import (
    Strategy,
    bound_text,
    default_text,
    example_commands,
    example_config,
    failed_plugins,
    list_strategies,
    look_ahead_check,
    value_text,
)

BUILT_IN = ("buy_and_hold", "channel_breakout", "mean_reversion", "momentum", "scripted", "sma_cross")

PLUGIN = '''
"""A plugin of a test."""
from logos.plugins import StrategyPart, hookimpl


@hookimpl
def logos_strategies():
    """Offer four."""
    for name in ("peeking", "raising", "absent", "needy"):
        target = "no_such_module:build" if name == "absent" else f"lab_plugin:{name}"
        needs = ("no_such_library",) if name == "needy" else ()
        yield StrategyPart(name=name, summary=f"A {name} strategy", target=target, needs=needs)


class Peeking:
    """Knows ``more`` than it should. <img src=x onerror=alert(1)> ![p](http://example.org/p.png)

    Parameters
    ----------
    none : at all
        Not *one*.
    """

    lookback = 1
    seen = 0

    def on_bar(self, bar):
        from logos.domain.orders import FLAT, LONG

        Peeking.seen += 1
        return LONG if Peeking.seen % 3 else FLAT


def peeking(config, context):
    return Peeking()


def raising(config, context):
    raise RuntimeError("not today")


def needy(config, context):
    return Peeking()
'''


@pytest.fixture(autouse=True)
def _known_anew() -> Iterator[None]:
    """Let no test see what another was told of a strategy."""
    for store in (strategies._SHEETS, strategies._CHECKS):
        store._values.clear()
    yield
    sys.modules.pop("lab_plugin", None)


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Return a registry with the plugin above alone."""
    (tmp_path / "lab_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    return load_registry([EntryPoint(name="lab", value="lab_plugin", group="logos.v1")])


def _found(registry: Registry, name: str) -> Strategy:
    return next(one for one in list_strategies(registry) if one.name == name)


def test_every_built_in_strategy_is_described():
    found = {one.name: one for one in list_strategies(load_registry()) if one.offer.distribution == "logos-core"}

    assert tuple(found) == BUILT_IN
    for one in found.values():
        sheet = one.sheet.value
        assert one.state == "ready"
        assert sheet is not None
        assert len(sheet.about) > 100
        assert all(parameter.doc for parameter in sheet.parameters)
        assert (sheet.lookback is None) == bool(sheet.required) == (one.name == "scripted")
    cross = found["sma_cross"].sheet.value
    assert cross is not None
    assert cross.lookback == 50
    assert cross.array_form is True
    assert found["mean_reversion"].sheet.value.array_form is False  # type: ignore[union-attr]


def test_a_strategy_that_needs_parameters_is_described_by_its_class():
    sheet = _found(load_registry(), "scripted").sheet.value

    assert sheet is not None
    assert "whatever the prices are" in sheet.about
    assert sheet.required == ("signals",)


def test_broken_strategies_keep_their_row_with_fault_and_mend(third_party: Registry):
    found = {one.name: one for one in list_strategies(third_party)}

    assert found["peeking"].state == "ready"
    assert found["raising"].state == "broken"
    assert "not today" in found["raising"].sheet.message
    assert "no_such_module" in found["absent"].sheet.message
    assert "pip install" in found["absent"].sheet.hint
    assert found["needy"].state == "needs no_such_library"
    assert "pip install" in found["needy"].sheet.hint


def test_a_plugin_that_does_not_load_is_told():
    registry = load_registry([EntryPoint(name="gone", value="gone_from_here", group="logos.v1")])

    assert list_strategies(registry) == ()
    (failed,) = failed_plugins(registry)
    assert "gone_from_here" in failed.fault
    assert failed.mend


def test_two_distributions_with_one_name_are_told_apart(monkeypatch: pytest.MonkeyPatch):
    (first, *_) = load_registry().offers("strategy")
    pair = (first, attrs.evolve(first, distribution="other"))
    registry = load_registry([])
    monkeypatch.setattr(registry, "offers", lambda kind=None: pair)

    assert [one.name for one in list_strategies(registry)] == ["logos-core/buy_and_hold", "other/buy_and_hold"]


def test_the_check_finds_what_the_command_finds(third_party: Registry):
    sound = look_ahead_check(_found(load_registry(), "buy_and_hold").offer).value
    peeking = look_ahead_check(_found(third_party, "peeking").offer).value

    assert sound is not None
    assert sound.passed
    assert sound.at > 0
    assert {report.series.split()[0] for report in sound.reports} == {"bundled", "generated"}
    assert peeking is not None
    assert not peeking.passed


def test_a_strategy_is_checked_once_a_process_and_version(monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def counted(offer: object, config: object) -> list[object]:
        asked.append(str(offer))
        return []

    monkeypatch.setattr(strategies, "check_offer", counted)
    offer = _found(load_registry(), "sma_cross").offer

    first, second = look_ahead_check(offer), look_ahead_check(offer)

    assert first is second
    assert len(asked) == 1


def test_a_check_that_cannot_run_says_why(third_party: Registry):
    for name, told in (("raising", "not today"), ("absent", "no_such_module")):
        reading = look_ahead_check(_found(third_party, name).offer)
        assert reading.state == "damaged"
        assert told in reading.message


@pytest.mark.parametrize("name", [name for name in BUILT_IN if name != "scripted"])
def test_the_example_config_is_one(name: str):
    registry = load_registry()
    if not any(offer.name == "paper" for offer in registry.offers("broker")):
        pytest.skip("the paper broker is not installed")
    strategy = _found(registry, name)
    assert strategy.sheet.value is not None

    config = load_session_config(example_config(strategy, strategy.sheet.value), registry)

    assert [one.name for one in config.strategies] == [name]


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_example_commands_vary_whole_parameters_within_their_bounds(name: str):
    strategy = _found(load_registry(), name)
    sheet = strategy.sheet.value
    assert sheet is not None

    commands = example_commands(strategy, sheet)

    bounds = {one.name: (one.low, one.high) for one in sheet.parameters}
    for parameter, values in re.findall(r"--param (\w+)=([\d,]+)", commands):
        low, high = bounds[parameter]
        assert all(low <= int(value) <= high for value in values.split(","))
    assert ("logos sweep" in commands) == (name not in {"buy_and_hold", "scripted"})
    assert ("strategies check" in commands) == (name != "scripted")


def test_values_stand_as_a_config_writes_them():
    shown = {
        one.name: (default_text(one), value_text(one.low), value_text(one.high))
        for one in _found(load_registry(), "mean_reversion").sheet.value.parameters  # type: ignore[union-attr]
    }

    assert shown["entry"] == ("2", "0.1", "10")
    assert shown["window"] == ("30", "2", "10000")
    assert shown["short"] == ("false", "", "")


@pytest.mark.parametrize(
    ("value", "text"),
    [(10_000, "10,000"), (Decimal(9_999), "9,999"), (Decimal("0.1"), "0.1"), (None, ""), (True, "true"), ("a", "a")],
)
def test_bounds_are_read_and_not_typed_so_their_thousands_are_grouped(value: Any, text: str):
    assert bound_text(value) == text


def test_numpydoc_becomes_headings_lists_and_code():
    shown = as_markdown(
        """Trade ``fast`` things.

        See :class:`logos.Bar` and `other`.

        Parameters
        ----------
        fast, slow : int, optional
            Bars in each average.
            On two lines.
        short:
            Whether.

        Examples
        --------
        >>> 1 + 1
        2
        """
    )

    assert shown.startswith("Trade `fast` things.")
    assert "`logos.Bar` and `other`" in shown
    assert "**Parameters**" in shown
    assert "- `fast, slow` (int, optional): Bars in each average. On two lines." in shown
    assert "- `short`: Whether." in shown
    assert "```text\n>>> 1 + 1\n2\n```" in shown
    assert summary_of("Trade ``fast`` things.\n\nMore.") == "Trade fast things"
    assert as_markdown(None) == summary_of(None) == ""


@pytest.mark.parametrize(
    "text",
    [
        "![p](http://example.org/p.png)",
        "[here](http://example.org)",
        "<img src=x>",
        "<http://example.org>",
        "$x$ and ~~y~~",
        "# not a heading",
        "a | b",
        ":red[x]",
    ],
)
def test_what_markdown_would_take_for_a_sign_is_escaped(text: str):
    shown = as_markdown(text)

    assert re.sub(r"\\([^\w\s])", r"\1", shown) == text
    assert not re.search(r"(?<!\\)[\[\]<>$~|#:!]", shown)


@given(st.text(alphabet=st.sampled_from("ab `*_[]()<>!:-=>#.\n\\"), max_size=120))
@settings(max_examples=100)
def test_any_docstring_can_be_rendered(text: str):
    shown = as_markdown(text)

    prose = re.sub(r"```text.*?```|`[^`]*`", "", shown, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)[\[\]<>]", prose)
    summary_of(text)


def test_the_command_and_the_page_share_one_check():
    assert strategies.check_offer is strategies_commands.check_offer
