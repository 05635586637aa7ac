"""What a tear sheet says in text and tables, and the numbers behind its pictures."""

from __future__ import annotations

import importlib.util
from html.parser import HTMLParser

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.artifacts.backtests import DailyEquity
from logos.backtest.measures import value_text
from logos.backtest.past_run import read_run
from logos.backtest.report import sections
from logos.backtest.report.markup import Html, element, number, table, with_minus_signs
from logos.backtest.report.returns import (
    ROLLING_DAYS,
    histogram,
    monthly_returns,
    returns_of,
    rolling,
    yearly_returns,
)
from logos.backtest.report.writing import require_plotly
from logos.domain.errors import InputError, IntegrityError
from logos.metrics.ratios import sharpe


class Reader(HTMLParser):
    """Reads the rows of every table, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.text, self._open = [], "", False

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self._open = True

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self._open = False

    def handle_data(self, data):
        self.text += data
        if self._open:
            self.rows[-1][-1] += data


def read(html):
    reader = Reader()
    reader.feed(str(html))
    return reader


def daily(equity, first="2023-12-29"):
    start = int(np.datetime64(first, "D").astype(int))
    return DailyEquity(np.arange(start, start + len(equity)), np.array(equity, dtype=float))


@pytest.fixture
def run(tmp_path, write_backtest):
    return read_run(write_backtest(tmp_path / "20240101-100000-demo", config={"name": "demo"}))


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("1234567.895", "money", "1,234,567.90 USD"),
        ("-0.00400000", "money", "0.00 USD"),
        (-0.12345, "percent", "-12.34 %"),
        (1e-9, "percent", "0.00 %"),
        (None, "ratio", "-"),
        (13_728, "count", "13,728"),
        (-2.345, "ratio", "-2.34"),
    ],
)
def test_figures_print_grouped_rounded_half_even_and_with_their_unit(value, kind, text):
    assert value_text(value, kind, currency="USD") == text


def test_text_is_escaped_and_markup_is_not():
    html = element("p", "a < b & c", Html("<b>d</b>"), title='say "x"')
    assert str(html) == '<p title="say &quot;x&quot;">a &lt; b &amp; c<b>d</b></p>'
    assert "<script>" not in str(table(("<script>",), [("<script>",)]))


def test_numbers_get_true_minus_signs_and_dates_keep_their_hyphens():
    assert (number("-1.50 %"), number("-"), number("2.00")) == ("\u22121.50 %", "\u2013", "2.00")
    assert with_minus_signs("2024-01-02: BTC-USD lost -3.5 %") == "2024-01-02: BTC-USD lost \u22123.5 %"


def test_months_and_years_compound_to_the_total_return():
    equity = daily([101.0 + 0.25 * day for day in range(800)])
    months, years = monthly_returns(equity, 100.0), yearly_returns(equity, 100.0)
    total = equity.equity[-1] / 100 - 1
    for year, row in months.items():
        assert np.prod([1 + value for value in row.values()]) - 1 == pytest.approx(years[year])
    assert np.prod([1 + value for value in years.values()]) - 1 == pytest.approx(total)
    assert sorted(months) == [2023, 2024, 2025, 2026]
    assert list(months[2023]) == [12]


def test_a_ruin_ends_the_returns():
    equity = daily([110.0, 55.0, 0.0, 5.0])
    assert returns_of(equity, 100.0).tolist() == pytest.approx([0.1, -0.5, -1.0])
    assert yearly_returns(daily([110.0, 0.0], first="2023-12-31"), 100.0) == {2023: pytest.approx(0.1), 2024: -1.0}


def test_rolling_figures_are_those_of_each_window():
    returns = np.sin(np.arange(100.0)) / 100
    moving = rolling(daily(range(100)), returns, 252)
    assert len(moving.sharpe) == 100 - ROLLING_DAYS + 1
    assert moving.sharpe[-1] == sharpe(returns[-ROLLING_DAYS:], periods=252)
    assert rolling(daily(range(62)), returns[:62], 252) is None


def test_a_window_in_which_nothing_moved_has_no_sharpe_ratio():
    moving = rolling(daily([1.0] * 70), np.zeros(70), 252)
    assert np.isnan(moving.sharpe).all()
    assert (moving.volatility == 0).all()


@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=200))
@settings(max_examples=60)
def test_every_day_is_in_one_bin_and_no_bin_holds_gains_and_losses(values):
    returns = np.array(values)
    bins = histogram(returns)
    assert bins.counts.sum() == len(values)
    assert len(bins.edges) == len(bins.counts) + 1
    if returns.min() < returns.max():
        middle = bins.edges[:-1] < -1e-12
        assert (bins.edges[1:][middle] <= 1e-12).all()


def test_the_header_says_what_ran(run):
    text = read(sections.header(run)).text
    for part in ("demo", "completed", "2024-01-02 00:00:00 UTC to", "1,080 of 1h", "BTC-USD, SPY", "trend, momentum"):
        assert part in text
    assert "role=" not in str(sections.header(run))


def test_a_run_that_did_not_complete_says_so_in_a_banner_with_every_cause(tmp_path, write_backtest):
    causes = [{"guard": "drawdown", "reason": "fell 11 % < limit", "at": "2024-01-05T06:00:00Z"}]
    halted = read_run(write_backtest(tmp_path / "a", days=3, status="halted", halt_causes=causes))
    html = str(sections.header(halted))
    assert 'role="note"' in html
    assert "halted by a guard before the end of its data" in html
    assert "drawdown at 2024-01-05 06:00:00 UTC: fell 11 % &lt; limit" in html
    stopped = read_run(write_backtest(tmp_path / "b", days=3, status="interrupted"))
    assert "interrupted before the end of its data" in str(sections.header(stopped))


def test_what_was_found_in_the_data_stands_at_the_top(tmp_path, write_backtest):
    folder = write_backtest(tmp_path / "noted", days=2, notes=["AAPL: a bar moves by a factor of 4: a split?"])
    page = sections.header(read_run(folder)).text
    assert 'class="banner data"' in page
    assert "AAPL: a bar moves by a factor of 4: a split?" in page
    assert page.index("banner data") < page.index("Span")


def test_a_run_with_nothing_found_in_its_data_has_no_box(run):
    assert "banner" not in sections.header(run).text


def test_figures_stand_beside_those_of_buying_and_holding(run):
    rows = {row[0]: row[1:] for row in read(sections.figures(run.metrics, "USD")).rows}
    assert rows["Sharpe ratio"][:2] == ["0.31", "0.31"]
    assert rows["Calmar ratio"][:2] == ["\u2013", "\u2013"]
    assert rows["Fills"][:2] == ["20", ""]
    assert rows["Information ratio"][0] == "\u22120.10"


def test_a_run_without_a_benchmark_has_one_column(run):
    rows = read(sections.figures({**run.metrics, "benchmark": None}, "USD")).rows
    assert rows[0] == ["Figure", "Strategy", "Meaning"]
    assert len({row[0] for row in rows} & {"Beta", "Excess return"}) == 0


def test_the_heat_map_is_a_table_that_can_be_read():
    html = sections.monthly({2024: {1: 0.1, 3: -0.05, 4: 0.0}}, {2024: 0.045})
    assert read(html).rows[1] == ["2024", "10.00", "", "\u22125.00", "0.00", *[""] * 8, "4.50"]
    assert 'class="up" style="--share:0.70"' in str(html)
    assert 'class="down" style="--share:0.39"' in str(html)


def test_attribution_and_costs_show_what_the_file_says(run):
    rows = read(sections.attribution(run.metrics["by_symbol"], "symbol", "USD")).rows
    assert rows[1] == [
        "BTC-USD",
        "10",
        "5",
        "40.00 %",
        "\u2013",
        "10,125.00",
        "120.50",
        "0.00",
        "10.12",
        "120.50",
        "0.12 %",
    ]
    rows = read(sections.costs(run.metrics["costs"], "100000.00000000", "USD")).rows
    assert rows[-1][:3] == ["Total", "24.50", "0.02 %"]
    assert rows[4][:3] == ["Delay", "\u22123.25", "0.00 %"]


def test_the_first_fills_are_listed_and_the_rest_is_named(run):
    row = {"trade_id": "1", "timestamp": "2024-01-02T01:00:00Z", "symbol": "SPY", "side": "sell", "quantity": "10"}
    row |= {"price": "101.25", "liquidity": "taker", "fee": "1.01250000", "realized_pnl": "-5.00000000"}
    page = read(sections.trades([row], 300, "USD"))
    assert page.rows[1] == ["1", "2024-01-02 01:00:00", "SPY", "Sell", "10", "101.25", "taker", "1.01", "\u22125.00"]
    assert "The first 1 of 300 fills; trades.csv has all." in page.text
    assert "There was no fill." in str(sections.trades([], 0, "USD"))


def test_the_config_is_shown_as_text(run):
    broken = attrs.evolve(run, config_text="a: '</pre><script>'")
    assert "&lt;/pre&gt;&lt;script&gt;" in str(sections.config(broken))


def test_a_missing_extra_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr("logos.backtest.report.writing.find_spec", lambda name: None)
    with pytest.raises(InputError) as refused:
        require_plotly()
    assert "pip install 'logos-core[report]'" in str(refused.value)
    assert importlib.util.find_spec("logos") is not None


@pytest.mark.parametrize("text", ["feed: {interval: 7q}\nsession: {name: a}", "session: {}", "- 1", "a: b: c"])
def test_a_folder_whose_config_cannot_be_read_is_refused(tmp_path, write_backtest, text):
    folder = write_backtest(tmp_path / "run", days=2)
    (folder / "config.yaml").write_text(text)
    with pytest.raises(IntegrityError, match=r"config\.yaml is not the resolved config of a backtest"):
        read_run(folder)
