"""Pieces of HTML: text is always escaped here, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape

import attrs

from logos.backtest.measures import UNDEFINED

_MINUS = "\N{MINUS SIGN}"
_DASH = "\N{EN DASH}"
_NEGATIVE = re.compile(r"(?<![\w-])-(?=\d)")


@attrs.frozen
class Html:
    """Text that is markup already."""

    text: str

    def __str__(self) -> str:
        return self.text


def number(text: str) -> str:
    """Return a number as a page shows it: a true minus sign, and a dash where it is undefined."""
    if text == UNDEFINED:
        return _DASH
    return _MINUS + text[1:] if text.startswith("-") else text


def with_minus_signs(sentence: str) -> str:
    """Return a sentence with true minus signs before its negative numbers."""
    return _NEGATIVE.sub(_MINUS, sentence)


def content(value: str | Html) -> str:
    """Return text with its special characters escaped, and markup as it is."""
    return value.text if isinstance(value, Html) else escape(value)


def element(tag: str, *parts: str | Html, **attributes: str) -> Html:
    """Return an element; ``class_`` and ``aria_label`` become ``class`` and ``aria-label``."""
    names = {name: name.rstrip("_").replace("_", "-") for name in attributes}
    given = "".join(f' {names[name]}="{escape(value)}"' for name, value in attributes.items())
    return Html(f"<{tag}{given}>{''.join(map(content, parts))}</{tag}>")


def joined(parts: Iterable[Html]) -> Html:
    """Return pieces of markup one after another."""
    return Html("\n".join(map(str, parts)))


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Html]],
    *,
    numeric: Collection[str] = (),
    wide: Collection[str] = (),
    caption: str = "",
    footer: Sequence[str | Html] = (),
    meanings: Mapping[str, str] | None = None,
) -> Html:
    """Return a table that scrolls sideways where it is wider than the page.

    Parameters
    ----------
    columns:
        The headings; the first column heads its row.
    rows:
        A cell for each column.
    numeric:
        The headings of the columns to align at the right.
    wide:
        The headings of the columns that only a wide screen has room for.
    caption:
        What the table holds, above it; may be empty.
    footer:
        A last row that sums up; may be empty.
    meanings:
        What a heading means, shown where the reader points at it.
    """
    classes = [_class_of(column, numeric, wide) for column in columns]
    hints = meanings or {}
    heads = [
        element("th", column, scope="col", **given, **({"title": hints[column]} if column in hints else {}))
        for column, given in zip(columns, classes, strict=True)
    ]
    parts = [element("caption", caption)] if caption else []
    parts.append(element("thead", element("tr", *heads)))
    parts.append(element("tbody", joined(_row(row, classes) for row in rows)))
    if footer:
        parts.append(element("tfoot", _row(footer, classes)))
    return element("div", element("table", *parts), class_="scroll", tabindex="0")


def _row(cells: Sequence[str | Html], classes: Sequence[Mapping[str, str]]) -> Html:
    first, *rest = cells
    head = element("th", first, scope="row", **classes[0])
    return element("tr", head, *(element("td", cell, **given) for cell, given in zip(rest, classes[1:], strict=True)))


def _class_of(column: str, numeric: Collection[str], wide: Collection[str]) -> dict[str, str]:
    names = [name for name, columns in (("number", numeric), ("wide", wide)) if column in columns]
    return {"class_": " ".join(names)} if names else {}
