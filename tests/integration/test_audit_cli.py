"""The audit agrees with sessions as they are written, and names what was changed in one afterwards."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos.artifacts import schemas
from logos.config.session import load_session_config
from logos.live.launch import start
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Setup
from logos.plugins.registry import load_registry
from logos.proofs.auditor import audit

START = "2026-01-05T{:02d}:{:02d}:00Z"
BARS = 300
WALKS = {
    "equity/ABC": (10_000, 2, 400),
    "equity/SAP": (12_000, 2, 300),
    "equity/TYO": (250_000, 0, 500),
    "forex/EUR-USD": (110_000, 5, 0),
    "forex/USD-JPY": (150_000, 3, 0),
    "crypto/BTC-USD": (4_321_099, 2, 3),
}
CONFIG = """
session: {name: audited, seed: 3, flatten: FLATTEN}
instruments:
  ABC: {asset_class: equity, tick: "0.01", lot: "1", currency: USD}
  SAP: {asset_class: equity, tick: "0.01", lot: "1", currency: EUR}
  TYO: {asset_class: equity, tick: "5", lot: "1", currency: JPY}
  USD-JPY: {asset_class: forex, tick: "0.001", lot: "100", currency: JPY}
currencies: {USD: {decimals: DECIMALS}}
feed: {plugin: replay, path: bars, symbols: [SYMBOLS], off_tick: round}
broker:
  plugin: paper
  cash: "1000000"
  currency: HOME
  conversions: {CONVERSIONS}
  margin: true
  fees: {maker_bps: "1.5", taker_bps: "7"}
  slippage_bps: "2"
  max_volume_share: "0.3"
strategies:
  - {plugin: sma_cross, name: trend, params: {fast: 3, slow: 9, short: true}}
  - {plugin: mean_reversion, name: reversion, symbols: [TWO], params: {window: 8, entry: "1.2", hold: 20, short: true}}
  - {plugin: channel_breakout, name: breakout, symbols: [TWO], params: {window: 12, exit_window: 6, short: true}}
guards:
  - {plugin: max_notional, limit: "NOTIONAL"}
  - {plugin: drawdown, max: "DRAWDOWN"}
