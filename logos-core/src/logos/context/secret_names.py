"""Which names say that a value is a secret, and which values behind such a name look like one.

Three questions are asked of a name, and each says yes wherever the one before it does. Of what is printed,
``is_sensitive``: the last word decides, so that little else is masked. Of a config, ``has_secret_word``: any word, for
a value can stand elsewhere. Of a request to a venue, ``may_name_a_secret``: any part of a word.
"""

from __future__ import annotations

import re
from functools import lru_cache

BARE = ("key", "token")
"""Alone, these name much else: a key of a config, a symbol, a coin."""

STEMS = (
    *("password", "passwd", "passphrase", "secret", "credential", "signature", "authorization", "cookie"),
    *BARE,
)
"""What a name ends with whose value is a secret."""

_WRITTEN_AS_ONE = (
    *("apikey", "secretkey", "privatekey", "accesskey", "authkey"),
    *("apisecret", "clientsecret", "apitoken", "accesstoken", "authtoken"),
)
SECRET_WORDS = frozenset(word + plural for word in (*STEMS, *_WRITTEN_AS_ONE) for plural in ("", "s"))
"""The last word of such a name."""

_PARTS = (*STEMS, "passw", "sign", "auth")
"""One of these stands in every name that a venue may give to a secret, or to what is made of one."""

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


def has_secret_word(name: str) -> bool:
    """Return whether any word of a name is one for a secret, also one that does not end it: ``secret_of_binance``."""
    return is_sensitive(name) or any(word in SECRET_WORDS for word in words_of(name))


def may_name_a_secret(name: str) -> bool:
    """Return whether a name of a header or a field could be that of a secret or of a signature."""
    low = name.lower()
    return any(part in low for part in _PARTS)


def is_count(name: str) -> bool:
    """Return whether a name ends with secrets in the plural: a number behind ``max_tokens`` counts them."""
    last = words_of(name)[-1:]
    return last != [] and last[0].endswith("s") and last[0] in SECRET_WORDS


def is_bare(name: str) -> bool:
    """Return whether a name is nothing but ``key`` or ``token``."""
    return "".join(words_of(name)).removesuffix("s") in BARE


def looks_like_a_credential(value: str) -> bool:
    """Return whether a value alone looks like a key: one long word of letters and digits, neither number nor time."""
    return _CREDENTIAL.fullmatch(value) is not None and not is_number_or_time(value)


def is_number_or_time(value: str) -> bool:
    """Return whether a value is a price, an amount, a date or a time of day."""
    return _NUMBER_OR_TIME.fullmatch(value) is not None


def names_a_secret(value: str) -> bool:
    """Return whether a value is itself the name of an environment variable for a secret."""
    return _VARIABLE.fullmatch(value) is not None and is_sensitive(value)
