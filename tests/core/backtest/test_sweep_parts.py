"""The parts of a sweep by themselves: values, draws, splits, neighbours, tables, luck."""

from __future__ import annotations

import json
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes

from logos.backtest.sweep.candidates import Candidate, candidates_of
from logos.backtest.sweep.evaluations import Evaluation, key_of, packed
from logos.backtest.sweep.heatmap import borders, surface_of
from logos.backtest.sweep.heatmap_png import draw_png
from logos.backtest.sweep.naming import find_parameter, parameters_of, with_values
from logos.backtest.sweep.plateau import plateau_of
from logos.backtest.sweep.progress import Progress
from logos.backtest.sweep.request import SweepRequest
from logos.backtest.sweep.search import Search
from logos.backtest.sweep.significance import returns_matrix, sentences, significance_of
from logos.backtest.sweep.space import Axis, read_axes
from logos.backtest.sweep.splits import rungs_of, splits_of
from logos.backtest.trial import Window
from logos.context.seed import Seed
from logos.domain.columns import BarColumns
from logos.domain.errors import InputError, IntegrityError
from logos.live.disk import Disk

DAY = 86_400
RESOLVED = {
    "session": {"name": "one", "seed": 7},
    "broker": {
        "plugin": "paper",
        "cash": "100000",
        "margin": False,
        "fees": {"maker_bps": "2", "taker_bps": "10"},
        "slippage_bps": "1",
    },
    "strategies": [
        {"plugin": "sma_cross", "name": "trend", "symbols": ["A"], "params": {"fast": 10, "slow": 50, "short": False}},
        {"plugin": "sma_cross", "name": "other", "symbols": ["A"], "params": {"fast": 10, "hold": None}},
    ],
    "allocator": {"plugin": "equal_weight", "invest": "0.95"},
    "position_manager": {"plugin": "targets"},
    "guards": [{"plugin": "drawdown", "max": "0.1"}, {"plugin": "calm", "a": 1}, {"plugin": "calm", "a": 2}],
}
CONFIG: Any = SimpleNamespace(resolved=RESOLVED)


def axis(name: str, *values: Any, kind: str = "integer") -> Axis:
    return Axis(name=name, path=f"strategies.trend.params.{name}", kind=kind, values=values)


def request(*axes: Axis, **asked: Any) -> SweepRequest:
    return SweepRequest(axes=axes, **asked)


def bars(stamps: Any) -> Any:
    stamps = np.asarray(stamps, dtype=np.int64)
    return {"A": BarColumns(instrument=None, timestamp=stamps, open=0, high=0, low=0, close=0, volume=0)}  # type: ignore[arg-type]


def record(trial: int, returns: list[float], *, days: list[int] | None = None, **values: Any) -> dict[str, Any]:
    column = np.asarray(returns, dtype="<f8")
    spread = column.std(ddof=1) if len(column) > 1 else 0
    sharpe = float(column.mean() / spread * 365**0.5) if spread else None
    stamps = np.asarray(days if days is not None else range(len(returns)), dtype="<i4")
    start = {"trial": trial, "split": 1, "part": "train", "rung": 0, "status": "completed", "sharpe": sharpe}
    return {**start, "days": packed(stamps), "returns": packed(column), **values}


# ---- names ----


