"""A long text as code in a region of its own height, which the keyboard reaches and scrolls."""

from __future__ import annotations

from html import escape

import streamlit as st

from logos.context.redaction import redact_text


def code_region(title: str, text: str) -> None:
    """Draw a text as code, what stands behind ``#`` set back. It goes through the masking layer.

    Parameters
    ----------
    title:
        What it is, for those who do not see where it stands.
    """
    lines = "\n".join(map(_line, redact_text(text).splitlines()))
    st.html(
        f'<div class="logos-scroll logos-code" role="region" tabindex="0" aria-label="{escape(title)}">'
        f"<pre>{lines}</pre></div>"
    )


def _line(line: str) -> str:
    code, mark, comment = line.partition("# ")
    if not mark or (code and not code.endswith(" ")):  # a # within a value is none
        return escape(line)
    return f"{escape(code)}<span>{escape(mark + comment)}</span>"
