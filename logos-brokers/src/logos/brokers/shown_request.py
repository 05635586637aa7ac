"""A prepared request as it may be shown: without its secrets, and without what the HTTP client adds of its own."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from logos.context.secret_names import may_name_a_secret
from logos.context.secrets import MASK

_TEXT = r'(?:\\.|[^"\\])*'
_IN_JSON = re.compile(rf'"(?P<name>{_TEXT})"\s*:\s*"(?P<value>{_TEXT})"', re.DOTALL)
_OF_THE_CLIENT = frozenset(("accept", "accept-encoding", "connection", "content-length", "user-agent"))
"""Headers of the HTTP client, not of the order: with them in it, a replay would differ by release of the client."""


def shown(request: requests.PreparedRequest) -> dict[str, Any]:
    """Return ``method``, ``url``, ``headers`` and ``body`` of a request as JSON values, secrets masked.

    The body is its text, byte for byte but for the masks; ``None`` where it is empty.
    """
    return {
        "method": request.method or "",
        "url": _address(request.url or ""),
        "headers": {
            name: MASK if may_name_a_secret(name) else _text(value)
            for name, value in sorted(request.headers.items(), key=lambda pair: pair[0].lower())
            if name.lower() not in _OF_THE_CLIENT
        },
        "body": _body(_text(request.body)),
    }


def _address(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, _form(parts.query), ""))


def _body(text: str) -> str | None:
    if not text:
        return None
    return _IN_JSON.sub(_entry, text) if text.startswith(("{", "[")) else _form(text)


def _entry(found: re.Match[str]) -> str:
    """Return a name and its value in JSON, the value masked where the name may be that of a secret."""
    if not may_name_a_secret(found["name"]):
        return found[0]
    start, end = (place - found.start() for place in found.span("value"))
    return f"{found[0][:start]}{MASK}{found[0][end:]}"


def _form(text: str) -> str:
    """Return a query or a form with the values of its secret names masked, each byte else as it was."""
    pairs = (pair.partition("=") for pair in text.split("&"))
    return "&".join(f"{name}{sign}{MASK if sign and may_name_a_secret(name) else value}" for name, sign, value in pairs)


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
