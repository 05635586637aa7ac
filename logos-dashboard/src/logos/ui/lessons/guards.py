"""The second lesson: what guards do to orders and to a session, and what a person has to do then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from logos import paths
from logos.artifacts import schemas
from logos.artifacts.readers import read_csv_rows
from logos.domain.errors import BrokenInvariantError, ResumeError
from logos.domain.times import parse_time, time_text
from logos.live import resume as resuming
from logos.live.runner import Cadence
from logos.live.setup import Outcome
from logos.live.watch import Watch
from logos.ui.lessons.classroom import Classroom, events_of, rows_of, section_of
from logos.ui.lessons.figures import curve_of, draw_curves, money
from logos.ui.lessons.transcript import inline_code

_BASE = """
session: {{name: {name}, seed: 7}}
feed: {{plugin: replay, path: bundled, symbols: [BTC-USD, DEMO]}}
broker:
  plugin: paper
  cash: "100000"
  fees: {{maker_bps: "2", taker_bps: "10"}}
  slippage_bps: "1"
strategies:
  - {{plugin: sma_cross, name: trend, params: {{fast: 60, slow: 240}}}}
guards:
  - {{plugin: max_notional, limit: "{limit}"}}
  - {{plugin: exposure, gross: "{gross}", net: "{gross}", per_symbol: "{per_symbol}"}}
  - {{plugin: drawdown, max: "{fall}", daily: "0.5"}}
  - {{plugin: kill_switch, file: runs/live/KILL}}
