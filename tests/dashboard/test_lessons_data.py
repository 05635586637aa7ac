"""Lessons are read whatever their folders hold, and nothing outside of them is."""

from __future__ import annotations

import errno
import json
import os
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.ui.streamlit.components.document import Code, Prose, parts_of
from logos.ui.streamlit.data import lessons
from logos.ui.streamlit.data.lessons import list_lessons, load_lesson, read_picture
from logos.ui.streamlit.data.readings import Reading

TAGS = {"p", "h2", "h3", "h4", "h5", "h6", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br"}
TAGS |= {"a", "span", "div", "table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"class", "style", "href", "rel", "target", "role", "tabindex", "aria-label", "scope", "start"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540000000"
    "0049454e44ae426082"
)


@pytest.fixture
def lesson(workspace: Path) -> Path:
    """Return the folder of a whole lesson."""
    return written(workspace, "guards", "20260302-143100")


def written(workspace: Path, name: str, run: str) -> Path:
    folder = workspace / "runs/lessons" / name / run
    (folder / "plots").mkdir(parents=True)
    (folder / "plots/one.png").write_bytes(PNG)
    (folder / "transcript.md").write_text("# Guards\n\n![A line](plots/one.png)\n", encoding="utf-8")
    (folder / "glossary.json").write_text(
        json.dumps({"halt": {"meaning": "stopped", "seen_in": "state.jsonl"}, "bar": "an interval"}), encoding="utf-8"
    )
    return folder


# -- the listing ---------------------------------------------------------------------------------------------------


def test_a_workspace_without_lessons_says_how_to_run_one(workspace):
    reading = list_lessons(workspace)
    assert (reading.state, reading.value) == ("missing", None)
    assert "logos lessons run first_session" in reading.hint


def test_runs_of_all_lessons_are_listed_newest_first(workspace):
    for name, run in (
        ("guards", "20260302-143100"),
        ("guards", "20260302-143100-2"),
        ("guards", "20260302-143100-10"),
        ("first_session", "20260401-000000"),
        ("other", "by_hand"),
    ):
        written(workspace, name, run)
    rows = list_lessons(workspace).value
    assert [row.run for row in rows] == [
        "20260401-000000",
        "20260302-143100-10",
        "20260302-143100-2",
        "20260302-143100",
        "by_hand",
    ]
    assert (rows[0].made, rows[-1].made) == ("2026-04-01T00:00:00Z", "")


def test_lessons_under_construction_files_and_links_are_not_listed(workspace, tmp_path):
    written(workspace, "guards", ".20260302-143100.new")
    (workspace / "runs/lessons/notes.txt").touch()
    (tmp_path / "elsewhere").mkdir()
    (workspace / "runs/lessons/guards/20260302-143101").symlink_to(tmp_path / "elsewhere")
    (workspace / "runs/lessons/linked").symlink_to(tmp_path)
    assert list_lessons(workspace).state == "missing"


@pytest.mark.parametrize(("closed", "state"), [("lessons", "damaged"), ("guards", "partial")])
def test_a_folder_that_may_not_be_read_is_named(workspace, lesson, monkeypatch, closed, state):
    written(workspace, "first_session", "20260302-143100")
    scan = os.scandir

    def refusing(path):
        if Path(path).name == closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return scan(path)

    monkeypatch.setattr(lessons.os, "scandir", refusing)
    reading = list_lessons(workspace)
    assert reading.state == state
    assert closed in reading.message


# -- one lesson ----------------------------------------------------------------------------------------------------


def test_a_lesson_is_read_whole(lesson):
    reading = load_lesson(lesson)
    assert reading.state == "ok"
    value = reading.value
    assert (value.is_markdown, value.plots, value.workspace) == (True, ("plots/one.png",), None)
    assert [(one.term, one.meaning, one.seen_in) for one in value.terms] == [
        ("bar", "an interval", ""),
        ("halt", "stopped", "state.jsonl"),
    ]


def test_a_plain_text_of_another_tool_is_read_too(lesson):
    (lesson / "transcript.md").unlink()
    (lesson / "transcript.txt").write_text("Step 1 <b>not bold</b>\n", encoding="utf-8")
    reading = load_lesson(lesson)
    assert (reading.state, reading.value.is_markdown) == ("ok", False)
    assert reading.value.text == "Step 1 <b>not bold</b>\n"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("transcript.md", None, "there is no transcript"),
        ("transcript.md", b"", "transcript.md is empty"),
        ("transcript.md", b"half \xff a word", "transcript.md is not UTF-8 throughout"),
        ("transcript.md", b"x" * 500_000, "transcript.md is cut after 400,000 bytes"),
        ("glossary.json", b'{"halt": {"mean', "glossary.json is not JSON"),
        ("glossary.json", b"[1, 2]", "glossary.json holds no object"),
        ("glossary.json", b'{"a": 1, "b": {"seen_in": 2}, "c": "fine"}', "glossary.json holds 2 terms that cannot be"),
        ("glossary.json", b"[" * 100_000, "glossary.json is not JSON"),
    ],
)
def test_what_is_missing_or_damaged_is_named_and_the_rest_is_shown(lesson, name, content, told):
    if content is None:
        (lesson / name).unlink()
    else:
        (lesson / name).write_bytes(content)
    reading = load_lesson(lesson)
    assert reading.state == "partial"
    assert told in reading.message
    assert reading.value.plots == ("plots/one.png",)


