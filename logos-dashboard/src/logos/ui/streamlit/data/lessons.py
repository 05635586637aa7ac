"""What lessons have left behind: their transcripts, glossaries and pictures. Nothing outside a lesson's folder is read.

Other tools may write here too: a transcript is ``transcript.md`` or ``transcript.txt``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from logos.context.redaction import redact_text
from logos.paths import runs_dir
from logos.ui.streamlit.data.caching import LastGood
from logos.ui.streamlit.data.faults import fault_of, folder_fault, unlisted
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import stamp_of

MARKDOWN_FILE, TEXT_FILE = "transcript.md", "transcript.txt"
GLOSSARY_FILE = "glossary.json"
PLOTS_FOLDER = "plots"
WORKSPACE_FOLDER = "workspace"

MOST_TEXT_BYTES = 400_000
MOST_PICTURE_BYTES = 8 << 20
_MOST_TERMS = 2_000
_MOST_PICTURES = 100
_SIGNATURES = {".png": (b"\x89PNG\r\n\x1a\n", "image/png"), ".jpg": (b"\xff\xd8\xff", "image/jpeg")}
_STAMP = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)[-_T](\d\d)[-:]?(\d\d)[-:]?(\d\d)")
_RUN_ONE = "Run one with: `logos lessons run first_session`"
_AGAIN = "Run the lesson again"


@attrs.frozen(kw_only=True)
class LessonRow:
    """One run of a lesson in a listing.

    Attributes
    ----------
    lesson, run:
        The names of the two folders.
    made:
        When it was run, ISO-8601 UTC, as the folder's name tells it; empty where it does not.
    """

    lesson: str
    run: str
    folder: Path
    made: str


@attrs.frozen(kw_only=True)
class Term:
    """One word of a lesson."""

    term: str
    meaning: str
    seen_in: str


@attrs.frozen(kw_only=True)
class LessonText:
    """What one run of a lesson has to show.

    Attributes
    ----------
    text:
        The transcript; empty where there is none.
    is_markdown:
        Whether it is Markdown, or plain text.
    plots:
        Pictures below ``plots``, by name, as paths from the folder on.
    workspace:
        The lesson's own workspace, where it has one.
    """

    folder: Path
    text: str
    is_markdown: bool
    terms: tuple[Term, ...]
    plots: tuple[str, ...]
    workspace: Path | None


_good: LastGood[LessonText] = LastGood()


def list_lessons(root: Path) -> Reading[tuple[LessonRow, ...]]:
    """Return every run of every lesson of a workspace, newest first.

    Links are left out: they may lead anywhere.
    """
    top, unread = runs_dir(root) / "lessons", []
    rows: list[LessonRow] = []
    try:
        lessons = _folders(top)
    except OSError as error:
        return unlisted(root, top, fault_of(error))
    if fault := folder_fault(top):
        return unlisted(root, top, fault)
    for lesson in lessons:
        try:
            runs = _folders(Path(lesson.path))
        except OSError:
            unread.append(lesson.name)
            continue
        rows += [
            LessonRow(lesson=lesson.name, run=run.name, folder=Path(run.path), made=_made(run.name)) for run in runs
        ]
    if not rows and not unread:
        return Reading.missing("No lesson has been run in this workspace", _RUN_ONE)
    rows.sort(key=lambda row: (row.made, len(row.run), row.run, row.lesson), reverse=True)
    if unread:
        told = f"{', '.join(unread)} cannot be read"
        return Reading.partial(tuple(rows), told, "Look at the permissions of the folder", stamp_of(top))
    return Reading.ok(tuple(rows), stamp_of(top))


def load_lesson(folder: Path) -> Reading[LessonText]:
    """Return what one run of a lesson has to show; the last that was good where it is damaged now."""
    return _good.of(folder, _load(folder))


def read_picture(folder: Path, source: str) -> Reading[tuple[bytes, str]]:
    """Return a picture of a lesson, and its media type.

    Parameters
    ----------
    source:
        As the transcript names it: a path from the lesson's folder on. One that leads out of the folder, by dots or by
        a link, is refused, and so is whatever does not begin like a PNG or a JPEG.
    """
    suffix = Path(source).suffix.lower().replace(".jpeg", ".jpg")
    if suffix not in _SIGNATURES or "://" in source or "\0" in source:
        return Reading.missing("only PNG and JPEG pictures of the lesson's own folder are shown")
    try:
        content = _inside(folder, source)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Reading.missing(f"it cannot be read: {reason}")
    signature, kind = _SIGNATURES[suffix]
    if len(content) > MOST_PICTURE_BYTES:
        return Reading.damaged(f"it is larger than {MOST_PICTURE_BYTES >> 20} MB")
    if not content.startswith(signature):
        return Reading.damaged("it is not the picture that its name says")
    return Reading.ok((content, kind), stamp_of(folder / source))


def _inside(folder: Path, source: str) -> bytes:
    """Return the beginning of a file that lies in a folder, wherever a path to it may lead."""
    home = folder.resolve(strict=True)
    path = (home / source).resolve(strict=True)
    if not path.is_relative_to(home) or not path.is_file():
        raise ValueError("it is no file of the lesson's folder")
    with path.open("rb") as file:
        return file.read(MOST_PICTURE_BYTES + 1)


def _folders(parent: Path) -> list[os.DirEntry[str]]:
    """Return the visible folders of a folder in order; one that goes away meanwhile has none."""
    try:
        with os.scandir(parent) as entries:
            found = [one for one in entries if not one.name.startswith(".") and one.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found, key=lambda one: one.name)


def _made(run: str) -> str:
    found = _STAMP.match(run)
    if found is None:
        return ""
    year, month, day, hour, minute, second = found.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"


def _load(folder: Path) -> Reading[LessonText]:
    if folder.is_symlink() or not folder.is_dir():
        return Reading.missing(f"There is no lesson {folder.name}", _RUN_ONE)
    faults: list[str] = []
    text, is_markdown = _transcript(folder, faults)
    lesson = LessonText(
        folder=folder,
        text=text,
        is_markdown=is_markdown,
        terms=_glossary(folder, faults),
        plots=_plots(folder),
        workspace=_workspace(folder),
    )
    stamp = stamp_of(folder / (MARKDOWN_FILE if is_markdown else TEXT_FILE))
    if not (lesson.text or lesson.terms or lesson.plots):
        told = "; ".join(faults) or f"{folder.name} holds no transcript, no glossary and no plots"
        return Reading.damaged(told, _AGAIN, stamp) if faults else Reading.missing(told, _AGAIN)
    if faults:
        return Reading.partial(lesson, "; ".join(faults), _AGAIN, stamp)
    return Reading.ok(lesson, stamp)


def _transcript(folder: Path, faults: list[str]) -> tuple[str, bool]:
    """Return the transcript, and whether it is Markdown."""
    for name in (MARKDOWN_FILE, TEXT_FILE):
        text = _text(folder, name, faults)
        if text is not None:
            if not text.strip():
                faults.append(f"{name} is empty")
            return redact_text(text), name == MARKDOWN_FILE
    faults.append("there is no transcript")
    return "", True


def _text(folder: Path, name: str, faults: list[str]) -> str | None:
    """Return the text of a file; ``None`` where there is none that could be read."""
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()) or (path.exists() and not path.is_file()):
            faults.append(f"{name} is no file of this folder")
            return None
        with path.open("rb") as file:
            content = file.read(MOST_TEXT_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError) as error:
        faults.append(f"{name} cannot be read: {fault_of(error) if isinstance(error, OSError) else error}")
        return None
    if len(content) > MOST_TEXT_BYTES:
        faults.append(f"{name} is cut after {MOST_TEXT_BYTES:,} bytes")
        content = content[:MOST_TEXT_BYTES]
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        if len(content) < MOST_TEXT_BYTES:  # a cut may fall into a character
            faults.append(f"{name} is not UTF-8 throughout")
        return content.decode("utf-8", errors="replace")


def _glossary(folder: Path, faults: list[str]) -> tuple[Term, ...]:
    text = _text(folder, GLOSSARY_FILE, faults)
    if text is None:
        return ()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        faults.append(f"{GLOSSARY_FILE} is not JSON")
        return ()
    if not isinstance(found, dict):
        faults.append(f"{GLOSSARY_FILE} holds no object")
        return ()
    terms = tuple(_terms(found))[:_MOST_TERMS]
    if len(terms) < len(found):
        faults.append(f"{GLOSSARY_FILE} holds {len(found) - len(terms)} terms that cannot be shown")
    return terms


def _terms(found: dict[str, Any]) -> Iterator[Term]:
    for term in sorted(found, key=str.casefold):
        value = found[term] if isinstance(found[term], dict) else {"meaning": found[term]}
        meaning, seen_in = value.get("meaning"), value.get("seen_in", "")
        if isinstance(meaning, str) and isinstance(seen_in, str):
            yield Term(term=redact_text(term), meaning=redact_text(meaning), seen_in=redact_text(seen_in))


def _plots(folder: Path) -> tuple[str, ...]:
    try:
        with os.scandir(folder / PLOTS_FOLDER) as entries:
            names = sorted(one.name for one in entries if one.is_file(follow_symlinks=False))
    except OSError:
        return ()
    shown = [name for name in names if Path(name).suffix.lower() in {*_SIGNATURES, ".jpeg"} and name[0] != "."]
    return tuple(f"{PLOTS_FOLDER}/{name}" for name in shown[:_MOST_PICTURES])


def _workspace(folder: Path) -> Path | None:
    path = folder / WORKSPACE_FOLDER
    return path if path.is_dir() and not path.is_symlink() else None
