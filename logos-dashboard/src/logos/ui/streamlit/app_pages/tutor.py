"""Tutor Viewer: what a lesson did and measured, its words, and its pictures."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from logos.ui.lessons.catalogue import LESSONS
from logos.ui.streamlit import state
from logos.ui.streamlit.components.document import document, picture_html
from logos.ui.streamlit.components.empty import empty_card, gone_card, show_reading
from logos.ui.streamlit.components.frame import linked_tabs, page_header, section, waiting_for
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.lessons import LessonRow, LessonText, Term, list_lessons, load_lesson, read_picture
from logos.ui.streamlit.data.runs_index import shown_name
from logos.ui.streamlit.design.formats import when

_LESSON, _RUN = "lesson", "lesson_run"
_PICK, _PICK_RUN = "tutor-lesson", "tutor-run"
_WIDTH = 960
"""Pixels: longer lines are hard to read."""


def show() -> None:
    """Draw the page."""
    page_header("Tutor Viewer", "Lessons that really ran what they teach. Every number in them was measured.")
    root = state.workspace()
    listing = list_lessons(root)
    if not show_reading(listing, title="No lessons yet") or not listing.value:
        waiting_for(lambda: bool(list_lessons(root).value))
        return
    row = _picked(listing.value)
    reading = load_lesson(row.folder)
    if show_reading(reading, title=_lesson_title(row.lesson)) and reading.value is not None:
        _lesson(reading.value)


def _picked(rows: Sequence[LessonRow]) -> LessonRow:
    """Draw the two pickers, and return the run that is chosen; the newest where none is."""
    names = sorted({row.lesson for row in rows})
    asked, asked_run = state.chosen(_LESSON), state.chosen(_RUN)
    lesson = asked if asked in names else rows[0].lesson
    by_name = {row.run: row for row in rows if row.lesson == lesson}
    run = asked_run if asked_run in by_name else next(iter(by_name))
    st.session_state[_PICK], st.session_state[_PICK_RUN] = lesson, run
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Lesson", names, format_func=_lesson_title, key=_PICK, on_change=_pick_lesson, width=320)
        st.selectbox(
            "Run, newest first",
            list(by_name),
            format_func=lambda name: _told(by_name[name]),
            key=_PICK_RUN,
            on_change=_pick_run,
            width=320,
        )
    if asked and asked != lesson:
        gone_card("lesson", asked, "The newest is shown")
    elif asked_run and asked_run != run:
        gone_card("run of this lesson", asked_run, "The newest run is shown")
    return by_name[run]


def _pick_lesson() -> None:
    state.choose(lesson=st.session_state[_PICK], lesson_run="")


def _pick_run() -> None:
    state.choose(lesson=st.session_state[_PICK], lesson_run=st.session_state[_PICK_RUN])


def _lesson_title(lesson: str) -> str:
    """Return the title of a lesson; of one that does not come with the dashboard, its name."""
    return next((one.title for one in LESSONS if one.name == lesson), _title(shown_name(lesson)))


def _title(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()


def _told(row: LessonRow) -> str:
    return when(row.made, seconds=True) if row.made else shown_name(row.run)


def _lesson(lesson: LessonText) -> None:
    if lesson.workspace is not None:
        st.markdown("The folder of this lesson, for its exercises:")
        st.code(f"cd {shown_name(shlex.quote(str(lesson.folder)))}", language="bash", wrap_lines=True)
    words = f"Words ({len(lesson.terms)})"
    transcript, glossary, plots = linked_tabs(("Transcript", words, f"Plots ({len(lesson.plots)})"), name="lesson-tab")
    with transcript, st.container(width=_WIDTH):
        _transcript(lesson)
    with glossary:
        _glossary(lesson.terms)
    with plots, st.container(width=_WIDTH):
        _plots(lesson)


def _transcript(lesson: LessonText) -> None:
    if not lesson.text.strip():
        empty_card("No transcript", "This lesson has left no text behind.", "Run the lesson again")
    elif lesson.is_markdown:
        document(lesson.text, partial(read_picture, lesson.folder))
    else:
        st.code(lesson.text, language=None, wrap_lines=True)


def _glossary(terms: Sequence[Term]) -> None:
    if not terms:
        empty_card("No words", "This lesson has left no glossary behind.")
        return
    sought = st.text_input("Search the words", placeholder="A word, or a part of its meaning", key="tutor-search")
    found = [term for term in terms if matches(term, sought)]
    if found:
        rows = [(term.term, term.meaning, term.seen_in) for term in found]
        plain_table("Words of the lesson", ("Term", "Meaning", "Seen in"), rows)
    else:
        empty_card("No word matches", "Take letters away to see more.")


def matches(term: Term, sought: str) -> bool:
    """Return whether a term has every word that is sought, somewhere, in any case."""
    text = f"{term.term} {term.meaning} {term.seen_in}".casefold()
    return all(word in text for word in sought.casefold().split())


def _plots(lesson: LessonText) -> None:
    if not lesson.plots:
        empty_card("No plots", "This lesson has left no pictures behind.")
    for name in lesson.plots:
        title = _title(Path(name).stem)
        section(title)
        st.html(picture_html(read_picture(lesson.folder, name), _described(lesson, name) or title))


def _described(lesson: LessonText, name: str) -> str:
    """Return what the transcript says a picture shows; empty where it does not refer to it."""
    before, found, _ = lesson.text.partition(f"]({name})")
    return before.rpartition("![")[2] if found and lesson.is_markdown else ""
