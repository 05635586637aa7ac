"""The ledger of trials: every trial recorded, each different one counted once, whatever tears or competes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.backtest.trial import Window
from logos.backtest.trial_ledger import Trial, TrialCount, TrialLedger, trial_digest
from logos.domain.errors import IntegrityError, StorageError
from logos.testing.contexts import FakeClock

TRIAL = Trial(
    source="sweep",
    run="one",
    config_digest="c" * 64,
    data_digest="d" * 64,
    window=Window(),
    strategy='sma_cross fast=10 "slow"=50',
    sharpe=1.25,
)


def ledger_at(folder: Path) -> TrialLedger:
    return TrialLedger(folder / "runs" / "trials.jsonl", FakeClock())


def digest(number: int) -> str:
    return f"{number:064x}"


PROGRAM = """
import sys
from pathlib import Path
from logos.backtest.trial import Window
from logos.backtest.trial_ledger import Trial, TrialLedger

ledger = TrialLedger(Path(sys.argv[1]))
for number in range(30):
    ledger.append(
        [
            Trial(
                source="sweep", run=sys.argv[2], config_digest=f"{number:064x}", data_digest="d" * 64,
                window=Window(), strategy="", sharpe=None,
            )
        ] * 3
    )
"""


def test_a_trial_is_one_line_with_everything_that_tells_it_from_others(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    ledger.append([attrs.evolve(TRIAL, window=Window(start=0, end=86_400))])
    (line,) = ledger.path.read_text(encoding="utf-8").splitlines()
    values = json.loads(line)
    assert list(values) == [
        "seq", "at", "source", "run", "config_digest", "data_digest", "window", "strategy", "sharpe", "prev", "hash",
    ]  # fmt: skip
    assert values["window"] == {"start": "1970-01-01T00:00:00Z", "end": "1970-01-02T00:00:00Z"}
    assert (values["seq"], values["prev"], values["sharpe"]) == (1, "0" * 64, 1.25)


def test_nothing_makes_no_file_and_counts_as_nothing(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    ledger.append([])
    ledger.sync()
    assert not ledger.path.exists()
    assert ledger.count(data_digest="d" * 64) == TrialCount(configs=0, trials=0, records=0)
    assert ledger.verify() == 0


def test_a_repeat_is_recorded_and_not_counted_again(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    ledger.append([TRIAL, attrs.evolve(TRIAL, run="two", source="backtest", sharpe=None)])
    ledger.append([attrs.evolve(TRIAL, window=Window(end=60))])
    assert ledger.count(data_digest="d" * 64) == TrialCount(configs=1, trials=2, records=3)
    assert ledger.verify() == 3


def test_trials_on_other_bars_do_not_count(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    ledger.append([TRIAL, attrs.evolve(TRIAL, data_digest="e" * 64)])
    assert ledger.count(data_digest="e" * 64).configs == 1


def test_the_text_of_a_strategy_cannot_pass_for_a_digest(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    ledger.append([attrs.evolve(TRIAL, strategy=f'"data_digest":"{"f" * 64}"')])
    assert ledger.count(data_digest="f" * 64).records == 0


def test_what_a_run_has_recorded_is_known_by_its_keys(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    other = attrs.evolve(TRIAL, run="two", config_digest="a" * 64)
    ledger.append([TRIAL, other])
    assert set(ledger.keys_of("one")) == {TRIAL.key}
    assert set(ledger.keys_of("two")) == {other.key}


@settings(max_examples=40)
@given(cut=st.integers(min_value=1, max_value=900), batches=st.integers(min_value=1, max_value=3))
def test_a_torn_tail_is_cut_off_and_the_chain_goes_on(cut: int, batches: int, tmp_path_factory) -> None:
    ledger = ledger_at(tmp_path_factory.mktemp("torn"))
    for number in range(batches):
        ledger.append([attrs.evolve(TRIAL, config_digest=digest(number))])
    whole = ledger.path.read_bytes()
    torn = whole[: max(1, len(whole) - cut)]
    ledger.path.write_bytes(torn)
    left = torn.count(b"\n")
    assert ledger.count(data_digest="d" * 64).records == left
    ledger.append([attrs.evolve(TRIAL, config_digest="b" * 64)])
    assert ledger.verify() == left + 1


def test_a_last_line_that_is_no_trial_is_not_built_upon(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    ledger.append([TRIAL])
    with ledger.path.open("ab") as file:
        file.write(b"something else\n")
    with pytest.raises(IntegrityError, match="is not a trial"):
        ledger.append([TRIAL])


def test_an_edited_line_is_found(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    ledger.append([TRIAL, attrs.evolve(TRIAL, sharpe=9.0), TRIAL])
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b'"sharpe":9.0', b'"sharpe":1.0'))
    with pytest.raises(IntegrityError, match=r"line 2: its content does not match its seal"):
        ledger.verify()


def edited(ledger: TrialLedger) -> None:
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.write_bytes(b"".join([lines[0], *lines[2:]]))


@pytest.mark.parametrize("act", ["append", "count", "keys", "verify"])
def test_a_line_that_was_taken_out_is_noticed_by_whoever_comes_next(tmp_path, act: str) -> None:
    ledger_at(tmp_path).append([attrs.evolve(TRIAL, config_digest=digest(number)) for number in range(4)])
    edited(ledger_at(tmp_path))
    ledger = ledger_at(tmp_path)
    acts = {
        "append": lambda: ledger.append([TRIAL]),
        "count": lambda: ledger.count(data_digest="d" * 64),
        "keys": lambda: ledger.keys_of("one"),
        "verify": ledger.verify,
    }
    before = ledger.path.read_bytes()
    with pytest.raises(IntegrityError, match=r"trials.jsonl line 2: it does not follow .* restore it from a copy"):
        acts[act]()
    assert ledger.path.read_bytes() == before


def test_a_program_checks_what_others_have_added_since(tmp_path) -> None:
    one, two = ledger_at(tmp_path), ledger_at(tmp_path)
    one.append([TRIAL])
    two.append([TRIAL, TRIAL])
    one.append([TRIAL])
    assert two.verify() == 4
    with one.path.open("ab") as file:
        file.write(one.path.read_bytes().splitlines(keepends=True)[1])
    with pytest.raises(IntegrityError, match="line 5: it does not follow"):
        one.append([TRIAL])


def test_a_torn_tail_of_any_length_is_cut_off(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    ledger.append([TRIAL, TRIAL])
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + b"x" * 200_000)
    ledger_at(tmp_path).append([TRIAL])
    assert ledger.path.read_bytes()[: len(whole)] == whole
    assert ledger.verify() == 3


def test_programs_that_append_at_once_leave_one_whole_chain(tmp_path) -> None:
    ledger = ledger_at(tmp_path)
    programs = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(ledger.path), run]) for run in ("one", "two", "three")
    ]
    assert [program.wait(60) for program in programs] == [0, 0, 0]
    assert ledger.verify() == 270
    assert ledger.count(data_digest="d" * 64) == TrialCount(configs=30, trials=30, records=270)


def test_a_folder_that_cannot_be_written_is_named(tmp_path) -> None:
    (tmp_path / "runs").write_text("a file", encoding="utf-8")
    with pytest.raises(StorageError, match=r"cannot write the ledger of trials"):
        ledger_at(tmp_path).append([TRIAL])


def test_neither_the_session_s_name_nor_the_window_changes_a_config_s_digest() -> None:
    config = {"session": {"name": "one", "seed": 7}, "allocator": {"invest": "0.95"}}
    renamed = {**config, "session": {"name": "two", "seed": 7}, "backtest": {"start": None, "end": None}}
    assert trial_digest(config) == trial_digest(renamed)
    assert trial_digest(config) != trial_digest({**config, "session": {"name": "one", "seed": 8}})
