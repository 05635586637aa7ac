"""One session as it stands: its snapshot, its account, its config, who runs it, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import attrs
import yaml

from logos import paths
from logos.artifacts.readers import read_state
from logos.artifacts.schemas import ACCOUNT_FILE, BARS_FILE, CONFIG_FILE, JOURNAL_FILE, STATE_FILE
from logos.domain.errors import InputError, LogosError
from logos.domain.times import parse_duration, parse_time
from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.faults import fault_of, told_of
from logos.ui.streamlit.data.growing import AccountView, account_of
from logos.ui.streamlit.data.last_rows import LastRows, last_rows, rows_in, shortfall
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.runs_index import shown_name
from logos.ui.streamlit.data.sessions_index import INTERRUPTED, RUNNING, true_status
from logos.ui.streamlit.data.stamps import Stamp, stamp_of
from logos.ui.streamlit.design.formats import decimal_of, money_decimals

HEARTBEAT = 2.0
"""Seconds between two snapshots of a session that is run, also while its feed is silent."""

COMPLETED = "completed"
HALTED = "halted"
PAUSED = "paused"
_MOST_BYTES = 64 << 20
_NANO = 1_000_000_000

Texts = Mapping[str, str]
Value = TypeVar("Value")


@attrs.frozen(kw_only=True)
class FeedLine:
    """How fresh a symbol's bars are.

    Attributes
    ----------
    last_bar:
        Open time of the last bar, as text; empty before the first.
    age:
        Seconds from its close to the session's clock; ``None`` where the interval is not known.
    received_at:
        Wall time at which a polled feed got it; else empty.
    failing:
        What a polled feed says of its trouble; else empty.
    """

    symbol: str
    last_bar: str = ""
    age: int | None = None
    bars: int | None = None
    received_at: str = ""
    dropped: int = 0
    failing: str = ""


@attrs.frozen(kw_only=True)
class LiveSession:
    """What a monitor shows of a session. Money and quantities are text, exactly as they were written.

    Attributes
    ----------
    status:
        ``running``, ``interrupted`` (no program runs it any more), ``paused``, ``halted`` or ``completed``.
    state:
        The content of ``state.json``; at most some seconds behind the tables while the session is run.
    account:
        What ``account.csv`` says.
    config:
        The content of ``config.yaml``.
    written_at:
        Wall time of the last write to what a session always writes, in seconds since the epoch.
    killed:
        Whether a kill file of the session is there now.
    cut:
        Whether the account's table has fewer rows than the snapshot of a session at rest has counted slices. Then what
        it says is older than the snapshot, and no figure is taken from it.
    """

    folder: Path
    status: str
    state: Mapping[str, Any]
    account: Reading[AccountView]
    config: Mapping[str, Any]
    written_at: float | None
    killed: tuple[str, ...]
    cut: bool = False

    @property
    def session_id(self) -> str:
        """Return the name of its folder."""
        return self.folder.name

    @property
    def polls(self) -> bool:
        """Return whether it may still change: a finished session is looked at once."""
        return self.status != COMPLETED

    @property
    def currency(self) -> str:
        """Return the account's currency."""
        return str(self.state["account"].get("currency", ""))

    @property
    def decimals(self) -> int:
        """Return with how many decimals the account's money is shown."""
        return money_decimals(self.money("starting_cash"))

    @property
    def clock(self) -> str:
        """Return where the session's clock stands: the later of snapshot and account."""
        return max(self.snapshot_clock, self._last_row.get("timestamp", ""))

    @property
    def snapshot_clock(self) -> str:
        """Return where the session's clock stood when the snapshot was taken."""
        return str(self.state.get("clock", ""))

    def money(self, name: str) -> str:
        """Return an amount of the account as it stands now: of its last row where that is later than the snapshot."""
        account = self.state["account"]
        row = self._last_row
        later = row.get("timestamp", "") > self.snapshot_clock
        found = row.get(name) if name in row and (later or name not in account) else account.get(name)
        return "" if found is None else str(found)

    @property
    def pnl(self) -> Decimal | None:
        """Return what was won or lost in all."""
        return _difference(self.money("equity"), self.money("starting_cash"))

    @property
    def pnl_today(self) -> Decimal | None:
        """Return what was won or lost since the end of the trading day (UTC) before that of the session's clock."""
        view = self.account.value
        if view is None or self.cut:
            return None
        before = self.money("starting_cash") if view.before_today is None else view.before_today["equity"]
        return _difference(self.money("equity"), before)

    @property
    def drawdown(self) -> Decimal | None:
        """Return the fall from the highest equity so far, as a fraction of it."""
        if "drawdown" in self._last_row:
            return decimal_of(self._last_row["drawdown"])
        peak, equity = (decimal_of(self.money(name)) for name in ("peak_equity", "equity"))
        return (peak - equity) / peak if peak and equity is not None else None

    @property
    def _last_row(self) -> Texts:
        return {} if self.account.value is None or self.cut else self.account.value.last

    def positions(self) -> list[Mapping[str, Any]]:
        """Return the positions that were held when the snapshot was taken."""
        return [one for one in _objects(self.state.get("positions")) if one.get("lots")]

    def orders(self) -> list[Mapping[str, Any]]:
        """Return the working orders, and those of which nobody knows what became of them."""
        return _objects(self.state.get("orders"))

    def causes(self) -> list[Mapping[str, Any]]:
        """Return what halted it."""
        return _objects(self.state.get("halt_causes"))

    @property
    def interval(self) -> int | None:
        """Return how long a bar is, in seconds."""
        try:
            return parse_duration(str(_object(self.config.get("feed")).get("interval", "")))
        except InputError:
            return None

    @property
    def polled(self) -> bool:
        """Return whether the feed asks a venue as time passes."""
        return "record" in self.state

    @property
    def dry_run(self) -> bool:
        """Return whether its broker has a venue outside."""
        return "outside" in self.state

    def feed(self) -> list[FeedLine]:
        """Return how fresh the bars of each symbol are."""
        told = _object(self.state.get("feed"))
        symbols = _object(told.get("symbols")) or {name: one for name, one in told.items() if isinstance(one, dict)}
        if not symbols:  # a feed need not tell anything: the marks of the books do
            symbols = {
                str(one.get("symbol")): {"last_bar": one.get("marked_at")}
                for one in _objects(self.state.get("positions"))
            }
        return [self._feed_line(symbol, _object(one)) for symbol, one in sorted(symbols.items())]

    def _feed_line(self, symbol: str, told: Mapping[str, Any]) -> FeedLine:
        last_bar, bars = told.get("last_bar") or "", told.get("bars")
        circuit = told.get("circuit")
        trouble = [told.get("failing"), f"circuit {circuit}" if circuit not in (None, "closed") else ""]
        dropped = (count for count in _object(told.get("dropped")).values() if isinstance(count, int))
        return FeedLine(
            symbol=symbol,
            last_bar=str(last_bar),
            age=_age(last_bar, str(self.state.get("clock", "")), self.interval),
            bars=bars if isinstance(bars, int) else None,
            received_at=str(told.get("received_at") or ""),
            dropped=sum(dropped),
            failing=", ".join(str(one).replace("_", " ") for one in trouble if one),
        )

    def commands(self) -> tuple[str, ...]:
        """Return what to type next, one command each."""
        resume = f"logos trade --resume {self.session_id}"
        if self.status == COMPLETED:
            return (f"logos replay {self.session_id} --verify", f"logos audit {self.session_id}")
        if self.status == HALTED:
            remove = tuple(f"rm {file}" for file in self.killed)
            return (f"logos sessions show {self.session_id}", *remove, f"{resume} --clear-halt")
        return () if self.status == RUNNING else (resume,)


