"""Whole sessions over small tables of candles: exactly these trades, these reasons, these halts."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import attrs
import pytest

from logos.artifacts import schemas
from logos.domain.events import Rejected
from logos.live.runner import Cadence

QUIET = ("100.00", "100.00", "100.00", "100.00", "1000")

# Long after a close above the one before it, and flat after any other.
UP = "{plugin: sma_cross, name: up, params: {fast: 1, slow: 2}}"
# A limit order at the close after a close below the one before it; flat after a close above.
DIP = '{plugin: mean_reversion, name: dip, params: {window: 2, entry: "1", exit: "0.5"}}'
# A stop order a tick above the high after a close above the high of the bar before it.
BREAK = "{plugin: channel_breakout, name: break, params: {window: 1, exit_window: 1}}"
HOLD = "{plugin: buy_and_hold, name: hold}"


def config(
    *strategies: str,
    symbols: str = "DEMO",
    broker: str = 'cash: "10000"',
    allocator: str = '{plugin: fixed_quantity, quantity: "10"}',
    guards: str = "[]",
    flatten: bool = False,
    instruments: str = "{}",
) -> str:
    return dedent(f"""\
        session: {{name: table, seed: 7, flatten: {str(flatten).lower()}}}
        instruments: {instruments}
        feed: {{plugin: replay, path: data/cache, symbols: [{symbols}]}}
        broker: {{plugin: paper, {broker}}}
        strategies: [{", ".join(strategies)}]
        allocator: {allocator}
        guards: {guards}
        """)


def candles(text: str) -> list[list[str]]:
    """Return rows of ``open high low close volume``."""
    return [line.split() for line in text.strip().splitlines()]


def closes(*prices: float, volume: int = 1000) -> list[tuple[str, ...]]:
    """Return bars that stand still at these prices."""
    return [(*(f"{price:.2f}" for _ in range(4)), str(volume)) for price in prices]


def table(folder: Path, name: str, *columns: str) -> list[tuple[str, ...]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return [tuple(row[column] for column in columns) for row in csv.DictReader(file)]


def trades(folder: Path) -> list[str]:
    """Return time, side, quantity, price, liquidity, fee and realised profit of every fill."""
    columns = ("timestamp", "side", "quantity", "price", "liquidity", "fee", "realized_pnl")
    return [
        " ".join((row[0][11:16], *row[1:5], *(cut(text) for text in row[5:])))
        for row in table(folder, schemas.TRADES_FILE, *columns)
    ]


def cut(money: str) -> str:
    """Return an amount of eight decimals with four, the others being zeros."""
    assert money.endswith("0000"), money
    return money[:-4]


def state_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / schemas.STATE_FILE).read_text(encoding="utf-8"))


def check_complete(folder: Path) -> None:
    """A halted session's folder is as complete as that of one that ended by itself."""
    assert [name for name in schemas.BUNDLE if not (folder / name).is_file()] == []
    assert list(folder.rglob("*.new")) == []
    for name, columns in schemas.TABLES.items():
        assert (folder / name).read_text(encoding="utf-8").startswith(schemas.header(columns))
    state = state_of(folder)
    lines = (folder / schemas.JOURNAL_FILE).read_bytes().splitlines(keepends=True)
    assert (state["sequence"], state["journal"]["length"]) == (len(lines), sum(map(len, lines)))
    assert json.loads(lines[-1])["hash"] == state["journal"]["head"]


# -- candle tables -------------------------------------------------------------------------------------------------

RISE_AND_FALL = candles("""
    100.00 100.00 100.00 100.00 1000
    100.00 101.00 100.00 101.00 1000
    102.00 103.00 101.00 103.00 1000
    103.00 103.00  99.00  99.00 1000
     98.00  98.00  98.00  98.00 1000
""")

