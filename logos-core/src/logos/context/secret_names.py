"""Which names say that a value is a secret, and which values look like one."""

from __future__ import annotations

import re
from functools import lru_cache

SECRET_WORDS = frozenset(
    word + plural
    for word in (
        *("key", "apikey", "secretkey", "privatekey", "accesskey", "authkey"),
        *("secret", "apisecret", "clientsecret", "password", "passwd", "passphrase", "credential"),
        *("token", "apitoken", "accesstoken", "authtoken", "signature", "authorization", "cookie"),
    )
    for plural in ("", "s")
)
"""The last word of a name whose value is a secret."""

_BARE = frozenset({"key", "keys", "token", "tokens"})
"""Alone, these name much else: a key of a config, a symbol, a coin."""

_TRAILING = frozenset({"id", "ids", "value", "text", "header", "hex", "base", "pem", "raw", "old", "new"})
"""Such a word behind the name of a secret leaves it one."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NUMBER_OR_TIME = re.compile(r"[\d.,:+%eTZ-]+")
_CREDENTIAL = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w+/=~-]{8,}|[A-Za-z]{24,}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")


def words_of(name: str) -> list[str]:
    """Return the words of a name in small letters: ``apiKey``, ``api_key`` and ``API-KEY`` have two."""
    return [word for word in re.split(r"[^a-z]+", _CAMEL.sub("_", name).lower()) if word]


@lru_cache(maxsize=1_024)
def is_sensitive(name: str) -> bool:
    """Return whether a name says that its value is a secret; for a bare ``key`` or ``token`` the value decides."""
    words = words_of(name)
    while len(words) > 1 and words[-1] in _TRAILING:
        words.pop()
    if words[-2:] == ["api", "sign"]:
        return True
    return bool(words) and words[-1] in SECRET_WORDS


def is_bare(name: str) -> bool:
    """Return whether a name is nothing but ``key`` or ``token``."""
    return "".join(words_of(name)) in _BARE


def looks_like_a_credential(value: str) -> bool:
    """Return whether a value alone looks like a key: one long word of letters and digits, neither number nor time."""
    return _CREDENTIAL.fullmatch(value) is not None and _NUMBER_OR_TIME.fullmatch(value) is None


def names_a_secret(value: str) -> bool:
    """Return whether a value is itself the name of an environment variable for a secret."""
    return _VARIABLE.fullmatch(value) is not None and is_sensitive(value)
