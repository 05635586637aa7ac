"""One run of the dashboard: styles, the navigation with the pages of every plugin, and the page that was asked for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from html import escape

import streamlit as st
from streamlit.errors import StreamlitAPIException

from logos.context.credentials import remember_environment, remember_file
from logos.context.redaction import redact_text
from logos.plugins.registry import Registry, load_registry
from logos.ui.streamlit import state
from logos.ui.streamlit.components.shield import shielded
from logos.ui.streamlit.data.pages import Pages, pages_of, resolve
from logos.ui.streamlit.design.styles import style_sheet
from logos.ui.streamlit.page import DashboardPage

_ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='5' fill='#0a5ea8'/>"
    "<path d='M7 22l6-7 5 4 7-10' fill='none' stroke='#fff' stroke-width='3'/></svg>"
)


_PLAIN = ":material/web_asset:"


def run() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Logos", page_icon=_ICON, layout="wide", initial_sidebar_state="auto")
    remember_environment()
    remember_file(state.workspace())
    style_sheet()
    pages = installed_pages()
    places = {
        section: [_place(page, first=page is pages.pages[0][1]) for page in some]
        for section, some in pages.by_section().items()
    }
    places[next(iter(places))].append(_at_its_name(places))
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
    return pages_of(installed_registry())


def _place(page: DashboardPage, *, first: bool) -> st.Page:
    """Return a page as Streamlit takes it; a symbol that Streamlit does not know is left out.

    The first one has the root as its address, and its name is left to the page that leads there.
    """
    place = f"{page.name}-at-root" if first else page.name
    make = partial(st.Page, _shown(page), title=page.title, url_path=place, default=first)
    try:
        return make(icon=page.icon)
    except StreamlitAPIException:
        return make(icon=_PLAIN)


def _at_its_name(places: Mapping[str, Sequence[st.Page]]) -> st.Page:
    """Return a page at the name of the first one that leads there: Streamlit has the first one at the root alone."""
    first, name = next(iter(places.values()))[0], installed_pages().pages[0][1].name

    def show() -> None:
        st.switch_page(first)

    return st.Page(show, title=first.title, url_path=name, visibility="hidden")


def _shown(page: DashboardPage) -> Callable[[], None]:
    def draw() -> object:
        return resolve(page.target)()

    def show() -> None:
        shielded(draw, what=f"The page {page.title}")

    return show


def _side() -> None:
    place = escape(redact_text(str(state.workspace())))
    st.sidebar.html(f'<p class="logos-side"><strong>Read-only</strong> view of<br>{place}</p>')
