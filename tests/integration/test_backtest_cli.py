"""``logos backtest`` from the command line: a run, its folder, its exit codes, and the tear sheet made of it."""

from __future__ import annotations

import csv
import errno
import json
import re
import signal
from html.parser import HTMLParser

import pytest

from logos.artifacts import schemas
from logos.backtest.folder import RunFolder
from logos.backtest.report.writing import write_report
from logos.cli.app import run as logos
from logos.cli.backtest_output import RunBar
from logos.data import bar_csv

CONFIG = """
session: {name: demo, seed: 7}
feed: {plugin: replay, path: bundled, symbols: [BTC-USD, DEMO]}
broker: {plugin: paper, cash: "100000", fees: {maker_bps: "2", taker_bps: "10"}, slippage_bps: "1"}
strategies:
  - {plugin: sma_cross, name: trend, params: {fast: 60, slow: 240}}
  - {plugin: momentum, name: momentum, symbols: [DEMO]}
"""
HALTING = CONFIG + 'guards: [{plugin: drawdown, max: "0.002"}]\n'


@pytest.fixture
def demo(workspace):
    (workspace / "demo.yaml").write_text(CONFIG)
    return workspace


@pytest.fixture
def run(demo, capsys):
    """Return a function that runs the program in this process: its exit code, and what it printed as JSON."""

    def call(*words):
        code = logos([*words, "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


class Page(HTMLParser):
    """What a browser would find in a page: elements by tag, and the text of each script."""

    def __init__(self) -> None:
        super().__init__()
        self.elements, self.scripts, self.text, self._script = [], [], "", False

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
            self._script = True

    def handle_endtag(self, tag):
        self._script = self._script and tag != "script"

    def handle_data(self, data):
        if self._script:
            self.scripts[-1] += data
        else:
            self.text += data


def page_of(folder):
    page = Page()
    page.feed((folder / schemas.REPORT_FILE).read_text(encoding="utf-8"))
    return page


def figures_of(page):
    return json.loads(page.scripts[0])


def test_a_run_leaves_every_file_with_its_columns_and_prints_what_metrics_json_says(run, demo):
    code, printed = run("backtest", "--config", "demo.yaml")
    assert (code, printed["status"], printed["engine"]) == (0, "completed", "jumping")
    folder = demo / printed["path"]
    assert folder == demo / "runs" / printed["backtest_id"]
    assert json.loads((folder / "metrics.json").read_text()) == printed["metrics"]
    assert [name for name in schemas.BACKTEST_BUNDLE if not (folder / name).is_file()] == []
    for name, columns in schemas.BACKTEST_TABLES.items():
        with (folder / name).open(newline="") as file:
            assert tuple(next(csv.reader(file)))[: len(columns)] == columns
    assert not (folder / "report.html").exists()
    assert printed["metrics"]["fills"] > 20


def test_the_bundled_bars_run_without_a_config_and_the_summary_is_for_people(workspace, logos_cli):
    done = logos_cli("backtest")
    assert done.returncode == 0
    for part in (
        ": completed",
        "strategy",
        "buy and hold",
        "Sharpe ratio",
        "bars/s",
        "peak memory",
        "Artifacts in runs/",
    ):
        assert part in done.stdout
    assert "Running bar by bar" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_window_of_the_command_line_is_run_and_recorded(run, demo):
    _, printed = run("backtest", "-c", "demo.yaml", "--start", "2024-03-08", "--end", "2024-03-09T12:00:00Z")
    assert (printed["metrics"]["start"], printed["metrics"]["end"]) == ("2024-03-08T00:00:00Z", "2024-03-09T12:00:00Z")
    config = (demo / printed["path"] / "config.yaml").read_text()
    assert 'backtest:\n  start: "2024-03-08T00:00:00Z"\n  end: "2024-03-09T12:00:00Z"\n' in config


def test_the_config_of_a_run_gives_the_same_figures_again(run):
    _, first = run("backtest", "-c", "demo.yaml", "--start", "2024-03-08")
    _, again = run("backtest", "-c", f"{first['path']}/config.yaml", "--engine", "streaming")
    assert again["metrics"] == first["metrics"]
    assert (first["engine"], again["engine"]) == ("jumping", "streaming")
    code, compared = run("backtest", "compare", first["backtest_id"], again["backtest_id"])
    assert (code, compared["config"], compared["obstacles"], compared["winner"]) == (0, [], [], None)


def test_a_halted_run_ends_with_3_and_cannot_be_ranked(run, demo):
    (demo / "demo.yaml").write_text(HALTING)
    code, halted = run("backtest", "-c", "demo.yaml", "--report")
    assert (code, halted["status"]) == (3, "halted")
    assert [cause["guard"] for cause in halted["metrics"]["halt_causes"]] == ["drawdown"]
    assert "halted by a guard before the end of its data" in page_of(demo / halted["path"]).text
    (demo / "demo.yaml").write_text(CONFIG)
    _, whole = run("backtest", "-c", "demo.yaml")
    _, compared = run("backtest", "compare", whole["backtest_id"], halted["backtest_id"])
    assert "B was halted before the end of its data" in compared["obstacles"]


def test_an_interrupted_run_is_kept_says_so_and_ends_with_130(run, demo, monkeypatch):
    _, whole = run("backtest", "-c", "demo.yaml", "--engine", "streaming")
    monkeypatch.setattr(RunBar, "show", lambda _bar, _at: signal.raise_signal(signal.SIGINT))
    code, printed = run("backtest", "-c", "demo.yaml", "--engine", "streaming", "--report")
    assert (code, printed["status"]) == (130, "interrupted")
    folder, other = demo / printed["path"], demo / whole["path"]
    assert printed["metrics"]["bars"] < whole["metrics"]["bars"]
    for name in ("equity.csv", "trades.csv"):
        assert (other / name).read_bytes().startswith((folder / name).read_bytes())
    assert "interrupted before the end of its data" in page_of(folder).text
    assert list((demo / "runs").glob(".*.new")) == []


def test_what_was_found_in_the_data_stands_in_the_figures_and_on_the_tear_sheet(run, demo):
    _, printed = run("backtest", "-c", "demo.yaml", "--report")
    notes = printed["metrics"]["notes"]
    assert any("Simulated bars" in note for note in notes)
    assert list(printed["metrics"])[-2:] == ["notes", "schema"]
    text = page_of(demo / printed["path"]).text
    assert [note for note in notes if note not in text] == []


def test_a_signal_while_the_files_are_written_loses_nothing(run, demo, monkeypatch):
    _, whole = run("backtest", "-c", "demo.yaml")
    write = RunFolder.finish

    def interrupted(folder, course, status):
        signal.raise_signal(signal.SIGINT)
        return write(folder, course, status)

    monkeypatch.setattr(RunFolder, "finish", interrupted)
    code, printed = run("backtest", "-c", "demo.yaml")
    assert (code, printed["metrics"]) == (0, whole["metrics"])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_signal_ends_at_once_and_keeps_nothing(run, demo, monkeypatch):
    def impatient(_folder, _course, _status):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(RunFolder, "finish", impatient)
    code, printed = run("backtest", "-c", "demo.yaml")
    assert (code, printed["error"]["kind"]) == (130, "interrupted")
    assert list((demo / "runs").iterdir()) == []


def test_an_interrupt_while_bars_are_read_is_no_fault_of_the_feed(run, demo, monkeypatch):
    read = bar_csv.pyarrow.csv.read_csv

    def interrupted(*words, **options):
        signal.raise_signal(signal.SIGINT)
        return read(*words, **options)

    monkeypatch.setattr(bar_csv.pyarrow.csv, "read_csv", interrupted)
    code, printed = run("backtest", "-c", "demo.yaml")
    assert (code, printed["error"]["kind"]) == (130, "interrupted")
    assert not (demo / "runs").exists() or list((demo / "runs").iterdir()) == []


def test_a_full_disk_does_not_speak_of_resuming(run, demo, monkeypatch):
    def full(*_words):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("logos.live.disk.os.write", full)
    code, printed = run("backtest", "-c", "demo.yaml")
    assert (code, printed["error"]["kind"]) == (1, "storage")
    assert "Nothing of this run was kept" in printed["error"]["message"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("--config", "missing.yaml"), "config"),
        (("--engine", "warp"), "input"),
        (("-c", "demo.yaml", "--start", "2030-01-01"), "input"),
        (("compare", "latest", "latest"), "input"),
    ],
)
def test_wrong_input_ends_with_2_and_leaves_no_folder(run, demo, words, kind):
    code, printed = run("backtest", *words)
    assert (code, printed["error"]["kind"]) == (2, kind)
    assert [entry for entry in demo.glob("runs/*") if entry.is_dir()] == []


