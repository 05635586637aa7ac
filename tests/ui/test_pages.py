"""Every page, in both themes and at every width that is held to: it stands, is drawn, and all can use it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from browsing import PAGES, Window

WIDTHS = (1280, 1920, 834)
CHARTS = {"overview": 0, "backtests": 1, "live-monitor": 1, "portfolio": 2}
"""How many charts a page draws at least, from the workspace of the tests."""

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
SEVERE = {"serious", "critical"}
FRAME = {
    "list": '[data-testid="stSidebarNavItems"]',  # its entries stand in a div each
    "listitem": '[data-testid="stSidebarNavItems"] *',  # for the same reason
}
"""Findings in the frame that Streamlit draws around our pages, by rule: where they may be found, and nowhere else."""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_stands_at_every_width(
    name: str, theme: str, open_window: Callable[..., Window], dashboard: Any, without_problems: Callable[..., None]
) -> None:
    window = open_window(dashboard, theme=theme)
    window.open(name)
    for width in WIDTHS:
        window.wide(width)
        assert "Logos" in window.page.title()
        assert window.page.locator(".js-plotly-plot .main-svg").count() >= CHARTS.get(name, 0), width
        assert _overflow(window) == [], width
        without_problems(window)
    assert _is_dark(window) == (theme == "dark")
    assert _findings(window) == []


def _is_dark(window: Window) -> bool:
    """Return whether the page is darker than what is written on it."""
    style = window.page.evaluate(
        "() => { const style = getComputedStyle(document.querySelector('.stApp'));"
        " return [style.backgroundColor, style.color]; }"
    )
    behind, before = (sum(int(part) for part in re.findall(r"\d+", color)[:3]) for color in style)
    return behind < before


def _overflow(window: Window) -> list[str]:
    """Return what sticks out of the page to the right, and is not inside of something that scrolls."""
    return window.page.evaluate(
        """() => {
          const main = document.querySelector('[data-testid="stMainBlockContainer"]');
          const edge = main.getBoundingClientRect().right + 1;
          const scrolls = node => { for (let one = node.parentElement; one && one !== main; one = one.parentElement)
            { if (/auto|scroll|hidden|clip/.test(getComputedStyle(one).overflowX)) return true; } return false; };
          return [...main.querySelectorAll('*')]
            .filter(node => node.getBoundingClientRect().right > edge && node.getBoundingClientRect().width > 0
              && !scrolls(node))
            .map(node => `${node.tagName} ${node.className} ${node.textContent.slice(0, 60)}`).slice(0, 5);
        }"""
    )


def _findings(window: Window) -> list[str]:
    """Return what axe finds to be a serious hindrance in what our pages add."""
    window.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = window.page.evaluate(
        "frame => axe.run(document, {resultTypes: ['violations']}).then(all => all.violations.map(rule => ({...rule,"
        " nodes: rule.nodes.filter(node => !(frame[rule.id]"
        " && document.querySelector(node.target.at(-1))?.matches(frame[rule.id])))})))",
        FRAME,
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}: {node['failureSummary'][:300]}"
        for rule in found
        if rule["impact"] in SEVERE
        for node in rule["nodes"]
    ]


def test_the_first_page_is_found_at_its_name_too_and_every_page_names_the_window(window: Window) -> None:
    window.page.goto(f"{window.address}/overview")
    window.settle("Overview")
    assert window.page.title() == "Overview · Logos"
    window.go("backtests")
    assert window.page.title() == "Backtests · Logos"
