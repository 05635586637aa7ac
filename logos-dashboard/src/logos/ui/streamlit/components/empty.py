"""Cards that stand where there is nothing to show, or where something is wrong. Never a stack trace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from logos.context.redaction import redact_text
from logos.ui.streamlit.data.readings import Reading

_OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def empty_card(title: str, text: str = "", hint: str = "") -> None:
    """Draw a card that says what is not there, and what would put it there.

    Parameters
    ----------
    hint:
        What to do next; what stands in backquotes is a command.
    """
    _card("empty", "", title, text, hint)


def warning_card(text: str, hint: str = "", findings: Sequence[str] = ()) -> None:
    """Draw a card that says what could not be read whole."""
    _card("warning", "Warning", "", text, hint, findings)


def gone_card(kind: str, name: str, instead: str) -> None:
    """Draw a card that says that an address names what is not there, and what is shown in its place.

    The name stands last, so that nothing behind it is taken for its value and masked.

    Parameters
    ----------
    kind:
        What was asked for, such as ``run``.
    instead:
        What is done, as a clause: ``The newest is shown``.
    """
    warning_card(f"{instead}: there is no {kind} {name}")


def error_card(title: str, text: str, hint: str = "", findings: Sequence[str] = ()) -> None:
    """Draw a card that says what cannot be shown, and why."""
    _card("error", "Error", title, text, hint, findings)


def findings_card(title: str, findings: Sequence[str], *, warning: bool = False) -> None:
    """Draw a card that says in points what was found.

    Parameters
    ----------
    warning:
        Whether it is set off as a warning; the title has to say why.
    """
    _card("warning" if warning else "empty", "", title, "", "", findings)


def show_reading(reading: Reading[Any], *, title: str = "Nothing here yet") -> bool:
    """Draw what is to be said of a reading, and return whether it has a value to show."""
    if reading.state == "partial":
        warning_card(reading.message, reading.hint, reading.findings)
    elif reading.state == "missing":
        empty_card(title, _begun(reading.message), reading.hint)
    elif reading.state == "damaged":
        error_card("This cannot be read", reading.message, reading.hint, reading.findings)
    return reading.usable


def with_whole_options(text: str) -> str:
    """Return a text in HTML, without tags, so that no line of it ends within an option of a command.

    A browser may end a line behind each hyphen, and ``-`` at its end with ``-clear-halt`` below is not to be read.
    """
    return _OPTION.sub(r'<span style="white-space:nowrap">\g<0></span>', text)


def _card(kind: str, word: str, title: str, text: str, hint: str, points: Sequence[str] = ()) -> None:
    lines = [f'<div class="logos-card logos-{kind}" role="{"note" if kind == "empty" else "status"}">']
    head = ": ".join(part for part in (word, title) if part)
    if head:
        lines.append(f'<p class="logos-card-title">{_plain(head)}</p>')
    if text:
        lines.append(f"<p>{with_whole_options(_plain(text))}</p>")
    if points:
        lines.append(f"<ul>{''.join(f'<li>{_plain(point)}</li>' for point in points)}</ul>")
    if hint:
        lines.append(f'<p class="logos-hint">{_with_code(hint)}</p>')
    st.html("".join((*lines, "</div>")))


def _begun(text: str) -> str:
    """Return a text with a capital letter, unless it begins with the name of a file or the like."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text


def _plain(text: str) -> str:
    return escape(redact_text(text))


def _with_code(text: str) -> str:
    """Return a text as HTML; what stands between backquotes is set as code."""
    parts = _plain(text).split("`")
    if len(parts) % 2 == 0:  # one backquote without its fellow is a backquote
        return "`".join(parts)
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