TABLES = {
    "a market order fills at the next bar's open": (
        config(UP),
        RISE_AND_FALL,
        ["14:32 buy 10 102.00 taker 0.0000 0.0000", "14:34 sell 10 98.00 taker 0.0000 -40.0000"],
    ),
    "slippage goes against the trader to the tick, and fees are a share of the value": (
        config(UP, broker='cash: "10000", slippage_bps: "10", fees: {maker_bps: "2", taker_bps: "10"}'),
        RISE_AND_FALL,
        ["14:32 buy 10 102.11 taker 1.0211 0.0000", "14:34 sell 10 97.90 taker 0.9790 -42.1000"],
    ),
    "a share of the volume fills, the rest works on, and a changed target cancels it": (
        config(UP, broker='cash: "10000", max_volume_share: "0.5"'),
        candles("""
            100.00 100.00 100.00 100.00 8
            100.00 101.00 100.00 101.00 8
            101.00 102.00 101.00 102.00 8
            102.00 103.00 102.00 103.00 0
            103.00 104.00 103.00 104.00 9
            104.00 104.00 103.00 103.00 2
            103.00 103.00 102.00 102.00 90
        """),
        [
            "14:32 buy 4 101.00 taker 0.0000 0.0000",
            "14:34 buy 4 103.00 taker 0.0000 0.0000",
            "14:35 buy 1 104.00 taker 0.0000 0.0000",
            "14:36 sell 9 103.00 taker 0.0000 7.0000",
        ],
    ),
    "a resting limit order needs a trade beyond its price, and is a maker at its price": (
        config(DIP.replace("window: 2", "window: 3"), broker='cash: "10000", fees: {maker_bps: "2", taker_bps: "10"}'),
        candles("""
            100.00 100.00 100.00 100.00 1000
            100.00 100.00 100.00 100.00 1000
            100.00 100.00  99.00  99.00 1000
             99.50  99.50  99.00  99.00 1000
             99.50  99.50  98.99  99.00 1000
            101.50 101.50 101.50 101.50 1000
        """),
        ["14:35 buy 10 99.00 maker 0.1980 0.0000", "14:35 sell 10 101.50 taker 1.0150 25.0000"],
    ),
    "a limit order that is marketable at its first open is a taker at the better price": (
        config(DIP, broker='cash: "10000", fees: {maker_bps: "2", taker_bps: "10"}'),
        candles("""
            100.00 100.00 100.00 100.00 1000
            100.00 100.00  99.00  99.00 1000
             98.50  99.00  98.00  98.50 1000
        """),
        ["14:32 buy 10 98.50 taker 0.9850 0.0000"],
    ),
    "a stop order fills at its price within the bar, slippage included": (
        config(BREAK, broker='cash: "10000", slippage_bps: "10"'),
        candles("""
            100.00 100.00 100.00 100.00 1000
            100.00 101.00 100.00 101.00 1000
            101.00 101.00 100.50 100.80 1000
            100.80 102.00 100.80 101.00 1000
        """),
        ["14:34 buy 10 101.12 taker 0.0000 0.0000"],
    ),
    "a stop order that the open jumps over fills at the open": (
        config(BREAK),
        candles("""
            100.00 100.00 100.00 100.00 1000
            100.00 101.00 100.00 101.00 1000
            104.00 104.00 103.00 103.00 1000
        """),
        ["14:32 buy 10 104.00 taker 0.0000 0.0000"],
    ),
    "a fill is cut to what cash pays at a gap, and the rest is cancelled": (
        config(HOLD, broker='cash: "1000"'),
        candles("""
            100.00 100.00 100.00 100.00 1000
            110.00 110.00 110.00 110.00 1000
            100.00 100.00 100.00 100.00 1000
        """),
        ["14:31 buy 9 110.00 taker 0.0000 0.0000"],
    ),
    "on margin one sale closes the long position and opens a short one": (
        config(
            "{plugin: sma_cross, name: both, params: {fast: 1, slow: 2, short: true}}",
            broker='cash: "10000", margin: true',
        ),
        RISE_AND_FALL,
        ["14:32 buy 10 102.00 taker 0.0000 0.0000", "14:34 sell 20 98.00 taker 0.0000 -40.0000"],
    ),
}


