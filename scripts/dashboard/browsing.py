"""Debian's Chromium, driven by Playwright, and a window of it that remembers everything that went wrong."""
# ruff: noqa: INP001 -- scripts that stand beside one another, not a package

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import attrs
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, WebSocket, expect, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage")
PATIENCE = 60_000
"""Milliseconds to wait for what has to come; nothing waits longer than it takes."""

PAGES = {
    "overview": "Overview",
    "backtests": "Backtests",
    "live-monitor": "Live Monitor",
    "portfolio": "Portfolio",
    "strategy-lab": "Strategy Lab",
    "tutor": "Tutor Viewer",
    "settings": "Settings",
}
"""The pages of the dashboard itself: the last part of the address, and what the navigation shows."""

_PROBES = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit asks for these below the address of a page first, and where that is not found, below the root."""

_QUIET = """
() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const busy = '[data-testid="stSkeleton"], [data-testid="stSpinner"], [data-stale="true"]';
  return app !== null && app.dataset.testScriptState === 'notRunning'
    && app.dataset.testConnectionState === 'CONNECTED' && document.querySelector(busy) === null
    && document.querySelector('.logos-header h1') !== null;
}"""


def chromium() -> str | None:
    """Return the path of the installed browser, where there is one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """Run a browser without a screen."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        try:
            yield started
        finally:
            started.close()


@attrs.define(slots=False)  # Playwright keeps its handlers on the object that they belong to
class Window:
    """One window of the browser on one dashboard.

    Attributes
    ----------
    page:
        Playwright's own.
    address:
        Of the dashboard.
    problems:
        Console errors, errors of scripts, and requests that failed, each with where it happened.
    hosts:
        Every host and port that anything was asked of.
    sent:
        Every message that the server sent, when asked to keep them.
    """

    page: Page
    address: str
    problems: list[str] = attrs.field(factory=list)
    hosts: set[str] = attrs.field(factory=set)
    sent: list[bytes] = attrs.field(factory=list)
    keep: bool = False

    def __attrs_post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("request", lambda request: self._host(request.url))
        self.page.on("websocket", self._websocket)

    def open(self, name: str = "overview", **query: str) -> None:
        """Load a page from its address, and wait until it stands; the first page is at the root."""
        behind = f"?{urlencode(query)}" if query else ""
        place = "" if name == next(iter(PAGES)) else name
        self.page.goto(f"{self.address}/{place}{behind}")
        self.settle(PAGES[name])

    def go(self, name: str) -> None:
        """Click a page's link in the navigation, and wait until it stands."""
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=PAGES[name], exact=True).click()
        self.settle(PAGES[name])

    def settle(self, title: str = "") -> None:
        """Wait until the script has run, nothing is being drawn any more, and the page has its title."""
        if title:
            expect(self.page.locator(".logos-header h1")).to_have_text(title)
        self.page.wait_for_function(_QUIET)
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def wide(self, width: int, height: int = 1000) -> None:
        """Give the window another size."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.settle()

    def wear(self, theme: Literal["light", "dark"]) -> None:
        """Say that the system wants light or dark; a choice on the page Settings goes before it."""
        self.page.emulate_media(color_scheme=theme)

    def text(self) -> str:
        """Return the text that stands on the page, and all of its markup."""
        return f"{self.page.inner_text('body')}\n{self.page.content()}"

    def _console(self, message: ConsoleMessage) -> None:
        where: Any = message.location
        if message.type == "error" and not urlsplit(where["url"]).path.endswith(_PROBES):
            self.problems.append(f"console: {message.text} ({where['url']})")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # one that the browser itself gave up, as it left the page
            self.problems.append(f"request failed: {request.url}: {request.failure}")

    def _host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob", "about"}:
            self.hosts.add(parts.netloc)

    def _websocket(self, socket: WebSocket) -> None:
        self._host(socket.url)
        if self.keep:
            socket.on(
                "framereceived", lambda frame: self.sent.append(frame if isinstance(frame, bytes) else frame.encode())
            )
