"""Values that look like keys by themselves, whatever they are called: in a config, in a log, in an answer.

A config refuses them, and every text that goes out is masked by the same patterns. One form is refused only: a long
hexadecimal number, for in what the program prints most of those are digests and ids.
"""

from __future__ import annotations

import re
from itertools import pairwise

from logos.context.known_secrets import MASK

_BLANK = r"(?:[\s+]|%20)"
_PRIVATE_KEY = re.compile(
    rf"-----BEGIN(?:[A-Z0-9]|{_BLANK}){{0,60}}?{_BLANK}PRIVATE{_BLANK}+KEY(?:{_BLANK}BLOCK)?-----"
    rf".*?(?:-----END(?:[A-Z0-9]|{_BLANK}){{0,60}}?{_BLANK}PRIVATE{_BLANK}+KEY(?:{_BLANK}BLOCK)?-----|\Z)",
    re.DOTALL,
)
"""From the first line to the last one, or to the end of a text that was cut."""

# Each ends where its letters end, so that what a mask leaves is no key of its own.
_ISSUED = re.compile(
    r"""(?x)
    (?<![A-Za-z0-9])(?:
        (?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])                                   # Amazon
      | (?![A-Z0-9]{5}[0-9]{6}[CP][0-9]{8}(?![A-Za-z0-9]))                       # an option of AKAM1 is no key
        (?:PK|AK|CK)(?=[A-Z]*[0-9])(?:[A-Z0-9]{18}|[A-Z0-9]{24})(?![A-Za-z0-9])    # Alpaca: paper, live, broker
      | (?:sk|pk|rk)[-_](?:live|test|proj|ant)[-_]?[A-Za-z0-9_-]{16,}
      | sk-[A-Za-z0-9]{20,}
      | gh[pousr]_[A-Za-z0-9]{20,}
      | github_pat_[A-Za-z0-9_]{20,}
      | glpat-[A-Za-z0-9_-]{16,}
      | xox[abprs]-[A-Za-z0-9-]{10,}
      | hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{8,}       # whoever has it can post
      | AIza[A-Za-z0-9_-]{30,}
      | eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?              # a JSON web token
    )
    """
)
_HINTS = (
    *("AKIA", "ASIA", "PK", "AK", "CK", "sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "ghp_", "gho_", "ghu_", "ghs_"),
    *("ghr_", "github_pat_", "glpat-", "xox", "AIza", "eyJ", "hooks.slack.com/"),
)
"""One of these stands in every text that holds an issued key; to look for them is quicker than to match."""

_BOT = re.compile(
    r"(?<![0-9])[0-9]{8,10}:(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[a-z])[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"
)
"""The token of a Telegram bot; before it stands nothing, or the ``bot`` of an address."""

_HEX = re.compile(r"(?<![A-Za-z0-9])(?:0x)?(?:[0-9a-f]{32,}|[0-9A-F]{32,})(?![A-Za-z0-9])")
_WORD = re.compile(r"[A-Za-z0-9]{24,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_DIGITS = re.compile(r"[0-9]+")
_LEAST_CHANGES = 0.4
"""Random letters and digits change between small, capital and digit at two of three places; words seldom do."""


def looks_like_key(text: str) -> bool:
    """Return whether a text holds what an issuer of keys would make: a known form, long hexadecimal or base64."""
    if without_keys(text) != text:
        return True
    return any(any(sign.isdigit() for sign in found[0]) and not found[0].isdigit() for found in _HEX.finditer(text))


def without_keys(text: str) -> str:
    """Return a text with private keys, issued keys and long random words masked; digests and ids stay."""
    text = without_private_keys(text)
    if any(hint in text for hint in _HINTS):
        text = _ISSUED.sub(MASK, text)
    if ":" in text:
        text = _BOT.sub(MASK, text)
    # What is left of a long run may be random where the whole of it was not.
    was = None
    while was != text:
        was = text
        text = _WORD.sub(_unless_random, _BASE64.sub(_unless_random, text))
    return text


def without_private_keys(text: str) -> str:
    """Return a text with private keys masked from their first line to their last."""
    return _PRIVATE_KEY.sub(MASK, text) if "-----BEGIN" in text else text


def _unless_random(found: re.Match[str]) -> str:
    text = found[0]
    is_path = text.count("/") * 12 > len(text)
    return MASK if not is_path and _is_random(text) else text


def _is_random(text: str) -> bool:
    if text.islower() or text.isupper() or len(_DIGITS.findall(text)) < 2:
        return False  # a digest, and a name with a year at its end
    kinds = [_kind(sign) for sign in text]
    changes = sum(one != next_one for one, next_one in pairwise(kinds))
    return changes >= _LEAST_CHANGES * (len(kinds) - 1)


def _kind(sign: str) -> str:
    return "digit" if sign.isdigit() else "capital" if sign.isupper() else "small" if sign.islower() else "mark"