@pytest.mark.parametrize(("text", "bars", "expected"), TABLES.values(), ids=TABLES)
def test_a_table_of_candles_makes_exactly_these_trades(workspace, run_session, text, bars, expected) -> None:
    folder = run_session(workspace, text, {"DEMO": bars})
    assert trades(folder) == expected
    check_complete(folder)


def test_the_tables_of_one_session_tell_one_story(workspace, run_session) -> None:
    folder = run_session(workspace, config(UP), {"DEMO": RISE_AND_FALL})
    assert table(folder, schemas.ACCOUNT_FILE, "timestamp", "cash", "market_value", "equity", "realized_pnl") == [
        ("2024-03-04T14:31:00Z", "10000.00000000", "0.00000000", "10000.00000000", "0.00000000"),
        ("2024-03-04T14:32:00Z", "10000.00000000", "0.00000000", "10000.00000000", "0.00000000"),
        ("2024-03-04T14:33:00Z", "8980.00000000", "1030.00000000", "10010.00000000", "0.00000000"),
        ("2024-03-04T14:34:00Z", "8980.00000000", "990.00000000", "9970.00000000", "0.00000000"),
        ("2024-03-04T14:35:00Z", "9960.00000000", "0.00000000", "9960.00000000", "-40.00000000"),
    ]
    ratios = table(folder, schemas.ACCOUNT_FILE, "drawdown", "gross_exposure", "net_exposure")
    assert ratios[2] == ("0.00000000", "0.10289710", "0.10289710")
    assert ratios[4] == ("0.00499500", "0.00000000", "0.00000000")
    assert table(folder, schemas.DECISIONS_FILE, "timestamp", "target_quantity", "outcome", "order_id") == [
        ("2024-03-04T14:32:00Z", "10", "ordered", "1"),
        ("2024-03-04T14:34:00Z", "0", "ordered", "2"),
    ]
    assert table(folder, schemas.POSITIONS_FILE, "timestamp", "quantity", "average_cost", "unrealized_pnl") == [
        ("2024-03-04T14:33:00Z", "10", "102.00", "10.00000000"),
        ("2024-03-04T14:35:00Z", "0", "", "0.00000000"),
    ]
    assert table(folder, schemas.ORDERS_FILE, "created_at", "updated_at", "side", "status", "average_price") == [
        ("2024-03-04T14:32:00Z", "2024-03-04T14:33:00Z", "buy", "filled", "102.00"),
        ("2024-03-04T14:34:00Z", "2024-03-04T14:35:00Z", "sell", "filled", "98.00"),
    ]
    lines = (folder / schemas.JOURNAL_FILE).read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    one_order = ["decision", "intent", "accepted", "fill"]
    assert kinds == ["session_started", *one_order, *one_order, "session_finished"]


def test_what_cash_could_not_pay_is_cancelled_with_the_numbers(workspace, run_session) -> None:
    text, bars, _ = TABLES["a fill is cut to what cash pays at a gap, and the rest is cancelled"]
    folder = run_session(workspace, text, {"DEMO": bars})
    ((status, filled, reason),) = table(folder, schemas.ORDERS_FILE, "status", "filled_quantity", "reason")
    assert (status, filled) == ("cancelled", "9")
    assert reason.startswith("insufficient_cash: 10 DEMO at 110.00 with its fee costs 1100.00000000 USD, and cash is")


def test_what_works_at_the_end_of_the_data_is_cancelled_and_positions_stay(workspace, run_session) -> None:
    folder = run_session(workspace, config(HOLD, DIP), {"DEMO": closes(100, 100, 99)})
    assert table(folder, schemas.ORDERS_FILE, "strategy", "status", "reason") == [
        ("hold", "filled", ""),
        ("dip", "cancelled", "end_of_data"),
    ]
    assert table(folder, schemas.POSITIONS_FILE, "timestamp", "quantity")[-1] == ("2024-03-04T14:33:00Z", "10")


