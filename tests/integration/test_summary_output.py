"""What ``logos trade`` prints at the end: every figure whole, however narrow the output; one line of JSON."""

from __future__ import annotations

import json
import re

import pytest

from logos.cli.app import run
from logos.cli.session_output import print_outcome
from logos.domain.events import Cause
from logos.live.setup import Outcome

CONFIG = """
session: {{name: {name}, seed: 7}}
instruments: {{ABC: {{asset_class: crypto, tick: "{tick}", lot: "1", currency: {currency}}}}}
{currencies}
feed: {{plugin: replay, path: data/cache, symbols: [ABC]}}
broker: {{plugin: paper, cash: "{cash}", currency: {currency}, fees: {{maker_bps: "0", taker_bps: "10"}}}}
strategies: [{{plugin: sma_cross, params: {{fast: 1, slow: 2}}}}]
allocator: {{plugin: fixed_quantity, quantity: "10"}}
guards: [{guards}]
"""
DOLLARS = {"name": "usd", "tick": "0.01", "currency": "USD", "currencies": "", "cash": "10000", "guards": ""}
YEN = {
    "name": "yen",
    "tick": "1",
    "currency": "JPY",
    "currencies": "currencies: {JPY: {decimals: 0}}",
    "cash": "1000000",
    "guards": "",
}
PRICES = (100, 101, 102, 99, 98, 103, 104, 90, 91)
FIGURES = (
    "Starting cash",
    "Equity",
    "Realised PnL, before fees",
    "Unrealised PnL",
    "Fees",
    "Return",
    "Bars",
    "Orders",
    "Fills",
    "Blocked by guards",
)


@pytest.fixture(autouse=True)
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))


@pytest.fixture
def lay(workspace, write_bars):
    """Return a function that writes a session's config and bars."""

    def write(terms: dict[str, str], scale: int = 1) -> None:
        text = CONFIG.format(**terms)
        form = "{}" if terms["tick"] == "1" else "{}.00"
        write_bars(workspace, text, {"ABC": [(*[form.format(price * scale)] * 4, "1000") for price in PRICES]})
        (workspace / "session.yaml").write_text(text, encoding="utf-8")

    return write


def figures(printed: str) -> dict[str, str]:
    """Return the printed figures by name."""
    found = {}
    for line in printed.splitlines():
        for name in FIGURES:
            if re.match(rf"  {name}  +\S", line):
                found[name] = line.removeprefix(f"  {name}").strip()
    return found


REASON = (
    "equity 9,000.00 USD is 10.00 % below its peak of 10,000.00 USD, and the limit is 5 %: look at what has happened "
    "[really] before the session goes on, as [bold]nothing[/bold] here is markup"
)


def outcome(**changes: object) -> Outcome:
    values = {
        "session_id": "20240304-143000-a-session-with-a-rather-long-name",
        "path": "runs/live/sessions/20240304-143000-a-session-with-a-rather-long-name",
        "status": "halted",
        "exit_code": 3,
        "causes": (Cause(guard="drawdown", reason=REASON, at=0), Cause(guard="kill_switch", reason="the file", at=0)),
        "currency": "USD",
        "starting_cash": "123456789012345.00000000",
        "bars": 1_234_567,
        "orders": 12,
        "fills": 11,
        "blocked": 1,
        "equity": "123456789012300.12500000",
        "realized_pnl": "-44.87500000",
        "unrealized_pnl": "0.00000000",
        "fees": "0.00500000",
        **changes,
    }
    return Outcome(**values)


@pytest.mark.parametrize("columns", ["1", "20", "40", "80", "400"])
def test_no_line_is_cut_or_broken_however_narrow_the_output(monkeypatch, capsys, columns) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    print_outcome(outcome(), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert f"  halted by drawdown: {REASON}" in lines
    assert "  halted by kill_switch: the file" in lines
    assert f"Session {outcome().session_id}: halted" in lines
    assert f"Artifacts in {outcome().path}" in lines
    assert f"Once the cause is mended: logos trade --resume {outcome().session_id} --clear-halt" in lines
    found = figures("\n".join(lines))
    assert tuple(found) == FIGURES
    assert found["Starting cash"] == "123,456,789,012,345.00 USD"
    assert found["Equity"] == "123,456,789,012,300.12 USD"
    assert found["Realised PnL, before fees"] == "-44.88 USD"
    assert found["Bars"] == "1,234,567"


def test_the_values_of_the_figures_end_in_one_column(capsys) -> None:
    print_outcome(outcome(), as_json=False)
    lines = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith(tuple(f"  {one}  " for one in FIGURES))
    ]
    assert len(lines) == len(FIGURES)
    assert len({len(line) for line in lines}) == 1


@pytest.mark.parametrize("status", ["completed", "paused", "halted"])
def test_the_next_step_is_a_whole_line(monkeypatch, capsys, status) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_outcome(outcome(status=status, causes=()), as_json=False)
    last = capsys.readouterr().out.splitlines()[-1]
    assert outcome().session_id in last
    assert "…" not in last


def test_a_halted_session_in_a_narrow_pipe_is_told_whole(lay, logos_cli) -> None:
    lay({**DOLLARS, "guards": '{plugin: drawdown, max: "0.001"}'})
    done = logos_cli("trade", "--config", "session.yaml", env={"COLUMNS": "40"})
    assert done.returncode == 3, done.stderr
    assert "…" not in done.stdout
    assert tuple(figures(done.stdout)) == FIGURES
    (cause,) = [line for line in done.stdout.splitlines() if line.startswith("  halted by drawdown: ")]
    told = logos_cli("trade", "--resume", "latest", env={"COLUMNS": "40"})
    assert told.returncode == 2
    assert cause.removeprefix("  halted by drawdown: ") in told.stderr


def test_an_account_in_yen_without_decimals_prints_none(workspace, lay, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lay(YEN, scale=13)
    assert run(["trade", "--config", "session.yaml"]) == 0
    printed = capsys.readouterr().out
    found = figures(printed)
    assert tuple(found) == FIGURES
    money = [value for value in found.values() if value.endswith(" JPY")]
    assert len(money) == 5
    assert [value for value in money if not re.fullmatch(r"-?[\d,]+ JPY", value)] == []
    assert found["Starting cash"] == "1,000,000 JPY"
    (folder,) = (workspace / "runs/live/sessions").iterdir()
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    assert found["Equity"] == f"{int(state['account']['equity']):,} JPY"
    summary = (folder / "session.md").read_text(encoding="utf-8")
    profit = summary.partition("## PnL summary")[2].partition("Total return")[0]
    assert re.search(r"\d\.\d", profit) is None


@pytest.mark.parametrize("terms", [DOLLARS, YEN], ids=["dollars", "yen"])
def test_json_is_one_line_and_nothing_else(lay, capsys, monkeypatch, terms) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lay(terms, scale=13)
    assert run(["trade", "--config", "session.yaml", "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.out.endswith("}\n")
    assert printed.out.count("\n") == 1
    assert printed.err == ""
    told = json.loads(printed.out)
    assert told["status"] == "completed"
    assert ("." in told["equity"]) == (terms is DOLLARS)


def test_json_of_a_halted_session_is_one_line_whatever_the_reason_says(capsys) -> None:
    print_outcome(outcome(causes=(Cause(guard="odd", reason='two\nlines, "quoted" and ü', at=0),)), as_json=True)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed)["halt_causes"][0]["reason"] == 'two\nlines, "quoted" and ü'
