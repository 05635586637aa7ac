"""A crash rehearsed on a session: sound ones come out the same; hidden memory and chance are found."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.context.clock import SystemClock
from logos.domain.errors import InputError
from logos.proofs.rehearsing.crash import digest_of, drawn, rehearse_crash
from logos.proofs.rehearsing.crash_report import render

SESSION = """
session: {name: small, seed: 5}
feed: {plugin: replay, path: data/cache, symbols: [AAA]}
instruments: {AAA: {asset_class: crypto, currency: USD, tick: "0.01", lot: "0.001"}}
strategies: [{plugin: %s}]
"""

PARTS = '''
from logos.domain.orders import Signal
from logos.plugins import StrategyPart, hookimpl


class Remembers:
    """Counts bars, and says that it looks back at one."""

    lookback = 1
    seen = 0

    def on_bar(self, bar):
        self.seen += 1
        return Signal(100_000_000 if self.seen // 7 % 2 else 0)


class Throws(Remembers):
    """Asks the machine for luck."""

    def on_bar(self, bar):
        import os

        return Signal(100_000_000 if os.urandom(1)[0] % 2 else 0)


def remembers(config, context):
    return Remembers()


def throws(config, context):
    return Throws()


@hookimpl
def logos_strategies():
    yield StrategyPart(name="remembers", summary="Counts", target="crashing_parts:remembers")
    yield StrategyPart(name="throws", summary="Throws", target="crashing_parts:throws")
'''


@pytest.fixture
def bars(workspace: Path) -> None:
    folder = workspace / "data" / "cache" / "crypto"
    folder.mkdir(parents=True)
    closes = (100 + minute % 11 - minute % 7 for minute in range(120))
    rows = (
        f"2024-01-02T{at // 60:02d}:{at % 60:02d}:00Z,{one},{one},{one},{one},50\n" for at, one in enumerate(closes)
    )
    (folder / "AAA-1m.csv").write_text("timestamp,open,high,low,close,volume\n" + "".join(rows))


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "site" / "crashing_parts-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: crashing-parts\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[logos.v1]\nmain = crashing_parts\n")
    (info.parent / "crashing_parts.py").write_text(PARTS)
    monkeypatch.syspath_prepend(str(info.parent))


def rehearsed(session: Path, workspace: Path, sample: int | None):
    return rehearse_crash(session, workspace=workspace, clock=SystemClock(), sample=sample, seed=3)


@pytest.mark.usefixtures("bars")
def test_a_sound_session_comes_out_the_same_and_is_not_touched(run_session, workspace: Path) -> None:
    session = run_session(SESSION % "sma_cross, params: {fast: 2, slow: 5}")
    before = digest_of(session)
    report = rehearsed(session, workspace, 6)
    assert report.findings == ()
    assert report.passed
    assert len(report.kills) == 6
    assert (report.resumed + report.begun_again, report.orders > 5) == (6, True)
    assert digest_of(session) == before
    assert not (report.folder / "work").exists()
    assert "**PASS.**" in render(report)


@pytest.mark.usefixtures("bars", "parts")
@pytest.mark.parametrize(("name", "says"), [("remembers", "when rebuilt from its last 1 bars"), ("throws", "recorded")])
def test_hidden_memory_and_chance_are_found(name: str, says: str, run_session, workspace: Path) -> None:
    report = rehearsed(run_session(SESSION % name), workspace, 5)
    assert not report.passed
    assert any(says in finding.what for finding in report.findings), report.findings
    assert (report.folder / "work").exists()
    assert "**FAIL.**" in render(report)


POLLED = """
session: {name: polled}
instruments: {AAA: {asset_class: crypto, currency: USD, tick: "0.01", lot: "0.001"}}
feed: {plugin: scripted, path: data/cache, symbols: [AAA], ticks: 20, tick: 30s}
strategies: [{plugin: sma_cross, params: {fast: 2, slow: 5}}]
guards: [{plugin: drawdown, max: "0.9"}, {plugin: stale_data, after: 5m}]
"""


@pytest.mark.usefixtures("bars")
def test_a_halted_polled_session_is_taken_from_its_record_alone(run_session, workspace: Path) -> None:
    session = run_session(POLLED)
    (workspace / "data").rename(workspace / "gone")
    report = rehearsed(session, workspace, 4)
    assert report.findings == ()
    assert json.loads((session / "state.json").read_text())["status"] == "halted"


@pytest.mark.usefixtures("bars")
def test_a_session_that_still_runs_is_refused(run_session, workspace: Path) -> None:
    session = run_session(SESSION % "buy_and_hold")
    state = session / "state.json"
    state.write_text(state.read_text().replace('"completed"', '"running"', 1))
    with pytest.raises(InputError, match="no end yet"):
        rehearsed(session, workspace, 1)


@given(operations=st.integers(1, 5_000), sample=st.integers(1, 200), seed=st.integers())
def test_a_sample_is_spread_over_all_operations(operations: int, sample: int, seed: int) -> None:
    kills = drawn(operations, sample, seed)
    assert list(kills) == sorted(set(kills))
    assert len(kills) == min(operations, sample)
    assert 1 <= kills[0] <= kills[-1] <= operations
    assert all(later - earlier < 2 * -(-operations // len(kills)) for earlier, later in pairwise(kills))


LONG = {
    "trend": SESSION % "sma_cross, params: {fast: 2, slow: 5}",
    "polled": POLLED,
    "halted": SESSION % "buy_and_hold" + 'guards: [{plugin: drawdown, max: "0.03"}]\n',
}


@pytest.mark.long
@pytest.mark.usefixtures("bars")
@pytest.mark.parametrize("name", LONG)
def test_killed_in_every_operation_a_session_comes_out_the_same(name: str, run_session, workspace: Path) -> None:
    report = rehearsed(run_session(LONG[name]), workspace, None)
    assert report.findings == ()
    assert len(report.kills) == report.operations > 100