def test_a_lesson_without_glossary_and_plots_is_whole(lesson):
    (lesson / "glossary.json").unlink()
    (lesson / "plots/one.png").unlink()
    (lesson / "plots").rmdir()
    reading = load_lesson(lesson)
    assert (reading.state, reading.value.terms, reading.value.plots) == ("ok", (), ())


def test_a_transcript_that_is_a_folder_or_leads_elsewhere_is_not_read(lesson, tmp_path):
    (tmp_path / "secret.md").write_text("not yours", encoding="utf-8")
    (lesson / "transcript.md").unlink()
    (lesson / "transcript.md").symlink_to(tmp_path / "secret.md")
    reading = load_lesson(lesson)
    assert "not yours" not in reading.value.text
    assert "transcript.md is no file of this folder" in reading.message
    (lesson / "transcript.md").unlink()
    (lesson / "transcript.md").mkdir()
    assert load_lesson(lesson).state == "partial"


def test_an_empty_folder_and_one_that_is_gone_are_missing(workspace, lesson):
    empty = workspace / "runs/lessons/guards/20260302-143200"
    empty.mkdir()
    assert load_lesson(empty).value is None
    assert load_lesson(empty.with_name("20260302-143300")).state == "missing"


def test_a_secret_in_a_transcript_or_a_glossary_is_masked(lesson):
    canary = "sk_live_9f8e7d6c5b4a39281706"
    (lesson / "transcript.md").write_text(f"api_key={canary}\n", encoding="utf-8")
    (lesson / "glossary.json").write_text(json.dumps({"key": f"api_secret={canary}"}), encoding="utf-8")
    value = load_lesson(lesson).value
    assert canary not in value.text
    assert canary not in value.terms[0].meaning


# -- pictures ------------------------------------------------------------------------------------------------------


def test_a_picture_of_the_folder_is_read(lesson):
    assert read_picture(lesson, "plots/one.png").value == (PNG, "image/png")


