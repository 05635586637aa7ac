"""What one browser window has chosen: theme, refresh interval, the run or session that it looks at.

It lives in Streamlit's session state, and where a page can be linked, in its address too.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from logos import paths
from logos.ui.streamlit.design.tokens import ThemeName

REFRESH_CHOICES = (2, 5, 10)
"""Seconds between two refreshes of a live panel."""

_REFRESH = "refresh"
_DEFAULT_REFRESH = 5
_KEPT = "logos:"


def workspace() -> Path:
    """Return the workspace that is shown."""
    return paths.workspace()


def theme() -> ThemeName:
    """Return the theme that the browser shows now, whoever chose it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def refresh_seconds() -> int:
    """Return how many seconds lie between two refreshes of a live panel."""
    text = chosen(_REFRESH, str(_DEFAULT_REFRESH))
    return int(text) if text in {str(choice) for choice in REFRESH_CHOICES} else _DEFAULT_REFRESH


def choose_refresh(seconds: int) -> None:
    """Choose how many seconds lie between two refreshes of a live panel."""
    choose(_REFRESH, str(seconds))


def chosen(name: str, default: str = "") -> str:
    """Return what was chosen under a name: what the page's address says, else what this window chose before."""
    address = st.query_params.get(name)
    if address is not None:
        st.session_state[_KEPT + name] = address
        return address
    kept = st.session_state.get(_KEPT + name)
    return kept if isinstance(kept, str) else default


def choose(name: str, value: str) -> None:
    """Choose a value and write it into the page's address, so that it can be linked; an empty one is taken out."""
    st.session_state[_KEPT + name] = value
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]
