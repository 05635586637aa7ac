"""One session as it stands: figures to the digit, what to type next, how far limits are away."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos import paths
from logos.artifacts import schemas
from logos.live.folder import hold
from logos.ui.streamlit.components.guard_table import guard_table_html
from logos.ui.streamlit.data.headroom import Gauge, gauges_of
from logos.ui.streamlit.data.last_rows import last_rows
from logos.ui.streamlit.data.live_session import LiveSession, look_at

Write = Callable[..., Path]
ORDERS = schemas.ORDER_COLUMNS


@pytest.fixture
def edit(workspace: Path, write_session: Write) -> Callable[..., LiveSession]:
    """Return a function that writes a session, changes its snapshot and config, and looks at it."""

    def change(*, status: str = "running", config: dict[str, Any] | None = None, **state: Any) -> LiveSession:
        folder = write_session(workspace, status=status)
        path = folder / schemas.STATE_FILE
        path.write_text(json.dumps(json.loads(path.read_text()) | state))
        if config is not None:
            whole = yaml.safe_load((folder / schemas.CONFIG_FILE).read_text()) | config
            (folder / schemas.CONFIG_FILE).write_text(yaml.safe_dump(whole))
        session = look_at(workspace, folder).value
        assert session is not None
        return session

    return change


def test_figures_are_those_of_the_files_to_the_digit(workspace: Path, write_session: Write):
    folder = write_session(workspace, rows=60)
    session = look_at(workspace, folder).value
    state = json.loads((folder / schemas.STATE_FILE).read_text())

    assert session is not None
    assert session.money("equity") == state["account"]["equity"]
    assert session.money("starting_cash") == "100000.00000000"
    assert session.pnl == Decimal(state["account"]["equity"]) - 100_000
    assert session.pnl_today == session.pnl  # the first day
    assert session.clock == state["clock"]
    assert [one["symbol"] for one in session.positions()] == ["AAPL", "BTC-USD"]
    assert len(session.orders()) == 1


def test_the_account_is_as_new_as_its_last_row(workspace: Path, write_session: Write):
    folder = write_session(workspace, rows=60)
    with (folder / schemas.ACCOUNT_FILE).open("a") as file:
        file.write("2026-03-03T08:00:00Z,1,2,99000.25,4,5,6,0.5,0.7,-0.7\n")

    session = look_at(workspace, folder).value

    assert session is not None
    assert session.clock == "2026-03-03T08:00:00Z"
    assert (session.money("equity"), session.money("fees")) == ("99000.25", "6")
    assert session.money("starting_cash") == "100000.00000000"
    assert session.pnl == Decimal("-999.75")
    before = session.account.value.before_today if session.account.value else None
    assert before is not None
    assert session.pnl_today == Decimal("99000.25") - Decimal(before["equity"])


@pytest.mark.parametrize(
    ("status", "seen", "polls", "commands"),
    [
        ("running", "interrupted", True, ["logos trade --resume ID"]),
        ("paused", "paused", True, ["logos trade --resume ID"]),
        ("halted", "halted", True, ["logos sessions show ID", "logos trade --resume ID --clear-halt"]),
        ("completed", "completed", False, ["logos replay ID --verify", "logos audit ID"]),
    ],
)
def test_a_session_says_how_it_stands_and_what_to_type(
    workspace: Path, write_session: Write, status: str, seen: str, polls: bool, commands: list[str]
):
    folder = write_session(workspace, status=status)
    session = look_at(workspace, folder).value

    assert session is not None
    assert (session.status, session.polls) == (seen, polls)
    assert [command.replace(folder.name, "ID") for command in session.commands()] == commands


def test_a_session_that_is_run_needs_no_command(workspace: Path, write_session: Write):
    folder = write_session(workspace)
    with hold(folder):
        session = look_at(workspace, folder).value
    assert session is not None
    assert (session.status, session.commands()) == ("running", ())


def test_a_kill_file_has_to_go_before_a_halt_is_cleared(workspace: Path, edit: Callable[..., LiveSession]):
    (workspace / "runs" / "live").mkdir(parents=True)
    (workspace / paths.KILL_FILE).touch()
    (workspace / "STOP").touch()

    session = edit(status="halted", config={"guards": [{"plugin": "kill_switch", "file": "STOP"}]})

    assert session.killed == ("runs/live/KILL", "STOP")
    assert session.commands()[1:3] == ("rm runs/live/KILL", "rm STOP")


def test_the_feed_of_a_replay_and_of_a_venue(edit: Callable[..., LiveSession]):
    replayed = edit(clock="2026-03-02T15:30:00Z", feed={"AAPL": {"last_bar": "2026-03-02T15:28:00Z", "bars": 3}})
    (line,) = replayed.feed()
    assert (line.symbol, line.age, line.bars, replayed.polled) == ("AAPL", 60, 3, False)

    told = {
        "last_bar": "2026-03-02T15:29:00Z",
        "received_at": "2026-03-02T15:30:02Z",
        "dropped": {"late": 2, "same": 1},
    }
    trouble = {"failing": "timed out", "circuit": "half_open", "bars": 9}
    symbols = {"X": told | trouble, "Y": {"last_bar": None}}
    polled = edit(clock="2026-03-02T15:30:00Z", feed={"source": "ccxt:x", "symbols": symbols}, record={})
    first, second = polled.feed()
    assert polled.polled
    assert (first.age, first.dropped, first.failing) == (0, 3, "timed out, circuit half open")
    assert first.received_at == "2026-03-02T15:30:02Z"
    assert (second.last_bar, second.age, second.failing) == ("", None, "")


def test_a_feed_that_tells_nothing_is_seen_by_its_marks(edit: Callable[..., LiveSession]):
    assert [line.symbol for line in edit(feed={}).feed()] == ["AAPL", "BTC-USD"]


@pytest.mark.parametrize("content", ["", "{", "null", '{"status": "running"}', "\x00\x01"])
def test_a_damaged_snapshot_shows_the_last_good_one(workspace: Path, write_session: Write, content: str):
    folder = write_session(workspace)
    first = look_at(workspace, folder).value
    (folder / schemas.STATE_FILE).write_text(content)

    reading = look_at(workspace, folder)

    assert first is not None
    assert reading.state == "partial"
    assert reading.value is not None
    assert reading.value.state == first.state
    assert "read before" in reading.message


def test_what_is_no_session_is_told(workspace: Path, write_session: Write):
    folder = write_session(workspace)
    (folder / schemas.STATE_FILE).unlink()
    assert look_at(workspace, folder).state == "missing"
    (folder / schemas.STATE_FILE).mkdir()
    assert look_at(workspace, folder).state == "damaged"
    assert look_at(workspace, folder.with_name("gone")).state == "missing"


def test_a_session_without_config_and_tables_is_still_shown(workspace: Path, write_session: Write):
    folder = write_session(workspace)
    for name in (schemas.CONFIG_FILE, schemas.ACCOUNT_FILE, schemas.TRADES_FILE, schemas.ORDERS_FILE):
        (folder / name).unlink()

    session = look_at(workspace, folder).value

    assert session is not None
    assert session.account.state == "damaged"  # the snapshot tells of slices
    assert session.money("equity")
    assert session.pnl_today is None
    assert session.interval is None
    assert [gauge.guard for gauge in gauges_of(session)] == ["max_notional", "drawdown"]


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["NaN", "1e999", "-", "0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "positions",
    "orders",
    "guards",
    "feed",
    "halt_causes",
    "tally",
    "clock",
    "name",
    "started_at",
    "record",
    "outside",
)
GUARDS = ("drawdown", "exposure", "stale_data", "reject_rate", "order_rate", "max_notional", "kill_switch", "own")


@given(
    changes=st.dictionaries(st.sampled_from(KEYS), ODD, max_size=6),
    account=st.dictionaries(st.sampled_from(["cash", "currency", "fees", "peak_equity"]), ODD, max_size=3),
    sections=st.lists(
        st.builds(
            lambda one, more: more | {"plugin": one},
            st.sampled_from(GUARDS),
            st.dictionaries(
                st.sampled_from(["max", "daily", "per", "after", "halt", "limit", "file", "gross"]), ODD, max_size=4
            ),
        ),
        max_size=3,
    ),
    states=st.lists(st.fixed_dictionaries({"guard": st.just("x"), "fault": ODD, "state": ODD}), max_size=3),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_snapshot_with_anything_in_it_raises_nothing(
    workspace: Path, write_session: Write, changes: dict[str, Any], account: dict[str, Any], sections: Any, states: Any
):
    folder = write_session(workspace, status="halted", rows=3, trades=1)
    path = folder / schemas.STATE_FILE
    state = json.loads(path.read_text())
    state["account"] |= account
    path.write_text(json.dumps(state | {"guards": states} | changes))
    (folder / schemas.CONFIG_FILE).write_text(yaml.safe_dump({"guards": sections, "feed": changes.get("feed")}))

    reading = look_at(workspace, folder)

    assert reading.usable
    session = reading.value
    assert session is not None
    for gauge in gauges_of(session):
        assert gauge.verdict
    for each in (session.positions, session.orders, session.causes, session.feed, session.commands):
        each()
    assert session.money("equity")
    assert isinstance(session.clock, str)


def by_name(gauges: list[Gauge]) -> dict[str, Gauge]:
    return {f"{gauge.guard}.{gauge.name}".rstrip("."): gauge for gauge in gauges}


@pytest.fixture
def guarded(edit: Callable[..., LiveSession]) -> Callable[..., dict[str, Gauge]]:
    """Return a function that looks at the limits of guards, given as pairs of config and state."""

    def look(*pairs: tuple[dict[str, Any], dict[str, Any]], **state: Any) -> dict[str, Gauge]:
        sections, states = zip(*pairs, strict=True)
        entries = [
            {"guard": section["plugin"], "fault": "", "state": kept}
            for section, kept in zip(sections, states, strict=True)
        ]
        return by_name(gauges_of(edit(config={"guards": list(sections)}, guards=entries, **state)))

    return look


ACCOUNT = {"starting_cash": "100000.00", "cash": "0", "equity": "90000.00", "decimals": 2, "currency": "USD"}


def test_drawdown_is_measured_as_the_guard_does(guarded: Callable[..., dict[str, Gauge]]):
    found = guarded(
        ({"plugin": "drawdown", "max": "0.2", "daily": "0.04"}, {"peak": 10_000_000, "base": 9_375_000}),
        account=ACCOUNT,
    )

    fall, day = found["drawdown.fall from the peak"], found["drawdown.loss of the day"]
    assert (fall.now, fall.left, fall.verdict) == (Decimal("0.1"), Decimal("0.1"), "within the limit")
    assert (day.now, day.left, day.verdict, day.tone) == (Decimal("0.04"), 0, "limit reached", "warn")


def test_exposure_is_that_of_the_positions(guarded: Callable[..., dict[str, Gauge]]):
    def held(symbol: str, value: str) -> dict[str, Any]:
        return {"symbol": symbol, "market_value": value, "lots": [{}]}

    found = guarded(
        ({"plugin": "exposure", "gross": "1.1", "net": "0.35", "per_symbol": None}, {}),
        account=ACCOUNT,
        positions=[held("A", "54000.00"), held("B", "-27000.00")],
        orders=[{"status": "accepted"}],
    )

    assert found["exposure.gross"].now == Decimal("0.9")
    assert (found["exposure.net"].now, found["exposure.net"].verdict) == (Decimal("0.3"), "within the limit")
    assert "working orders" in found["exposure.gross"].note
    assert "exposure.largest symbol" not in found


@pytest.mark.parametrize(
    ("value", "verdict"),
    [("85500.00", "within the limit"), ("94049.99", "within the limit"), ("94050.00", "near the limit")],
)
def test_a_fully_invested_session_is_not_near_its_exposure_limit(
    guarded: Callable[..., dict[str, Gauge]], value: str, verdict: str
):
    held = {"symbol": "A", "market_value": value, "lots": [{}]}
    found = guarded(({"plugin": "exposure", "gross": "1.1"}, {}), account=ACCOUNT, positions=[held])

    assert found["exposure.gross"].verdict == verdict


def test_a_fall_is_near_its_limit_from_four_fifths_of_it(guarded: Callable[..., dict[str, Gauge]]):
    guard = {"plugin": "drawdown", "max": "0.125", "daily": "0.13"}, {"peak": 10_000_000, "base": 10_000_000}
    found = guarded(guard, account=ACCOUNT)

    assert found["drawdown.fall from the peak"].verdict == "near the limit"
    assert found["drawdown.loss of the day"].verdict == "within the limit"


def test_rates_count_what_lies_within_their_time(guarded: Callable[..., dict[str, Gauge]]):
    found = guarded(
        ({"plugin": "order_rate", "max": 3, "per": "1m"}, {"times": [940, 941, 999]}),
        ({"plugin": "reject_rate", "max": 5, "per": "10m"}, {"times": [], "last": ""}),
        clock="1970-01-01T00:16:40Z",
    )

    assert (found["order_rate.within 1 min"].now, found["order_rate.within 1 min"].left) == (2, 1)
    assert found["reject_rate.within 10 min"].left == 5


def test_stale_data_counts_the_freshest_or_the_oldest_symbol(guarded: Callable[..., dict[str, Gauge]]):
    feed = {"AAPL": {"last_bar": "2026-03-02T14:00:00Z"}, "BTC-USD": {"last_bar": "2026-03-02T15:27:00Z"}}
    pair = {"plugin": "stale_data", "after": "5m"}
    clock = "2026-03-02T15:30:00Z"

    freshest = guarded(({**pair, "halt": "all"}, {}), feed=feed, clock=clock)["stale_data.newest last bar"]
    oldest = guarded(({**pair, "halt": "any"}, {}), feed=feed, clock=clock)["stale_data.oldest last bar"]

    assert (freshest.now, freshest.left) == (120, 180)
    assert oldest.now == 120  # the market of AAPL may be closed: only those without a calendar are judged
    assert "closed" in oldest.note


def test_a_guard_that_halted_or_broke_says_so(edit: Callable[..., LiveSession]):
    session = edit(
        status="halted",
        config={"guards": [{"plugin": "drawdown", "max": "0.2", "daily": "0.1"}, {"plugin": "own", "knob": 3}]},
        account=ACCOUNT | {"equity": "80000.00"},
        guards=[
            {"guard": "drawdown", "fault": "", "state": {"peak": 10_000_000, "base": 8_000_000}},
            {"guard": "own", "fault": "it raised ValueError: x", "state": {}},
        ],
        tally={"halts": {"drawdown": {"count": 2}}, "blocks": {"own": {"count": 7}}},
    )

    found = by_name(gauges_of(session))

    assert (found["drawdown.fall from the peak"].verdict, found["drawdown.fall from the peak"].tone) == (
        "halted the session",
        "bad",
    )
    assert found["drawdown.loss of the day"].verdict == "within the limit"
    assert found["drawdown.fall from the peak"].halted == 2
    assert (found["own"].note, found["own"].verdict) == ("knob 3", "broken: it raised ValueError: x")
    assert found["own"].blocked == 7


def test_a_kill_file_that_is_there_is_told(workspace: Path, edit: Callable[..., LiveSession]):
    config = {"guards": [{"plugin": "kill_switch", "file": "STOP"}]}
    entries = [{"guard": "kill_switch", "fault": "", "state": {}}]
    (before,) = gauges_of(edit(config=config, guards=entries))
    (workspace / "STOP").touch()
    (after,) = gauges_of(edit(config=config, guards=entries))

    assert (before.verdict, after.verdict, after.tone) == ("no such file", "the file is there", "warn")


def test_the_end_of_a_table_is_whole_rows_newest_last(workspace: Path, write_session: Write):
    folder = write_session(workspace, trades=5_000, working=2)
    path = folder / schemas.ORDERS_FILE
    with path.open("a") as file:
        file.write("5003,2026-")

    found = last_rows(path, ORDERS, what="orders").value

    assert found is not None
    assert [row["order_id"] for row in found.rows[-3:]] == ["5000", "5001", "5002"]
    assert len(found.rows) == 200
    assert found.cut


def test_texts_with_commas_quotes_and_breaks_are_whole(tmp_path: Path):
    path = tmp_path / "decisions.csv"
    path.write_text('a,b\n1,"x, ""y""\n2,z"\n2,plain\n')

    found = last_rows(path, ("a", "b"), what="rows").value

    assert found is not None
    assert [row["b"] for row in found.rows] == ['x, "y"\n2,z', "plain"]


@pytest.mark.parametrize(
    ("content", "state", "rows"),
    [
        ("", "ok", 0),
        ("a,b", "ok", 0),
        ("a,b\n", "ok", 0),
        ("a,c\n1,2\n", "damaged", 0),
        ("a,b\n1,2\n3\n4,5\n", "partial", 2),
        ('a,b\n1,"' + "x" * 140_000 + '"\n', "damaged", 0),
        ("a,b\n" + "1,2\n" * 100_000, "ok", 200),
    ],
)
def test_whatever_a_table_holds_is_told(tmp_path: Path, content: str, state: str, rows: int):
    path = tmp_path / "t.csv"
    path.write_text(content)

    reading = last_rows(path, ("a", "b"), what="rows")

    assert reading.state == state
    assert len(reading.value.rows if reading.value else ()) == rows


def test_a_table_that_is_not_there_or_must_not_be_read_is_told(tmp_path: Path):
    path = tmp_path / "t.csv"
    assert last_rows(path, (), what="fills").message == "there are no fills yet"
    path.write_text("a\n1\n")
    with mock.patch.object(Path, "open", side_effect=PermissionError(13, "Permission denied")):
        assert last_rows(path, (), what="fills").state == "damaged"


def test_how_a_guard_stands_comes_before_its_numbers():
    gauges = [
        Gauge(guard="drawdown", name="fall from the peak", kind="ratio", limit=Decimal("0.2"), now=Decimal("0.1")),
        Gauge(guard="drawdown", name="loss of the day", kind="ratio", limit=Decimal("0.1"), now=Decimal(0)),
    ]

    shown = guard_table_html(gauges, currency="USD")

    places = [shown.index(f">{name}</th>") for name in ("Guard", "State", "Used", "Now", "Left", "Limit", "Note")]
    assert places == sorted(places)
    assert "Near the limit: from 80% of it on; of exposure from 95% on." in shown
    assert shown.index("fall from the peak") < shown.index("loss of the day") < shown.rindex("logos-verdict")
