"""Whole sweeps with trials that are a formula: what is written, counted, resumed and refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pyarrow.parquet as pq
import pytest

from logos.backtest.kernel import compiled
from logos.backtest.records import EquityByDay, PairTotals, RunTotals
from logos.backtest.sweep.folder import put
from logos.backtest.sweep.request import SweepRequest
from logos.backtest.sweep.runner import resume_sweep, run_sweep
from logos.backtest.sweep.setup import SweepOutcome, SweepSetup
from logos.backtest.sweep.space import read_axes
from logos.backtest.trial import TrialOutcome, Window
from logos.backtest.trial_ledger import TrialLedger
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.context.seed import Seed
from logos.domain.columns import BarColumns
from logos.domain.errors import InputError, IntegrityError, PluginError, ResumeError, StorageError
from logos.domain.instruments import AssetClass, Instrument
from logos.plugins import BrokerPart
from logos.plugins.offers import READY, Offer
from logos.plugins.registry import load_registry
from logos.testing.contexts import FakeClock

DAY = 86_400
CASH = 100_000 * 10**8
DAYS = 60
DIGEST = "d" * 64
CONFIG = """\
session: {name: formula, seed: 7}
instruments:
  SIM: {asset_class: crypto, tick: "0.01", lot: "1", min_notional: "0", currency: USD}
feed: {plugin: replay, path: data/cache, symbols: [SIM], interval: 1d}
broker: {plugin: paper, cash: "100000"}
strategies:
  - {plugin: sma_cross, name: trend, params: {fast: 10, slow: 50}}
"""


@attrs.frozen
class StandIn(Offer):
    """The paper broker's name, which belongs to another distribution."""

    def config_class(self) -> None:
        return None


class Offers:
    """The installed plugins, with a broker among them."""

    def __init__(self) -> None:
        self._real = load_registry()
        part = BrokerPart(name="paper", summary="paper", target="acme:build")
        self._broker = StandIn(kind="broker", name="paper", part=part, distribution="acme", version="1.0", status=READY)

    def find(self, kind: str, name: str) -> Offer:
        return self._broker if kind == "broker" else self._real.find(kind, name)

    def offers(self, kind: str | None = None) -> tuple[Offer, ...]:
        return self._real.offers(kind)


