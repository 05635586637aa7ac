"""What the tests of several rooms share."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from logos.artifacts import schemas
from logos.context.seed import Seed
from logos.domain.times import parse_time, time_text

START = parse_time("2024-01-02T00:00:00Z")
HOUR = 3_600
DAY = 24 * HOUR
CASH = 100_000.0

CONFIG = """
session: {{name: {name}, seed: 7, flatten: false}}
instruments:
  BTC-USD: {{asset_class: crypto, tick: "0.01", lot: "0.0001", currency: USD}}
  SPY: {{asset_class: equity, tick: "0.01", lot: "1", currency: USD}}
feed: {{plugin: replay, symbols: [BTC-USD, SPY], interval: "1h", path: data/cache}}
broker:
  plugin: paper
  cash: "100000"
  currency: USD
  conversions: {{}}
  margin: false
  fees: {{maker_bps: "2", taker_bps: "10"}}
  slippage_bps: "{slippage}"
  max_volume_share: "0.1"
  limit_fill: through
strategies:
  - {{plugin: sma_cross, name: trend, symbols: [BTC-USD, SPY], params: {{fast: {fast}, slow: 50}}}}
  - {{plugin: momentum, name: momentum, symbols: [SPY], params: {{window: 20}}}}
allocator: {{plugin: equal_weight, invest: "0.95"}}
guards:
  - {{plugin: drawdown, max: "0.10"}}
  - {{plugin: exposure, gross: "1.1"}}
"""


@attrs.define
class _Walk:
    """Equity that wanders, with its drawdown; the same seed wanders alike."""

    seed: Seed
    drift: float
    equity: float = CASH
    peak: float = CASH
    deepest: float = 0.0

    def row(self, clock: int) -> str:
        # The sum of twelve uniform numbers, less six, is near enough to a normal one.
        noise = sum(self.seed.number(clock, part) for part in range(12)) / 2**64 - 6
        self.equity *= 1 + self.drift + 0.004 * noise
        self.peak = max(self.peak, self.equity)
        fall = 1 - self.equity / self.peak
        self.deepest = max(self.deepest, fall)
        return f"{time_text(clock)},{self.equity:.8f},{fall:.8f}\n"


def _trades(fills: int) -> str:
    lines = [schemas.header(schemas.TRADE_COLUMNS)]
    for number in range(1, fills + 1):
        opens = number % 2
        profit = 0.0 if opens else 100 * math.sin(number)
        lines.append(
            f"{number},{number},{time_text(START + number * HOUR)},{'SPY' if number % 3 else 'BTC-USD'},"
            f"{'buy' if opens else 'sell'},10,101.25,taker,1.01250000,{profit:.8f},1012.50000000,\n"
        )
    return "".join(lines)


def _share(name: str, key: str, net: float) -> dict[str, Any]:
    return {
        key: name,
        "fills": 10,
        "trades": 5,
        "win_rate": 0.4,
        "profit_factor": None,
        "traded": "10125.00000000",
        "realized_pnl": f"{net:.8f}",
        "unrealized_pnl": "0.00000000",
        "fees": "10.12500000",
        "net_pnl": f"{net:.8f}",
        "contribution": net / CASH,
    }


def _metrics(own: _Walk, held: _Walk, days: int, slices: int, fills: int) -> dict[str, Any]:
    total = own.equity / CASH - 1
    ratios = {"cagr": 0.05, "volatility": 0.2, "sharpe": 0.31, "sortino": 0.4, "calmar": None}
    return {
        "start": time_text(START),
        "end": time_text(START + (days - 1) * DAY + slices // days * HOUR),
        "bars": 2 * slices,
        "starting_cash": f"{CASH:.8f}",
        "final_equity": f"{own.equity:.8f}",
        "total_return": total,
        **ratios,
        "max_drawdown": own.deepest,
        "win_rate": 0.4,
        "profit_factor": 1.1,
        "exposure": 0.5,
        "turnover": 12.5,
        "fills": fills,
        "trades": fills // 2,
        "fees": "20.25000000",
        "status": "completed",
        "halt_causes": [],
        "currency": "USD",
        "slices": slices,
        "days": days,
        "periods_per_year": 365,
        "annualisation": "365 days a year, every day: BTC-USD trades around the clock",
        "orders": fills,
        "blocked": 0,
        "rejected": 0,
        "realized_pnl": f"{own.equity - CASH:.8f}",
        "unrealized_pnl": "0.00000000",
        "benchmark": {
            "name": "buy and hold",
            "symbols": ["BTC-USD", "SPY"],
            "final_equity": f"{held.equity:.8f}",
            "total_return": held.equity / CASH - 1,
            **ratios,
            "max_drawdown": held.deepest,
            "excess_return": 0.01,
            "beta": 0.1,
            "alpha": 0.02,
            "correlation": 0.2,
            "tracking_error": 0.3,
            "information_ratio": -0.1,
        },
        "costs": {
            "fees_maker": "0.00000000",
            "fees_taker": "20.25000000",
            "fees": "20.25000000",
            "slippage": "7.50000000",
            "delay": "-3.25000000",
            "total": "24.50000000",
        },
        "by_symbol": [_share("BTC-USD", "symbol", 120.5), _share("SPY", "symbol", -20.25)],
        "by_strategy": [_share("momentum", "strategy", 80.0), _share("trend", "strategy", 20.25)],
        "by_pair": [],
        "seed": 7,
        "config_digest": "ab" * 32,
        "data_digest": "cd" * 32,
        "plugins": [],
        "schema": 1,
    }


@pytest.fixture
def write_backtest() -> Callable[..., Path]:
    """Return a function that writes a backtest's folder as a run leaves it, and returns the folder.

    Keywords: ``days``, ``seed`` and ``drift`` of its equity, ``fills``, values for ``config``, and anything that
    ``metrics.json`` shall say otherwise.
    """

    def write(
        folder: Path,
        *,
        days: int = 90,
        seed: int = 1,
        drift: float = 0.0,
        fills: int = 20,
        config: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Path:
        own, held = _Walk(Seed(seed), drift), _Walk(Seed(1_000), 0.0)
        rows, slices = [], 0
        for day in range(days):
            for hour in range(1, 7):
                rows.append(own.row(START + day * DAY + hour * HOUR))
                slices += 1
        kept = [held.row(START + day * DAY + 6 * HOUR) for day in range(days)]
        folder.mkdir(parents=True)
        values = {"name": "demo", "fast": 10, "slippage": "1", **(config or {})}
        metrics = {**_metrics(own, held, days, slices, fills), **changes}
        head = schemas.header(schemas.EQUITY_COLUMNS)
        for name, text in {
            schemas.EQUITY_FILE: head + "".join(rows),
            schemas.BENCHMARK_FILE: head + "".join(kept),
            schemas.TRADES_FILE: _trades(fills),
            schemas.CONFIG_FILE: CONFIG.format(**values),
            schemas.METRICS_FILE: json.dumps(metrics),
        }.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write
