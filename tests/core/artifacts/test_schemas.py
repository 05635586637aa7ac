"""The tables have the columns that tools outside the project rely on."""

from __future__ import annotations

import pytest

from logos.artifacts import schemas

# Typed here once more on purpose: a column that is renamed or moved in the code must fail here.
PROMISED = {
    "orders.csv": "order_id,created_at,updated_at,strategy,symbol,side,type,time_in_force,quantity,limit_price,"
    "stop_price,status,filled_quantity,average_price,fees,reason",
    "trades.csv": "trade_id,order_id,timestamp,symbol,side,quantity,price,liquidity,fee,realized_pnl",
    "positions.csv": "timestamp,symbol,quantity,average_cost,mark_price,market_value,unrealized_pnl,realized_pnl",
    "account.csv": "timestamp,cash,market_value,equity,realized_pnl,unrealized_pnl,fees,drawdown,gross_exposure,"
    "net_exposure",
    "decisions.csv": "timestamp,strategy,symbol,signal,target_weight,target_quantity,outcome,order_id,reason_code,"
    "detail",
    "quarantine.csv": "symbol,file,line,reason,row",
}
ADDED = {"trades.csv": ("value", "conversion_price")}


@pytest.mark.parametrize("file", sorted(PROMISED))
def test_a_table_starts_with_the_promised_columns_and_adds_only_known_ones(file: str) -> None:
    assert schemas.TABLES[file] == (*PROMISED[file].split(","), *ADDED.get(file, ()))


def test_every_table_is_part_of_the_bundle() -> None:
    assert set(schemas.TABLES) == set(PROMISED)
    assert set(schemas.TABLES) < set(schemas.BUNDLE)


def test_a_header_is_one_line() -> None:
    assert schemas.header(("a", "b")) == "a,b\n"
