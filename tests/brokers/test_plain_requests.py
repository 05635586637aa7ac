"""What may not stand in a request that reads, and what nobody can switch off at the transport."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from logos.brokers.errors import DisconnectedError, SendingCutOffError, VenueError
from logos.brokers.read_requests import ReadRequest

requests = pytest.importorskip("requests", reason="no extra is installed")
transports = pytest.importorskip("logos.brokers.transport")

READS = (ReadRequest("GET", "/v1/account"), ReadRequest("POST", "/v1/balance"))
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "1"}
SMUGGLED = b"POST /v1/order HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def server(venues):
    """Return a venue that answers a GET and a POST; it has no candles."""
    venue = venues.binance()
    venue.answer("/v1/account", {"cash": "1"})
    venue.answer("/v1/balance", {"cash": "2"}, method="POST")
    return venue


def session_of(*bases, reads=READS):
    transport = transports.ReadOnlyTransport("test:venue", bases=bases, reads=reads, timeout=5.0, monotonic=float)
    return transports.read_only_session(transport)


@pytest.fixture
def session(server):
    return session_of(server.url)


def prepared(session, server, method="GET", path="/v1/account", **options):
    return session.prepare_request(requests.Request(method, f"{server.url}{path}", **options))


def is_stopped(session, server, request):
    with pytest.raises(SendingCutOffError):
        session.send(request)
    return (server.requests, server.connections) == ([], 0)


@pytest.mark.parametrize(
    "body",
    [{"json": ORDER}, {"data": ORDER}, {"data": "x"}, {"data": b"\x00"}, {"files": {"order": b"1"}},
     {"data": iter([b"part"])}],
    ids=["json", "form", "text", "bytes", "files", "parts"],
)  # fmt: skip
def test_a_get_with_a_body_is_stopped(session, server, body):
    assert is_stopped(session, server, prepared(session, server, **body))


def test_a_request_behind_a_get_is_stopped(session, server):
    request = prepared(session, server, data=SMUGGLED)
    request.headers["Content-Length"] = "0"
    assert is_stopped(session, server, request)
    request = prepared(session, server, "POST", "/v1/balance", headers=FORM)
    request.body = b"nonce=1"
    for length in ("0", "3", "8", "+7", "07", " 7", None):
        request.headers.pop("Content-Length", None)
        if length is not None:
            request.headers["Content-Length"] = length
        assert is_stopped(session, server, request)


@pytest.mark.parametrize(
    "headers",
    [{"Content-Length": "5"}, {"Content-Length": "-1"}, {"Transfer-Encoding": "chunked"},
     {"transfer-encoding": "identity"}, {"Transfer_Encoding": "chunked"}, {"content_length": "5"}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/account"), ("POST", "/v1/balance")])
def test_a_length_that_does_not_fit_is_stopped(session, server, method, path, headers):
    request = prepared(session, server, method, path)
    request.headers.update(headers)
    assert is_stopped(session, server, request)


@pytest.mark.parametrize(
    "name",
    ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "x_http_method_override", "X_METHOD_OVERRIDE",
     "Http-Method", "_method", "X-Override", "X-Original-URL", "X-Rewrite-URL"],
)  # fmt: skip
def test_a_header_by_which_a_server_takes_another_request_is_stopped(session, server, name):
    request = prepared(session, server)
    request.headers[name] = "DELETE"
    assert is_stopped(session, server, request)


@pytest.mark.parametrize(
    "query",
    ["_method=DELETE", "a=b&_METHOD=POST", "a=b;_method=POST", "%5Fmethod=DELETE", "_meth%6Fd=DELETE", "method=POST",
     "X-HTTP-Method-Override=PUT", "x_method_override=PUT", "+_method=PUT", "__method=PUT"],
)  # fmt: skip
def test_a_field_by_which_a_server_takes_another_method_is_stopped(session, server, query):
    assert is_stopped(session, server, prepared(session, server, path=f"/v1/account?{query}"))
    posted = prepared(session, server, "POST", "/v1/balance", data=f"nonce=1&{query}", headers=FORM)
    assert is_stopped(session, server, posted)


@pytest.mark.parametrize("host", ["api.example.org", "127.0.0.1", "127.0.0.1:1", "", b"api.example.org"])
def test_the_header_of_another_host_is_stopped(session, server, host):
    request = prepared(session, server)
    request.headers["Host"] = host
    assert is_stopped(session, server, request)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00"])
def test_a_header_of_more_than_one_line_is_stopped(session, server, end):
    for name, value in (("X-Key", f"a{end}X-Order: b"), (f"X{end}Y", "a"), ("X-Key", f"a{end}".encode())):
        request = prepared(session, server)
        request.headers[name] = value
        assert is_stopped(session, server, request)


@pytest.mark.parametrize(
    "body",
    [{"json": ORDER}, {"data": '{"side":"BUY"}', "headers": FORM}, {"data": SMUGGLED, "headers": FORM},
     {"data": "a=1", "headers": {"Content-Type": "application/json"}}, {"data": "a=1"},
     {"data": "a=é", "headers": FORM}, {"files": {"order": b"1"}}, {"data": iter([b"a=1"]), "headers": FORM}],
)  # fmt: skip
def test_a_post_that_reads_has_no_body_but_a_form(session, server, body):
    assert is_stopped(session, server, prepared(session, server, "POST", "/v1/balance", **body))


def test_what_a_library_writes_into_a_read_is_let_through(session, server):
    own = server.url.removeprefix("http://")
    assert session.get(f"{server.url}/v1/account?payment_method_id=1", headers={"Host": own}).ok
    assert session.get(f"{server.url}/v1/account", headers={"Content-Type": "application/json"}, data="").ok
    form = {"nonce": "1", "pair": "XBT/USD,ETH/USD", "text": "a b + ü"}
    assert session.post(f"{server.url}/v1/balance", data=form).ok
    assert session.post(f"{server.url}/v1/balance").ok
    assert server.requests[2].form["pair"] == form["pair"]


def test_a_base_is_no_more_than_whole_parts_of_a_path(server):
    within = session_of(f"{server.url}/api", reads=(ReadRequest("GET", ".*"),))
    for path in ("/apix", "/apix/v1", "/api", "/ap/i"):
        with pytest.raises(SendingCutOffError):
            within.get(f"{server.url}{path}")
    assert server.connections == 0


def test_a_session_has_no_way_out_but_its_transport(server):
    transport = transports.closed_transport("test:venue")
    session = transports.read_only_session(transport)
    assert set(session.adapters) == {"http://", "https://"}
    assert all(adapter is transport for adapter in session.adapters.values())


def test_a_proxy_of_the_session_is_not_asked(session, server, venues):
    proxy = venues.kraken()
    session.proxies = {"http": proxy.url, "https": proxy.url, "all": proxy.url}
    assert session.get(f"{server.url}/v1/account").ok
    assert session.get(f"{server.url}/v1/account", proxies={"http": proxy.url}).ok
    assert proxy.connections == 0


@pytest.mark.parametrize("attribute", ["proxyUrl", "httpProxy", "httpsProxy"])
def test_a_proxy_of_ccxt_is_not_asked(exchange_bench, venues, attribute):
    bench = exchange_bench("binance")
    proxy = venues.kraken()
    connected = bench.desk()._connected()
    setattr(connected._exchange, attribute, f"{proxy.url}/")
    if attribute == "proxyUrl":  # it puts the proxy in front of the address
        with pytest.raises(VenueError):
            connected.ask("publicGetTime")
    else:
        connected.ask("publicGetTime")
    assert proxy.connections == 0


@pytest.fixture
def untrusted(tmp_path):
    """Return the address of a server on loopback with a certificate of its own, and what it was asked."""
    pytest.importorskip("cryptography", reason="only the extra ccxt brings what makes certificates")
    from cryptography import x509  # noqa: PLC0415 - only where it is installed
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = tmp_path / "own.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    asked = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_arguments):
            pass

    class Quiet(HTTPServer):
        def handle_error(self, *_arguments):
            """Say nothing of a handshake that the other side has broken off."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listening = Quiet(("127.0.0.1", 0), Answers)
    listening.socket = context.wrap_socket(listening.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"https://127.0.0.1:{listening.server_port}", asked, file
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_a_certificate_that_nobody_vouches_for_is_refused_whatever_the_session_says(untrusted, monkeypatch):
    base, asked, file = untrusted
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    session = session_of(base)
    for options in ({}, {"verify": False}, {"verify": str(file)}):
        with pytest.raises(DisconnectedError, match="certificate"):
            session.get(f"{base}/v1/account", **options)
    session.verify = False
    with pytest.raises(DisconnectedError, match="certificate"):
        session.get(f"{base}/v1/account")
    assert asked == []
    assert requests.get(f"{base}/v1/account", verify=str(file), timeout=5).ok, "the server would have answered"
