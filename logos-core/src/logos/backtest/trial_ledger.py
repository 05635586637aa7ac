"""The ledger of trials: every config that was ever tried on a set of bars, so that luck can be told from skill.

One JSON object a line, ``{seq, at, source, run, config_digest, data_digest, window, strategy, sharpe, prev, hash}``,
chained like a session's journal: each line is sealed with the digest of the one before it. The file only grows. Any
number of programs may append to it at once, a batch at a time.

A trial that was made before is recorded again and not counted again: what counts is how many *different* configs have
been tried on the same bars, by whatever program.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import attrs
from filelock import FileLock

from logos.backtest.trial import Window
from logos.config.writing import digest_of
from logos.context.clock import Clock, SystemClock
from logos.domain.errors import IntegrityError, StorageError
from logos.domain.times import time_text
from logos.live.journal import Head

LEDGER_FILE = "trials.jsonl"
_SEAL = ',"hash":"'
# A line ends in two digests of 64 characters: of the line before it, and its own.
_PREVIOUS = b',"prev":"'
_SEAL_BEHIND = b'"' + _SEAL.encode()
_END = b'"}\n'
_PATIENCE = 60.0
"""Seconds to wait for another program that appends."""

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
# Every line is written here, with its keys in one order, so that counting need not take it apart.
_KEY = re.compile(rb'"config_digest":"([^"]*)","data_digest":"([^"]*)","window":(\{[^}]*\})')

TrialKey = tuple[str, str, str]
"""Config digest, window and data digest."""


@attrs.frozen(kw_only=True)
class Trial:
    """A config that was tried on a part of the bars.

    Attributes
    ----------
    source:
        Who tried it: ``sweep``, ``backtest`` and so on.
    run:
        The id of the sweep or the backtest.
    config_digest:
        As ``trial_digest`` gives it.
    data_digest:
        The feed's digest of all bars.
    window:
        The part of the bars that was traded on.
    strategy:
        The strategies and what was varied, in a few words.
    sharpe:
        The annualised Sharpe ratio that came of it; ``None`` where it is undefined.
    """

    source: str
    run: str
    config_digest: str
    data_digest: str
    window: Window
    strategy: str
    sharpe: float | None

    @property
    def key(self) -> TrialKey:
        """What makes two trials the same one."""
        return self.config_digest, _encode(window_values(self.window)), self.data_digest


@attrs.frozen(kw_only=True)
class TrialCount:
    """How much has been tried on a set of bars.

    Attributes
    ----------
    configs:
        Different configs, on whatever part of the bars.
    trials:
        Different pairs of a config and a part of the bars.
    records:
        Lines in the ledger, repeats included.
    """

    configs: int
    trials: int
    records: int


def trials_path(root: Path) -> Path:
    """Return where the ledger of a workspace lies."""
    return root / "runs" / LEDGER_FILE


def trial_digest(resolved: Mapping[str, Any]) -> str:
    """Return the digest of everything in a resolved config that decides a trial, hexadecimal.

    The session's name decides nothing, and the part of the bars is recorded by itself; so a sweep's trial and a
    backtest of the same values have the same digest.
    """
    values = {key: value for key, value in resolved.items() if key != "backtest"}
    values["session"] = {key: value for key, value in resolved.get("session", {}).items() if key != "name"}
    return digest_of(values)


def window_values(window: Window) -> dict[str, str | None]:
    """Return a part of the bars as the ledger writes it."""
    return {
        "start": None if window.start is None else time_text(window.start),
        "end": None if window.end is None else time_text(window.end),
    }


class TrialLedger:
    """Appends trials, and counts them.

    Parameters
    ----------
    path:
        The file; it is made at the first trial.
    clock:
        Gives the wall time of each line, its field ``at``.
    """

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.path = path
        self._clock = SystemClock() if clock is None else clock
        self._sound = Head()
        self._lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE)

    def append(self, trials: Sequence[Trial]) -> None:
        """Add trials to the file, all at once.

        A last line that a crash has torn is taken away first.

        Raises
        ------
        IntegrityError
            Where a line was edited, or is missing or out of place; it is named.
        StorageError
            Where the file cannot be written.
        """
        if not trials:
            return
        at = time_text(self._clock.now())
        with self._held(), self.path.open("a+b") as file:
            head = self._check(file)
            if file.seek(0, os.SEEK_END) > head.length:
                file.truncate(head.length)
            sequence, digest = head.sequence, head.digest
            lines = []
            for trial in trials:
                sequence += 1
                line, digest = _line(trial, sequence, at, digest)
                lines.append(line)
            added = b"".join(lines)
            file.write(added)
            file.flush()
            self._sound = Head(sequence, head.length + len(added), digest)

    def sync(self) -> None:
        """Wait until every trial would survive a power cut."""
        if self.path.exists():
            with self._held(), self.path.open("ab") as file:
                os.fsync(file.fileno())

    def count(self, *, data_digest: str) -> TrialCount:
        """Return how much has been tried on the bars of a digest, over all programs and parts of the bars.

        Raises
        ------
        IntegrityError
            Where a line was edited, or is missing or out of place; it is named.
        """
        configs: set[str] = set()
        trials: set[tuple[str, ...]] = set()
        records = 0
        for key in self._keys(f'"data_digest":"{data_digest}"'):
            records += 1
            configs.add(key[0])
            trials.add(key)
        return TrialCount(configs=len(configs), trials=len(trials), records=records)

    def keys_of(self, run: str) -> Collection[TrialKey]:
        """Return the keys of the trials that a run has recorded already."""
        return set(self._keys(f'"run":{_encode(run)}'))

    def verify(self) -> int:
        """Check the whole chain; return how many lines it has. A torn last line is passed over.

        Raises
        ------
        IntegrityError
            At the first line that was edited, is missing or out of place.
        """
        self._sound = Head()
        self._check_path()
        return self._sound.sequence

    def _check_path(self) -> None:
        if self.path.exists():
            with self.path.open("rb") as file:
                self._check(file)

    def _check(self, file: BinaryIO) -> Head:
        """Check the lines that this program has not checked yet, and return the last whole one's head."""
        if file.seek(0, os.SEEK_END) < self._sound.length:  # another file, or one that was cut
            self._sound = Head()
        sequence, length, digest = self._sound.sequence, self._sound.length, self._sound.digest
        file.seek(length)
        for line in file:
            if not line.endswith(b"\n"):
                break
            fault = _fault(line, digest)
            if fault:
                raise IntegrityError(
                    f"{self.path} line {sequence + 1}: {fault}",
                    hint="The ledger was damaged or edited after it was written: restore it from a copy. Where there "
                    "is none, move it away; the count of trials then begins anew, and luck is judged too mildly",
                )
            sequence, length, digest = sequence + 1, length + len(line), line[-67:-3].decode()
        self._sound = Head(sequence, length, digest)
        return self._sound

    def _keys(self, text: str) -> Iterator[TrialKey]:
        """Yield the keys of the lines that hold a text."""
        self._check_path()
        wanted = text.encode()
        for line in self._lines():
            found = _KEY.search(line) if wanted in line else None
            if found is not None:
                config, data, window = (part.decode() for part in found.groups())
                yield config, window, data

    def _lines(self) -> Iterator[bytes]:
        """Yield the whole lines; a torn last one is left out."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep other programs from appending."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                yield
        except OSError as error:  # a lock that is not to be had in time is one too
            raise StorageError(
                f"cannot write the ledger of trials {self.path}: {error.strerror or error}",
                hint="Mend the disk, or end the program that holds it; what was written before is valid",
            ) from error


def _fault(line: bytes, previous: str) -> str:
    """Return what is wrong with a line that is to follow another; empty where nothing is."""
    if line[-150:-141] != _PREVIOUS or line[-77:-67] != _SEAL_BEHIND or line[-3:] != _END:
        return "it is not a trial"
    if line[-141:-77] != previous.encode():
        return "it does not follow the line before it"
    if hashlib.sha256(line[:-76]).hexdigest().encode() != line[-67:-3]:
        return "its content does not match its seal"
    return ""


def _line(trial: Trial, sequence: int, at: str, previous: str) -> tuple[bytes, str]:
    values = {
        "seq": sequence,
        "at": at,
        "source": trial.source,
        "run": trial.run,
        "config_digest": trial.config_digest,
        "data_digest": trial.data_digest,
        "window": window_values(trial.window),
        "strategy": trial.strategy,
        "sharpe": trial.sharpe,
        "prev": previous,
    }
    body = _encode(values)[:-1].encode()
    digest = hashlib.sha256(body).hexdigest()
    return body + f'{_SEAL}{digest}"}}\n'.encode(), digest
