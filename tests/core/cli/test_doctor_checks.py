"""What the doctor says of rooms that are there twice, and of sessions."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from logos.cli import doctor_checks
from logos.cli.doctor_checks import machine_checks


def texts_of(workspace: Path, name: str) -> list[str]:
    return [check.text for check in machine_checks(workspace) if check.name == name]


def test_rooms_that_are_there_twice_are_told_in_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [tmp_path / "one", tmp_path / "two"]
    for place, rooms in zip(places, (("alpha", "beta", "gamma"), ("alpha", "beta")), strict=True):
        for room in rooms:
            (place / room).mkdir(parents=True)
            (place / room / "__init__.py").touch()
    spec = SimpleNamespace(submodule_search_locations=[str(place) for place in places])
    monkeypatch.setattr(doctor_checks, "find_spec", lambda _name: spec)
    (told,) = [text for text in texts_of(tmp_path, "namespace") if "more than once" in text]
    assert told == f"found more than once: logos.alpha, logos.beta in {places[0]} and {places[1]}"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "none yet"), (1, "1 session, completed"), (2, "2 sessions, all completed")]
)
def test_sessions_are_counted_in_words_that_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, text: str
) -> None:
    done = SimpleNamespace(status="completed", session_id="x")
    monkeypatch.setattr(doctor_checks, "list_sessions", lambda _folder: [done] * count)
    assert texts_of(tmp_path, "sessions") == [text]
