"""Parts that are asked before a session: an allocator what it would want, a venue how it stands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from logos.assembly.probing import probe_feed
from logos.assembly.target_remarks import target_remarks
from logos.testing.bars import instrument
from logos.testing.views import FakeAccount


class Priced:
    """Divides by a price, as an allocator does that needs bars."""

    def targets(self, _changed: object, account: Any) -> list[object]:
        return [100 // account.mark("DEMO")]


class Broken:
    def targets(self, _changed: object, account: Any) -> list[object]:
        return [account.cash // 0]


def remarks_of(allocator: object) -> list[str]:
    books = FakeAccount(instruments={"DEMO": instrument("DEMO")})
    parts = SimpleNamespace(allocator=allocator, books=books, pairs=[])
    config: Any = SimpleNamespace(allocator=SimpleNamespace(path="allocator", plugin="acme"))
    assembly: Any = SimpleNamespace(parts=parts)
    return [str(remark) for remark in target_remarks(config, assembly)]


def test_an_allocator_that_needs_bars_is_passed_over() -> None:
    with pytest.raises(TypeError):
        Priced().targets((), FakeAccount(instruments={"DEMO": instrument("DEMO")}))
    assert remarks_of(Priced()) == []


def test_an_allocator_that_is_broken_is_told() -> None:
    (told,) = remarks_of(Broken())
    assert told.startswith("allocator: acme failed when it was asked")
    assert "ZeroDivisionError" in told


def test_a_feed_that_fails_while_it_is_probed_speaks_of_no_session() -> None:
    closed = []

    def prepare() -> None:
        raise ValueError("no such page")

    feed: Any = SimpleNamespace(polled=True, prepare=prepare, close=lambda: closed.append(True))
    config: Any = SimpleNamespace(feed=SimpleNamespace(name="acme"))
    (found,) = probe_feed(feed, config)
    assert found.text == "the feed acme failed: ValueError: no such page"
    assert found.hint.startswith("No session was begun.")
    assert closed == [True]
