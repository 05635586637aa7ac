"""Hand-made folders of backtests and sessions, as many rows as a test asks for, without running either."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from logos import paths
from logos.artifacts import schemas
from logos.domain.money import RATIO_DECIMALS, text_of
from logos.domain.times import parse_time, time_text
from logos.live.snapshot import encode
from logos.ui.streamlit import navigation

START = parse_time("2026-03-02T14:30:00Z")
MINUTE = 60
CASH = 100_000 * 10**8
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540000000"
    "0049454e44ae426082"
)
"""A picture of one transparent pixel."""

CONFIG = """\
session:
  name: {name}
  seed: 7
  flatten: false
instruments:
  AAPL: {{asset_class: equity, tick: "0.01", lot: "1", currency: USD, calendar: XNYS}}
  BTC-USD: {{asset_class: crypto, tick: "0.01", lot: "0.00000001", currency: USD, calendar: null}}
currencies:
  USD: {{decimals: 8}}
feed: {{plugin: replay, symbols: [AAPL, BTC-USD], interval: "1m", path: bundled}}
broker:
  plugin: paper
  cash: "100000"
  currency: USD
  fees: {{maker_bps: "2", taker_bps: "10"}}
  slippage_bps: "1"
strategies:
  - {{plugin: sma_cross, name: trend, symbols: [AAPL, BTC-USD], params: {{fast: 60, slow: 240, short: false}}}}
allocator: {{plugin: equal_weight, invest: "0.95", rebalance: never}}
position_manager: {{plugin: targets}}
guards:
  - {{plugin: max_notional, limit: "60000"}}
  - {{plugin: drawdown, max: "0.2", daily: "0.1"}}
