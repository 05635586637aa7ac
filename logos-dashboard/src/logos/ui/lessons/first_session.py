"""The first lesson: one paper session from its bars to its proof."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

from logos.artifacts import schemas
from logos.artifacts.plots import draw_equity
from logos.artifacts.readers import read_csv_rows
from logos.backtest.trials_engine import load_bars
from logos.config.records import SessionConfig
from logos.domain.times import parse_time
from logos.live.setup import Outcome
from logos.proofs.auditor import audit
from logos.proofs.replaying import verify
from logos.ui.lessons.classroom import Classroom, events_of, rows_of, section_of
from logos.ui.lessons.figures import draw_curves, money, percent, signed

CONFIG = """
session: {name: first, seed: 7}
instruments:
  AAPL: {lot: "100"}      # only round lots of a hundred shares
feed: {plugin: replay, path: bundled, symbols: [AAPL, BTC-USD, DEMO]}
broker:
  plugin: paper
  cash: "10000"
  fees: {maker_bps: "2", taker_bps: "10"}
  slippage_bps: "1"
strategies:
  - {plugin: sma_cross, name: trend, params: {fast: 60, slow: 240}}
allocator: {plugin: equal_weight, invest: "0.9"}
guards:
  - {plugin: max_notional, limit: "8000"}
  - {plugin: drawdown, max: "0.20", daily: "0.10"}
  - {plugin: kill_switch, file: runs/live/KILL}
