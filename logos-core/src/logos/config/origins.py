"""Where each value of a resolved config comes from: the file and its line, a default, the environment, a venue."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs

from logos.config.problems import item_path, key_path
from logos.config.reading import Listing, Node, Scalar, Section, located, parse, read_file
from logos.config.records import PartSection, SessionConfig, StrategyEntry
from logos.config.registry import BUILT_IN

_LISTS_OF_PARTS = ("strategies", "guards")
_SEED = "session.seed"
_NUMBER = re.compile(r"\[([0-9]{1,6})\]")


class Source(StrEnum):
    """What gave a value."""

    FILE = "file"
    DEFAULT = "default"
    KNOWN_INSTRUMENT = "known instrument"
    ENVIRONMENT = "environment"
    VENUE = "venue"


@attrs.frozen(kw_only=True)
class Origin:
    """Where a value comes from.

    Attributes
    ----------
    name:
        What gave it by name: the file, the variable or the venue; empty for a default.
    line:
        The line in the file, counted from 1.
    until_asked:
        Whether the broker's venue gives the value as soon as it is asked, as the start of a session does.
    """

    source: Source
    name: str = ""
    line: int | None = None
    until_asked: bool = False

    def __str__(self) -> str:
        if self.source is Source.FILE:
            return f"{self.name}:{self.line}" if self.name else f"line {self.line}"
        text = f"{self.source}: {self.name}" if self.name else str(self.source)
        return f"{text} until the venue is asked" if self.until_asked else text


@attrs.frozen(kw_only=True)
class Tree:
    """A config as it was read, before anything is resolved; ``name`` is what messages call it."""

    root: Section
    name: str


def read_tree(origin: Path, workspace: Path | None = None) -> Tree:
    """Read a config file as a tree.

    Raises
    ------
    ConfigError
        Where it cannot be read, or is no YAML.
    """
    return Tree(root=parse(read_file(located(origin, workspace)), str(origin)), name=str(origin))


def origins(
    root: Section,
    config: SessionConfig,
    *,
    file: str = "",
    seed_variable: str = "",
    venue: Mapping[str, str] | None = None,
    until_asked: Container[str] = (),
) -> dict[str, Origin]:
    """Return, for every single value of a resolved config, where it comes from.

    Parameters
    ----------
    root:
        The config as it was read.
    config:
        What it resolved to.
    file:
        What to call the file.
    seed_variable:
        The environment variable that gave the seed where the config names none; empty for none.
    venue:
        By path, the venue that a value came from. What the file writes comes from the file all the same.
    until_asked:
        The paths that the broker's venue gives once it is asked, wherever the file writes nothing.

    Returns
    -------
    By path in the resolved config, such as ``instruments.BTC-USD.tick``, ``broker.fees.taker_bps``,
    ``strategies[0].params.fast`` or ``feed.symbols``. A list of plain values has one origin.
    """
    built_in = {f"instruments.{instrument.symbol}." for instrument in BUILT_IN}
    outside = venue or {}
    found = {}
    for path, node, line, value in _leaves(root, config):
        if node is not None and not (_is_nothing(node) and value is not None):
            found[path] = Origin(source=Source.FILE, name=file, line=line)
        elif path in outside:
            found[path] = Origin(source=Source.VENUE, name=outside[path])
        elif path == _SEED and seed_variable:
            found[path] = Origin(source=Source.ENVIRONMENT, name=seed_variable)
        elif any(path.startswith(start) for start in built_in):
            found[path] = Origin(source=Source.KNOWN_INSTRUMENT, until_asked=path in until_asked)
        else:
            found[path] = Origin(source=Source.DEFAULT, until_asked=path in until_asked)
    return found


def written_line(root: Section, path: str) -> int | None:
    """Return the line of the place in a file that a problem's path names, or of what is nearest above it.

    ``None`` where not even the section is there.
    """
    node: Node = root
    line: int | None = None
    rest = path
    while rest:
        step = _next(node, rest)
        if step is None:
            return line
        node, line, rest = step
    return line


def _next(node: Node, rest: str) -> tuple[Node, int, str] | None:
    """Take the next key or number of a path: what it leads to, the line, and what is left of the path."""
    if isinstance(node, Section):
        keys = [key for key in node.entries if rest == key or rest.startswith((f"{key}.", f"{key}["))]
        if not keys:
            return None
        key = max(keys, key=len)  # a symbol may have a dot in it
        return node.entries[key], node.lines[key], rest[len(key) :].removeprefix(".")
    number = _NUMBER.match(rest)
    if isinstance(node, Listing) and number and int(number[1]) < len(node.items):
        item = node.items[int(number[1])]
        return item, item.line, rest[number.end() :].removeprefix(".")
    return None


def _leaves(root: Section, config: SessionConfig) -> Iterator[tuple[str, Node | None, int | None, Any]]:
    """Yield the path of each single value, with its node and line in the file, if it is there."""
    for name, value in config.resolved.items():
        node = root.get(name)
        line = root.lines.get(name)
        if name not in _LISTS_OF_PARTS:
            yield from _below(name, value, node, line)
            continue
        sections: Sequence[StrategyEntry | PartSection] = config.strategies if name == "strategies" else config.guards
        items = node.items if isinstance(node, Listing) else ()
        if not value:
            yield name, node, line, value
        for index, (section, entry) in enumerate(zip(sections, value, strict=True)):
            place = int(section.path.removeprefix(f"{name}[").removesuffix("]"))
            item = items[place] if place < len(items) else None
            yield from _below(item_path(name, index), entry, item, None if item is None else item.line)


def _below(
    path: str, value: Any, node: Node | None, line: int | None
) -> Iterator[tuple[str, Node | None, int | None, Any]]:
    if not isinstance(value, Mapping) or not value:
        yield path, node, line, value
        return
    section = node if isinstance(node, Section) else Section({}, {}, 0)
    for key, item in value.items():
        yield from _below(key_path(path, key), item, section.get(key), section.lines.get(key))


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
