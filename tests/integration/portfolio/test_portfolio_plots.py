"""The pictures of a portfolio backtest: readable files, the same bytes each time, whatever is held."""

from __future__ import annotations

import math
from pathlib import Path

import attrs
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from logos.backtest.past_run import read_run
from logos.portfolio.backtest import plots
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
        plots.draw_weights(contender, folder / "weights.png", title="demo: $weights$")
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
    plots.draw_weights(shown, tmp_path / "weights.png", title="any")
    plots.draw_risk(shown, tmp_path / "risk.png", title="any")
    assert (tmp_path / "weights.png").read_bytes().startswith(PNG)


@pytest.fixture
def words(monkeypatch):
    """Return a function that draws a picture and returns every text in it."""

    def drawn(draw, contender):
        found = []

        def catch(_out, compose):
            figure = Figure()
            compose(figure)
            found.extend(text.get_text() for text in figure.findobj(Text))

        monkeypatch.setattr(plots, "draw_picture", catch)
        draw(contender, Path("x.png"), title="any")
        return found

    return drawn


def test_what_no_slice_followed_is_not_drawn_as_held(contender, words, monkeypatch):
    areas = []
    monkeypatch.setattr(plots, "_stack", lambda _axes, days, percent, *_, **__: areas.append((days, percent)))
    shown = with_rebalances(contender, contender.risk.rebalances)
    told = words(plots.draw_weights, shown)
    count = len(contender.risk.rebalances)
    assert any(f"after each of {count - 1} rebalances" in text for text in told)
    ((days, percent),) = areas
    assert days[-1] * DAY == contender.risk.rebalances[-1].at  # the end, up to which the one before it is in force
    assert percent[-1].tolist() == percent[-2].tolist()


def test_a_picture_without_a_rebalance_says_so_and_blames_no_model(contender, words):
    none, without_model = with_rebalances(contender, []), with_rebalances(contender, [rebalance(DAY, {"AAA": 0.9})])
    assert "No rebalance" in words(plots.draw_risk, none)
    assert "No rebalance" in words(plots.draw_weights, none)
    assert "The allocator has no model of risk" in words(plots.draw_risk, without_model)
    last = with_rebalances(contender, [rebalance(DAY, {"AAA": 0.9}, held={})])
    assert "No bar came after the only rebalance" in words(plots.draw_weights, last)


def test_no_two_areas_share_a_colour_and_only_the_darker_ones_are_hatched():
    names = [f"S{number:02}" for number in range(13)] + ["others"]
    axes = Figure().subplots()
    plots._stack(axes, np.arange(3.0), np.ones((3, 14)), names, labelled=True)
    faces = [tuple(area.get_facecolor()[0]) for area in axes.collections]
    assert len(set(faces)) == 14
    assert [bool(area.get_hatch()) for area in axes.collections] == [False] * 7 + [True] * 6 + [False]


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
    names, table = plots._largest([weights])
    assert (len(names), names[0], names[-1]) == (14, "S39", "others")
    assert table.sum() == pytest.approx(sum(weights.values()))
