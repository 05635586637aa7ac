"""What every page begins with: its title, when it was read last, and how old what it shows is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from logos.context.clock import SystemClock
from logos.ui.streamlit import state
from logos.ui.streamlit.design.formats import ago, duration, when

_STALE_AFTER = 3
"""A panel is stale when its data are older than this many times what is expected."""


def page_header(title: str, subtitle: str = "") -> None:
    """Draw a page's title, and below it in a sentence what it shows."""
    below = f"<p>{escape(subtitle)}</p>" if subtitle else ""
    st.html(f'<header class="logos-header"><h1>{escape(title)}</h1>{below}</header>')


def linked_tabs(labels: Sequence[str], *, name: str) -> Sequence[DeltaGenerator]:
    """Draw tabs of which the address says which one is open, unless it is the first, and return them.

    Parameters
    ----------
    labels:
        What stands on them; the address has what stands before a number in brackets.
    name:
        Under what it stands in the address; no other page has the same, and it ends with ``-tab``.
    """
    words = {label.partition(" (")[0]: label for label in labels}
    st.session_state[name] = words.get(state.chosen(name), labels[0])

    def turned() -> None:
        open_one = st.session_state[name]
        state.choose_beside(name, "" if open_one == labels[0] else open_one.partition(" (")[0])

    return st.tabs(labels, key=name, on_change=turned)


def section(title: str, note: str = "") -> None:
    """Draw the title of a part of a page."""
    behind = f" <span>{escape(note)}</span>" if note else ""
    st.html(f'<h2 class="logos-section">{escape(title)}{behind}</h2>')


def refreshed_at(now: int | None = None) -> None:
    """Draw when the panel was refreshed last.

    Parameters
    ----------
    now:
        Seconds since the epoch; by default this moment.
    """
    st.html(refreshed_html(now))


def refreshed_html(now: int | None = None) -> str:
    """Return when the panel was refreshed last as HTML."""
    moment = SystemClock().now() if now is None else now
    return f'<p class="logos-refreshed">Last refresh <time>{when(moment, seconds=True)}</time></p>'


def refresh_control(*, key: str) -> None:
    """Draw the choice of how often live panels are refreshed, which is one for the whole window.

    Parameters
    ----------
    key:
        Unique on the page.
    """
    st.session_state[key] = state.refresh_seconds()
    st.segmented_control(
        "Refresh every",
        state.REFRESH_CHOICES,
        key=key,
        required=True,
        on_change=lambda: state.choose_refresh(st.session_state[key]),
        format_func=lambda seconds: f"{seconds} s" if seconds else "Off",
    )


def waiting_for(there: Callable[[], bool]) -> None:
    """Draw the page again once there is something to show on it, looking as often as live panels are refreshed.

    Parameters
    ----------
    there:
        Whether there is; false as long as the page has nothing but a card that says so.
    """

    def look() -> None:
        if there():
            st.rerun()

    if every := state.refresh_seconds():
        st.fragment(look, run_every=every)()


def still_html(now: int) -> str:
    """Return the badge of a panel that is not refreshed: when it was drawn, in place of how old it is.

    Parameters
    ----------
    now:
        Seconds since the epoch.
    """
    return _badge("neutral", f"Refresh is off: drawn at {when(now, seconds=True)}")


def staleness_html(age_seconds: float | None, expected_seconds: float | None, *, what: str = "Data") -> str:
    """Return a badge that says how old what is shown is; past three times what is expected it says so in a word.

    Parameters
    ----------
    age_seconds:
        How long ago the data were written; ``None`` where nobody knows.
    expected_seconds:
        How often they are written; ``None`` for what does not change any more.
    what:
        What is old or fresh.
    """
    if age_seconds is None:
        kind, text = "neutral", f"{what}: age unknown"
    elif expected_seconds is None:
        kind, text = "neutral", f"{what} from {ago(age_seconds)}"
    elif age_seconds > _STALE_AFTER * expected_seconds:
        kind, text = "warn", f"{what} stale: {ago(age_seconds)}, expected every {duration(expected_seconds)}"
    else:
        kind, text = "good", f"{what} fresh: {ago(age_seconds)}"
    return _badge(kind, text)


def _badge(kind: str, text: str) -> str:
    """Return a badge that knows when it was drawn, for the style sheet to say it once nothing is drawn any more."""
    drawn = when(SystemClock().now(), seconds=True)
    return f'<span class="logos-badge logos-{kind}" data-drawn="{drawn}">{escape(text)}</span>'
