"""Reads the sections that name a plugin: the core's keys into one class, the plugin's into its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol, TypeVar

from logos.config.core_keys import plugin_named
from logos.config.leaves import described
from logos.config.problems import item_path, key_path, nearest, problem_of, shortened
from logos.config.reading import Listing, Node, Scalar, Section
from logos.config.records import PartSection
from logos.config.structuring import fields_of, structure
from logos.domain.errors import PluginError, Problem
from logos.plugins.offers import Offer

_T = TypeVar("_T")


class Offers(Protocol):
    """What the config asks of the registry of plugins."""

    def find(self, kind: str, name: str) -> Offer:
        """Return the offer of a kind and a name; raise ``PluginError`` where there is none."""

    def offers(self, kind: str | None = None) -> tuple[Offer, ...]:
        """Return the offers of a kind, sorted."""


def as_section(node: Node | None) -> Section | None:
    """Return a node as a section; an empty one for a key that stands there without a value."""
    if isinstance(node, Section):
        return node
    if isinstance(node, Scalar) and node.value is None:
        return Section({}, {}, node.line)
    return None


def text_items(section: Section | None, key: str) -> tuple[tuple[str, int, int], ...]:
    """Return the texts of a list with their index and line, whatever else is wrong with the section."""
    node = None if section is None else section.get(key)
    items = enumerate(node.items) if isinstance(node, Listing) else ()
    return tuple(
        (item.value, index, item.line)
        for index, item in items
        if isinstance(item, Scalar) and isinstance(item.value, str)
    )


class PartReader:
    """Reads the sections of one file and collects what is wrong with them.

    Parameters
    ----------
    root:
        The whole config.
    registry:
        What is installed.
    """

    def __init__(self, root: Section, registry: Offers) -> None:
        self.problems: list[Problem] = []
        self.root = root
        self._registry = registry

    def report(self, path: str, line: int | None, message: str, hint: str = "") -> None:
        """Keep a problem."""
        self.problems.append(Problem(path=path, message=message, hint=hint, line=line))

    def keys(self, node: Node, cls: type[_T], path: str, defaults: Mapping[str, Any] | None = None) -> _T | None:
        """Structure keys of the core."""
        found, problems = structure(node, cls, path, defaults=defaults)
        self.problems += problems
        return found

    def optional(self, name: str) -> Node:
        """Return a top-level section; an empty one where there is none."""
        return self.root.get(name) or Section({}, {}, self.root.line)

    def required(self, name: str) -> Node | None:
        """Return a top-level section, or keep a problem."""
        node = self.root.get(name)
        if node is None:
            self.report(name, None, "the section is missing", f"Add '{name}:' with the keys it needs")
        return node

    def items(self, name: str) -> tuple[Node, ...]:
        """Return the items of a top-level list; none where there is none."""
        node = self.root.get(name)
        if isinstance(node, Listing):
            return node.items
        if node is not None and not (isinstance(node, Scalar) and node.value is None):
            self.report(name, node.line, "expected a list", "Begin each entry with '- '")
        return ()

    def part(self, kind: str, node: Node | None, cls: type[_T], path: str) -> tuple[_T | None, PartSection | None]:
        """Read a plugin's section.

        Returns
        -------
        The core's keys as an instance of ``cls``, and the plugin with its own keys; ``None`` where there are problems.
        """
        section = as_section(node)
        if section is None:
            if isinstance(node, Scalar) and isinstance(node.value, str):
                named = shortened(node.value)
                message = f"expected a section of keys and values, found {described(node)}"
                self.report(path, node.line, message, f"Write {{plugin: {named}}}, with its keys beside it")
            elif node is not None:
                self.keys(node, cls, path)
            return None, None
        names = tuple(fields_of(cls))
        own = self.keys(section.only(names), cls, path)
        plugin = plugin_named(section, cls)
        if plugin is None:
            return own, None
        offer, config, sound = self.plugin(kind, plugin, section, section.without(names), (path, path), names)
        if offer is None or not sound:
            return own, None
        return own, PartSection(path=path, plugin=plugin, offer=offer, config=config)

    def plugin(
        self, kind: str, name: str, section: Section, own: Section, paths: tuple[str, str], neighbours: Collection[str]
    ) -> tuple[Offer | None, Any, bool]:
        """Find a plugin and structure its own keys.

        Parameters
        ----------
        kind, name:
            What the section asks for.
        section, own:
            The section that names the plugin, and the keys that belong to the plugin.
        paths:
            Where both stand.
        neighbours:
            Keys beside the plugin's own that the core has read.

        Returns
        -------
        The offer, the config (``None`` for a plugin without keys) and whether the config is sound.
        """
        before = len(self.problems)
        line = section.lines.get("plugin", section.line)
        path = paths[1]
        try:
            offer = self._registry.find(kind, name)
            config_class = offer.config_class()
            if config_class is not None:
                config, problems = structure(own, config_class, path, neighbours=neighbours)
                self.problems += problems
                return offer, config, not problems
        except PluginError as error:
            self.problems.append(problem_of(error, key_path(paths[0], "plugin"), line))
            # What else is broken among the plugins may be why the name is not found: told once a file.
            self.problems += [fault for fault in error.problems if fault not in self.problems]
            return None, None, False
        for key in own.entries:
            hint = nearest(key, neighbours) if neighbours else "Remove it"
            self.report(key_path(path, key), own.lines[key], f"unknown key: {shortened(name)} takes no keys", hint)
        return offer, None, len(self.problems) == before

    def known_symbols(self, known: Collection[str], section: Section, path: str) -> None:
        """Keep a problem for each symbol of a section that the feed does not name."""
        for symbol, index, line in text_items(section, "symbols"):
            if symbol not in known:
                message = f"{shortened(symbol)!r} is not among feed.symbols"
                self.report(item_path(path, index), line, message, nearest(symbol, known))
