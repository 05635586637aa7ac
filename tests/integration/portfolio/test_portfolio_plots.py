"""The pictures of a portfolio backtest: readable files, the same bytes each time, whatever is held."""

from __future__ import annotations

import math
from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from logos.artifacts.curve import EquityCurve
from logos.backtest.past_run import read_run
from logos.portfolio.backtest import plots, weights_plot
from logos.portfolio.backtest.comparing import Contender
from logos.portfolio.backtest.rebalances import PastRebalance
from logos.portfolio.backtest.risk_report import RiskReport, risk_report

DAY = 86_400
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def contender(finished):
    """Return a finished run."""
    run = read_run(finished)
    return Contender(name="hrp", run=run, risk=risk_report(run))


def rebalance(at, weights, **more):
    given = {"targets": weights, "held": weights, "risk": {}, "volatility": None, "method": "m", "notes": ()}
    return PastRebalance(at=at, **{**given, **more})


def with_rebalances(contender, rebalances):
    empty = {field.name: None for field in attrs.fields(RiskReport)}
    shares = rebalances[0].risk if rebalances else {}
    report = RiskReport(**{**empty, "contributions": shares, "years": 1.0, "rebalances": tuple(rebalances)})
    return attrs.evolve(contender, risk=report)


def test_the_same_run_gives_the_same_pictures(contender, tmp_path):
    drawn = []
    for name in ("one", "two"):
        folder = tmp_path / name
        weights_plot.draw_weights(contender, folder / "weights.png", title="demo: $weights$")
        plots.draw_risk(contender, folder / "risk.png", title="demo: risk")
        plots.draw_comparison([contender, contender], folder / "comparison.png", title="demo: comparison")
        drawn.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 3
    assert all(content.startswith(PNG) for content in drawn[0].values())


@pytest.mark.parametrize(
    "weights",
    [
        [{"AAA": 0.5, "BBB": -0.3}, {"AAA": -0.1, "BBB": 0.4}],
        [{f"S{number:02}": 0.9 / 40 for number in range(40)}] * 3,
        [{"AAA": 0.95}],
        [{"AAA": 0.0, "BBB": 0.0}],
        [],
    ],
    ids=["long and short", "forty symbols", "one rebalance", "nothing held", "no rebalance"],
)
def test_any_holdings_can_be_drawn(contender, tmp_path, weights):
    start = 1_614_643_200
    rebalances = [rebalance(start + 30 * DAY * index, held) for index, held in enumerate(weights)]
    shown = with_rebalances(contender, rebalances)
    weights_plot.draw_weights(shown, tmp_path / "weights.png", title="any")
    plots.draw_risk(shown, tmp_path / "risk.png", title="any")
    assert (tmp_path / "weights.png").read_bytes().startswith(PNG)


@pytest.fixture
def figure_of(monkeypatch):
    """Return a function that draws a picture and returns its figure."""

    def drawn(draw, shown):
        figure = Figure()
        for module in (plots, weights_plot):
            monkeypatch.setattr(module, "draw_picture", lambda _out, compose: compose(figure))
        draw(shown, Path("x.png"), title="any")
        return figure

    return drawn


@pytest.fixture
def words(figure_of):
    """Return a function that draws a picture and returns every text in it."""
    return lambda draw, shown: [text.get_text() for text in figure_of(draw, shown).findobj(Text)]


def test_what_no_slice_followed_is_not_drawn_as_held(contender, words, monkeypatch):
    areas = []
    monkeypatch.setattr(weights_plot, "_stack", lambda _axes, days, percent, *_, **__: areas.append((days, percent)))
    shown = with_rebalances(contender, contender.risk.rebalances)
    told = words(weights_plot.draw_weights, shown)
    count = len(contender.risk.rebalances)
    assert any(f"after each of {count - 1} rebalances" in text for text in told)
    ((days, percent),) = areas
    assert days[-1] * DAY == contender.risk.rebalances[-1].at  # the end, up to which the one before it is in force
    assert percent[:, -1].tolist() == percent[:, -2].tolist()


def test_a_picture_without_a_rebalance_says_so_and_blames_no_model(contender, words):
    none, without_model = with_rebalances(contender, []), with_rebalances(contender, [rebalance(DAY, {"AAA": 0.9})])
    assert "No rebalance" in words(plots.draw_risk, none)
    assert "No rebalance" in words(weights_plot.draw_weights, none)
    assert "The allocator has no model of risk" in words(plots.draw_risk, without_model)
    last = with_rebalances(contender, [rebalance(DAY, {"AAA": 0.9}, held={})])
    assert "No bar came after the only rebalance" in words(weights_plot.draw_weights, last)


def test_no_two_areas_share_a_colour_and_only_the_darker_ones_are_hatched():
    names = [f"S{number:02}" for number in range(13)] + ["others"]
    axes = Figure().subplots()
    weights_plot._stack(axes, np.arange(3.0), np.ones((14, 3)), names)
    faces = [tuple(area.get_facecolor()[0]) for area in axes.collections]
    assert len(set(faces)) == 14
    assert [bool(area.get_hatch()) for area in axes.collections] == [False] * 7 + [True] * 6 + [False]


