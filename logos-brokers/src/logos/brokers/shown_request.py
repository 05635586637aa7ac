"""A prepared request as it may be shown: without its secrets, and without what the HTTP client adds of its own."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from logos.context.secrets import MASK

_SECRET = re.compile(r"key|secret|sign|token|passw|passphrase|credential|auth|cookie", re.IGNORECASE)
_IN_JSON = re.compile(
    r'("[^"]*(?:key|secret|sign|token|passw|passphrase|credential)[^"]*"\s*:\s*")[^"]*(")', re.IGNORECASE
)
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
            name: MASK if _SECRET.search(name) else _text(value)
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
    return _IN_JSON.sub(rf"\1{MASK}\2", text) if text.startswith(("{", "[")) else _form(text)


def _form(text: str) -> str:
    """Return a query or a form with the values of its secret names masked, each byte else as it was."""
    pairs = (pair.partition("=") for pair in text.split("&"))
    return "&".join(f"{name}{sign}{MASK if sign and _SECRET.search(name) else value}" for name, sign, value in pairs)


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
