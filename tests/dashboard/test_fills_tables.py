"""The tables of fills, orders and decisions: alike on every page, numbers to the right and aligned by their lots."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from logos.artifacts import schemas
from logos.ui.streamlit.data.trades import as_it_is_now, load_trades

Write = Callable[..., Path]
Page = Callable[[str], AppTest]
FALL = "2026-03-02T15:00:00Z,trend,BTC-USD,{},0.9,{},blocked,,max_notional,too much\n"


def drawn(test: AppTest) -> str:
    assert not test.exception
    return "\n".join(element.proto.body for element in test.get("html"))


def table(shown: str, title: str) -> tuple[list[tuple[str, bool]], list[list[str]]]:
    """Return the heads of a table, each with whether it stands to the right, and the cells of its rows."""
    found = re.search(rf'aria-label="{title}[^"]*"><table.*?</table>', shown, re.DOTALL)
    assert found is not None
    heads = re.findall(r'<th scope="col"([^>]*)>(.*?)</th>', found[0])
    rows = re.findall(r"<tr>(.*?)</tr>", found[0].partition("<tbody>")[2])
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    return [(name, "logos-number" in kind) for kind, name in heads], cells


def test_fills_are_shown_alike_on_both_pages(workspace: Path, page: Page, write_backtest: Write, write_session: Write):
    write_backtest(workspace, trades=6)
    write_session(workspace, status="completed", trades=6)

    backtest, live = drawn(page("backtests")), drawn(page("live_monitor"))

    assert table(backtest, "Fills") == table(live, "Fills")
    heads, rows = table(live, "Fills")
    assert heads[0] == ("Time (UTC)", False)
    assert [name for name, right in heads if not right] == ["Time (UTC)", "Symbol", "Side", "Liquidity"]
    assert {"Fill", "Order", "Fee (USD)"} <= {name for name, _ in heads}
    assert rows[0][0] == "2026-03-02 14:49:00"
    assert "USD" not in "".join(cell for row in rows for cell in row if cell != "BTC-USD")


def test_numbers_of_orders_stand_to_the_right_and_times_have_no_zone_in_each_cell(
    workspace: Path, page: Page, write_session: Write
):
    write_session(workspace, status="paused", trades=6, working=1)
    shown = drawn(page("live_monitor"))

    for title, time in (("Orders", "Changed (UTC)"), ("Working orders", "Placed (UTC)")):
        heads, rows = table(shown, title)
        assert heads[:2] == [("Order", True), (time, False)]
        assert re.fullmatch(r"2026-03-02 \d\d:\d\d:00", rows[0][1])


def test_decisions_line_up_by_the_lot_and_say_that_the_target_is_a_quantity(
    workspace: Path, page: Page, write_session: Write
):
    folder = write_session(workspace, status="completed", trades=0)
    pairs = [("1.00000000", "5.8240"), ("0.50000000", "5.8505"), ("-0.25000000", "5.9700"), ("0.00000000", "0.0000")]
    (folder / schemas.DECISIONS_FILE).write_text(
        schemas.header(schemas.DECISION_COLUMNS) + "".join(FALL.format(*pair) for pair in pairs)
    )

    heads, rows = table(drawn(page("live_monitor")), "Decisions")

    assert heads[3:5] == [("Signal", True), ("Target quantity", True)]
    assert [row[4] for row in rows] == ["0.0000", "5.9700", "5.8505", "5.8240"]
    assert [row[3] for row in rows] == ["0.00", "\N{MINUS SIGN}0.25", "0.50", "1.00"]


def panel(folder: str) -> None:
    import shutil  # noqa: PLC0415 - the script of a test
    from pathlib import Path  # noqa: PLC0415

    from logos.ui.streamlit.components.trades_table import trades_panel  # noqa: PLC0415
    from logos.ui.streamlit.data.trades import load_trades  # noqa: PLC0415

    reading = load_trades(Path(folder))
    shutil.rmtree(folder)
    trades_panel(reading, currency="USD", key="k", file_name="x.csv")


def test_fills_of_a_run_that_was_deleted_meanwhile_are_shown_with_a_warning(workspace: Path, write_backtest: Write):
    folder = write_backtest(workspace, trades=6)

    shown = drawn(AppTest.from_function(panel, args=(str(folder),)).run(timeout=30))

    assert f"The folder {folder.name} is gone; what is shown was read before" in shown
    assert len(table(shown, "Fills")[1]) == 6


@pytest.mark.parametrize(
    ("hurt", "state", "told"),
    [
        (lambda path: path.unlink(), "partial", "trades.csv is not there; what is shown was read before"),
        (lambda path: path.write_text(""), "partial", "trades.csv is empty; what is shown was read before"),
        (lambda path: path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n"), "ok", ""),
    ],
    ids=["gone", "emptied", "longer"],
)
def test_fills_are_looked_at_again(
    workspace: Path, write_backtest: Write, hurt: Callable[[Path], object], state: str, told: str
):
    folder = write_backtest(workspace, trades=6)
    before = load_trades(folder)
    hurt(folder / schemas.TRADES_FILE)

    now = as_it_is_now(before)

    assert (now.state, now.message) == (state, told)
    assert now.value is not None
    assert len(now.value) == (7 if state == "ok" else 6)


@pytest.mark.parametrize("rows", [0, 3, 6])
def test_fills_that_a_backtest_has_counted_and_its_table_has_not_are_told(
    workspace: Path, page: Page, write_backtest: Write, rows: int
):
    path = write_backtest(workspace, trades=6) / schemas.TRADES_FILE
    path.write_text("".join(path.read_text().splitlines(keepends=True)[: rows + 1]))

    shown = drawn(page("backtests"))

    found = f"has {rows} whole rows" if rows else "has no whole row"
    assert (f"trades.csv {found}, though metrics.json tells of 6 fills" in shown) == (rows < 6)
    assert "traded nothing" not in shown