@pytest.mark.parametrize(("count", "outlined"), [(20, True), (457, False)])
def test_outlines_and_hatches_do_not_cover_the_areas_of_many_rebalances(contender, figure_of, count, outlined):
    weights = {f"S{number:02}": 0.9 / 12 for number in range(12)}
    shown = with_rebalances(contender, [rebalance(1_614_643_200 + 7 * DAY * index, weights) for index in range(count)])
    (axes,) = figure_of(weights_plot.draw_weights, shown).axes
    assert len(axes.collections) == 12
    assert any(area.get_linewidth()[0] > 0 for area in axes.collections) is outlined
    assert any(area.get_hatch() for area in axes.collections) is outlined
    assert len({tuple(area.get_facecolor()[0]) for area in axes.collections}) == 12


def bounds_of(area):
    """Return the lowest and the highest point of an area, in whole percent."""
    heights = area.get_paths()[0].vertices[:, 1]
    return round(heights.min()), round(heights.max())


def test_a_book_with_shorts_has_a_row_for_each_symbol_on_one_scale_and_one_for_all(contender, figure_of):
    held = [{"AAA": 0.5, "BBB": -0.3}, {"AAA": -0.1, "BBB": 0.2}, {"AAA": -0.1, "BBB": -0.2}]
    shown = with_rebalances(contender, [rebalance(1_614_643_200 + 7 * DAY * at, one) for at, one in enumerate(held)])
    figure = figure_of(weights_plot.draw_weights, shown)
    assert [axes.get_ylabel() for axes in figure.axes] == ["All", "AAA", "BBB"]
    top, *rows = figure.axes
    drawn = [[bounds_of(area) for area in axes.collections] for axes in figure.axes]
    assert drawn == [[(0, 50), (-30, 0)], [(0, 50), (-10, 0)], [(0, 20), (-30, 0)]]
    assert [axes.get_ylim() for axes in rows] == [pytest.approx((-30, 50))] * 2
    (net,) = (line for line in top.lines if line.get_label() == "Net")
    assert net.get_ydata().tolist() == pytest.approx([20, 10, -30, -30])


def test_the_smaller_of_many_symbols_with_shorts_share_a_row(contender, figure_of):
    weights = {f"S{number:02}": (0.02 + number / 1_000) * (-1) ** number for number in range(40)}
    figure = figure_of(weights_plot.draw_weights, with_rebalances(contender, [rebalance(1_614_643_200, weights)]))
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert (len(labels), labels[1], labels[-1]) == (13, "S39", "others")


@given(st.floats(1e-6, 900), st.floats(1e-6, 900))
@settings(max_examples=60)
def test_a_row_has_two_round_ticks_within_its_scale(below, above):
    low, high = weights_plot._few_ticks(-below, above)
    assert -below <= low < high <= above
    assert low == -high or 0.0 in (low, high)
    assert f"{max(-low, high):e}"[:8] in {"1.000000", "2.000000", "5.000000"}


def test_a_line_under_another_is_told_in_the_legend(contender, figure_of):
    def drawn(names, contenders):
        several = [attrs.evolve(one, name=name) for one, name in zip(contenders, names, strict=True)]
        figure = figure_of(plots.draw_comparison, several)
        return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]

    other = attrs.evolve(contender, run=read_run(contender.run.folder / "benchmarks" / "equal_weight"))
    found = drawn(("hrp", "equal_weight", "twin", "second"), (contender, other, contender, other))
    assert found == ["hrp", "equal_weight", "twin (on the line of hrp)", "second (on the line of equal_weight)"]


@pytest.mark.parametrize("falls", [True, False], ids=["from the upper left", "from the lower left"])
def test_no_curve_runs_through_the_legend_where_there_is_room_beside_it(contender, figure_of, monkeypatch, falls):
    ramp = np.linspace(110_000.0, 90_000.0, 200)[:: 1 if falls else -1]
    curve = EquityCurve(1_614_643_200 + 3_600 * np.arange(200), ramp, np.zeros(200))
    monkeypatch.setattr(plots, "read_curve", lambda _path: curve)
    figure = figure_of(plots.draw_comparison, [contender])
    figure.canvas.draw()
    upper = figure.axes[0]
    box = upper.get_legend().get_window_extent()
    points = upper.transData.transform(upper.lines[0].get_xydata())
    assert not any(box.contains(x, y) for x, y in points)


@pytest.mark.parametrize(("low", "high"), [(930_000.0, 5_400_000.0), (999_000.0, 1_020_000.0), (1e5, 1e8)])
def test_a_logarithmic_axis_names_where_all_curves_start_and_crowds_nothing_around_it(low, high):
    locator = plots.MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10])
    ticks = plots._log_ticks(locator, (low, high), 1_000_000.0)
    assert 1_000_000.0 in ticks
    assert len(ticks) > 1
    assert ticks == sorted(ticks)
    assert low <= ticks[0] <= ticks[-1] <= high
    assert all(one == 1e6 or abs(math.log(one / 1e6)) > 0.05 * math.log(high / low) for one in ticks)


def test_only_the_largest_of_many_symbols_get_an_area_of_their_own():
    weights = {f"S{number:02}": 0.9 / 40 + number / 10_000 for number in range(40)}
    names, table = weights_plot._largest([weights], 14)
    assert (len(names), names[0], names[-1]) == (14, "S39", "others")
    assert table.sum() == pytest.approx(sum(weights.values()))