"""


def equity_at(row: int) -> int:
    """Return the equity after so many slices, in minor units: a saw that gains a little with each tooth."""
    return CASH + (row % 97 - 30 + row // 97) * 10**9


def at(row: int) -> str:
    """Return the time at which a slice of a number closes."""
    return time_text(START + (row + 1) * MINUTE)


def _equity_rows(count: int, stride: int = 1) -> Iterator[str]:
    peak = CASH
    for row in range(0, count, stride):
        equity = equity_at(row)
        peak = max(peak, equity)
        drawdown = (peak - equity) * 10**RATIO_DECIMALS // peak
        yield f"{at(row)},{text_of(equity, 8)},{text_of(drawdown, RATIO_DECIMALS)}\n"


def _trade_rows(count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        symbol, side = ("AAPL", "BTC-USD")[number % 3 == 0], ("buy", "sell")[number % 2 == 0]
        gain = "0.00000000" if side == "buy" else f"{(number % 7 - 3) * 12}.50000000"
        price = 170 + number % 11
        yield (
            f"{number},{number},{at(number * 3)},{symbol},{side},10,{price}.25,taker,1.70250000,{gain},"
            f"{price * 10 + 2}.50000000,\n"
        )


def _order_rows(count: int, working: int = 0) -> Iterator[str]:
    for number in range(1, count + 1):
        side, symbol = ("buy", "sell")[number % 2 == 0], ("AAPL", "BTC-USD")[number % 3 == 0]
        status, filled, price = ("accepted", "0", "") if number > count - working else ("filled", "10", "170.25")
        moment = at(number * 3)
        yield (
            f"{number},{moment},{moment},trend,{symbol},{side},market,gtc,10,,,{status},{filled},{price},"
            f"{'1.70250000' if filled == '10' else '0.00000000'},\n"
        )


def _decision_rows(count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        blocked = number % 5 == 0
        end = ",max_notional,limit 60000 USD" if blocked else f"{number},,"
        yield f"{at(number * 3)},trend,AAPL,1.00000000,0.47500000,10,{'blocked' if blocked else 'ordered'},{end}\n"


def _account_rows(count: int) -> Iterator[str]:
    for row, line in enumerate(_equity_rows(count)):
        moment, equity, drawdown = line.strip().split(",")
        held = f"{5_000 + row % 50}.00000000"
        cash = text_of(equity_at(row) - int(held.replace(".", "")), 8)
        yield (
            f"{moment},{cash},{held},{equity},12.50000000,3.25000000,{row}.10000000,{drawdown},0.05000000,0.05000000\n"
        )


def _position_rows(count: int) -> Iterator[str]:
    for row in range(count):
        for symbol, mark in (("AAPL", "171.00"), ("BTC-USD", "69000.00")):
            yield f"{at(row)},{symbol},10,170.25,{mark},1710.00000000,7.50000000,12.50000000\n"


def _write_table(folder: Path, name: str, columns: tuple[str, ...], rows: Iterator[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8") as file:
        file.write(schemas.header(columns))
        file.writelines(rows)


def _write_common(folder: Path, name: str, *, trades: int, working: int = 0) -> None:
    _write_table(folder, schemas.TRADES_FILE, schemas.TRADE_COLUMNS, _trade_rows(trades))
    _write_table(folder, schemas.ORDERS_FILE, schemas.ORDER_COLUMNS, _order_rows(trades + working, working))
    _write_table(folder, schemas.DECISIONS_FILE, schemas.DECISION_COLUMNS, _decision_rows(trades))
    _write_table(folder, schemas.QUARANTINE_FILE, schemas.QUARANTINE_COLUMNS, iter(()))
    (folder / schemas.CONFIG_FILE).write_text(CONFIG.format(name=name), encoding="utf-8")
    log = folder / schemas.LOG_FILE
    log.parent.mkdir(exist_ok=True)
    lines = [
        {"event": event, "level": level, "session_id": folder.name, "timestamp": at(row)}
        for row, (event, level) in enumerate(
            (("session_started", "info"), ("notice", "warning"), ("guard_blocked", "warning"), ("tick", "info"))
        )
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _metrics(rows: int, trades: int) -> dict[str, Any]:
    final = equity_at(rows - 1)
    return {
        "start": time_text(START),
        "end": at(rows - 1),
        "bars": rows * 2,
        "starting_cash": text_of(CASH, 8),
        "final_equity": text_of(final, 8),
        "total_return": final / CASH - 1,
        "cagr": 0.1234,
        "volatility": 0.21,
        "sharpe": 1.25,
        "sortino": 1.75,
        "calmar": 0.9,
        "max_drawdown": 0.0009,
        "win_rate": 0.4,
        "profit_factor": 1.1,
        "exposure": 0.85,
        "turnover": 4.5,
        "fills": trades,
        "trades": trades // 2,
        "fees": f"{trades}.70250000",
        "status": "completed",
        "halt_causes": [],
        "currency": "USD",
        "slices": rows,
        "days": 1,
        "periods_per_year": 365,
        "annualisation": "365 days a year",
        "orders": trades,
        "blocked": 0,
        "rejected": 0,
        "realized_pnl": "12.50000000",
        "unrealized_pnl": "3.25000000",
        "benchmark": {"name": "buy and hold", "symbols": ["AAPL", "BTC-USD"], "total_return": 0.01, "sharpe": 0.8},
    }


@pytest.fixture
def write_backtest() -> Callable[..., Path]:
    """Return a function that writes a valid backtest's folder below ``runs/`` and returns it.

    ``write_backtest(workspace, "20260302-143000-demo", trades=20, rows=200, metrics={"sharpe": 2.0})``
    """

    def write(
        workspace: Path,
        run_id: str = "20260302-143000-demo",
        *,
        name: str = "demo",
        trades: int = 20,
        rows: int = 200,
        metrics: dict[str, Any] | None = None,
    ) -> Path:
        folder = paths.runs_dir(workspace) / run_id
        _write_common(folder, name, trades=trades)
        _write_table(folder, schemas.EQUITY_FILE, schemas.EQUITY_COLUMNS, _equity_rows(rows))
        _write_table(folder, schemas.BENCHMARK_FILE, schemas.EQUITY_COLUMNS, _equity_rows(rows, 97))
        (folder / schemas.BACKTEST_PLOT_FILE).write_bytes(PNG)
        figures = _metrics(rows, trades) | (metrics or {})
        (folder / schemas.METRICS_FILE).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        started = {"seq": 1, "ts": time_text(START), "type": "backtest_started", "backtest_id": run_id, "name": name}
        (folder / schemas.JOURNAL_FILE).write_text(json.dumps(started) + "\n", encoding="utf-8")
        return folder

    return write


def _drawdown(rows: int) -> dict[str, Any]:
    peak, last = max(map(equity_at, range(rows))), equity_at(rows - 1)
    return {"peak": peak, "base": CASH, "last": last, "day": START // 86_400, "halted": False}


def _state(session_id: str, *, status: str, rows: int, trades: int, working: int) -> dict[str, Any]:
    equity = text_of(equity_at(rows - 1), 8)
    halted = [{"guard": "drawdown", "at": at(rows - 1), "reason": "drawdown 21.00% above 20.00%"}]
    position = {
        "quantity": "10",
        "average_cost": "170.25",
        "mark_price": "171.00",
        "marked_at": at(rows - 1),
        "market_value": "1710.00000000",
        "realized_pnl": "12.50000000",
        "lots": [{"quantity": "10", "cost": "1702.50000000"}],
    }
    return {
        "schema": 1,
        "session_id": session_id,
        "name": "demo",
        "seed": 7,
        "config_digest": "0" * 64,
        "data_digest": "1" * 64,
        "sequence": rows,
        "clock": at(rows - 1),
        "status": status,
        "account": {
            "starting_cash": text_of(CASH, 8),
            "cash": text_of(equity_at(rows - 1) - 3_420 * 10**8, 8),
            "market_value": "3420.00000000",
            "equity": equity,
            "realized_pnl": "12.50000000",
            "unrealized_pnl": "3.25000000",
            "fees": f"{trades}.70250000",
            "peak_equity": text_of(max(map(equity_at, range(rows))), 8),
            "currency": "USD",
            "decimals": 8,
        },
        "positions": [{"symbol": symbol, **position} for symbol in ("AAPL", "BTC-USD")],
        "orders": [
            {
                "order_id": trades + 1 + number,
                "strategy": "trend",
                "symbol": "AAPL",
                "side": "buy",
                "order_type": "market",
                "time_in_force": "gtc",
                "quantity": "10",
                "limit_price": None,
                "stop_price": None,
                "created_at": at(rows - 2),
                "updated_at": at(rows - 2),
                "status": "accepted",
                "filled_quantity": "0",
                "fees": "0.00000000",
                "reason": "",
            }
            for number in range(working)
        ],
        "guards": [
            {"guard": "max_notional", "fault": "", "state": {}},
            {"guard": "drawdown", "fault": "", "state": _drawdown(rows)},
        ],
        "feed": {symbol: {"last_bar": at(rows - 2), "bars": rows} for symbol in ("AAPL", "BTC-USD")},
        "halt_causes": halted if status == "halted" else [],
        "counts": {
            "slices": rows,
            "bars": rows * 2,
            "orders": trades + working,
            "fills": trades,
            "blocked": trades // 5,
            "rejected": 0,
            "decisions": trades,
        },
        "tally": {
            "blocks": {"max_notional": {"count": trades // 5, "first": [], "last": None}},
            "halts": {},
            "outcomes": {"ordered": trades},
        },
        "started_at": time_text(START),
    }


@pytest.fixture
def write_session() -> Callable[..., Path]:
    """Return a function that writes a valid session's folder, its snapshot sealed, as the latest session.

    ``write_session(workspace, "20260302-143000-demo", status="running", rows=60, trades=6, working=1)``
    """

    def write(
        workspace: Path,
        session_id: str = "20260302-143000-demo",
        *,
        status: str = "running",
        rows: int = 60,
        trades: int = 6,
        working: int = 1,
    ) -> Path:
        folder = paths.sessions_dir(workspace) / session_id
        _write_common(folder, "demo", trades=trades, working=working)
        _write_table(folder, schemas.ACCOUNT_FILE, schemas.ACCOUNT_COLUMNS, _account_rows(rows))
        _write_table(folder, schemas.POSITIONS_FILE, schemas.POSITION_COLUMNS, _position_rows(rows))
        state = _state(session_id, status=status, rows=rows, trades=trades, working=working)
        (folder / schemas.STATE_FILE).write_bytes(encode(state))
        started = {"seq": 1, "ts": time_text(START), "type": "session_started", "session_id": session_id}
        (folder / schemas.JOURNAL_FILE).write_text(json.dumps(started) + "\n", encoding="utf-8")
        (folder / schemas.SUMMARY_FILE).write_text(f"# Session {session_id}\n\nStatus: {status}\n", encoding="utf-8")
        plot = folder / schemas.EQUITY_PLOT_FILE
        plot.parent.mkdir(exist_ok=True)
        plot.write_bytes(PNG)
        pointer = paths.latest_session(workspace)
        pointer.unlink(missing_ok=True)
        pointer.symlink_to(Path("sessions") / session_id)
        return folder

    return write


@pytest.fixture
def shared_log(workspace: Path) -> Path:
    """Return ``logos/logs/live.log`` of the workspace with a few lines in it."""
    log = paths.logs_dir(workspace) / "live.log"
    log.parent.mkdir(parents=True)
    lines = ({"event": "session_started", "level": "info"}, {"event": "feed_late", "level": "warning"})
    log.write_text("".join(json.dumps(line | {"timestamp": at(0)}) + "\n" for line in lines), encoding="utf-8")
    return log


@pytest.fixture
def page(workspace: Path) -> Callable[[str], AppTest]:
    """Return a function that runs one page in the workspace and returns what it drew: ``page("settings")``.

    The page stands alone, without the navigation around it: whatever it raises, the test sees.
    """

    def run(name: str, *, timeout: float = 30) -> AppTest:
        module = name.replace("-", "_")
        test = AppTest.from_string(f"from logos.ui.streamlit.app_pages import {module}\n{module}.show()")
        return test.run(timeout=timeout)

    return run


@pytest.fixture(autouse=True)
def _pages_found_anew() -> Iterator[None]:
    """Let each test have the pages of the plugins that it brings."""
    yield
    navigation.installed_pages.cache_clear()
    navigation.installed_registry.cache_clear()


def _weight_rows(symbols: int, rebalances: int, *, shorts: bool, held_last: bool) -> Iterator[str]:
    for turn in range(rebalances):
        for place in range(symbols):
            share = 0.95 * (1 + (place + turn) % symbols) / (symbols * (symbols + 1) / 2)
            target = -share if shorts and place % 2 else share
            held = "" if turn == rebalances - 1 and not held_last else f"{target * 0.99:.8f}"
            yield f"{at(turn * 1440)},S{place:03d},{target:.8f},{held},{share / 0.95:.8f}\n"


@pytest.fixture
def write_portfolio() -> Callable[..., Path]:
    """Return a function that adds what a rebalanced portfolio leaves to a backtest's or a session's folder.

    ``write_portfolio(folder, symbols=3, rebalances=4, shorts=False, held_last=True, notes={0: ["…"]})``
    """

    def write(
        folder: Path,
        *,
        symbols: int = 3,
        rebalances: int = 4,
        shorts: bool = False,
        held_last: bool = True,
        notes: dict[int, list[str]] | None = None,
    ) -> Path:
        rows = _weight_rows(symbols, rebalances, shorts=shorts, held_last=held_last)
        _write_table(folder, schemas.WEIGHTS_FILE, schemas.WEIGHT_COLUMNS, rows)
        told = [{"at": at(turn * 1440), "notes": (notes or {}).get(turn, [])} for turn in range(rebalances)]
        if (folder / schemas.METRICS_FILE).is_file():
            risk = {
                "volatility": 0.1138,
                "contributions": {},
                "concentration": 0.4,
                "turnover": 1.5,
                "cost_drag": 0.0031,
                "realised_volatility": 0.1018,
                "effective_assets": 2.5,
                "years": 1.0,
                "rebalances": [
                    {"timestamp": one["at"], "method": "hrp", "volatility": 0.1, "notes": one["notes"]} for one in told
                ],
                "definitions": {"turnover": "The value of all fills."},
            }
            (folder / "risk.json").write_text(json.dumps(risk), encoding="utf-8")
        else:
            events = [
                {"seq": turn + 2, "ts": one["at"], "type": "rebalanced", "method": "hrp", "volatility": "0.1000"}
                | {"notes": one["notes"]}
                for turn, one in enumerate(told)
            ]
            with (folder / schemas.JOURNAL_FILE).open("a", encoding="utf-8") as journal:
                journal.writelines(json.dumps(event, separators=(",", ":")) + "\n" for event in events)
        return folder

    return write
