"""A venue on loopback: HTTP with a clock that the test gives, a log of every request, and faults on demand."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from . import faults
from .market import Market, Row, row_of

HTML = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Please wait</body></html>"
ALWAYS = float("inf")


class Request(NamedTuple):
    """One request as it came in.

    ``at`` is the venue's time, ``symbol`` what candles were asked of, ``fault`` what was done wrong with it.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    symbol: str | None
    at: float
    fault: str | None
    body: str = ""

    @property
    def form(self) -> dict[str, str]:
        """The body as the fields of a form."""
        return dict(parse_qsl(self.body, keep_blank_values=True))


class Answer(NamedTuple):
    """What goes back: a body of bytes or text, or anything else as JSON."""

    status: int
    body: Any
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


class VenueServer:
    """The part that all venues share; the venues themselves know the routes.

    Attributes
    ----------
    clock:
        Returns the venue's time in seconds since the epoch, UTC. May be replaced at any time.
    skew:
        Seconds that the venue's clock is ahead of it.
    requests:
        Every request so far, hung ones included, in the order they came in.
    connections:
        How many connections were ever opened.
    """

    max_candles = 1_000

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.skew = 0.0
        self.requests: list[Request] = []
        self.connections = 0
        self.markets: dict[str, Market] = {}
        self._scripts: list[faults.Script | faults.Plan] = []
        self._canned: dict[tuple[str, str], Answer] = {}
        self._stalled_at: float | None = None
        self._news = threading.Condition()
        self._hung: list[threading.Event] = []
        self._sockets: set[socket.socket] = set()
        self._placeholder: socket.socket | None = None
        self._server: _Listener | None = _Listener(self, 0)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    # -- the market ------------------------------------------------------------------------------------------------

    def now(self) -> float:
        """Return the venue's time."""
        return self.clock() + self.skew if self._stalled_at is None else self._stalled_at

    def serve(self, symbol: str, bars: Iterable[Any], interval: int = 60) -> None:
        """Offer a symbol's candles: bars of Logos, or ``(timestamp, open, high, low, close, volume)``, oldest first."""
        self.markets[symbol] = Market(map(row_of, bars), interval)

    def revise(self, symbol: str, timestamp: int, *, at: float | None = None, **changes: object) -> None:
        """Correct a candle (``close="101.5"``) from the venue's time ``at`` on; by default, from now on."""
        self.markets[symbol].revise(timestamp, self.now() if at is None else at, **changes)

    def lose(self, symbol: str, timestamp: int, *, until: float = ALWAYS) -> None:
        """Leave a candle out of all answers, for good or until a moment."""
        self.markets[symbol].lose(timestamp, until)

    def lag(self, seconds: float, symbol: str | None = None) -> None:
        """Let a new candle show up only so long after it has opened, of one symbol or of all."""
        for market in self._of(symbol):
            market.lag = seconds

    def stall(self, symbol: str | None = None) -> None:
        """Let time stand still: no new candle, and the last one no longer changes; of one symbol or of all.

        Where all of them stall, the venue's clock stands still too.
        """
        now = self.now()
        if symbol is None:
            self._stalled_at = now
        for market in self._of(symbol):
            market.frozen_at = now

    def resume(self) -> None:
        """Let time go on after a stall."""
        self._stalled_at = None
        for market in self.markets.values():
            market.frozen_at = None

    def candles(self, symbol: str, interval: int, fault: faults.Fault | None = None) -> list[Row]:
        """Return the candles as a fault lets them look."""
        market, now = self.markets[symbol], self.now()
        kind, options = (fault.kind, fault.options) if fault else ("", {})
        if kind == "empty":
            return []
        if kind == "backwards":
            return market.candles(now - options.get("seconds", 600), interval)
        if kind != "unsettled":
            return market.candles(now, interval)
        # The newest finished candle has not got its last trades yet: it looks as it did shortly before its close.
        early = market.candles(now // interval * interval - options.get("seconds", interval / 4), interval)
        return [*early, *(row for row in market.candles(now, interval) if row.timestamp > early[-1].timestamp)]

    def _of(self, symbol: str | None) -> Sequence[Market]:
        return list(self.markets.values()) if symbol is None else [self.markets[symbol]]

    # -- misbehaviour ----------------------------------------------------------------------------------------------

    def misbehave(
        self, kind: str, times: int | None = 1, *, symbol: str | None = None, path: str | None = None, **options: Any
    ) -> None:
        """Do something wrong with the next requests: for candles, of one symbol or any; or with those of a path.

        ``times=None`` goes on until ``behave``. Options: ``retry_after`` (seconds, text), ``seconds`` (how far back,
        or how early), ``pause`` (between the bytes of a trickle).
        """
        fault = faults.Fault(faults.checked(kind), options)

        def wanted(request: Request) -> bool:
            if path is not None:
                return request.path.startswith(path)
            return request.symbol is not None and symbol in (None, request.symbol)

        self._scripts.append(faults.Script(fault, times, wanted))

    def plan(
        self, share: float = 0.2, seed: int = 7, kinds: Sequence[str] = faults.DEFAULT_PLAN, **options: Any
    ) -> None:
        """Do something wrong with a share of all requests for candles; the seed decides with which, and what."""
        self._scripts.append(faults.Plan(share, seed, [faults.checked(kind) for kind in kinds], options))

    def behave(self) -> None:
        """Forget every script and plan, and let go of what hangs."""
        self._scripts.clear()
        self.release()

    def answer(self, path: str, body: Any, status: int = 200, *, method: str = "GET", **headers: str) -> None:
        """Answer a path with a recorded payload from now on, whatever is asked."""
        canned = {name.replace("_", "-"): value for name, value in headers.items()}
        self._canned[method, path] = Answer(status, body, canned)

    def release(self) -> None:
        """Let go of every request that hangs: its connection is closed."""
        with self._news:
            hung, self._hung = self._hung, []
        for event in hung:
            event.set()

    def go_down(self) -> None:
        """Refuse connections, and cut those that are open."""
        server, self._server = self._server, None
        if server is None:
            return
        # A socket that is bound and does not listen keeps the port for us, and refuses whoever connects.
        server.close()
        self._placeholder = socket.socket()
        self._placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._placeholder.bind(("127.0.0.1", self.port))
        self._cut()

    def come_up(self) -> None:
        """Accept connections again, at the same address."""
        if self._server is None:
            self._server = _Listener(self, self.port)
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None

    def close(self) -> None:
        """Stop, and let go of everything."""
        self.go_down()
        if self._placeholder is not None:
            self._placeholder.close()

    # -- what the tests ask ----------------------------------------------------------------------------------------

    def asked(self, symbol: str | None = None, path: str | None = None) -> list[Request]:
        """Return the requests for candles of one symbol or any; or those of a path."""
        if path is not None:
            return [request for request in list(self.requests) if request.path.startswith(path)]
        return [
            request
            for request in list(self.requests)
            if request.symbol is not None and symbol in (None, request.symbol)
        ]

    def wait_for(self, count: int, symbol: str | None = None, path: str | None = None, seconds: float = 20) -> None:
        """Wait until so many requests have come in, as ``asked`` counts them."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.asked(symbol, path)) >= count, seconds):
                raise AssertionError(f"{count} requests were expected within {seconds} s, got {self.requests}")

    # -- the wire --------------------------------------------------------------------------------------------------

    def symbol_of(self, path: str, query: dict[str, str]) -> str | None:
        """Return the symbol whose candles a request asks for, ``None`` where it asks for something else."""
        raise NotImplementedError

    def route(self, request: Request, fault: faults.Fault | None) -> Answer | None:
        """Answer a request; ``None`` where the venue has no such path."""
        raise NotImplementedError

    def rate_limited(self) -> Answer:
        """Answer as the venue does when it is asked too often."""
        return Answer(429, {"error": "Too many requests"})

    def receive(
        self, method: str, target: str, headers: dict[str, str], body: str = ""
    ) -> tuple[Request, faults.Fault | None]:
        """Take note of a request, and decide what goes wrong with it."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        with self._news:
            symbol = self.symbol_of(parts.path, query)
            plain = Request(method, parts.path, query, headers, symbol, self.now(), None, body)
            taken = (script.take(plain) for script in self._scripts)
            fault = next((fault for fault in taken if fault is not None), None)
            request = plain._replace(fault=fault.kind if fault else None)
            self.requests.append(request)
            self._news.notify_all()
        return request, fault

    def respond(self, request: Request, fault: faults.Fault | None) -> Answer:
        """Return the answer with whatever is wrong about its status and its body."""
        wrong = self._wrong_status(fault)
        if wrong is not None:
            return wrong
        answer = self._canned.get((request.method, request.path)) or self.route(request, fault)
        if answer is None:
            return Answer(404, {"error": f"no such path: {request.path}"})
        kind = fault.kind if fault else ""
        if kind == "truncated":
            return answer._replace(body=answer.content[: len(answer.content) // 2])
        if kind == "html":
            return Answer(200, HTML, {"Content-Type": "text/html"})
        return answer

    def _wrong_status(self, fault: faults.Fault | None) -> Answer | None:
        kind, options = (fault.kind, fault.options) if fault else ("", {})
        later = {"Retry-After": str(options.get("retry_after", "1"))}
        if kind == "rate_limited":
            answer = self.rate_limited()
            return answer._replace(headers={**answer.headers, **later})
        if kind == "banned":
            return self.rate_limited()._replace(status=418, headers=later)
        if kind == "error_500":
            return Answer(500, "Internal Server Error", {"Content-Type": "text/plain"})
        if kind == "unavailable_503":
            return Answer(503, HTML, {"Content-Type": "text/html"})
        return None

    def hang(self, seconds: float | None = None, event: threading.Event | None = None) -> threading.Event:
        """Wait until released, or so long; return what tells which."""
        event = event or threading.Event()
        with self._news:
            if event not in self._hung:
                self._hung.append(event)
        event.wait(seconds)
        return event

    def _cut(self) -> None:
        self.release()
        with self._news:
            open_ones = list(self._sockets)
        for one in open_ones:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def connected(self, connection: socket.socket) -> Iterator[None]:
        """Know a connection while it is open."""
        with self._news:
            self.connections += 1
            self._sockets.add(connection)
        try:
            yield
        finally:
            with self._news:
                self._sockets.discard(connection)


class _Listener(ThreadingHTTPServer):
    request_queue_size = 64

    def __init__(self, venue: VenueServer, port: int) -> None:
        self.venue = venue
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="venue", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self.venue.connected(request):
            super().process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients hang up in the middle, and that is part of the test."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or the body waits 40 ms for the headers to be acknowledged
    server: _Listener

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the base class
        """Write nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(int(self.server.venue.now()) if timestamp is None else timestamp, usegmt=True)

    def _answer(self) -> None:
        venue = self.server.venue
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        request, fault = venue.receive(self.command, self.path, dict(self.headers), body)
        kind = fault.kind if fault else ""
        if kind == "timeout":
            venue.hang()
            self.close_connection = True
        elif kind == "drop":
            self._reset()
        else:
            self._send(venue.respond(request, fault), kind, fault.options.get("pause", 0.02) if fault else 0)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - named by the base class

    def _send(self, answer: Answer, kind: str, pause: float) -> None:
        content = answer.content
        headers = {"Content-Type": "application/json", **answer.headers}
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(content) > 1_400:
            content = gzip.compress(content, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if kind == "reset":
            self.wfile.write(content[: len(content) // 2])
            self._reset()
        elif kind == "trickle":
            self._trickle(content, pause)
        else:
            self.wfile.write(content)

    def _trickle(self, content: bytes, pause: float) -> None:
        waiting = threading.Event()
        for position in range(len(content)):
            self.wfile.write(content[position : position + 1])
            if self.server.venue.hang(pause, waiting).is_set():
                self.close_connection = True
                return

    def _reset(self) -> None:
        # With no time to linger, closing sends a reset. The file holds the socket open, so it goes first.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()
        self.close_connection = True
