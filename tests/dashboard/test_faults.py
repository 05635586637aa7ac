"""What is told of a file or a folder that cannot be read: in words, named as it is called, and never Python's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from logos import paths
from logos.artifacts import schemas
from logos.ui.streamlit.data.backtest_run import load_backtest
from logos.ui.streamlit.data.growing import GrowingAccount
from logos.ui.streamlit.data.lessons import list_lessons
from logos.ui.streamlit.data.live_session import look_at
from logos.ui.streamlit.data.runs_index import list_backtests
from logos.ui.streamlit.data.sessions_index import latest_session, list_sessions
from logos.ui.streamlit.data.trades import load_trades
from logos.ui.streamlit.data.weights import load_weights

Write = Callable[..., Path]
BINARY = bytes(range(256)) * 8
CURVE = "timestamp,equity,drawdown\n"


def loop(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "equity.csv is not a table of equity: it has no line"),
        (b"colour,size\nred,4\n", "equity.csv is not a table of equity: it has no column timestamp"),
        (CURVE.encode() + b"\xfb\xff,1,2,3\n", "equity.csv is not a table of equity: it is not text in UTF-8"),
        (BINARY, "equity.csv is not a table of equity: it is not text in UTF-8"),
        (f"{CURVE}soon,1,2\n".encode(), "equity.csv is not a table of equity: line 2 has a value that is no time"),
        (
            f"{CURVE}2026-03-02T14:30:00Z,many,2\n".encode(),
            "equity.csv is not a table of equity: line 2 has a value that is no number",
        ),
    ],
)
def test_a_curve_that_cannot_be_read_is_told_in_words(
    workspace: Path, write_backtest: Write, content: bytes, told: str
):
    folder = write_backtest(workspace)
    (folder / schemas.EQUITY_FILE).write_bytes(content)

    run = load_backtest(folder).value

    assert run is not None
    assert run.equity.message == told


@pytest.mark.parametrize("fields", [b"\xfb\xff\n", BINARY])
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_row_that_is_no_text_leaves_no_traceback_in_the_terminal(
    workspace: Path, write_backtest: Write, write_portfolio: Write, write_session: Write, fields: bytes
):
    folder, session = write_backtest(workspace), write_session(workspace)
    write_portfolio(folder)
    account = session / schemas.ACCOUNT_FILE
    for path in (folder / schemas.TRADES_FILE, folder / schemas.WEIGHTS_FILE, account):
        with path.open("ab") as file:
            file.write(fields + b"\n")

    assert load_trades(folder).message == "trades.csv cannot be read: it is not text in UTF-8"
    assert load_weights(folder).message == "weights.csv is not a table of weights: it is not text in UTF-8"
    reading = GrowingAccount(account).refresh()
    assert reading.state == "partial"
    assert reading.value is not None
    assert len(reading.value.curve) == 60


@pytest.mark.parametrize("name", [schemas.EQUITY_FILE, schemas.METRICS_FILE, schemas.TRADES_FILE, schemas.CONFIG_FILE])
def test_a_link_to_itself_is_there_and_cannot_be_read(workspace: Path, write_backtest: Write, name: str):
    folder = write_backtest(workspace)
    loop(folder / name)

    reading = load_backtest(folder)
    answers = {
        schemas.METRICS_FILE: reading,
        schemas.EQUITY_FILE: reading.value and reading.value.equity,
        schemas.CONFIG_FILE: reading.value and reading.value.config,
        schemas.TRADES_FILE: load_trades(folder),
    }

    answer = answers[name]
    assert answer is not None
    assert (answer.state, answer.message) == ("damaged", f"{name} cannot be read: Too many levels of symbolic links")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "not JSON: see line 1, column 2"),
        (BINARY, "it is not text in UTF-8"),
        (b"[]", "expected an object, found list"),
    ],
)
def test_a_snapshot_and_figures_are_named_as_in_their_folder(
    workspace: Path, write_backtest: Write, write_session: Write, content: bytes, told: str
):
    folder, session = write_backtest(workspace), write_session(workspace)
    (folder / schemas.METRICS_FILE).write_bytes(content)
    (session / schemas.STATE_FILE).write_bytes(content)
    (row,) = list_backtests(workspace).value or ()

    answers = [look_at(workspace, session).message, load_backtest(folder).message, row.reason]

    for name, answer in zip((schemas.STATE_FILE, schemas.METRICS_FILE, schemas.METRICS_FILE), answers, strict=True):
        assert answer.startswith(f"{name} ")
        assert str(workspace) not in answer
        assert "codec" not in answer
    assert told in answers[0]


@pytest.mark.parametrize("place", ["runs", "runs/live", "runs/live/sessions"])
def test_a_file_where_the_folder_of_sessions_belongs_is_no_empty_workspace(workspace: Path, place: str):
    path = workspace / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")

    for reading in (list_sessions(workspace), latest_session(workspace)):
        assert reading.state == "damaged"
        assert reading.message.startswith("runs/live/sessions cannot be listed: ")


@pytest.mark.parametrize("place", ["runs", "runs/lessons"])
def test_a_file_where_the_folder_of_lessons_belongs_is_no_empty_workspace(workspace: Path, place: str):
    path = workspace / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")

    reading = list_lessons(workspace)

    assert reading.state == "damaged"
    assert reading.message.startswith("runs/lessons cannot be listed: ")


@pytest.mark.parametrize("hurt", ["a file", "a link to itself"])
def test_pages_do_not_call_a_workspace_empty_that_cannot_be_listed(
    workspace: Path, page: Callable[[str], AppTest], hurt: str
):
    runs = paths.runs_dir(workspace)
    if hurt == "a file":
        runs.write_text("")
    else:
        loop(runs)

    for name in ("overview", "backtests", "live_monitor", "tutor"):
        test = page(name)
        assert not test.exception
        drawn = "\n".join(element.proto.body for element in test.get("html"))
        assert "cannot be listed" in drawn
        assert "none yet" not in drawn.casefold()
        assert "session yet" not in drawn
        assert "lessons yet" not in drawn
        assert str(workspace) not in drawn
