"""A session and a backtest of its config over the very bars that it had."""

from __future__ import annotations

import attrs
import pytest

from logos.backtest.running import run_backtest
from logos.backtest.setup import BacktestSetup
from logos.domain.errors import InputError, IntegrityError
from logos.proofs.divergence.again import for_a_backtest
from logos.proofs.divergence.report import diff
from logos.proofs.divergence.sides import read_side


@pytest.fixture
def against_a_backtest(lab, tmp_path):
    """Return a function that runs a session's config as a backtest, and compares; ``mood`` changes the code of that."""

    def compare(folder, mood=None):
        registry = lab.registries["1.0.0"]
        side = read_side("A", folder, lab.root)
        config, feed = for_a_backtest(side, registry)
        setup = BacktestSetup(workspace=side.workspace, registry=registry, output=tmp_path, feed=feed)
        lab.mood.update(mood or {})
        try:
            outcome = run_backtest(setup, config)
        finally:
            lab.mood.clear()
        other = read_side("B", outcome.folder, side.workspace, workspace=side.workspace)
        return diff(side, other, registry, same_bars=side.polled)

    return compare


@pytest.mark.parametrize("which", ["replayed", "polled"])
def test_a_session_and_its_backtest_agree(bases, against_a_backtest, which) -> None:
    report = against_a_backtest(getattr(bases[0], which))
    assert report.agrees, report
    assert report.agreed.slices == bases[0].slices
    assert report.agreed.fills > 10
    assert report.notes == ()


def test_a_broker_that_fills_otherwise_is_told_from_the_session_by_its_fill(bases, against_a_backtest) -> None:
    report = against_a_backtest(bases[0].polled, mood={"fill": 3, "how": 0})
    told = report.difference
    assert (report.cause, told.event, told.field) == ("fill", "fill", "fee")
    assert report.agreed.fills == 2
    assert report.agreed.bars is None


def test_a_kill_file_is_no_part_of_a_backtest(lab, bases, against_a_backtest) -> None:
    base = bases[1]
    told = {"history": base.told["history"], "slices": [dict(one) for one in base.told["slices"][:40]]}
    told["slices"][20]["kill"] = True
    report = against_a_backtest(lab.run(base.config, base.bars, told=told))
    assert report.cause == "guard"
    assert report.difference.event == "halted"
    assert any("A is halted" in note for note in report.notes)


def test_forward_filled_bars_stay_what_they_are_in_the_backtest(lab, bases, against_a_backtest) -> None:
    base = bases[2]
    told = {"history": base.told["history"], "slices": [dict(one) for one in base.told["slices"]]}
    for one in told["slices"][5::9]:
        one["bars"] = [{**row, "values": [row["values"][0]] * 4 + [0], "forward_filled": True} for row in one["bars"]]
    assert against_a_backtest(lab.run(base.config, base.bars, told=told)).agrees


def test_a_backtest_has_no_backtest_of_its_own(bases, against_a_backtest, tmp_path) -> None:
    against_a_backtest(bases[0].replayed)
    (folder,) = (tmp_path / "runs").glob("*-lab")
    with pytest.raises(InputError, match="is a backtest already"):
        against_a_backtest(folder)


def test_a_record_that_was_edited_is_refused(lab, bases, against_a_backtest) -> None:
    folder = lab.run(bases[0].config, bases[0].bars, told=bases[0].told)
    path = folder / "bars.csv"
    path.write_text(path.read_text().replace(",true,told", ",false,told", 1))
    with pytest.raises(IntegrityError, match=r"bars\.csv is not what it was"):
        against_a_backtest(folder)


def test_a_session_that_stopped_early_is_compared_as_far_as_it_came(lab, bases) -> None:
    base = bases[0]
    side = read_side("A", base.replayed, lab.root)
    early = attrs.evolve(side, letter="B", status="paused", last=side.first[:11] + "23:59:00Z")
    report = diff(side, early, lab.registries["1.0.0"])
    assert report.agrees
    assert f"only what both runs have was compared: the slices from {side.first} to {early.last}" in report.notes
    assert f"B is paused, at {early.last}" in report.notes
