"""Small tables as plain HTML: a handful of rows that screen readers read, with numbers to the right.

Long tables, which are sorted and scrolled, are Streamlit's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import streamlit as st

from logos.context.redaction import redact_text
from logos.ui.streamlit.design.formats import MISSING

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler


def plain_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: Collection[str] = (),
    code: Collection[str] = (),
    whole: Collection[str] = (),
) -> None:
    """Draw a table whose first column names its rows. Every cell goes through the masking layer.

    Parameters
    ----------
    title:
        What it is, for those who do not see where it stands.
    numeric:
        The columns that are aligned to the right.
    code:
        The columns whose cells are set as code.
    """
    st.html(table_html(title, columns, rows, numeric=numeric, code=code, whole=whole))


def table_html(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: Collection[str] = (),
    code: Collection[str] = (),
    whole: Collection[str] = (),
) -> str:
    """Return the same as HTML, to stand beside others."""
    heads = "".join(f'<th scope="col"{_class(column, numeric)}>{escape(column)}</th>' for column in columns)
    body = "".join(f"<tr>{_cells(columns, row, numeric, code, whole)}</tr>" for row in rows)
    return (
        f'<div class="logos-scroll" role="region" tabindex="0" aria-label="{escape(title)}">'
        f'<table class="logos-table"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def signed_table(
    table: pa.Table,
    shown: Mapping[str, Callable[[float], str]],
    *,
    beside: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Styler:
    """Return a table for Streamlit whose numbers are shown as they are everywhere else, with a true minus sign.

    Streamlit's own formats write a hyphen. The numbers stay numbers: they are sorted as such, and stand to the right.

    Parameters
    ----------
    shown:
        For a column of numbers what shows one; its ``column_config`` must have no format.
    beside:
        For some of these columns what stands in brackets behind the number of each row; empty where nothing does.
    """
    frame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    styled: Styler = frame.style.format(dict(shown), na_rep=MISSING)
    for column, texts in beside.items():
        for text in filter(None, dict.fromkeys(texts)):
            rows = [row for row, other in enumerate(texts) if other == text]
            styled.format(partial(_with_text, shown[column], text), subset=(rows, [column]), na_rep=MISSING)
    return styled.set_uuid("logos")  # its own is random: the browser would be sent the table each time


def _with_text(show: Callable[[float], str], text: str, value: float) -> str:
    return f"{show(value)} ({text})"


def _cells(
    columns: Sequence[str],
    row: Sequence[str],
    numeric: Collection[str],
    code: Collection[str],
    whole: Collection[str],
) -> str:
    cells = []
    for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
        text = escape(redact_text(cell))
        inner = f"<code>{text}</code>" if column in code and text else text
        tag, scope = ("td", "") if place else ("th", ' scope="row"')
        cells.append(f"<{tag}{scope}{_class(column, numeric, whole)}>{inner}</{tag}>")
    return "".join(cells)


def _class(column: str, numeric: Collection[str], whole: Collection[str] = ()) -> str:
    if column in numeric:
        return ' class="logos-number"'
    return ' class="logos-whole"' if column in whole else ""
