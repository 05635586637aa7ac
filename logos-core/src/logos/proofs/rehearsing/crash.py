"""A crash rehearsed on a session of the user's own: killed in its durable writes, resumed, compared byte by byte."""

from __future__ import annotations

import hashlib
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs

from logos import paths
from logos.artifacts import schemas
from logos.artifacts.readers import read_state
from logos.context.clock import Clock
from logos.context.seed import Seed
from logos.domain.errors import InputError
from logos.domain.times import time_text
from logos.live.disk import Disk
from logos.live.folder import LOCK_FILE, unended
from logos.live.runner import Status
from logos.live.stage import relative
from logos.proofs.comparing import Lines, compare, lines_of
from logos.proofs.rehearsing.again import Task
from logos.proofs.rehearsing.nursery import Ending, Nursery
from logos.proofs.rehearsing.observing import events
from logos.proofs.rehearsing.recorded_venue import TOLD_IN, untold_lines
from logos.proofs.rehearsing.rehearsal import Progress, new_folder
from logos.proofs.rehearsing.stage import HINT
from logos.proofs.rehearsing.stops import EACH_ONCE, order_ids

_WORK = "work"
_KEPT = 3
"""How many sessions that came out otherwise are kept for a look."""

_NURSERY_LOG = "children.log"


@attrs.frozen(kw_only=True)
class Finding:
    """A kill that did not lead to the same session.

    Attributes
    ----------
    operation:
        The durable operation in which it was killed; 0 for the run that nobody killed.
    what:
        The first difference, or what was raised.
    """

    operation: int
    what: str


@attrs.frozen(kw_only=True)
class CrashReport:
    """What came of killing a session.

    Attributes
    ----------
    operations:
        How many durable operations the session has when it is replayed.
    kills:
        In which of them it was killed.
    resumed, begun_again:
        How many sessions were resumed, and how many had not begun yet when they were killed.
    orders:
        How many orders the session has.
    outside:
        Whether its broker is outside this process: its venue then answered from what was recorded.
    untouched:
        Whether the user's folder is as it was before.
    seconds:
        How long it all took.
    """

    folder: Path
    root: Path
    session_id: str
    seed: int
    operations: int
    kills: tuple[int, ...]
    resumed: int
    begun_again: int
    orders: int
    outside: bool
    findings: tuple[Finding, ...]
    untouched: bool
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every session came out the same, and the user's own was not touched."""
        return not self.findings and self.untouched

    def as_object(self) -> dict[str, Any]:
        """Return the report as ``rehearsal.json`` and ``--json`` have it."""
        told = attrs.asdict(self, filter=lambda field, _value: field.name not in {"folder", "root"})
        told |= {"kills": list(self.kills), "seconds": round(self.seconds, 1)}
        return {"passed": self.passed, "path": relative(self.folder, self.root), **told}

    def lines(self) -> Iterator[str]:
        """Yield the report in sentences."""
        share = "every one" if len(self.kills) == self.operations else f"{len(self.kills):,} of them, seed {self.seed}"
        yield f"Session {self.session_id} has {self.operations:,} durable operations; it was killed in {share}."
        yield f"Resumed: {self.resumed:,}. Not begun when killed, and begun again: {self.begun_again:,}."
        for finding in self.findings:
            where = f"killed in operation {finding.operation:,}" if finding.operation else "not killed at all"
            yield f"DIFFERENT, {where}: {finding.what}"
        if self.outside:
            yield f"Its venue answered from {schemas.VENUE_FILE}; what each resume writes down of that is not compared."
        if not self.findings:
            yield f"All artifacts are the same bytes; each of {self.orders:,} orders is there once, under one id."
        yield f"Your session's folder {'was not touched' if self.untouched else 'HAS CHANGED meanwhile'}."


def rehearse_crash(
    session: Path,
    *,
    workspace: Path,
    clock: Clock,
    sample: int | None,
    seed: int,
    progress: Progress = lambda _done, _total, _text: None,
    tell: Callable[[str], None] = lambda _text: None,
) -> CrashReport:
    """Replay a session, kill it in the middle of its durable operations, resume it, and compare.

    Parameters
    ----------
    session:
        The session's folder; it is only read.
    sample:
        In how many operations it is killed, drawn from the seed; ``None`` for every one.

    Raises
    ------
    InputError
        Where the session has no end yet.
    """
    _refuse_unfit(session)
    began = clock.monotonic()
    before = digest_of(session)
    folder = new_folder(workspace, time_text(clock.now()), f"-crash-{session.name}")
    work = folder / _WORK
    Disk(hint=HINT).make_folder(work)
    with Nursery(folder / _NURSERY_LOG) as nursery:
        lab = _Lab(nursery=nursery, workspace=workspace, session=session, work=work)
        took = clock.monotonic()
        operations, findings = lab.run_whole()
        took = clock.monotonic() - took
        kills = drawn(operations, sample, seed) if operations else ()
        tell(f"{operations:,} durable operations, {len(kills):,} kills: about {_span(len(kills) * took * 2)}")
        for number, kill in enumerate(kills):
            progress(number, len(kills), f"killed in operation {kill:,} of {operations:,}")
            findings += lab.kill(kill)
    lab.clear()
    return CrashReport(
        folder=folder,
        root=workspace,
        session_id=session.name,
        seed=seed,
        operations=operations,
        kills=kills,
        resumed=lab.resumed,
        begun_again=lab.begun_again,
        orders=lab.orders,
        outside=lab.outside,
        findings=tuple(findings),
        untouched=digest_of(session) == before,
        seconds=clock.monotonic() - began,
    )


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _refuse_unfit(session: Path) -> None:
    if sys.platform == "win32":
        raise InputError("this system has no SIGKILL to rehearse with", hint="Rehearse a crash on Linux or macOS")
    if read_state(session)["status"] == Status.RUNNING:
        raise unended(session)


