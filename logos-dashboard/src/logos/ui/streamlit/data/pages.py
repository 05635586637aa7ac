"""Which pages there are: those of every plugin, checked one by one, so that the fault of one reaches no other."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from logos.plugins.offers import is_installed
from logos.plugins.registry import Registry
from logos.ui.streamlit.page import DashboardPage

HOOK = "logos_dashboard_pages"
OWN = "logos-dashboard"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@attrs.frozen(kw_only=True)
class PageFault:
    """What is wrong with a page, or with all pages of a distribution; those that can still stand in the navigation."""

    distribution: str
    fault: str


@attrs.frozen(kw_only=True)
class Pages:
    """The pages in the order in which they stand, each with its distribution, and what is wrong with others."""

    pages: tuple[tuple[str, DashboardPage], ...]
    faults: tuple[PageFault, ...]

    def home(self) -> DashboardPage:
        """Return the page at the root of the address: the first of our own, wherever those of others stand."""
        return next((page for distribution, page in self.pages if distribution == OWN), self.pages[0][1])

    def by_section(self) -> dict[str, list[DashboardPage]]:
        """Return the pages by the heading they stand under, headings in the order of their first page."""
        sections: dict[str, list[DashboardPage]] = {}
        for _, page in self.pages:
            sections.setdefault(page.section, []).append(page)
        return sections


def pages_of(registry: Registry) -> Pages:
    """Return the pages that the plugins of a registry offer."""
    failed: list[PageFault] = []
    observers = registry.observers.reporting_to(
        lambda plugin, _hook, error: failed.append(
            PageFault(distribution=plugin.partition("/")[0], fault=f"its hook {HOOK} raised {_told(error)}")
        )
    )
    return _settled(observers.ask(HOOK), failed)


def resolve(target: str) -> Callable[[], object]:
    """Import the function that draws a page; whatever importing it raises is raised."""
    module, _, attribute = target.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not callable(found):
        raise TypeError(f"{target} is a {type(found).__name__}, expected a function")
    return found  # type: ignore[no-any-return]  # callable() narrows Any to Any


def _settled(answers: Iterable[tuple[str, Any]], failed: list[PageFault]) -> Pages:
    offered: list[tuple[str, DashboardPage]] = []
    for distribution, answer in answers:
        for page in _listed(distribution, answer, failed):
            fault = _fault_of(page)
            if fault:
                failed.append(PageFault(distribution=distribution, fault=fault))
            else:
                offered.append((distribution, page))
                module = page.target.partition(":")[0]
                if not is_installed(module):  # what it holds is known only once the page is opened
                    lacking = f"its page {page.name!r} is drawn by {page.target}, and there is no module {module}"
                    failed.append(PageFault(distribution=distribution, fault=lacking))
    offered.sort(key=lambda one: (one[0] != OWN, one[0]))  # where two have one name, our own stands
    names: dict[str, str] = {}
    standing = []
    for distribution, page in offered:
        if page.name in names:
            fault = f"its page {page.name!r} has the name of one of {names[page.name]}"
            failed.append(PageFault(distribution=distribution, fault=fault))
        else:
            names[page.name] = distribution
            standing.append((distribution, page))
    standing.sort(key=lambda one: (one[1].order, one[1].name))
    return Pages(pages=tuple(standing), faults=tuple(failed))


def _listed(distribution: str, answer: Any, failed: list[PageFault]) -> Iterator[Any]:
    """Yield what a hook has answered, which may be a generator that raises halfway."""
    try:
        yield from answer
    except (Exception, SystemExit) as error:  # noqa: BLE001 - kept as the plugin's fault, and shown
        failed.append(PageFault(distribution=distribution, fault=f"its hook {HOOK} raised {_told(error)}"))


def _fault_of(page: Any) -> str:
    if not isinstance(page, DashboardPage):
        return f"it offers a {type(page).__name__} as a page, expected a DashboardPage"
    texts = (page.name, page.title, page.target, page.icon, page.section)
    if not all(isinstance(text, str) for text in texts) or not isinstance(page.order, int):
        return "it offers a page with values of a wrong kind"
    if not _NAME.fullmatch(page.name):
        return f"its page {page.name!r} has a name that cannot stand in an address: small letters, digits and hyphens"
    if not page.title.strip() or page.target.count(":") != 1:
        return f"its page {page.name!r} has no title, or a target that is not module:function"
    return ""


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
