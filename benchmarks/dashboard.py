"""Times the dashboard: ``python benchmarks/dashboard.py [--quick] [--rounds N] [--json FILE] [--no-browser]``.

The script of each page by Streamlit's AppTest, warm, with 50,000 fills and 500,000 rows of equity and account; a list
of a thousand runs; a refresh of the Live Monitor while a session of any length grows; and in Debian's Chromium, where
there is one, the way from one page to another until its chart is drawn. Every figure is a median.
"""

import argparse
import csv
import fcntl
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
from goals import Goal
from peers.job import clock
from rich.console import Console
from rich.table import Table

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts" / "dashboard"
sys.path.append(str(SCRIPTS))

import stage  # noqa: E402 -- beside the scripts that it is shared with

PAGES = ("overview", "backtests", "live-monitor", "portfolio", "strategy-lab", "tutor", "settings")
CHARTED = ("backtests", "live-monitor", "portfolio")
START = 1_704_067_200
"""2024-01-01, in seconds since the epoch."""
APPENDED = 12
"""Rows that a session writes between two refreshes: more than two seconds' worth of one that waits for its bars."""
Row = dict[str, Any]


@attrs.frozen
class Sizes:
    """How much lies in the workspace, and how often things are done."""

    trades: int
    rows: int
    runs: int
    lengths: tuple[int, ...]
    refreshes: int


FULL = Sizes(50_000, 500_000, 1_000, (1_000, 50_000, 500_000), 300)
QUICK = Sizes(500, 2_000, 20, (200, 2_000), 4)


def options() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that all of it works")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--no-browser", action="store_true", help="leave out what needs Chromium")
    parser.add_argument("--json", type=Path, help="a file for everything that was found")
    return parser.parse_args()


def moment(minute: int) -> str:
    """Return a minute of the made tables as text."""
    from logos.domain.times import time_text  # noqa: PLC0415 -- after the workspace is named

    return time_text(START + 60 * minute)


def equity_at(minute: int) -> float:
    """Return a curve that goes up and down, the same on every run."""
    return 100_000.0 + (minute * 7919 % 5_003) / 10.0 + minute / 50.0


def account_rows(first: int, count: int) -> Iterator[str]:
    """Return rows of account.csv."""
    for minute in range(first, first + count):
        equity = equity_at(minute)
        yield (
            f"{moment(minute)},{equity:.8f},0.00000000,{equity:.8f},0.00000000,{equity - 100_000:.8f},0.00000000,"
            "0.00100000,0.50000000,0.50000000\n"
        )


def make(workspace: Path, sizes: Sizes) -> tuple[str, str]:
    """Fill a workspace with real runs, then make the newest long, and many; return the ids of backtest and session."""
    stage.make(workspace, {**os.environ, "NO_COLOR": "1"})  # noqa: TID251
    runs = workspace / "runs"
    (backtest,) = runs.glob("*-fixtures")
    lengthen(backtest / "trades.csv", sizes.trades)
    with (backtest / "equity.csv").open("w", encoding="utf-8") as file:
        file.write("timestamp,equity,drawdown\n")
        file.writelines(f"{moment(one)},{equity_at(one):.8f},0.00100000\n" for one in range(sizes.rows))
    small = {name: (backtest / name).read_bytes() for name in ("metrics.json", "config.yaml")}
    small["equity.csv"] = b"timestamp,equity,drawdown\n"  # without one a run is listed unread, as one that did not end
    for number in range(sizes.runs):
        folder = runs / f"20250101-{number // 3600:02d}{number // 60 % 60:02d}{number % 60:02d}-copy"
        folder.mkdir()
        for name, content in small.items():
            (folder / name).write_bytes(content)
    session = (runs / "live" / "latest_session").resolve()
    lengthen(session / "trades.csv", sizes.trades)
    regrow(session, sizes.rows)
    return backtest.name, session.name


def lengthen(path: Path, count: int) -> None:
    """Repeat the rows of a table of fills, numbered on, until there are enough."""
    header, *lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for number in range(count):
            _, *rest = lines[number % len(lines)]
            writer.writerow([number + 1, *rest])


def regrow(session: Path, count: int) -> None:
    """Give a session an account of another length."""
    path = session / "account.csv"
    header = path.read_text(encoding="utf-8").partition("\n")[0]
    path.unlink()
    with path.open("w", encoding="utf-8") as file:
        file.write(header + "\n")
        file.writelines(account_rows(0, count))