"""
DOLLARS = {
    "SYMBOLS": "ABC, BTC-USD, EUR-USD, SAP, TYO, USD-JPY",
    "TWO": "ABC, SAP",
    "CONVERSIONS": "EUR: EUR-USD, JPY: USD-JPY",
    "HOME": "USD",
    "DECIMALS": "8",
    "NOTIONAL": "110000",
    "DRAWDOWN": "0.9",
    "FLATTEN": "false",
}
SESSIONS = {
    "dollars": DOLLARS,
    "cents, halted and flattened": DOLLARS | {"DECIMALS": "2", "DRAWDOWN": "0.004", "FLATTEN": "true"},
    "cents, halted": DOLLARS | {"DECIMALS": "2", "DRAWDOWN": "0.004"},
    "euros": DOLLARS
    | {"HOME": "EUR", "SYMBOLS": "ABC, EUR-USD, SAP", "CONVERSIONS": "USD: EUR-USD", "NOTIONAL": "900000"},
}


def walk(name, price, volume):
    """Yield minute, open, high, low, close and volume, drawn from nothing but the name."""
    for minute in range(BARS):
        gap, move, above, below, traded, missing = hashlib.sha256(f"{name} {minute}".encode()).digest()[:6]
        step = 1 + price // 100_000
        opening = price + (gap % 19 - 9) * step
        price = max(1, opening + (move % 81 - 40) * step)
        high, low = max(opening, price) + above % 31, max(1, min(opening, price) - below % 31)
        if missing > 25:
            yield minute, opening, high, low, price, (0, 1, 2, 5)[traded % 4] * volume


def write_bars(folder):
    """Write a walk for each symbol: some minutes lack a bar, some bars have no volume."""
    for name, (price, decimals, volume) in sorted(WALKS.items()):
        lines = ["timestamp,open,high,low,close,volume"]
        for minute, *prices, traded in walk(name, price, volume):
            values = ",".join(f"{value / 10**decimals:.{decimals}f}" for value in prices)
            lines.append(f"{START.format(8 + minute // 60, minute % 60)},{values},{traded}")
        path = folder / f"{name}-1m.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")


class Workspace:
    def __init__(self, folder):
        self.folder = folder
        self.registry = load_registry()
        write_bars(folder / "bars")

    def run(self, words, **setup):
        text = CONFIG
        for word, value in words.items():
            text = text.replace(word, value)
        path = self.folder / "session.yaml"
        path.write_text(text)
        config = load_session_config(path, self.registry, workspace=self.folder, default_seed=0)
        return self.outcome_folder(start(self.setup(**setup), config))

    def setup(self, **setup):
        return Setup(workspace=self.folder, registry=self.registry, **setup)

    def outcome_folder(self, outcome):
        return self.folder / outcome.path


@pytest.fixture(scope="module")
def workspace_of_sessions(tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("audited"))


@pytest.fixture(scope="module")
def sessions(workspace_of_sessions):
    return {name: workspace_of_sessions.run(words) for name, words in SESSIONS.items()}


@pytest.fixture
def copied(sessions, tmp_path):
    def copy(name="dollars"):
        return shutil.copytree(sessions[name], tmp_path / "copy")

    return copy


def faults(report):
    return {check.name: check.fault for check in report.checks if check.fault is not None}


def table(folder, name):
    with (folder / name).open(newline="") as file:
        return list(csv.reader(file))


def write_table(folder, name, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    (folder / name).write_text(text.getvalue())


def other_digit(text, place=-1):
    """Return a text with one of its digits changed."""
    digits = [index for index, letter in enumerate(text) if letter.isdigit()]
    index = digits[place % len(digits)]
    return text[:index] + str((int(text[index]) + 1) % 10) + text[index + 1 :]


@pytest.mark.parametrize("name", SESSIONS)
def test_every_file_of_a_session_agrees(sessions, name):
    report = audit(sessions[name])
    assert faults(report) == {}
    assert report.agrees
    assert report.notes == ()


def test_sessions_under_audit_hold_what_is_hard(sessions):
    trades = table(sessions["dollars"], schemas.TRADES_FILE)[1:]
    orders = table(sessions["dollars"], schemas.ORDERS_FILE)[1:]
    positions = table(sessions["dollars"], schemas.POSITIONS_FILE)[1:]
    assert {row[3] for row in trades} == {"ABC", "BTC-USD", "EUR-USD", "SAP", "TYO", "USD-JPY"}
    assert {row[7] for row in trades} == {"maker", "taker"}
    assert len(trades) > len({row[1] for row in trades}) > 100  # partial fills
    assert {row[6] for row in orders} == {"market", "limit", "stop"}
    assert {"filled", "cancelled", "blocked"} <= {row[11] for row in orders}
    assert {row[2][0] == "-" for row in positions} == {True, False}
    account = table(sessions["dollars"], schemas.ACCOUNT_FILE)[1:]
    assert any(row[8] != row[9].lstrip("-") for row in account)  # longs and shorts at once
    state = json.loads((sessions["cents, halted and flattened"] / "state.json").read_text())
    assert state["status"] == "halted"
    flattened = table(sessions["cents, halted and flattened"], schemas.ORDERS_FILE)[-1]
    assert "flatten" in flattened[-1]


class CrashError(Exception):
    """What ends a session as a power cut would."""


class TestSessionThatHasNotStopped:
    def crashing(self, after):
        seen = []

        def progress(session):
            seen.append(session.clock)
            if len(seen) == after:
                raise CrashError

        return progress

    @pytest.mark.parametrize("after", [1, 40, 200])
    def test_a_crash_leaves_what_agrees_up_to_the_snapshot(self, workspace_of_sessions, after):
        space = workspace_of_sessions
        before = set((space.folder / "runs/live/sessions").iterdir())
        cadence = Cadence(flush=0.0, snapshot=0.004)
        with pytest.raises(CrashError):
            space.run(DOLLARS, cadence=cadence, progress=self.crashing(after))
        (folder,) = set((space.folder / "runs/live/sessions").iterdir()) - before
        assert json.loads((folder / "state.json").read_text())["status"] == "running"
        report = audit(folder)
        assert faults(report) == {}
        assert "has not stopped" in report.notes[0]
        with (folder / schemas.JOURNAL_FILE).open("ab") as file:
            file.write(b'{"seq":torn')
        assert audit(folder).agrees
        done = space.outcome_folder(resume(space.setup(), folder))
        assert faults(audit(done)) == {}

    def test_a_pause_leaves_working_orders_that_agree(self, workspace_of_sessions, sessions):
        space = workspace_of_sessions
        watches = []

        def wrap(assembly, watch):
            watches.append(watch)
            return assembly

        def pause(session):
            watches[0].pause = session.counts.fills > 50 and len(session.orders.by_id) > 2

        cadence = Cadence(flush=0.0, snapshot=0.004)
        folder = space.run(DOLLARS, cadence=cadence, wrap=wrap, progress=pause)
        state = json.loads((folder / "state.json").read_text())
        assert state["status"] == "paused"
        assert state["orders"]
        assert faults(audit(folder)) == {}
        state["orders"][0]["filled_quantity"] = other_digit(state["orders"][0]["filled_quantity"])
        (folder / "state.json").write_text(json.dumps(state))
        found = faults(audit(folder)).values()
        assert (schemas.STATE_FILE, "filled_quantity") in {(fault.file, fault.field) for fault in found}


CHANGES = [
    (schemas.TRADES_FILE, "trade_id", "trades"),
    (schemas.TRADES_FILE, "order_id", "trades"),
    (schemas.TRADES_FILE, "timestamp", "trades"),
    (schemas.TRADES_FILE, "quantity", "trades"),
    (schemas.TRADES_FILE, "price", "trades"),
    (schemas.TRADES_FILE, "fee", "trades"),
    (schemas.TRADES_FILE, "realized_pnl", "trades"),
    (schemas.TRADES_FILE, "value", "trades"),
    (schemas.ORDERS_FILE, "order_id", "orders"),
    (schemas.ORDERS_FILE, "created_at", "orders"),
    (schemas.ORDERS_FILE, "updated_at", "orders"),
    (schemas.ORDERS_FILE, "quantity", "orders"),
    (schemas.ORDERS_FILE, "filled_quantity", "orders"),
    (schemas.ORDERS_FILE, "average_price", "orders"),
    (schemas.ORDERS_FILE, "fees", "orders"),
    (schemas.ACCOUNT_FILE, "timestamp", "account"),
    (schemas.ACCOUNT_FILE, "cash", "account"),
    (schemas.ACCOUNT_FILE, "market_value", "account"),
    (schemas.ACCOUNT_FILE, "equity", "account"),
    (schemas.ACCOUNT_FILE, "realized_pnl", "account"),
    (schemas.ACCOUNT_FILE, "unrealized_pnl", "account"),
    (schemas.ACCOUNT_FILE, "fees", "account"),
    (schemas.ACCOUNT_FILE, "drawdown", "account"),
    (schemas.ACCOUNT_FILE, "net_exposure", "account"),
    (schemas.POSITIONS_FILE, "timestamp", "positions"),
    (schemas.POSITIONS_FILE, "quantity", "positions"),
    (schemas.POSITIONS_FILE, "average_cost", "positions"),
    (schemas.POSITIONS_FILE, "mark_price", "positions"),
    (schemas.POSITIONS_FILE, "market_value", "positions"),
    (schemas.POSITIONS_FILE, "unrealized_pnl", "positions"),
    (schemas.POSITIONS_FILE, "realized_pnl", "positions"),
    (schemas.DECISIONS_FILE, "timestamp", "decisions"),
    (schemas.DECISIONS_FILE, "signal", "decisions"),
    (schemas.DECISIONS_FILE, "target_quantity", "decisions"),
    (schemas.DECISIONS_FILE, "order_id", "decisions"),
]


@pytest.mark.parametrize(("name", "field", "check"), CHANGES)
def test_one_digit_changed_is_named_with_its_file_and_line(copied, name, field, check):
    folder = copied()
    rows = table(folder, name)
    column = rows[0].index(field)
    number = next(n for n in range(len(rows) // 2, len(rows)) if any(c.isdigit() for c in rows[n][column]))
    # A shift by a day stays a time; another digit's might not.
    rows[number][column] = other_digit(rows[number][column], 7 if field in {"timestamp", "created_at"} else -1)
    if field == "updated_at":
        rows[number][column] = "2027" + rows[number][column][4:]
    write_table(folder, name, rows)
    report = audit(folder)
    assert not report.agrees
    first = next(one for one in report.checks if not one.agrees)
    assert first.name == check
    assert first.fault.file == name
    # A time that is changed upwards is out of order only at the next row.
    assert first.fault.line in {number + 1, number + 2}
    if field not in {"quantity", "price", "mark_price", "order_id", "timestamp"}:
        assert first.fault.field in {field, "equity", "unrealized_pnl"}


@pytest.mark.parametrize(
    "name",
    [
        schemas.TRADES_FILE,
        schemas.ORDERS_FILE,
        schemas.ACCOUNT_FILE,
        schemas.POSITIONS_FILE,
        schemas.DECISIONS_FILE,
    ],
)
@pytest.mark.parametrize("change", ["dropped", "dropped last", "doubled", "swapped", "torn", "short", "gone"])
def test_a_row_changed_as_a_whole_is_found_in_its_file(copied, name, change):
    folder = copied()
    rows = table(folder, name)
    middle = len(rows) // 2
    if change == "dropped":
        del rows[middle]
    elif change == "dropped last":
        del rows[-1]
    elif change == "doubled":
        rows.insert(middle, rows[middle])
    elif change == "swapped":
        rows[middle], rows[middle + 1] = rows[middle + 1], rows[middle]
    elif change == "short":
        rows[middle] = rows[middle][:-1]
    write_table(folder, name, rows)
    path = folder / name
    if change == "torn":
        path.write_bytes(path.read_bytes()[:-3])
    elif change == "gone":
        path.unlink()
    fault = next(check.fault for check in audit(folder).checks if not check.agrees)
    assert fault.file == name
    if change in {"dropped", "doubled", "swapped", "short"} and name != schemas.ACCOUNT_FILE:
        assert fault.line in {middle + 1, middle + 2}


STATE_CHANGES = [
    ("account", "cash"),
    ("account", "starting_cash"),
    ("account", "market_value"),
    ("account", "equity"),
    ("account", "realized_pnl"),
    ("account", "unrealized_pnl"),
    ("account", "fees"),
    ("account", "peak_equity"),
    ("journal", "head"),
    ("journal", "length"),
    ("counts", "fills"),
    ("counts", "orders"),
    ("counts", "decisions"),
    ("", "sequence"),
    ("", "clock"),
    ("", "session_id"),
    ("", "data_digest"),
    ("", "last_trade_id"),
]


@pytest.mark.parametrize(("part", "field"), STATE_CHANGES)
def test_one_value_of_the_snapshot_changed_is_found(copied, part, field):
    folder = copied()
    state = json.loads((folder / "state.json").read_text())
    target = state[part] if part else state
    value = target[field]
    target[field] = value + 1 if isinstance(value, int) else other_digit(value)
    (folder / "state.json").write_text(json.dumps(state))
    assert not audit(folder).agrees


def test_a_lot_of_the_snapshot_changed_is_named(copied):
    folder = copied()
    state = json.loads((folder / "state.json").read_text())
    position = next(entry for entry in state["positions"] if entry["lots"])
    position["lots"][0]["cost"] = other_digit(position["lots"][0]["cost"])
    (folder / "state.json").write_text(json.dumps(state))
    found = faults(audit(folder)).values()
    assert (f"position {position['symbol']}", "lot 1") in {(fault.record, fault.field) for fault in found}


ONLY_BARS_KNOW = {
    (schemas.ACCOUNT_FILE, 0),  # a slice without events
    (schemas.ACCOUNT_FILE, 8),  # gross exposure while longs and shorts are held
    (schemas.POSITIONS_FILE, 4),  # the mark of a closed position, or of a converted one
    (schemas.ORDERS_FILE, 15),  # a number in the text of a reason
}
"""Columns in which a change may go unseen by an audit; replaying the session finds it."""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_digit_of_the_books_changed_is_found(sessions, tmp_path, data):
    source = sessions["cents, halted"]
    names = (schemas.TRADES_FILE, schemas.ACCOUNT_FILE, schemas.POSITIONS_FILE, schemas.ORDERS_FILE)
    name = data.draw(st.sampled_from(names))
    folder = tmp_path / "changed"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    content = bytearray((folder / name).read_bytes())
    header = content.index(b"\n") + 1
    places = [index for index in range(header, len(content)) if chr(content[index]).isdigit()]
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([one for one in b"0123456789" if one != content[place]]))
    line = content[:place].count(b"\n") + 1
    column = content[: place + 1].rsplit(b"\n", 1)[-1].count(b",")
    content[place] = digit
    (folder / name).write_bytes(content)
    report = audit(folder)
    if report.agrees:
        assert (name, column) in ONLY_BARS_KNOW
        return
    fault = next(check.fault for check in report.checks if not check.agrees)
    assert fault.file == name
    assert fault.line in {line, line + 1} or column == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_of_a_real_journal_flipped_is_found_in_its_line(sessions, tmp_path, data):
    source = sessions["cents, halted"]
    folder = tmp_path / "flipped"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    path = folder / schemas.JOURNAL_FILE
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    fault = faults(audit(folder))["journal"]
    assert (fault.file, fault.line) == (schemas.JOURNAL_FILE, source_line(source, place))


def source_line(folder, place):
    return (folder / schemas.JOURNAL_FILE).read_bytes()[:place].count(b"\n") + 1


class TestCommand:
    @pytest.fixture
    def placed(self, sessions, workspace):
        def place(name="cents, halted"):
            folder = workspace / "runs/live/sessions" / sessions[name].name
            shutil.copytree(sessions[name], folder)
            (workspace / "runs/live/latest_session").symlink_to(f"sessions/{folder.name}")
            return folder

        return place

    def test_agreement_ends_with_0_and_counts_records(self, placed, logos_cli):
        folder = placed()
        done = logos_cli("audit", folder.name)
        assert done.returncode == 0, done.stderr
        assert "All agree." in done.stdout
        fills = len(table(folder, schemas.TRADES_FILE)) - 1
        assert f"{fills} fills rebuilt" in done.stdout

    def test_disagreement_ends_with_4_and_names_the_record(self, placed, logos_cli):
        folder = placed()
        rows = table(folder, schemas.TRADES_FILE)
        rows[5][8] = other_digit(rows[5][8])
        write_table(folder, schemas.TRADES_FILE, rows)
        done = logos_cli("audit", "latest")
        assert done.returncode == 4
        assert "trades.csv line 6 (trade 5), fee: found" in done.stdout
        assert done.stderr == ""

    def test_json_is_one_object(self, placed, logos_cli):
        folder = placed()
        with (folder / schemas.JOURNAL_FILE).open("ab") as file:
            file.write(b"more\n")
        done = logos_cli("audit", folder.name, "--json")
        assert done.returncode == 4
        told = json.loads(done.stdout)
        assert (told["session_id"], told["agrees"]) == (folder.name, False)
        assert [check["name"] for check in told["checks"]] == [
            "journal",
            "trades",
            "orders",
            "account",
            "positions",
            "decisions",
            "state",
        ]
        fault = told["checks"][0]["fault"]
        assert (fault["file"], fault["found"]) == (schemas.JOURNAL_FILE, "5 bytes more")

    @pytest.mark.parametrize("name", [schemas.STATE_FILE, schemas.CONFIG_FILE])
    def test_a_file_without_which_nothing_can_be_compared_is_an_error(self, placed, logos_cli, name):
        folder = placed()
        (folder / name).unlink()
        done = logos_cli("audit", folder.name)
        assert done.returncode in {2, 4}
        assert name in done.stderr
        assert "Traceback" not in done.stderr