"""
_PICTURED = "DEMO"


def teach(room: Classroom) -> None:
    """Run one session, follow one order through it, and prove it."""
    text = room.transcript
    text.say(
        "This lesson has just run a paper session: recorded bars went in, a strategy gave signals, orders were filled "
        "by a model of the market, and no money moved. Every number below was measured in that run."
    )
    room.step("a paper session over five days of minute bars")
    config = room.config("first", CONFIG)
    _setting(room)
    outcome, folder = room.session(config)
    _result(room, outcome, folder)
    _one_order(room, folder)
    _no_order(room, folder)
    room.step("the pictures")
    _pictures(room, config, folder)
    room.step("the same session once more, and its books rebuilt")
    _proofs(room, folder)
    _exercises(room)


def _setting(room: Classroom) -> None:
    text = room.transcript
    text.section("The config")
    text.say("One file says all of it. It lies in this lesson's workspace as `configs/first.yaml`:")
    text.config(CONFIG)
    text.points(
        "**feed**: five days of simulated minute bars that come with Logos. No market ever traded so.",
        "**strategies**: `sma_cross` wants to be long while the average of the last 60 closes is above that of the "
        "last 240, and flat while it is not. That wish is a *signal*, from 0 to 1.",
        "**allocator**: the three pairs share 90 % of the equity equally, so each *target* is 30 %.",
        "**broker**: the paper broker fills an order at the open of a bar that comes after the decision, a basis "
        "point worse, and takes a fee of 10 basis points of its value.",
        "**guards**: limits that an order must pass, and conditions that halt the session.",
    )
    room.glossary.update(
        {
            "paper trading": "transcript.md, section 1: broker",
            "basis point (bps)": "transcript.md, section 1: fees and slippage of the broker",
            "signal": "decisions.csv, column signal",
            "target": "decisions.csv, columns target_weight and target_quantity",
            "workspace": "the folder workspace beside this lesson's transcript",
            "lot": "configs/first.yaml, instruments",
            "guard": "configs/first.yaml, guards",
        }
    )


def _result(room: Classroom, outcome: Outcome, folder: Path) -> None:
    text = room.transcript
    text.section("What came of it")
    cash, equity = Decimal(outcome.starting_cash), Decimal(outcome.equity)
    realised, unrealised = Decimal(outcome.realized_pnl), Decimal(outcome.unrealized_pnl)
    fees, gross = Decimal(outcome.fees), Decimal(outcome.realized_pnl) + Decimal(outcome.unrealized_pnl)
    last = [row["equity"] for row in read_csv_rows(folder / schemas.ACCOUNT_FILE, ("equity",))][-1]
    text.table(
        ["Figure", "Value"],
        [
            ["Status", outcome.status],
            ["Bars seen", f"{outcome.bars:,}"],
            ["Orders", f"{outcome.orders:,}"],
            ["Fills", f"{outcome.fills:,}"],
            ["Orders blocked by guards", f"{outcome.blocked:,}"],
            ["Starting cash", money(cash)],
            ["Realised PnL, before fees", signed(realised)],
            ["Unrealised PnL, before fees", signed(unrealised)],
            ["Fees", money(fees)],
            ["Equity at the end", money(equity)],
            ["Return", percent(float(equity / cash - 1))],
        ],
        numeric=["Value"],
    )
    text.say(
        "PnL stands before fees in every file, so that costs never hide in it. The books close exactly, to the last "
        "digit, and not just on this page:"
    )
    text.quote(
        f"starting cash + realised + unrealised - fees = equity\n"
        f"{cash} + {realised} + {unrealised} - {fees} = {cash + realised + unrealised - fees}\n"
        f"the last equity of account.csv: {last}"
    )
    text.say(_verdict(gross, fees))
    room.glossary.update(
        {
            "PnL": "transcript.md, section 2",
            "slice": "account.csv, a row each",
            "equity": "account.csv, column equity",
            "FIFO": "trades.csv, column realized_pnl",
            "return": "transcript.md, section 2",
            "artifact": f"workspace/runs/live/sessions/{folder.name}",
        }
    )


def _verdict(gross: Decimal, fees: Decimal) -> str:
    """Say what trading and fees came to, whichever way it went."""
    if gross <= 0:
        return f"Trading lost {money(-gross)} before fees, and the fees took {money(fees)} more."
    share = f"{100 * fees / gross:.0f} %"
    if fees > gross:
        return (
            f"Look at the two together: trading earned {money(gross)} before fees, and the fees were {money(fees)}, "
            f"{share} of it. The bets gained, and the account still lost. Most of a first session's lesson is in that "
            "line."
        )
    return f"Trading earned {money(gross)} before fees; the fees took {money(fees)} of it, which is {share}."


def _one_order(room: Classroom, folder: Path) -> None:
    text = room.transcript
    text.section("One order, from signal to fill")
    decision = next(row for row in rows_of(folder, schemas.DECISIONS_FILE) if row["outcome"] == "ordered")
    number = decision["order_id"]
    order = next(row for row in rows_of(folder, schemas.ORDERS_FILE) if row["order_id"] == number)
    fills = [row for row in rows_of(folder, schemas.TRADES_FILE) if row["order_id"] == number]
    intent = next(event for event in events_of(folder, "intent") if str(event["order_id"]) == number)
    text.say(
        f"The first decision of the session, a row of `decisions.csv`. At the close of the bar that ended at "
        f"{decision['timestamp']} the fast average stood above the slow one for {decision['symbol']}:"
    )
    text.record(decision)
    text.say("The decision became an order, a row of `orders.csv`:")
    text.record(order)
    text.say("And the order became a fill, a row of `trades.csv`:")
    fill = fills[0]
    text.record(fill)
    decided, paid, quantity = Decimal(intent["decision_price"]), Decimal(fill["price"]), Decimal(fill["quantity"])
    dearer, basis_points = (paid - decided) * quantity, 10_000 * Decimal(fill["fee"]) / Decimal(fill["value"])
    text.points(
        f"**When.** It was decided at {decision['timestamp']}, when the bar was complete, and filled at the open "
        f"of the next bar, {fill['timestamp']}: the moment at which one bar closes is the one at which the next opens. "
        "No order is ever filled at a price that was known when it was decided.",
        f"**At what price.** The last close was {decided}, the fill cost {paid}: {signed(dearer)} for "
        f"{fill['quantity']} units, partly the basis point of slippage and partly what the market did "
        "between the close and the open. Prices lie on the tick, so a basis point may round to a whole one.",
        f"**For what fee.** {fill['fee']} on a value of {fill['value']}: {basis_points:.1f} basis "
        "points, since a market order takes liquidity.",
    )
    room.glossary.update(
        {
            "bar": "transcript.md, section 3",
            "decision": f"decisions.csv, the row of order {number}",
            "order": f"orders.csv, order {number}",
            "market order": "orders.csv, column type",
            "intent": "state.jsonl, events of the type intent",
            "fill, partial fill": f"trades.csv, order {number}",
            "slippage": "transcript.md, section 3",
        }
    )


def _no_order(room: Classroom, folder: Path) -> None:
    text = room.transcript
    text.section("Why there was no order")
    rows = rows_of(folder, schemas.DECISIONS_FILE)
    counts = Counter((row["symbol"], row["outcome"], row["reason_code"]) for row in rows)
    text.say("Every signal that changed has a row in `decisions.csv`: an order, or the reason why there is none.")
    text.table(
        ["Symbol", "Outcome", "Reason code", "Decisions"],
        [[*key, str(count)] for key, count in sorted(counts.items())],
        numeric=["Decisions"],
    )
    refused = [row for row in rows if row["outcome"] == "refused"]
    if refused:
        first = refused[0]
        text.say(f"{first['symbol']} at {first['timestamp']}, in the program's own words:")
        text.quote(first["detail"])
        text.say(
            f"The config sells {first['symbol']} in lots of a hundred only, and 30 % of a small account does not pay "
            "for one. Nothing was rounded up in silence: the session says what was missing, and what would mend it."
        )
        room.glossary["refused"] = f"decisions.csv, {first['symbol']} at {first['timestamp']}"
    text.say("The funnel of the session, from `session.md`, counts all of them; every step adds up:")
    summary = (folder / schemas.SUMMARY_FILE).read_text(encoding="utf-8")
    text.quote(section_of(summary, "Order funnel").split("```")[1].removeprefix("text\n"))


def _pictures(room: Classroom, config: SessionConfig, folder: Path) -> None:
    text = room.transcript
    text.section("The pictures")
    draw_equity(folder / schemas.ACCOUNT_FILE, room.plots / "equity.png", title="Equity of the session", currency="USD")
    text.picture("equity.png", "Equity of the session over five days above, its drawdown below.")
    bars = load_bars(config, workspace=room.workspace, registry=room.registry)[0][_PICTURED]
    scale = 10**bars.instrument.price_decimals
    trades = [row for row in rows_of(folder, schemas.TRADES_FILE) if row["symbol"] == _PICTURED]
    marks = {
        side: (
            [parse_time(row["timestamp"]) for row in trades if row["side"] == side],
            [float(row["price"]) for row in trades if row["side"] == side],
        )
        for side in ("buy", "sell")
    }
    draw_curves(
        room.plots / "fills.png",
        {"close": (bars.timestamp.tolist(), [close / scale for close in bars.close.tolist()])},
        marks=marks,
        title=f"{_PICTURED}: where the session bought and sold",
        subtitle=f"{len(trades)} fills; triangles up are purchases, triangles down sales",
        y_title="Price (USD)",
    )
    text.picture(
        "fills.png", f"Price of {_PICTURED} with {len(trades)} fills: triangles up are purchases, triangles down sales."
    )
    text.say(
        "A trend strategy buys after a rise has begun and sells after it has ended, so it pays for every turn that "
        "comes to nothing. That is no fault: it is what the rule says. Whether the long rises make up for the short "
        "ones is a question for a backtest, and for the lesson `honest_backtest`."
    )
    room.glossary["drawdown"] = "plots/equity.png, the lower part; account.csv, column drawdown"


def _proofs(room: Classroom, folder: Path) -> None:
    text = room.transcript
    text.section("How to prove it")
    text.say(
        "Each event of the session is a line of the journal, `state.jsonl`, and each line holds the digest of the one "
        "before it. The fill from above:"
    )
    text.event(next(events_of(folder, "fill")))
    report = verify(room.setup(), folder)
    text.say(
        "Then the lesson ran the session again from its own folder and compared every file byte by byte, as "
        "`logos replay first --verify` does:"
    )
    if report.differences:
        text.quote("\n".join(str(difference) for difference in report.differences))
    else:
        text.quote(f"{report.outcome.bars:,} bars, {report.outcome.fills:,} fills: all artifacts agree, byte for byte.")
    audited = audit(folder)
    text.say(
        "And a second implementation of accounting, which shares no code with the first, rebuilt the books, as "
        "`logos audit first` does:"
    )
    text.table(
        ["Check", "Records", "Result"],
        [[one.name, f"{one.records:,}", "agrees" if one.agrees else str(one.fault)] for one in audited.checks],
        numeric=["Records"],
    )
    text.say(
        "Same config, same seed, same bars: same bytes. So this page can be believed, and so can any session that you "
        "show to somebody else."
    )
    room.glossary.update(
        {
            "journal": "state.jsonl",
            "hash chain": "state.jsonl, the fields prev and hash",
            "replay": "transcript.md, section 6",
            "audit": "transcript.md, section 6",
            "determinism": "transcript.md, section 6",
            "config digest, data digest": "state.jsonl, the first line",
        }
    )


def _exercises(room: Classroom) -> None:
    text = room.transcript
    text.exercises("first_session")
    text.say("Look at the session as the program shows it, and check it yourself:")
    text.commands(
        "logos sessions list", "logos sessions show first", "logos replay first --verify", "logos audit first"
    )
    text.say(
        "Let round lots go and see AAPL trade. How many of the orders are its own, and what do they do to the fees?"
    )
    text.commands(
        "sed '/AAPL: /d; /^instruments:/d' configs/first.yaml > configs/odd_lots.yaml",
        "logos trade --config configs/odd_lots.yaml",
    )
    text.say("Trade less: slower averages turn less often. Is the PnL before fees better, or only the fees lower?")
    text.commands(
        "sed 's/fast: 60, slow: 240/fast: 240, slow: 960/' configs/first.yaml > configs/slower.yaml",
        "logos trade --config configs/slower.yaml",
    )
    text.say("Try to go on with a session that is finished. Nothing runs, and nothing is written twice:")
    text.commands("logos trade --resume first")
