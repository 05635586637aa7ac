"""No test reaches another machine: neither its own process nor one that it starts."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

PROBES = {
    "connect": "with socket.socket() as way: way.connect(('192.0.2.1', 80))",
    "udp": "with socket.socket(type=socket.SOCK_DGRAM) as way: way.sendto(b'', ('192.0.2.1', 53))",
    "name": "socket.getaddrinfo('example.org', 80)",
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_a_test_cannot_reach_another_machine(probe: str) -> None:
    with pytest.raises(RuntimeError, match="tests run offline"):
        exec(probe, {"socket": socket})


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_a_process_of_a_test_cannot_reach_another_machine(probe: str, offline_environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", f"import socket\n{probe}"]
    done = subprocess.run(command, env=offline_environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "tests run offline" in done.stderr


def test_loopback_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"bar")
            assert accepted.recv(3) == b"bar"


@pytest.mark.parametrize("feed", ["ccxt", "yfinance"])
def test_a_program_that_is_to_stay_offline_says_what_it_will_not_ask(logos_cli, workspace, feed: str) -> None:
    exchange = "exchange: binance, " if feed == "ccxt" else ""
    config = f"feed: {{plugin: {feed}, {exchange}symbols: [BTC-USD]}}\nstrategies: [{{plugin: sma_cross}}]\n"
    (workspace / "online.yaml").write_text(config)
    span = ("--start", "2024-01-01", "--end", "2024-01-02")
    for words in (("trade", "--config", "online.yaml"), ("data", "fetch", "--config", "online.yaml", *span)):
        done = logos_cli(*words)
        assert done.returncode == 2, done.stderr
        assert "LOGOS_OFFLINE is set" in done.stderr
        assert "Traceback" not in done.stderr
