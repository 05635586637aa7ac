"""The readers of the dashboard beside a real session that writes at full speed, is killed, and is resumed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import attrs
import numpy as np
import pytest

from logos.artifacts import schemas
from logos.artifacts.readers import read_csv_rows
from logos.ui.streamlit.data.growing import GrowingAccount
from logos.ui.streamlit.data.headroom import Gauge, gauges_of
from logos.ui.streamlit.data.last_rows import LastRows, last_rows
from logos.ui.streamlit.data.live_session import LiveSession, look_at
from logos.ui.streamlit.data.logs import tail_of
from logos.ui.streamlit.data.sessions_index import latest_session, list_sessions

BARS = 60_000
CONFIG = """\
session: {name: watched, seed: 3}
instruments:
  AAA-USD: {asset_class: crypto, tick: "0.01", lot: "0.001", min_notional: "1", currency: USD}
  BBB-USD: {asset_class: crypto, tick: "0.01", lot: "0.001", min_notional: "1", currency: USD}
feed: {plugin: replay, path: bars, symbols: [AAA-USD, BBB-USD]}
broker: {plugin: paper, cash: "100000", currency: USD}
strategies:
  - {plugin: mean_reversion, symbols: [AAA-USD, BBB-USD], params: {window: 8, entry: "1.0"}}
allocator: {plugin: equal_weight}
guards:
  - {plugin: exposure, gross: "1.1", per_symbol: "0.8"}
  - {plugin: drawdown, max: "0.9", daily: "0.9"}
  - {plugin: order_rate, max: 1, per: 1m}
"""
PROGRAM = """\
import functools
import sys

from logos.live import runner, setup

setup.Setup = functools.partial(setup.Setup, cadence=runner.Cadence(flush=0.004, snapshot=0.04))
from _logos_boot import main

sys.exit(main())
"""
"""Makes everything safe every few milliseconds, so that a short session has many snapshots."""


def prices(count: int) -> Iterator[tuple[str, ...]]:
    """Yield bars that wander."""
    state, close = 7, 10_000
    for _ in range(count):
        state = (state * 1_103_515_245 + 12_345) % 2**31
        opened, close = close, max(5_000, close + (state >> 8) % 61 - 30)
        numbers = (opened, max(opened, close), min(opened, close), close)
        yield (*(f"{number // 100}.{number % 100:02}" for number in numbers), "900")


@attrs.frozen
class Look:
    """What one refresh of the monitor reads."""

    session: LiveSession
    gauges: list[Gauge]
    tables: tuple[LastRows, ...]


@attrs.define
class Watched:
    """A workspace, and the programs that run its session."""

    workspace: Path
    environment: dict[str, str]

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "trade", *arguments],
            cwd=self.workspace,
            env={**self.environment, "LOGOS_HOME": str(self.workspace)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def look(self) -> Look | None:
        """Refresh everything once; nothing of it may be damaged, whatever the session is doing."""
        sessions, latest = list_sessions(self.workspace), latest_session(self.workspace)
        if latest.value is None:
            return None
        assert sessions.state == "ok"
        assert {one.status for one in sessions.value or ()} <= {"running", "interrupted", "completed"}
        folder = latest.value
        reading = look_at(self.workspace, folder)
        assert reading.state in ("ok", "missing"), reading.message
        assert reading.value is not None
        assert reading.value.account.state in ("ok", "missing"), reading.value.account.message
        tables = []
        for name, columns in schemas.TABLES.items():
            table = last_rows(folder / name, columns, what=name)
            assert table.state in ("ok", "missing"), table.message
            tables += [table.value] if table.value is not None else []
        assert tail_of(folder / schemas.LOG_FILE).state in ("ok", "missing")
        return Look(reading.value, gauges_of(reading.value), tuple(tables))

    def watch(self, process: subprocess.Popen[bytes], until: Callable[[Look], bool]) -> int:
        """Refresh until something is seen or the program has ended; return how many states there were."""
        seen: set[object] = set()
        for _ in range(60_000):
            ended = process.poll() is not None
            look = self.look()
            if look is not None:
                seen.add(look.session.clock)
                if until(look):
                    return len(seen)
            if ended:
                return len(seen)
            time.sleep(0.001)
        pytest.fail("the session has not come to an end")


@pytest.fixture
def watched(workspace: Path, offline_environment: dict[str, str], write_bars: Callable[..., object]) -> Watched:
    write_bars(workspace, CONFIG, {symbol: list(prices(BARS)) for symbol in ("AAA-USD", "BBB-USD")})
    (workspace / "session.yaml").write_text(CONFIG)
    return Watched(workspace, offline_environment)


def rows_of(look: Look) -> int:
    view = look.session.account.value
    return 0 if view is None else len(view.curve)


def test_a_session_killed_and_resumed_under_the_readers_ends_with_their_numbers_in_its_files(watched: Watched):
    process = watched.begin("--config", "session.yaml")
    try:
        watched.watch(process, lambda look: rows_of(look) > 0)
    finally:
        process.kill()
        process.wait()
    killed = watched.look()
    assert killed is not None
    assert killed.session.status == "interrupted"
    assert 0 < rows_of(killed) < BARS

    process = watched.begin("--resume", killed.session.session_id)
    try:
        states = watched.watch(process, lambda _look: False)
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()
    assert states > 5

    look = watched.look()
    assert look is not None
    assert look.session.status == "completed"
    holds_what_the_files_hold(look)


def holds_what_the_files_hold(look: Look) -> None:
    folder, session = look.session.folder, look.session
    view = session.account.value
    account = list(read_csv_rows(folder / schemas.ACCOUNT_FILE, schemas.ACCOUNT_COLUMNS))
    state = json.loads((folder / schemas.STATE_FILE).read_text())
    assert view is not None
    assert len(account) == BARS
    assert np.array_equal(view.curve.equity, [float(row["equity"]) for row in account])
    assert np.array_equal(view.curve.drawdown, [float(row["drawdown"]) for row in account])
    assert view.last == account[-1]
    assert view.thin.equity.min() == view.curve.equity.min()
    assert view.thin.drawdown.max() == view.curve.drawdown.max()
    fresh = GrowingAccount(folder / schemas.ACCOUNT_FILE).refresh().value
    assert fresh is not None
    assert np.array_equal(fresh.thin.time, view.thin.time)
    assert fresh.before_today == view.before_today

    assert session.state == state
    assert session.money("equity") == account[-1]["equity"] == state["account"]["equity"]
    assert session.pnl == Decimal(state["account"]["equity"]) - 100_000
    for table, (name, columns) in zip(look.tables, schemas.TABLES.items(), strict=True):
        rows = list(read_csv_rows(folder / name, columns))
        assert list(table.rows) == rows[-200:]
    assert any(len(table.rows) == 200 for table in look.tables)
    peak = max(Decimal(100_000), *(Decimal(row["equity"]) for row in account))
    fall = next(gauge for gauge in look.gauges if gauge.name == "fall from the peak")
    assert fall.now == (peak - Decimal(account[-1]["equity"])) / peak
