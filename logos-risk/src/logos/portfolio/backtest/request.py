"""A portfolio's config, read: the session's config of its allocator, and that of every benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.config.core_keys import SECTIONS, check_name
from logos.config.leaves import described
from logos.config.origins import written_line
from logos.config.part_reading import Offers, as_section
from logos.config.problems import item_path, key_path, nearest, refuse, shortened
from logos.config.reading import Listing, Node, Scalar, Section, located, parse, plain, read_file
from logos.config.records import SessionConfig
from logos.config.resolving import resolve
from logos.config.session import load_session_config
from logos.config.structuring import fields_of, structure
from logos.config.writing import yaml_text
from logos.domain.errors import ConfigError, Problem
from logos.portfolio.backtest.candidates import Candidate, renamed, with_instruments
from logos.portfolio.backtest.keys import BENCHMARKS, POSITION_KEYS, PortfolioKeys
from logos.portfolio.backtest.translating import (
    MAIN,
    PORTFOLIO,
    Translated,
    placed,
    shared_values,
    translate,
    unknown_problem,
)
from logos.portfolio.constraints.config import ConstraintsConfig

_OWN = ("strategies", "allocator", "position_manager")
_ALLOWED = (PORTFOLIO, *(name for name in SECTIONS if name not in _OWN))
_HINTS = {
    "strategies": "Each symbol is held at full signal: name what may be held in portfolio.symbols",
    "allocator": "Write it below portfolio: portfolio.allocator",
    "position_manager": "Write its keys below portfolio: portfolio.position_manager",
}
_FORMS = {
    "allocator": "Write allocator: {plugin: hrp}, or another one; logos plugins list --kind allocator has them",
    "constraints": 'Write keys and values, such as constraints: {max_weight: "0.2"}',
    "position_manager": 'Write keys and values, such as position_manager: {band: "0.01"}',
}
_START_HERE = "Add 'portfolio:' with an allocator, such as portfolio: {allocator: {plugin: hrp}}"


@attrs.frozen(kw_only=True)
class BenchmarkKeys:
    """What an entry of ``benchmarks`` has beside the allocator's own keys."""

    name: str | None = attrs.field(default=None, validator=check_name)


@attrs.frozen(kw_only=True)
class Request:
    """A portfolio backtest as it was asked for.

    Attributes
    ----------
    source:
        What messages call the file.
    text:
        The config as YAML, with the defaults of ``portfolio:`` filled in; it asks for the same backtest.
    root:
        The file as it was written.
    """

    source: str
    main: Candidate
    benchmarks: tuple[Candidate, ...]
    text: str
    root: Section = attrs.field(repr=False, eq=False)

    def placed(self, problem: Problem, one: Candidate) -> Problem:
        """Return a problem that a part of an allocator's session has found, at its path and line in the file."""
        found = placed(problem, one.places)
        return attrs.evolve(found, line=found.line or written_line(self.root, found.path))


def read_request(
    path: Path,
    registry: Offers,
    *,
    workspace: Path | None = None,
    default_seed: int = 0,
    benchmarks: Sequence[str] = (),
    with_benchmarks: bool = True,
) -> Request:
    """Read the config of a portfolio backtest.

    Parameters
    ----------
    registry:
        The installed plugins.
    workspace:
        Where a relative path is looked for if it does not lead to a file from the current folder.
    default_seed:
        The seed where the config names none.
    benchmarks:
        Names of allocators to compare with instead of those that the config names.
    with_benchmarks:
        Whether benchmarks are wanted at all.

    Raises
    ------
    ConfigError
        With every problem of the config.
    """
    source = str(path)
    root = parse(read_file(located(path, workspace)), source)
    return _Reader(root, registry, source, default_seed).request(benchmarks, with_benchmarks=with_benchmarks)


