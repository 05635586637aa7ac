"""Compares the folder of a backtest with that of the same backtest run again, file by file."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.domain.errors import IntegrityError
from logos.live.journal import Head, read_chain

CHAIN = "journal's chain"
JOURNAL = "journal's events"

COMPARED = (
    schemas.METRICS_FILE,
    schemas.TRADES_FILE,
    schemas.ORDERS_FILE,
    schemas.DECISIONS_FILE,
    schemas.WEIGHTS_FILE,
    schemas.EQUITY_FILE,
    schemas.BENCHMARK_FILE,
    schemas.QUARANTINE_FILE,
)
"""The files of every run that a second one must repeat byte for byte, in the order in which differences are told."""

_OF_ONE_RUN = frozenset({"backtest_id", "client_order_id", "prev", "hash"})
"""The fields of journal events that hold the run's id, and those that follow from it."""

_UNLIKE = frozenset({".log", ".png"})
"""Logs have the time of day in them, and pictures depend on the fonts and libraries that draw them."""

_LONGEST = 200

Event = dict[str, Any]


@attrs.frozen(kw_only=True)
class Check:
    """One thing that was verified.

    Attributes
    ----------
    name:
        A file, or what of it.
    records:
        How many were looked at, up to the first fault.
    what:
        What they are.
    fault:
        What was found and what is expected; empty where all agree.
    """

    name: str
    records: int
    what: str
    fault: str = ""


def chain_check(folder: Path, name: str = CHAIN) -> tuple[Check, Event | None]:
    """Check a journal's chain; return its first event besides, ``None`` where that cannot be read."""
    first: Event | None = None
    head = Head()
    fault = ""
    try:
        for head, event in read_chain(folder / schemas.JOURNAL_FILE):  # noqa: B007 - where it ends is of use
            first = first or event
        if first is None:
            fault = f"{schemas.JOURNAL_FILE} is empty"
    except IntegrityError as error:
        fault = error.message
    except OSError as error:
        fault = f"{schemas.JOURNAL_FILE} cannot be read: {error.strerror}"
    return Check(name=name, records=head.sequence, what="events", fault=fault), first


def own_checks(recorded: Path, again: Path) -> Iterator[Check]:
    """Compare the files that every backtest has; the journal's chain is known to be whole."""
    for name in COMPARED:
        if (recorded / name).exists() or (again / name).exists():
            yield file_check(name, recorded, again)
    yield _events_check(JOURNAL, recorded, again)


def added_checks(recorded: Path, again: Path, known: Collection[str]) -> Iterator[Check]:
    """Compare what else the second run has made, whole runs inside its folder too, in the order of the paths.

    Parameters
    ----------
    known:
        Files that something else looks at.
    """
    own = {schemas.JOURNAL_FILE, schemas.CONFIG_FILE, *COMPARED, *known}
    for path in sorted(again.rglob("*")):
        name = path.relative_to(again).as_posix()
        if name in own or path.suffix in _UNLIKE or not path.is_file():
            continue
        if path.name == schemas.JOURNAL_FILE:
            yield _journal_check(name, (recorded / name).parent, path.parent)
        else:
            yield file_check(name, recorded, again)


def uncompared(folder: Path, looked_at: Collection[str], below: str = "") -> Iterator[str]:
    """Yield what no check has looked at in name order: files, and folders of which nothing was, with a slash."""
    for entry in sorted(folder.iterdir()):
        name = below + entry.name
        if not entry.is_dir():
            if name not in looked_at:
                yield name
        elif any(other.startswith(f"{name}/") for other in looked_at):
            yield from uncompared(entry, looked_at, f"{name}/")
        else:
            yield f"{name}/"


def file_check(name: str, recorded: Path, again: Path) -> Check:
    """Compare a file line by line."""
    number, fault = _first_difference(name, _lines(recorded / name), _lines(again / name))
    return Check(name=name, records=number, what="lines", fault=fault)


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from file


def _first_difference(name: str, recorded: Iterator[bytes], again: Iterator[bytes]) -> tuple[int, str]:
    number = 0
    for number, (left, right) in enumerate(zip_longest(recorded, again), start=1):
        if left != right:
            return number, f"{name} line {number} is {_shown(left)}, and {_shown(right)} when run again"
    return number, ""


def _shown(line: bytes | None) -> str:
    if line is None:
        return "not there"
    text = line.decode(errors="replace").rstrip("\n")
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _journal_check(name: str, recorded: Path, again: Path) -> Check:
    """Check the chain of a journal and compare its events."""
    chain, _ = chain_check(recorded, name)
    return chain if chain.fault else _events_check(name, recorded, again)


def _events_check(name: str, recorded: Path, again: Path) -> Check:
    """Compare two journals whose chains are whole, event by event: one that was cut off at its end differs here."""
    one, two = (_comparable(folder / schemas.JOURNAL_FILE) for folder in (recorded, again))
    number = 0
    for number, (left, right) in enumerate(zip_longest(one, two), start=1):
        if left != right:
            fault = f"{schemas.JOURNAL_FILE} line {number}: {_unlike(left, right)}"
            return Check(name=name, records=number, what="events", fault=fault)
    return Check(name=name, records=number, what="events")


def _comparable(path: Path) -> Iterator[Event]:
    for _, event in read_chain(path):
        yield {name: value for name, value in event.items() if name not in _OF_ONE_RUN}


def _unlike(left: Event | None, right: Event | None) -> str:
    if left is None or right is None:
        return "it is missing" if left is None else "there is no such event when run again"
    names = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    field = names[0] if names else "the order of its fields"
    return f"{field} is {left.get(field)!r}, and {right.get(field)!r} when run again"
