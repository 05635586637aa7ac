"""Verifies a finished backtest: its journal's chain, its config, and every table by running it again."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.artifacts.backtests import read_metrics
from logos.backtest.course import INTERRUPTED
from logos.backtest.running import run_backtest
from logos.backtest.setup import BacktestOutcome, BacktestSetup
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.domain.errors import ConfigError, IntegrityError
from logos.live.journal import Head, read_chain
from logos.live.setup import plugins_of

CHAIN = "journal's chain"
CONFIG = "config"
BARS = "bars"
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
"""The files that a second run must repeat byte for byte, in the order in which differences are told."""

_OF_ONE_RUN = frozenset({"backtest_id", "client_order_id", "prev", "hash"})
"""The fields of journal events that hold the run's id, and those that follow from it."""

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


@attrs.frozen(kw_only=True)
class Verification:
    """What came of verifying a backtest.

    Attributes
    ----------
    status:
        How the run had ended.
    notes:
        What was not checked and why, and what explains a difference.
    uncompared:
        What else lies in the folder and was not looked at: its files, and folders of which nothing was, with a slash.
    """

    backtest_id: str
    status: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    uncompared: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing was found."""
        return not any(check.fault for check in self.checks)


def verify_backtest(setup: BacktestSetup, folder: Path) -> Verification:
    """Check the journal's chain and the config of a backtest, run it again, and compare what both runs wrote.

    The new run is thrown away and is not counted as a trial. What was interrupted is not run again: where it would
    stop is chance.

    Parameters
    ----------
    setup:
        The surroundings; relative paths of the config start from its workspace. Its output is not used.
    folder:
        The recorded backtest.

    Raises
    ------
    InputError
        Where the folder is no backtest.
    DataError
        Where its bars are gone.
    IntegrityError
        Where its figures or its config cannot be read.
    """
    status = read_metrics(folder)["status"]
    chain, first = _chain(folder)
    checks = [chain]
    notes: list[str] = []
    if first is not None:
        checks.append(_config_check(folder, first))
    if status == INTERRUPTED:
        notes.append(
            "the run was interrupted, and where a second one would stop is chance: only its chain and its config were "
            "checked"
        )
    elif chain.fault or first is None:
        notes.append("it was not run again, since its journal cannot be relied on")
    elif checks[-1].fault:
        notes.append("it was not run again, since its config.yaml is not the one that it ran with")
    else:
        again, remarks = _again(setup, folder, first)
        checks += again
        notes += remarks
    return Verification(
        backtest_id=folder.name,
        status=status,
        checks=tuple(checks),
        notes=tuple(notes),
        uncompared=tuple(_uncompared(folder, checks)),
    )


def _uncompared(folder: Path, checks: Sequence[Check]) -> Iterator[str]:
    """Yield what no check has looked at, in name order."""
    looked_at = {schemas.JOURNAL_FILE, schemas.CONFIG_FILE, *(check.name for check in checks)}
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            yield f"{entry.name}/"
        elif entry.name not in looked_at:
            yield entry.name


def _chain(folder: Path) -> tuple[Check, Event | None]:
    """Check the journal's chain; return its first event besides, ``None`` where that cannot be read."""
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
    return Check(name=CHAIN, records=head.sequence, what="events", fault=fault), first


def _config_check(folder: Path, first: Event) -> Check:
    """Hold ``config.yaml`` against what the journal's first line says of it."""
    try:
        found = hashlib.sha256((folder / schemas.CONFIG_FILE).read_bytes()).hexdigest()
    except OSError as error:
        return Check(name=CONFIG, records=0, what="files", fault=f"{schemas.CONFIG_FILE}: {error.strerror}")
    expected = first.get("config_sha256")
    fault = ""
    if found != expected:
        fault = f"{schemas.CONFIG_FILE} has the SHA-256 {found}, and the journal's first line says {expected}"
    return Check(name=CONFIG, records=1, what="files", fault=fault)


def _again(setup: BacktestSetup, folder: Path, first: Event) -> tuple[list[Check], list[str]]:
    """Run the config again and compare; return the checks, and what explains a difference."""
    config = _load(setup, folder)
    with tempfile.TemporaryDirectory(prefix="logos-verify-") as scratch:
        outcome = run_backtest(attrs.evolve(setup, output=Path(scratch)), config)
        if outcome.status == INTERRUPTED:
            raise KeyboardInterrupt
        checks = [_bars_check(first, outcome)]
        checks += [check for name in COMPARED if (check := _file_check(name, folder, outcome.folder)) is not None]
        checks.append(_events_check(folder, outcome.folder))
    notes = []
    if first.get("plugins") != plugins_of(config):
        notes.append("the plugins' versions are not those that the backtest ran with")
    return checks, notes


def _load(setup: BacktestSetup, folder: Path) -> SessionConfig:
    try:
        return load_session_config(folder / schemas.CONFIG_FILE, setup.registry, workspace=setup.workspace)
    except ConfigError as error:
        raise IntegrityError(
            f"{schemas.CONFIG_FILE} of backtest {folder.name} cannot be used",
            hint="A plugin that it names is gone, or another version of it is installed: install what it ran with",
            problems=error.problems,
        ) from error


def _bars_check(first: Event, outcome: BacktestOutcome) -> Check:
    recorded, found = first.get("data_digest"), outcome.metrics["data_digest"]
    fault = "" if recorded == found else f"the data digest is {found} now, and was {recorded} when it ran"
    return Check(name=BARS, records=outcome.metrics["bars"], what="bars", fault=fault)


def _file_check(name: str, recorded: Path, again: Path) -> Check | None:
    """Compare a file line by line; ``None`` where neither run has it."""
    one, two = recorded / name, again / name
    if not one.exists() and not two.exists():
        return None
    number, fault = _first_difference(name, _lines(one), _lines(two))
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


def _events_check(recorded: Path, again: Path) -> Check:
    """Compare two journals whose chains are whole, event by event: one that was cut off at its end differs here."""
    one, two = (_comparable(folder / schemas.JOURNAL_FILE) for folder in (recorded, again))
    number = 0
    for number, (left, right) in enumerate(zip_longest(one, two), start=1):
        if left != right:
            fault = f"{schemas.JOURNAL_FILE} line {number}: {_unlike(left, right)}"
            return Check(name=JOURNAL, records=number, what="events", fault=fault)
    return Check(name=JOURNAL, records=number, what="events")


def _comparable(path: Path) -> Iterator[Event]:
    for _, event in read_chain(path):
        yield {name: value for name, value in event.items() if name not in _OF_ONE_RUN}


def _unlike(left: Event | None, right: Event | None) -> str:
    if left is None or right is None:
        return "it is missing" if left is None else "there is no such event when run again"
    names = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    field = names[0] if names else "the order of its fields"
    return f"{field} is {left.get(field)!r}, and {right.get(field)!r} when run again"
