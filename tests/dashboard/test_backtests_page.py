"""The Backtests page in every state: none, one, many, filtered, damaged, compared, and of the earlier layout."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from logos import paths
from logos.backtest.comparing import Comparison
from logos.context.redaction import remember
from logos.ui.streamlit import state
from logos.ui.streamlit.app_pages import backtests
from logos.ui.streamlit.components import comparison, frame, run_picker, trades_table

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SCRIPT = "from logos.ui.streamlit.app_pages import backtests\nbacktests.show()"
ONE, TWO, THREE = "20260302-143000-one", "20260303-143000-two", "20260304-143000-three"
TREND = {"by_strategy": [{"strategy": "trend", "fills": 20, "trades": 10, "win_rate": 0.4, "net_pnl": "-5.25000000"}]}
BREAK = {"by_strategy": [{"strategy": "breakout"}], "by_symbol": [{"symbol": "AAPL"}]}
Write = Callable[..., Path]


def test_what_a_strategy_earned_is_net_of_fees():
    entry = {"strategy": "trend", "fees": "3.50000000", "pnl": "9.00000000", "net_pnl": "5.50000000"}

    assert backtests._share(entry, "strategy")[4:6] == ("3.50", "+5.50")
    assert backtests._share(entry | {"net_pnl": "-5.25000000"}, "strategy")[5] == "\N{MINUS SIGN}5.25"


def run(**query: str) -> AppTest:
    """Draw the page at an address."""
    test = AppTest.from_string(SCRIPT)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run(timeout=30)


def text(test: AppTest) -> str:
    """Return what the page says in HTML, captions and code."""
    drawn = [element.proto.body for element in test.get("html")]
    return "\n".join([*drawn, *(item.value for item in test.caption), *(item.value for item in test.code)])


def charts(test: AppTest) -> list[dict[str, Any]]:
    """Return the figures of the page as Plotly gets them."""
    return [json.loads(element.proto.spec) for element in test.get("plotly_chart")]


def table(test: AppTest) -> Any:
    """Return the table of runs."""
    (element,) = test.dataframe
    return element.value


def test_an_empty_workspace_shows_the_command_that_makes_a_backtest(workspace: Path):
    test = run()

    assert not test.exception
    assert "No backtests yet" in text(test)
    assert "<code>logos backtest</code>" in text(test)
    assert not test.dataframe


def test_one_backtest_is_shown_at_once_and_nothing_is_written_into_the_address(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE, metrics=TREND)

    test = run()

    assert not test.exception
    assert not test.query_params
    shown = text(test)
    for label in ("Total return", "CAGR", "Sharpe ratio", "Max drawdown", "Win rate", "Exposure", "Turnover", "Fees"):
        assert label in shown
    assert "20.70 <span" in shown
    assert shown.count("1 day: too few to judge") == 2  # CAGR and Sharpe ratio
    assert f"logos backtest verify {ONE}" in shown
    assert f"logos backtest report {ONE}" in shown
    assert "By strategy" in shown
    (figure,) = charts(test)
    assert [trace["name"] for trace in figure["data"]] == [
        "Run",
        "Run, drawdown",
        "Buy and hold, daily closes",
        "Buy and hold, daily closes, drawdown",
    ]
    assert {trace["type"] for trace in figure["data"]} == {"scatter"}


def test_one_hover_line_runs_through_equity_and_drawdown(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE)

    (figure,) = charts(run())

    assert (figure["layout"]["hovermode"], figure["layout"]["hoversubplots"]) == ("x unified", "axis")
    assert {trace.get("xaxis", "x") for trace in figure["data"]} == {"x"}  # one axis for all: else no line is shared


def test_money_of_a_currency_without_decimals_has_none(workspace: Path, write_backtest: Write):
    folder = write_backtest(
        workspace,
        ONE,
        metrics={
            "currency": "JPY",
            "starting_cash": "1000000",
            "final_equity": "1012762",
            "fees": "118",
            "by_strategy": [{"strategy": "trend", "fees": "118", "net_pnl": "12762"}],
        },
    )
    trades = folder / "trades.csv"
    head, *_ = trades.read_text().splitlines()
    trades.write_text(f"{head}\n1,1,2026-03-02T14:33:00Z,AAPL,sell,10,1182,taker,1512,-1370,11820,\n")

    test = run()

    shown = text(test)
    for told in ("+12,762 JPY", '118 <span class="logos-unit">JPY', ">+12,762<", ">1,512<", ">11,820<", "1,370<"):
        assert told in shown
    (chart,) = test.get("plotly_chart")
    assert "%{y:,.0f} JPY" in chart.proto.spec
    assert ".00 JPY" not in shown + chart.proto.spec + chart.proto.alt
    write_backtest(workspace, TWO, metrics={"currency": "JPY", "starting_cash": "1000000", "final_equity": "1012700"})
    assert ">\N{MINUS SIGN}62 JPY<" in text(run(runs=f"{ONE},{TWO}"))


def test_the_open_tab_is_that_of_the_address(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE)

    assert run().session_state["run-tab"] == "Fills"
    assert run(**{"run-tab": "Config"}).session_state["run-tab"] == "Config"
    assert run(**{"run-tab": "none like it"}).session_state["run-tab"] == "Fills"


@pytest.mark.parametrize(("opened", "address"), [(2, {"run-tab": "Config"}), (0, {})])
def test_a_tab_that_is_opened_goes_into_the_address_beside_the_run(
    workspace: Path, write_backtest: Write, monkeypatch: pytest.MonkeyPatch, opened: int, address: dict[str, str]
):
    real = frame.st.tabs

    def tabs(labels: Sequence[str], *, key: str, on_change: Callable[[], None]) -> Any:
        frame.st.session_state[key] = labels[opened]
        on_change()
        return real(labels)

    monkeypatch.setattr(frame.st, "tabs", tabs)
    write_backtest(workspace, ONE)

    assert run(run=ONE).query_params == {"run": ONE, **address}


def test_every_tile_says_what_its_number_is(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE)

    tiles = text(run()).split('<div class="logos-metric"')[1:]

    assert len(tiles) == 8
    assert all(tile.startswith(' title="') for tile in tiles)


def test_many_backtests_stand_newest_first_and_the_newest_is_shown(workspace: Path, write_backtest: Write):
    for run_id in (TWO, ONE, THREE):
        write_backtest(workspace, run_id)

    test = run()

    assert list(table(test)["name"]) == ["three", "two", "one"]
    assert f"logos backtest verify {THREE}" in text(test)


def displayed(test: AppTest) -> Any:
    """Return the texts that stand in the table of runs."""
    (element,) = test.dataframe
    return convert_arrow_bytes_to_pandas_df(element.proto.arrow_data.styler.display_values)


def test_the_table_writes_numbers_as_the_tiles_do_and_sorts_them_as_numbers(workspace: Path, write_backtest: Write):
    lost = {"total_return": -0.0525, "sharpe": -1.5, "max_drawdown": 0.0625, "days": 250}
    write_backtest(workspace, ONE, metrics=lost)
    write_backtest(workspace, TWO, metrics={"total_return": 12.5, "sharpe": None})

    test = run()

    shown = displayed(test)
    assert list(shown["return"]) == ["+1,250.00%", "\N{MINUS SIGN}5.25%"]
    assert list(shown["sharpe"]) == ["\N{EN DASH}", "\N{MINUS SIGN}1.50"]
    assert shown["drawdown"][1] == "6.25%"
    assert list(table(test)["return"]) == [1250.0, -5.25]
    assert all("format" not in json.loads(test.dataframe[0].proto.columns)[name]["type_config"] for name in shown
               if name in {"return", "sharpe", "drawdown"})  # fmt: skip


def test_a_sharpe_ratio_of_few_days_says_so_in_the_table_and_is_sorted_as_a_number(
    workspace: Path, write_backtest: Write
):
    for day, (sharpe, days) in enumerate(((2.0, 29), (1.0, 30), (-3.0, 1), (None, 3), (9.5, 29)), start=1):
        write_backtest(workspace, f"2026030{day}-143000-run", metrics={"sharpe": sharpe, "days": days})

    test = run()

    shown = list(displayed(test)["sharpe"])
    assert shown == ["9.50 (29 days)", "\N{EN DASH}", "\N{MINUS SIGN}3.00 (1 day)", "1.00", "2.00 (29 days)"]
    assert [value for value in table(test)["sharpe"] if value == value] == [9.5, -3.0, 1.0, 2.0]  # noqa: PLR0124 - NaN


@pytest.fixture
def listed_at_most_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (backtests, run_picker):
        monkeypatch.setattr(module, "MOST_LISTED", 2)


@pytest.mark.usefixtures("listed_at_most_two")
def test_of_very_many_runs_the_first_are_listed_in_the_order_that_is_chosen(workspace: Path, write_backtest: Write):
    for run_id, sharpe in ((ONE, 2.0), (TWO, None), (THREE, 1.0)):
        write_backtest(workspace, run_id, metrics={"sharpe": sharpe})
    test = run()
    assert list(table(test)["name"]) == ["three", "two"]
    assert "3 of 3 backtests; the first 2 are listed" in text(test)

    test.selectbox(key="backtests-order").set_value("Highest Sharpe ratio first").run()

    assert list(table(test)["name"]) == ["one", "three"]


@pytest.mark.usefixtures("listed_at_most_two")
def test_a_run_that_is_looked_at_is_listed_however_many_there_are(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)

    test = run(run=ONE)
    compared = run(runs=f"{ONE},{THREE}")

    assert list(table(test)["name"]) == ["three", "two", "one"]
    assert test.query_params["run"] == ONE
    assert len(charts(compared)[0]["data"]) == 2


def test_a_short_list_has_no_choice_of_order(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE)

    assert [field.label for field in run().selectbox] == ["Run"]


def test_a_run_is_picked_in_a_field_by_its_name_and_the_table_shows_it(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)
    test = run()
    field = test.selectbox(key="backtests-one-field")
    assert (field.value, field.options) == (0, [THREE, TWO, ONE])

    field.set_value(2).run()

    assert test.query_params == {"run": ONE}
    assert f"logos backtest verify {ONE}" in text(test)
    assert picked_in_the_table(test) == [2]


def test_runs_are_compared_that_are_picked_in_a_field(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)
    test = run(runs=f"{TWO},{ONE}")
    field = test.multiselect(key="backtests-some-field")
    assert (field.value, field.options) == ([1, 2], [THREE, TWO, ONE])

    field.set_value([0, 1, 2]).run()

    assert test.query_params == {"runs": f"{TWO},{ONE},{THREE}"}  # what was there before stays the first
    assert picked_in_the_table(test) == [0, 1, 2]
    test.multiselect(key="backtests-some-field").set_value([2]).run()
    assert test.query_params == {"runs": ONE}


def test_a_click_on_any_cell_of_a_row_picks_its_run(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)
    one, some = run(), run(runs=f"{THREE},{ONE}")

    click(one, 1)
    click(some, 1)

    assert one.query_params == {"run": TWO}
    assert one.selectbox(key="backtests-one-field").value == 1
    assert some.query_params == {"runs": f"{THREE},{ONE},{TWO}"}
    click(some, 1)  # once more takes it back
    assert some.query_params == {"runs": f"{THREE},{ONE}"}


def test_what_the_table_sends_back_of_itself_takes_no_pick_back(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)
    test = run()

    test.selectbox(key="backtests-one-field").set_value(1)
    click(test, 0, "made")  # the cell that it was told to show

    assert test.query_params == {"run": TWO}


def click(test: AppTest, row: int, column: str = "name") -> None:
    """Tell the page what the browser does when somebody clicks a cell."""
    widget = table_key(test)
    rows = test.session_state[widget]["selection"]["rows"]
    states = test._tree.get_widget_states()
    told = {"selection": {"rows": list(rows), "columns": [], "cells": [[row, column]]}}
    states.widgets.add(id=test.dataframe[0].proto.id, string_value=json.dumps(told))
    test._run(states)


def table_key(test: AppTest) -> str:
    """Return the key of the table of runs, which is the last part of its id."""
    return str(test.dataframe[0].proto.id).split("-", 2)[2]


def picked_in_the_table(test: AppTest) -> list[int]:
    """Return the rows that the table of runs shows as picked."""
    return list(test.session_state[table_key(test)]["selection"]["rows"])


def test_two_runs_whose_names_are_masked_alike_can_be_told_apart(workspace: Path, write_backtest: Write):
    for last in "ab":
        remember(f"topsecret-name-{last}")
        write_backtest(workspace, f"20260302-143000-topsecret-name-{last}")

    first, second = run().selectbox(key="backtests-one-field").options

    assert first != second
    assert "topsecret" not in first + second


def test_the_columns_that_say_which_run_it_is_are_not_pinned(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE)

    columns = json.loads(run().dataframe[0].proto.columns)

    assert not [name for name, column in columns.items() if column.get("pinned")]  # those are written in a faint grey


def test_a_link_opens_its_run(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)

    test = run(run=ONE)

    assert test.query_params["run"] == ONE
    assert f"logos backtest verify {ONE}" in text(test)


def test_a_link_to_a_run_that_is_gone_shows_the_newest(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE)

    test = run(run="20200101-000000-gone")

    assert not test.exception
    assert "The first of the list is shown: there is no run 20200101-000000-gone<" in text(test)
    assert f"logos backtest verify {ONE}" in text(test)
    assert "there is no run" in text(test.run(timeout=30))


def test_a_comparison_with_a_run_that_is_gone_says_so(workspace: Path, write_backtest: Write):
    for name in (ONE, TWO):
        write_backtest(workspace, name)

    test = run(runs=f"{ONE},GONE,{TWO}")

    assert not test.exception
    assert "The others are shown: there is no run GONE<" in text(test)


def test_filters_narrow_the_list(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE, metrics=TREND)
    write_backtest(workspace, TWO, metrics=BREAK)
    test = run()

    test.text_input(key="backtests-text").set_value("ONE").run()
    assert list(table(test)["name"]) == ["one"]
    assert "1 of 2 backtests" in text(test)

    test.text_input(key="backtests-text").set_value("")
    test.multiselect(key="backtests-strategies").set_value(["breakout"]).run()
    assert list(table(test)["name"]) == ["two"]

    test.multiselect(key="backtests-symbols").set_value(["AAPL"]).run()
    assert list(table(test)["name"]) == ["two"]

    test.text_input(key="backtests-text").set_value("nothing like it").run()
    assert not test.dataframe
    assert "No backtest matches" in text(test)


def search(test: AppTest, words: str) -> AppTest:
    """Search the list of runs."""
    return test.text_input(key="backtests-text").set_value(words).run()


def test_a_filter_does_not_unpick_what_is_compared(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)
    test = run(runs=f"{ONE},{THREE}")

    search(test, "two")

    assert list(table(test)["name"]) == ["two", "three", "one"]
    assert "1 of 3 backtests; 2 more are listed, which are picked" in text(test)
    assert [line["name"][4:] for line in charts(test)[0]["data"]] == [ONE, THREE]
    search(test, "nothing like it")
    assert list(table(test)["name"]) == ["three", "one"]
    assert test.query_params["runs"] == f"{ONE},{THREE}"


def test_a_filter_does_not_show_another_run_than_the_one_that_is_picked(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO):
        write_backtest(workspace, run_id)

    test = search(run(run=TWO), "one")

    assert list(table(test)["name"]) == ["one", "two"]
    assert f"logos backtest verify {TWO}" in text(test)
    assert "1 of 2 backtests; one more is listed, which is picked" in text(test)


def test_the_filter_of_days_stands_when_a_run_arrives(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO):
        write_backtest(workspace, run_id)
    test = run()
    test.date_input(key="backtests-days").set_value((date(2026, 3, 2), date(2026, 3, 2))).run()
    assert list(table(test)["name"]) == ["one"]

    write_backtest(workspace, THREE)
    test.run()

    assert list(table(test)["name"]) == ["one"]
    assert "1 of 3 backtests" in text(test)
    shutil.rmtree(paths.runs_dir(workspace) / ONE)
    assert list(table(test.run())["name"]) == ["three", "two"]  # there is no such day any more


def test_a_damaged_newest_run_is_told_of_and_the_newest_that_can_be_read_is_shown(
    workspace: Path, write_backtest: Write
):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)
    (workspace / "runs" / THREE / "metrics.json").write_text("{")

    test = run()

    assert f"logos backtest verify {TWO}" in text(test)
    assert f"{THREE} cannot be read, so the first run that can is shown: pick it to see why" in text(test)
    assert "does not hold a backtest" in text(run(run=THREE))
    assert "cannot be read" not in text(run(run=TWO))
    (workspace / "runs" / TWO / "metrics.json").write_text("{")
    assert f"{THREE} and 1 more cannot be read" in text(run())
    gone = text(run(run="GONE"))
    assert "The first that can be read is shown: there is no run GONE<" in gone
    assert f"logos backtest verify {ONE}" in gone


def test_a_damaged_run_is_listed_and_its_reason_shown(workspace: Path, write_backtest: Write):
    (write_backtest(workspace, ONE) / "metrics.json").write_text('{"start": "20')

    test = run()

    assert not test.exception
    assert list(table(test)["status"]) == ["unreadable"]
    assert "does not hold a backtest" in text(test)
    assert not charts(test)


@pytest.mark.parametrize("name", ["equity.csv", "benchmark.csv", "trades.csv", "config.yaml"])
@pytest.mark.parametrize("content", [b"", b"\xff\x00nonsense", b"timestamp\n1\n"])
def test_a_hurt_file_is_a_card_and_the_rest_of_the_page_stands(
    workspace: Path, write_backtest: Write, name: str, content: bytes
):
    (write_backtest(workspace, ONE) / name).write_bytes(content)

    test = run()

    assert not test.exception
    assert "Total return" in text(test)


def test_figures_of_odd_kinds_leave_dashes_and_no_exception(workspace: Path, write_backtest: Write):
    odd = {
        "sharpe": "high",
        "cagr": None,
        "exposure": {},
        "halt_causes": [1, {"guard": "drawdown"}],
        "benchmark": 3,
        "notes": [1, "a note"],
        "plugins": "none",
        "by_symbol": [{"symbol": None, "fills": "many", "net_pnl": [], "contribution": "x"}, 4],
        "days": "few",
        "fills": 10**30,
        "fees": "much",
        "starting_cash": "0",
    }
    write_backtest(workspace, ONE, metrics=odd)

    test = run()

    assert not test.exception
    assert "a note" in text(test)


def test_trades_are_filtered_and_paged(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE, trades=120)
    test = run()
    assert "Fills 1 to 25 of 120, newest first" in text(test)

    (pages,) = test.get("pagination")
    pages.set_value(5).run()
    assert "Fills 101 to 120 of 120" in text(test)

    test.multiselect(key=f"{state.key_of('trades', ONE)}-symbols").set_value(["BTC-USD"]).run()
    assert "Fills 1 to 25 of 40" in text(test)

    (download,) = test.get("download_button")
    assert download.proto.label == "Download 40 rows as CSV"


def test_the_choice_of_a_page_has_the_width_of_the_page(
    workspace: Path, write_backtest: Write, monkeypatch: pytest.MonkeyPatch
):
    widths: list[object] = []

    def choose(_pages: int, *, key: str, width: object = "content") -> int:
        widths.append(width)
        return 1

    monkeypatch.setattr(trades_table.st, "pagination", choose)
    write_backtest(workspace, ONE, trades=30)

    assert not run().exception
    assert widths == ["stretch"]  # as wide as its content it hides the second of two pages


def test_the_download_is_made_only_when_it_is_asked_for(
    workspace: Path, write_backtest: Write, monkeypatch: pytest.MonkeyPatch
):
    from logos.ui.streamlit.data.trades import Trades  # noqa: PLC0415 - beside its patch

    def refuse(_self: Trades) -> bytes:
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr(Trades, "to_csv", refuse)
    write_backtest(workspace, ONE)

    assert not run().exception


def test_a_run_without_fills_says_so(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE, trades=0)

    assert "This run traded nothing" in text(run())


def test_compare_asks_for_two_runs(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE)
    write_backtest(workspace, TWO)

    test = run(runs=ONE)

    assert not test.exception
    assert "Pick two to six runs" in text(test)
    assert not charts(test)


def test_compared_runs_start_at_100_and_differ_by_more_than_colour(workspace: Path, write_backtest: Write):
    for run_id, sharpe in ((ONE, 1.0), (TWO, 1.5), (THREE, 0.5)):
        write_backtest(workspace, run_id, metrics={"sharpe": sharpe, "data_digest": "d" * 64})

    test = run(runs=f"{ONE},{TWO},{THREE}")

    assert not test.exception
    (figure,) = charts(test)
    lines = figure["data"]
    assert [line["name"][0] for line in lines] == ["A", "B", "C"]
    assert len({line["line"]["dash"] for line in lines}) == 3
    shown = text(test)
    assert ONE in lines[0]["name"]
    assert "No winner is named" in shown
    assert "+0.50" in shown
    assert "−0.50" in shown  # noqa: RUF001 - a true minus sign


def test_runs_whose_spans_are_apart_are_drawn_from_their_own_starts(workspace: Path, write_backtest: Write):
    for run_id, sharpe in ((ONE, 1.0), (TWO, 1.5)):
        write_backtest(workspace, run_id, metrics={"sharpe": sharpe})
    together = run(runs=f"{ONE},{TWO}")
    assert charts(together)[0]["layout"]["xaxis"]["title"]["text"] == "Time (UTC)"
    assert "drawn from" not in text(together)
    path = paths.runs_dir(workspace) / ONE / "equity.csv"
    path.write_text(path.read_text().replace("2026-", "2021-"))

    test = run(runs=f"{ONE},{TWO}")

    (figure,) = charts(test)
    assert figure["layout"]["xaxis"]["title"]["text"] == "Days since the start of each run"
    for line in figure["data"]:
        days = np.frombuffer(base64.b64decode(line["x"]["bdata"]), line["x"]["dtype"])
        assert (days[0], days[-1]) == (0, pytest.approx(199 / 1440))
    assert "too far apart for one axis of time" in text(test)
    assert "+0.50" in text(test)


def test_two_runs_at_once_beside_a_long_one_are_no_hair_at_the_edge(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)
    curve = paths.runs_dir(workspace) / THREE / "equity.csv"
    head, first, second, *_ = curve.read_text().splitlines()
    long = (first.replace("2026-03", "2021-03"), second.replace("2026-03", "2023-03"))
    curve.write_text("\n".join((head, *long)) + "\n")

    test = run(runs=f"{ONE},{TWO},{THREE}")

    (figure,) = charts(test)
    assert figure["layout"]["xaxis"]["title"]["text"] == "Share of each run's own time (%)"
    ends = [np.frombuffer(base64.b64decode(line["x"]["bdata"]), line["x"]["dtype"])[[0, -1]] for line in figure["data"]]
    assert [list(end) for end in ends] == [[0, 100]] * 3
    assert "too different lengths for one axis of time" in text(test)


def test_verdicts_of_several_runs_are_a_table_and_that_of_one_is_a_card(workspace: Path, write_backtest: Write):
    for run_id, digest in ((ONE, "d"), (TWO, "e"), (THREE, "d")):
        write_backtest(workspace, run_id, metrics={"data_digest": digest * 64})

    one, several = text(run(runs=f"{ONE},{TWO}")), text(run(runs=f"{ONE},{TWO},{THREE}"))

    assert "B against A: No winner is named" in one
    assert 'aria-label="Verdicts"' not in one
    table = several.partition('aria-label="Verdicts"')[2].partition("</table>")[0]
    assert table.count("No winner is named") == 2
    assert '<th scope="row">B</th><td>No winner is named</td><td>These runs cannot be ranked. The bars differ' in table
    assert "at least 30 trading days" in table
    assert "against A:" not in several


def test_what_every_verdict_with_a_winner_warns_of_stands_once_below_them(monkeypatch: pytest.MonkeyPatch):
    drawn: list[object] = []
    monkeypatch.setattr(comparison, "plain_table", lambda _title, _columns, rows: drawn.extend(rows))
    monkeypatch.setattr(comparison.st, "caption", drawn.append)
    caution = "One comparison says nothing."
    won = Comparison(
        a="a", b="b", currency="USD", metrics=(), config=(), obstacles=(), sharpe=None, winner="B",
        verdict=("B is better by its Sharpe ratio: higher by 1.", "A is better in: fees.", caution),
    )  # fmt: skip

    comparison._verdicts("A · x", [("B · y", won), ("C · z", won)])

    assert drawn == [
        ("B", "B is better by its Sharpe ratio", "Higher by 1. A is better in: fees."),
        ("C", "C is better by its Sharpe ratio", "Higher by 1. A is better in: fees."),
        caution,
    ]


def test_a_comparison_says_once_which_runs_have_too_few_days(workspace: Path, write_backtest: Write):
    for run_id, days in ((ONE, 5), (TWO, 250), (THREE, 1)):
        write_backtest(workspace, run_id, metrics={"days": days})

    assert "A has 5 days, C has 1 day: too few to judge figures of a year by." in text(run(runs=f"{ONE},{TWO},{THREE}"))
    assert "too few to judge" not in text(run(runs=f"{TWO},{TWO}"))


def first_run(test: AppTest) -> Any:
    """Return the choice of the run that the others are held against."""
    return test.selectbox(key="backtests-first")


def test_the_first_run_of_an_address_is_the_first_run(workspace: Path, write_backtest: Write):
    for run_id, sharpe in ((ONE, 1.0), (TWO, 1.5), (THREE, 0.5)):
        write_backtest(workspace, run_id, metrics={"sharpe": sharpe})
    test = run(runs=f"{TWO},{ONE},{THREE}")
    assert first_run(test).value == TWO
    assert [line["name"][4:] for line in charts(test)[0]["data"]] == [TWO, ONE, THREE]

    first_run(test).set_value(THREE).run()

    assert test.query_params["runs"] == f"{THREE},{TWO},{ONE}"
    again = run(runs=test.query_params["runs"])
    assert first_run(again).value == THREE
    assert [line["name"][4:] for line in charts(again)[0]["data"]] == [THREE, TWO, ONE]
    assert charts(again)[0]["data"] == charts(test)[0]["data"]


def test_another_first_run_turns_the_differences_round(workspace: Path, write_backtest: Write):
    for run_id, sharpe in ((ONE, 1.0), (TWO, 1.5)):
        write_backtest(workspace, run_id, metrics={"sharpe": sharpe})
    test = run(runs=f"{ONE},{TWO}")
    assert "+0.50" in text(test)

    first_run(test).set_value(TWO).run()

    assert "−0.50" in text(test)  # noqa: RUF001 - a true minus sign


def test_more_than_six_runs_are_cut_and_said(workspace: Path, write_backtest: Write):
    names = [f"2026030{day}-143000-run" for day in range(1, 9)]
    for name in names:
        write_backtest(workspace, name)

    test = run(runs=",".join(names))

    assert not test.exception
    assert "8 runs are picked" in text(test)
    assert len(charts(test)[0]["data"]) == 6


def test_a_damaged_run_is_left_out_of_a_comparison(workspace: Path, write_backtest: Write):
    for run_id in (ONE, TWO, THREE):
        write_backtest(workspace, run_id)
    (workspace / "runs" / TWO / "metrics.json").write_text("{")
    (workspace / "runs" / THREE / "config.yaml").write_text("{")

    test = run(runs=f"{ONE},{TWO},{THREE}")

    assert not test.exception
    assert f"left out: {TWO}" in text(test)
    assert "This cannot be read" in text(test)
    assert len(charts(test)[0]["data"]) == 2


def test_pictures_of_the_earlier_layout_stand_apart_with_a_warning(workspace: Path):
    (workspace / "runs").mkdir()
    (workspace / "runs" / "equity_AAPL_trend.png").write_bytes(PNG)

    test = run()

    assert not test.exception
    assert "Earlier layout" in text(test)
    assert 'alt="Equity of trend on AAPL' in text(test)
    assert "nothing to check it by" in text(test)


def test_a_name_with_markup_in_it_stays_text(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE, metrics={"notes": ["<img src=x onerror=alert(1)>"], "status": "completed"})

    assert "<img src=x" not in text(run())


def test_the_curve_is_drawn_anew_when_its_file_has_changed(workspace: Path, write_backtest: Write):
    path = write_backtest(workspace, ONE) / "equity.csv"
    test = run()
    before = charts(test)
    assert charts(test.run()) == before
    path.write_text("\n".join(path.read_text().splitlines()[:100]) + "\n")

    (figure,) = charts(test.run())

    assert figure != before[0]
    assert len(figure["data"][0]["x"]) == 99


def test_a_long_run_sends_the_browser_at_most_two_thousand_points_a_line(workspace: Path, write_backtest: Write):
    write_backtest(workspace, ONE, rows=30_000, trades=5_000)

    test = run()

    (element,) = test.get("plotly_chart")
    assert not test.exception
    assert len(element.proto.spec) < 400_000
    assert "of 5,000, newest first" in text(test)