def test_a_check_of_a_clean_config_ends_with_0(run):
    code, printed = run(
        "backtest", "check", "-c", "demo.yaml", "--start", "2024-03-08", "--end", "2024-03-08T06:00:00Z"
    )
    assert (code, printed["passed"], printed["findings"]) == (0, True, [])


# -- the tear sheet ----------------------------------------------------------------------------------------------------


@pytest.fixture
def reported(run, demo):
    """Return the folder of a run with its tear sheet."""
    _, printed = run("backtest", "-c", "demo.yaml", "--report")
    return demo / printed["path"]


def test_a_tear_sheet_asks_for_nothing_besides_itself(reported):
    page = page_of(reported)
    links = [(tag, name) for tag, attrs in page.elements for name in attrs if name in {"src", "href", "srcset", "data"}]
    assert links == []
    assert [tag for tag, _ in page.elements if tag in {"link", "iframe", "object", "img"}] == []
    (policy,) = (
        attrs["content"] for tag, attrs in page.elements if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    assert not re.search(r"https?:", policy)
    style = (reported / "report.html").read_text().partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert sum(script.startswith("/**\n* plotly.js") for script in page.scripts) == 1


def test_every_chart_has_a_place_a_title_units_and_a_text_alternative(reported):
    page = page_of(reported)
    figures = figures_of(page)
    places = {attrs["id"].removeprefix("chart-"): attrs for _, attrs in page.elements if attrs.get("class") == "chart"}
    assert set(places) == set(figures) >= {"equity", "returns", "symbol", "strategy", "costs", "profits"}
    for name, figure in figures.items():
        assert places[name]["role"] == "img"
        assert len(places[name]["aria-label"]) > 40
        for axis in ("xaxis", "yaxis"):
            if figure["layout"][axis].get("type") != "category":
                assert re.search(r"\((USD|%|UTC|%, a year|a year)\)|Number of", figure["layout"][axis]["title"]["text"])


def test_the_drawn_curve_is_thin_and_keeps_its_extremes(reported):
    curve = figures_of(page_of(reported))["equity"]["data"][0]
    with (reported / "equity.csv").open(newline="") as file:
        equity = [float(row["equity"]) for row in csv.DictReader(file)]
    assert len(curve["y"]) <= 2_000 < len(equity)
    assert (min(curve["y"]), max(curve["y"])) == (min(equity), max(equity))
    assert curve["x"][-1].endswith("Z")


def test_buying_and_holding_is_drawn_from_the_same_cash(reported):
    strategy, held, *_ = figures_of(page_of(reported))["equity"]["data"]
    with (reported / "benchmark.csv").open(newline="") as file:
        days = [float(row["equity"]) for row in csv.DictReader(file)]
    assert held["x"][0] == strategy["x"][0]
    assert held["y"] == [100_000.0, *days]


def test_the_same_folder_gives_the_same_page(reported):
    before = (reported / "report.html").read_bytes()
    (reported / "report.html").unlink()
    assert write_report(reported) == reported / "report.html"
    assert (reported / "report.html").read_bytes() == before


def test_a_tear_sheet_can_be_made_later_by_id(run, demo):
    _, printed = run("backtest", "-c", "demo.yaml")
    code, written = run("backtest", "report", printed["backtest_id"][:15])
    assert (code, written["report"]) == (0, f"{printed['path']}/report.html")
    assert (demo / written["report"]).is_file()


def test_names_of_a_config_cannot_become_markup(run, demo, reported):
    hostile = "</script><img src=x onerror=alert(1)>"
    config = reported / "config.yaml"
    config.write_text(config.read_text().replace("name: trend", f'name: "{hostile}"'))
    metrics = json.loads((reported / "metrics.json").read_text())
    metrics["by_strategy"][0]["strategy"] = hostile
    (reported / "metrics.json").write_text(json.dumps(metrics))
    write_report(reported)
    page = page_of(reported)
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert hostile in page.text
    assert hostile in figures_of(page)["strategy"]["data"][0]["y"]


def test_a_run_without_a_fill_or_a_benchmark_has_a_tear_sheet_too(run, demo, reported):
    for name in ("trades.csv", "benchmark.csv"):
        table = reported / name
        table.write_text(table.read_text().partition("\n")[0] + "\n")
    metrics = json.loads((reported / "metrics.json").read_text())
    metrics |= {"benchmark": None, "fills": 0, "sharpe": None, "by_symbol": [], "by_strategy": [], "costs": None}
    (reported / "metrics.json").write_text(json.dumps(metrics))
    write_report(reported)
    page = page_of(reported)
    assert set(figures_of(page)) == {"equity", "returns"}
    assert "There was no fill." in page.text


def test_many_fills_are_thinned_and_the_best_and_the_worst_are_drawn(reported):
    with (reported / "trades.csv").open() as file:
        head, row = next(file), next(file).split(",")
    profits = [(number * 7_919) % 10_007 - 5_000 for number in range(9_000)]
    place = schemas.TRADE_COLUMNS.index("realized_pnl")
    rows = [",".join([*row[:place], f"{profit}.00000000", *row[place + 1 :]]) for profit in profits]
    (reported / "trades.csv").write_text(head + "".join(rows))
    write_report(reported)
    marks = [y for trace in figures_of(page_of(reported))["profits"]["data"] for y in trace["y"]]
    assert len(marks) <= 2_000
    assert (min(marks), max(marks)) == (min(profits), max(profits))
