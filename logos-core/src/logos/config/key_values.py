"""Values that look like keys by themselves, whatever they are called in a config."""

from __future__ import annotations

import re
from itertools import pairwise

_KNOWN_FORMS = re.compile(
    r"""(?x)
    (?<![A-Za-z0-9])(?:
        (?:AKIA|ASIA)[A-Z0-9]{16}            # Amazon
      | (?:PK|AK|CK)(?=[A-Z]*[0-9])(?:[A-Z0-9]{18}|[A-Z0-9]{24})(?![A-Za-z0-9])  # Alpaca: paper, live, broker
      | (?:sk|pk|rk)[-_](?:live|test|proj|ant)[-_]?[A-Za-z0-9_-]{16,}
      | sk-[A-Za-z0-9]{20,}
      | gh[pousr]_[A-Za-z0-9]{20,}
      | github_pat_[A-Za-z0-9_]{20,}
      | glpat-[A-Za-z0-9_-]{16,}
      | xox[abprs]-[A-Za-z0-9-]{10,}
      | AIza[A-Za-z0-9_-]{30,}
      | eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.
    )
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    """
)
_HEX = re.compile(r"(?<![A-Za-z0-9])(?:0x)?(?:[0-9a-f]{32,}|[0-9A-F]{32,})(?![A-Za-z0-9])")
_WORD = re.compile(r"[A-Za-z0-9]{24,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_DIGITS = re.compile(r"[0-9]+")
_LEAST_CHANGES = 0.4
"""Random letters and digits change between small, capital and digit at two of three places; words seldom do."""


def looks_like_key(text: str) -> bool:
    """Return whether a text holds what an issuer of keys would make: a known form, long hexadecimal or base64."""
    if _KNOWN_FORMS.search(text):
        return True
    if any(any(sign.isdigit() for sign in found[0]) and not found[0].isdigit() for found in _HEX.finditer(text)):
        return True
    candidates = [*_WORD.findall(text), *(found for found in _BASE64.findall(text) if _few_slashes(found))]
    return any(_is_random(candidate) for candidate in candidates)


def _few_slashes(text: str) -> bool:
    return text.count("/") * 12 <= len(text)


def _is_random(text: str) -> bool:
    kinds = [_kind(sign) for sign in text]
    if not {"small", "capital"} <= set(kinds) or len(_DIGITS.findall(text)) < 2:
        return False  # a year at the end of a name is one run of digits
    changes = sum(one != next_one for one, next_one in pairwise(kinds))
    return changes >= _LEAST_CHANGES * (len(kinds) - 1)


def _kind(sign: str) -> str:
    return "digit" if sign.isdigit() else "capital" if sign.isupper() else "small" if sign.islower() else "mark"
