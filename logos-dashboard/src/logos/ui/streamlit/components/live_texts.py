"""Small pieces of text that the panels of a session's monitor share."""

from __future__ import annotations

from html import escape

from logos.context.redaction import redact_text
from logos.ui.streamlit.data.live_session import LiveSession
from logos.ui.streamlit.design.formats import when


def as_of_snapshot(session: LiveSession) -> str:
    """Return since when nobody knows more of what only the snapshot tells."""
    return f"as of the snapshot at {when(session.snapshot_clock, seconds=True)}"


def nothing(text: str) -> str:
    """Return a card in place of a table without rows."""
    return f'<div class="logos-card logos-empty"><p>{escape(text)}</p></div>'


def plain(text: str) -> str:
    """Return a text without secrets, safe inside HTML."""
    return escape(redact_text(text))