def drawn(operations: int, sample: int | None, seed: int) -> tuple[int, ...]:
    """Return in which operations to kill: one from each of so many equal parts, drawn from the seed."""
    if sample is None or sample >= operations:
        return tuple(range(1, operations + 1))
    edges = [part * operations // sample for part in range(sample + 1)]
    numbers = (Seed(seed).number("crash", part) for part in range(sample))
    return tuple(
        low + 1 + number % (high - low) for low, high, number in zip(edges[:-1], edges[1:], numbers, strict=True)
    )


def digest_of(folder: Path) -> str:
    """Return a digest of everything in a folder: names, bytes and times of change."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_mtime_ns}\0".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


class _Lab:
    """Where copies of a session are run and killed."""

    def __init__(self, *, nursery: Nursery, workspace: Path, session: Path, work: Path) -> None:
        self._nursery = nursery
        self._workspace = workspace
        self._session = session
        self._work = work
        self.outside = (session / schemas.VENUE_FILE).exists()
        self._lines: Lines = untold_lines if self.outside else lines_of
        self._wanted: dict[str, str] = {}
        self._kept: list[Path] = []
        self.resumed = self.begun_again = self.orders = 0

    def run_whole(self) -> tuple[int, list[Finding]]:
        """Run the session without a kill; return its durable operations, and how it differs from what was recorded."""
        output = self._work / "whole"
        ending = self._attempt(output, 0)
        if ending.fault or ending.code:
            return 0, [Finding(operation=0, what=ending.fault or f"it ended with {ending.code}")]
        whole = self._folder(output)
        self._wanted = self._digests(whole)
        findings = [
            Finding(operation=0, what=f"{one.file} line {one.line}: recorded {one.recorded}, replayed {one.replayed}")
            for one in compare(self._session, whole, self._lines)[:1]
        ]
        if ids := self._ids(whole):
            findings.append(Finding(operation=0, what=ids))
        self.orders = (whole / schemas.ORDERS_FILE).read_bytes().count(b"\n") - 1
        return ending.operations, findings

    def kill(self, operation: int) -> list[Finding]:
        """Kill the session in an operation, go on with it, and return how it came out otherwise."""
        output = self._work / f"{operation:06d}"
        what = self._otherwise(output, operation)
        if what and len(self._kept) < _KEPT:
            self._kept.append(output)
        else:
            shutil.rmtree(output, ignore_errors=True)
        return [Finding(operation=operation, what=what)] if what else []

    def _otherwise(self, output: Path, operation: int) -> str:
        killed = self._attempt(output, operation)
        if killed.code != -signal.SIGKILL:
            return killed.fault or f"it came to its end in {killed.operations} operations, and was not killed"
        folder = self._folder(output)
        if folder.exists():
            self.resumed += 1
        else:
            self.begun_again += 1
        ending = self._attempt(output, 0)
        if ending.fault or ending.code:
            return f"it could not go on: {ending.fault or f'it ended with {ending.code}'}"
        return self._difference(folder)

    def _difference(self, folder: Path) -> str:
        found = self._digests(folder)
        names = [name for name in sorted({*found, *self._wanted}) if found.get(name) != self._wanted.get(name)]
        if names:
            first = next(iter(compare(self._folder(self._work / "whole"), folder, self._lines)), None)
            text = ", ".join(names)
            return (
                text
                if first is None
                else f"{text}; {first.file} line {first.line}: {first.recorded} became {first.replayed}"
            )
        return self._ids(folder)

    def _ids(self, folder: Path) -> str:
        """Return which orders are not there once; empty where each is."""
        ids = order_ids(folder)
        shown = Counter(event["order_id"] for event in events(folder) if event["type"] == "venue_request")
        again = [number for number, times in shown.items() if times > 1]
        return f"orders {again} were shown to the venue more than once" if again else "" if ids == EACH_ONCE else ids

    def _attempt(self, output: Path, kill_at: int) -> Ending:
        places = {"workspace": self._workspace, "source": self._session, "output": output}
        return self._nursery.attempt(Task(**{name: str(path) for name, path in places.items()}, kill_at=kill_at))

    def _folder(self, output: Path) -> Path:
        return paths.sessions_dir(output) / self._session.name

    def clear(self) -> None:
        """Remove the copies, but for those that came out otherwise and what they are compared with."""
        if not self._kept:
            shutil.rmtree(self._work, ignore_errors=True)

    def _digests(self, folder: Path) -> dict[str, str]:
        """Return a digest of each artifact by its name; logs and the picture are not compared."""
        left_out = {"logs", "plots"}
        files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != LOCK_FILE]
        return {
            name: self._digest(name, path)
            for path in files
            if (name := path.relative_to(folder).as_posix()).split("/")[0] not in left_out
        }

    def _digest(self, name: str, path: Path) -> str:
        if self.outside and name in TOLD_IN:
            return hashlib.sha256("".join(untold_lines(name, path)).encode()).hexdigest()
        return hashlib.sha256(path.read_bytes()).hexdigest()
