"""Whoever walks a page with the keyboard sees where they are."""

from __future__ import annotations

from browsing import Window

OUTLINE = """
() => {
  const node = document.activeElement;
  const style = getComputedStyle(node);
  const isLink = node.closest('[data-testid="stPageLink"]') !== null;
  return [isLink, style.outlineStyle, parseFloat(style.outlineWidth), node.innerText];
}"""


def test_every_link_of_the_overview_is_outlined_where_the_keyboard_stands(window: Window) -> None:
    window.open()
    links = window.page.locator('[data-testid="stPageLink"] a').count()
    outlines = {}
    for _ in range(60):
        window.page.keyboard.press("Tab")
        is_link, style, width, name = window.page.evaluate(OUTLINE)
        if is_link:
            outlines[name] = (style, width)

    assert len(outlines) == links > 0
    assert set(outlines.values()) == {("solid", 2)}
