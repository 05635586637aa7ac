"""The read-only transport: what it lets through, what it stops before a connection, and what fails on the way."""

from __future__ import annotations

import gzip
import socket
import threading

import pytest

from logos.brokers.errors import (
    DisconnectedError,
    SendingCutOffError,
    TimedOutError,
    UnreadableAnswerError,
    VenueError,
)
from logos.brokers.read_requests import ReadRequest
from logos.domain.errors import BrokenInvariantError

requests = pytest.importorskip("requests", reason="no extra is installed")
transports = pytest.importorskip("logos.brokers.transport")

READS = (ReadRequest("GET", "/v1/(account|orders/[A-Za-z0-9-]+)"), ReadRequest("POST", "/v1/balance"))


@pytest.fixture
def server(venues):
    """Return a venue that answers a few paths; it has no candles."""
    venue = venues.binance()
    venue.answer("/v1/account", {"cash": "1"})
    venue.answer("/v1/balance", {"cash": "2"}, method="POST")
    return venue


@pytest.fixture
def session(server):
    """Return what makes a session through the transport; the address may hold a path."""

    def make(base="", **options):
        transport = transports.ReadOnlyTransport(
            "test:venue",
            **{"bases": [base or server.url], "reads": READS, "timeout": 5.0, "monotonic": float} | options,
        )
        return transports.read_only_session(transport)

    return make


def test_a_read_of_the_list_is_sent_and_its_answer_comes_back(server, session):
    assert session().get(f"{server.url}/v1/account", params={"a": "b"}).json() == {"cash": "1"}
    assert session().post(f"{server.url}/v1/balance", data={"nonce": "1"}).json() == {"cash": "2"}
    assert [(each.method, each.path) for each in server.requests] == [("GET", "/v1/account"), ("POST", "/v1/balance")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/account"),
        ("PUT", "/v1/account"),
        ("PATCH", "/v1/account"),
        ("DELETE", "/v1/account"),
        ("HEAD", "/v1/account"),
        ("OPTIONS", "/v1/account"),
        ("get", "/v1/order"),
        ("GET", "/v1/order"),
        ("GET", "/v1/account/"),
        ("GET", "//v1/account"),
        ("GET", "/V1/account"),
        ("GET", "/v1/account\n"),
        ("GET", "/v1/account%0a"),
        ("GET", "/v1/../v1/order"),
        ("GET", "/v1/orders/../cancel"),
        ("GET", "/v1/orders/%2e%2e/cancel"),
        ("GET", "/v1/orders/a/b"),
        ("GET", "/v1/orders/a;x"),
        ("GET", "/"),
        ("GET", ""),
    ],
)
def test_anything_else_raises_before_a_connection_is_opened(server, session, method, path):
    with pytest.raises(SendingCutOffError) as stopped:
        session().request(method, f"{server.url}{path}", data={"quantity": "1"})
    assert stopped.value.request["method"] == method.upper()
    assert (server.requests, server.connections) == ([], 0)


def test_another_server_is_never_asked_though_the_path_is_on_the_list(server, venues, session):
    other = venues.kraken()
    own = server.url.removeprefix("http://")
    for address in (other.url, f"https://{own}", f"http://user:pass@{own}", f"http://{own}@{other.url[7:]}"):
        with pytest.raises((SendingCutOffError, requests.exceptions.InvalidURL)):
            session().get(f"{address}/v1/account")
    assert (server.connections, other.connections) == (0, 0)


def test_a_base_with_a_path_allows_nothing_outside_that_path(server, session):
    server.answer("/mirror/v1/account", {"cash": "3"})
    within = session(f"{server.url}/mirror/")
    assert within.get(f"{server.url}/mirror/v1/account").json() == {"cash": "3"}
    for path in ("/v1/account", "/mirrorv1/account", "/mirror/mirror/v1/account"):
        with pytest.raises(SendingCutOffError):
            within.get(f"{server.url}{path}")
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "x-http-method", "X-Http-Method-Anything"])
def test_a_header_that_may_change_the_method_is_stopped(server, session, name):
    with pytest.raises(SendingCutOffError):
        session().get(f"{server.url}/v1/account", headers={name: "DELETE"})
    assert server.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_no_key_is_carried_on(server, venues, session, status):
    other = venues.kraken()
    server.answer("/v1/account", "", status=status, Location=f"{other.url}/v1/account?token=abc")
    with pytest.raises(UnreadableAnswerError, match=r"sends on to 127\.0\.0\.1") as told:
        session().get(f"{server.url}/v1/account", headers={"X-Key": "K"})
    assert "token" not in str(told.value)
    assert (len(server.requests), other.connections) == (1, 0)


