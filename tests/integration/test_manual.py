"""``docs/MANUAL.html`` is up to date, stands alone, and leads nowhere that is not there.

``nox -s manual`` builds it; where its generator is installed it is built here too.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import attrs
import pytest
import typer

from logos.cli.root import app
from logos.config.writing import section_values
from logos.domain.orders import OrderStatus, TimeInForce
from logos.plugins.known import CORE_COMMANDS


@attrs.define
class Page(HTMLParser):
    """What a browser would look up in a page."""

    tags: Counter = attrs.field(factory=Counter)
    ids: Counter = attrs.field(factory=Counter)
    links: list[str] = attrs.field(factory=list)
    loaded: list[str] = attrs.field(factory=list)
    texts: list[str] = attrs.field(factory=list)

    def __attrs_pre_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attributes:
            if name == "id":
                self.ids[value] += 1
            elif name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in ("src", "srcset", "href", "data", "poster", "style") or name.startswith("on"):
                self.loaded.append(f"{name}={value}")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def html(repository: Path) -> str:
    return (repository / "docs/MANUAL.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page


@pytest.fixture
def generator(repository: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that imports a file of the generator."""
    monkeypatch.syspath_prepend(str(repository / "docs/manual"))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def test_the_manual_was_built_from_its_pages_as_they_are_now(html: str, generator) -> None:
    assert f'<meta name="sources" content="{generator("sources").digest()}">' in html, "run nox -s manual"


def test_every_page_of_the_docs_is_a_chapter(repository: Path, generator) -> None:
    names = generator("sources").page_names()
    pages = {
        path.relative_to(repository / "docs").with_suffix("").as_posix() for path in repository.glob("docs/**/*.md")
    }
    assert set(names) == pages | {"COMMANDS"}
    assert len(names) == len(set(names))
    assert (names[0], names[-1]) == ("MANUAL", "GLOSSARY")


def test_the_first_page_leads_to_every_other(repository: Path) -> None:
    docs = repository / "docs"
    linked = set(re.findall(r"\]\(([A-Z-]+\.md)\)", (docs / "MANUAL.md").read_text(encoding="utf-8")))
    assert {path.name for path in docs.glob("*.md")} - {"MANUAL.md"} <= linked


def test_the_manual_asks_for_nothing_but_itself(html: str, page: Page) -> None:
    assert [tag for tag in ("script", "link", "iframe", "object", "embed", "base", "form") if page.tags[tag]] == []
    assert [one for one in page.loaded if not one.startswith("src=data:image/")] == []
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert not re.search(r"url\(|@import|https?:", style)
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_every_link_leads_somewhere(page: Page, repository: Path) -> None:
    inside = [link[1:] for link in page.links if link.startswith("#")]
    files = [link for link in page.links if "://" not in link and not link.startswith(("#", "mailto:"))]
    assert len(inside) > 300
    assert [anchor for anchor in inside if anchor not in page.ids] == []
    assert [link for link in files if not (repository / "docs" / link.partition("#")[0]).exists()] == []
    assert [link for link in page.links if "://" in link and not link.startswith("https://")] == []


def test_no_two_places_have_one_name(page: Page) -> None:
    assert [name for name, count in page.ids.items() if count > 1] == []


def test_the_manual_holds_nothing_of_the_machine_that_built_it(html: str) -> None:
    assert not re.search(r"/tmp/|/home/|/work/|/root/", html)
    assert len(html) < 3_000_000


def commands(group, context: typer.Context) -> Iterator[tuple[str, list[str]]]:
    """Yield every command below a group, and its options."""
    for name in group.list_commands(context):
        if context.parent is None and name not in CORE_COMMANDS:
            continue  # a plugin's
        command = group.get_command(context, name)
        inner = typer.Context(command, info_name=name, parent=context)
        yield (
            inner.command_path,
            [opt for one in command.params if not getattr(one, "hidden", False) for opt in one.opts],
        )
        if hasattr(command, "list_commands"):
            yield from commands(command, inner)