@contextmanager
def running(session: Path) -> Iterator[None]:
    """Let a session look like one that is being run: its snapshot says so, and its lock is held."""
    path = session / "state.json"
    before = path.read_bytes()
    path.write_text(json.dumps(json.loads(before) | {"status": "running"}), encoding="utf-8")
    with (session / ".lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.write_bytes(before)


def timed(work: Callable[[], object], rounds: int, *, before: Callable[[], object] = lambda: None) -> list[float]:
    """Return the milliseconds of some rounds."""
    found = []
    for _ in range(rounds):
        before()
        begin = clock()
        work()
        found.append(1_000 * (clock() - begin))
    return found


def row(part: str, what: str, values: list[float], goal: float | None = None, unit: str = "ms") -> Row:
    """Return one line: its median, least and greatest, and what it has to be."""
    return {
        "part": part,
        "what": what,
        "median": statistics.median(values),
        "least": min(values),
        "greatest": max(values),
        "goal": goal,
        "unit": unit,
    }


def page_of(name: str, query: dict[str, str]) -> Any:
    """Return a page as AppTest runs it, run twice to be warm."""
    from streamlit.testing.v1 import AppTest  # noqa: PLC0415 -- takes a second to load

    module = name.replace("-", "_")
    page = AppTest.from_string(
        f"from logos.ui.streamlit.app_pages import {module}\n{module}.show()", default_timeout=300
    )
    for key, value in query.items():
        page.query_params[key] = value
    for _ in range(2):
        page.run()
        faults = [*page.exception, *(one for one in page.get("html") if "cannot be shown" in str(one.proto))]
        if faults:
            sys.exit(f"the page {name} cannot be shown: {faults}")
    return page


def scripts(backtest: str, session: str, rounds: int) -> Iterator[Row]:
    """Time the script of every page."""
    for name in PAGES:
        page = page_of(name, {"run": backtest, "session": session} if name in CHARTED[:2] else {})
        yield row("script", f"{name}, script", timed(page.run, rounds), 500)


def index(workspace: Path, runs: int, rounds: int) -> Iterator[Row]:
    """Time the list of all runs: as it is opened for the first time, and when nothing has changed."""
    from logos.ui.streamlit.data import runs_index  # noqa: PLC0415

    begin = clock()
    listed = runs_index.list_backtests(workspace).value or ()
    first = 1_000 * (clock() - begin)
    if sum(one.readable for one in listed) < runs:
        sys.exit(f"{len(listed)} runs are listed, and not {runs} of them can be read")
    yield row("index", f"index of {len(listed):,} runs, opened first", [first], 500)
    again = timed(lambda: runs_index.list_backtests(workspace), rounds)
    yield row("index", f"index of {len(listed):,} runs, again", again, 500)


def refreshes(workspace: Path, session: str, sizes: Sizes, rounds: int) -> Iterator[Row]:
    """Time what one refresh of the Live Monitor has to read and to draw, while the account grows."""
    from logos.ui.streamlit.data.live_session import look_at  # noqa: PLC0415

    folder = workspace / "runs" / "live" / "sessions" / session
    for length in sizes.lengths:
        regrow(folder, length)
        written = length

        def grow() -> None:
            nonlocal written
            with (folder / "account.csv").open("a", encoding="utf-8") as file:
                file.writelines(account_rows(written, APPENDED))
            written += APPENDED

        page = page_of("live-monitor", {"session": session})
        read = timed(lambda: look_at(workspace, folder), rounds, before=grow)
        yield row("refresh", f"Live Monitor, new rows read, {length:,} rows", read, 100)
        yield row("refresh", f"Live Monitor, whole page, {length:,} rows", timed(page.run, rounds, before=grow), 100)


def in_browser(workspace: Path, backtest: str, sizes: Sizes, rounds: int) -> Iterator[Row]:
    """Time starts, the ways between pages until a chart is drawn, and memory over many refreshes, in real processes."""
    from browsing import Window, browser, chromium  # noqa: PLC0415 -- needs Playwright
    from serving import dashboard  # noqa: PLC0415

    environment = {**os.environ, "NO_COLOR": "1"}  # noqa: TID251
    starts = []
    for _ in range(min(rounds, 3)):
        with dashboard(workspace, environment) as served:
            starts.append(1_000 * served.seconds)
    yield row("start", "server, until it answers", starts)
    program = chromium()
    if program is None:
        return
    with dashboard(workspace, environment) as served, browser(program) as started:
        window = Window(started.new_context(viewport={"width": 1280, "height": 1000}).new_page(), served.address)
        begin = clock()
        window.open("backtests", run=backtest)
        yield row("start", "first load of Backtests in a new browser", [1_000 * (clock() - begin)])
        for name in CHARTED:
            yield row("way", f"to {name}, until its chart is drawn", ways(window, name, rounds), 1_000)
        yield memory(window, served.pid, sizes.refreshes)
        if window.problems:
            sys.exit("\n".join(window.problems))


def ways(window: Any, name: str, rounds: int) -> list[float]:
    """Return the milliseconds from a click on a page's link until its chart stands."""
    from browsing import PAGES as TITLES  # noqa: PLC0415

    found = []
    for _ in range(rounds + 1):
        window.go("tutor")
        link = window.page.get_by_test_id("stSidebarNav").get_by_role("link", name=TITLES[name], exact=True)
        begin = clock()
        link.click()
        window.page.wait_for_selector(".js-plotly-plot .scatterlayer .trace")
        found.append(1_000 * (clock() - begin))
        window.settle(TITLES[name])
    return found[1:]  # the first one warms the server


def memory(window: Any, pid: int, count: int) -> Row:
    """Return by how many MiB the server grows from the first third of many refreshes to the end."""
    window.go("live-monitor")
    choices = window.page.locator(".st-key-live-window")
    measured = []
    for turn in range(count):
        choices.get_by_role("radio", name=("Last hour", "Whole session")[turn % 2]).click()
        title = ("last hour", "whole session")[turn % 2]
        window.page.locator(".js-plotly-plot .gtitle", has_text=title).first.wait_for()
        measured.append(resident(pid))
    growth = measured[-1] - measured[len(measured) // 3]
    told = f"growth over the last two thirds of {count} refreshes, from {measured[0]:.0f} MiB"
    return row("memory", told, [growth], 16, "MiB")


def resident(pid: int) -> float:
    """Return the memory that a process has, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def goal_of(one: Row) -> Goal:
    """Return what a line has to be, and whether it is."""
    return Goal(
        one["what"], one["goal"], one["median"], shown=lambda value: f"{value:,.1f} {one['unit']}", at_most=True
    )


def independent(rows: list[Row]) -> Goal | None:
    """Return whether reading new rows takes as long in a long session as in a short one."""
    read = [one["median"] for one in rows if one["part"] == "refresh" and "new rows" in one["what"]]
    if len(read) < 2 or not min(read):
        return None
    return Goal(
        "new rows read, longest session over shortest", 3.0, read[-1] / read[0], lambda x: f"{x:.2f} times", True
    )


def show(rows: list[Row], goals: list[Goal]) -> None:
    """Print the tables."""
    console = Console(width=140)
    table = Table(title="Dashboard", title_justify="left")
    for name in ("what", "median", "least", "greatest"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for one in rows:
        table.add_row(one["what"], *(f"{one[key]:,.1f} {one['unit']}" for key in ("median", "least", "greatest")))
    console.print(table)
    table = Table(title="Goals", title_justify="left")
    for name in ("what", "reached", "goal", ""):
        table.add_column(name, justify="right" if name == "reached" else "left")
    for goal in goals:
        table.add_row(*goal.line)
    console.print(table)


def main() -> None:
    """Measure, and show what was found."""
    given = options()
    sizes, rounds = (QUICK, 2) if given.quick else (FULL, given.rounds)
    with tempfile.TemporaryDirectory() as place:
        workspace = Path(place) / "workspace"
        workspace.mkdir()
        os.environ["LOGOS_HOME"] = str(workspace)  # noqa: TID251 -- the pages run in this process
        backtest, session = make(workspace, sizes)
        rows = list(index(workspace, sizes.runs, rounds))
        rows += scripts(backtest, session, rounds)
        with running(workspace / "runs" / "live" / "sessions" / session):
            rows += refreshes(workspace, session, sizes, rounds)
        if not given.no_browser:
            rows += in_browser(workspace, backtest, sizes, rounds)
    goals = [goal_of(one) for one in rows if one["goal"] is not None]
    goals += filter(None, [independent(rows)])
    show(rows, goals)
    told = [
        {"what": goal.what, "wanted": goal.wanted, "reached": goal.reached, "verdict": goal.verdict} for goal in goals
    ]
    if given.json:
        given.json.write_text(json.dumps({"rows": rows, "goals": told}, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({"goals": told}))


if __name__ == "__main__":
    main()