def test_what_is_stopped_is_shown_without_its_secrets(server, session):
    with pytest.raises(SendingCutOffError) as stopped:
        session().post(
            f"{server.url}/v1/order?symbol=BTC&signature=S1&apiKey=S2",
            data="quantity=1&price=2.50&signature=S3",
            headers={
                "X-MBX-APIKEY": "S4", "Authorization": "Bearer S5", "API-Sign": "S6", "Cookie": "S7", "X-Plain": "seen",
            },
        )  # fmt: skip
    request = stopped.value.request
    assert request == {
        "method": "POST",
        "url": f"{server.url}/v1/order?symbol=BTC&signature=***&apiKey=***",
        "headers": {
            "API-Sign": "***", "Authorization": "***", "Cookie": "***", "X-MBX-APIKEY": "***", "X-Plain": "seen",
        },
        "body": "quantity=1&price=2.50&signature=***",
    }  # fmt: skip
    assert "S3" not in f"{stopped.value}{stopped.value!r}"


def test_a_body_of_json_is_shown_byte_for_byte_but_for_its_secrets(server, session):
    with pytest.raises(SendingCutOffError) as stopped:
        session().post(f"{server.url}/v1/order", data='{"qty": 1.10, "api_key": "S1", "note":"a b"}')
    assert stopped.value.request["body"] == '{"qty": 1.10, "api_key": "***", "note":"a b"}'


def test_a_call_that_comes_back_was_not_captured(server):
    nothing = transports.read_only_session(transports.closed_transport("test:venue"))
    assert transports.captured(lambda: nothing.get(f"{server.url}/v1/account"))["method"] == "GET"
    assert server.connections == 0
    with pytest.raises(BrokenInvariantError):
        transports.captured(lambda: None)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("timeout", TimedOutError), ("trickle", TimedOutError), ("reset", DisconnectedError), ("drop", DisconnectedError)],
)
def test_what_fails_on_the_way_is_a_typed_error_and_nothing_is_repeated(server, session, kind, error):
    server.misbehave(kind, None, path="/v1/account", pause=0.05)
    server.answer("/v1/account", {"cash": "1" * 200})
    ticks = iter(range(100_000))
    with pytest.raises(error) as told:
        session(timeout=0.4, monotonic=lambda: next(ticks) / 5).get(f"{server.url}/v1/account?signature=S1")
    server.behave()
    assert isinstance(told.value, VenueError)
    assert "S1" not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__context__ is None or told.value.__suppress_context__
    assert len(server.requests) == 1


def test_a_server_that_is_down_is_disconnected(server, session):
    server.go_down()
    with pytest.raises(DisconnectedError, match="refused"):
        session().get(f"{server.url}/v1/account")


def test_an_answer_that_is_too_long_is_given_up(server, session):
    server.answer("/v1/account", {"cash": "1" * 200_000})
    with pytest.raises(UnreadableAnswerError, match="longer than 1000 bytes"):
        session(most_bytes=1_000).get(f"{server.url}/v1/account")
    assert len(session().get(f"{server.url}/v1/account").content) > 200_000


def test_an_answer_that_is_packed_and_in_chunks_is_read_whole(session):
    body = gzip.compress(b'{"cash": "' + bytes(range(65, 91)) * 5_000 + b'"}', mtime=0)
    parts = [body[start : start + 7] for start in range(0, len(body), 7)]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
                    + b"0\r\n\r\n"
                )

        thread = threading.Thread(target=answer)
        thread.start()
        assert len(session(base).get(f"{base}/v1/account").json()["cash"]) == 26 * 5_000
        thread.join()


def test_neither_a_proxy_nor_a_netrc_of_the_environment_is_read(server, session, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login L password P\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    session().get(f"{server.url}/v1/account")
    assert "Authorization" not in server.requests[0].headers


def test_a_connection_is_used_again(server, session):
    one = session()
    for _ in range(3):
        one.get(f"{server.url}/v1/account")
    assert (len(server.requests), server.connections) == (3, 1)
