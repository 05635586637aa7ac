"""Guards with their limits: where each stands now, how much is left, and what it has done."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape

from logos.context.redaction import redact_text
from logos.ui.streamlit.data.headroom import CLOSE, CLOSE_IN_USE, EXPOSURE, Gauge
from logos.ui.streamlit.design.formats import MISSING, count, duration, money, number, percent

_COLUMNS = ("Guard", "State", "Used", "Now", "Left", "Limit", "Blocked", "Halted", "Note")
_NUMERIC = frozenset({"Now", "Limit", "Left", "Blocked", "Halted"})
_NEAR = f"Near the limit: from {percent(CLOSE, 0)} of it on; of {EXPOSURE} from {percent(CLOSE_IN_USE, 0)} on."
_SYMBOLS = {"bad": "▼", "warn": "!", "neutral": ""}


def guard_table_html(gauges: Sequence[Gauge], *, currency: str, decimals: int = 2) -> str:
    """Return a table with a row for each limit of each guard, and below it what is called near."""
    heads = "".join(f'<th scope="col"{_class(name)}>{name}</th>' for name in _COLUMNS)
    rows, before = [], ""
    for gauge in gauges:
        rows.append(_row(gauge, currency, decimals, first=gauge.guard != before))
        before = gauge.guard
    return (
        '<div class="logos-scroll" role="region" tabindex="0" aria-label="Guards and their limits">'
        f'<table class="logos-table"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        f'<p class="logos-refreshed logos-wrapped">{_NEAR}</p>'
    )


def amount(value: Decimal | None, kind: str, currency: str, decimals: int) -> str:
    """Return a limit, or what is compared to it, with its unit."""
    if value is None:
        return MISSING
    if kind == "ratio":
        return percent(value)
    if kind == "money":
        return money(value, currency, decimals)
    return duration(float(value)) if kind == "seconds" else number(value, 0)


def _row(gauge: Gauge, currency: str, decimals: int, *, first: bool) -> str:
    values = [amount(value, gauge.kind, currency, decimals) for value in (gauge.now, gauge.left, gauge.limit)]
    mark = _SYMBOLS[gauge.tone]
    symbol = f'<span class="logos-mark" aria-hidden="true">{mark}</span>' if mark else ""
    said = f'<span class="logos-verdict logos-{gauge.tone}">{symbol}{_plain(gauge.verdict)}</span>'
    counts = [count(gauge.blocked), count(gauge.halted)] if first else ["", ""]
    name = _plain(gauge.guard)
    head = name if first else f'<span class="logos-spoken">{name}</span>'
    if gauge.name:
        head += f'{"<br>" if first else " "}<span class="logos-hint">{_plain(gauge.name)}</span>'
    note = f'<span class="logos-measure">{_plain(gauge.note)}</span>'
    cells = [said, _bar(gauge), *map(escape, values), *counts, note]
    tail = "".join(f"<td{_class(column)}>{cell}</td>" for column, cell in zip(_COLUMNS[1:], cells, strict=True))
    return f'<tr><th scope="row">{head}</th>{tail}</tr>'


def _bar(gauge: Gauge) -> str:
    """Return how much of a limit is used as a bar with its number for those who do not see it."""
    if gauge.now is None or not gauge.limit:
        return ""
    used = min(Decimal(1), gauge.now / gauge.limit)
    return (
        f'<span class="logos-bar logos-{gauge.tone}" aria-hidden="true"><i style="width:{used * 100:.0f}%"></i></span>'
        f'<span class="logos-spoken">{percent(used, 0)}</span>'
    )


def _class(column: str) -> str:
    return ' class="logos-number"' if column in _NUMERIC else ""


def _plain(text: str) -> str:
    return escape(redact_text(text))
