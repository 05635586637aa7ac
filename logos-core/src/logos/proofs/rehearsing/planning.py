"""Which drills a config needs: one for each limit of each guard, and those of the program itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import attrs

from logos.config.records import PartSection, SessionConfig
from logos.domain.errors import InputError
from logos.live.setup import RISK_DISTRIBUTION
from logos.live.watch import DEFAULT_KILL_FILE
from logos.plugins.known import DISTRIBUTIONS
from logos.plugins.registry import Registry
from logos.proofs.rehearsing.limits import knows, makers_for
from logos.proofs.rehearsing.measures import CannotRehearse
from logos.proofs.rehearsing.records import NOT_CONFIGURED, NOT_REHEARSED, Drill, Result
from logos.proofs.rehearsing.stage import Terms
from logos.proofs.rehearsing.stops import Stop, stops
from logos.proofs.rehearsing.together import blocks_at_once, halts_at_once, killed_before, raising_guards
from logos.session.guarding import KILL_SWITCH

ALL = "all"
HOOK = "rehearsals"
"""What a guard's config class may offer: ``rehearsals(entry, terms)`` yields drills for its own limits.

``entry`` is the guard's entry of ``guards:`` as plain values, ``terms`` the currency, decimals and seed to keep.
"""

Step = Drill | Stop | Result
Entry = Mapping[str, Any]


def plan(config: SessionConfig, registry: Registry, *, only: str, modes: bool) -> list[Step]:
    """Return what is to be done, in the order of the config's guards.

    Parameters
    ----------
    only:
        A guard's name, or ``all``.
    modes:
        Whether ``stale_data`` is rehearsed in both of its modes, not only in the config's.

    Raises
    ------
    InputError
        Where no such guard is in the config, or installed.
    """
    terms = Terms.of(config)
    entries, kill_file = _harmless(config)
    steps: list[Step] = []
    for section, entry in zip(config.guards, entries, strict=True):
        steps += _of_guard(section, entry, terms)
    if modes:
        steps += _other_mode(config, entries, terms)
    own = [entry for section, entry in zip(config.guards, entries, strict=True) if _is_known(section)]
    steps += [*blocks_at_once(own, terms), *halts_at_once(own, terms, kill_file), *raising_guards(own, terms)]
    steps += [killed_before(terms, own, kill_file), *stops(terms, own, kill_file), *_left_out(config, registry)]
    return _unique(_chosen(steps, only, registry))


def _harmless(config: SessionConfig) -> tuple[list[Entry], str]:
    """Return the guards' entries, with a kill file that lies in the rehearsal's own folder whatever the config says."""
    entries: list[Entry] = [dict(entry) for entry in config.resolved["guards"]]
    kill_file = DEFAULT_KILL_FILE
    for section, entry in zip(config.guards, entries, strict=True):
        if section.name == KILL_SWITCH and _is_known(section):
            kill_file = str(entry["file"]) if _is_inside(str(entry["file"])) else DEFAULT_KILL_FILE
            entries[entries.index(entry)] = {**entry, "file": kill_file}
    return entries, kill_file


def _is_inside(path: str) -> bool:
    """Return whether a path is relative and leads nowhere else, on any system."""
    return not any(
        one.is_absolute() or one.drive or ".." in one.parts for one in (PurePosixPath(path), PureWindowsPath(path))
    )


def _is_known(section: PartSection) -> bool:
    return section.offer.distribution == RISK_DISTRIBUTION and knows(section.name)


def _of_guard(section: PartSection, entry: Entry, terms: Terms) -> list[Step]:
    hook = getattr(section.config, HOOK, None)
    if hook is not None:
        return _made(section, hook, entry, terms)
    if not _is_known(section):
        return [_not_rehearsed(section, f"its config class has no {HOOK}: nobody knows how to trigger it")]
    steps = [step for maker in makers_for(section.name) for step in _made(section, maker, entry, terms)]
    reasons = [step.note if isinstance(step, Result) else "" for step in steps]
    return [step for number, step in enumerate(steps) if not reasons[number] or reasons[number] not in reasons[:number]]


def _made(
    section: PartSection, make: Callable[[Entry, Terms], Iterable[object]], entry: Entry, terms: Terms
) -> list[Step]:
    """Return the drills that are made, or why there are none."""
    try:
        return [_checked(section, drill) for drill in make(entry, terms)]
    except CannotRehearse as reason:
        return [_not_rehearsed(section, str(reason))]
    except Exception as error:  # noqa: BLE001 -- a third party's hook may raise anything; it is reported, not lost
        return [_not_rehearsed(section, f"{type(error).__name__}: {error}")]


def _checked(section: PartSection, drill: object) -> Drill:
    if not isinstance(drill, Drill):
        raise TypeError(f"{HOOK} yielded {drill!r} instead of a Drill")
    return attrs.evolve(drill, guard=section.name)


def _not_rehearsed(section: PartSection, reason: str) -> Result:
    return Result(name=section.name, guard=section.name, verdict=NOT_REHEARSED, note=reason)


def _other_mode(config: SessionConfig, entries: Sequence[Entry], terms: Terms) -> Iterator[Step]:
    for section, entry in zip(config.guards, entries, strict=True):
        if section.name == "stale_data" and _is_known(section):
            yield from _of_guard(section, {**entry, "halt": "all" if entry["halt"] == "any" else "any"}, terms)


def _left_out(config: SessionConfig, registry: Registry) -> Iterator[Result]:
    """Yield what is said of guards that the config does not name, and of those that are not installed."""
    named = {(section.name, section.offer.distribution) for section in config.guards}
    offers = registry.offers("guard")
    for offer in offers:
        if (offer.name, offer.distribution) not in named:
            note = f"{offer.qualified} is installed, and no limit of it holds a session"
            yield Result(name=offer.name, guard=offer.name, verdict=NOT_CONFIGURED, note=note)
    installed = {offer.name for offer in offers}
    for kind, name in sorted(DISTRIBUTIONS):
        if kind == "guard" and name not in installed:
            note = f"not installed: pip install {DISTRIBUTIONS[kind, name]}"
            yield Result(name=name, guard=name, verdict=NOT_CONFIGURED, note=note)


def _chosen(steps: Sequence[Step], only: str, registry: Registry) -> list[Step]:
    if only == ALL:
        return list(steps)
    chosen = [step for step in steps if _guard_of(step) == only]
    if any(not isinstance(step, Result) or step.verdict != NOT_CONFIGURED for step in chosen):
        return chosen
    names = sorted({offer.name for offer in registry.offers("guard")})
    if only in names:
        raise InputError(f"the config names no guard {only!r}", hint="Add it under guards:, or rehearse another config")
    mend = DISTRIBUTIONS.get(("guard", only))
    hint = f"Install it with: pip install {mend}" if mend else f"Installed are: {', '.join(names) or 'none'}"
    raise InputError(f"no guard {only!r} is installed", hint=hint)


def _guard_of(step: Step) -> str:
    return step.drill.guard if isinstance(step, Stop) else step.guard


def _unique(steps: Sequence[Step]) -> list[Step]:
    """Return the steps with names that differ: a config may have a guard twice."""
    seen: dict[str, int] = {}
    return [_renamed(step, seen) for step in steps]


def _renamed(step: Step, seen: dict[str, int]) -> Step:
    if isinstance(step, Stop):
        return attrs.evolve(step, drill=_numbered(step.drill, seen))
    return _numbered(step, seen) if isinstance(step, Drill) else step


def _numbered(drill: Drill, seen: dict[str, int]) -> Drill:
    number = seen[drill.slug] = seen.get(drill.slug, 0) + 1
    return drill if number == 1 else attrs.evolve(drill, name=f"{drill.name} ({number})")
