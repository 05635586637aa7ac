"""The one layer that masks secrets: values that are known, and what is named or looks like a key, token or password.

Whatever leaves the program as text goes through ``redact_text`` or ``redact`` at the door where it leaves, or at the
one where it came in from outside: logs, errors, tracebacks, JSON, tables, reasons in artifacts.

Known values are masked wherever they occur, also encoded for an address, in base64, as hex or escaped. What nobody
has made known is found by its name (``apiKey=…``, ``"secret": "…"``, ``X-MBX-APIKEY: …``) or by its form (a bearer
header, a login in an address, and what ``secret_forms`` knows). The bare words ``key`` and ``token`` are names of
much else, of companies and coins too, so what stands behind them is masked only where it looks like a credential, or
where ``token`` is set to it (``token=…``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from logos.context.known_secrets import KNOWN, MASK, KnownSecrets
from logos.context.secret_forms import without_keys, without_private_keys
from logos.context.secret_names import (
    BARE,
    STEMS,
    is_bare,
    is_count,
    is_number_or_time,
    is_sensitive,
    looks_like_a_credential,
    names_a_secret,
)

__all__ = ["MASK", "holds_known_secret", "is_sensitive", "redact", "redact_text", "remember"]

_DEEPEST = 40
"""How many levels of nested values are walked; deeper ones are printed as text first."""

# None of these looks back over a word, so that a text of any length is read in one go.
_NAMED = re.compile(
    rf"(?P<word>{'|'.join(STEMS)}|api[-_]?sign)"
    r"""(?P<ending>s?(?:[-_]?(?:id|value))?)
    (?P<join>\\*["']?\s*(?:[:=]|%3[AaDd])\s*(?:b(?=["']))?|\\*["']\s*,\s*b?(?=["']))
    (?:(?P<quote>\\*["'])(?P<inner>(?:(?!(?P=quote))(?:\\.|[^\n]))*)
      |(?P<list>\[[^\]\n]*\][^\s,;&"'(){}\[\]<>]*)
      |(?P<plain>(?:(?:bearer|basic|digest|token)\s+)?[^\s,;&"'(){}\[\]<>]+))""",
    re.IGNORECASE | re.VERBOSE,
)
_NAMES = re.compile(r"\w+")
_COOKIE = re.compile(r"""((?:set-)?cookie\\*["']?\s*[:=]\s*\\*["']?)([^\s"'=;]+=[^"'\n]*)""", re.IGNORECASE)
_LOGIN = re.compile(r"""(?<=://)[^\s/?#"'<>]*(?=@)""")
_SCHEME = re.compile(r"\b(bearer|basic)(\s+)([\w.~+/-]{8,}=*)", re.IGNORECASE)
_TYPED = re.compile(
    r"""\b(passw(?:or)?d|passphrase)([ \t]+)(?!(?:argon|base|md|oauth|pbkdf|sha|utf)[-_]?[0-9])
    (?=[^\s0-9]*[0-9])(?=[^\sa-z]*[a-z])([^\s,;:"'<>()\[\]{}]{6,})""",
    re.IGNORECASE | re.VERBOSE,
)
"""A password as it is typed behind its name: a word of letters and digits, so that sentences stay as they are."""
_HINTS = (*STEMS, "api-sign", "api_sign", "apisign", "://", "bearer", "basic")
"""One of these stands, in small letters, in every text that a pattern of this module could match."""


def remember(value: str) -> None:
    """Mask a value wherever it would be printed, logged or written by this process from now on."""
    KNOWN.add(value)


def holds_known_secret(text: str) -> bool:
    """Return whether a text holds a value that the process knows to be a secret, in any form."""
    return KNOWN.mask(text) != text


def redact_text(text: str, secrets: Collection[str] = ()) -> str:
    """Return a text with everything secret masked. Never fails, and masks nothing twice.

    Parameters
    ----------
    secrets:
        Values to mask besides those that the process knows.
    """
    # Before the known values: where one of them hides a part of a private key, its frame would not be found any more.
    text = KNOWN.mask(without_private_keys(text))
    if secrets:
        text = KnownSecrets(secrets).mask(text)
    text = without_keys(text)
    low = text.lower()
    if not any(hint in low for hint in _HINTS):
        return text
    text = _LOGIN.sub(MASK, text)
    text = _COOKIE.sub(rf"\1{MASK}", text)
    text = _NAMED.sub(_without_value, text)
    text = _TYPED.sub(_without_typed, text)
    return _SCHEME.sub(_without_ticket, text)


def redact(value: Any, secrets: Collection[str] = ()) -> Any:
    """Return a value as plain JSON values with everything secret masked. Never fails.

    Parameters
    ----------
    value:
        Anything; what JSON does not know is printed first.
    secrets:
        Values to mask besides those that the process knows.
    """
    return _redacted(value, secrets, _DEEPEST)


def _redacted(value: Any, secrets: Collection[str], levels: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value, secrets)
    if levels:
        if isinstance(value, Mapping):
            return {
                redact_text(_text(key), secrets): _entry(_text(key), entry, secrets, levels - 1)
                for key, entry in value.items()
            }
        if isinstance(value, list | tuple):
            return [_redacted(item, secrets, levels - 1) for item in value]
        if isinstance(value, set | frozenset):
            return sorted(redact_text(_text(item), secrets) for item in value)
    return redact_text(_text(value), secrets)


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 -- somebody else's __str__; a log line must not end a session
        return f"<{type(value).__name__} whose text raised {type(error).__name__}>"


def _entry(name: str, value: Any, secrets: Collection[str], levels: int) -> Any:
    counts = isinstance(value, int | float) and is_count(name)  # max_tokens: 500
    if not is_sensitive(name) or value is None or value == "" or isinstance(value, bool) or counts:
        return _redacted(value, secrets, levels)
    if isinstance(value, list | tuple) and all(isinstance(item, str) and names_a_secret(item) for item in value):
        return list(value)
    if isinstance(value, str) and names_a_secret(value):
        return value
    if is_bare(name) and not (isinstance(value, str) and looks_like_a_credential(value)):
        return _redacted(value, secrets, levels)
    return MASK


def _without_value(found: re.Match[str]) -> str:
    if not _hides(found):
        return found[0]
    quote = found["quote"] or ""
    return f"{found['word']}{found['ending']}{found['join']}{quote}{MASK}"


def _hides(found: re.Match[str]) -> bool:
    """Return whether what stands behind a name is to be masked; a name in the text of a message hides nothing."""
    value = found["plain"] or found["inner"] or found["list"] or ""
    counts = value.isdigit() and found["ending"].lower().startswith("s")  # max_tokens: 500
    if value in _NOTHING or counts or all(map(names_a_secret, _NAMES.findall(value) or [value])):
        return False
    before = found.string[max(found.start() - 12, 0) : found.start()]
    word = found["word"].lower()
    named = word not in BARE or before[-1:] in {"?", "&"} or _compound(before, found["word"])
    if named or (word == "key" and before[-1:].isalpha()):  # a monkey is not a key
        return named
    is_set = word == "token" and found["join"] == "=" and not found["ending"]
    return (is_set and not is_number_or_time(value)) or looks_like_a_credential(value)


_NOTHING = frozenset({"", "None", "null", "True", "true", "False", "false", MASK})
_KINDS = re.compile(r"(?:api|secret|private|access|auth|signing)[\s_-]?\Z", re.IGNORECASE)


def _compound(before: str, word: str) -> bool:
    """Return whether the word ends a longer name, such as ``API_KEY``, ``apiKey``, ``APIKEY`` or ``accesstoken``."""
    last = before[-1:]
    if last in {"_", "-"} and before[-2:-1].isalnum():
        return True
    if last.isalpha() and (word.lower() == "token" or (last.islower() and word[0].isupper())):
        return True
    return _KINDS.search(before) is not None


def _without_typed(found: re.Match[str]) -> str:
    return found[0] if names_a_secret(found[3]) else f"{found[1]}{found[2]}{MASK}"


def _without_ticket(found: re.Match[str]) -> str:
    scheme, gap, ticket = found.groups()
    told = any(sign.isdigit() or sign in "=+/_~" for sign in ticket)
    if told or (scheme.lower() == "bearer" and looks_like_a_credential(ticket)):
        return f"{scheme}{gap}{MASK}"
    return found[0]
