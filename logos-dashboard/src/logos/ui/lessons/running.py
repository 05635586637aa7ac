"""Runs a lesson: its folder appears whole under its final name, or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from logos import paths
from logos.context.clock import Clock, SystemClock
from logos.domain.errors import PluginError, Problem, StorageError
from logos.domain.times import time_text
from logos.live.disk import Disk
from logos.plugins.registry import Registry
from logos.ui.lessons.catalogue import Lesson
from logos.ui.lessons.glossary import glossary_of
from logos.ui.lessons.transcript import Transcript

if TYPE_CHECKING:
    from logos.ui.lessons.classroom import Classroom

TRANSCRIPT_FILE = "transcript.md"
GLOSSARY_FILE = "glossary.json"
PLOTS_FOLDER = "plots"
WORKSPACE_FOLDER = "workspace"

_HINT = "Nothing of this lesson was kept: make room, or name another folder with --output, and run it again"


def _unheard(_text: str) -> None:
    pass


@attrs.frozen(kw_only=True)
class LessonSetup:
    """The surroundings of a lesson.

    Attributes
    ----------
    root:
        What ``runs/lessons`` is written below.
    progress:
        Called with what is done next.
    """

    root: Path
    registry: Registry
    clock: Clock = attrs.field(factory=SystemClock)
    disk: Disk = attrs.field(factory=lambda: Disk(hint=_HINT))
    progress: Callable[[str], None] = _unheard


@attrs.frozen(kw_only=True)
class LessonOutcome:
    """What a lesson has left behind.

    Attributes
    ----------
    folder:
        Its folder; ``path`` is the same from the root on.
    plots:
        The names of its pictures.
    terms:
        How many terms its glossary explains.
    """

    lesson: Lesson
    folder: Path
    path: str
    plots: tuple[str, ...]
    terms: int

    def as_object(self) -> dict[str, Any]:
        """Return it as ``--json`` prints it."""
        return {
            "lesson": self.lesson.name,
            "title": self.lesson.title,
            "path": self.path,
            "transcript": f"{self.path}/{TRANSCRIPT_FILE}",
            "glossary": f"{self.path}/{GLOSSARY_FILE}",
            "plots": [f"{self.path}/{PLOTS_FOLDER}/{name}" for name in self.plots],
            "workspace": f"{self.path}/{WORKSPACE_FOLDER}",
        }


def lessons_dir(root: Path) -> Path:
    """Return the folder that holds one folder a lesson."""
    return paths.runs_dir(root) / "lessons"


def run_lesson(setup: LessonSetup, lesson: Lesson) -> LessonOutcome:
    """Run a lesson.

    Raises
    ------
    PluginError
        Where a part that it needs is not installed; nothing is written then.
    StorageError
        Where a file cannot be written.
    """
    _refuse_missing(setup.registry, lesson)
    partial, folder = _claim(setup, lesson)
    try:
        setup.disk.make_folder(partial / PLOTS_FOLDER)
        setup.disk.make_folder(partial / WORKSPACE_FOLDER)
        plots, terms = _taught(setup, lesson, partial)
        setup.disk.rename_folder(partial, folder)
    except BaseException as error:  # an interrupt too: half a lesson teaches half a truth
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError):
            raise StorageError(f"cannot write the lesson below {partial.parent}: {error}", hint=_HINT) from error
        raise
    return LessonOutcome(
        lesson=lesson,
        folder=folder,
        path=folder.relative_to(setup.root).as_posix(),
        plots=plots,
        terms=terms,
    )


def _refuse_missing(registry: Registry, lesson: Lesson) -> None:
    """Refuse a lesson that lacks a part, naming all of them and how to install them."""
    problems = []
    for kind, name in lesson.needs:
        try:
            registry.find(kind, name)
        except PluginError as error:
            problems.append(Problem(path=f"{kind} {name}", message=error.message, hint=error.hint))
    if problems:
        hints = dict.fromkeys(problem.hint for problem in problems if problem.hint)
        raise PluginError(
            f"the lesson {lesson.name} needs parts that cannot be used here", hint="; ".join(hints), problems=problems
        )


def _claim(setup: LessonSetup, lesson: Lesson) -> tuple[Path, Path]:
    """Reserve a name by making the folder under its first, hidden one."""
    parent = lessons_dir(setup.root) / lesson.name
    stem = time_text(setup.clock.now()).translate(str.maketrans("T", "-", ":-Z"))
    name, number = stem, 1
    while (parent / name).exists() or not setup.disk.claim_folder(parent / f".{name}.new"):
        number += 1
        name = f"{stem}-{number}"
    return parent / f".{name}.new", parent / name


def _taught(setup: LessonSetup, lesson: Lesson, folder: Path) -> tuple[tuple[str, ...], int]:
    """Let a lesson run, and write down what it said; return its pictures, and how many terms it explains."""
    from logos.ui.lessons.classroom import Classroom  # noqa: PLC0415 - loads the engines

    room = Classroom(
        workspace=folder / WORKSPACE_FOLDER,
        plots=folder / PLOTS_FOLDER,
        registry=setup.registry,
        clock=setup.clock,
        disk=setup.disk,
        transcript=Transcript(lesson.title),
        step=setup.progress,
    )
    _teacher(lesson)(room)
    room.transcript.words(sorted(room.glossary, key=str.casefold))
    glossary = glossary_of(room.glossary)
    setup.disk.replace(folder / TRANSCRIPT_FILE, room.transcript.text().encode())
    setup.disk.replace(folder / GLOSSARY_FILE, json.dumps(glossary, ensure_ascii=False, indent=2).encode() + b"\n")
    plots = tuple(sorted(path.name for path in room.plots.iterdir()))
    return plots, len(glossary)


def _teacher(lesson: Lesson) -> Callable[[Classroom], None]:
    module, _, function = lesson.target.partition(":")
    teach: Callable[[Classroom], None] = getattr(import_module(module), function)
    return teach
