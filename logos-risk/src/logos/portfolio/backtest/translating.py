"""From the sections of a portfolio's config to those of a session's, with the way back for problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from logos.config.part_reading import Offers, as_section
from logos.config.problems import key_path, shortened
from logos.config.reading import Listing, Node, Scalar, Section, plain
from logos.config.structuring import fields_of
from logos.domain.errors import PluginError, Problem
from logos.portfolio.backtest.keys import BINDING_KEYS, POSITION_KEYS, SHARED_KEYS, PortfolioKeys

PORTFOLIO = "portfolio"
MAIN = "portfolio.allocator"
"""Where the portfolio's own allocator stands."""

STRATEGY = "hold"
"""The name of the strategy entry that holds every symbol at full signal."""

_DEFAULT_NAME = "portfolio"
_MANAGER = "cost_aware"


@attrs.frozen(kw_only=True)
class Translated:
    """A session's config made from a portfolio's.

    Attributes
    ----------
    root:
        The session's sections, with the lines of the portfolio's file.
    places:
        Where a path of the session's config was written, by that path.
    problems:
        What no session's config could say.
    unknown:
        Keys that bind every allocator of the file and that this one does not know; they are not in ``root``.
    """

    root: Section
    places: Mapping[str, str]
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...]


def translate(root: Section, portfolio: Section, allocator: Section, where: str, registry: Offers) -> Translated:
    """Return the session's config for one allocator.

    Parameters
    ----------
    root:
        The whole file.
    portfolio:
        Its section ``portfolio``.
    allocator:
        The allocator's section.
    where:
        Where that stands, such as ``portfolio.benchmarks[0]``.
    registry:
        What is installed: an allocator gets those keys that it knows.
    """
    places = {"allocator": where, "strategies": PORTFOLIO, "position_manager": f"{PORTFOLIO}.position_manager"}
    problems: list[Problem] = []
    known = _known_keys(registry, "allocator", allocator.get("plugin"))
    merged, unknown = _merged(portfolio, allocator, known, where, places, problems)
    manager = _manager(portfolio, registry, places, problems)
    line = portfolio.line
    if "interval" not in (as_section(root.get("feed")) or Section({}, {}, line)).entries:
        places["feed.interval"] = f"{PORTFOLIO}.interval"
    sections = {
        **{name: node for name, node in root.entries.items() if name != PORTFOLIO},
        "session": _with_defaults(root.get("session"), {"name": _DEFAULT_NAME}, line),
        "feed": _with_defaults(root.get("feed"), {"interval": _interval(portfolio)}, _line(portfolio, "interval")),
        "strategies": Listing((_strategy(portfolio, places),), line),
        "allocator": merged,
        "position_manager": manager,
    }
    if root.get("feed") is None:
        del sections["feed"]  # the reader of sessions says what a feed needs
    lines = {name: root.lines.get(name, line) for name in sections}
    return Translated(
        root=Section(sections, lines, root.line), places=places, problems=tuple(problems), unknown=tuple(unknown)
    )


def placed(problem: Problem, places: Mapping[str, str]) -> Problem:
    """Return a problem of the session's config at the path where the portfolio's config has it."""
    for path in sorted(places, key=len, reverse=True):
        rest = problem.path.removeprefix(path)
        if problem.path.startswith(path) and rest[:1] in {"", ".", "["}:
            # The one entry of strategies is made here: nothing of it was written.
            return attrs.evolve(problem, path=places[path] if path == "strategies" else places[path] + rest)
    return problem


def shared_values(portfolio: Section) -> dict[str, Node]:
    """Return the keys that go to every allocator, with their defaults; a key without either is not there."""
    values: dict[str, Node] = {}
    for key in SHARED_KEYS:
        node, default = portfolio.get(key), attrs.fields_dict(PortfolioKeys)[key].default
        if node is not None:
            values[key] = node
        elif default is not None:
            values[key] = Scalar(default, str(default), portfolio.line)
    return values


def _known_keys(registry: Offers, kind: str, name: Node | None) -> frozenset[str] | None:
    """Return the keys that a plugin takes; ``None`` where it is not there, which the reader tells."""
    if not isinstance(name, Scalar) or not isinstance(name.value, str):
        return None
    try:
        config = registry.find(kind, name.value).config_class()
    except PluginError:
        return None
    return frozenset() if config is None else frozenset(fields_of(config))


