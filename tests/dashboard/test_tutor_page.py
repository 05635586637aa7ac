"""The page of lessons: empty, whole, damaged, of another tool; and it writes nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from logos.ui.streamlit.app_pages import tutor
from logos.ui.streamlit.components import frame
from logos.ui.streamlit.data.lessons import Term

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540000000"
    "0049454e44ae426082"
)


@pytest.fixture
def lesson(workspace: Path) -> Path:
    """Return the folder of a lesson, with an older one of another name beside it."""
    for name, run in (("first_session", "20260301-120000"), ("guards", "20260302-143100")):
        folder = workspace / "runs/lessons" / name / run
        (folder / "plots").mkdir(parents=True)
        (folder / "workspace").mkdir()
        (folder / "plots/one.png").write_bytes(PNG)
        (folder / "transcript.md").write_text(
            f"# About {name}\n\n![A falling line](plots/one.png)\n\n```bash\nlogos trade\n```\n", encoding="utf-8"
        )
        terms = {"halt": {"meaning": "stopped", "seen_in": "state.jsonl"}, "bar": {"meaning": "an interval"}}
        (folder / "glossary.json").write_text(json.dumps(terms), encoding="utf-8")
    return folder


def html_of(test) -> str:
    assert not test.exception
    return "".join(element.proto.body for element in test.get("html"))


def digest(folder: Path) -> str:
    seen = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        stat = path.stat()
        seen.update(f"{path} {stat.st_mtime_ns} {stat.st_size}\n".encode())
        if path.is_file():
            seen.update(path.read_bytes())
    return seen.hexdigest()


def test_without_lessons_the_page_says_how_to_run_one(page):
    assert "<code>logos lessons run first_session</code>" in html_of(page("tutor"))


@pytest.mark.parametrize("name", ["tutor", "backtests"])
def test_an_empty_page_looks_for_its_first_run_by_itself(page, monkeypatch, name: str):
    intervals = []
    real = frame.st.fragment
    monkeypatch.setattr(frame.st, "fragment", lambda draw, run_every: intervals.append(run_every) or real(draw))

    page(name)

    assert intervals == [5]


def test_the_newest_lesson_is_shown_with_its_words_and_its_plots(page, lesson):
    shown = page("tutor")
    html = html_of(shown)
    assert [box.value for box in shown.selectbox] == ["guards", "20260302-143100"]
    assert "About guards" in html
    assert html.count('alt="A falling line"') == 2
    assert "stopped" in html
    assert [tab.label for tab in shown.tabs] == ["Transcript", "Words (2)", "Plots (1)"]
    assert [block.value for block in shown.code] == [f"cd {lesson}", "logos trade"]


def test_another_lesson_can_be_picked_and_linked(page, lesson):
    shown = page("tutor")
    shown.selectbox[0].select("first_session").run()
    assert "About first_session" in html_of(shown)
    assert shown.query_params["lesson"] == "first_session"


def test_a_lesson_is_called_by_its_title_also_where_it_is_picked(page, lesson):
    assert page("tutor").selectbox[0].options == ["A first session", "What the guards do"]


def test_nothing_is_written_into_the_address_before_somebody_chooses(page, lesson):
    assert not page("tutor").query_params


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"lesson": "nonesuch"}, "The newest is shown: there is no lesson nonesuch<"),
        ({"lesson": "guards", "lesson_run": "20000101-000000"}, "there is no run of this lesson 20000101-000000<"),
    ],
)
def test_an_address_that_names_what_is_not_there_is_told(workspace, lesson, asked, told):
    test = AppTest.from_string("from logos.ui.streamlit.app_pages import tutor\ntutor.show()")
    for name, value in asked.items():
        test.query_params[name] = value

    html = html_of(test.run(timeout=30))

    assert told in html
    assert "About guards" in html


def test_the_words_can_be_searched(page, lesson):
    shown = page("tutor")
    shown.text_input[0].input("STATE stop").run()
    html = html_of(shown)
    assert "stopped" in html
    assert "an interval" not in html
    shown.text_input[0].input("nothing like it").run()
    assert "No word matches" in html_of(shown)


def test_every_word_that_is_sought_must_be_somewhere():
    term = Term(term="Halt", meaning="a guard has stopped it", seen_in="state.jsonl")
    assert tutor.matches(term, "guard HALT")
    assert tutor.matches(term, "")
    assert not tutor.matches(term, "guard bar")


def test_a_plain_text_is_shown_as_it_stands(page, lesson):
    (lesson / "transcript.md").unlink()
    (lesson / "transcript.txt").write_text("# no heading <b>\n", encoding="utf-8")
    shown = page("tutor")
    assert "# no heading <b>" in [block.value for block in shown.code]


def test_a_damaged_lesson_is_shown_as_far_as_it_goes(page, lesson):
    (lesson / "glossary.json").write_text('{"halt": ', encoding="utf-8")
    (lesson / "plots/one.png").write_bytes(b"no picture")
    html = html_of(page("tutor"))
    assert "glossary.json is not JSON" in html
    assert "Picture not shown" in html
    assert "About guards" in html


def test_an_empty_lesson_is_a_card(page, workspace):
    (workspace / "runs/lessons/guards/20260302-143100").mkdir(parents=True)
    assert "there is no transcript" in html_of(page("tutor"))


def test_the_page_writes_nothing(page, lesson, workspace):
    before = digest(workspace)
    html_of(page("tutor"))
    assert digest(workspace) == before
