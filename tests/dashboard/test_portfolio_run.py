"""The files of a portfolio: what is read of them, whole, growing or hurt."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.artifacts.schemas import JOURNAL_FILE, WEIGHT_COLUMNS, WEIGHTS_FILE
from logos.context import redaction
from logos.live.folder import hold
from logos.ui.streamlit.components.weights_chart import (
    MOST_SYMBOLS,
    OTHERS,
    bands,
    growth_figure,
    last_figure,
    weights_figure,
    weights_text,
)
from logos.ui.streamlit.data import portfolio_files
from logos.ui.streamlit.data.portfolio_run import (
    clock_of,
    list_portfolios,
    load_comparison,
    load_remarks,
    load_risk,
    load_settings,
    status_of,
)
from logos.ui.streamlit.data.weights import load_weights

HEADER = ",".join(WEIGHT_COLUMNS) + "\n"
Write = Callable[..., Path]


def _table(folder: Path, text: str | bytes) -> Path:
    content = text.encode() if isinstance(text, str) else text
    (folder / WEIGHTS_FILE).write_bytes(content)
    return folder


def test_backtests_and_sessions_with_weights_are_listed_newest_first(
    workspace: Path, write_backtest: Write, write_session: Write, write_portfolio: Write
):
    write_backtest(workspace, "20260301-000000-plain")
    write_portfolio(write_backtest(workspace, "20260302-000000-old"))
    write_portfolio(write_session(workspace, "20260303-000000-new"))
    write_session(workspace, "20260304-000000-single")

    listed = list_portfolios(workspace).value or ()

    assert [(row.run_id, row.kind) for row in listed] == [
        ("20260303-000000-new", "session"),
        ("20260302-000000-old", "backtest"),
    ]


def test_a_workspace_without_portfolios_says_how_to_make_one(workspace: Path, write_backtest: Write):
    for reading in (list_portfolios(workspace), list_portfolios(write_backtest(workspace).parents[1])):
        assert reading.state == "missing"
        assert "logos portfolio backtest" in reading.hint


def test_weights_are_a_row_a_rebalance_and_a_column_a_symbol(tmp_path: Path):
    rows = (
        "2026-01-31T00:00:00Z,B,0.2,0.19,0.4\n2026-01-31T00:00:00Z,A,0.3,0.31,0.6\n"
        "2026-02-28T00:00:00Z,A,0.5,,\n"  # held is not known yet, there is no model of risk, and B is gone
    )

    weights = load_weights(_table(tmp_path, HEADER + rows)).value

    assert weights is not None
    assert weights.symbols == ("A", "B")
    np.testing.assert_array_equal(weights.target, [[0.3, 0.2], [0.5, np.nan]])
    np.testing.assert_array_equal(weights.actual, [[0.31, 0.19], [np.nan, np.nan]])
    np.testing.assert_array_equal(weights.risk, [[0.6, 0.4], [np.nan, np.nan]])
    assert not weights.held_last
    assert not weights.has_shorts
    np.testing.assert_allclose(weights.effective_assets()[0], 0.5**2 / (0.31**2 + 0.19**2))
    np.testing.assert_allclose(weights.target_turnover(), [0.4])


@given(
    shares=st.lists(st.floats(-2, 2).map(lambda value: round(value, 8)), min_size=4, max_size=24),
    symbols=st.integers(1, 4),
)
@settings(max_examples=60)
def test_every_written_weight_is_read_back(tmp_path_factory: pytest.TempPathFactory, shares: list[float], symbols: int):
    rebalances = len(shares) // symbols
    wanted = np.array(shares[: rebalances * symbols]).reshape(rebalances, symbols)
    lines = [
        f"2026-01-{turn + 1:02d}T00:00:00Z,S{place},{wanted[turn, place]:.8f},,\n"
        for turn in range(rebalances)
        for place in range(symbols)
    ]

    weights = load_weights(_table(tmp_path_factory.mktemp("weights"), HEADER + "".join(lines))).value

    assert weights is not None
    np.testing.assert_allclose(weights.target, wanted, atol=1e-9)


def test_a_row_being_written_is_left_out(tmp_path: Path):
    row = "2026-01-31T00:00:00Z,A,0.30000000,0.31000000,1.00000000\n"
    whole = HEADER + row + row.replace("01-31", "02-28")

    for cut in range(len(HEADER + row), len(whole)):
        folder = tmp_path / str(cut)
        folder.mkdir()
        reading = load_weights(_table(folder, whole[:cut]))
        assert reading.state == "ok"
        assert reading.value is not None
        assert len(reading.value) == 1


def test_rows_that_come_later_are_read(tmp_path: Path):
    _table(tmp_path, HEADER + "2026-01-31T00:00:00Z,A,0.3,,\n")
    assert len(load_weights(tmp_path).value or ()) == 1

    with (tmp_path / WEIGHTS_FILE).open("a") as file:
        file.write("2026-02-28T00:00:00Z,A,0.4,,\n")

    assert len(load_weights(tmp_path).value or ()) == 2


@pytest.mark.parametrize(
    ("content", "state"),
    [
        ("", "missing"),
        (HEADER, "missing"),
        (HEADER[:20], "missing"),
        ("time,price\n1,2\n", "damaged"),
        (b"\xff\xfe\x00\x01\n\x00\n", "damaged"),
        (HEADER + "soon,A,0.1,,\n", "damaged"),
        (HEADER + "2026-01-31T00:00:00Z,A,a lot,,\n", "damaged"),
        (HEADER + "2026-01-31T00:00:00Z,A,0.1,,\n1,2\n", "partial"),
        (HEADER + "2026-01-31T00:00:00Z,A,inf,nan,\n", "ok"),
    ],
)
def test_a_hurt_table_is_told_and_never_raised(tmp_path: Path, content: str | bytes, state: str):
    reading = load_weights(_table(tmp_path, content))

    assert reading.state == state
    assert bool(reading.message) == (state != "ok")
    if reading.value is not None:
        assert not np.isinf(reading.value.target).any()


def test_what_is_no_file_does_not_hold_up_the_page(tmp_path: Path):
    os.mkfifo(tmp_path / WEIGHTS_FILE)

    assert load_weights(tmp_path).state == "damaged"


def test_a_table_that_breaks_shows_what_was_read_before(tmp_path: Path):
    load_weights(_table(tmp_path, HEADER + "2026-01-31T00:00:00Z,A,0.3,,\n"))

    reading = load_weights(_table(tmp_path, "no table at all\nnor here\n"))

    assert reading.state == "partial"
    assert "read before" in reading.message
    assert reading.value is not None


@pytest.mark.parametrize("content", ["", "[]", "null", "{", '{"rebalances": {}}', "[" * 5_000])
def test_a_hurt_risk_report_is_told_and_never_raised(tmp_path: Path, content: str):
    (tmp_path / "risk.json").write_text(content)

    assert load_risk(tmp_path).state in {"damaged", "partial"}


def test_figures_that_are_no_numbers_are_missing(tmp_path: Path):
    (tmp_path / "risk.json").write_text('{"volatility": null, "turnover": "much", "cost_drag": 0.1, "rebalances": [1]}')

    risk = load_risk(tmp_path).value

    assert risk is not None
    assert risk.figures == {"cost_drag": 0.1}
    assert risk.rebalances == ()


def test_remarks_are_those_at_the_end_of_the_journal(
    workspace: Path, write_session: Write, write_portfolio: Write, monkeypatch: pytest.MonkeyPatch
):
    folder = write_portfolio(write_session(workspace), rebalances=40, notes={0: ["the first"], 39: ["the last"]})
    monkeypatch.setattr(portfolio_files, "TAIL_BYTES", 600)

    remarks = load_remarks(folder).value or ()

    assert 0 < len(remarks) < 40
    assert remarks[-1].notes == ("the last",)
    assert remarks[-1].volatility == 0.1


def test_a_damaged_line_of_the_journal_is_left_out(workspace: Path, write_session: Write, write_portfolio: Write):
    folder = write_portfolio(write_session(workspace), rebalances=2)
    with (folder / JOURNAL_FILE).open("a") as journal:
        journal.write('{"type":"rebalanced", and then nothing\n{"type":"rebalanced","no')

    reading = load_remarks(folder)

    assert reading.state == "partial"
    assert len(reading.value or ()) == 2


def test_settings_are_read_without_the_rest_of_the_config(tmp_path: Path):
    text = "instruments: [not, looked, at\nallocator:\n  plugin: hrp\n  constraints:\n    max_weight: '0.5'\nfeed: }\n"
    (tmp_path / "config.yaml").write_text(text)

    assert load_settings(tmp_path).value == {"allocator": {"plugin": "hrp", "constraints": {"max_weight": "0.5"}}}


@pytest.mark.parametrize("content", ["", "allocator: hrp\n", "allocator:\n  - [\n", "session: {}\n"])
def test_a_config_without_an_allocator_is_told(tmp_path: Path, content: str):
    (tmp_path / "config.yaml").write_text(content)

    assert load_settings(tmp_path).state == "damaged"


@pytest.mark.parametrize(
    ("content", "state", "rows"),
    [
        ("allocator,sharpe\nhrp,1.5\n", "ok", 1),
        ("allocator,sharpe\nhrp,1.5\nherc,1.", "ok", 1),
        ("allocator,sharpe\nhrp,1.5\nherc\n", "partial", 1),
        ("sharpe\n1.5\n", "damaged", 0),
        ("", "damaged", 0),
    ],
)
def test_the_comparison_is_read_by_whole_rows(tmp_path: Path, content: str, state: str, rows: int):
    (tmp_path / "comparison.csv").write_text(content)

    reading = load_comparison(tmp_path)

    assert reading.state == state
    assert len(reading.value or ()) == rows


def test_secrets_in_notes_and_names_are_masked(workspace: Path, write_backtest: Write, write_portfolio: Write):
    secret = "canary-7c1f05d29ab84e63"
    redaction.remember(secret)
    folder = write_portfolio(write_backtest(workspace), notes={0: [f"gave up {secret}"]})
    _table(folder, HEADER + f"2026-01-31T00:00:00Z,{secret},0.3,,\n")

    assert secret not in str(load_risk(folder).value)
    assert secret not in str(load_weights(folder).value)


def test_the_clock_of_a_session_is_that_of_its_snapshot(workspace: Path, write_session: Write):
    folder = write_session(workspace, status="halted")
    assert clock_of(folder) is not None
    assert status_of(folder) == "halted"

    (folder / "state.json").write_text("{}")

    assert status_of(folder) in {"", "halted"}  # the last good one while the file is hurt
    assert clock_of(workspace) is None


def test_a_session_that_nobody_runs_is_not_called_running(workspace: Path, write_session: Write):
    folder = write_session(workspace, status="running")

    with hold(folder):
        assert status_of(folder) == "running"
    assert status_of(folder) == "interrupted"


def test_many_symbols_are_the_largest_and_the_others_together(tmp_path: Path, write_portfolio: Write):
    weights = load_weights(write_portfolio(tmp_path, symbols=50, rebalances=3)).value
    assert weights is not None

    found = bands(weights, weights.target)

    assert len(found.names) == MOST_SYMBOLS + 1
    assert found.names[-1] == OTHERS
    np.testing.assert_allclose(found.values.sum(axis=1), weights.target.sum(axis=1))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_long_weights_are_stacked_and_shorts_are_lines(tmp_path: Path, write_portfolio: Write, theme: str):
    figures = {}
    for shorts in (False, True):
        folder = tmp_path / str(shorts)
        weights = load_weights(write_portfolio(folder, symbols=12, shorts=shorts)).value
        assert weights is not None
        assert weights.has_shorts is shorts
        found = bands(weights, weights.target)
        assert found.stacked is not shorts
        figures[shorts] = weights_figure(found, title="Target weights", y_title="Share (%)", theme=theme)

    assert all(trace.stackgroup for trace in figures[False].data)
    assert not any(trace.stackgroup for trace in figures[True].data)
    assert figures[True].layout.yaxis.zeroline
    for figure in figures.values():
        assert figure.layout.title.text
        assert figure.layout.yaxis.title.text
        assert figure.layout.xaxis.title.text == "Time (UTC)"


def test_bands_are_told_apart_without_colour(tmp_path: Path, write_portfolio: Write):
    weights = load_weights(write_portfolio(tmp_path, symbols=20)).value
    assert weights is not None

    figure = weights_figure(bands(weights, weights.target), title="t", y_title="y", theme="light")

    looks = [(trace.fillcolor, trace.fillpattern.shape) for trace in figure.data]
    assert len(set(looks)) == len(looks)
    assert any(trace.fillpattern.shape for trace in figure.data)


def test_pictures_stay_small_however_many_rebalances_there_were(tmp_path: Path, write_portfolio: Write):
    weights = load_weights(write_portfolio(tmp_path, symbols=12, rebalances=6_000)).value
    assert weights is not None

    found = bands(weights, weights.target, end=int(weights.times[-1]) + 60)

    assert len(found.times) <= 2_001
    assert found.times[0].astype("int64") == weights.times[0]
    assert found.times[-1].astype("int64") == weights.times[-1] + 60


def test_the_text_of_a_picture_names_each_share(tmp_path: Path, write_portfolio: Write):
    weights = load_weights(write_portfolio(tmp_path)).value
    assert weights is not None

    text = weights_text(bands(weights, weights.target), title="Target weights")

    assert "Target weights from 2026-03-02 14:31 UTC to 2026-03-05 14:31 UTC" in text
    assert "S000 " in text
    assert "%" in text


def test_figures_without_any_value_can_be_drawn(tmp_path: Path, write_portfolio: Write):
    weights = load_weights(write_portfolio(tmp_path, rebalances=1, held_last=False)).value
    assert weights is not None

    found = bands(weights, weights.actual)

    assert not len(found.times)
    assert weights_text(found, title="Held") == "Held: nothing to show."
    weights_figure(found, title="Held", y_title="y", theme="dark")
    last_figure([], [], [], theme="dark")
    growth_figure([], theme="light")
