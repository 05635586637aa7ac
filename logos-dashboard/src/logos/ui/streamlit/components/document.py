"""Markdown that somebody else wrote, shown safely: no HTML of its own, no picture from elsewhere, no script."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any
from urllib.parse import unquote

import attrs
import streamlit as st
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from logos.ui.streamlit.data.readings import Reading

Pictures = Callable[[str], Reading[tuple[bytes, str]]]
"""Return a picture by the path that the document names."""

_LANGUAGES = {"bash": "bash", "console": "bash", "sh": "bash", "shell": "bash", "yaml": "yaml", "json": "json"}
_LINKS = ("http://", "https://")
_LEVELS = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}


@attrs.frozen
class Prose:
    """A part of a document as HTML that holds nothing but what this module made."""

    html: str


@attrs.frozen
class Code:
    """A block of code or output, as text."""

    text: str
    language: str | None


def document(text: str, pictures: Pictures) -> None:
    """Draw a Markdown document.

    Parameters
    ----------
    text:
        The document. HTML in it is shown as the text that it is.
    pictures:
        Gives the pictures it refers to; they are drawn into the page, so that the browser fetches nothing.
    """
    for part in parts_of(text, pictures):
        if isinstance(part, Prose):
            st.html(f'<article class="logos-document">{part.html}</article>')
        else:
            st.code(part.text, language=part.language, wrap_lines=True)


def parts_of(text: str, pictures: Pictures) -> Iterator[Prose | Code]:
    """Yield a document's prose and its blocks of code in their order.

    The headings are one level lower than written, below the title of the page.
    """
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=partial(_Renderer, pictures=pictures))
    parser.enable("table")
    waiting: list[Token] = []
    for token in parser.parse(text):
        if token.type in {"fence", "code_block"} and token.level == 0:
            yield from _prose(parser, waiting)
            waiting = []
            yield Code(token.content.rstrip("\n"), _LANGUAGES.get(token.info.strip().lower()))
        else:
            waiting.append(token)
    yield from _prose(parser, waiting)


def _prose(parser: MarkdownIt, tokens: Sequence[Token]) -> Iterator[Prose]:
    if tokens:
        yield Prose(parser.renderer.render(tokens, parser.options, {}))


def picture_html(reading: Reading[tuple[bytes, str]], alt: str) -> str:
    """Return a picture as HTML that holds all of it; where it cannot be shown, its text and the reason."""
    if reading.value is None:
        told = f"Picture not shown, {reading.message}: {alt}" if alt else f"Picture not shown, {reading.message}"
        return f'<span class="logos-hint">{escape(told)}</span>'
    content, kind = reading.value
    data = base64.b64encode(content).decode("ascii")
    style = "max-width:100%;height:auto;border-radius:6px"
    return f'<img src="data:{kind};base64,{data}" alt="{escape(alt)}" style="{style}">'


class _Renderer(RendererHTML):
    """Writes tokens as HTML: what it does not know is escaped text."""

    def __init__(self, parser: Any = None, *, pictures: Pictures) -> None:
        super().__init__(parser)
        self._pictures = pictures

    def image(self, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
        """Draw a picture of the document's own folder."""
        token = tokens[place]
        alt = self.renderInlineAsText(token.children or [], options, env)
        return picture_html(self._pictures(_unquoted(str(token.attrGet("src") or ""))), alt)

    def code_inline(self, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
        """Draw code within a line, as large as its letters look beside the text."""
        return f'<code style="font-size:0.9em">{escape(tokens[place].content)}</code>'

    def link_open(self, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
        """Keep a link to elsewhere; one into the folder leads nowhere in a browser, and stays text."""
        target = str(tokens[place].attrGet("href") or "")
        if not target.startswith(_LINKS):
            return "<span>"
        return f'<a href="{escape(target)}" rel="noopener noreferrer" target="_blank">'

    def link_close(self, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
        """End what ``link_open`` began."""
        depth = 0
        for token in reversed(tokens[:place]):
            if token.type == "link_close":
                depth += 1
            elif token.type == "link_open":
                if depth == 0:
                    return "</a>" if str(token.attrGet("href") or "").startswith(_LINKS) else "</span>"
                depth -= 1
        return "</span>"

    def heading_open(self, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
        """Begin a heading, one level lower."""
        return f"<{_lower(tokens[place].tag)}>"

    def heading_close(self, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
        """End a heading."""
        return f"</{_lower(tokens[place].tag)}>\n"

    def table_open(self, _tokens: Sequence[Token], _place: int, _options: Any, _env: Any) -> str:
        """Begin a table, which scrolls by itself where it is too wide, also by the keyboard."""
        box = '<div class="logos-scroll" role="region" tabindex="0" aria-label="Table" style="margin-bottom:1rem">'
        return f'{box}<table class="logos-table">'

    def table_close(self, _tokens: Sequence[Token], _place: int, _options: Any, _env: Any) -> str:
        """End a table."""
        return "</table></div>"

    def th_open(self, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
        """Begin a heading of a column."""
        return f'<th scope="col"{_aligned(tokens[place].attrs)}>'

    def td_open(self, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
        """Begin a cell."""
        return f"<td{_aligned(tokens[place].attrs)}>"


def _lower(tag: str) -> str:
    return _LEVELS.get(tag, tag)


def _aligned(attributes: Mapping[str, Any]) -> str:
    return ' class="logos-number"' if "right" in str(attributes.get("style", "")) else ""


def _unquoted(source: str) -> str:
    """Return a path as a folder holds it: the parser has written it as an address."""
    return unquote(source)