def test_every_command_and_option_of_the_program_stands_in_the_manual(page: Page) -> None:
    text = " ".join(page.texts)
    root = typer.main.get_command(app)
    found = dict(commands(root, typer.Context(root, info_name="logos")))
    assert len(found) > 20
    for path, options in found.items():
        assert f"commands-{path.replace(' ', '-')}" in page.ids
        assert [
            option for option in options if option.startswith("--") and option != "--help" and option not in text
        ] == []


def test_the_table_of_guards_has_their_keys_and_defaults(repository: Path, registry) -> None:
    text = (repository / "docs/MANUAL.md").read_text(encoding="utf-8")
    rows = {found[1]: found[2] for found in re.finditer(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", text, re.MULTILINE)}
    for offer in (offer for offer in registry.offers("guard") if offer.distribution == "logos-risk"):
        defaults = section_values(offer.config_class()())
        row = rows[offer.name]
        for key, value in defaults.items():
            assert f"`{key}` {value}" in row if value is not None else f"`{key}`" in row


def test_the_glossary_has_the_words_that_the_tables_use(repository: Path) -> None:
    text = (repository / "docs/GLOSSARY.md").read_text(encoding="utf-8")
    words = [one.value.replace("_", " ") for one in (*OrderStatus, *TimeInForce)]
    terms = ("order", "fill", "lot", "tick", "notional", "drawdown", "slippage", "time in force", "headroom", "seed")
    assert [word for word in words if word not in text] == []
    assert [term for term in terms if not re.search(rf"^\| (?:[\w ]+, )*{term}\b", text, re.MULTILINE)] == []


# -- the generator, where it is installed ------------------------------------------------------------------------------


@pytest.fixture
def builder(generator) -> ModuleType:
    pytest.importorskip("sphinx", reason="the manual's generator is not installed here; nox -s manual has it")
    pytest.importorskip("myst_parser", reason="the manual's generator is not installed here; nox -s manual has it")
    return generator("build")


@pytest.fixture
def small_docs(builder, generator, tmp_path, monkeypatch) -> Path:
    """Return a folder of pages that takes the place of docs/."""
    docs = tmp_path / "docs"
    docs.mkdir()
    sources = generator("sources")
    monkeypatch.setattr(sources, "DOCS", docs)
    monkeypatch.setattr(sources.command_reference, "markdown", lambda: "# Commands\n\n## Exit codes\n")
    (tmp_path / "LICENSE").touch()
    (docs / "MANUAL.md").write_text("# Manual\n\n## Exit codes\n\n[there](ODD.md#exit-codes) [out](../LICENSE)\n")
    (docs / "ODD.md").write_text("# Odd\n\n<!-- a remark -->\n\n## Exit codes\n\n[here](#exit-codes)\n")
    return docs


@pytest.mark.filterwarnings("ignore")  # of the generator's own libraries
def test_headings_of_the_same_name_are_told_apart_and_links_find_the_right_one(builder, small_docs, tmp_path) -> None:
    page = Page()
    page.feed(text := builder.build(tmp_path / "scratch"))
    assert page.ids["manual-exit-codes"] == page.ids["odd-exit-codes"] == page.ids["commands-exit-codes"] == 1
    assert page.links.count("../LICENSE") == 1
    assert re.search(r'<a href="#odd-exit-codes">(?:<span[^>]*>)?there', text)
    assert re.search(r'<a href="#odd-exit-codes">(?:<span[^>]*>)?here', text)
    assert "a remark" not in text
    assert builder.build(tmp_path / "again") == text


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("link", ["NOWHERE.md", "ODD.md#nowhere", "#nowhere", "images/nowhere.png", "../NOWHERE"])
def test_a_link_that_leads_nowhere_is_refused(builder, small_docs, tmp_path, link) -> None:
    (small_docs / "ODD.md").write_text(f"# Odd\n\n[a link]({link})\n")
    with pytest.raises(SystemExit, match=r"(?i)nowhere"):
        builder.build(tmp_path / "scratch")
