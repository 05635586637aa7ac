"""Markdown that reads as well in a terminal as it renders in a browser."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from unicodedata import combining, east_asian_width

_DIGITS_A_GROUP = 3
_MARKUP = re.compile(r"[\\`*\[\]]|<(?=[A-Za-z/!?])|(?<!\w)_|_(?!\w)")


def cell(text: str) -> str:
    """Return text as it can stand in a table: on one line, with its bars escaped."""
    return " ".join(text.split()).replace("|", "\\|")


def literal(text: str) -> str:
    """Return free text so that nothing in it is taken for markup.

    Only what would change its look is escaped: stars, backticks, backslashes, and what opens a tag or a link. A sign
    such as ``<`` between numbers, or an underscore within a name, stays as it is.
    """
    return _MARKUP.sub(r"\\\g<0>", text)


def width_of(text: str) -> int:
    """Return how many columns a terminal gives a text."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "FW" else 1 for char in text)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Collection[str] = ()) -> str:
    """Return a table whose columns stand under one another also where nobody renders it.

    Parameters
    ----------
    columns:
        The headings.
    rows:
        One text for each column.
    numeric:
        The headings of the columns to align at the right.
    """
    lines = [[cell(text) for text in columns], *([cell(text) for text in row] for row in rows)]
    widths = [max(3, *(width_of(line[index]) for line in lines)) for index in range(len(columns))]
    right = [column in numeric for column in columns]
    rule = [f"{'-' * (width - 1)}:" if flush else "-" * width for width, flush in zip(widths, right, strict=True)]
    head, *body = ([_padded(*field) for field in zip(line, widths, right, strict=True)] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *body])


def _padded(text: str, width: int, flush_right: bool) -> str:  # noqa: FBT001 - called through zip
    space = " " * (width - width_of(text))
    return space + text if flush_right else text + space


def bullets(sentences: Iterable[str]) -> str:
    """Return one list item for each text."""
    return "\n".join(f"- {' '.join(sentence.split())}" for sentence in sentences)


def code(text: str) -> str:
    """Return text as inline code."""
    return f"`{text}`" if "`" not in text else f"`` {text} ``"


def fenced(lines: Iterable[str]) -> str:
    """Return lines as a block to copy into a shell."""
    return "\n".join(["```console", *lines, "```"])


def preformatted(lines: Iterable[str]) -> str:
    """Return lines as a block that keeps its columns."""
    return "\n".join(["```text", *lines, "```"])


def grouped(number: str) -> str:
    """Separate the thousands of a plain decimal, as in ``-1,234,567.80``; the digits stay as they are."""
    whole, point, fraction = number.partition(".")
    sign = "-" if whole.startswith("-") else ""
    digits = whole.removeprefix("-")
    if not digits.isdigit():
        return number
    first = len(digits) % _DIGITS_A_GROUP
    groups = [digits[:first]] if first else []
    groups += [digits[start : start + _DIGITS_A_GROUP] for start in range(first, len(digits), _DIGITS_A_GROUP)]
    return f"{sign}{','.join(groups)}{point}{fraction}"


def percent(ratio: str) -> str:
    """Move a ratio's point two places: ``0.01234567`` is ``1.234567 %``, exactly."""
    sign = "-" if ratio.startswith("-") else ""
    whole, _, fraction = ratio.removeprefix("-").partition(".")
    fraction = fraction.ljust(2, "0")
    digits = (whole + fraction[:2]).lstrip("0") or "0"
    rest = fraction[2:]
    return f"{sign}{grouped(digits)}{'.' + rest if rest else ''} %"
