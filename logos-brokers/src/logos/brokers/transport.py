"""The transport of a dry-run: lets through the reads of an allow-list, and cuts off everything else.

Both CCXT and alpaca-py send with a ``requests.Session``. What they send passes ``ReadOnlyTransport``, whichever of
their methods made it: a request that is not on the list raises before a connection is opened. Imports requests, so it
is loaded only when a broker asks its venue or makes a request to show.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from logos.brokers.errors import (
    DisconnectedError,
    SendingCutOffError,
    TimedOutError,
    UnreadableAnswerError,
    VenueError,
)
from logos.brokers.plain_requests import is_plain
from logos.brokers.read_requests import ReadRequest
from logos.brokers.shown_request import shown
from logos.domain.errors import BrokenInvariantError

__all__ = ["ReadOnlyTransport", "ReadRequest", "captured", "closed_transport", "read_only_session"]

MOST_BYTES = 64 * 1_024 * 1_024
"""The longest answer that is read. The largest list of markets known is about a quarter of it."""

_CHUNK = 64 * 1_024
_PORTS = {"http": 80, "https": 443}

# At its debug level urllib3 writes every address with its query, and so the signatures of some exchanges.
logging.getLogger("urllib3.connectionpool").addFilter(lambda record: record.levelno > logging.DEBUG)


class ReadOnlyTransport(HTTPAdapter):
    """Sends the reads of an allow-list; anything else raises ``SendingCutOffError`` before a connection is opened.

    Every request has a time-out, none is repeated, and no redirect is followed: an answer that redirects raises, so
    that no key is carried to another address. What fails on the way raises a ``VenueError``.

    Parameters
    ----------
    venue:
        The broker and the venue for messages, such as ``ccxt:binance``.
    bases:
        The addresses that may be asked: scheme, host and at most a path, before which nothing stands.
    reads:
        What may be asked of them.
    timeout:
        How many seconds a connection may take, each wait for a part of the answer, and the answer's body as a whole.
    monotonic:
        Seconds that only ever grow.
    most_bytes:
        How long the body of an answer may be, unpacked.
    """

    def __init__(
        self,
        venue: str,
        *,
        bases: Iterable[str] = (),
        reads: Iterable[ReadRequest] = (),
        timeout: float = 10.0,
        monotonic: Callable[[], float],
        most_bytes: int = MOST_BYTES,
    ) -> None:
        super().__init__(max_retries=urllib3.Retry(0, read=False, redirect=False))
        self._venue = venue
        self._bases = tuple(map(urlsplit, bases))
        self._reads = tuple(reads)
        self._timeout = timeout
        self._monotonic = monotonic
        self._most_bytes = most_bytes
        self.last: requests.Response | None = None

    def send(  # the library's own time-outs and proxies do not count, nor its wish not to verify a certificate
        self, request: requests.PreparedRequest, *_arguments: Any, **_options: Any
    ) -> requests.Response:
        """Send a read, or raise.

        Raises
        ------
        SendingCutOffError
            For a request that is not on the list; nothing of it has left.
        VenueError
            Where no whole answer comes back.
        """
        self.last = None
        if not self.allows(request):
            self._cut_off(request)
        until = self._monotonic() + self._timeout
        try:
            response = super().send(
                request,
                stream=True,
                timeout=(self._timeout, self._timeout),
                verify=True,
                cert=None,
                proxies=None,
            )
            if response.is_redirect:
                response.close()
                self._refuse_redirect(request, response)
            response.raw = io.BytesIO(self._body(response.raw, until))
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            failed: VenueError = TimedOutError(
                self._venue, f"no answer within {self._timeout:g} s to {_named(request)}", hint="Ask again later"
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            failed = DisconnectedError(
                self._venue,
                f"the connection for {_named(request)} failed: {_reason(error)}",
                hint="See that the venue can be reached from this machine",
            )
        else:
            self.last = response
            return response
        # Raised out here, so that nothing of the library's errors is kept in the chain: they hold the whole request.
        raise failed

    def allows(self, request: requests.PreparedRequest) -> bool:
        """Return whether a request may be sent."""
        if not is_plain(request):
            return False
        address = urlsplit(request.url or "")
        method = request.method or ""
        rests = (_rest(address, base) for base in self._bases)
        return any(read.allows(method, rest) for rest in rests if rest is not None for read in self._reads)

    def _cut_off(self, request: requests.PreparedRequest) -> NoReturn:
        raise SendingCutOffError(
            self._venue,
            f"{_named(request)} is none of the requests that read, and was stopped before anything was sent",
            request=shown(request),
            hint="In dry-run nothing but reads leaves this machine",
        )

    def _refuse_redirect(self, request: requests.PreparedRequest, response: requests.Response) -> NoReturn:
        host = urlsplit(response.headers.get("Location", "")).hostname or "the same host"
        raise UnreadableAnswerError(
            self._venue,
            f"the answer to {_named(request)} sends on to {host} ({response.status_code}), and keys stay here",
            hint="See whether a proxy or a login page answers instead of the venue",
            code=str(response.status_code),
        )

    def _body(self, raw: Any, until: float) -> bytes:
        """Read a body up to the most bytes and the time allowed; each part of it may take the time-out as well."""
        body = bytearray()
        with contextlib.closing(raw):  # a connection that was read to its end has gone back to the pool by then
            while part := raw.read1(_CHUNK, decode_content=True):
                body += part
                if len(body) > self._most_bytes:
                    raise UnreadableAnswerError(self._venue, f"the answer is longer than {self._most_bytes} bytes")
                if self._monotonic() > until:
                    raise TimedOutError(
                        self._venue, f"the answer was not complete within {self._timeout:g} s", hint="Ask again later"
                    )
        return bytes(body)


def closed_transport(venue: str) -> ReadOnlyTransport:
    """Return a transport that lets nothing through, for a library that only shows what it would send."""
    return ReadOnlyTransport(venue, monotonic=float)  # never asked for the time: nothing is ever sent


def read_only_session(transport: ReadOnlyTransport) -> requests.Session:
    """Return a session that sends through a transport alone, and reads neither proxies nor ``.netrc``."""
    session = requests.Session()
    session.trust_env = False
    session.adapters.clear()
    session.mount("https://", transport)
    session.mount("http://", transport)
    return session


def captured(call: Callable[[], object]) -> Mapping[str, Any]:
    """Return the request that a call wanted to send through a transport which lets nothing through.

    Raises
    ------
    BrokenInvariantError
        Where the call came back: it has sent nothing, or something through another door.
    """
    try:
        call()
    except SendingCutOffError as stopped:
        return stopped.request
    raise BrokenInvariantError("a call that sends an order came back, and should have been stopped at the transport")


def _rest(address: SplitResult, base: SplitResult) -> str | None:
    """Return the path of an address behind a base; ``None`` where it does not belong to the base."""
    if "@" in address.netloc or _origin(address) != _origin(base):
        return None
    prefix = base.path.rstrip("/")
    return address.path[len(prefix) :] if address.path.startswith(f"{prefix}/") else None


def _origin(address: SplitResult) -> tuple[str, str | None, int | None]:
    return address.scheme, address.hostname, address.port or _PORTS.get(address.scheme)


def _named(request: requests.PreparedRequest) -> str:
    address = urlsplit(request.url or "")
    return f"{request.method} {address.hostname}{address.path}"


def _reason(error: BaseException) -> str:
    """Return the innermost reason in a few words: the texts of the outer ones hold the address with its query."""
    seen = {id(error)}
    while (inner := error.__cause__ or error.__context__) is not None and id(inner) not in seen:
        seen.add(id(inner))
        error = inner
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text if text and "://" not in text and "?" not in text else type(error).__name__
