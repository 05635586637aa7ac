"""What two texts have in common that say the same of other numbers."""

from __future__ import annotations

import re

NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w-]|\.\d)")
"""A number that stands by itself: no part of a name, a version or a date."""


def kind_of(text: str) -> str:
    """Return what remarks have in common that differ in a number alone."""
    return NUMBER.sub("#", text)