class _Reader:
    def __init__(self, root: Section, registry: Offers, source: str, seed: int) -> None:
        self._root = root
        self._registry = registry
        self._source = source
        self._seed = seed
        self._problems: list[Problem] = []

    def request(self, instead: Sequence[str], *, with_benchmarks: bool) -> Request:
        self._check_sections()
        portfolio = as_section(self._root.get(PORTFOLIO))
        if portfolio is None:
            node = self._root.get(PORTFOLIO)
            message = "the section is missing" if node is None else "expected a section of keys and values"
            self._report(PORTFOLIO, None if node is None else node.line, message, _START_HERE)
            refuse(self._source, self._problems)
        keys, problems = structure(portfolio, PortfolioKeys, PORTFOLIO)
        self._problems += [
            attrs.evolve(problem, hint=_FORMS["allocator"]) if problem.path == MAIN else problem for problem in problems
        ]
        self._check_nested(portfolio)
        own = as_section(portfolio.get("allocator"))
        main = None if own is None else self._candidate(portfolio, None, own, MAIN)
        others = self._benchmarks(portfolio, instead, main) if with_benchmarks else []
        if self._problems or main is None or keys is None:
            refuse(self._source, list(dict.fromkeys(self._problems)))
        return Request(
            source=self._source,
            main=main,
            benchmarks=tuple(with_instruments(one, main.config) for one in others),
            text=self._text(portfolio, keys, instead),
            root=self._root,
        )

    def _check_sections(self) -> None:
        for key, line in self._root.lines.items():
            if key in _OWN:
                self._report(key, line, "a portfolio's config has no such section", _HINTS[key])
            elif key not in _ALLOWED:
                self._report(shortened(key), line, "unknown section", nearest(key, _ALLOWED))

    def _check_nested(self, portfolio: Section) -> None:
        """Keep a problem for each key that has to hold a section and does not."""
        for key, form in _FORMS.items():
            node = portfolio.get(key)
            if node is not None and as_section(node) is None:
                found = f"expected a section of keys and values, found {described(node)}"
                self._report(key_path(PORTFOLIO, key), node.line, found, form)

    def _benchmarks(self, portfolio: Section, instead: Sequence[str], main: Candidate | None) -> list[Candidate]:
        found: list[Candidate] = []
        first = {} if main is None else {main.name: MAIN}
        for node, where in self._asked(portfolio, instead):
            section, name = self._named(node, where)
            candidate = None if section is None else self._candidate(portfolio, name, section, where)
            if candidate is None:
                continue
            if first.setdefault(candidate.name, where) != where:
                message = f"the name {candidate.name!r} is taken by {first[candidate.name]}"
                self._report(where, node.line, message, "Give it a name of its own: {plugin: …, name: …}")
            found.append(candidate)
        return found

    def _asked(self, portfolio: Section, instead: Sequence[str]) -> Iterator[tuple[Node, str]]:
        if instead:
            yield from ((Scalar(name, name, portfolio.line), "--benchmark") for name in instead)
            return
        node = portfolio.get("benchmarks")
        if node is None:
            node = Listing(tuple(Scalar(name, name, portfolio.line) for name in BENCHMARKS), portfolio.line)
        if isinstance(node, Listing):
            for index, item in enumerate(node.items):
                yield item, item_path(f"{PORTFOLIO}.benchmarks", index)

    def _named(self, node: Node, where: str) -> tuple[Section | None, str | None]:
        """Return an entry of the benchmarks as an allocator's section, and the name that it gives itself."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return Section({"plugin": node}, {"plugin": node.line}, node.line), None
        if not isinstance(node, Section):
            self._report(where, node.line, "expected an allocator's name or its section", "Write equal_weight, or {…}")
            return None, None
        keys, problems = structure(node.only(("name",)), BenchmarkKeys, where)
        self._problems += problems
        return node.without(("name",)), None if keys is None else keys.name

    def _candidate(self, portfolio: Section, name: str | None, allocator: Section, where: str) -> Candidate | None:
        """Return one allocator with its config; ``None`` where there are problems."""
        plugin = allocator.get("plugin")
        if not isinstance(plugin, Scalar) or not isinstance(plugin.value, str):
            line = allocator.line if plugin is None else plugin.line
            self._report(key_path(where, "plugin"), line, "no allocator is named", "Write plugin: hrp, or another one")
            return None
        translated = translate(self._root, portfolio, allocator, where, self._registry)
        self._problems += translated.problems
        is_main = where == MAIN
        if is_main:
            self._problems += [unknown_problem(key, plugin.value, portfolio) for key in translated.unknown]
        config = self._resolved(translated)
        if config is None:
            return None
        label = name if name is not None else config.allocator.name
        return Candidate(
            name=label,
            config=config if is_main else renamed(config, label),
            places=translated.places,
            unknown=translated.unknown,
        )

    def _resolved(self, translated: Translated) -> SessionConfig | None:
        try:
            config = resolve(translated.root, self._registry, source=self._source, default_seed=self._seed)
        except ConfigError as error:
            self._problems += [_hinted(placed(problem, translated.places)) for problem in error.problems]
            return None
        # Read back from its own text, as the run's folder will be, so that both run on the same objects.
        again = load_session_config(config.to_yaml(), self._registry, default_seed=config.session.seed)
        return attrs.evolve(again, written=config.written)

    def _text(self, portfolio: Section, keys: PortfolioKeys, instead: Sequence[str]) -> str:
        values = plain(portfolio)
        filled: dict[str, Any] = {**values, **{key: plain(node) for key, node in shared_values(portfolio).items()}}
        filled["benchmarks"] = list(instead) or values.get("benchmarks", list(keys.benchmarks))
        order = [name for name in attrs.fields_dict(PortfolioKeys) if name in filled]
        rest = {name: plain(node) for name, node in self._root.entries.items() if name != PORTFOLIO}
        return yaml_text({PORTFOLIO: {name: filled[name] for name in order}, **rest})

    def _report(self, path: str, line: int | None, message: str, hint: str = "") -> None:
        self._problems.append(Problem(path=path, message=message, hint=hint, line=line))


def _hinted(problem: Problem) -> Problem:
    """Return a problem of the constraints with the nearest of all names there: two sections share them."""
    section, _, key = problem.path.rpartition(".")
    if section != f"{PORTFOLIO}.constraints" or problem.message != "unknown key":
        return problem
    return attrs.evolve(problem, hint=nearest(key, (*fields_of(ConstraintsConfig), *POSITION_KEYS)))
