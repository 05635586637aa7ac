"""Bytes and texts of files that may be anything, as a terminal can show them."""

from __future__ import annotations

import codecs

_LOOKED_AT = 65_536
_BLANKS = "\t\r\n\f"


def is_text(data: bytes) -> bool:
    """Return whether bytes begin as UTF-8 text does: no byte that is none, and no control characters."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(data[:_LOOKED_AT], final=len(data) < _LOOKED_AT)
    except UnicodeDecodeError:
        return False
    return not any(one < " " and one not in _BLANKS for one in text)


def printable(text: str) -> str:
    """Return a text with everything escaped that a terminal would not show as it is."""
    return "".join(one if one.isprintable() and one != "\ufffd" else ascii(one)[1:-1] for one in text)


def decoded(data: bytes) -> str:
    """Return bytes as text to be shown: what is no UTF-8, and what cannot be printed, is escaped."""
    return printable(data.decode("utf-8", errors="backslashreplace"))
