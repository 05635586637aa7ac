"""Everything that would keep a session from starting, and what is odd about it: found without starting it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

from logos.assembly.build import Assembly, assemble, part_context
from logos.assembly.feed_alone import build_feed
from logos.assembly.outside import under_terms
from logos.assembly.probing import probe_broker, probe_feed
from logos.assembly.remarks import remarks
from logos.assembly.surroundings import (
    Used,
    folder_problems,
    kill_file_problems,
    leaked_secrets,
    start_problems,
    used_parts,
)
from logos.config.feed_only import load_feed_config
from logos.config.origins import Tree, read_tree, written_line
from logos.config.part_reading import Offers
from logos.config.problems import problem_of
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.config.sound_parts import sound_parts
from logos.context.clock import Clock
from logos.context.parts import Log
from logos.context.secrets import Secrets
from logos.domain.errors import NO_SESSION_YET, ConfigError, LogosError, Problem, part_at_work
from logos.plugins.known import COMMANDS_OF_SECTIONS, DISTRIBUTIONS
from logos.session.outside import HealthCheck, Survey, Verdict
from logos.session.seats import Feed, SymbolReport


@attrs.frozen(kw_only=True)
class Surroundings:
    """Where a session would run.

    Attributes
    ----------
    default_seed:
        The seed where the config names none.
    """

    registry: Offers
    workspace: Path
    clock: Clock
    log: Log
    secrets: Secrets
    offline: bool
    default_seed: int = 0


@attrs.frozen(kw_only=True)
class Checked:
    """What was found out about a config.

    Attributes
    ----------
    name:
        What to call the file.
    tree, config, assembly:
        As far as it came.
    problems:
        What would keep a session from starting, in the order of the file.
    warnings:
        What is odd.
    health:
        What was looked at, in that order.
    reports:
        What the feed found out about its bars; nothing where it was not asked.
    venue:
        By path, the venue that a value of the config came from.
    """

    name: str
    tree: Tree | None = None
    config: SessionConfig | None = None
    assembly: Assembly | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    health: tuple[HealthCheck, ...] = ()
    reports: tuple[SymbolReport, ...] = ()
    venue: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def sound(self) -> bool:
        """Whether a session can be started with it, as far as was looked."""
        return not self.problems and all(check.verdict is not Verdict.FAILED for check in self.health)


def check_config(origin: Path, around: Surroundings, *, probe: bool = False) -> Checked:
    """Read a config, build everything that it names, and read its bars; nothing is traded and nothing is written.

    Parameters
    ----------
    probe:
        Whether venues are asked as well.
    """
    try:
        tree = read_tree(origin, around.workspace)
    except ConfigError as error:
        return _ended(Checked(name=str(origin)), _problems_of(error, ""), "config")
    checked = Checked(name=tree.name, tree=tree)
    try:
        config = load_session_config(
            origin, around.registry, workspace=around.workspace, default_seed=around.default_seed
        )
    except LogosError as error:
        rest = [] if COMMANDS_OF_SECTIONS.keys() & tree.root.entries.keys() else _of_the_sound_rest(tree, around)
        return _ended(checked, [*_problems_of(error, ""), *rest], "config")
    checked = attrs.evolve(checked, config=config)
    return _assembled(checked, config, around, probe=probe)


def _assembled(checked: Checked, config: SessionConfig, around: Surroundings, *, probe: bool) -> Checked:
    problems = [*_around(used_parts(config), around), *_leaks(config, around)]
    venue = _Venue()
    if probe and not problems:
        venue = _asked(config, around, problems)
    config = venue.config or config
    assembly = None
    try:
        assembly = assemble(
            config,
            workspace=around.workspace,
            clock=around.clock,
            log=around.log,
            venue_record=None if venue.found is None else venue.found.record,
        )
    except LogosError as error:
        problems += _problems_of(error, "")
    feed = assembly.feed if assembly else _feed_alone(checked, around, problems)
    reports: tuple[SymbolReport, ...] = ()
    if feed is not None and not feed.polled:
        reports = _prepared(feed, problems)
    if assembly is not None:
        problems += kill_file_problems(around.workspace, assembly.kill_files, config.guards)
    checked = attrs.evolve(
        checked, config=config, assembly=assembly, reports=reports, health=venue.health, venue=venue.taken
    )
    if problems or assembly is None:
        return _ended(checked, problems, "session")
    return _ended(_looked_at(checked, config, assembly, around, venue, probe=probe), [], "session")


@attrs.frozen(kw_only=True)
class _Venue:
    """What a broker's venue has said, and the config under its terms."""

    found: Survey | None = None
    config: SessionConfig | None = None
    health: tuple[HealthCheck, ...] = ()
    warnings: tuple[str, ...] = ()
    taken: Mapping[str, str] = attrs.field(factory=dict)


def _asked(config: SessionConfig, around: Surroundings, problems: list[Problem]) -> _Venue:
    """Ask the broker's venue, and put its terms into the config as the start of a session does."""
    try:
        context = part_context(config, workspace=around.workspace, clock=around.clock, log=around.log)
        found, health = probe_broker(config, context)
        if found is None or not found.sound:
            return _Venue(health=health)
        terms = under_terms(config, found, around.registry)
    except LogosError as error:
        problems += _problems_of(error, "broker")
        return _Venue()
    return _Venue(found=found, config=terms.config, health=health, warnings=terms.warnings, taken=terms.taken)