def look_at(root: Path, folder: Path) -> Reading[LiveSession]:
    """Return a session as it stands now.

    Parameters
    ----------
    root:
        The workspace.
    folder:
        The session's folder.
    """
    state = _STATES.of(
        folder / STATE_FILE,
        missing=f"{folder.name} holds no {STATE_FILE}, so it is no session",
        hint="`logos sessions list` names the sessions",
    )
    if state.value is None:
        return Reading(None, state.state, state.message, state.hint, state.stamp)
    config = _CONFIGS.of(folder / CONFIG_FILE).value or {}
    status = true_status(folder, state.value["status"])
    account, cut = _account_of(folder, status, state.value)
    session = LiveSession(
        folder=folder,
        status=status,
        state=state.value,
        account=account,
        config=config,
        written_at=_written_at(folder),
        killed=_killed(root, config),
        cut=cut,
    )
    if state.state == "partial":
        return Reading.partial(session, state.message, state.hint, state.stamp)
    return Reading.ok(session, state.stamp)


def session_table(session: LiveSession, file: str, columns: Sequence[str], *, what: str) -> Reading[LastRows]:
    """Return the end of a table of a session; of one at rest held against what its snapshot has counted.

    Parameters
    ----------
    columns:
        Without one of these it is another table.
    what:
        What its rows are, as the snapshot counts them: ``fills``, ``orders`` or ``decisions``.
    """
    path = session.folder / file
    reading = last_rows(path, columns, what=what)
    if session.status == RUNNING or reading.state == "damaged":
        return reading
    counted = session.state["counts"].get(what, 0)
    if what == "orders":  # those that still work stand in the snapshot alone
        counted -= len(session.orders())
    return _with_shortfall(reading, shortfall(path, rows_in(path), counted, what), session.folder)


