"""Tables of a session at rest with fewer rows than its snapshot has counted: told, and no figure is taken from them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from logos.artifacts import schemas
from logos.live.folder import hold
from logos.ui.streamlit.data.last_rows import rows_in
from logos.ui.streamlit.data.live_session import LiveSession, look_at, session_table

Write = Callable[..., Path]
Page = Callable[[str], AppTest]
TABLES = {
    "fills": (schemas.TRADES_FILE, schemas.TRADE_COLUMNS),
    "orders": (schemas.ORDERS_FILE, schemas.ORDER_COLUMNS),
    "decisions": (schemas.DECISIONS_FILE, schemas.DECISION_COLUMNS),
}
ROWS = 700
"""More than a day of minutes from 14:30 on, so that the last day is not the first."""


def halve(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def without_row(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:20], *lines[21:]]))


def shown(test: AppTest) -> str:
    assert not test.exception
    return "\n".join(element.proto.body for element in test.get("html"))


def tile(page: str, label: str) -> str:
    found = re.search(f"<dt>{label}</dt><dd[^>]*>(.*?)</dd>", page)
    assert found is not None
    return re.sub("<[^>]*>", "", found[1])


def look(workspace: Path, folder: Path) -> LiveSession:
    session = look_at(workspace, folder).value
    assert session is not None
    return session


@pytest.mark.parametrize("status", ["completed", "halted", "paused", "running"])
@pytest.mark.parametrize("hurt", [halve, without_row])
def test_no_figure_comes_from_an_account_that_has_lost_rows(
    workspace: Path, write_session: Write, hurt: Callable[[Path], None], status: str
):
    folder = write_session(workspace, status=status, rows=ROWS)
    state = json.loads((folder / schemas.STATE_FILE).read_text())
    whole = look(workspace, folder)
    hurt(folder / schemas.ACCOUNT_FILE)

    session = look(workspace, folder)

    assert (whole.account.state, session.account.state) == ("ok", "partial")
    left = rows_in(folder / schemas.ACCOUNT_FILE)
    assert f"account.csv has {left} whole rows, though the snapshot tells of {ROWS} slices" in session.account.message
    assert session.account.value is not None  # what is left of the timeline is drawn
    assert whole.pnl_today is not None
    assert session.pnl_today is None
    assert (session.pnl, session.clock) == (whole.pnl, state["clock"])
    assert whole.drawdown is not None
    assert session.drawdown is not None
    assert abs(session.drawdown - whole.drawdown) < Decimal("0.00000002")


def test_the_monitor_of_a_cut_account_says_so_and_mixes_no_two_moments(
    workspace: Path, page: Page, write_session: Write
):
    folder = write_session(workspace, status="completed", rows=ROWS)
    before = shown(page("live_monitor"))
    halve(folder / schemas.ACCOUNT_FILE)

    after = shown(page("live_monitor"))

    assert f"though the snapshot tells of {ROWS} slices" in after
    assert f"<code>logos replay {folder.name} --verify</code> names what else differs" in after
    for label in ("Equity", "PnL", "Drawdown", "Cash", "Fees paid"):
        assert tile(after, label) == tile(before, label)
    assert tile(before, "PnL today") != "\N{EN DASH}"
    assert (tile(after, "PnL today"), tile(after, "Gross exposure")) == ("\N{EN DASH}", "\N{EN DASH}")


def test_the_overview_says_so_too(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace, status="completed", rows=ROWS)
    before = shown(page("overview"))
    halve(folder / schemas.ACCOUNT_FILE)

    after = shown(page("overview"))

    assert f"though the snapshot tells of {ROWS} slices" in after
    assert "though the snapshot" not in before
    assert tile(after, "Drawdown") == tile(before, "Drawdown")


def test_an_account_that_is_being_written_is_not_judged(workspace: Path, write_session: Write):
    folder = write_session(workspace, rows=ROWS)
    halve(folder / schemas.ACCOUNT_FILE)

    with hold(folder):
        session = look(workspace, folder)

    assert (session.account.state, session.cut) == ("ok", False)


@pytest.mark.parametrize("what", TABLES)
@pytest.mark.parametrize("hurt", ["gone", "empty", "a header", "halved", "one row less"])
def test_a_table_that_has_lost_rows_is_told(workspace: Path, write_session: Write, what: str, hurt: str):
    folder = write_session(workspace, status="completed", trades=40)
    file, columns = TABLES[what]
    path = folder / file
    session = look(workspace, folder)
    assert session_table(session, file, columns, what=what).state == "ok"
    lines = path.read_text().splitlines(keepends=True)
    if hurt == "gone":
        path.unlink()
    elif hurt == "empty":
        path.write_text("")
    elif hurt == "halved":
        halve(path)
    else:
        path.write_text("".join(lines[:1] if hurt == "a header" else lines[:1] + lines[3:]))

    reading = session_table(session, file, columns, what=what)

    left = {"gone": "is gone", "empty": "is empty", "a header": "has no whole row"}
    found = left.get(hurt, f"has {rows_in(path)} whole rows")
    assert reading.state == ("damaged" if hurt in left else "partial")
    assert reading.message == f"{file} {found}, though the snapshot tells of 40 {what}"
    assert "--verify" in reading.hint


def test_working_orders_are_not_looked_for_among_those_that_have_ended(workspace: Path, write_session: Write):
    folder = write_session(workspace, status="paused", trades=4, working=2)
    path = folder / schemas.ORDERS_FILE
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))

    reading = session_table(look(workspace, folder), schemas.ORDERS_FILE, schemas.ORDER_COLUMNS, what="orders")

    assert (reading.state, rows_in(path)) == ("ok", 4)


def test_the_tables_of_a_session_that_is_run_may_be_behind_or_not_there(workspace: Path, write_session: Write):
    folder = write_session(workspace, trades=4)
    file, columns = TABLES["fills"]
    (folder / file).unlink()

    with hold(folder):
        reading = session_table(look(workspace, folder), file, columns, what="fills")

    assert reading.state == "missing"


def test_the_monitor_does_not_say_that_nothing_was_traded_where_fills_are_lost(
    workspace: Path, page: Page, write_session: Write
):
    folder = write_session(workspace, status="halted", trades=40)
    (folder / schemas.TRADES_FILE).unlink()
    halve(folder / schemas.DECISIONS_FILE)

    after = shown(page("live_monitor"))

    assert "trades.csv is gone, though the snapshot tells of 40 fills" in after
    left = rows_in(folder / schemas.DECISIONS_FILE)
    assert f"decisions.csv has {left} whole rows, though the snapshot tells of 40 decisions" in after
    assert "No fill" not in after
    assert "Decisions, newest first" in after
