"""Readings carry a value or why there is none; what was read before is not read again, and outlives a damaged file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.ui.streamlit.data.caching import ByStamp, Kept, LastGood
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import Stamp


def test_only_a_reading_with_a_value_is_usable():
    assert Reading.ok(0).usable
    assert Reading.partial((), "half").usable
    assert not Reading.missing("gone").usable
    assert not Reading.damaged("hurt").usable


def test_a_damaged_reading_shows_the_last_good_one_and_says_so():
    good: LastGood[int] = LastGood()
    good.of("a", Reading.ok(7))

    shown = good.of("a", Reading.damaged("not JSON", "Run it again"))

    assert (shown.value, shown.state) == (7, "partial")
    assert shown.message == "not JSON; what is shown was read before"
    assert shown.hint == "Run it again"


def test_a_damaged_reading_stays_damaged_where_nothing_good_came_before():
    good: LastGood[int] = LastGood()
    good.of("a", Reading.ok(7))

    assert good.of("b", Reading.damaged("not JSON")).state == "damaged"


def test_what_was_known_of_a_file_is_forgotten_when_it_is_gone():
    good: LastGood[int] = LastGood()
    good.of("a", Reading.ok(7))

    assert good.of("a", Reading.missing("gone")).state == "missing"
    assert good.of("a", Reading.damaged("hurt")).state == "damaged"


@given(st.lists(st.integers(0, 20), max_size=60), st.integers(1, 5))
def test_a_store_holds_the_values_that_were_asked_for_last(keys: list[int], most: int):
    kept: Kept[int] = Kept(most)
    recent: list[int] = []
    for key in keys:
        if kept.get(key) is None:
            kept.put(key, key + 100)
        recent = [one for one in recent if one != key] + [key]

    assert len(kept) <= most
    assert all(kept.get(key) == key + 100 for key in recent[-most:])
    assert all(kept.get(key) is None for key in recent[:-most])


@pytest.fixture
def counted() -> tuple[ByStamp[str], list[Path]]:
    """Return a store of texts that notes what it reads; a text with a question mark is damaged."""
    reads: list[Path] = []

    def read(path: Path, _stamp: Stamp) -> Reading[str]:
        reads.append(path)
        text = path.read_text()
        return Reading.damaged("hurt") if "?" in text else Reading.ok(text)

    return ByStamp(read), reads


def test_a_file_is_read_again_only_when_it_has_changed(counted: tuple[ByStamp[str], list[Path]], tmp_path: Path):
    store, reads = counted
    path = tmp_path / "a"
    path.write_text("one")
    os.utime(path, ns=(0, 1))

    assert [store.of(path).value, store.of(path).value] == ["one", "one"]
    assert len(reads) == 1
    os.utime(path, ns=(0, 2))
    assert store.of(path).value == "one"
    assert len(reads) == 2


def test_a_damaged_file_shows_its_last_content_until_it_is_whole_again(
    counted: tuple[ByStamp[str], list[Path]], tmp_path: Path
):
    store, reads = counted
    path = tmp_path / "a"
    path.write_text("one")
    store.of(path)
    path.write_text("half?")

    shown = [store.of(path), store.of(path)]

    assert [(one.value, one.state) for one in shown] == [("one", "partial")] * 2
    assert len(reads) == 2
    path.write_text("three")
    assert store.of(path) == Reading.ok("three", store.of(path).stamp)
    path.unlink()
    assert store.of(path, missing="no run", hint="run one") == Reading.missing("no run", "run one")