def _looked_at(
    checked: Checked, config: SessionConfig, assembly: Assembly, around: Surroundings, venue: _Venue, *, probe: bool
) -> Checked:
    """Add the warnings, and whether a polled feed answers."""
    context = part_context(config, workspace=around.workspace, clock=around.clock, log=around.log)
    odd = [
        *remarks(config, assembly, context, checked.reports),
        *(Problem(path="broker", message=text) for text in venue.warnings),
    ]
    feed = probe_feed(assembly.feed, config) if probe else ()
    return attrs.evolve(checked, warnings=_placed(odd, checked.tree), health=(*checked.health, *feed))


def with_problems(checked: Checked, more: Iterable[Problem]) -> Checked:
    """Return a check with further problems."""
    return attrs.evolve(checked, problems=_placed([*checked.problems, *more], checked.tree))


def live_problems(checked: Checked, *, acknowledged: bool) -> list[Problem]:
    """Return what stands in the way of a live session: in this release, always something."""
    problems = [
        Problem(
            path="--live",
            message="this release sends no order to a venue",
            hint="Leave --live out: every session runs on paper, and a broker at a venue runs dry",
        )
    ]
    if not acknowledged:
        hint = "Add it only where you would carry the loss"
        problems.append(Problem(path="--live", message="it would need --i-acknowledge-risk", hint=hint))
    named = {guard.name for guard in checked.config.guards} if checked.config else set()
    missing = sorted(name for kind, name in DISTRIBUTIONS if kind == "guard" and name not in named)
    if checked.config and missing:
        problems.append(
            Problem(
                path="guards",
                message=f"a live session needs every guard, and lacks {', '.join(missing)}",
                hint="Add each under 'guards:'",
            )
        )
    return problems


def _of_the_sound_rest(tree: Tree, around: Surroundings) -> list[Problem]:
    """Return what is wrong around and behind the sections that are sound themselves."""
    parts = [Used.of(section) for section in sound_parts(tree.root, around.registry)]
    problems = _around(parts, around)
    feed = _feed_alone(Checked(name=tree.name, tree=tree), around, problems, quiet=True)
    if feed is not None and not feed.polled:
        _prepared(feed, problems)
    return problems


def _around(parts: Iterable[Used], around: Surroundings) -> list[Problem]:
    try:
        secrets, root = around.secrets, around.workspace
        found = start_problems(parts, workspace=root, secrets=secrets, offline=around.offline)
        return [*found, *folder_problems(root)]
    except LogosError as error:  # a .env that cannot be read
        return _problems_of(error, "")


def _leaks(config: SessionConfig, around: Surroundings) -> list[Problem]:
    try:
        return leaked_secrets(config.resolved, used_parts(config), around.secrets)
    except LogosError:
        return []  # told already, see _around


def _feed_alone(checked: Checked, around: Surroundings, problems: list[Problem], *, quiet: bool = False) -> Feed | None:
    """Build the feed although something else cannot be built; what is wrong with it was told, unless ``quiet``."""
    try:
        config = load_feed_config(Path(checked.name), around.registry, workspace=around.workspace)
        with part_at_work("the feed", hint=NO_SESSION_YET):
            return build_feed(config, workspace=around.workspace, clock=around.clock, log=around.log)
    except ConfigError:
        return None  # its problems were told with those of the whole config
    except LogosError as error:
        if quiet:
            problems += _problems_of(error, "feed")
        return None


def _prepared(feed: Feed, problems: list[Problem]) -> tuple[SymbolReport, ...]:
    """Read the bars; add what is wrong with them."""
    try:
        with part_at_work("the feed", hint=NO_SESSION_YET):
            return tuple(feed.prepare())
    except LogosError as error:
        problems += _problems_of(error, "feed")
    finally:
        feed.close()
    return ()


def _problems_of(error: LogosError, path: str) -> list[Problem]:
    """Return an error with everything that it names."""
    if isinstance(error, ConfigError) and error.problems:
        return list(error.problems)
    return [problem_of(error, path, None), *error.problems]


def _ended(checked: Checked, problems: Iterable[Problem], what: str) -> Checked:
    """Close a check: problems in the order of the file, each once, with what was looked at first."""
    placed = _placed(problems, checked.tree)
    count = "can be used" if not placed else f"{len(placed)} problem{'s' if len(placed) > 1 else ''}"
    verdict = Verdict.FAILED if placed else Verdict.OK
    first = HealthCheck(name=what, verdict=verdict, text=f"{checked.name}: {count}")
    return attrs.evolve(checked, problems=placed, health=(first, *checked.health))


def _placed(problems: Iterable[Problem], tree: Tree | None) -> tuple[Problem, ...]:
    """Return problems with the line of their place, in the order of the file, each once."""
    found = []
    for problem in problems:
        line = problem.line
        if line is None and tree is not None and problem.path:
            line = written_line(tree.root, problem.path)
        placed = attrs.evolve(problem, line=line)
        if placed not in found:
            found.append(placed)
    return tuple(sorted(found, key=lambda problem: (problem.line or 0, problem.path, problem.message)))
