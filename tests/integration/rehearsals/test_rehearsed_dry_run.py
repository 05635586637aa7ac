"""A crash rehearsed on a session in dry-run: without its exchange, without a key, and every request once."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path

import pytest

from logos.context.clock import SystemClock
from logos.live.outside_notes import TOLD_FROM_OUTSIDE
from logos.proofs.comparing import COMPARED
from logos.proofs.rehearsing.crash import rehearse_crash
from logos.proofs.rehearsing.recorded_venue import TOLD_IN, untold_lines

SESSION = """
session: {{name: dry, seed: 5}}
feed: {{plugin: replay, path: data/cache, symbols: [BTC-USD]}}
broker: {{plugin: ccxt, exchange: binance, base_url: "{address}", cash: "100000"}}
strategies: [{{plugin: sma_cross, params: {{fast: 2, slow: 5}}}}]
"""


@pytest.fixture
def session(venues, workspace: Path, run_session, monkeypatch: pytest.MonkeyPatch):
    """Return the exchange, and a session's folder; the exchange is not needed any more."""
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
    folder = workspace / "data" / "cache" / "crypto"
    folder.mkdir(parents=True)
    closes = (6000 + 10 * (minute % 11) - 10 * (minute % 7) for minute in range(120))
    rows = (
        f"2024-01-02T{at // 60:02d}:{at % 60:02d}:00Z,{one},{one},{one},{one},50\n" for at, one in enumerate(closes)
    )
    (folder / "BTC-USD-1m.csv").write_text("timestamp,open,high,low,close,volume\n" + "".join(rows))
    venue = venues.binance(SystemClock().now)
    venue.serve("BTC/USD", venues.walk("BTC/USD", 5))
    monkeypatch.setenv("BINANCE_API_KEY", venue.right)
    monkeypatch.setenv("BINANCE_API_SECRET", venue.secret)
    recorded = run_session(SESSION.format(address=venue.url))
    monkeypatch.delenv("BINANCE_API_KEY")
    monkeypatch.delenv("BINANCE_API_SECRET")
    return venue, recorded


def test_killed_and_resumed_it_comes_out_the_same_and_asks_nobody(session, workspace: Path) -> None:
    venue, recorded = session
    asked = len(venue.requests), venue.connections
    report = rehearse_crash(recorded, workspace=workspace, clock=SystemClock(), sample=6, seed=3)
    assert report.findings == ()
    assert report.passed
    assert (len(report.kills), report.resumed + report.begun_again) == (6, 6)
    assert report.orders > 5
    assert "answered from venue.json" in "".join(report.lines())
    assert (len(venue.requests), venue.connections) == asked


@pytest.mark.long
def test_killed_a_hundred_times_it_comes_out_the_same(session, workspace: Path) -> None:
    _, recorded = session
    report = rehearse_crash(recorded, workspace=workspace, clock=SystemClock(), sample=100, seed=8)
    assert report.findings == ()
    assert len(report.kills) == 100


def test_only_what_the_venue_told_is_not_compared(session) -> None:
    _, recorded = session
    for name in set(COMPARED) - TOLD_IN:
        lines = [line.encode() for line in untold_lines(name, recorded / name)]
        assert b"".join(lines) == ((recorded / name).read_bytes() if lines else b"")
    whole = [json.loads(line) for line in (recorded / "state.jsonl").read_text().splitlines()]
    compared = [json.loads(line) for line in untold_lines("state.jsonl", recorded / "state.jsonl")]
    left_out = [event["type"] for event in whole if event["type"] in TOLD_FROM_OUTSIDE]
    assert left_out == ["survey", "reconciled"]
    assert len(compared) == len(whole) - 2
    state = json.loads((recorded / "state.json").read_text())
    kept = set(chain.from_iterable(json.loads(line) for line in untold_lines("state.json", recorded / "state.json")))
    assert set(state) - kept == {"sequence", "journal", "outside", "seal"}
