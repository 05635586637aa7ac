"""What two runs were made of besides bars: their configs and their parts, and what a change of them can explain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from logos.artifacts.schemas import VENUE_FILE
from logos.config.comparing import Change, changes_below
from logos.domain.errors import IntegrityError
from logos.proofs.divergence.accounts import AccountDifference
from logos.proofs.divergence.events import EventDifference
from logos.proofs.divergence.sides import Side

Output = EventDifference | AccountDifference
"""What a run did, where it differs."""

GUARDS = "guards"

_KILL_SWITCH = "kill_switch"
_SIGNAL = "signal"
_OF_THE_ACCOUNT = frozenset({"cash", "currency", "conversions", "margin", "money_decimals"})
_OF_AN_ENTRY = frozenset({"symbols", "plugin", "name"})
"""Keys of a strategy's entry that matter to the other entries too: what is invested is shared by all pairs."""


@attrs.frozen(kw_only=True)
class PartChange:
    """A part that comes from another distribution, or in another version."""

    kind: str
    name: str
    a: str
    b: str


def part_changes(a: Side, b: Side) -> Iterator[PartChange]:
    """Yield the parts that both runs have, and not from the same release."""
    releases = [{(one["kind"], one["name"]): _release(one) for one in side.plugins} for side in (a, b)]
    for kind, name in sorted(releases[0].keys() & releases[1].keys()):
        one, two = (found[kind, name] for found in releases)
        if one != two:
            yield PartChange(kind=kind, name=name, a=one, b=two)


def _release(part: Mapping[str, str]) -> str:
    return f"{part['distribution']} {part['version']}"


def venue_changes(a: Side, b: Side) -> Iterator[Change]:
    """Yield where the rules of a venue differ, as each session's survey has recorded them; none without a record.

    Raises
    ------
    IntegrityError
        Where a record cannot be read.
    """
    one, two = _venue_record(a), _venue_record(b)
    if one is not None and two is not None:
        yield from changes_below("", one, two)


def _venue_record(side: Side) -> Any:
    path = side.folder / VENUE_FILE
    if not path.exists():
        return None
    try:
        return json.loads(path.read_bytes())["record"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"{path} cannot be read: {error}", hint="Restore it from a copy") from error


def by_kill_file(output: Output) -> bool:
    """Whether somebody stopped one of the runs: no config explains that."""
    if isinstance(output, AccountDifference):
        return False
    causes = [cause for event in (output.a, output.b) if event is not None for cause in event.fields.get("causes", ())]
    return output.event.kind == "halted" and any(cause["guard"] == _KILL_SWITCH for cause in causes)


def config_explains(change: Change, output: Output) -> bool:
    """Return whether another value at a place of the config can be why the runs did something else."""
    root, _, rest = change.path.partition(".")
    if by_kill_file(output) and root != GUARDS:
        return False
    explains = _EXPLAIN.get(root)
    return explains is not None and explains(rest, output)


def _guard_explains(_rest: str, output: Output) -> bool:
    return isinstance(output, EventDifference) and (output.of_guards or output.one_sided or output.halted)


def _session_explains(rest: str, output: Output) -> bool:
    return rest == "seed" or (rest == "flatten" and isinstance(output, EventDifference) and output.halted)


def _instrument_explains(rest: str, output: Output) -> bool:
    return isinstance(output, AccountDifference) or output.event.symbol in {"", rest.partition(".")[0]}


def _strategy_explains(rest: str, output: Output) -> bool:
    if isinstance(output, AccountDifference):
        return False
    name, _, below = rest.partition(".")
    is_whole = not below or below.partition(".")[0] in _OF_AN_ENTRY
    return is_whole or output.event.strategy in {"", name}


def _broker_explains(rest: str, output: Output) -> bool:
    if isinstance(output, AccountDifference):
        return rest.partition(".")[0] in _OF_THE_ACCOUNT
    return _later_than_signals(rest, output)


def _later_than_signals(_rest: str, output: Output) -> bool:
    """Whether what differs comes behind the signals, which see nothing but bars."""
    return isinstance(output, AccountDifference) or output.field != _SIGNAL


_EXPLAIN: dict[str, Callable[[str, Output], bool]] = {
    GUARDS: _guard_explains,
    "session": _session_explains,
    "instruments": _instrument_explains,
    "strategies": _strategy_explains,
    "currencies": _later_than_signals,
    "broker": _broker_explains,
    "allocator": _later_than_signals,
    "position_manager": _later_than_signals,
}
"""By section of the config; whatever is missing here explains nothing that a run did with its bars."""


def part_explains(change: PartChange, output: Output, a: Side) -> bool:
    """Return whether another release of a part can be why the runs did something else."""
    if change.kind == "feed" or isinstance(output, AccountDifference) or by_kill_file(output):
        return False
    if change.kind == "guard":
        return output.of_guards or output.one_sided
    if change.kind == "strategy":
        names = {str(entry["name"]) for entry in a.config["strategies"] if _plugin(entry) == change.name}
        return output.event.strategy in {"", *names}
    return _later_than_signals("", output)


def _plugin(entry: dict[str, object]) -> str:
    return str(entry["plugin"]).rpartition("/")[2]