"""
_WIDE = {"limit": "60000", "gross": "1.1", "per_symbol": "0.6", "fall": "0.2"}
_KILLED_AT = "2024-03-08T12:00:00Z"
_MOST_HALTS = 20


def teach(room: Classroom) -> None:
    """Run one strategy under ever tighter guards."""
    text = room.transcript
    text.say(
        "A guard is a limit that blocks orders, or a condition that halts the session. This lesson has just run one "
        "strategy on the same bars again and again: under wide guards, under tighter ones, into a halt, and into the "
        "kill file. Nothing else was changed, so every difference below is the guards' work."
    )
    room.step("a session under wide guards")
    wide, wide_folder = _run(room, "wide")
    _wide(room, wide, wide_folder)
    room.step("a session whose orders are blocked")
    tight, tight_folder = _tight(room, wide)
    _all_speak(room)
    room.step("a session that is halted, and forgiven")
    halts, halted_folder = _halted(room, wide)
    room.step("a session that meets the kill file")
    _killed(room)
    _picture(room, {"wide": wide_folder, "tight": tight_folder}, halted_folder, halts)
    _compared(room, wide, tight)
    _exercises(room)


def _run(
    room: Classroom, name: str, *, surroundings: dict[str, Any] | None = None, **limits: str
) -> tuple[Outcome, Path]:
    config = room.config(name, _BASE.format(name=name, **{**_WIDE, **limits}))
    return room.session(config, **(surroundings or {}))


def _wide(room: Classroom, outcome: Outcome, folder: Path) -> None:
    text = room.transcript
    text.section("Wide guards: the same as none")
    text.say("The config of the first session, `configs/wide.yaml` in this lesson's workspace:")
    text.config(_BASE.format(name="wide", **_WIDE))
    text.say(
        f"The session ended {outcome.status} with {outcome.orders} orders, {outcome.fills} fills and "
        f"{outcome.blocked} orders blocked; equity {money(outcome.equity)}. `session.md` says for each guard what its "
        "limits are and how much of them was left, its *headroom*:"
    )
    guards = section_of((folder / schemas.SUMMARY_FILE).read_text(encoding="utf-8"), "Guards")
    text.excerpt(guards.partition("\n\n")[0])
    text.say("A guard with much headroom costs nothing. Read this table before the limits are needed.")
    room.glossary.update(
        {
            "guard": "configs/wide.yaml, guards",
            "headroom": "session.md of the session wide, section Guards",
            "exposure, gross and net": "account.csv, columns gross_exposure and net_exposure",
            "notional": "transcript.md, section 3",
            "drawdown": "account.csv, column drawdown",
        }
    )


def _tight(room: Classroom, wide: Outcome) -> tuple[Outcome, Path]:
    text = room.transcript
    text.section("A limit that blocks orders")
    outcome, folder = _run(room, "tight", gross="0.7")
    orders = rows_of(folder, schemas.ORDERS_FILE)
    blocked = [row for row in orders if row["status"] == "blocked"]
    text.say(
        'Now no more than 70 % of the equity may be at stake: `gross: "0.7"`. Each of the two positions wants '
        "47.5 %, so one fits and the second does not."
    )
    text.table(
        ["Session", "Orders", "Blocked", "Fills", "Fees", "Equity"],
        [
            [one.session_id, str(one.orders), str(one.blocked), str(one.fills), money(one.fees), money(one.equity)]
            for one in (wide, outcome)
        ],
        numeric=["Orders", "Blocked", "Fills", "Fees", "Equity"],
    )
    first = _first(blocked)
    text.say("The first order that was blocked has a row in `orders.csv` like any other:")
    text.record(first)
    text.say(
        "`status` is `blocked`: the broker never saw it. `reason` holds the numbers, and what would have fitted. The "
        "order is not made smaller behind your back, and it is not tried again until the signal changes. "
        "The decision behind it is in `decisions.csv`, with the guard's name as the reason code:"
    )
    decision = _first([row for row in rows_of(folder, schemas.DECISIONS_FILE) if row["outcome"] == "blocked"])
    text.record(decision)
    sides = Counter(row["side"] for row in blocked)
    listed = " and ".join(f"{count} {side}" for side, count in sorted(sides.items()))
    text.say(
        f"Blocked were {listed} orders: a limit on exposure stops what would add to it. "
        + ("No sale was blocked: getting out is always allowed." if "sell" not in sides else "")
    )
    room.glossary.update(
        {
            "blocked": f"orders.csv of the session tight, order {first['order_id']}",
            "decision": "decisions.csv of the session tight, the rows with the outcome blocked",
            "order": "orders.csv of the session tight",
        }
    )
    return outcome, folder


def _all_speak(room: Classroom) -> None:
    text = room.transcript
    text.section("All guards speak")
    outcome, folder = _run(room, "strict", limit="20000", gross="0.3", per_symbol="0.2")
    event = next(events_of(folder, "blocked"))
    text.say(
        f"With three limits too tight at once, {outcome.blocked} of {outcome.orders} orders were blocked. The first of "
        "them, as the journal has it:"
    )
    text.quote("\n".join(f"{cause['guard']}: {cause['reason']}" for cause in event["causes"]))
    text.say(
        "Every guard judges every order, in the order of the config, also when an earlier one has objected: you learn "
        "all that is wrong in one go. A guard that fails, by a fault of its own, counts as an objection. Nothing fails "
        "open."
    )
    room.glossary["intent"] = "state.jsonl of the session strict, events of the type blocked"


def _halted(room: Classroom, wide: Outcome) -> tuple[list[int], Path]:
    text = room.transcript
    text.section("A halt")
    outcome, folder = _run(room, "halted", fall="0.015")
    text.say(
        'The guard `drawdown` does not look at orders but at the account. With `max: "0.015"` it halts the session '
        "when equity has fallen 1.5 % from its peak:"
    )
    _expect(outcome.status == "halted", "the session halted was not halted")
    halts = [outcome.causes[0].at]
    text.quote(_causes(outcome))
    text.say(
        f"That was at {time_text(outcome.causes[0].at)}, after {outcome.bars:,} of {wide.bars:,} bars. `logos trade` "
        "ends with exit code 3 then, and the positions stay as they are (`session.flatten: true` would close them). "
        "To go on without a word is refused:"
    )
    text.quote(_refusal(lambda: resuming.resume(room.setup(), folder)))
    text.say("Somebody has to look, and to say so, with `--clear-halt`:")
    while outcome.status == "halted" and len(halts) < _MOST_HALTS:
        outcome, folder = room.resume(folder)
        if outcome.status == "halted":
            halts.append(outcome.causes[0].at)
            text.quote(f"logos trade --resume halted --clear-halt\n{_causes(outcome)}")
        else:
            text.quote(f"logos trade --resume halted --clear-halt\n{outcome.status}: equity {money(outcome.equity)}")
    text.say(
        f"The session was halted {len(halts)} times and forgiven {len(halts)} times. The limit was the same all along: "
        "a cleared halt begins a new peak to fall from, and no limit is changed. Each forgiveness is a line of the "
        "journal, for whoever asks later:"
    )
    text.event(next(events_of(folder, "halt_cleared")))
    if outcome.equity == wide.equity:
        text.say(
            f"In the end the equity is {money(outcome.equity)}, to the last digit that of the session that was never "
            "halted: the bars had waited on the disk. On a live feed the market does not wait, and what was held "
            "during the halt was held on purpose."
        )
    room.glossary.update(
        {
            "halt": "state.jsonl of the session halted, events of the type halted",
            "clear a halt": "state.jsonl of the session halted, events of the type halt_cleared",
            "resume": "transcript.md, section 4",
            "equity": "account.csv of the session halted",
            "journal": "state.jsonl of each session",
        }
    )
    return halts, folder


def _killed(room: Classroom) -> None:
    text = room.transcript
    text.section("The kill file")
    name, file = paths.KILL_FILE, room.workspace / paths.KILL_FILE

    class Hand(Watch):
        """Puts the kill file there at a moment of the session, as an operator would, then looks as every watch does."""

        def look(self, clock: int) -> None:
            if clock >= parse_time(_KILLED_AT):
                room.disk.make_folder(file.parent)
                room.disk.replace(file, b"")
            super().look(clock)

    outcome, folder = _run(room, "killed", surroundings={"watch": Hand, "cadence": Cadence(flush=0.0)})
    _expect(outcome.status == "halted", "the session killed was not halted")
    text.say(
        f"A file stops everything: {inline_code(name)}. Its mere presence halts every session of the workspace within "
        "a second, with or without guards in the config, and whoever can make a file can make it. Here "
        f"the lesson put it there when the session's clock stood at {_KILLED_AT}:"
    )
    text.quote(_causes(outcome))
    text.say(
        f"It was halted at {time_text(outcome.causes[0].at)}, the next bar. While the file is there, not even a "
        "cleared halt helps:"
    )
    text.quote(_refusal(lambda: resuming.resume(room.setup(), folder, clear_halt=True)))
    begun, _ = _run(room, "late")
    text.say(
        f"Nor does a new session begin to trade: it ended {begun.status} after {begun.bars} bars. Then the lesson took "
        "the file away and forgave the halt:"
    )
    room.disk.remove(file)
    outcome, _folder = room.resume(folder)
    text.quote(f"rm {name}\nlogos trade --resume killed --clear-halt\n{outcome.status}: equity {money(outcome.equity)}")
    room.glossary["kill file"] = f"transcript.md, section 5: {name} in the workspace"


def _picture(room: Classroom, folders: Mapping[str, Path], halted: Path, halts: Sequence[int]) -> None:
    text = room.transcript
    text.section("The picture")
    curves = {
        name: curve_of(list(read_csv_rows(folder / schemas.ACCOUNT_FILE, ("timestamp", "equity"))), "equity")
        for name, folder in folders.items()
    }
    times, values = curve_of(list(read_csv_rows(halted / schemas.ACCOUNT_FILE, ("timestamp", "equity"))), "equity")
    at = [values[times.index(halt)] for halt in halts]
    draw_curves(
        room.plots / "guards.png",
        curves,
        marks={"": ([], []), "halted here": (list(halts), at)},
        title="One strategy under wide and under tight guards",
        subtitle="Triangles: where the session with a drawdown limit of 1.5 % was halted",
        y_title="Equity (USD)",
    )
    text.picture(
        "guards.png",
        f"Equity of the sessions wide and tight; {len(halts)} triangles mark where the session halted was halted.",
    )


def _compared(room: Classroom, wide: Outcome, tight: Outcome) -> None:
    """Say how the two ended, and that one run proves nothing about guards."""
    more, fees = Decimal(tight.equity) - Decimal(wide.equity), Decimal(wide.fees) - Decimal(tight.fees)
    bets = more - fees
    room.transcript.say(
        f"The tight session ended {money(abs(more))} {'higher' if more > 0 else 'lower'}: it paid {money(abs(fees))} "
        f"{'less' if fees > 0 else 'more'} in fees, and its bets brought {money(abs(bets))} "
        f"{'more' if bets > 0 else 'less'} before them. Which of the two comes out ahead is an accident of these five "
        "days, not the merit or the fault of a limit."
    )
    room.transcript.say(
        "A guard does not make a strategy better. It bounds what a bad day, or a mistake, can cost, and the price for "
        "that is paid on good days. Set limits by what you are willing to lose, not by what a backtest shows."
    )


def _exercises(room: Classroom) -> None:
    text = room.transcript
    text.exercises("guards")
    text.say("See all the sessions, and the story of the one that was halted:")
    text.commands("logos sessions list", "logos sessions show halted")
    text.say("Find the share at which nothing is blocked any more. Change `0.94`, and count:")
    text.commands(
        'sed \'s/gross: "0.7", net: "0.7"/gross: "0.94", net: "0.94"/; s/name: tight/name: mine/\' '
        "configs/tight.yaml > configs/mine.yaml",
        "logos trade --config configs/mine.yaml",
    )
    text.say("Put the kill file there yourself, and take it away again:")
    text.commands(
        f"touch {paths.KILL_FILE}",
        "logos trade --config configs/wide.yaml  # exit 3",
        f"rm {paths.KILL_FILE}",
        "logos trade --config configs/wide.yaml",
    )
    text.say("Halt a session, and go on with it only after you have read why:")
    text.commands(
        "sed 's/name: halted/name: again/' configs/halted.yaml > configs/again.yaml",
        "logos trade --config configs/again.yaml  # exit 3",
        "logos sessions show latest",
        "logos trade --resume latest  # exit 2",
        "logos trade --resume latest --clear-halt  # exit 3",
    )


def _causes(outcome: Outcome) -> str:
    return "\n".join(f"halted by {cause.guard}: {cause.reason}" for cause in outcome.causes)


def _refusal(go_on: Callable[[], object]) -> str:
    """Return what the program says where it must refuse."""
    try:
        go_on()
    except ResumeError as error:
        return f"error: {error.message}\nhint: {error.hint}" if error.hint else f"error: {error.message}"
    raise BrokenInvariantError("a halted session went on without being forgiven")


def _first(rows: Sequence[dict[str, str]]) -> dict[str, str]:
    _expect(bool(rows), "no order was blocked where one had to be")
    return rows[0]


def _expect(held: bool, otherwise: str) -> None:  # noqa: FBT001 - it reads as an assertion
    if not held:
        raise BrokenInvariantError(f"{otherwise}: the lesson would not show what it says")
