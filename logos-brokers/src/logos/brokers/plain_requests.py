"""Whether a request is what its first line says: nothing else in it may make a server take it for another one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlsplit

import requests

_FORM = "application/x-www-form-urlencoded"
_FIELDS = re.compile(r"""[^\s{}\[\]"'<>]+""", re.ASCII)
"""A form as one word; JSON and a further request are none."""

_BREAK = re.compile(r"[\x00\r\n]")
_OTHER_HEADERS = re.compile("method|overrid|rewrite|original")
_OTHER_FIELDS = re.compile("[-x]*(http-)?(method|verb)(-overrid.*)?")
"""Names of headers and fields by which servers take another method or path than the first line's."""


def is_plain(request: requests.PreparedRequest) -> bool:
    """Return whether a request has no body but a form in a ``POST``, and nothing that speaks for another request."""
    headers = _headers_of(request)
    address = urlsplit(request.url or "")
    if headers is None or headers.get("host", address.netloc).lower() != address.netloc.lower():
        return False
    return not _says_otherwise(address.query) and _has_plain_body(request, headers)


def _headers_of(request: requests.PreparedRequest) -> Mapping[str, str] | None:
    """Return the headers by their names as servers may read them; ``None`` where one of them is not plain."""
    headers: dict[str, str] = {}
    for given, value in request.headers.items():
        name = _spelt(_text(given))
        if name in headers or _BREAK.search(f"{name}{_text(value)}") or _OTHER_HEADERS.search(name):
            return None
        headers[name] = _text(value)
    return headers


def _has_plain_body(request: requests.PreparedRequest, headers: Mapping[str, str]) -> bool:
    body = request.body
    if "transfer-encoding" in headers or not (body is None or isinstance(body, str | bytes)):
        return False
    length = headers.get("content-length")
    if not body:
        return length in (None, "0")
    text = _text(body)
    return (
        request.method == "POST"
        and length == str(len(text))
        and headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        and _FIELDS.fullmatch(text) is not None
        and text.isascii()
        and not _says_otherwise(text)
    )


def _says_otherwise(fields: str) -> bool:
    """Whether a query or a form has a field such as ``_method``."""
    names = (unquote_plus(field.partition("=")[0]) for field in re.split("[&;]", fields))
    return any(_OTHER_FIELDS.fullmatch(_spelt(name)) for name in names)


def _spelt(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
