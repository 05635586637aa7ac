"""The end of a log, newest at the bottom, with what Logos logs set in columns."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from logos.ui.streamlit.components.empty import empty_card, show_reading
from logos.ui.streamlit.data.logs import LogLine, matching
from logos.ui.streamlit.data.readings import Reading

_TONES = {"warning": "warn", "error": "bad", "critical": "bad"}
_STYLE = """
.logos-log { max-height: 22rem; overflow: auto; background: var(--logos-surface); border: 1px solid var(--logos-line);
  border-radius: .25rem; padding: .4rem 0; display: flex; flex-direction: column-reverse;
  font-family: "Source Code Pro", ui-monospace, monospace; font-size: .8125rem; line-height: 1.5; }
.logos-log:focus-visible { outline: 2px solid var(--logos-accent); outline-offset: 1px; }
.logos-log ol { list-style: none; margin: 0; padding: 0; }
.logos-log li { margin: 0 .75rem; padding: 0; overflow-wrap: anywhere; overflow: hidden; display: -webkit-box;
  -webkit-box-orient: vertical; -webkit-line-clamp: 3; }
.logos-log li > span { margin-right: .75em; }
.logos-log time, .logos-log .logos-quiet { color: var(--logos-muted); }
.logos-log .logos-event { font-weight: 600; }
"""


def log_view(reading: Reading[tuple[LogLine, ...]], pattern: str, *, title: str) -> None:
    """Draw the end of a log.

    Parameters
    ----------
    pattern:
        Only lines in which it is found are shown; empty for all.
    title:
        What it is, for those who do not see where it stands.
    """
    if not show_reading(reading, title="No log yet"):
        return
    lines = reading.value or ()
    found = matching(lines, pattern)
    if not show_reading(found) or found.value is None:
        return
    if not found.value:
        text = (
            "The only line does not have it."
            if len(lines) == 1
            else f"None of the last {len(lines):,} lines has it."
            if lines
            else "The log is empty."
        )
        empty_card("No such line" if lines else "Nothing logged yet", text)
        return
    st.html(f"<style>{' '.join(_STYLE.split())}</style>")
    st.html(log_html(found.value, title=title))
    told = f"{len(found.value):,} of the {_last(len(lines)).lower()}" if pattern else _last(len(lines))
    st.html(f'<p class="logos-refreshed">{told}, newest below. Times are UTC.</p>')


def _last(lines: int) -> str:
    return "Last line" if lines == 1 else f"Last {lines:,} lines"


def log_html(lines: Sequence[LogLine], *, title: str) -> str:
    """Return the lines as a list that scrolls and stays at its end."""
    items = "".join(f"<li>{_line(line)}</li>" for line in lines)
    return f'<div class="logos-log" role="region" tabindex="0" aria-label="{escape(title)}"><ol>{items}</ol></div>'


def _line(line: LogLine) -> str:
    if not line.at and not line.level:
        return escape(line.event)
    tone = _TONES.get(line.level.lower(), "quiet")
    return (
        f"<span><time>{escape(line.at.replace('T', ' ').rstrip('Z'))}</time></span>"
        f'<span class="logos-{tone}">{escape(line.level)}</span>'
        f'<span class="logos-event">{escape(line.event)}</span>{escape(line.values)}'
    )