@pytest.mark.parametrize(
    "source",
    [
        "../../../../secret.png",
        "plots/../../../../../secret.png",
        "plots/linked.png",
        "https://example.com/one.png",
        "//example.com/one.png",
        "data:image/png;base64,iVBORw0KGgo=.png",
        "file:///etc/passwd.png",
        "/etc/hostname",
        "transcript.md",
        "plots/text.png",
        "plots/none.png",
        "plots/loop.png",
        "plots",
        "plots/\0.png",
        "plots/one.svg",
        "",
    ],
)
def test_no_other_picture_is(workspace, lesson, source):
    (workspace / "secret.png").write_bytes(PNG)
    (lesson / "plots/linked.png").symlink_to(workspace / "secret.png")
    (lesson / "plots/loop.png").symlink_to("loop.png")
    (lesson / "plots/text.png").write_text("<script>alert(1)</script>", encoding="utf-8")
    (lesson / "plots/one.svg").write_text("<svg onload='alert(1)'/>", encoding="utf-8")
    reading = read_picture(lesson, source)
    assert reading.value is None
    assert reading.message


def test_an_absolute_path_is_shown_only_where_it_leads_into_the_folder(lesson, tmp_path):
    (tmp_path / "other.png").write_bytes(PNG)
    assert read_picture(lesson, str(tmp_path / "other.png")).value is None
    assert read_picture(lesson, str(lesson / "plots/one.png")).usable


def test_a_picture_that_is_too_large_is_refused(lesson, monkeypatch):
    monkeypatch.setattr(lessons, "MOST_PICTURE_BYTES", 10)
    assert read_picture(lesson, "plots/one.png").state == "damaged"


# -- the document --------------------------------------------------------------------------------------------------


def nothing(_source: str) -> Reading[tuple[bytes, str]]:
    return Reading.missing("there is none")


class Markup(HTMLParser):
    """Takes down the tags and attributes of some HTML, as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        self.targets += [value for name, value in attributes if name in {"href", "src"}]


def assert_harmless(html: str) -> None:
    markup = Markup()
    markup.feed(html)
    assert markup.tags <= TAGS
    assert markup.attributes <= ATTRIBUTES
    assert [target for target in markup.targets if not target.startswith(("http://", "https://"))] == []


def prose(text: str, pictures=nothing) -> str:
    return "".join(part.html for part in parts_of(text, pictures) if isinstance(part, Prose))


def test_code_stands_by_itself_and_headings_are_one_level_lower():
    parts = list(parts_of("# One\n\ntext\n\n```bash\nlogos trade  # exit 3\n```\n\n## Two\n", nothing))
    assert parts[1] == Code("logos trade  # exit 3", "bash")
    assert "<h2>One</h2>" in parts[0].html
    assert "<h3>Two</h3>" in parts[2].html


def test_a_table_keeps_its_numbers_to_the_right_and_scrolls_by_keyboard():
    html = prose("| a | b |\n|---|--:|\n| x | 1 |\n")
    assert '<td class="logos-number">1</td>' in html
    assert 'tabindex="0"' in html


def test_a_picture_is_drawn_into_the_page_with_its_text():
    html = prose("![A *red* line](plots/one.png)", lambda _source: Reading.ok((PNG, "image/png")))
    assert 'src="data:image/png;base64,' in html
    assert 'alt="A red line"' in html


def test_a_picture_that_cannot_be_shown_leaves_its_text():
    assert "Picture not shown, there is none: A line" in prose("![A line](plots/none.png)")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](javascript:alert(1))",
        '![x" onerror="alert(1)](plots/none.png)',
        '[x](https://example.com/" onclick="alert)',
        "`<script>alert(1)</script>`",
        "- item\n\n  ```html\n  <script>alert(1)</script>\n  ```",
        "<https://example.com/<script>>",
    ],
)
def test_no_markup_of_the_document_reaches_the_page(text):
    assert_harmless(prose(text))


def test_links_lead_to_the_web_alone():
    html = prose("[a](https://example.com) [b](../../secret.md) [c *d*](file:///etc/passwd)")
    assert html.count("<a ") == 1
    assert "secret.md" not in html
    assert "noopener" in html


@given(st.text(alphabet=st.sampled_from("ab<>\"'`*_[]()!#|-: \n&\\/=x"), max_size=200))
def test_any_text_gives_markup_of_this_module_alone(text):
    assert_harmless(prose(text))
