"""LOGOS_OFFLINE, and which addresses may be asked under it."""

from __future__ import annotations

import pytest

from logos.context.environment import offline
from logos.context.network import refuse_network
from logos.domain.addresses import is_loopback
from logos.domain.errors import InputError
from logos.testing.contexts import part_context


@pytest.mark.parametrize("text", ["1", "true", "YES", " 1 "])
def test_it_is_on(monkeypatch, text):
    monkeypatch.setenv("LOGOS_OFFLINE", text)
    assert offline()


@pytest.mark.parametrize("text", ["", "0", "false", "No"])
def test_it_is_off(monkeypatch, text):
    monkeypatch.setenv("LOGOS_OFFLINE", text)
    assert not offline()
    monkeypatch.delenv("LOGOS_OFFLINE")
    assert not offline()


def test_anything_else_is_refused(monkeypatch):
    monkeypatch.setenv("LOGOS_OFFLINE", "maybe")
    with pytest.raises(InputError, match="LOGOS_OFFLINE is 'maybe', expected 1 or 0"):
        offline()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:80/x", "https://localhost", "http://[::1]:8080", "http://127.9.9.9"]
)
def test_this_machine_may_be_asked(address):
    assert is_loopback(address)
    refuse_network(part_context(offline=True), address, what="a feed")


@pytest.mark.parametrize(
    "address",
    [
        *("", "https://api.example.com", "http://127.0.0.1@example.com", "http://127.0.0.1.example.com", "127.0.0.1"),
        *("http://localhost.example.com", "http://[::1", "http://10.0.0.1", "http://0.0.0.0"),
    ],
)
def test_another_machine_may_not_be_asked(address):
    assert not is_loopback(address)
    refuse_network(part_context(offline=False), address, what="a feed")
    with pytest.raises(InputError, match=r"a feed would ask .*LOGOS_OFFLINE is set"):
        refuse_network(part_context(offline=True), address, what="a feed")


def test_tests_run_with_it():
    assert offline()
