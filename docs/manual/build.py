"""Build docs/MANUAL.html: all pages below docs/ in one file that needs no other.

``python docs/manual/build.py`` writes it, ``--check`` compares it with what is there and ends with exit code 1 where it
differs. Sphinx and MyST make the page; what they leave in other files (the style sheet, pictures) is put into it.
"""
# ruff: noqa: INP001, T201 -- a script beside the pages, not a package

from __future__ import annotations

import argparse
import base64
import io
import posixpath
import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sources
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.console import nocolor
from sphinx.util.docutils import docutils_namespace

MANUAL = sources.DOCS / "MANUAL.html"
ROOT = "index"
TITLE = "Logos manual"
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)(?P<path>[^)\s#]+)")
OTHER_PAGE = re.compile(r'(?<=href=")[^"#]*#document-[^"#]+(?=#)')
"""What Sphinx writes in a table of contents before the anchor on a page that now is this one."""

IMAGE = re.compile(r'src="(_images/[^"]+)"')
CLUTTER = (
    (re.compile(r'<span class="pre">([^<]*)</span>'), r"\1"),
    (re.compile(r"(<t[dh](?: class=\"[^\"]*\")?>)<p>((?:(?!</p>).)*)</p>\n(</t[dh]>)", re.DOTALL), r"\1\2\3"),
    (
        re.compile(
            r' class="(?:docutils literal notranslate|reference (?:internal|external)|row-(?:odd|even)|simple)"'
        ),
        "",
    ),
    (re.compile(r' class="(?:head stub|head|docutils align-default)"'), ""),
    (re.compile(r' title="Link to this heading"'), ""),
    (re.compile(r'(?<=[">])<span></span>'), ""),
)
"""Marks that no rule of the style sheet asks for; without them the file is a third smaller."""

TYPES = {".png": "image/png", ".svg": "image/svg+xml"}

SETTINGS = {
    "project": "Logos",
    "root_doc": ROOT,
    "extensions": ["myst_parser"],
    "myst_heading_anchors": 6,
    # Files of the repository that are no pages: the link is kept as it is, relative to docs/.
    "myst_url_schemes": {"http": None, "https": None, "repository": "{{path}}"},
    "html_theme": "theme",
    "html_theme_path": [str(Path(__file__).parent)],
    "html_permalinks_icon": "#",
    "html_copy_source": False,
    "html_last_updated_fmt": None,
    "smartquotes": False,
    # Signatures and quotes of configs and journals are not all of them valid in the language they resemble.
    "suppress_warnings": ["misc.highlighting_failure"],
}


def stage(folder: Path) -> None:
    """Copy the pages to where they are built, below a root that holds nothing but the list of them."""
    names = sources.page_names()
    for name in names:
        page = folder / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_with_repository_links(name, sources.page_text(name)), encoding="utf-8")
    listed = "\n".join(f"/{name}" for name in names)
    (folder / f"{ROOT}.md").write_text(f"# {TITLE}\n\n```{{toctree}}\n{listed}\n```\n", encoding="utf-8")
    for picture in sorted(path for path in sources.DOCS.glob("images/**/*") if path.is_file()):
        target = folder / picture.relative_to(sources.DOCS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(picture.read_bytes())


def _with_repository_links(name: str, text: str) -> str:
    """Mark the links of a page that lead out of the pages."""
    here = posixpath.dirname(name)

    def mark(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(here, found["path"]))
        is_page = path.endswith(".md") and not path.startswith("..")
        if not (sources.DOCS / path).exists() and path != f"{sources.COMMANDS_PAGE}.md":
            sys.exit(f"{name}.md links to {path}, and there is no such file")
        return found["path"] if is_page or path.startswith("images/") else f"repository:{path}"

    return LINK.sub(mark, text)


def name_sections_by_page(app: Sphinx, doctree: nodes.document) -> None:
    """Put a page's name before its anchors: two pages may have a heading in common, and now stand in one file."""
    page = app.env.current_document.docname
    prefix = page.lower().replace("/", "-")
    for element in doctree.findall(nodes.Element):
        for attribute in ("ids", "backrefs"):
            if element.get(attribute):
                element[attribute] = [f"{prefix}-{one}" for one in element[attribute]]
        if element.get("refid"):
            element["refid"] = f"{prefix}-{element['refid']}"
    slugs = app.env.metadata[page].get("myst_slugs", {})
    for slug, (line, identifier, title) in slugs.items():
        slugs[slug] = (line, f"{prefix}-{identifier}", title)
    for raw in list(doctree.findall(nodes.comment)) + list(doctree.findall(nodes.raw)):
        raw.parent.remove(raw)  # remarks in the source, such as those that mark blocks for the tests


def build(folder: Path) -> str:
    """Return the manual, built in a scratch folder.

    Raises
    ------
    SystemExit
        Where the generator warns, as about a link that leads nowhere.
    """
    staged, out = folder / "pages", folder / "out"
    stage(staged)
    warnings = io.StringIO()
    style = (Path(__file__).parent / "manual.css").read_text(encoding="utf-8")
    settings: dict[str, Any] = {
        **SETTINGS,
        "html_context": {"style": style, "digest": sources.digest(), "title": TITLE},
    }
    nocolor()
    with docutils_namespace():  # what one build tells docutils would disturb the next
        app = Sphinx(
            staged, None, out, folder / "doctrees", "singlehtml", confoverrides=settings, status=None, warning=warnings
        )
        # Before the collectors of Sphinx, which note the anchors of a page down at the same moment.
        app.connect("doctree-read", name_sections_by_page, priority=100)
        app.build()
    if warnings.getvalue():
        sys.exit(f"The pages have faults:\n{warnings.getvalue()}")
    page = (out / f"{ROOT}.html").read_text(encoding="utf-8")
    page = OTHER_PAGE.sub("", page)
    for pattern, replacement in CLUTTER:
        page = pattern.sub(replacement, page)
    page = IMAGE.sub(lambda found: f'src="{_inline(out / found[1])}"', page)
    return re.sub(r"[ \t]+$", "", page, flags=re.MULTILINE).rstrip() + "\n"


def _inline(picture: Path) -> str:
    return f"data:{TYPES[picture.suffix]};base64,{base64.b64encode(picture.read_bytes()).decode()}"


def main() -> None:
    """Write the manual, or compare it with the one that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with exit code 1 where it differs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = build(Path(folder)).encode()
    if not arguments.check:
        MANUAL.write_bytes(page)
        print(f"{MANUAL.name}: {len(page):,} bytes, {len(sources.page_names())} pages")
    elif not MANUAL.exists() or MANUAL.read_bytes() != page:
        made_with = ", ".join(f"{name} {version(name)}" for name in ("sphinx", "myst-parser"))
        sys.exit(f"docs/MANUAL.html is not what its pages make with {made_with}: run nox -s manual")


if __name__ == "__main__":
    main()