def _account_of(folder: Path, status: str, state: Mapping[str, Any]) -> tuple[Reading[AccountView], bool]:
    """Return the account, and whether rows of it are lost that the snapshot of a session at rest has counted."""
    path = folder / ACCOUNT_FILE
    reading = account_of(path)
    if status == RUNNING or reading.state == "damaged":
        return reading, False
    rows = 0 if reading.value is None else len(reading.value.curve)
    told = shortfall(path, rows, state["counts"].get("slices", 0), "slices")
    if told and rows:
        told += ": the timeline lacks the others, and the figures are those of the snapshot"
    return _with_shortfall(reading, told, folder), bool(told)


def _with_shortfall(reading: Reading[Value], told: str, folder: Path) -> Reading[Value]:
    """Return a reading that says which rows are lost: damaged where there is none at all."""
    if not told:
        return reading
    if reading.state == "partial":
        told = f"{reading.message}; {told}"
    if reading.value is None or not reading.value:
        return Reading.damaged(told, _restore(folder), stamp=reading.stamp)
    return Reading.partial(reading.value, told, _restore(folder), reading.stamp)


def _restore(folder: Path) -> str:
    return f"Restore the file from a copy; `logos replay {shown_name(folder.name)} --verify` names what else differs"


def _written_at(folder: Path) -> float | None:
    files = (STATE_FILE, ACCOUNT_FILE, JOURNAL_FILE, BARS_FILE)
    stamps = (stamp_of(folder / name) for name in files)
    return max((stamp.mtime_ns / _NANO for stamp in stamps if stamp is not None), default=None)


def _killed(root: Path, config: Mapping[str, Any]) -> tuple[str, ...]:
    named = (str(guard.get("file", "")) for guard in _objects(config.get("guards")))
    files = dict.fromkeys([paths.KILL_FILE, *(name for name in named if name)])
    return tuple(name for name in files if stamp_of(root / name) is not None)


def _difference(now: str, before: str) -> Decimal | None:
    try:
        return Decimal(now) - Decimal(before)
    except ArithmeticError:
        return None


def _age(last_bar: object, clock: str, interval: int | None) -> int | None:
    if interval is None or not isinstance(last_bar, str) or not last_bar:
        return None
    try:
        return max(0, parse_time(clock) - parse_time(last_bar) - interval)
    except InputError:
        return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _read_state(path: Path, stamp: Stamp) -> Reading[Mapping[str, Any]]:
    if stamp.size > _MOST_BYTES or not path.is_file():
        return Reading.damaged(f"{path.name} is no snapshot of a session")
    try:
        return Reading.ok(read_state(path.parent))
    except LogosError as error:
        return Reading.damaged(told_of(error, path.parent), _restore(path.parent))


def _read_config(path: Path, stamp: Stamp) -> Reading[Mapping[str, Any]]:
    if stamp.size > _MOST_BYTES or not path.is_file():
        return Reading.damaged(f"{path.name} is no config")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError:  # what it says may quote the text
        return Reading.damaged(f"{path.name} is not YAML")
    except (OSError, RecursionError, ValueError) as error:
        return Reading.damaged(f"{path.name} cannot be read: {fault_of(error)}")
    return Reading.ok(found) if isinstance(found, dict) else Reading.damaged(f"{path.name} is no config")


_STATES: ByStamp[Mapping[str, Any]] = ByStamp(_read_state)
_CONFIGS: ByStamp[Mapping[str, Any]] = ByStamp(_read_config)
__all__ = [
    "COMPLETED",
    "HALTED",
    "INTERRUPTED",
    "PAUSED",
    "RUNNING",
    "FeedLine",
    "LiveSession",
    "look_at",
    "session_table",
]