def test_foreign_fills_are_booked_at_the_last_close_of_the_conversion(workspace, run_session) -> None:
    text = config(
        "{plugin: buy_and_hold, name: hold, symbols: [PARIS]}",
        symbols="PARIS, EUR-USD",
        broker='cash: "10000", conversions: {EUR: EUR-USD}',
        instruments='{PARIS: {asset_class: crypto, tick: "0.01", lot: "1", currency: EUR}}',
    )
    euro = [(price, price, price, price, "0") for price in ("1.10000", "1.20000", "1.30000")]
    folder = run_session(workspace, text, {"PARIS": closes(10, 10, 10), "EUR-USD": euro})
    # The fill at the second bar's open is converted at the first bar's close: 10 x 10.00 x 1.1.
    assert table(folder, schemas.TRADES_FILE, "value", "conversion_price") == [("110.00000000", "1.10000")]
    assert table(folder, schemas.ACCOUNT_FILE, "unrealized_pnl") == [
        ("0.00000000",),
        ("10.00000000",),
        ("20.00000000",),
    ]


# -- guards --------------------------------------------------------------------------------------------------------

BLOCKS = {
    "max_notional": (
        '{plugin: max_notional, limit: "500"}',
        "notional 1000.00 > limit 500.00 USD: at most 5 DEMO fits",
    ),
    "exposure": ('{plugin: exposure, per_symbol: "0.05"}', "exposure 0.10 > 0.05 of equity: at most 5 DEMO fits"),
}


@pytest.mark.parametrize(("guard", "reason"), BLOCKS.values(), ids=BLOCKS)
def test_a_guard_blocks_an_order_with_its_numbers_and_the_session_goes_on(
    workspace, start_session, guard, reason
) -> None:
    outcome = start_session(workspace, config(HOLD, guards=f"[{guard}]"), {"DEMO": closes(100, 100, 100)})
    folder = workspace / outcome.path
    assert (outcome.exit_code, outcome.status, outcome.blocked, outcome.bars) == (0, "completed", 1, 3)
    ((status, said),) = table(folder, schemas.ORDERS_FILE, "status", "reason")
    assert status == "blocked"
    assert reason in said
    assert table(folder, schemas.DECISIONS_FILE, "outcome", "order_id", "reason_code") == [
        ("blocked", "", said.split(":")[0])
    ]


def test_order_rate_blocks_an_increasing_order_beyond_its_number_and_no_reducing_one(workspace, run_session) -> None:
    text = config(UP, guards="[{plugin: order_rate, max: 2, per: 10m}]")
    folder = run_session(workspace, text, {"DEMO": closes(100, 101, 100, 101, 102, 100, 100)})
    assert table(folder, schemas.ORDERS_FILE, "side", "status") == [
        ("buy", "filled"),
        ("sell", "filled"),
        ("buy", "blocked"),
    ]


def test_all_guards_speak_of_one_order_in_the_order_of_the_config(workspace, run_session) -> None:
    guards = [BLOCKS["exposure"][0], BLOCKS["max_notional"][0]]
    for listed in (guards, guards[::-1]):
        text = config(HOLD, guards=f"[{', '.join(listed)}]")
        folder = run_session(workspace, text, {"DEMO": closes(100, 100)})
        ((code, detail),) = table(folder, schemas.DECISIONS_FILE, "reason_code", "detail")
        names = [guard.split(",")[0].removeprefix("{plugin: ") for guard in listed]
        assert code == "+".join(names)
        assert detail.index(f"{names[0]}: ") < detail.index(f"{names[1]}: ")


