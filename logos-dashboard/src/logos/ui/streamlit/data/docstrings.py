"""A numpydoc docstring as Markdown that shows what its author wrote, and nothing else: no picture, no link, no HTML."""

from __future__ import annotations

import inspect
import re
from collections.abc import Generator, Iterator, Sequence

_UNDERLINE = re.compile(r"-{3,}\s*")
_FIELD = re.compile(r"(?P<names>[*\w][\w*, ]*?)(?: *: *(?P<kind>.*))?:?")
_CODE = re.compile(r"``(?P<double>.+?)``|:\w+(?::\w+)*:`(?P<role>[^`]+)`|`(?P<single>[^`]+)`")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&:])")
_OF_FIELDS = frozenset({"Parameters", "Attributes", "Other Parameters", "Returns", "Yields", "Raises", "Warns"})
_BULLET = re.compile(r"(?P<mark>[-*+]|\d+[.)])\s+(?P<text>.*)")


def summary_of(docstring: str | None) -> str:
    """Return the first line, without its full stop and its quotes of code."""
    lines = inspect.cleandoc(docstring or "").splitlines()
    return lines[0].replace("``", "").rstrip(".") if lines else ""


def as_markdown(docstring: str | None) -> str:
    """Return a docstring as Markdown: sections as headings, fields as a list, double backquotes as code.

    Whatever else Markdown would take for a sign is escaped, so that a text is shown as it was written.
    """
    lines = inspect.cleandoc(docstring or "").splitlines()
    return "\n".join(_blocks(lines)).strip()


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    section = ""
    place = 0
    while place < len(lines):
        line = lines[place]
        if place + 1 < len(lines) and line.strip() and _UNDERLINE.fullmatch(lines[place + 1]):
            section = line.strip()
            yield f"\n**{_inline(section)}**\n"
            place += 2
        elif section in _OF_FIELDS and line.strip() and not line.startswith(" "):
            place = yield from _field(lines, place)
        elif line.startswith((">>>", "    ")) or line.endswith("::"):
            place = yield from _verbatim(lines, place)
        else:
            yield _prose(line)
            place += 1


def _field(lines: Sequence[str], place: int) -> Generator[str, None, int]:
    """Yield one ``name : type`` with the lines below it, and return the place behind them."""
    head = _FIELD.fullmatch(lines[place].strip())
    told = []
    after = place + 1
    while after < len(lines) and (not lines[after].strip() or lines[after].startswith(" ")):
        told.append(lines[after].strip())
        after += 1
    names = lines[place].strip() if head is None else head["names"]
    kind = "" if head is None or not head["kind"] else f" ({_inline(head['kind'])})"
    text = _inline(" ".join(line for line in told if line))
    yield f"- `{names.replace('`', '')}`{kind}{': ' if text else ''}{text}"
    return after


def _verbatim(lines: Sequence[str], place: int) -> Generator[str, None, int]:
    """Yield a block of code or of examples as it stands, and return the place behind it."""
    if lines[place].endswith("::"):
        yield _prose(lines[place][:-1].rstrip(":") + ":" if lines[place].strip() != "::" else "")
        place += 1
    taken = []
    example = place < len(lines) and lines[place].startswith(">>>")
    while place < len(lines) and _belongs(lines[place], example=example):
        taken.append(lines[place])
        place += 1
    yield "\n```text"
    yield inspect.cleandoc("\n" + "\n".join(taken)).replace("```", "'''")
    yield "```\n"
    return place


def _belongs(line: str, *, example: bool) -> bool:
    """Return whether a line belongs to a block: an example ends with a blank line, code with its indent."""
    return bool(line.strip()) if example else not line.strip() or line.startswith(" ")


def _prose(line: str) -> str:
    bullet = _BULLET.fullmatch(line.strip())
    if bullet is None:
        return _inline(line.strip())
    mark = bullet["mark"] if bullet["mark"][0].isdigit() else "-"
    return f"{mark} {_inline(bullet['text'])}"


def _inline(text: str) -> str:
    """Return a line with its code as code, and everything else escaped."""
    parts = []
    place = 0
    for found in _CODE.finditer(text):
        parts.append(_escaped(text[place : found.start()]))
        code = found["double"] or found["role"] or found["single"]
        parts.append(f"`{code.strip('~ ').replace('`', '')}`")
        place = found.end()
    return "".join([*parts, _escaped(text[place:])])


def _escaped(text: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", text)
    return re.sub(r"^([-=])", r"\\\1", escaped)  # a line of these would make a heading or a rule
