"""What lessons leave behind is whole, true, repeatable, and read by the dashboard."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sysconfig
from decimal import Decimal
from pathlib import Path

import pytest

from logos.artifacts.backtests import read_metrics
from logos.artifacts.readers import list_sessions, read_state
from logos.backtest.sweep.folder import find_sweep
from logos.paths import sessions_dir
from logos.proofs.auditor import audit
from logos.ui.lessons.catalogue import LESSONS, find_lesson
from logos.ui.lessons.coins import DAYS, days_of
from logos.ui.lessons.glossary import MEANINGS
from logos.ui.lessons.running import run_lesson
from logos.ui.streamlit.data.lessons import list_lessons, load_lesson, read_picture


def transcript(outcome) -> str:
    return (outcome.folder / "transcript.md").read_text(encoding="utf-8")


def glossary(outcome) -> dict[str, dict[str, str]]:
    return json.loads((outcome.folder / "glossary.json").read_text(encoding="utf-8"))


# -- every lesson --------------------------------------------------------------------------------------------------


def test_a_lesson_leaves_its_four_parts_and_no_other(taught):
    assert sorted(one.name for one in taught.folder.iterdir()) == [
        "glossary.json",
        "plots",
        "transcript.md",
        "workspace",
    ]
    assert taught.path == f"runs/lessons/{taught.lesson.name}/{taught.folder.name}"
    assert not list(taught.folder.parent.glob(".*"))


def test_every_picture_is_referred_to_and_every_reference_is_a_picture(taught):
    named = re.findall(r"!\[[^\]]{20,}\]\((plots/[a-z_]+\.png)\)", transcript(taught))
    assert sorted(named) == [f"plots/{name}" for name in taught.plots]
    assert named
    assert all(read_picture(taught.folder, name).usable for name in named)


def test_the_dashboard_reads_it(taught):
    root = taught.folder.parents[3]
    assert taught.folder in {row.folder for row in list_lessons(root).value}
    reading = load_lesson(taught.folder)
    assert reading.state == "ok"
    assert len(reading.value.terms) == taught.terms
    assert reading.value.workspace == taught.folder / "workspace"


def test_each_term_is_explained_and_seen_somewhere(taught):
    terms = glossary(taught)
    assert list(terms) == sorted(terms, key=str.casefold)
    assert all(value["meaning"] == MEANINGS[term] and value["seen_in"] for term, value in terms.items())
    assert all(f"*{term}*" in transcript(taught) for term in terms)


def test_no_time_of_the_wall_and_no_path_of_the_machine_is_told(taught):
    text = transcript(taught) + json.dumps(glossary(taught))
    assert "2026-03-02" not in text
    assert taught.folder.name not in text
    assert str(taught.folder.parents[3]) not in text


def test_the_users_own_runs_are_not_touched(taught):
    root = taught.folder.parents[3]
    assert [one.name for one in root.iterdir()] == ["runs"]
    assert [one.name for one in (root / "runs").iterdir()] == ["lessons"]


def test_every_session_of_a_lesson_passes_the_audit(taught):
    for row in list_sessions(sessions_dir(taught.folder / "workspace")):
        assert row.status in {"completed", "halted"}
        assert audit(sessions_dir(taught.folder / "workspace") / row.session_id).agrees


@pytest.mark.parametrize("name", [lesson.name for lesson in LESSONS])
def test_the_same_lesson_again_says_the_same_bytes(name, lessons_run, lesson_setup, tmp_path):
    first = lessons_run(name)
    again = run_lesson(lesson_setup(tmp_path / "another place", clock=Later()), find_lesson(name))
    for file in ("transcript.md", "glossary.json"):
        assert (again.folder / file).read_bytes() == (first.folder / file).read_bytes()


class Later:
    """Another wall clock, a day on, that moves."""

    def __init__(self) -> None:
        self.at = 1_772_548_260

    def now(self) -> int:
        self.at += 1
        return self.at

    def monotonic(self) -> float:
        return 0.0


# -- what they say is what was measured ----------------------------------------------------------------------------


def test_the_first_session_tells_the_figures_of_its_session(lessons_run):
    outcome = lessons_run("first_session")
    text, account = transcript(outcome), read_state(session(outcome, "first"))["account"]
    start, realised, unrealised, fees = (
        account[name] for name in ("starting_cash", "realized_pnl", "unrealized_pnl", "fees")
    )
    assert f"{start} + {realised} + {unrealised} - {fees} = {account['equity']}" in text
    assert Decimal(start) + Decimal(realised) + Decimal(unrealised) - Decimal(fees) == Decimal(account["equity"])
    assert "all artifacts agree, byte for byte" in text
    for line in (session(outcome, "first") / "decisions.csv").read_text(encoding="utf-8").splitlines():
        if ",refused," in line:
            assert line.split(",", 9)[9].strip('"') in text
            break
    else:
        raise AssertionError("no signal was refused")


def test_the_lesson_on_guards_quotes_the_guards(lessons_run):
    outcome = lessons_run("guards")
    text = transcript(outcome)
    halted = (session(outcome, "halted") / "state.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in halted]
    reasons = [cause["reason"] for event in events if event["type"] == "halted" for cause in event["causes"]]
    assert reasons
    assert all(f"halted by drawdown: {reason}" in text for reason in reasons)
    forgiven = sum(event["type"] == "halt_cleared" for event in events)
    assert f"halted {len(reasons)} times and forgiven {forgiven} times" in text
    strict = (session(outcome, "strict") / "state.jsonl").read_text(encoding="utf-8").splitlines()
    first = next(event for event in map(json.loads, strict) if event["type"] == "blocked")
    assert len(first["causes"]) > 1
    assert all(f"{cause['guard']}: {cause['reason']}" in text for cause in first["causes"])
    assert not (outcome.folder / "workspace/runs/live/KILL").exists()


def test_the_honest_backtest_tells_the_figures_of_its_runs(lessons_run):
    outcome = lessons_run("honest_backtest")
    text, runs = transcript(outcome), outcome.folder / "workspace/runs"
    for name in ("with_costs", "without_costs"):
        (folder,) = runs.glob(f"*-{name}")
        assert f"{100 * read_metrics(folder)['total_return']:+.2f} %" in text
    for coin in range(1, 6):
        (sweep,) = (runs / "sweeps").glob(f"*-coin{coin}")
        (after,) = runs.glob(f"*-coin{coin}_after")
        found = json.loads((sweep / "summary.json").read_text(encoding="utf-8"))
        row = next(line for line in text.splitlines() if line.startswith(f"| {coin} "))
        assert f" {found['peak']['sharpe']:.2f} " in row
        assert f" {read_metrics(after)['sharpe']:.2f} " in row
        assert read_metrics(after)["start"] == "2020-01-01T00:00:00Z"  # what was chosen on ends there
        assert found["significance"]["window"]["end"] == "2020-01-01T00:00:00Z"
    assert find_sweep(outcome.folder / "workspace", "latest").name.endswith("coin5")
    assert "Nothing moved that must not." in text


def test_a_coin_is_fair_and_each_is_another():
    days = list(days_of(1))
    assert len(days) == DAYS
    assert days != list(days_of(2))
    rising = sum(day.close > day.open for day in days) / DAYS
    assert 0.4 < rising < 0.56
    assert all(day.low <= min(day.open, day.close) <= max(day.open, day.close) <= day.high for day in days)


def session(outcome, name: str) -> Path:
    return sessions_dir(outcome.folder / "workspace") / name


# -- the words -----------------------------------------------------------------------------------------------------


def test_the_words_mean_what_the_glossary_of_the_documents_says(repository):
    document = (repository / "docs/GLOSSARY.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", document, flags=re.MULTILINE))
    plain = {
        term: re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text).translate({42: None, 96: None})
        for term, text in rows.items()
    }
    assert {term: plain.get(term) for term in MEANINGS} == dict(MEANINGS)


def test_every_word_is_used_by_a_lesson(lessons_run):
    used = {term for lesson in LESSONS for term in glossary(lessons_run(lesson.name))}
    assert used == set(MEANINGS)


# -- the exercises -------------------------------------------------------------------------------------------------

EXIT = re.compile(r"#\s*exit (\d+)\s*$")


@pytest.mark.parametrize(
    "name", [one.name if one is LESSONS[0] else pytest.param(one.name, marks=pytest.mark.long) for one in LESSONS]
)
def test_the_exercises_work_as_they_are_typed(name, lessons_run, offline_environment, tmp_path):
    taught = lessons_run(name)
    lesson = tmp_path / "lesson"
    shutil.copytree(taught.folder, lesson, symlinks=True)
    commands = [
        line
        for block in re.findall(r"```bash\n(.*?)```", transcript(taught), flags=re.DOTALL)
        for line in block.splitlines()
    ]
    assert len(commands) > 4
    script = ["set -u"]
    for command in commands:
        code = EXIT.search(command)
        script.append(
            f'{command}\ncode=$?; test $code = {code[1] if code else 0} || {{ echo "ended with $code: "; exit 9; }}'
        )
    path = f"{sysconfig.get_path('scripts')}:{offline_environment['PATH']}"
    environment = {**offline_environment, "PATH": path}
    environment.pop("LOGOS_HOME", None)
    done = subprocess.run(
        ["bash", "-xc", "\n".join(script)],
        cwd=lesson,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert sorted(one.name for one in lesson.iterdir()) == ["glossary.json", "plots", "transcript.md", "workspace"]
