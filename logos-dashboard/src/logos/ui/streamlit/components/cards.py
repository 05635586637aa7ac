"""Metric tiles: a label, a number with its unit, and what it is compared to."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal

import attrs
import streamlit as st

Tone = Literal["neutral", "good", "bad", "warn"]

_SYMBOLS: dict[Tone, str] = {"neutral": "", "good": "▲", "bad": "▼", "warn": "!"}
_WORDS: dict[Tone, str] = {"neutral": "", "good": "good: ", "bad": "bad: ", "warn": "needs a look: "}


@attrs.frozen
class Metric:
    """One tile.

    Attributes
    ----------
    label:
        What is counted.
    value:
        The number as text, with sign and unit.
    delta:
        What it is compared to, as text with its sign.
    meaning:
        What the number is, in a sentence: shown while the tile is pointed at, and told by screen readers.
    tone:
        Colours the delta, or the value where there is none; a symbol stands beside it, so that colour is never alone.
    """

    label: str
    value: str
    delta: str = ""
    meaning: str = ""
    tone: Tone = "neutral"


def metric_cards(items: Sequence[Metric]) -> None:
    """Draw tiles in a row that wraps."""
    st.html(f'<dl class="logos-metrics">{"".join(map(_tile, items))}</dl>')


def _tile(item: Metric) -> str:
    meaning = f' title="{escape(item.meaning)}"' if item.meaning else ""
    mark = _mark(item.tone)
    value = _with_thin_unit(item.value)
    if item.delta:
        body = f"<dd>{value}</dd>" + f'<dd class="logos-delta logos-{item.tone}">{mark}{escape(item.delta)}</dd>'
    else:
        body = f'<dd class="logos-{item.tone}">{mark}{value}</dd>'
    return f'<div class="logos-metric"{meaning}><dt>{escape(item.label)}</dt>{body}</div>'


def _mark(tone: Tone) -> str:
    if not _SYMBOLS[tone]:
        return ""
    spoken = f'<span class="logos-spoken">{_WORDS[tone]}</span>'
    return f'<span class="logos-mark" aria-hidden="true">{_SYMBOLS[tone]}</span>{spoken}'


def _with_thin_unit(value: str) -> str:
    """Return a value as HTML with its unit set back: ``1,234.56 USD``."""
    text, gap, unit = value.rpartition(" ")
    if gap and text[-1:].isdigit() and unit.isalpha():
        return f'{escape(text)} <span class="logos-unit">{escape(unit)}</span>'
    return escape(value)
