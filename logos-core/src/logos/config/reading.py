"""YAML to a tree of values that know their lines.

PyYAML supplies the grammar only. What a plain scalar means follows the YAML 1.2 core schema, made a little
stricter, because YAML 1.1 reads ``no`` as false, ``1:30`` as 90, ``010`` as 8 and a date as an object: here they are
text, and a field that expects something else refuses them. Nothing in a file can build an object.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn

import attrs
import yaml

from logos.config.problems import refuse, shortened
from logos.domain.errors import ConfigError, Problem

_MOST_BYTES = 1_000_000
_MOST_NODES = 50_000
_DEEPEST = 40
_LONGEST_NUMBER = 40

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# Digits after a leading zero, underscores, 0o10 and 0x10 are text: two readers would differ about them.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", re.ASCII)

Value = str | int | float | bool | None


@attrs.frozen
class Scalar:
    """A single value. ``text`` is its spelling in the file, without quotes."""

    value: Value
    text: str
    line: int


@attrs.frozen
class Listing:
    """A YAML sequence."""

    items: tuple[Node, ...]
    line: int


@attrs.frozen
class Section:
    """A YAML mapping. Keys are text as it stands in the file; ``lines`` holds the line of each."""

    entries: Mapping[str, Node]
    lines: Mapping[str, int]
    line: int

    def get(self, key: str) -> Node | None:
        """Return the node of a key, or ``None``."""
        return self.entries.get(key)

    def only(self, keys: Collection[str]) -> Section:
        """Return the section with no other keys than these."""
        return attrs.evolve(self, entries={key: node for key, node in self.entries.items() if key in keys})

    def without(self, keys: Collection[str]) -> Section:
        """Return the section without some keys."""
        return attrs.evolve(self, entries={key: node for key, node in self.entries.items() if key not in keys})


Node = Scalar | Listing | Section


def plain(node: Node) -> Any:
    """Return a node as plain lists, dictionaries and values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}


def read_file(path: Path) -> str:
    """Return the text of a config file.

    Raises
    ------
    ConfigError
        Where it is missing, unreadable, too large or not UTF-8.
    """
    try:
        if path.is_file() and path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"{path} is larger than a config can be ({_MOST_BYTES} bytes)", hint="Is it a data file?")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist", hint="Check the path; it starts at the current folder") from error
    except IsADirectoryError as error:
        raise ConfigError(f"{path} is a folder", hint="Name a YAML file in it") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start})", hint="Save it as UTF-8") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def parse(text: str, source: str) -> Section:
    """Read the one YAML document of a text; ``source`` names it in errors.

    Raises
    ------
    ConfigError
        Naming the line.
    """
    builder = _Builder(text, source)
    try:
        return builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message, hint = _explained(error.problem or error.context or "the YAML cannot be read")
        builder.fail(message, None if mark is None else mark.line + 1, hint)
    except yaml.YAMLError as error:
        builder.fail(f"the text is not YAML: {getattr(error, 'reason', 'it cannot be read')}", None)
    except (ValueError, OverflowError, IndexError) as error:
        # PyYAML itself stumbles over some escapes and directives.
        builder.fail(f"the text is not YAML ({type(error).__name__} while reading it)", builder.line)


def _explained(problem: str) -> tuple[str, str]:
    # PyYAML quotes what it found, and that may be a secret that starts with a special character.
    message = "YAML: " + re.sub(r"'((?:[^'\\]|\\.)*)'", _shown, problem)
    if "\\t" in problem:
        return message, "Indent with spaces, not with tabs"
    if "mapping values are not allowed" in problem:
        return message, "Check the indentation, and quote a text that contains a colon"
    return message, ""


def _shown(quoted: re.Match[str]) -> str:
    """Return a quotation as it is where it is punctuation or the name of a token, else only that it was a text."""
    inner = quoted[1]
    return quoted[0] if len(inner) == 1 or inner in {"\\t", "\\n"} or inner.startswith("<") else "a text"


