"""What the manual is made of: which pages in which order, and a digest of everything that its text depends on."""
# ruff: noqa: INP001 -- a script beside the pages, not a package

from __future__ import annotations

import hashlib
from pathlib import Path

import command_reference

DOCS = Path(__file__).resolve().parents[1]
COMMANDS_PAGE = "COMMANDS"
"""The page that is made from the program itself; there is no file of that name."""

CHAPTERS = (
    "MANUAL",
    "CONFIG",
    "STRATEGIES",
    "BROKERS",
    "brokers/*",
    "SECRETS",
    "DATA",
    "FEEDS",
    "LIVE-RUNBOOK",
    "REHEARSALS",
    "DIFF",
    "BACKTEST",
    "METRICS",
    "SWEEPS",
    "EXECUTORS",
    "LEAKS",
    "PORTFOLIO",
    "DASHBOARD",
    "LESSONS",
    COMMANDS_PAGE,
    "ARTIFACTS",
    "SEMANTICS",
    "PLUGINS",
    "ARCHITECTURE",
    "PERFORMANCE",
)
LAST_CHAPTER = "GLOSSARY"
"""Pages that stand in neither come before it, in name order."""


def page_names() -> list[str]:
    """Return every page of the manual without its suffix, in the order of the chapters."""
    files = (path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.md"))
    return sorted((*(file.as_posix() for file in files), COMMANDS_PAGE), key=_place)


def _place(name: str) -> tuple[int, str]:
    of_folder = f"{Path(name).parent}/*"
    known = [place for place, chapter in enumerate(CHAPTERS) if chapter in (name, of_folder)]
    return (known[0] if known else len(CHAPTERS) + (name == LAST_CHAPTER), name)


def page_text(name: str) -> str:
    """Return a page's Markdown."""
    if name == COMMANDS_PAGE:
        return command_reference.markdown()
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def digest() -> str:
    """Return the SHA-256 of all that decides the manual, the generator's own files and pictures included."""
    pages = [(name, page_text(name).encode()) for name in page_names()]
    kept = (*Path(__file__).parent.rglob("*"), *DOCS.glob("images/**/*"))
    files = sorted(path for path in kept if path.is_file() and "__pycache__" not in path.parts)
    parts = [*pages, *((path.name, path.read_bytes()) for path in files)]
    whole = hashlib.sha256()
    for name, content in parts:
        whole.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()
