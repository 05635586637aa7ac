"""Settings: how the dashboard looks, what it looks at, and what is installed. Nothing here changes the workspace."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from logos.context.redaction import redact_text
from logos.plugins.offers import STUB
from logos.ui.streamlit import state
from logos.ui.streamlit.components.code import code_region
from logos.ui.streamlit.components.empty import empty_card, show_reading, warning_card
from logos.ui.streamlit.components.frame import page_header, refresh_control, section
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.surroundings import (
    config_files,
    installed,
    places,
    resolved_config,
    shown_variables,
)
from logos.ui.streamlit.design.tokens import ThemeName
from logos.ui.streamlit.navigation import installed_pages, installed_registry

_THEMES: Mapping[ThemeName | None, str] = {"light": "Light", "dark": "Dark", None: "As the system"}

_COMMANDS = """\
logos trade --fixtures         # a paper session
logos backtest                 # a backtest
logos sessions list            # what ran, and how it ended
logos config check FILE.yaml   # what keeps it from running
logos lessons list             # lessons that really run
logos doctor                   # machine and workspace"""


def show() -> None:
    """Draw the page."""
    page_header("Settings", "How the dashboard looks, what it reads, and what is installed. Nothing here is written.")
    _display()
    root = state.workspace()
    section("Workspace")
    plain_table("Paths of the workspace", ("What", "Found", "Path"), [(p.what, p.found, p.path) for p in places(root)])
    _environment(root)
    _configs(root)
    _installed()
    section("Start something", "in a terminal, in this workspace; the dashboard only looks")
    st.code(_COMMANDS, language="bash")


def _display() -> None:
    section("Display")
    left, right, _ = st.columns((2, 3, 3))
    with left:
        now = state.theme()
        picked = st.radio(
            "Theme",
            list(_THEMES.values()),
            index=list(_THEMES).index(now),  # the browser tells which one is shown, and not whether it was chosen
            horizontal=True,
            key=f"theme-{now}",
        )
        if picked != _THEMES[now]:
            _keep_theme("" if picked == _THEMES[None] else picked)
    with right:
        refresh_control(key="settings-refresh")


def _keep_theme(wanted: str) -> None:
    """Let the browser keep a theme for every page, or none where it is to follow the system, and load the page anew.

    Streamlit keeps the choice in the browser, one for each address, and has no call for it.
    """
    addresses = ["/", *(f"/{page.name}" for _, page in installed_pages().pages)]
    value = json.dumps(json.dumps(wanted))
    keep = f"localStorage.setItem(name, {value})" if wanted else "localStorage.removeItem(name)"
    st.html(
        "<script>try {"
        f"for (const page of {json.dumps(addresses)}) {{ const name = `stActiveTheme-${{page}}-v2`; {keep}; }}"
        "location.reload();"
        "} catch (error) { console.info('this browser keeps no theme') }</script>",
        unsafe_allow_javascript=True,
    )


def _environment(root: Path) -> None:
    section("Environment", "values that name or look like a secret are never shown")
    reading = shown_variables(root)
    if not reading.value:
        if reading.message:
            warning_card(reading.message, reading.hint)
        empty_card(
            "No variable of Logos is set",
            "Neither the environment nor .env names one.",
            "Set `LOGOS_HOME` to work in one workspace from anywhere.",
        )
    elif show_reading(reading):
        rows = [(one.name, one.shown, one.source) for one in reading.value]
        plain_table("Variables", ("Variable", "Value", "Set in"), rows)


def _configs(root: Path) -> None:
    section("Configs", "as they resolve; behind each value where it comes from")
    found = config_files(root)
    if not found:
        empty_card(
            "No config yet",
            "There is no session, and no YAML file under configs/.",
            "`logos trade --fixtures` runs without one.",
        )
        return
    picked = st.selectbox(
        "Config", found, format_func=lambda path: _relative(path, root), key="settings-config", width=560
    )
    reading = resolved_config(picked)
    if show_reading(reading, title="The config is gone") and reading.value:
        code_region(f"The config {_relative(picked, root)}", reading.value)


def _relative(path: Path, root: Path) -> str:
    return redact_text(str(path.relative_to(root) if path.is_relative_to(root) else path))


def _installed() -> None:
    section("Installed")
    registry, pages = installed_registry(), installed_pages()
    offered = Counter(distribution for distribution, _ in pages.pages)
    rows = [
        (one.name, one.version, "" if one.parts is None else str(one.parts), str(offered[one.name] or ""))
        for one in installed(registry)
    ]
    known = {name for name, *_ in rows}
    rows += [  # a distribution of which no plugin offers a part
        (one.distribution, one.version, "0", str(offered[one.distribution] or ""))
        for one in {one.distribution: one for one, _ in registry.without_parts()}.values()
        if one.distribution not in known
    ]
    columns = ("Distribution", "Version", "Parts offered", "Pages offered")
    plain_table("Distributions", columns, rows, numeric=columns[2:])
    hurt = [offer for offer in registry.offers() if offer.fault and offer.status != STUB]
    if not hurt and not pages.faults:
        return
    section("Needs a look", "plugins and pages, and what is wrong with them")
    plain_table(
        "What is wrong with plugins and pages",
        ("Plugin", "Kind", "What is wrong", "Mend"),
        [
            *((offer.qualified, offer.kind, offer.fault, offer.mend) for offer in hurt),
            *((fault.distribution, "page", fault.fault, "") for fault in pages.faults),
        ],
        code=("Mend",),
    )
