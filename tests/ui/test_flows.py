"""What a person does with the dashboard: pick a run, compare two, filter fills, download them, choose its look."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import PAGES, Window
from playwright.sync_api import Locator, expect

from logos.ui.streamlit.state import key_of

ROW, HEADER, PICK, NAME = 31, 32, 16, 220
"""Pixels of the table of runs: a row, the row of names, and where the box of a row and its name are."""
NOT_A_NUMBER = re.compile(r"[^\d.\-]")


@pytest.fixture(scope="module")
def runs(dashboard_workspace: Path) -> dict[str, str]:
    """Return the ids of the backtests by name."""
    found = sorted(path.parent.name for path in (dashboard_workspace / "runs").glob("*/metrics.json"))
    return {name.split("-", 2)[2]: name for name in found}


def rows_of(file: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def chart_title(window: Window) -> Locator:
    return window.page.locator(".js-plotly-plot .gtitle")


def choose(window: Window, key: str, value: str) -> None:
    """Pick a value in a field in which several can be picked."""
    field = window.page.locator(f".st-key-{key} input")
    field.click()
    field.fill(value)
    window.page.get_by_role("option", name=value, exact=True).click()
    window.page.keyboard.press("Escape")
    window.settle()


def press(window: Window, key: str, name: str) -> None:
    """Press one of some buttons that stand in a row."""
    window.page.locator(f".st-key-{key}").get_by_role("radio", name=name, exact=True).click()
    window.settle()


def test_the_first_page_tells_what_is_there_and_leads_to_it(window: Window, runs: dict[str, str]) -> None:
    window.open()
    body = window.page.locator(".stMainBlockContainer")
    for text in ("Backtests", "Live sessions", "Strategies", "Latest live session", "session_stopped", "96,553.53"):
        expect(body).to_contain_text(text)
    window.page.get_by_role("link", name="All backtests").click()
    window.settle("Backtests")
    expect(window.page.locator(".js-plotly-plot")).to_have_count(1)


def test_a_row_of_the_first_page_leads_to_its_run_without_a_reload(window: Window, runs: dict[str, str]) -> None:
    window.open()
    window.page.evaluate("() => { window.marked = true; }")
    rows = window.page.get_by_role("region", name="Recent backtests").locator("tbody tr")
    links = window.page.get_by_role("link", name=re.compile("^Open (?!it)"))
    expect(links).to_have_count(rows.count())
    for link, row in zip(links.all(), rows.all(), strict=True):  # each stands beside the row whose run it opens
        assert link.inner_text() == f"Open {row.locator('td').first.inner_text()}"
        beside, own = row.bounding_box(), link.bounding_box()
        assert beside is not None
        assert own is not None
        assert beside["y"] <= own["y"] + own["height"] / 2 <= beside["y"] + beside["height"]
    window.page.get_by_role("link", name="Open steady").press("Enter")
    window.settle("Backtests")
    expect(window.page).to_have_url(re.compile(rf"/backtests\?run={runs['steady']}$"))
    assert window.page.evaluate("() => window.marked")


def test_an_open_tab_stands_in_the_address_and_a_reload_opens_it(window: Window, runs: dict[str, str]) -> None:
    window.open("backtests", run=runs["fixtures"])
    window.page.get_by_role("tab", name="Config").click()
    expect(window.page).to_have_url(re.compile(f"run={runs['fixtures']}&run-tab=Config$"))
    window.page.reload()
    window.settle("Backtests")
    expect(window.page.get_by_role("tab", name="Config")).to_have_attribute("aria-selected", "true")


def test_the_pointer_reads_equity_and_drawdown_at_once(window: Window, runs: dict[str, str]) -> None:
    window.open("backtests", run=runs["fixtures"])
    window.page.locator(".js-plotly-plot .nsewdrag").first.hover()
    told = window.page.locator(".js-plotly-plot .hoverlayer .legend")
    for text in ("Run : ", "Run, drawdown : "):
        expect(told).to_contain_text(text)


def test_a_run_is_picked_in_the_table_and_its_address_opens_it_again(window: Window, runs: dict[str, str]) -> None:
    window.open("backtests", run=runs["steady"])
    expect(window.page.locator(".logos-section").first).to_contain_text("steady")
    window.page.get_by_label("Search", exact=True).fill("fixtures")
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_text("one more is listed, which is picked")).to_be_visible()
    expect(window.page.locator(".logos-section").first).to_contain_text("steady")  # a filter is no choice of a run
    assert f"run={runs['steady']}" in window.page.url
    tick(window, 0)
    expect(window.page.locator(".logos-metrics").first).to_contain_text("567 fills")
    window.open("backtests", run=runs["steady"])
    expect(window.page.locator(".logos-metrics").first).to_contain_text("6 fills")


def test_a_click_on_a_row_picks_its_run(window: Window, runs: dict[str, str]) -> None:
    window.open("backtests", run=runs["three"])
    expect(window.page.locator(".logos-metrics").first).to_contain_text("12 fills")
    tick(window, 1)  # the newest comes first: three, steady, fixtures
    expect(window.page.locator(".logos-metrics").first).to_contain_text("6 fills")
    expect(window.page).to_have_url(re.compile(runs["steady"]))
    window.page.go_back()
    expect(window.page.locator(".logos-metrics").first).to_contain_text("12 fills")


def test_a_click_on_any_cell_of_a_row_picks_its_run(window: Window, runs: dict[str, str]) -> None:
    window.open("backtests", run=runs["three"])
    tick(window, 1, NAME)
    expect(window.page).to_have_url(re.compile(runs["steady"]))
    expect(window.page.locator(".logos-metrics").first).to_contain_text("6 fills")
    tick(window, 2)  # the box of another row goes before the cell
    expect(window.page).to_have_url(re.compile(runs["fixtures"]))
    window.open("backtests", runs=runs["three"])
    tick(window, 1, NAME)
    expect(window.page).to_have_url(re.compile(f"runs={runs['three']}.*{runs['steady']}"))
    window.settle()
    tick(window, 1, NAME)
    expect(window.page).to_have_url(re.compile(f"runs={runs['three']}$"))


def test_a_table_fades_at_a_side_only_while_more_is_behind_it(window: Window) -> None:
    window.open("settings")
    window.wide(900)
    config = window.page.locator(".logos-code")
    assert fades(config) == (False, False)
    window.open()
    table = window.page.get_by_role("region", name="Recent backtests")
    assert fades(table) == (False, True)
    table.evaluate("node => { node.scrollLeft = node.scrollWidth; }")
    window.settle()
    assert fades(table) == (True, False)


def fades(region: Locator) -> tuple[bool, ...]:
    """Return whether the left side of a region and its right one fade."""
    return tuple(
        region.evaluate(
            "node => ['left', 'right'].map("
            "side => parseFloat(getComputedStyle(node).getPropertyValue(`--logos-${side}`)) > 0)"
        )
    )


def tick(window: Window, row: int, across: int = PICK) -> None:
    """Tick a row of the table of runs, at its box or anywhere else in it."""
    table = window.page.locator(".stDataFrameGlideDataEditor").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": across, "y": HEADER + ROW * row + ROW // 2})
    window.settle()


def test_two_runs_are_compared_figure_by_figure(window: Window, runs: dict[str, str]) -> None:
    window.open("backtests", run=runs["fixtures"])
    press(window, "backtests-mode", "Compare")
    expect(window.page).to_have_url(re.compile(f"runs={runs['fixtures']}"))
    expect(window.page.get_by_text("Pick two to six runs")).to_be_visible()  # the other table stands by then
    tick(window, 1)
    expect(window.page).to_have_url(re.compile(f"runs={runs['fixtures']}.*{runs['steady']}"))
    expect(window.page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(2)
    figures = window.page.get_by_role("region", name="Figures of the runs").get_by_role("row")
    total = figures.filter(has=window.page.get_by_role("rowheader", name="Total return")).get_by_role("cell")
    expect(total).to_have_count(3)
    first, second, difference = (_number(text) for text in total.all_inner_texts())
    assert (first, second) == (Decimal("-3.45"), Decimal("1.63"))
    assert abs(second - first - difference) <= Decimal("0.01")  # each is rounded by itself


def test_a_search_keeps_what_is_compared_and_a_reload_the_first_run(window: Window, runs: dict[str, str]) -> None:
    window.open("backtests", runs=f"{runs['fixtures']},{runs['steady']}")
    window.page.get_by_label("Search", exact=True).fill("three")
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_text("2 more are listed, which are picked")).to_be_visible()
    window.settle()
    tick(window, 0)
    expect(window.page).to_have_url(re.compile(f"runs={runs['fixtures']}.*{runs['steady']}.*{runs['three']}"))
    first = window.page.get_by_label("First run")
    first.click()
    window.page.get_by_role("option", name=runs["three"]).click()
    expect(window.page).to_have_url(re.compile(f"runs={runs['three']}.*{runs['fixtures']}.*{runs['steady']}"))
    window.page.reload()
    window.settle("Backtests")
    expect(window.page.locator(".js-plotly-plot .legendtext").first).to_contain_text(runs["three"])


def _number(text: str) -> Decimal:
    return Decimal(NOT_A_NUMBER.sub("", text.replace("−", "-")))  # noqa: RUF001 - the true sign of minus


def test_fills_are_filtered_and_what_is_taken_away_is_what_is_filtered(
    window: Window, runs: dict[str, str], dashboard_workspace: Path
) -> None:
    file = dashboard_workspace / "runs" / runs["fixtures"] / "trades.csv"
    lines = rows_of(file)
    wanted = [line for line in lines if line["symbol"] == "DEMO" and line["side"] == "buy"]
    assert 0 < len(wanted) < len(lines)
    key = key_of("trades", runs["fixtures"])
    window.open("backtests", run=runs["fixtures"])
    button = window.page.get_by_test_id("stDownloadButton")
    expect(button).to_contain_text(f"Download {len(lines)} rows")
    choose(window, f"{key}-symbols", "DEMO")
    press(window, f"{key}-side", "Buy")
    expect(button).to_contain_text(f"Download {len(wanted)} rows")
    with window.page.expect_download() as download:
        button.get_by_role("button").click()
    taken = rows_of(download.value.path())
    assert sorted(taken, key=lambda line: int(line["trade_id"])) == wanted
    assert download.value.suggested_filename == f"{runs['fixtures']}-trades.csv"


def test_fills_are_turned_page_by_page(window: Window, runs: dict[str, str], dashboard_workspace: Path) -> None:
    file = dashboard_workspace / "runs" / runs["fixtures"] / "trades.csv"
    newest_first = [line["order_id"] for line in rows_of(file)][::-1]
    window.open("backtests", run=runs["fixtures"])
    table = window.page.get_by_role("region", name=re.compile("^Fills"))
    orders = table.locator("tbody tr td:last-child")
    expect(orders).to_have_text(newest_first[:25])
    window.page.get_by_role("button", name="Page 2", exact=True).click()
    expect(orders).to_have_text(newest_first[25:50])
    window.page.get_by_test_id("stPaginationPage").last.click()
    last = len(newest_first) // 25 * 25
    expect(orders).to_have_text(newest_first[last:])


def test_the_log_shows_only_lines_that_match_and_says_what_is_wrong_with_a_pattern(window: Window) -> None:
    window.open("live-monitor")
    log = window.page.locator(".logos-log")
    expect(log).to_contain_text("session_started")
    field = window.page.get_by_label("Only lines with")
    field.fill("session_st(art|opp)ed")
    field.press("Enter")
    expect(log.locator("li")).to_have_count(2)
    field.fill("no such line at all")
    field.press("Enter")
    expect(window.page.locator(".stMainBlockContainer")).to_contain_text("No such line")
    field.fill("(")
    field.press("Enter")
    expect(log).to_have_count(0)
    window.settle()


def test_the_live_monitor_shows_what_the_session_has_written(window: Window, dashboard_workspace: Path) -> None:
    latest = (dashboard_workspace / "runs" / "live" / "latest_session").resolve()
    account = rows_of(latest / "account.csv")[-1]
    window.open("live-monitor")
    tiles = window.page.locator(".logos-metrics").first
    for name in ("equity", "cash", "fees"):
        expect(tiles).to_contain_text(f"{Decimal(account[name]):,.2f}")
    expect(chart_title(window).filter(has_text="PnL, whole session")).to_have_count(1)
    press(window, "live-window", "Last hour")
    expect(chart_title(window).filter(has_text="PnL, last hour")).to_have_count(1)
    for text in ("Positions", "Guards", "kill_switch", "Activity", "Feed"):
        expect(window.page.locator(".stMainBlockContainer")).to_contain_text(text)


def test_a_halted_session_says_who_halted_it(window: Window, dashboard_workspace: Path) -> None:
    (halted,) = (dashboard_workspace / "runs" / "live" / "sessions").glob("*-halting")
    window.open("live-monitor", session=halted.name)
    body = window.page.locator(".stMainBlockContainer")
    expect(body).to_contain_text("Halted")
    expect(body).to_contain_text("drawdown from the peak")


def test_the_theme_is_kept_over_pages_and_loads(open_window: Callable[..., Window], dashboard: Any) -> None:
    window = open_window(dashboard, apart=True)
    window.open("settings")
    light = background(window)
    window.page.get_by_role("radiogroup", name="Theme").get_by_text("Dark", exact=True).click()
    window.page.wait_for_function(
        "before => getComputedStyle(document.querySelector('.stApp') ?? document.body).backgroundColor !== before",
        arg=light,
    )
    window.settle("Settings")
    dark = background(window)
    assert dark != light
    for name in ("backtests", "live-monitor"):
        window.open(name)
        assert background(window) == dark
    expect(window.page.locator(".js-plotly-plot .main-svg").first).not_to_have_css("background-color", light)
    window.page.reload()
    window.settle("Live Monitor")
    assert background(window) == dark
    window.open("settings")
    expect(window.page.get_by_role("radio", name="Dark")).to_be_checked()


def background(window: Window) -> str:
    return str(window.page.evaluate("() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"))


def test_the_refresh_interval_is_kept_over_pages_and_loads(window: Window) -> None:
    window.open("settings")
    window.page.get_by_role("radiogroup", name="Refresh").get_by_text("10 s", exact=True).click()
    window.settle()
    expect(window.page).to_have_url(re.compile("refresh=10"))
    window.go("live-monitor")
    expect(window.page.locator(".st-key-live-refresh").get_by_role("radio", name="10 s")).to_be_checked()
    press(window, "live-refresh", "2 s")
    expect(window.page).to_have_url(re.compile("refresh=2"))
    window.page.reload()
    window.settle("Live Monitor")
    expect(window.page.locator(".st-key-live-refresh").get_by_role("radio", name="2 s")).to_be_checked()
    window.go("settings")
    expect(window.page.get_by_role("radio", name="2 s")).to_be_checked()


def test_refresh_that_is_off_is_off_on_every_page_until_another_interval_is_chosen(window: Window) -> None:
    window.open("live-monitor")
    press(window, "live-refresh", "Off")
    expect(window.page).to_have_url(re.compile("refresh=off"))
    window.go("settings")
    expect(window.page.get_by_role("radio", name="Off")).to_be_checked()
    press(window, "settings-refresh", "10 s")
    window.go("live-monitor")
    expect(window.page.locator(".st-key-live-refresh").get_by_role("radio", name="10 s")).to_be_checked()


def test_one_step_back_is_one_page(window: Window) -> None:
    names = ("overview", "tutor", "strategy-lab", "live-monitor", "backtests", "portfolio", "tutor", "settings")
    window.open(names[0])
    for name in names[1:]:
        window.go(name)
    for name in names[-2::-1]:
        window.page.go_back()
        window.settle(PAGES[name])
        place = urlsplit(window.page.url)
        assert (place.path, place.query) == ("/" if name == names[0] else f"/{name}", "")


def test_back_takes_back_a_choice_and_then_leaves_the_page(window: Window) -> None:
    window.open("settings")
    window.go("strategy-lab")
    field = window.page.locator(".st-key-lab-strategy input")
    first = field.input_value()
    field.click()
    window.page.get_by_role("option", name="sma_cross").click()
    expect(window.page).to_have_url(re.compile("strategy-lab[?]strategy=sma_cross$"))
    window.settle()
    window.go("live-monitor")
    window.page.go_back()
    window.settle("Strategy Lab")
    expect(window.page).to_have_url(re.compile("strategy-lab[?]strategy=sma_cross$"))
    expect(field).to_have_value("sma_cross")
    window.page.go_back()
    expect(window.page).to_have_url(re.compile("strategy-lab$"))
    expect(field).to_have_value(first)
    window.page.go_back()
    window.settle("Settings")


def test_every_chart_has_a_title_and_a_text_that_says_what_it_shows(window: Window) -> None:
    for name in ("backtests", "live-monitor", "portfolio"):
        window.open(name)
        for chart in window.page.get_by_test_id("stPlotlyChart").all():
            assert chart.locator(".gtitle").text_content()
            text = chart.evaluate(
                "node => [node, ...node.querySelectorAll('[aria-label], [role=img]')]"
                ".map(one => one.getAttribute('aria-label') ?? '').join(' ')"
            )
            assert re.search(r"\d", text), (name, text)


def test_the_lab_shows_every_strategy_and_runs_none(window: Window) -> None:
    window.open("strategy-lab")
    body = window.page.locator(".stMainBlockContainer")
    for text in ("sma_cross", "mean_reversion", "logos strategies check", "Look-ahead check"):
        expect(body).to_contain_text(text)
    window.page.locator(".st-key-lab-strategy input").click()
    window.page.get_by_role("option", name="sma_cross").click()
    window.settle()
    for text in ("fast", "slow", "logos backtest --config"):
        expect(body).to_contain_text(text)
    assert window.page.get_by_role("button", name=re.compile("run|start|trade|execute", re.IGNORECASE)).count() == 0


def test_a_lesson_is_read_with_its_words_and_pictures(window: Window) -> None:
    window.open("tutor")
    body = window.page.locator(".stMainBlockContainer")
    expect(body).to_contain_text("This lesson has just run a paper session")
    window.page.get_by_role("tab", name=re.compile("Plots")).click()
    picture = window.page.get_by_role("tabpanel").locator("img").first
    expect(picture).to_be_visible()
    assert picture.get_attribute("alt")
    assert picture.evaluate("node => node.naturalWidth") > 100
