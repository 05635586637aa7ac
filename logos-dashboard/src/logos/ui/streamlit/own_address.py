"""What stands before Streamlit: an answer only for those who know the dashboard by an address of this machine.

A page of another site can let its own name point to 127.0.0.1 and then read what answers there; its browser names that
site in the ``Host`` of every request. And of an ``Origin`` that Streamlit does not know it asks a service on the
internet for the address of this machine before it refuses it. Neither gets as far as Streamlit.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from ipaddress import ip_address
from typing import Any

REFUSED = "The dashboard answers only at localhost, 127.0.0.1 or [::1], and only to its own pages.\n"

_AUTHORITY = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z.-]+))(?::[0-9]{1,5})?", re.ASCII)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class OwnAddressOnly:
    """An ASGI middleware that refuses, with 403, what is not meant for this machine or comes from another's page."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hand a request on, or refuse it."""
        if scope["type"] not in {"http", "websocket"} or is_own(scope["headers"]):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: a server answers 403
        else:
            body = REFUSED.encode()
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": body})


def is_own(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a request names an address of this machine, and no page of another site as where it comes from.

    The port may be any, since a tunnel may begin at another; but an ``Origin`` has to be the very address that ``Host``
    names, which is so in every browser. A request without one, such as that of a program, is answered.
    """
    named = [(name.lower(), value.decode("latin-1")) for name, value in headers]
    hosts = [value for name, value in named if name == b"host"]
    origins = [value for name, value in named if name == b"origin"]
    if len(hosts) != 1 or not is_loopback(hosts[0]):
        return False
    return all(origin in {f"http://{hosts[0]}", f"https://{hosts[0]}"} for origin in origins)


def is_loopback(authority: str) -> bool:
    """Return whether a host, with or without a port, is this machine by a name that nobody else can give out."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        return False
    host = found["six"] or found["name"]
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
