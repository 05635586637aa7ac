"""What the tables tell of a session after its snapshot: positions, fills and orders."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from logos.artifacts import schemas
from logos.ui.streamlit.data.live_session import LiveSession, look_at
from logos.ui.streamlit.data.since_snapshot import fills_so_far, holdings, is_behind, orders_so_far

Write = Callable[..., Path]
SNAPSHOT = "2026-03-02T15:30:00Z"


def looked_at(workspace: Path, folder: Path, **changes: Any) -> LiveSession:
    path = folder / schemas.STATE_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    session = look_at(workspace, folder).value
    assert session is not None
    return session


def add(folder: Path, name: str, *rows: str) -> None:
    with (folder / name).open("a") as file:
        file.writelines(f"{row}\n" for row in rows)


def test_unrealized_is_value_less_cost(workspace: Path, write_session: Write):
    session = looked_at(workspace, write_session(workspace))

    assert [(one.symbol, one.unrealized_pnl, one.lots, one.at) for one in holdings(session)] == [
        ("AAPL", Decimal("7.5"), 1, SNAPSHOT),
        ("BTC-USD", Decimal("7.5"), 1, SNAPSHOT),
    ]


def test_the_last_row_of_a_symbol_is_newer_than_the_snapshot(workspace: Path, write_session: Write):
    folder = write_session(workspace)
    add(
        folder,
        schemas.POSITIONS_FILE,
        "2026-03-02T15:31:00Z,AAPL,0,,171.00,0.00000000,0.00000000,9.00000000",
        "2026-03-02T15:31:00Z,NEW,3,10.00,11.00,33.00000000,3.00000000,0.00000000",
        "2026-03-02T15:32:00Z,NEW,-2,10.00,11.00,-22.00000000,-2.00000000,0.00000000",
    )

    found = {one.symbol: one for one in holdings(looked_at(workspace, folder))}

    assert sorted(found) == ["BTC-USD", "NEW"]  # AAPL was closed
    assert found["BTC-USD"].at == SNAPSHOT
    assert (found["NEW"].quantity, found["NEW"].at) == ("-2", "2026-03-02T15:32:00Z")
    assert (found["NEW"].unrealized_pnl, found["NEW"].lots) == (Decimal(-2), None)


def test_a_row_that_is_being_written_does_not_count(workspace: Path, write_session: Write):
    folder = write_session(workspace)
    with (folder / schemas.POSITIONS_FILE).open("a") as file:
        file.write("2026-03-02T15:31:00Z,AAPL,0,,171.00,0.00000000,0.00000000,9.0")

    assert [one.symbol for one in holdings(looked_at(workspace, folder))] == ["AAPL", "BTC-USD"]


def test_fills_and_orders_after_the_snapshot_are_counted(workspace: Path, write_session: Write):
    folder = write_session(workspace, trades=6, working=1)
    before = looked_at(workspace, folder, last_trade_id=6, last_order_id=7)
    assert (fills_so_far(before), orders_so_far(before)) == (6, 7)

    add(folder, schemas.TRADES_FILE, "7,8,2026-03-02T15:31:00Z,AAPL,buy,10,170.25,taker,1.70,0,1702.50,")
    add(folder, schemas.TRADES_FILE, "8,8,2026-03-02T15:31:00Z,AAPL,buy,10,170.25,taker,1.70,0,1702.50,")
    after = looked_at(workspace, folder)
    assert (fills_so_far(after), orders_so_far(after)) == (8, 8)

    add(
        folder, schemas.ORDERS_FILE, f"9,{SNAPSHOT},{SNAPSHOT},trend,AAPL,buy,market,gtc,10,,,blocked,0,,0.00000000,why"
    )
    assert orders_so_far(looked_at(workspace, folder)) == 9


@pytest.mark.parametrize("name", [schemas.POSITIONS_FILE, schemas.TRADES_FILE, schemas.ORDERS_FILE])
@pytest.mark.parametrize("content", [None, b"", b"colour,size\nred,4\n", b"\x00\xff{[\n1,2\n"])
def test_without_a_table_the_snapshot_stands(workspace: Path, write_session: Write, name: str, content: bytes | None):
    folder = write_session(workspace)
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)

    session = looked_at(workspace, folder)

    assert len(holdings(session)) == 2
    assert (fills_so_far(session), orders_so_far(session)) == (6, 7)


@pytest.mark.parametrize(
    ("snapshot", "behind"),
    [(SNAPSHOT, False), ("2026-03-02T15:29:00Z", False), ("2026-03-02T15:28:59Z", True), ("garbled", False)],
)
def test_a_snapshot_is_behind_from_more_than_a_bar_on(
    workspace: Path, write_session: Write, snapshot: str, behind: bool
):
    assert is_behind(looked_at(workspace, write_session(workspace), clock=snapshot)) is behind
