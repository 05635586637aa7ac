"""The colours of both themes, named by what they are for. No colour stands anywhere else.

Series colours are those of Okabe and Ito, darkened for a light ground and lightened for a dark one, so that they keep
apart for every kind of colour vision; each comes with a dash pattern and a marker, so that colour is never alone.
"""

from __future__ import annotations

from typing import Literal

import attrs

ThemeName = Literal["light", "dark"]


@attrs.frozen(kw_only=True)
class Palette:
    """One theme.

    Attributes
    ----------
    ground, surface, sunken:
        Behind everything; behind cards and charts; behind code, table heads and what is pressed.
    line, grid:
        Borders, and the lines inside a chart.
    text, muted:
        What is read, and what is read second: labels, units, axes.
    accent:
        The one colour of what can be pressed and what is chosen.
    good, bad, warn:
        Gains, losses, and what needs a look. Each stands beside a sign, a word or a symbol.
    series:
        The colours of lines in a chart, in order.
    """

    ground: str
    surface: str
    sunken: str
    line: str
    grid: str
    text: str
    muted: str
    accent: str
    good: str
    bad: str
    warn: str
    series: tuple[str, ...]


LIGHT = Palette(
    ground="#f6f7f9",
    surface="#ffffff",
    sunken="#eceff3",
    line="#d5dbe3",
    grid="#e6eaef",
    text="#18202b",
    muted="#545f6e",
    accent="#0a5ea8",
    good="#00694a",
    bad="#a83a05",
    warn="#7a5200",
    series=("#0066a6", "#b84a00", "#00795a", "#a34c80", "#8a6400", "#4a5563", "#3b83ad"),
)

DARK = Palette(
    ground="#10141a",
    surface="#181d25",
    sunken="#232a34",
    line="#333c49",
    grid="#29313c",
    text="#e3e8ef",
    muted="#a0abba",
    accent="#6db3f2",
    good="#4cc9a0",
    bad="#f59a76",
    warn="#e6bb55",
    series=("#5db4ee", "#f08a4b", "#35c39a", "#dd98c0", "#e8b53f", "#b6c0cc", "#a9cfe6"),
)

DASHES = ("solid", "14px,3px", "2px,2px", "14px,3px,2px,3px", "7px,2px", "10px,3px,2px,3px,2px,3px", "14px,3px,5px,3px")
"""Long strokes and short gaps: on a curve that goes up and down all the time, a gap would look like missing data.

Each begins anew within the length of a legend's line, so that it can be told there.
"""

LEGEND_LINE = 44
"""Pixels of a line in a legend; Plotly's own thirty are too few for a pattern of dashes and dots."""

MARKERS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x")


def faint(color: str) -> str:
    """Return a colour as it fills what lies below a line."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def palette(theme: ThemeName) -> Palette:
    """Return the palette of a theme."""
    return DARK if theme == "dark" else LIGHT
