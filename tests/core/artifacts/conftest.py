"""Instruments, orders and session folders that the tests of artifacts share."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from logos.domain.instruments import AssetClass, Instrument
from logos.domain.orders import Order, OrderIntent, OrderType, Side, TimeInForce

OPENED = 1_700_000_040  # 2023-11-14T22:14:00Z


@pytest.fixture
def bitcoin() -> Instrument:
    return Instrument(
        symbol="BTC-USD",
        asset_class=AssetClass.CRYPTO,
        tick=Decimal("0.01"),
        lot=Decimal("0.0001"),
        currency="USD",
    )


@pytest.fixture
def make_order(bitcoin: Instrument) -> Callable[..., Order]:
    def make(**changes: Any) -> Order:
        intent = {
            "order_id": 7,
            "client_order_id": "s-trend-7",
            "strategy": "trend",
            "instrument": bitcoin,
            "side": Side.BUY,
            "order_type": OrderType.MARKET,
            "time_in_force": TimeInForce.GTC,
            "quantity": 12_345,
            "limit_price": None,
            "stop_price": None,
            "decision_price": 4_321_000,
            "created_at": OPENED,
            "reduces": False,
        }
        of_intent = {name: changes.pop(name) for name in tuple(changes) if name in intent}
        return Order(intent=OrderIntent(**{**intent, **of_intent}), **{"updated_at": OPENED + 60, **changes})

    return make


@pytest.fixture
def make_state() -> Callable[..., dict[str, Any]]:
    def make(**changes: Any) -> dict[str, Any]:
        account = {
            "starting_cash": "100000.00000000",
            "cash": "40000.00000000",
            "market_value": "61234.50000000",
            "equity": "101234.50000000",
            "realized_pnl": "1200.00000000",
            "unrealized_pnl": "50.00000000",
            "fees": "15.50000000",
            "peak_equity": "101300.00000000",
            "currency": "USD",
            "decimals": 8,
        }
        return {
            "schema": 1,
            "session_id": "20231114-a",
            "name": "rehearsal",
            "seed": 7,
            "config_digest": "ab" * 32,
            "data_digest": "cd" * 32,
            "sequence": 99,
            "clock": "2023-11-14T22:15:00Z",
            "status": "completed",
            "account": account,
            "positions": [
                {
                    "symbol": "BTC-USD",
                    "quantity": "1.2345",
                    "average_cost": "43210.00",
                    "mark_price": "43333.00",
                    "lots": [{"quantity": "1.2345", "cost": "53342.74500000"}],
                },
                {"symbol": "SPY", "quantity": "0", "average_cost": "", "mark_price": "455.10", "lots": []},
            ],
            "orders": [{"order_id": 7}],
            "guards": {},
            "feed": {},
            "halt_causes": [],
            "counts": {"bars": 123_456, "slices": 60_000, "orders": 20, "fills": 21, "blocked": 3},
            "journal": {"length": 10, "head": "00"},
            "files": {},
            **changes,
        }

    return make


@pytest.fixture
def write_session(workspace: Path, make_state: Callable[..., dict[str, Any]]) -> Callable[..., Path]:
    """Return a function that writes a session folder into the workspace; returns the folder."""

    def write(session_id: str, *, summary: str = "", **changes: Any) -> Path:
        folder = workspace / "runs" / "live" / "sessions" / session_id
        folder.mkdir(parents=True)
        state = make_state(session_id=session_id, **changes)
        (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
        if summary:
            (folder / "session.md").write_text(summary, encoding="utf-8")
        return folder

    return write
