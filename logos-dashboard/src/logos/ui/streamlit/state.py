"""What one browser window has chosen: theme, refresh interval, the run or session that it looks at.

It lives in Streamlit's session state, and where a page can be linked, in its address too. Every change of an address
is a step for the browser's Back, so an address is written in one go, and only when somebody has chosen something.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import streamlit as st

from logos import paths
from logos.ui.streamlit.design.tokens import ThemeName

OFF = 0
REFRESH_CHOICES = (OFF, 2, 5, 10)
"""Seconds between two refreshes of a live panel; 0 where it is not refreshed by itself."""

_REFRESH, _TAB = "refresh", "-tab"
_DEFAULT_REFRESH = 5
_KEPT = "logos:"
_PAGE, _ADDRESS = "logos-page", "logos-address"
_WORDS = {str(seconds) if seconds else "off": seconds for seconds in REFRESH_CHOICES}


def workspace() -> Path:
    """Return the workspace that is shown."""
    return paths.workspace()


def theme() -> ThemeName:
    """Return the theme that the browser shows now, whoever chose it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def refresh_seconds() -> int:
    """Return how many seconds lie between two refreshes of a live panel; 0 where refresh is off."""
    return _WORDS.get(chosen(_REFRESH), _DEFAULT_REFRESH)


def choose_refresh(seconds: int) -> None:
    """Choose how many seconds lie between two refreshes of a live panel; 0 for none."""
    choose_beside(_REFRESH, str(seconds) if seconds else "off")


def choose_beside(name: str, value: str) -> None:
    """Choose a value beside whatever else the address says, which then says it too, unless it is empty."""
    st.session_state[_KEPT + name] = value
    others = {other: text for other, text in st.query_params.to_dict().items() if other != name}
    _write(others | ({name: value} if value else {}))


def enter(page: str) -> None:
    """Note which page is drawn.

    What has left the address of the same page was taken back, as by the browser's Back, and is no longer chosen. What
    was chosen on a page is kept while others are looked at.
    """
    if st.session_state.get(_PAGE) == page:
        for name in st.session_state.get(_ADDRESS, ()):
            if name not in st.query_params:
                st.session_state.pop(_KEPT + name, None)
    st.session_state[_PAGE] = page
    st.session_state[_ADDRESS] = tuple(st.query_params)


def chosen(name: str, default: str = "") -> str:
    """Return what was chosen under a name: what the page's address says, else what this window chose before."""
    address = st.query_params.get(name)
    if address is not None:
        st.session_state[_KEPT + name] = address
        return address
    kept = st.session_state.get(_KEPT + name)
    return kept if isinstance(kept, str) else default


def choose(**values: str) -> None:
    """Choose values and write them into the page's address, so that they can be linked.

    The address then says these alone, without the empty ones, and the refresh interval and the open tab where it said
    them before.
    """
    for name, value in values.items():
        st.session_state[_KEPT + name] = value
    kept = {name: value for name, value in st.query_params.to_dict().items() if name == _REFRESH or name.endswith(_TAB)}
    _write(kept | {name: value for name, value in values.items() if value})


def key_of(kind: str, *names: str) -> str:
    """Return a key for a widget or a chart that is its own for some names, and does not hold them.

    A key stands in the page for everybody to read; a name of a folder may be a secret, which is masked where it is
    shown.
    """
    digest = hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{kind}-{digest[:16]}"


def _write(address: dict[str, str]) -> None:
    if address != st.query_params.to_dict():
        st.query_params.from_dict(address)
    st.session_state[_ADDRESS] = tuple(address)