class Refusing:
    """A broker that rejects whatever it is sent."""

    def __init__(self, broker: Any) -> None:
        self._broker = broker

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    def submit(self, order: Any, account: Any) -> Any:
        return iter([Rejected(order.intent.order_id, "the venue says no")])


def refusing(assembly: Any, watch: Any) -> Any:
    return attrs.evolve(assembly, parts=attrs.evolve(assembly.parts, broker=Refusing(assembly.parts.broker)))


ZIGZAG = closes(100, 101, 100, 101, 100, 101, 100, 101)
STALE_BARS = {"DEMO": closes(100, 100), "BTC-USD": closes(*[100] * 8)}
HALTS: dict[str, tuple[str, dict[str, Any], dict[str, Any], str, int]] = {
    "drawdown from the peak": (
        config(HOLD, broker='cash: "1000"', guards='[{plugin: drawdown, max: "0.10"}]'),
        {"DEMO": closes(100, 100, 120, 108, 108, 50)},
        {},
        "drawdown: drawdown from the peak 0.10 >= 0.1 (1200.00 to 1080.00)",
        4,
    ),
    "loss of a day": (
        config(HOLD, broker='cash: "1000"', guards='[{plugin: drawdown, daily: "0.05"}]'),
        {"DEMO": [("2024-03-04T23:58:00Z", *QUIET), *closes(100, 96, 91, 91)]},
        {},
        "drawdown: loss since the previous trading day 0.09 >= 0.05",
        4,
    ),
    "reject_rate": (
        config(UP, guards="[{plugin: reject_rate, max: 2, per: 10m}]"),
        {"DEMO": ZIGZAG},
        {"wrap": refusing},
        "reject_rate: 3 rejections by the broker within 10m > 2 (the last: the venue says no)",
        7,
    ),
    "stale_data": (
        config(HOLD, symbols="DEMO, BTC-USD", guards="[{plugin: stale_data, after: 3m, halt: any}]"),
        STALE_BARS,
        {},
        "stale_data: no bar for longer than 3m: DEMO 240s since 2024-03-04T14:32:00Z",
        8,
    ),
    "equity below zero": (
        config(HOLD, broker='cash: "100", margin: true'),
        {"DEMO": closes(100, 100, 85, 85)},
        {},
        "account: equity is at or below zero",
        3,
    ),
}


@pytest.mark.parametrize(("text", "bars", "surroundings", "cause", "seen"), HALTS.values(), ids=HALTS)
def test_a_halt_ends_with_exit_code_3_its_cause_and_complete_artifacts(
    workspace, start_session, text, bars, surroundings, cause, seen
) -> None:
    outcome = start_session(workspace, text, bars, **surroundings)
    folder = workspace / outcome.path
    check_complete(folder)
    assert (outcome.exit_code, outcome.status, outcome.bars) == (3, "halted", seen)
    (found,) = outcome.causes
    assert f"{found.guard}: {found.reason}".startswith(cause)
    state = state_of(folder)
    assert (state["status"], state["halt_causes"][0]["reason"]) == ("halted", found.reason)
    assert found.reason.replace("|", "") in (folder / schemas.SUMMARY_FILE).read_text(encoding="utf-8")
    assert state["orders"] == []


def test_a_replay_with_a_silent_symbol_is_not_stale_while_another_has_bars(workspace, start_session) -> None:
    text = config(HOLD, symbols="DEMO, BTC-USD", guards="[{plugin: stale_data, after: 3m}]")
    assert start_session(workspace, text, STALE_BARS).status == "completed"


def test_several_guards_halt_at_one_slice_and_all_are_named(workspace, start_session) -> None:
    guards = '[{plugin: stale_data, after: 3m, halt: any}, {plugin: drawdown, max: "0.10"}]'
    text = config(HOLD, symbols="DEMO, BTC-USD", broker='cash: "2000"', guards=guards)
    bars = {"DEMO": closes(100, 100), "BTC-USD": closes(*[100] * 5, 50)}
    outcome = start_session(workspace, text, bars)
    assert [cause.guard for cause in outcome.causes] == ["stale_data", "drawdown"]


