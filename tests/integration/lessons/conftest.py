"""Every bundled lesson, run once for all tests that look at what it left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from logos.plugins.registry import load_registry
from logos.ui.lessons.catalogue import LESSONS, find_lesson
from logos.ui.lessons.running import LessonOutcome, LessonSetup, run_lesson

MADE_AT = 1_772_461_860
"""2026-03-02T14:31:00Z."""


@attrs.frozen
class StoppedClock:
    """A wall clock that always says the same."""

    at: int = MADE_AT

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a lesson waits {seconds} s")


@pytest.fixture(scope="session")
def lesson_setup() -> Callable[..., LessonSetup]:
    """Return a function that gives the surroundings of a lesson below a folder."""
    registry = load_registry()

    def make(root: Path, **changes: object) -> LessonSetup:
        return attrs.evolve(LessonSetup(root=root, registry=registry, clock=StoppedClock()), **changes)

    return make


@pytest.fixture(scope="session")
def lessons_run(
    tmp_path_factory: pytest.TempPathFactory, lesson_setup: Callable[..., LessonSetup]
) -> Callable[[str], LessonOutcome]:
    """Return a function that gives what a lesson has left behind; each is run once."""
    root = tmp_path_factory.mktemp("lessons")
    done: dict[str, LessonOutcome] = {}

    def outcome(name: str) -> LessonOutcome:
        if name not in done:
            done[name] = run_lesson(lesson_setup(root), find_lesson(name))
        return done[name]

    return outcome


@pytest.fixture(params=[lesson.name for lesson in LESSONS])
def taught(request: pytest.FixtureRequest, lessons_run: Callable[[str], LessonOutcome]) -> LessonOutcome:
    """Return each lesson's outcome in turn."""
    return lessons_run(request.param)
