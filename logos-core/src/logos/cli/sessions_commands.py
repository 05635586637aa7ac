"""``logos sessions``: which sessions there are, and what one of them did."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer

from logos.artifacts.locating import find_session
from logos.artifacts.markdown import grouped, percent
from logos.artifacts.readers import SessionRow, list_sessions, read_state, total_return
from logos.artifacts.schemas import SUMMARY_FILE
from logos.cli.output import console, emit_json, print_table
from logos.paths import sessions_dir, workspace

app = typer.Typer(help="List and show sessions.", no_args_is_help=True)

_NUMERIC = ("bars", "orders", "fills", "blocked", "equity", "return")
_COUNTS = ("bars", "orders", "fills", "blocked")
_NEXT = {
    "running": "A program runs it: wait for it to end, or pause it with SIGINT",
    "interrupted": "It was interrupted. Go on from the last durable point with: logos trade --resume {id}",
    "paused": "Go on with: logos trade --resume {id}",
    "halted": "Once the causes are dealt with, go on with: logos trade --resume {id} --clear-halt",
    "completed": "Check it with: logos replay {id} --verify",
}


@app.callback()
def _sessions() -> None:
    """List and show sessions."""


@app.command("list")
def list_command(*, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List the sessions of the workspace in the order of their ids."""
    folder = sessions_dir(workspace())
    sessions = list_sessions(folder)
    if as_json:
        emit_json({"sessions": [attrs.asdict(session) for session in sessions]})
    elif sessions:
        print_table("", ("session", "status", *_NUMERIC), [_cells(session) for session in sessions], numeric=_NUMERIC)
        for session in sessions:
            if session.reason:
                typer.echo(f"\n{session.session_id}: {session.reason}")
    else:
        typer.echo(f"There is no session in {folder} yet. Run one with: logos trade --fixtures")


def _cells(session: SessionRow) -> tuple[str, ...]:
    counts = (session.bars, session.orders, session.fills, session.blocked)
    return (
        session.session_id,
        session.status,
        *("" if count is None else f"{count:,}" for count in counts),
        "" if session.equity is None else f"{grouped(session.equity)} {session.currency}",
        "" if session.total_return is None else percent(session.total_return),
    )


@app.command("show")
def show_command(
    session: Annotated[str, typer.Argument(help="A session id, the start of one, or latest.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the content of state.json.")] = False,
) -> None:
    """Show what a session did: its summary, or where it stands if it has not stopped."""
    folder = find_session(workspace(), session)
    state = read_state(folder)
    summary = folder / SUMMARY_FILE
    if as_json:
        emit_json(state)
    # A session that was resumed and has not stopped again still has the summary of its last stop.
    elif state["status"] != "running" and summary.is_file():
        _print_markdown(summary.read_text(encoding="utf-8"))
    else:
        _print_state(folder, state)


def _print_markdown(text: str) -> None:
    widest_row = max((len(line) for line in text.splitlines() if line.startswith("|")), default=0)
    if sys.stdout.isatty():
        terminal = console()
        # Rich cuts the names in a table that is wider than the terminal; plain text is never cut.
        if widest_row <= terminal.width:
            from rich.markdown import Markdown  # noqa: PLC0415 - Rich takes long to load

            terminal.print(Markdown(text))
            return
    typer.echo(text, nl=False)


def _print_state(folder: Path, state: dict[str, Any]) -> None:
    print_table(f"Session {folder.name}", ("field", "value"), list(_fields(state)))
    held = [position for position in state.get("positions", ()) if position.get("lots")]
    if held:
        typer.echo("")
        columns = ("symbol", "quantity", "average_cost", "mark_price")
        rows = [[_text(position.get(column)) for column in columns] for position in held]
        print_table("Positions", columns, rows, numeric=columns[1:])
    if state.get("halt_causes"):
        typer.echo("")
        rows = [[_text(cause.get(column)) for column in ("guard", "at", "reason")] for cause in state["halt_causes"]]
        print_table("Halted by", ("guard", "at", "reason"), rows)
    from logos.live.folder import is_run  # noqa: PLC0415 - loads what only a look at one session needs

    status = "interrupted" if state["status"] == "running" and not is_run(folder) else state["status"]
    typer.echo(f"\n{_NEXT[status].format(id=folder.name)}")


def _fields(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    account, counts = state["account"], state["counts"]
    currency = account.get("currency", "")
    yield "status", state["status"]
    for key in ("name", "seed", "config_digest", "data_digest", "clock"):
        yield key.replace("_", " "), _text(state.get(key))
    for key in _COUNTS:
        yield key, f"{counts.get(key, 0):,}"
    yield "working orders", f"{len(state.get('orders', ())):,}"
    for key in ("starting_cash", "cash", "market_value", "equity", "realized_pnl", "unrealized_pnl", "fees"):
        if key in account:
            yield key.replace("_", " "), f"{grouped(account[key])} {currency}"
    yield "return", percent(total_return(account))


def _text(value: object) -> str:
    return "" if value is None else str(value)
