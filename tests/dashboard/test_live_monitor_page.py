"""The Live Monitor as a script: what it shows of sessions of every kind, and that it never stops at a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from logos import paths
from logos.artifacts import schemas
from logos.context.redaction import remember
from logos.domain.times import time_text
from logos.live.folder import hold
from logos.ui.streamlit.app_pages import live_monitor
from logos.ui.streamlit.data.growing import account_of
from logos.ui.streamlit.design.tokens import LIGHT

Write = Callable[..., Path]
Page = Callable[[str], AppTest]


def text(test: AppTest) -> str:
    assert not test.exception
    shown = "\n".join(element.proto.body for element in test.get("html"))
    assert "cannot be shown" not in shown
    return shown


def alone(shown: str) -> str:
    """Return a page's text without the styles."""
    return "\n".join(part for part in shown.split("\n") if not part.startswith("<style>"))


def typed(shown: str) -> str:
    """Return a page's text with its commands as they are copied."""
    return re.sub("</?span[^>]*>", "", shown)


def edit_state(folder: Path, **changes: Any) -> None:
    path = folder / schemas.STATE_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def intervals(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list of the intervals at which parts of the page refresh themselves."""
    seen: list[object] = []
    real = live_monitor.st.fragment

    def fragment(draw: Any, *, run_every: object = None) -> Any:
        seen.append(run_every)
        return real(draw, run_every=run_every)

    monkeypatch.setattr(live_monitor.st, "fragment", fragment)
    return seen


def test_an_empty_workspace_says_how_to_run_a_session(workspace: Path, page: Page):
    assert "logos trade --fixtures" in text(page("live_monitor"))
    assert list(workspace.iterdir()) == []


def test_an_empty_workspace_is_watched_for_its_first_session(
    workspace: Path, page: Page, write_session: Write, intervals: list[object]
):
    test = page("live_monitor")
    assert intervals == [5]
    assert test.get("button_group")[0].proto.label == "Refresh every"
    write_session(workspace)

    shown = alone(text(test.run()))

    assert "No session yet" not in shown
    assert "Interrupted" in shown


WAITING = """
import streamlit as st
from logos.ui.streamlit.components.frame import waiting_for

seen = st.session_state.setdefault("seen", [])
seen.append(len(seen))
if len(seen) < 3:
    waiting_for(lambda: True)
st.text(f"run {len(seen)}")
"""


def test_a_page_that_is_waiting_is_drawn_again_until_there_is_something():
    assert AppTest.from_string(WAITING).run().text[0].value == "run 3"


def test_a_running_session_shows_its_account(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace)
    with hold(folder):
        shown = alone(text(page("live_monitor")))

    state = json.loads((folder / schemas.STATE_FILE).read_text())
    assert "Running" in shown
    assert "Data fresh" in shown
    assert f"{float(state['account']['equity']):,.2f}" in shown
    assert "Last refresh" in shown
    assert "halts at 20.00%" in shown
    assert "<code>logos" not in shown  # nothing to type


def test_an_interrupted_session_is_not_called_running(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace, status="running")

    shown = alone(text(page("live_monitor")))

    assert "Interrupted" in shown
    assert "Running" not in shown
    assert f"logos trade --resume {folder.name}" in typed(shown)


def test_a_halted_session_shows_its_causes_and_the_commands(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace, status="halted")
    path = folder / schemas.STATE_FILE
    path.write_text(
        path.read_text().replace("above 20.00%", "above 20.00%: look into it, then resume with --clear-halt")
    )

    shown = alone(text(page("live_monitor")))

    assert "drawdown 21.00% above 20.00%" in shown
    assert f"logos trade --resume {folder.name} --clear-halt" in typed(shown)
    assert shown.count("--clear-halt") == shown.count('<span style="white-space:nowrap">--clear-halt</span>') == 2
    assert "halted the session" in shown


def test_tables_show_what_happened_and_why(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace, trades=40, working=2)
    edit_state(folder, tally={"codes": {"max_notional": 8, "at_target": 12}})

    shown = alone(text(page("live_monitor")))

    for told in ("max_notional: limit 60000 USD", "at_target 12, max_notional 8", "order 39", "171.25", "accepted"):
        assert told in shown
    assert shown.index(">40<") < shown.index(">39<")


def without_rows(folder: Path, **counts: int) -> None:
    """Leave nothing but the header of the tables of a session, and say in its snapshot what it has counted."""
    for name in ("trades.csv", "orders.csv", "decisions.csv"):
        path = folder / name
        path.write_text(path.read_text().partition("\n")[0] + "\n")
    edit_state(folder, counts=json.loads((folder / schemas.STATE_FILE).read_text())["counts"] | counts)


def test_a_finished_session_says_that_it_had_none_and_one_that_goes_on_that_there_is_none_yet(
    workspace: Path, page: Page, write_session: Write
):
    folder = write_session(workspace, status="completed")
    without_rows(folder, fills=0, orders=0, decisions=0)

    done = alone(text(page("live_monitor")))
    edit_state(folder, status="paused")
    going = alone(text(page("live_monitor")))

    for none in ("No fill", "No order", "No decision"):
        assert f">{none}<" in done
        assert f">{none} yet<" in going
    assert "Nothing was traded in this session." in done
    assert "Nothing was traded so far." in going


def test_a_finished_session_whose_table_has_lost_its_rows_is_damaged(workspace: Path, page: Page, write_session: Write):
    without_rows(write_session(workspace, status="completed"), fills=3, orders=0, decisions=0)

    shown = alone(text(page("live_monitor")))

    assert "trades.csv has no whole row, though the snapshot tells of 3 fills" in shown
    assert ">No order<" in shown


def test_money_of_a_currency_without_decimals_has_none(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace, status="completed")
    whole = dict.fromkeys(("starting_cash", "cash", "equity", "fees"), "1000000")
    account = json.loads((folder / schemas.STATE_FILE).read_text())["account"]
    edit_state(folder, account=account | whole | {"currency": "JPY", "decimals": 0})

    test = page("live_monitor")

    assert '1,000,000 <span class="logos-unit">JPY' in text(test)
    assert not re.search(r"\.\d+( <[^>]+>)?JPY| JPY.*\.\d\d JPY", text(test))
    (chart,) = test.get("plotly_chart")
    assert "%{y:+,.0f} JPY" in chart.proto.spec
    assert ".00 JPY" not in chart.proto.alt


def test_the_open_tab_is_that_of_the_address(workspace: Path, page: Page, write_session: Write):
    write_session(workspace)
    test = page("live_monitor")
    assert test.session_state["session-tab"] == "Working orders"
    test.query_params["session-tab"] = "Decisions"

    assert test.run(timeout=30).session_state["session-tab"] == "Decisions"


def test_a_dry_run_shows_what_the_venue_says_and_orders_nobody_knows_of(
    workspace: Path, page: Page, write_session: Write
):
    folder = write_session(workspace, trades=1, working=0)
    lost = {"order_id": 2, "symbol": "AAPL", "status": "unknown", "client_order_id": "lg-lost", "quantity": "1"}
    edit_state(folder, outside={"warnings": []}, orders=[lost])
    orders = folder / schemas.ORDERS_FILE
    lines = orders.read_text().splitlines()
    orders.write_text(f"{lines[0]},venue_outcome\n{lines[1]},would refuse: too small\n")

    shown = alone(text(page("live_monitor")))

    assert "would refuse: too small" in shown
    assert "Orders of unknown outcome" in shown
    assert "lg-lost" in shown


def test_a_session_that_may_change_refreshes_itself_and_a_finished_one_does_not(
    workspace: Path, page: Page, write_session: Write, intervals: list[object]
):
    write_session(workspace, status="running")
    page("live_monitor")
    assert set(intervals) == {5}

    intervals.clear()
    write_session(workspace, status="completed")
    page("live_monitor")
    assert set(intervals) == {None}


def test_the_interval_is_chosen_and_can_be_off(
    workspace: Path, page: Page, write_session: Write, intervals: list[object]
):
    write_session(workspace, status="paused")
    test = page("live_monitor")
    for seconds, expected in ((2, 2), (10, 10), (0, None), (5, 5)):
        intervals.clear()
        choice = next(one for one in test.get("button_group") if one.key == "live-refresh")
        choice.set_value(seconds).run()
        assert set(intervals) == {expected}


def test_picking_a_session_ends_following(workspace: Path, page: Page, write_session: Write):
    write_session(workspace, "20260301-000000-old", status="completed")
    write_session(workspace, "20260302-000000-new", status="halted")
    test = page("live_monitor")
    test.toggle(key="live-follow").set_value(True).run()

    test.selectbox(key="live-session").select("20260301-000000-old").run()

    assert test.selectbox(key="live-session").value == "20260301-000000-old"
    assert test.toggle(key="live-follow").value is False
    assert "Completed" in text(test)


@pytest.mark.parametrize(
    ("rows", "first"),
    [(570, 0), (571, 569), (700, 569)],
    ids=["the first midnight is the end of the first day", "a bar later", "the next day"],
)
def test_today_begins_with_the_last_row_of_the_day_before(workspace: Path, write_session: Write, rows: int, first: int):
    folder = write_session(workspace, rows=rows)
    view = account_of(folder / schemas.ACCOUNT_FILE).value
    assert view is not None

    shown = live_monitor._span(view, "Today")

    assert int(shown.time[0]) == int(view.curve.time[first])
    assert int(shown.time[-1]) == int(view.curve.time[-1])


def test_won_today_is_told_apart_from_won_in_all(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace, rows=60)
    with (folder / schemas.ACCOUNT_FILE).open("a") as file:
        file.write("2026-03-03T08:00:00Z,1,2,99000.25,4,5,6,0.5,0.7,-0.7\n")
    last = Decimal(json.loads((folder / schemas.STATE_FILE).read_text())["account"]["equity"])

    shown = alone(text(page("live_monitor")))

    assert tile(shown, "PnL") == "-999.75"
    assert Decimal(tile(shown, "PnL today").replace(",", "")) == Decimal("99000.25") - last


@pytest.mark.parametrize(("step", "rows"), [(60, 61), (3_600, 2), (86_400, 1)], ids=["minutes", "hours", "days"])
def test_the_last_hour_is_not_a_moment_longer(tmp_path: Path, step: int, rows: int):
    path = tmp_path / schemas.ACCOUNT_FILE
    lines = (f"{time_text(step * row)},1,2,100,4,5,6,0.5,0.7,0.7\n" for row in range(100))
    path.write_text(schemas.header(schemas.ACCOUNT_COLUMNS) + "".join(lines))
    view = account_of(path).value
    assert view is not None

    shown = live_monitor._span(view, "Last hour")

    assert len(shown) == rows
    assert int(shown.time[-1]) - int(shown.time[0]) <= 3_600


def test_an_hour_with_one_row_is_a_card_and_no_picture(workspace: Path, page: Page, write_session: Write):
    with (write_session(workspace) / schemas.ACCOUNT_FILE).open("a") as file:
        file.write("2026-03-05T00:00:00Z,1,2,99000.25,4,5,6,0.5,0.7,0.7\n")

    test = page("live_monitor").button_group(key="live-window").set_value("Last hour").run(timeout=30)

    assert "No picture of the last hour" in text(test)
    assert not test.get("plotly_chart")


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ([{"daily": "0.06"}], ""),
        ([{"max": "0.3", "daily": "0.06"}], "30.00%"),
        ([{"max": "0.3"}, {"daily": "0.06"}, {"max": "0.25"}], "25.00%"),
    ],
)
def test_only_a_limit_on_the_fall_from_the_peak_limits_the_drawdown(
    workspace: Path, page: Page, write_session: Write, limits: list[dict[str, str]], told: str
):
    folder = write_session(workspace, status="paused")
    config = yaml.safe_load((folder / schemas.CONFIG_FILE).read_text())
    config["guards"] = [{"plugin": "drawdown"} | limit for limit in limits]
    (folder / schemas.CONFIG_FILE).write_text(yaml.safe_dump(config))
    kept = {"guard": "drawdown", "fault": "", "state": {"peak": 10**13, "base": 10**13}}
    edit_state(folder, guards=[kept] * len(limits))

    test = page("live_monitor")
    shown = alone(text(test))
    (chart,) = test.get("plotly_chart")

    assert ("no guard limits it" in shown) == (not told)
    assert re.findall(r"halts at ([\d.]+%)", shown) == ([told] if told else [])
    assert re.findall(r"([\d.]+%) halts the session", chart.proto.alt) == ([told] if told else [])
    assert "loss of the day" in shown or len(limits[0]) == 1


@pytest.mark.parametrize("content", ["", "timestamp,equity,drawdown\n", None], ids=["empty", "a header", "gone"])
@pytest.mark.parametrize("status", ["completed", "running"])
def test_an_account_that_lost_its_rows_is_told(
    workspace: Path, page: Page, write_session: Write, content: str | None, status: str
):
    folder = write_session(workspace, status=status)
    path = folder / schemas.ACCOUNT_FILE
    path.unlink() if content is None else path.write_text(content)

    shown = text(page("live_monitor"))

    found = {None: "is gone", "": "is empty"}.get(content, "has no whole row")
    assert f"account.csv {found}, though the snapshot tells of 60 slices" in shown
    assert f"<code>logos replay {folder.name} --verify</code>" in shown
    assert "No timeline yet" not in shown


@pytest.mark.parametrize("held", [False, True], ids=["no slice yet", "a program writes it"])
def test_an_account_that_has_no_row_yet_is_no_damage(workspace: Path, page: Page, write_session: Write, *, held: bool):
    folder = write_session(workspace, status="running")
    (folder / schemas.ACCOUNT_FILE).write_text("")
    if held:
        with hold(folder):
            shown = text(page("live_monitor"))
    else:
        counts = json.loads((folder / schemas.STATE_FILE).read_text())["counts"] | {"slices": 0}
        edit_state(folder, counts=counts)
        shown = text(page("live_monitor"))

    assert "cannot be read" not in shown
    assert "No timeline yet" in shown


def test_the_hint_of_a_snapshot_that_cannot_be_read_is_a_command(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace)
    (folder / schemas.STATE_FILE).write_text("{")

    assert f"<code>logos replay {folder.name} --verify</code>" in text(page("live_monitor"))


def test_a_narrow_window_leaves_the_small_line_of_a_tile_small(workspace: Path, page: Page, write_session: Write):
    write_session(workspace)

    shown = text(page("live_monitor"))

    (rule,) = re.findall(r"@media \(max-width: 1000px\) \{ .*?([\w:().-]+) \{ font-size: 1rem; \} \}", shown)
    assert rule == "dd:not(.logos-delta)"


def test_one_fill_is_not_many(workspace: Path, page: Page, write_session: Write):
    write_session(workspace, trades=1)

    assert "1 fill, 0 blocked" in text(page("live_monitor"))


def tile(shown: str, label: str) -> str:
    """Return the number of a tile, its sign in ASCII."""
    found = re.search(rf"<dt>{label}</dt><dd[^>]*>(.*?)</dd>", shown)
    assert found is not None
    plain = re.sub(r"<[^>]+>", " ", found[1]).replace("\N{MINUS SIGN}", "-")
    number = re.search(r"[-+]?[\d,]+\.\d+", plain)
    assert number is not None
    return number[0]


def killed(workspace: Path, write_session: Write) -> Path:
    """Return a session that went on for two bars after its last snapshot, and was killed then."""
    folder = write_session(workspace, rows=60, trades=6, working=1)
    rows = {
        schemas.ACCOUNT_FILE: "2026-03-02T15:32:00Z,1,2,99000.25,4,5,6,0.5,0.7,-0.7",
        schemas.POSITIONS_FILE: "2026-03-02T15:31:00Z,AAPL,4,170.25,180.00,720.00000000,39.00000000,1.00000000\n"
        "2026-03-02T15:32:00Z,BTC-USD,0,,69000.00,0.00000000,0.00000000,5.00000000",
        schemas.TRADES_FILE: "8,9,2026-03-02T15:32:00Z,BTC-USD,sell,10,170.25,taker,1.70,5.00000000,1702.50,",
    }
    for name, row in rows.items():
        with (folder / name).open("a") as file:
            file.write(f"{row}\n")
    return folder


def test_a_killed_session_shows_its_tables_and_says_what_is_as_old_as_the_snapshot(
    workspace: Path, page: Page, write_session: Write
):
    killed(workspace, write_session)

    shown = alone(text(page("live_monitor")))

    assert "positions and fills are as of 2026-03-02 15:32:00 UTC" in shown
    assert "working orders, guards and feed as of the snapshot at 2026-03-02 15:30:00 UTC." in shown
    assert shown.count("as of the snapshot at 2026-03-02 15:30:00 UTC") >= 5
    assert "1 open" in shown
    assert "720.00 USD" in shown
    assert "2026-03-02 15:31:00 UTC" in shown
    assert "8 fills, 1 blocked, 0 rejected at the snapshot" in shown
    assert re.search(r"<dt>Orders</dt><dd[^>]*>9<", shown)


def test_a_session_whose_snapshot_is_as_new_as_its_tables_says_nothing_of_two_moments(
    workspace: Path, page: Page, write_session: Write
):
    write_session(workspace)

    shown = alone(text(page("live_monitor")))

    assert "positions and fills are as of" not in shown
    assert "6 fills, 1 blocked, 0 rejected<" in shown


def test_a_feed_that_nobody_runs_is_not_ok(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace)

    assert "<td>not running</td>" in alone(text(page("live_monitor")))
    with hold(folder):
        assert "<td>ok</td>" in alone(text(page("live_monitor")))


def test_another_session_is_picked_and_the_latest_followed(workspace: Path, page: Page, write_session: Write):
    write_session(workspace, "20260301-000000-old", status="completed")
    write_session(workspace, "20260302-000000-new", status="halted")
    test = page("live_monitor")
    assert test.selectbox(key="live-session").value == "20260302-000000-new"

    test.selectbox(key="live-session").select("20260301-000000-old").run()
    assert "Completed" in text(test)
    assert test.query_params["session"] in ("20260301-000000-old", ["20260301-000000-old"])

    test.toggle(key="live-follow").set_value(True).run()
    assert test.selectbox(key="live-session").value == "20260302-000000-new"
    write_session(workspace, "20260303-000000-newest", status="completed")
    test.run()
    assert test.selectbox(key="live-session").value == "20260303-000000-newest"


def test_a_session_that_is_gone_gives_way_to_the_latest(workspace: Path, page: Page, write_session: Write):
    write_session(workspace)
    test = page("live_monitor")
    test.query_params["session"] = "nowhere"

    assert "The latest is shown: there is no session nowhere<" in text(test.run())


def test_the_log_is_filtered_and_a_bad_pattern_explained(workspace: Path, page: Page, write_session: Write):
    write_session(workspace)
    test = page("live_monitor")
    assert "guard_blocked" in text(test)

    test.text_input(key="live-pattern").set_value("started").run()
    assert "1 of the last 4 lines" in text(test)
    assert "guard_blocked" not in text(test)
    test.text_input(key="live-pattern").set_value("never").run()
    assert "None of the last 4 lines has it" in text(test)
    test.text_input(key="live-pattern").set_value("(").run()
    assert "the pattern cannot be used" in text(test)


def test_no_secret_is_shown(workspace: Path, page: Page, write_session: Write):
    remember("canary-canary-1")
    folder = write_session(workspace, status="halted", trades=3)
    causes = [{"guard": "canary-canary-1", "reason": "api_key=canary-canary-2", "at": "canary-canary-1"}]
    edit_state(
        folder,
        name="canary-canary-1",
        clock="canary-canary-1",
        halt_causes=causes,
        tally={"codes": {"canary-canary-1": 1}},
    )
    for name in (schemas.ORDERS_FILE, schemas.DECISIONS_FILE, schemas.TRADES_FILE, schemas.LOG_FILE):
        path = folder / name
        path.write_text(path.read_text().replace("AAPL", "canary-canary-1").replace("notice", "token=canary-canary-3"))

    shown = text(page("live_monitor"))

    for number in (1, 2, 3):
        assert f"canary-canary-{number}" not in shown


FILES = (
    schemas.STATE_FILE,
    schemas.ACCOUNT_FILE,
    schemas.TRADES_FILE,
    schemas.ORDERS_FILE,
    schemas.DECISIONS_FILE,
    schemas.CONFIG_FILE,
    schemas.LOG_FILE,
)
DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_text(""),
    "half written": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "not what it should be": lambda path: path.write_bytes(b"\x00\xff{[\n1,2\n" * 50),
    "other columns": lambda path: path.write_text("colour,size\nred,4\n"),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a link to nothing": lambda path: (path.unlink(), path.symlink_to("nowhere")),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("names", [FILES[:1], FILES[1:]], ids=["the snapshot", "all else"])
def test_no_file_stops_the_page(workspace: Path, page: Page, write_session: Write, damage: str, names: tuple[str, ...]):
    folder = write_session(workspace)
    for name in names:
        DAMAGE[damage](folder / name)

    assert folder.name in str(page("live_monitor").selectbox(key="live-session").options)
    assert "Live Monitor" in text(page("live_monitor"))


def test_a_session_that_vanishes_between_two_runs_is_told(workspace: Path, page: Page, write_session: Write):
    folder = write_session(workspace)
    test = page("live_monitor")
    folder.rename(folder.with_name(".gone"))
    paths.latest_session(workspace).unlink()

    assert "There is no session" in text(test.run())


def test_the_chart_tells_its_numbers_in_words(workspace: Path, page: Page, write_session: Write):
    write_session(workspace, rows=3_000)
    test = page("live_monitor")

    (chart,) = test.get("plotly_chart")
    figure = json.loads(chart.proto.spec)
    assert "PnL from 2026-03-02 14:31 UTC" in str(chart.proto)
    assert figure["layout"]["yaxis"]["title"]["text"] == "PnL (USD)"
    assert all(trace["type"] == "scatter" for trace in figure["data"])
    assert figure["data"][0]["line"]["color"] == LIGHT.series[0]


def test_what_turns_letters_in_a_name_of_a_session_is_written_out(workspace: Path, page: Page, write_session: Write):
    write_session(workspace, "20260301-000000-a\u202eb")

    test = page("live_monitor")

    assert not test.exception
    assert any("a\\u202eb" in option for option in test.selectbox(key="live-session").options)
    assert "\u202e" not in text(test) + "".join(test.selectbox(key="live-session").options)


def test_one_working_order_is_not_many(workspace: Path, page: Page, write_session: Write):
    write_session(workspace)

    shown = text(page("live_monitor"))

    assert "1 working orders" not in shown
    assert "Last 1 lines" not in shown