@pytest.mark.parametrize("name", ["runs/live/KILL", "stop/NOW"])
def test_a_kill_file_at_the_start_halts_before_the_first_bar(workspace, start_session, name) -> None:
    (workspace / name).parent.mkdir(parents=True)
    (workspace / name).touch()
    text = config(HOLD, guards=f"[{{plugin: kill_switch, file: {name}}}]")
    outcome = start_session(workspace, text, {"DEMO": closes(100, 100)})
    folder = workspace / outcome.path
    check_complete(folder)
    assert (outcome.exit_code, outcome.bars, outcome.orders) == (3, 0, 0)
    (cause,) = outcome.causes
    assert (cause.guard, cause.at) == ("kill_switch", 1_709_562_600)
    assert cause.reason.startswith(f"the kill file {name} is there")
    assert table(folder, schemas.ACCOUNT_FILE, "timestamp") == []


def test_the_default_kill_file_halts_without_any_guard(workspace, start_session) -> None:
    (workspace / "runs/live").mkdir(parents=True)
    (workspace / "runs/live/KILL").touch()
    outcome = start_session(workspace, config(HOLD), {"DEMO": closes(100, 100)})
    assert (outcome.exit_code, [cause.guard for cause in outcome.causes]) == (3, ["kill_switch"])


def test_a_kill_file_that_appears_halts_at_the_slice_after_it_is_seen(workspace, start_session) -> None:
    kill = workspace / "runs/live/KILL"

    def kill_after_three(session: Any) -> None:
        if session.counts.slices == 3:
            kill.touch()

    outcome = start_session(
        workspace,
        config(HOLD),
        {"DEMO": closes(*[100] * 9)},
        cadence=Cadence(flush=0.0, snapshot=0.0),
        progress=kill_after_three,
    )
    # Made while the third slice is kept, seen with the fourth, obeyed at the fifth.
    assert (outcome.status, outcome.bars, outcome.exit_code) == ("halted", 5, 3)
    assert table(workspace / outcome.path, schemas.POSITIONS_FILE, "quantity")[-1] == ("10",)


# -- flatten -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flatten", [True, False])
def test_flatten_closes_positions_on_the_slice_after_a_halt(workspace, run_session, flatten) -> None:
    text = config(HOLD, broker='cash: "1000"', guards='[{plugin: drawdown, max: "0.10"}]', flatten=flatten)
    folder = run_session(workspace, text, {"DEMO": closes(100, 100, 90, 80, 70)})
    bought = "14:31 buy 10 100.00 taker 0.0000 0.0000"
    sold = "14:33 sell 10 80.00 taker 0.0000 -200.0000"
    assert trades(folder) == ([bought, sold] if flatten else [bought])
    check_complete(folder)
    state = state_of(folder)
    assert (state["status"], state["positions"][0]["quantity"]) == ("halted", "0" if flatten else "10")
    assert len(table(folder, schemas.ACCOUNT_FILE, "timestamp")) == (4 if flatten else 3)
    assert len(table(folder, schemas.DECISIONS_FILE, "timestamp")) == 1


def test_flatten_at_the_last_slice_names_what_stays_open(workspace, run_session) -> None:
    text = config(HOLD, broker='cash: "1000"', guards='[{plugin: drawdown, max: "0.10"}]', flatten=True)
    folder = run_session(workspace, text, {"DEMO": closes(100, 100, 90)})
    assert table(folder, schemas.ORDERS_FILE, "status", "reason") == [
        ("filled", ""),
        ("cancelled", "flatten after the halt; halted"),
    ]
    assert "DEMO: 10 at a mark of 90.00" in (folder / schemas.SUMMARY_FILE).read_text(encoding="utf-8")
