"""Strategy Lab: what every installed strategy is, what can be set, and how it stands to the checks."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from logos.context.redaction import redact_text
from logos.plugins.offers import READY, Offer
from logos.strategies.checks import CHECKS, CheckReport
from logos.ui.streamlit import state
from logos.ui.streamlit.components.cards import Metric, metric_cards
from logos.ui.streamlit.components.empty import empty_card, error_card, gone_card, show_reading
from logos.ui.streamlit.components.frame import page_header, section
from logos.ui.streamlit.components.parameter_table import parameter_table
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.strategies import (
    Checked,
    Sheet,
    Strategy,
    example_commands,
    example_config,
    example_path,
    failed_plugins,
    list_strategies,
    look_ahead_check,
)
from logos.ui.streamlit.design.formats import MISSING, count, when
from logos.ui.streamlit.navigation import installed_registry

_CHOSEN, _PICK = "strategy", "lab-strategy"
_COLUMNS = ("Strategy", "Summary", "Look-back (bars)", "Parameters", "Distribution", "State")
_STYLE = (
    "<style>.st-key-lab-listed td:nth-child(2){min-width:15rem}"
    ".st-key-lab-listed th,.st-key-lab-checked th{white-space:nowrap}"
    ".st-key-lab-about{background:var(--logos-surface)}"
    ".st-key-lab-about p,.st-key-lab-about li{max-width:90ch}"
    ".st-key-lab-try [data-testid='stColumn']{min-width:min(24rem,100%)}</style>"
)
_BY_HAND = "Check it in a terminal with: `logos strategies check {name} --param NAME=VALUE`"


def show() -> None:
    """Draw the page."""
    page_header(
        "Strategy Lab",
        "What every installed strategy does, and what can be set. Only the look-ahead check runs here.",
    )
    registry = installed_registry()
    strategies = list_strategies(registry)
    if strategies:
        _listed(strategies)
        _one(_pick(strategies))
    else:
        empty_card("No strategy is installed", "", "`logos plugins list` says what is installed and what is broken")
    _failed(failed_plugins(registry))


def _listed(strategies: Sequence[Strategy]) -> None:
    section("Installed", f"{count(len(strategies))} strategies")
    rows = []
    for one in strategies:
        sheet = one.sheet.value
        rows.append(
            (
                one.name,
                one.offer.summary,
                count(sheet.lookback) if sheet else MISSING,
                count(len(sheet.parameters)) if sheet else MISSING,
                f"{one.offer.distribution} {one.offer.version}",
                one.state,
            )
        )
    with st.container(key="lab-listed"):
        st.html(_STYLE)
        plain_table("Installed strategies", _COLUMNS, rows, numeric=("Look-back (bars)", "Parameters"))


def _pick(strategies: Sequence[Strategy]) -> Strategy:
    by_name = {one.offer.qualified: one for one in strategies}
    kept = state.chosen(_CHOSEN)
    found = next((one for one in strategies if kept in {one.name, one.offer.qualified}), None)
    st.session_state[_PICK] = (found or strategies[0]).offer.qualified
    picked = st.selectbox(
        "Strategy",
        list(by_name),
        format_func=lambda name: by_name[name].name,
        key=_PICK,
        on_change=lambda: state.choose(strategy=by_name[st.session_state[_PICK]].name),
        width=420,
    )
    if kept and found is None:
        gone_card("strategy", kept, "The first is shown")
    return by_name[picked]


def _one(strategy: Strategy) -> None:
    sheet = strategy.sheet.value
    section(strategy.name, sheet.summary if sheet else redact_text(strategy.offer.summary))
    if sheet is None:
        reading = strategy.sheet
        error_card(f"{strategy.name} cannot be used", reading.message, reading.hint and f"Mend it: `{reading.hint}`")
        return
    _cards(strategy, sheet)
    with st.container(border=True, key="lab-about"):
        st.markdown(sheet.about or "The strategy does not say what it does.")
    section("Parameters", "as a config sets them below params")
    parameter_table(sheet.parameters)
    _example(strategy, sheet)
    _check(strategy, sheet)


def _cards(strategy: Strategy, sheet: Sheet) -> None:
    form = {True: "yes", False: "no", None: MISSING}[sheet.array_form]
    metric_cards(
        [
            Metric(
                "Look-back",
                count(sheet.lookback),
                "bars, at the defaults" if sheet.lookback is not None else "depends on what is required",
                "How many of the last bars a signal may depend on; so many it needs before its first one.",
            ),
            Metric(
                "Array form",
                form,
                "" if form == MISSING else "quick in backtests and sweeps" if sheet.array_form else "runs bar by bar",
                "Whether it answers for whole columns of bars; backtests and sweeps are quicker then.",
            ),
            Metric("Parameters", count(len(sheet.parameters)), f"{count(len(sheet.required))} required"),
            Metric("Distribution", strategy.offer.distribution, f"version {strategy.offer.version}"),
        ]
    )


def _example(strategy: Strategy, sheet: Sheet) -> None:
    section("Try it", f"in a terminal, in this workspace; the config goes to {example_path(strategy)}")
    with st.container(key="lab-try"):
        left, right = st.columns((2, 3))
        left.code(example_config(strategy, sheet), language="yaml")
        right.code(example_commands(strategy, sheet), language="bash", wrap_lines=True)


def _check(strategy: Strategy, sheet: Sheet) -> None:
    section("Look-ahead check", "what `logos strategies check` runs, at default parameters".replace("`", ""))
    if sheet.required:
        names = ", ".join(sheet.required)
        empty_card("Not checked", f"It needs {names}, which has no default.", _BY_HAND.format(name=strategy.name))
        return
    with st.spinner("Checking on generated and bundled bars …"):
        reading = look_ahead_check(strategy.offer)
    if show_reading(reading, title="Not checked") and reading.value is not None:
        _verdict(strategy, reading.value)


def _verdict(strategy: Strategy, checked: Checked) -> None:
    reports = checked.reports
    failed = [report for report in reports if not report.passed]
    bars = sum(report.bars for report in reports)
    metric_cards(
        [
            Metric(
                "Result",
                f"{count(len(failed))} of {count(len(reports))} series differ" if failed else "No difference",
                "a defect" if failed else "passed",
                "Every check runs fresh instances over the same bars in another way; any difference is a defect.",
                "bad" if failed else "good",
            ),
            Metric("Checked", f"{count(bars)} bars", f"{count(len(reports))} series"),
        ]
    )
    for report in failed:
        for difference in report.differences:
            error_card(f"{difference.check} differs on {report.series}", str(difference))
    columns = ("Series", "Bars", *(name.replace("_", " ").capitalize() for name in CHECKS))
    rows = [(report.series, count(report.bars), *(_cell(report, name) for name in CHECKS)) for report in reports]
    with st.container(key="lab-checked"):
        plain_table("Bars compared by each check", columns, rows, numeric=columns[1:])
    st.caption(
        f"Checked at {when(checked.at, seconds=True)} by this dashboard: {strategy.offer.qualified} "
        f"{strategy.offer.version} with default parameters, on generated bars and those that come with the program. "
        "The numbers are bars compared; a dash stands where a check does not apply."
    )


def _cell(report: CheckReport, name: str) -> str:
    if any(difference.check == name for difference in report.differences):
        return "differs"
    return count(report.compared[name]) if name in report.compared else MISSING


def _failed(plugins: Sequence[Offer]) -> None:
    hurt = [offer for offer in plugins if offer.status != READY]
    if hurt:
        section("Not loaded", "plugins whose strategies, if they have any, cannot be listed")
        rows = [(offer.qualified, offer.version, offer.fault, offer.mend) for offer in hurt]
        plain_table("Plugins that could not be loaded", ("Plugin", "Version", "Fault", "Mend"), rows, code=("Mend",))