def _merged(
    portfolio: Section,
    allocator: Section,
    known: frozenset[str] | None,
    where: str,
    places: dict[str, str],
    problems: list[Problem],
) -> tuple[Section, list[str]]:
    """Return an allocator's section with the keys beside it that it knows, and the binding ones that it does not."""
    entries, lines = dict(allocator.entries), dict(allocator.lines)
    shared = shared_values(portfolio)
    constraints = as_section(portfolio.get("constraints"))
    binding = None if constraints is None else constraints.without(POSITION_KEYS)
    if binding is not None and binding.entries:
        shared["constraints"] = binding
    unknown = []
    for key, node in shared.items():
        if key in allocator.entries:
            if where == MAIN and key in portfolio.entries:
                problems += _contradiction(node, allocator.entries[key], f"{PORTFOLIO}.{key}", key_path(where, key))
        elif known is None or key in known:
            entries[key], lines[key] = node, _line(portfolio, key)
            places[f"allocator.{key}"] = f"{PORTFOLIO}.{key}"
        elif key in BINDING_KEYS and key in portfolio.entries:
            unknown.append(key)
    if known is None:  # whatever it takes, nothing is to be told but that it is not there
        entries = {key: node for key, node in entries.items() if key == "plugin" or key in allocator.entries}
    return Section(entries, lines, allocator.line), unknown


def _contradiction(one: Node, two: Node, first: str, second: str) -> Iterator[Problem]:
    if plain(one) != plain(two):
        yield Problem(
            path=second,
            message=f"it contradicts {first} in line {one.line}",
            hint="Write it at one of the two places",
            line=two.line,
        )


def _manager(portfolio: Section, registry: Offers, places: dict[str, str], problems: list[Problem]) -> Section:
    own = as_section(portfolio.get("position_manager")) or Section({}, {}, portfolio.line)
    constraints = as_section(portfolio.get("constraints")) or Section({}, {}, portfolio.line)
    entries = {"plugin": Scalar(_MANAGER, _MANAGER, own.line), **own.entries}
    lines = {"plugin": own.line, **own.lines}
    for key in POSITION_KEYS:
        node = constraints.get(key)
        if node is None:
            continue
        if key in own.entries:
            first = f"{PORTFOLIO}.constraints.{key}"
            problems += _contradiction(node, own.entries[key], first, f"{PORTFOLIO}.position_manager.{key}")
        else:
            entries[key], lines[key] = node, constraints.lines[key]
            places[f"position_manager.{key}"] = f"{PORTFOLIO}.constraints.{key}"
    known = _known_keys(registry, "position_manager", entries["plugin"]) or frozenset()
    if "interval" not in entries and ("interval" in known or plain(entries["plugin"]) == _MANAGER):
        entries["interval"], lines["interval"] = _interval(portfolio), _line(portfolio, "interval")
        places["position_manager.interval"] = f"{PORTFOLIO}.interval"
    return Section(entries, lines, own.line)


def _strategy(portfolio: Section, places: dict[str, str]) -> Section:
    line = portfolio.line
    entries: dict[str, Node] = {
        "plugin": Scalar("buy_and_hold", "buy_and_hold", line),
        "name": Scalar(STRATEGY, STRATEGY, line),
    }
    lines = dict.fromkeys(entries, line)
    symbols = portfolio.get("symbols")
    if isinstance(symbols, Listing) and symbols.items:
        entries["symbols"], lines["symbols"] = symbols, _line(portfolio, "symbols")
        places["strategies[0].symbols"] = f"{PORTFOLIO}.symbols"
    return Section(entries, lines, line)


def _line(portfolio: Section, key: str) -> int:
    """Return where a key was written, or the section where it was not."""
    return portfolio.lines.get(key, portfolio.line)


def _interval(portfolio: Section) -> Node:
    return shared_values(portfolio)["interval"]


def _with_defaults(node: Node | None, defaults: Mapping[str, Node | str], line: int) -> Node:
    section = Section({}, {}, line) if node is None else as_section(node)
    if section is None:
        assert node is not None
        return node  # no section at all, which the reader tells
    missing = {key: value for key, value in defaults.items() if key not in section.entries}
    nodes = {key: Scalar(value, value, line) if isinstance(value, str) else value for key, value in missing.items()}
    return Section({**section.entries, **nodes}, {**section.lines, **dict.fromkeys(nodes, line)}, section.line)


def unknown_problem(key: str, plugin: str, portfolio: Section) -> Problem:
    """Return the problem of a binding key that the portfolio's own allocator does not know."""
    return Problem(
        path=f"{PORTFOLIO}.{key}",
        message=f"{shortened(plugin)} takes no {key}",
        hint=f"Remove {key}, or name an allocator that keeps it, such as hrp or risk_parity",
        line=portfolio.lines.get(key),
    )