class Formula:
    """Trials whose daily returns follow from their values alone; some are refused, one ends early."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.runs: list[tuple[Mapping[str, Any], Window]] = []
        self._stop_after = stop_after

    def run(self, values: Mapping[str, Any], window: Window) -> TrialOutcome:
        if self._stop_after is not None and len(self.runs) >= self._stop_after:
            raise KeyboardInterrupt
        self.runs.append((values, window))
        fast, slow = values["strategies.trend.params.fast"], values["strategies.trend.params.slow"]
        if fast >= slow:
            return TrialOutcome(engine="", refusal=f"fast is {fast} and slow is {slow}")
        first = 0 if window.start is None else window.start // DAY
        stop = DAYS if window.end is None else window.end // DAY
        days = list(range(first, stop))
        halted = fast == 3
        days = days[: len(days) // 2] if halted else days
        pull = 0.002 - 0.0001 * (fast - 6) ** 2 - 0.00001 * (slow - 24) ** 2
        equity, value = [], CASH
        for day in days:
            noise = Seed(fast * 1000 + slow).number(day) / 2**64 - 0.5
            value = round(value * (1 + pull + 0.02 * noise))
            equity.append(value)
        return TrialOutcome(engine="jumping", totals=totals_of(days, equity, halted=halted), note="a formula")


def totals_of(days: list[int], equity: list[int], *, halted: bool) -> RunTotals:
    instrument = Instrument(
        symbol="SIM", asset_class=AssetClass.CRYPTO, tick=Decimal("0.01"), lot=Decimal(1), currency="USD",
        min_notional=Decimal(0), notional_cap=Decimal(1_000_000),
    )  # fmt: skip
    pair = PairTotals(strategy="trend", symbol="SIM", fills=4, traded=5 * CASH, trips=2, wins=1, gross_profit=7)
    return RunTotals(
        status="halted" if halted else "completed", instruments={"SIM": instrument}, interval=DAY, currency="USD",
        decimals=8, starting_cash=CASH, first_open=days[0] * DAY, last_clock=days[-1] * DAY + DAY, bars=len(days),
        slices=len(days), exposed=len(days) // 2, orders=4, blocked=0, rejected=0, fills=4, final_equity=equity[-1],
        realized=equity[-1] - CASH, unrealized=0, fees=0,
        by_day=EquityByDay(days=days, equity=equity, max_drawdown=10**6), pairs=(pair,), symbols=(),
    )  # fmt: skip


def bars_of(config: SessionConfig) -> tuple[Mapping[str, BarColumns], str, list[str]]:
    column = np.arange(DAYS, dtype=np.int64)
    bars = BarColumns(
        instrument=config.instruments["SIM"], timestamp=column * DAY, open=column, high=column, low=column,
        close=column, volume=column,
    )  # fmt: skip
    return {"SIM": bars}, DIGEST, []


@attrs.define
class Lab:
    """A workspace in which sweeps run."""

    workspace: Path
    offers: Offers
    config: SessionConfig
    told: list[str] = attrs.field(factory=list)

    def setup(self, trials: Formula, **others: Any) -> SweepSetup:
        values = {"plots": False, "reader": bars_of, "clock": FakeClock(), "tell": self.told.append, **others}
        registry: Any = self.offers
        return SweepSetup(
            workspace=self.workspace, registry=registry, opener=lambda _config, _bars, _engine: trials, **values
        )

    def request(self, *params: str, **asked: Any) -> SweepRequest:
        return SweepRequest(axes=read_axes(params or ("fast=2:10:1", "slow=4:40:4"), self.config), **asked)

    def sweep(self, runs: Formula | None = None, *params: str, **asked: Any) -> SweepOutcome:
        return run_sweep(self.setup(runs or Formula()), self.config, self.request(*params, **asked))

    @property
    def ledger(self) -> TrialLedger:
        return TrialLedger(self.workspace / "runs" / "trials.jsonl")


@pytest.fixture(scope="module")
def offers() -> Offers:
    return Offers()


@pytest.fixture
def lab(tmp_path: Path, offers: Offers) -> Lab:
    registry: Any = offers
    return Lab(tmp_path, offers, load_session_config(CONFIG, registry))


def rows_of(outcome: SweepOutcome) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.ParquetFile(outcome.folder / "results.parquet").read().to_pylist()
    return rows


def tables(outcome: SweepOutcome) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in outcome.folder.glob("*.parquet")}


def test_a_sweep_leaves_a_row_for_every_combination_and_its_files(lab: Lab) -> None:
    outcome = lab.sweep()
    rows = rows_of(outcome)
    assert outcome.exit_code == 0
    assert len(rows) == 90
    assert [row["trial"] for row in rows] == list(range(1, 91))
    refused = [row for row in rows if row["status"] == "refused"]
    assert {(row["fast"] >= row["slow"]) for row in refused} == {True}
    assert refused[0]["sharpe"] is None
    assert refused[0]["refusal"] == "fast is 4 and slow is 4"
    assert {row["status"] for row in rows} == {"completed", "halted", "refused"}
    best = next(row for row in rows if (row["fast"], row["slow"]) == (6, 24))
    assert isinstance(best["final_equity"], Decimal)
    assert best["final_equity"].as_tuple().exponent == -8
    assert (best["win_rate"], best["profit_factor"], best["trades"], best["neighbours"]) == (0.5, None, 2, 8)
    assert best["start"].isoformat() == "1970-01-01T00:00:00+00:00"
    assert {path.name for path in outcome.folder.iterdir()} == {
        ".lock", "config.yaml", "sweep.json", "trials.jsonl", "results.parquet", "returns.parquet", "summary.json",
        "summary.md",
    }  # fmt: skip


def test_daily_returns_are_kept_for_every_trial_that_was_made(lab: Lab) -> None:
    outcome = lab.sweep()
    kept = pq.ParquetFile(outcome.folder / "returns.parquet").read().to_pylist()
    made = [row for row in rows_of(outcome) if row["status"] != "refused"]
    assert [one["trial"] for one in kept] == [row["trial"] for row in made]
    for one, row in zip(kept, made, strict=True):
        assert len(one["days"]) == len(one["returns"])
        growth = float(np.prod([1 + value for value in one["returns"]]))
        assert growth - 1 == pytest.approx(row["total_return"], abs=1e-9)


def test_the_same_sweep_has_the_same_tables_and_a_table_knows_no_time(lab: Lab) -> None:
    one, two = lab.sweep(), lab.sweep()
    assert one.folder != two.folder
    assert tables(one) == tables(two)
    assert pq.ParquetFile(one.folder / "results.parquet").schema_arrow.metadata is None


def test_refused_combinations_do_not_count_and_repeats_do_not_count_again(lab: Lab) -> None:
    outcome = lab.sweep()
    made = sum(row["status"] != "refused" for row in rows_of(outcome))
    assert outcome.summary["trials"]["made"] == made
    assert outcome.summary["trials"]["counted_on_these_bars"] == made
    again = lab.sweep()
    assert again.summary["trials"]["counted_on_these_bars"] == made
    assert again.summary["trials"]["recorded_on_these_bars"] == 2 * made
    wider = lab.sweep(None, "fast=2:11:1", "slow=4:40:4")
    assert wider.summary["trials"]["counted_on_these_bars"] == made + sum(slow > 11 for slow in range(4, 41, 4))
    expected = "expected_best_sharpe_without_skill"
    assert wider.summary["significance"][expected] != outcome.summary["significance"][expected]
    assert lab.ledger.verify() == lab.ledger.count(data_digest=DIGEST).records


@pytest.mark.parametrize("method", ["grid", "halving", "random", "walk"])
@pytest.mark.parametrize("stop", [0, 17, 60])
def test_an_interrupted_sweep_is_valid_and_ends_as_if_it_had_not_been(lab: Lab, method: str, stop: int) -> None:
    asked: dict[str, Any] = {
        "grid": {},
        "halving": {"method": "halving"},
        "random": {"method": "random", "trials": 70},
        "walk": {"walk_forward": 3, "anchored": True},
    }[method]
    whole = lab.sweep(None, **asked)
    before = lab.ledger.count(data_digest=DIGEST).records
    part = lab.sweep(Formula(stop_after=stop), **asked)
    if part.exit_code == 0:  # a short sweep ended before the interrupt
        return
    assert part.exit_code == 130
    assert part.summary["status"] == "interrupted"
    assert len(rows_of(part)) <= stop
    assert "logos sweep --resume" in (part.folder / "summary.md").read_text(encoding="utf-8")
    rest = Formula()
    done = resume_sweep(lab.setup(rest), "latest")
    assert done.folder == part.folder
    assert done.exit_code == 0
    assert tables(done) == tables(whole)
    assert lab.ledger.count(data_digest=DIGEST).records == 2 * before
    repeated = {json.dumps([dict(values), window.start, window.end]) for values, window in rest.runs}
    assert len(repeated) == len(rest.runs)


def test_a_crash_between_ledger_and_progress_neither_loses_a_trial_nor_counts_it_twice(lab: Lab) -> None:
    whole = lab.sweep()
    count = lab.ledger.count(data_digest=DIGEST).records
    part = lab.sweep(Formula(stop_after=40))
    journal = part.folder / "trials.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:10]) + lines[10][:30])
    done = resume_sweep(lab.setup(Formula()), part.folder.name)
    assert tables(done) == tables(whole)
    assert lab.ledger.count(data_digest=DIGEST).records == 2 * count


def test_a_finished_sweep_is_resumed_without_running_anything(lab: Lab) -> None:
    done = lab.sweep()
    before = tables(done)
    trials = Formula()
    assert tables(resume_sweep(lab.setup(trials), done.folder.name[:15])) == before
    assert trials.runs == []


def test_the_summary_tells_plateau_peak_and_luck(lab: Lab) -> None:
    outcome = lab.sweep()
    summary = json.loads((outcome.folder / "summary.json").read_bytes())
    peak, recommended = summary["peak"], summary["recommended"]
    assert peak["value"] == max(row["sharpe"] for row in rows_of(outcome) if row["sharpe"] is not None)
    assert abs(recommended["params"]["fast"] - 6) <= 2
    assert recommended["neighbourhood_mean"] == max(one["neighbourhood_mean"] for one in summary["top"])
    assert [one["neighbourhood_mean"] for one in summary["top"]] == sorted(
        (one["neighbourhood_mean"] for one in summary["top"]), reverse=True
    )
    luck = summary["significance"]
    assert 0 <= luck["deflated_sharpe_ratio"] <= 1
    assert 0 <= luck["probability_of_overfitting"] <= 1
    text = (outcome.folder / "summary.md").read_text(encoding="utf-8")
    assert "The best of so many without any skill would show a Sharpe ratio of about" in text
    assert summary["trials"]["engine_notes"] == ["a formula"]


def test_walk_forward_sets_what_was_chosen_against_what_it_did(lab: Lab) -> None:
    outcome = lab.sweep(None, walk_forward=3)
    found = outcome.summary["walk_forward"]
    rows = rows_of(outcome)
    assert len(found["splits"]) == 3
    for split in found["splits"]:
        trains = [row for row in rows if (row["split"], row["part"]) == (split["split"], "train")]
        best = max((row for row in trains if row["sharpe"] is not None), key=lambda row: row["sharpe"])
        assert split["peak"]["trial"] == best["trial"]
        (test,) = (
            row for row in rows if (row["split"], row["part"], row["trial"]) == (split["split"], "test", best["trial"])
        )
        assert split["peak"]["out_of_sample"] == test["sharpe"]
        assert test["start"] >= best["end"]
    lines = (outcome.folder / "out_of_sample.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "day,peak,recommended"
    assert lines[-1].startswith("1970-03-01,")
    assert float(lines[-1].split(",")[1]) - 1 == pytest.approx(found["out_of_sample"]["peak"]["total_return"], abs=1e-7)


def test_halving_runs_few_trials_on_all_the_bars(lab: Lab) -> None:
    trials = Formula()
    outcome = lab.sweep(trials, method="halving")
    rows = rows_of(outcome)
    by_rung = {rung: [row for row in rows if row["rung"] == rung] for rung in (0, 1, 2)}
    assert [len(found) for found in by_rung.values()] == [90, 30, 10]
    assert outcome.summary["peak"]["trial"] in {row["trial"] for row in by_rung[2]}
    assert all(row["slices"] in {60, 30} for row in by_rung[2])


def test_a_sweep_of_nothing_but_refusals_is_refused_and_leaves_no_folder(lab: Lab) -> None:
    with pytest.raises(InputError, match=r"every combination is refused; the first one: fast is 5 and slow is 4"):
        lab.sweep(None, "fast=5,6", "slow=4")
    assert list((lab.workspace / "runs" / "sweeps").iterdir()) == []


def test_a_resume_refuses_other_bars_and_unknown_sweeps(lab: Lab) -> None:
    with pytest.raises(InputError, match="there is no sweep in"):
        resume_sweep(lab.setup(Formula()), "latest")
    lab.sweep(Formula(stop_after=20))
    other = lab.setup(Formula(), reader=lambda config: (bars_of(config)[0], "e" * 64, []))
    with pytest.raises(ResumeError, match="its data changed since it began"):
        resume_sweep(other, "latest")
    with pytest.raises(InputError, match="there is no sweep 'x'"):
        resume_sweep(lab.setup(Formula()), "x")


def test_an_executor_that_is_not_there_or_takes_no_workers_is_refused(lab: Lab) -> None:
    with pytest.raises(PluginError, match=r"executor 'inlin' is not installed"):
        run_sweep(lab.setup(Formula(), executor="inlin"), lab.config, lab.request())
    with pytest.raises(InputError, match=r"executor inline takes no --workers"):
        run_sweep(lab.setup(Formula(), workers=2), lab.config, lab.request())


def test_the_heat_map_is_drawn_and_the_page_needs_no_network(lab: Lab) -> None:
    outcome = run_sweep(lab.setup(Formula(), plots=True), lab.config, lab.request())
    assert (outcome.folder / "heatmap.png").read_bytes().startswith(b"\x89PNG")
    assert "heatmap.png" in outcome.summary["plots"]
    page = outcome.folder / "heatmap.html"
    if page.exists():
        text = page.read_text(encoding="utf-8")
        assert '<script src="http' not in text
        assert '"name":"plateau (outlined)"' in text
        assert '"name":"refused, not run or undefined"' in text
        assert '"range":[-0.5,8.5]' in text
    else:
        assert "logos-core[report]" in lab.told[0]


def test_a_missing_plotly_is_said_and_not_fatal(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logos.backtest.sweep.heatmap_html.find_spec", lambda _name: None)
    outcome = run_sweep(lab.setup(Formula(), plots=True), lab.config, lab.request("fast=2:10:1", "slow=40"))
    assert outcome.exit_code == 0
    assert outcome.summary["plots"] == ["heatmap.png"]
    assert lab.told == outcome.summary["remarks"]
    assert "pip install 'logos-core[report]'" in lab.told[0]


def test_progress_is_told_up_to_the_end(lab: Lab) -> None:
    seen: list[tuple[int, int]] = []
    show: Callable[[int, int], None] = lambda done, planned: seen.append((done, planned))  # noqa: E731
    run_sweep(lab.setup(Formula(), progress=show), lab.config, lab.request())
    assert seen[-1] == (90, 90)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_workspace_that_cannot_be_written_is_named(lab: Lab) -> None:
    (lab.workspace / "runs").write_text("a file", encoding="utf-8")
    with pytest.raises(StorageError, match="runs"):
        lab.sweep()


def test_an_interrupt_among_refusals_keeps_the_sweep(lab: Lab) -> None:
    stopped = Formula(stop_after=2)  # the first two have fast = 5 and slow = 4 and 5
    part = lab.sweep(stopped, "fast=5,6", "slow=4:8:1")
    assert part.exit_code == 130
    assert [row["status"] for row in rows_of(part)] == ["refused", "refused"]
    done = resume_sweep(lab.setup(Formula()), "latest")
    assert done.folder == part.folder
    assert done.summary["trials"]["made"] == 5


def test_what_the_feed_found_is_told_before_the_first_trial_and_kept(lab: Lab) -> None:
    note = "SIM: the price falls to a half on 1970-01-09, perhaps a split"
    setup = lab.setup(Formula(), reader=lambda config: (*bars_of(config)[:2], [note]))
    outcome = run_sweep(setup, lab.config, lab.request())
    assert lab.told == [note]
    assert outcome.summary["data_notes"] == [note]
    report = (outcome.folder / "summary.md").read_text(encoding="utf-8")
    assert 0 < report.index(note) < report.index("## The plateau")


def test_an_executor_that_cannot_be_opened_leaves_no_folder(lab: Lab) -> None:
    with pytest.raises(InputError, match="takes no --workers"):
        run_sweep(lab.setup(Formula(), workers=2), lab.config, lab.request())
    assert not (lab.workspace / "runs").exists()


def test_a_picture_that_fails_is_a_remark_and_leaves_nothing_behind(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_values: Any, **_named: Any) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("logos.backtest.sweep.heatmap_png.draw_png", full)
    outcome = run_sweep(lab.setup(Formula(), plots=True), lab.config, lab.request())
    assert outcome.exit_code == 0
    assert "heatmap.png was not made" in lab.told[0]
    assert "heatmap.png" not in outcome.summary["plots"]
    assert json.loads((outcome.folder / "summary.json").read_bytes())["remarks"] == outcome.summary["remarks"]
    assert not list(outcome.folder.glob("*.new"))
    assert not list(outcome.folder.glob(".heatmap*"))


def test_a_disk_that_fails_in_a_sweep_says_how_to_go_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_values: Any, **_named: Any) -> None:
        raise StorageError("cannot write results.parquet: No space left on device", hint="something general")

    monkeypatch.setattr("logos.backtest.sweep.writing.write_results", full)
    with pytest.raises(StorageError, match=r"Mend the disk and go on with: logos sweep --resume \S+-formula"):
        lab.sweep()


def test_halving_has_no_deflated_ratio_and_says_why(lab: Lab) -> None:
    found = lab.sweep(None, method="halving").summary["significance"]
    assert (found["deflated_sharpe_ratio"], found["expected_best_sharpe_without_skill"]) == (None, None)
    assert "halving" in found["why_not_deflated"]
    assert found["why_not_deflated"] in found["in_words"]
    assert found["overfitting_window"] != found["window"]
    assert any("of the first part alone" in sentence for sentence in found["in_words"])


def test_walk_forward_names_the_window_of_every_figure(lab: Lab) -> None:
    outcome = lab.sweep(None, walk_forward=3)
    found, peak = outcome.summary["significance"], outcome.summary["peak"]
    last = outcome.summary["walk_forward"]["splits"][-1]
    assert found["window"] == found["overfitting_window"] == last["train"]
    first = found["in_words"][0]
    assert f"with sharpe {last['peak']['in_sample']:.4f}; the peak's {peak['value']:.4f}" in first
    assert "is the mean over the 3 windows" in first
    assert outcome.summary["value_is"] == "the mean of sharpe over the 3 training windows"
    assert outcome.summary["value_is"] in (outcome.folder / "summary.md").read_text(encoding="utf-8")


def test_the_first_use_of_the_kernel_is_announced_and_no_other(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    source = lab.workspace / "compiled.py"
    source.write_text("", encoding="utf-8")
    monkeypatch.setattr(compiled, "__file__", str(source))
    monkeypatch.setattr(compiled, "is_available", lambda: True)
    setup = attrs.evolve(lab.setup(Formula()), opener=None)
    assert "takes about ten seconds" in setup.kernel_notice("auto")
    assert setup.kernel_notice("jumping") == ""
    cache = lab.workspace / "__pycache__" / "compiled.nbc"
    cache.parent.mkdir()
    cache.touch()
    assert setup.kernel_notice("auto") == ""
    cache.unlink()
    monkeypatch.setattr(compiled, "is_available", lambda: False)
    assert setup.kernel_notice("auto") == ""


def test_a_file_that_cannot_be_put_in_place_leaves_no_other(tmp_path: Path) -> None:
    (tmp_path / "summary.json").mkdir()
    with pytest.raises(StorageError, match=r"cannot write .*summary.json"):
        put(tmp_path / "summary.json", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_a_sweep_that_finds_a_broken_ledger_stops_and_goes_on_once_it_is_mended(lab: Lab) -> None:
    whole = lab.sweep()
    sound = lab.ledger.path.read_bytes()
    lab.ledger.path.write_bytes(sound.replace(b'"source":"sweep"', b'"source":"sleep"', 1))
    with pytest.raises(IntegrityError, match="line 1: its content does not match its seal"):
        lab.sweep()
    lab.ledger.path.write_bytes(sound)
    done = resume_sweep(lab.setup(Formula()), "latest")
    assert done.folder != whole.folder
    assert tables(done) == tables(whole)
