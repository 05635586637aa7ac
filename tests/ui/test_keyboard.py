"""All that can be clicked can be reached with the keyboard, and what is reached can be used with it."""

from __future__ import annotations

import re

import pytest
from browsing import PAGES, Window
from playwright.sync_api import Locator, expect

MAIN = {
    "backtests": ["One run", "Search", "Strategy", "Symbol"],
    "live-monitor": ["Session", "2 s", "Follow the latest session", "Only lines with"],
    "portfolio": ["Portfolio"],
    "strategy-lab": ["Strategy"],
    "tutor": ["Lesson"],
    "settings": ["Light", "5 s", "Config"],
}
"""The main controls of a page, by a part of their names."""

WALK = """
() => {
  const node = document.activeElement;
  const label = [...(node.labels ?? [])].map(one => one.innerText).join(' ');
  const group = node.closest('[aria-label]')?.getAttribute('aria-label') ?? '';
  const text = [node.getAttribute('aria-label'), label, node.innerText, node.parentElement?.innerText, group]
    .filter(Boolean).join(' | ');
  return [node.tagName, text.slice(0, 300)];
}"""


def walked(window: Window, most: int = 90) -> list[str]:
    """Return the names of what the key Tab reaches, one after the other, until it comes round."""
    names: list[str] = []
    window.page.evaluate("() => document.activeElement?.blur()")
    for _ in range(most):
        window.page.keyboard.press("Tab")
        tag, name = window.page.evaluate(WALK)
        if tag == "BODY" and names:
            break
        names.append(name)
    return names


@pytest.mark.parametrize("name", MAIN)
def test_the_navigation_and_the_main_controls_are_reached_with_the_key_tab(window: Window, name: str) -> None:
    window.open(name)
    names = walked(window)
    for title in PAGES.values():
        assert any(title in reached for reached in names), title
    for control in MAIN[name]:
        assert any(control in reached for reached in names), (control, names)


def test_a_page_is_opened_with_the_keyboard_alone(window: Window) -> None:
    window.open()
    link = window.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Strategy Lab")
    for _ in range(40):
        window.page.keyboard.press("Tab")
        if link.evaluate("node => node === document.activeElement"):
            break
    expect(link).to_be_focused()
    window.page.keyboard.press("Enter")
    window.settle("Strategy Lab")


def tab_to(window: Window, field: Locator, most: int = 60) -> None:
    """Press Tab until a field has the focus."""
    window.page.evaluate("() => document.activeElement?.blur()")
    for _ in range(most):
        window.page.keyboard.press("Tab")
        if field.evaluate("node => node === document.activeElement"):
            return
    pytest.fail("the key Tab does not reach it")


def test_runs_are_picked_with_the_keyboard_alone(window: Window) -> None:
    window.open("backtests")
    expect(window.page.locator(".logos-section").first).to_contain_text("three")
    tab_to(window, window.page.get_by_label("Run", exact=True))
    window.page.keyboard.type("steady")
    window.page.keyboard.press("Enter")
    expect(window.page.locator(".logos-section").first).to_contain_text("steady")
    expect(window.page).to_have_url(re.compile(r"\?run=[0-9-]+-steady$"))
    window.open("backtests", view="compare")
    tab_to(window, window.page.get_by_label("Runs", exact=True))
    window.page.keyboard.type("steady")
    window.page.keyboard.press("Enter")
    expect(window.page).to_have_url(re.compile(r"\?runs=[0-9-]+-steady$"))


def test_the_arrow_keys_pick_in_the_table_of_runs_too(window: Window) -> None:
    window.open("backtests")
    window.page.get_by_test_id("data-grid-canvas").first.focus()
    for key, name in (("ArrowDown", "steady"), ("ArrowDown", "fixtures"), ("ArrowUp", "steady")):
        window.page.keyboard.press(key)
        expect(window.page).to_have_url(re.compile(rf"\?run=[0-9-]+-{name}$"))
        window.settle()


def test_a_table_that_scrolls_can_be_scrolled_with_the_keyboard(window: Window) -> None:
    window.open("settings")
    for region in window.page.locator(".logos-scroll").all():
        assert region.get_attribute("tabindex") == "0"
        assert region.get_attribute("aria-label")
