"""Who is answered: this machine by its own names, and no page of another site, however it got here."""

from __future__ import annotations

import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.ui.streamlit import serving
from logos.ui.streamlit.own_address import REFUSED, is_loopback, is_own

PROGRAM = Path(sysconfig.get_path("scripts")) / "logos"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
ANSWERED = [
    ("localhost:8501", None),
    ("127.0.0.1:8501", None),
    ("[::1]:8501", None),
    ("localhost", "http://localhost"),
    ("localhost:9901", "http://localhost:9901"),  # a tunnel that begins at another port
    ("127.0.0.1:8501", "http://127.0.0.1:8501"),
    ("[::1]:9901", "http://[::1]:9901"),
]
REFUSED_ONES = [
    ("evil.com", None),
    ("evil.com:8501", "http://evil.com:8501"),  # a name that was let point to 127.0.0.1
    ("localhost.evil.com", None),
    ("127.0.0.1.evil.com", None),
    ("192.168.1.5:8501", None),
    ("0.0.0.0:8501", None),
    ("localhost:8501", "https://evil.com"),
    ("localhost:8501", "http://localhost:3000"),  # another page on this machine
    ("localhost:8501", "http://localhost:8501.evil.com"),
    ("localhost:8501", "null"),
    ("evil.com@localhost:8501", None),
    ("", None),
]


@attrs.frozen
class Served:
    """A server, and a socket that stands for the rest of the world."""

    port: int
    world: socket.socket

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """Return the status and the text of an answer to a request with these headers alone."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, "" if answer.status == 101 else answer.read().decode()
        finally:
            connection.close()

    def called_out(self) -> bool:
        """Return whether anything was asked of another machine."""
        self.world.setblocking(False)
        try:
            self.world.accept()[0].close()
        except BlockingIOError:
            return False
        return True


def _with(host: str, origin: str | None) -> dict[str, str]:
    return {"Host": host} | ({} if origin is None else {"Origin": origin})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=["logos dashboard", "streamlit run"])
def served(request: pytest.FixtureRequest, workspace: Path, offline_environment: dict[str, str]) -> Iterator[Served]:
    """Serve a workspace in either way, and send what it asks of others to a socket of the test."""
    port = _free_port()
    script = serving.SCRIPT.with_name("app.py")
    words = {
        "logos dashboard": [str(PROGRAM), "dashboard", "--no-browser", "--port", str(port)],
        "streamlit run": [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)],
    }[request.param]
    with socket.create_server(("127.0.0.1", 0)) as world:
        proxy = f"http://127.0.0.1:{world.getsockname()[1]}"
        process = subprocess.Popen(
            words,
            cwd=workspace,
            env=offline_environment
            | {"LOGOS_HOME": str(workspace), "HOME": str(workspace.parent / "home")}
            | {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if "http://" in line:
                    break
            else:
                pytest.fail("".join(said))
            yield Served(port, world)
        finally:
            process.kill()
            process.communicate()


def test_only_an_address_of_this_machine_and_its_own_pages_are_answered(served: Served):
    for host, origin in ANSWERED:
        headers = _with(host, origin)
        assert served.answer("/_stcore/health", headers) == (200, "ok"), headers
        assert "<!doctype html>" in served.answer("/", headers)[1].lower()
        assert served.answer("/_stcore/stream", headers | UPGRADE)[0] == 101, headers
    for host, origin in REFUSED_ONES:
        headers = _with(host, origin)
        for path in ("/", "/_stcore/health", "/_stcore/host-config", "/static/index.js"):
            assert served.answer(path, headers) == (403, REFUSED), (path, headers)
        assert served.answer("/_stcore/stream", headers | UPGRADE)[0] == 403, headers

    assert not served.called_out()


@pytest.mark.parametrize(("host", "origin"), ANSWERED)
def test_own_addresses_are_known_at_any_port(host: str, origin: str | None):
    assert is_own([(name.lower().encode(), value.encode()) for name, value in _with(host, origin).items()])


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"host", b"localhost"), (b"host", b"evil.com")],
        [(b"Host", b"evil.com")],
        [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"Origin", b"http://evil.com")],
        [(b"host", b"localhost\xff")],
        [(b"host", b"localhost:8501:1")],
        [(b"host", b"[::1")],
        [(b"host", b"[localhost]")],
        [(b"host", b"localhost.")],
        [(b"host", b"127.1")],
    ],
)
def test_what_is_not_plainly_one_address_of_this_machine_is_refused(headers: list[tuple[bytes, bytes]]):
    assert not is_own(headers)


@settings(max_examples=60)
@given(st.ip_addresses(), st.integers(min_value=0, max_value=65_535))
def test_of_numbers_only_those_of_the_loopback_are_own(address, port: int):
    host = f"[{address}]" if address.version == 6 else str(address)

    assert is_loopback(f"{host}:{port}") == is_loopback(host) == address.is_loopback
