"""One run of the dashboard: styles, the navigation with the pages of every plugin, and the page that was asked for."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import cache
from html import escape

import attrs
import streamlit as st
from streamlit.errors import StreamlitAPIException

from logos.context.credentials import remember_environment, remember_file
from logos.context.redaction import redact_text
from logos.plugins.registry import Registry, load_registry
from logos.ui.streamlit import state
from logos.ui.streamlit.components.shield import shielded
from logos.ui.streamlit.data.pages import PageFault, Pages, pages_of, resolve
from logos.ui.streamlit.design.styles import style_sheet
from logos.ui.streamlit.page import PLAIN_ICON, DashboardPage

_ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='5' fill='#0a5ea8'/>"
    "<path d='M7 22l6-7 5 4 7-10' fill='none' stroke='#fff' stroke-width='3'/></svg>"
)


def run() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Logos", page_icon=_ICON, layout="wide", initial_sidebar_state="auto")
    remember_environment()
    remember_file(state.workspace())
    style_sheet()
    pages = installed_pages()
    home = pages.home()
    at_root = _place(home, at_root=True)
    places = {
        section: [at_root if page is home else _place(page) for page in some]
        for section, some in pages.by_section().items()
    }
    places[home.section].append(_at_its_name(home, at_root))
    chosen = st.navigation(places, expanded=True)
    st.set_page_config(page_title=f"{chosen.title} · Logos")
    _side()
    state.enter(chosen.url_path)
    chosen.run()
    _settled(chosen.url_path)


@cache
def _settled(_page: str) -> None:
    """Take what the first run of a page has loaded out of the garbage collector's sight.

    Streamlit collects after every run, and while it walks through a hundred thousand objects of loaded modules no
    message leaves for the browser, the chart among them.
    """
    gc.collect()
    gc.freeze()


@cache
def installed_registry() -> Registry:
    """Return what is installed, loaded once a process."""
    return load_registry()


@cache
def installed_pages() -> Pages:
    """Return the pages of every installed plugin, found once a process."""
    found = pages_of(installed_registry())
    told = "its page {!r} has the icon {!r}, which Streamlit does not know: a plain one is shown"
    strange = tuple(
        PageFault(distribution=distribution, fault=told.format(page.name, page.icon))
        for distribution, page in found.pages
        if not _is_known(page.icon)
    )
    return attrs.evolve(found, faults=(*found.faults, *strange))


@cache
def _is_known(icon: str) -> bool:
    """Return whether Streamlit has a symbol; it is asked by making a page of it."""
    try:
        st.Page(lambda: None, title="Any", url_path="any", icon=icon)
    except StreamlitAPIException:
        return False
    return True


def _place(page: DashboardPage, *, at_root: bool = False) -> st.Page:
    """Return a page as Streamlit takes it; in place of a symbol that it does not know it gets a plain one.

    The one at the root has another name in its address than its own, which is left to the page that leads there.
    """
    place = f"{page.name}-at-root" if at_root else page.name
    icon = page.icon if _is_known(page.icon) else PLAIN_ICON
    return st.Page(_shown(page), title=page.title, icon=icon, url_path=place, default=at_root)


def _at_its_name(home: DashboardPage, at_root: st.Page) -> st.Page:
    """Return a page at the name of the one at the root that leads there: Streamlit has that one at the root alone."""

    def show() -> None:
        st.switch_page(at_root)

    return st.Page(show, title=home.title, url_path=home.name, visibility="hidden")


def _shown(page: DashboardPage) -> Callable[[], None]:
    def draw() -> object:
        return resolve(page.target)()

    def show() -> None:
        shielded(draw, what=f"The page {page.title}")

    return show


def _side() -> None:
    place = escape(redact_text(str(state.workspace())))
    st.sidebar.html(f'<p class="logos-side"><strong>Read-only</strong> view of<br>{place}</p>')