class _Builder:
    """Builds the tree from PyYAML's events, so that depth and size are bounded and every node has a line."""

    def __init__(self, text: str, source: str) -> None:
        self._events = yaml.parse(text, Loader=yaml.SafeLoader)
        self._source = source
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._size = 0
        self.line = 1

    def fail(self, message: str, line: int | None, hint: str = "") -> NoReturn:
        """Refuse the text."""
        refuse(self._source, [Problem(path="", message=message, hint=hint, line=line)])

    def document(self) -> Section:
        """Return the one document, which has to be a mapping."""
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            self.fail("it is empty", None, "Start from the session config in the documentation")
        root = self._node(self._next(), 0)
        self._next()
        if not isinstance(self._next(), yaml.StreamEndEvent):
            self.fail("a second YAML document starts here", self.line, "Keep one document a file: remove the '---'")
        if isinstance(root, Scalar) and root.value is None:
            self.fail("it is empty", None, "Start from the session config in the documentation")
        if not isinstance(root, Section):
            self.fail("expected sections such as 'feed:' and 'broker:', found something else", root.line)
        return root

    def _next(self) -> yaml.Event:
        event: yaml.Event = next(self._events)
        if event.start_mark is not None:
            self.line = event.start_mark.line + 1
        return event

    def _grow(self, count: int) -> None:
        self._size += count
        if self._size > _MOST_NODES:
            self.fail(f"it has more than {_MOST_NODES} values", self.line, "Anchors repeated in anchors multiply")

    def _node(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if depth > _DEEPEST:
            self.fail(f"it is nested more than {_DEEPEST} levels deep", self.line)
        if event.tag is not None:
            self.fail("a YAML tag ('!...') has no meaning here", self.line, "Quote a text that starts with '!'")
        anchor, before = event.anchor, self._size
        if anchor is not None:
            self._anchors[anchor] = None
        self._grow(1)
        node = self._content(event, depth)
        if anchor is not None:
            self._anchors[anchor] = (node, self._size - before)
        return node

    def _content(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            line, items = self.line, []
            while not isinstance(event := self._next(), yaml.SequenceEndEvent):
                items.append(self._node(event, depth + 1))
            return Listing(tuple(items), line)
        return self._section(depth)

    def _alias(self, event: yaml.AliasEvent) -> Node:
        # The name stays unsaid: a text that starts with a star might be a password.
        if event.anchor not in self._anchors:
            self.fail("an alias ('*...') names no anchor above it", self.line, "Quote a text that starts with '*'")
        known = self._anchors[event.anchor]
        if known is None:
            self.fail("an alias ('*...') stands inside its own anchor", self.line)
        node, size = known
        self._grow(size)
        return node

    def _section(self, depth: int) -> Section:
        start = self.line
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            line = self.line
            key = self._key(event, lines)
            entries[key] = self._node(self._next(), depth + 1)
            lines[key] = line
        return Section(entries, lines, start)

    def _key(self, event: yaml.Event, seen: Mapping[str, int]) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self.fail("a key has to be a plain word", self.line)
        if event.tag is not None:
            self.fail("a YAML tag ('!...') has no meaning here", self.line)
        if event.value == "<<" and event.implicit[0]:
            self.fail("merge keys ('<<') are not part of YAML 1.2", self.line, "Write the keys out")
        key = self._scalar(event).text
        if not key:
            self.fail("a key is empty", self.line)
        if key in seen:
            self.fail(
                f"the key {shortened(key)!r} stands twice in its section", self.line, f"First in line {seen[key]}"
            )
        return key

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        text: str = event.value
        if any("\ud800" <= character <= "\udfff" for character in text):
            self.fail("half of a surrogate pair is not a character", self.line)
        if not event.implicit[0]:
            return Scalar(text, text, self.line)
        return Scalar(self._resolved(text), text, self.line)

    def _resolved(self, text: str) -> Value:
        if text in _NULL:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        whole = _INTEGER.fullmatch(text)
        if not whole and not _FLOAT.fullmatch(text):
            return text
        if len(text) > _LONGEST_NUMBER:
            self.fail(f"a number has {len(text)} characters", self.line, "Quote it if it is a text")
        return int(text) if whole else float(text.replace(".inf", "inf").replace(".nan", "nan"))


def located(path: Path, workspace: Path | None) -> Path:
    """Return where a config lies: as it is named, else below the workspace where it is there."""
    if workspace is None or path.is_absolute() or path.exists():
        return path
    return workspace / path if (workspace / path).exists() else path
