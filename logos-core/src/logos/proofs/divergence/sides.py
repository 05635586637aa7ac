"""One of the two runs that are compared: what its folder says of its inputs and its span."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts.backtests import backtest_names, find_backtest, is_backtest, read_metrics
from logos.artifacts.locating import find_session, session_names
from logos.artifacts.readers import read_state
from logos.artifacts.schemas import ACCOUNT_FILE, BARS_FILE, CONFIG_FILE, EQUITY_FILE, STATE_FILE
from logos.config.reading import parse, plain, read_file
from logos.domain.errors import IntegrityError, LogosError
from logos.domain.times import parse_interval, parse_time, time_text
from logos.live.rerun import RECORD
from logos.paths import runs_dir, sessions_dir

SESSION = "session"
BACKTEST = "backtest"


@attrs.frozen(kw_only=True)
class Side:
    """A session or a backtest, as far as it has come. Times are ISO-8601 texts in UTC, which sort as they pass.

    Attributes
    ----------
    letter:
        ``A`` or ``B``.
    workspace:
        Where relative paths of its config start from.
    config:
        The resolved config as plain values.
    interval:
        Length of a bar in seconds.
    plugins:
        ``kind``, ``name``, ``distribution`` and ``version`` of every part.
    polled:
        Whether ``bars.csv`` holds what it was given.
    first, last:
        The clock of the first slice, and where the clock stands at the end.
    journal_length, bars_length:
        How many bytes of the journal and of ``bars.csv`` belong to it; ``None`` for all.
    """

    letter: str
    kind: str
    name: str
    folder: Path
    workspace: Path
    status: str
    config: Mapping[str, Any]
    interval: int
    plugins: tuple[Mapping[str, str], ...]
    data_digest: str
    polled: bool
    first: str
    last: str
    journal_length: int | None = None
    bars_length: int | None = None

    @property
    def account_file(self) -> Path:
        """The table with a row a slice."""
        return self.folder / (ACCOUNT_FILE if self.kind == SESSION else EQUITY_FILE)

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols of its feed."""
        return frozenset(map(str, self.config["feed"]["symbols"]))


def find_run(root: Path, wanted: str) -> Path:
    """Return the folder of a session or a backtest.

    Parameters
    ----------
    root:
        The workspace root.
    wanted:
        The id of a session or a backtest, the start of exactly one id, ``latest`` for the latest session, or a folder.

    Raises
    ------
    InputError
        Where none, or more than one, is meant.
    """
    if "/" in wanted:
        for place in (Path(wanted).absolute(), root / wanted):
            if (place / STATE_FILE).is_file() or is_backtest(place):
                return place.resolve()
    sessions = [*session_names(sessions_dir(root)), "latest"]
    is_session = any(name.startswith(wanted) for name in sessions)
    if not is_session and any(name.startswith(wanted) for name in backtest_names(runs_dir(root))):
        return find_backtest(root, wanted)
    return find_session(root, wanted)


def read_side(letter: str, folder: Path, root: Path, *, workspace: Path | None = None) -> Side:
    """Read what a folder says of its run.

    Parameters
    ----------
    root:
        The workspace root, for a folder that does not lie where a workspace has its runs.
    workspace:
        Where relative paths of its config start from, where that is known.

    Raises
    ------
    InputError
        Where the folder holds neither a session nor a backtest.
    IntegrityError
        Where its snapshot, figures or config cannot be read.
    """
    read = _read_session if (folder / STATE_FILE).is_file() else _read_backtest
    return read(letter, folder, workspace or _workspace_of(folder, root))


def _workspace_of(folder: Path, root: Path) -> Path:
    """Return the workspace in which a folder lies, else the root."""
    for depth in (1, 3):
        if len(folder.parents) > depth:
            place = folder.parents[depth]
            if folder.parent in (runs_dir(place), sessions_dir(place)):
                return place
    return root


def _read_session(letter: str, folder: Path, workspace: Path) -> Side:
    state = read_state(folder)
    config, interval = _config(folder)
    polled = RECORD in state
    return Side(
        letter=letter,
        kind=SESSION,
        name=folder.name,
        folder=folder,
        workspace=workspace,
        status=state["status"],
        config=config,
        interval=interval,
        plugins=tuple(state["plugins"]),
        data_digest=state["data_digest"],
        polled=polled,
        first=state["first_clock"],
        last=state["clock"],
        journal_length=state["journal"]["length"],
        bars_length=state["files"][BARS_FILE] if polled else None,
    )


def _read_backtest(letter: str, folder: Path, workspace: Path) -> Side:
    metrics = read_metrics(folder)
    config, interval = _config(folder)
    return Side(
        letter=letter,
        kind=BACKTEST,
        name=folder.name,
        folder=folder,
        workspace=workspace,
        status=metrics["status"],
        config=config,
        interval=interval,
        plugins=tuple(metrics["plugins"]),
        data_digest=metrics["data_digest"],
        polled=False,
        first=time_text(parse_time(metrics["start"]) + interval),
        last=metrics["end"],
    )


def _config(folder: Path) -> tuple[Mapping[str, Any], int]:
    path = folder / CONFIG_FILE
    try:
        config = plain(parse(read_file(path), str(path)))
        return config, parse_interval(config["feed"]["interval"])
    except (LogosError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{path} is not the resolved config of a run: {error}", hint="Restore it from a copy"
        ) from error