def test_every_value_that_makes_sense_to_vary_has_a_path() -> None:
    assert list(parameters_of(RESOLVED)) == [
        "strategies.trend.params.fast",
        "strategies.trend.params.slow",
        "strategies.trend.params.short",
        "strategies.other.params.fast",
        "strategies.other.params.hold",
        "allocator.invest",
        "broker.cash",
        "broker.margin",
        "broker.fees.maker_bps",
        "broker.fees.taker_bps",
        "broker.slippage_bps",
        "guards.drawdown.max",
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("slow", "strategies.trend.params.slow"),
        ("trend.fast", "strategies.trend.params.fast"),
        ("strategies.other.params.fast", "strategies.other.params.fast"),
        ("allocator.invest", "allocator.invest"),
        ("broker.fees.taker_bps", "broker.fees.taker_bps"),
        ("guards.drawdown.max", "guards.drawdown.max"),
    ],
)
def test_a_parameter_is_found_by_its_short_name_or_its_path(name: str, path: str) -> None:
    assert find_parameter(name, CONFIG) == path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fast", r"2 strategies have .* Name one: trend.fast or other.fast"),
        ("slwo", r"no parameter 'slwo'. Did you mean 'slow'\?"),
        ("invest", r"Did you mean allocator.invest\?"),
        ("brokr.slippage_bps", r"Did you mean broker.slippage_bps\?"),
        ("guards.calm.a", r"no parameter"),
    ],
)
def test_a_name_that_means_nothing_or_too_much_gets_the_nearest(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        find_parameter(name, CONFIG)


def test_values_are_put_into_a_copy() -> None:
    values = {"strategies.trend.params.fast": 3, "broker.fees.taker_bps": "1", "guards.drawdown.max": "0.2"}
    changed = with_values(RESOLVED, values)
    assert changed["strategies"][0]["params"] == {"fast": 3, "slow": 50, "short": False}
    assert changed["broker"]["fees"] == {"maker_bps": "2", "taker_bps": "1"}
    assert changed["guards"][0] == {"plugin": "drawdown", "max": "0.2"}
    assert RESOLVED["strategies"][0]["params"]["fast"] == 10  # type: ignore[index]


# ---- values ----


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("slow=20:50:10", "integer", (20, 30, 40, 50)),
        ("slow=20:49:10", "integer", (20, 30, 40)),
        ("slow=3:5", "integer", (3, 4, 5)),
        ("slow=9", "integer", (9,)),
        ("slow=5, 3 ,8", "integer", (5, 3, 8)),
        ("allocator.invest=0.1:0.4:0.1", "decimal", ("0.1", "0.2", "0.3", "0.4")),
        ("allocator.invest=0.50,1", "decimal", ("0.5", "1")),
        ("short=true,false", "boolean", (True, False)),
        ("hold=1,2", "integer", (1, 2)),
        ("hold=x,y", "text", ("x", "y")),
    ],
)
def test_the_forms_of_values(text: str, kind: str, values: tuple[Any, ...]) -> None:
    (read,) = read_axes([text], CONFIG)
    assert (read.kind, read.values) == (kind, values)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "needs a parameter"),
        (["slow"], "cannot be read"),
        (["slow=1:x"], "is not from:to:step"),
        (["slow=1:2:3:4"], "is not from:to:step"),
        (["slow=5:1"], "goes nowhere"),
        (["slow=1:5:0"], "goes nowhere"),
        (["slow=1:2:0.5"], r"'1.5' does not fit, it takes whole numbers"),
        (["slow=true"], "takes whole numbers"),
        (["short=1"], "takes true or false"),
        (["slow=1,1"], "stands there twice"),
        (["slow=0:99999999:1"], "more than 100,000"),
        (["slow=1", "trend.slow=2"], "given twice"),
    ],
)
def test_values_that_cannot_be_read_are_refused(texts: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_axes(texts, CONFIG)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"method": "gird"}, r"no method 'gird'. Did you mean 'grid'"),
        ({"objective": "sharp"}, r"Did you mean 'sharpe'"),
        ({"method": "random"}, "needs a number of trials"),
        ({"trials": 3}, "a grid tries every combination"),
        ({"method": "random", "trials": 0}, "at least 1"),
        ({"walk_forward": 1}, "at least 2"),
        ({"anchored": True}, "goes with --walk-forward"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_read(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        request(axis("fast", 1, 2), **asked).check()


def test_a_request_survives_its_file() -> None:
    asked = request(axis("fast", 1, 2), axis("x", "0.5", kind="decimal"), method="halving", trials=2, walk_forward=3)
    assert SweepRequest.from_object(json.loads(json.dumps(asked.as_object()))) == asked


# ---- candidates ----


def test_a_grid_is_in_order_and_complete() -> None:
    found = candidates_of(request(axis("fast", 1, 2), axis("slow", 7, 8, 9)), Seed(0))
    assert [one.places for one in found] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert [one.number for one in found] == [1, 2, 3, 4, 5, 6]


@given(size=st.integers(1, 200), wanted=st.integers(1, 220), seed=st.integers(0, 9))
def test_draws_are_different_and_as_many_as_asked_for_and_the_same_again(size: int, wanted: int, seed: int) -> None:
    asked = request(axis("fast", *range(size)), method="random", trials=wanted)
    found = candidates_of(asked, Seed(seed))
    places = [one.places for one in found]
    assert len(set(places)) == len(places) == min(size, wanted)
    assert found == candidates_of(asked, Seed(seed))


def test_another_seed_draws_others() -> None:
    asked = request(axis("fast", *range(1000)), method="random", trials=10)
    assert candidates_of(asked, Seed(1)) != candidates_of(asked, Seed(2))


# ---- splits ----


@given(days=st.integers(16, 60), count=st.integers(2, 5), anchored=st.booleans())
def test_tests_follow_their_training_without_gap_or_overlap(days: int, count: int, anchored: bool) -> None:
    stamps = [day * DAY + minute * 60 for day in range(days) for minute in (0, 700)]
    found = splits_of(bars(stamps), Window(), count, anchored=anchored)
    assert len(found) == count
    tests = [split.test for split in found]
    for split in found:
        assert split.train.end == split.test.start
        assert (split.train.start is None) == (anchored or split.number == 1)
    assert all(one.end == two.start for one, two in pairwise(tests))
    assert tests[-1].end is None
    assert all(split.train.end % DAY == 0 for split in found)


def test_where_days_are_few_bars_are_cut_instead() -> None:
    found = splits_of(bars(range(0, 660, 60)), Window(start=60), 2, anchored=False)
    assert [split.train.end for split in found] == [420, 540]


@pytest.mark.parametrize(
    ("stamps", "count", "said"),
    [
        ([0, 60, 120], 2, r"3 bars cannot be cut into 5 parts of at least 2 .* too few for any number of splits"),
        (range(0, 840, 60), 9, r"14 bars cannot be cut into 12 parts .* --walk-forward 4"),
        (range(0, 30 * DAY, 3600), 20, r"30 trading days cannot be cut into 23 parts .* --walk-forward 12"),
    ],
)
def test_more_splits_than_fit_are_refused_with_the_most_that_do(stamps: Any, count: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        splits_of(bars(stamps), Window(), count, anchored=False)


def test_the_most_splits_that_fit_have_two_trading_days_in_every_window() -> None:
    found = splits_of(bars(range(0, 30 * DAY, 3600)), Window(), 12, anchored=False)
    assert {one.test.end - one.test.start for one in found[:-1]} == {2 * DAY}  # type: ignore[operator, union-attr]


def test_rungs_grow_by_three_from_one_start_to_the_whole() -> None:
    stamps = [day * DAY for day in range(90)]
    found = rungs_of(bars(stamps), Window(start=0, end=None), 30)
    assert [window.start for window in found] == [0, 0, 0]
    assert [window.end for window in found] == [10 * DAY, 30 * DAY, None]
    assert len(rungs_of(bars(stamps), Window(), 5)) == 2
    assert len(rungs_of(bars(stamps[:4]), Window(), 30)) == 1


# ---- search ----


def searched(search: Search, value: Any) -> list[list[Evaluation]]:
    """Run every stage, giving each trial the value that a function says."""
    stages = []
    for stage in search.stages():
        stages.append(stage)
        for one in stage:
            found = {"trial": one.trial, "split": one.split, "part": one.part, "rung": one.rung}
            search.records[key_of(found)] = {**found, "sharpe": value(one), "status": "completed"}  # type: ignore[index]
    return stages


def test_halving_keeps_the_best_third_and_equal_ones_by_number() -> None:
    asked = request(axis("fast", *range(9)), method="halving")
    days = bars([day * DAY for day in range(90)])
    candidates = candidates_of(asked, Seed(0))
    rungs = rungs_of(days, Window(), len(candidates))
    splits = splits_of(days, Window(), 0, anchored=False)
    search = Search(asked, candidates, splits, [rungs], {})
    stages = searched(search, lambda one: None if one.trial == 9 else -(one.trial // 3))
    assert [[one.trial for one in stage] for stage in stages] == [list(range(1, 10)), [1, 2, 3], [1]]
    assert [one.rung for stage in stages for one in stage[:1]] == [0, 1, 2]
    assert search.planned == 13


def test_walk_forward_tests_the_peak_and_the_recommended_trial_of_each_split() -> None:
    asked = request(axis("fast", *range(5)), walk_forward=2)
    days = bars([day * DAY for day in range(20)])
    candidates = candidates_of(asked, Seed(0))
    splits = splits_of(days, Window(), 2, anchored=False)
    search = Search(asked, candidates, splits, [(one.train,) for one in splits], {})
    values = {1: 9.0, 2: -4.0, 3: 4.0, 4: 3.0, 5: 2.0}
    train, test = searched(search, lambda one: values[one.trial])
    assert len(train) == 10
    assert [(one.split, one.trial) for one in test] == [(1, 1), (1, 4), (2, 1), (2, 4)]
    assert all(one.part == "test" and one.window == splits[one.split - 1].test for one in test)
    peak, recommended = search.picks(splits[0])
    assert peak is not None
    assert recommended is not None
    assert (peak.trial, recommended.trial) == (1, 4)
    assert (peak.train["sharpe"], peak.test and peak.test["part"]) == (9.0, "test")


# ---- plateau ----

GRID = request(axis("fast", 1, 2, 3, 4), axis("slow", 1, 2, 3, 4))


def test_the_plateau_is_recommended_and_not_the_lonely_peak() -> None:
    values = np.array([[9, -5, 0, 0], [-5, -5, 2, 2], [0, 2, 3, 2], [0, 2, 2, 2]], dtype=float)
    candidates = candidates_of(GRID, Seed(0))
    found = plateau_of(GRID, candidates, {one.number: float(values[one.places]) for one in candidates})
    assert found.peak is not None
    assert found.recommended is not None
    assert (found.peak.trial, found.peak.value) == (1, 9.0)
    assert candidates[found.recommended.trial - 1].places in {(2, 2), (3, 3), (2, 3), (3, 2)}
    assert found.excess == pytest.approx(14.0)
    assert found.standings[11].neighbours == 8
    assert found.standings[11].mean == pytest.approx(values[1:4, 1:4].mean())
    assert found.standings[11].least == -5


def test_a_corner_without_company_is_not_recommended() -> None:
    candidates = candidates_of(GRID, Seed(0))
    scores = {one.number: 1.0 for one in candidates if one.places[0] >= 2 or one.places == (0, 3)}
    scores[4] = 50.0
    found = plateau_of(GRID, candidates, scores)
    assert found.peak is not None
    assert found.peak.trial == 4
    assert found.excess is None
    assert found.recommended is not None
    assert candidates[found.recommended.trial - 1].places[0] >= 2


def test_where_less_is_better_the_least_wins() -> None:
    asked = request(axis("fast", 1, 2, 3), objective="max_drawdown")
    found = plateau_of(asked, candidates_of(asked, Seed(0)), {1: 0.3, 2: 0.1, 3: 0.2})
    assert found.peak is not None
    assert found.recommended is not None
    assert (found.peak.trial, found.peak.least, found.recommended.trial) == (2, 0.3, 2)
    assert found.excess == pytest.approx(0.15)


def test_values_without_an_order_are_no_neighbours() -> None:
    asked = request(axis("fast", 1, 2), axis("short", True, False, kind="boolean"))
    found = plateau_of(asked, candidates_of(asked, Seed(0)), {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0})
    assert found.standings[1].members == (1, 3)


def test_nothing_defined_means_nothing_recommended() -> None:
    found = plateau_of(GRID, candidates_of(GRID, Seed(0)), {})
    assert (found.peak, found.recommended, found.excess, found.ranking) == (None, None, None, ())
    assert surface_of(GRID, candidates_of(GRID, Seed(0)), found) is None


# ---- heat map ----


def test_the_two_most_influential_parameters_are_shown_and_the_others_held() -> None:
    asked = request(axis("a", 1, 2, 3), axis("b", 1, 2), axis("c", 1, 2, 3))
    candidates = candidates_of(asked, Seed(0))
    scores = {one.number: 10.0 * one.places[0] + 0.1 * one.places[1] + one.places[2] for one in candidates}
    surface = surface_of(asked, candidates, plateau_of(asked, candidates, scores))
    assert surface is not None
    assert surface.down is not None
    assert (surface.down.name, surface.across.name, surface.fixed) == ("a", "c", "b = 1")
    assert surface.values.shape == (3, 3)
    assert surface.peak is None  # it lies at b = 2
    assert surface.centre in surface.plateau
    assert surface.subtitle[1] == (
        "with b = 1: the slice through the recommended trial; the peak lies outside, at b = 2"
    )


def test_where_less_is_better_the_picture_says_so_and_bright_stays_good(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request(axis("a", 1, 2, 3), axis("b", 1, 2, 3), objective="max_drawdown")
    candidates = candidates_of(asked, Seed(0))
    scores = {one.number: 0.1 * one.number for one in candidates}
    surface = surface_of(asked, candidates, plateau_of(asked, candidates, scores))
    assert surface is not None
    assert surface.subtitle == ("max_drawdown over a and b (less is better)",)
    maps = []
    drawn = Axes.pcolormesh
    monkeypatch.setattr(Axes, "pcolormesh", lambda *a, **b: (maps.append(b["cmap"]), drawn(*a, **b))[1])
    assert draw_png(surface, title="one").startswith(b"\x89PNG")
    assert maps[0] == "cividis_r"


def test_an_outline_has_the_sides_that_cells_do_not_share() -> None:
    assert len(borders([(0, 0)])) == 4
    assert len(borders([(0, 0), (0, 1)])) == 6
    assert ((0.5, 0.5), (-0.5, 0.5)) not in borders([(0, 0), (0, 1)])


def test_one_parameter_is_a_line_and_refused_values_are_gaps() -> None:
    asked = request(axis("a", 1, 2, 3))
    candidates = candidates_of(asked, Seed(0))
    surface = surface_of(asked, candidates, plateau_of(asked, candidates, {2: 1.0, 3: 2.0}))
    assert surface is not None
    assert surface.down is None
    assert np.isnan(surface.values[0]).tolist() == [True, False, False]


# ---- luck ----


def test_trials_that_ended_early_stand_still_on_the_days_they_did_not_see() -> None:
    matrix = returns_matrix([record(1, [0.1, 0.2, 0.3]), record(2, [0.5], days=[0]), record(3, [-1.0], days=[0, 1])])
    assert matrix.tolist() == [[0.1, 0.5, -1.0], [0.2, 0.0, 0.0], [0.3, 0.0, 0.0]]
    assert returns_matrix([]).size == 0


def noise(trial: int, days: int = 60, skill: float = 0.0) -> dict[str, Any]:
    seed = Seed(trial)
    draws = [sum(seed.number(day, turn) / 2**64 for turn in range(12)) - 6 for day in range(days)]
    return record(trial, [0.01 * (draw + skill) for draw in draws])


def test_the_best_of_many_without_skill_is_told_from_one_with_it() -> None:
    lucky = [noise(trial) for trial in range(1, 61)]
    best = max(lucky, key=lambda one: one["sharpe"])
    found = significance_of(best, lucky, trials=60, periods=365)
    assert found.deflated is not None
    assert found.deflated < 0.9
    assert "cannot be told from luck" in " ".join(sentences(found))
    able = noise(99, skill=1.0)
    found = significance_of(able, [*lucky, able], trials=61, periods=365)
    assert found.deflated is not None
    assert found.deflated > 0.95
    assert found.overfitting is not None
    assert found.overfitting < 0.1
    assert "unlikely to be luck" in " ".join(sentences(found))


def test_more_trials_deflate_more() -> None:
    records = [noise(trial) for trial in range(1, 21)]
    few, many = (significance_of(records[0], records, trials=count, periods=365) for count in (20, 2_000))
    assert few.deflated is not None
    assert many.deflated is not None
    assert many.deflated < few.deflated
    assert many.expected > few.expected  # type: ignore[operator]


def test_too_little_to_judge_is_said_and_not_guessed() -> None:
    nothing = significance_of(None, [], trials=0, periods=365)
    assert (nothing.best, nothing.deflated, nothing.overfitting) == (None, None, None)
    assert len(sentences(nothing)) == 2
    single = significance_of(noise(1), [noise(1)], trials=1, periods=365)
    assert single.deflated is None
    assert "single trial" in sentences(single)[0]


def test_ratios_of_another_window_deflate_nothing() -> None:
    records = [noise(trial, days=20) for trial in range(1, 9)]
    found = significance_of(noise(1, days=60), records, trials=8, periods=365, same_window=False)
    assert found.best is not None
    assert (found.expected, found.deflated) == (None, None)
    assert "halving ran most of them on a shorter one" in sentences(found)[0]
    assert found.overfitting is not None


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([noise(1, days=11), noise(2, days=11)], "12 trading days, two for each of 6 blocks, not 11"),
        ([record(1, [0.0] * 30), record(2, [0.0] * 30)], "no two trials differ"),
        ([noise(1)], "two trials"),
    ],
)
def test_an_overfitting_that_cannot_be_estimated_is_nothing_with_a_reason(records: list[Any], said: str) -> None:
    found = significance_of(records[0], records, trials=2, periods=365)
    assert (found.overfitting, found.loss, found.blocks, found.splits) == (None, None, None, None)
    assert said in sentences(found)[-1]
    assert said in found.as_object()["why_not_estimated"]


def test_the_number_of_halves_is_told() -> None:
    found = significance_of(noise(1, days=12), [noise(1, days=12), noise(2, days=12)], trials=2, periods=365)
    assert (found.blocks, found.splits) == (6, 20)
    assert "halved in 20 ways" in sentences(found)[-1]


# ---- progress ----


def test_progress_survives_a_torn_line_and_nothing_else(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    with Progress(path, Disk()) as progress:
        progress.add([record(1, [0.1]), record(2, [0.2])])
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with Progress(path, Disk()) as progress:
        assert [key[3] for key in progress.records] == [1]
        progress.add([record(2, [0.2])])
    assert path.read_bytes() == whole
    path.write_bytes(b"{}\n" + whole)
    with pytest.raises(IntegrityError, match="line 1 is not the record of a trial"):
        Progress(path, Disk())


def test_an_evaluation_survives_its_way_to_a_worker() -> None:
    one = Evaluation(trial=3, split=1, part="test", rung=2, window=Window(start=5), values={"a.b": "0.5", "c": True})
    assert Evaluation.from_task(json.loads(json.dumps(one.as_task()))) == one
    assert Candidate(1, (0, 1)).values([axis("a", 4), axis("b", 5, 6)]) == {
        "strategies.trend.params.a": 4,
        "strategies.trend.params.b": 6,
    }
