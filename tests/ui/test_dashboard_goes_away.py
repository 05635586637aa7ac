"""What stands in the browser when the dashboard's process has ended, and when the first session is run before it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import serving
from browsing import Window
from playwright.sync_api import expect

Serve = Callable[..., AbstractContextManager[serving.Dashboard]]

DRAWN = """
selector => {
  const node = document.querySelector(selector);
  return [getComputedStyle(node, '::after').content, getComputedStyle(node).fontSize];
}"""


def test_a_page_says_by_itself_that_the_dashboard_has_ended(chrome: Any, serve: Serve, real_workspace: Path) -> None:
    context = chrome.new_context()  # of its own: that the server is gone is an error in the console
    with serve(real_workspace) as served:
        window = Window(context.new_page(), served.address)
        window.open("live-monitor")
        before = window.page.evaluate(DRAWN, ".logos-badge")

        os.kill(served.pid, signal.SIGTERM)

        expect(window.page.get_by_role("dialog")).to_be_visible()
        header = window.page.evaluate(DRAWN, ".logos-header")
        badge = window.page.evaluate(DRAWN, ".logos-badge")
        dialog = window.page.evaluate(DRAWN, "[role=dialog] h2 + div > div")
        context.close()
    assert before[0] == "none"
    assert "as of the last refresh" in header[0]
    assert "Not refreshed since" in badge[0]
    assert badge[1] == "0px"  # what it said of how fresh the data are
    assert "it was ended" in dialog[0]
    assert dialog[1] == "0px"  # Streamlit's question after the internet


def test_pages_that_are_open_before_the_first_run_show_it_by_themselves(
    tmp_path: Path,
    serve: Serve,
    open_window: Callable[..., Window],
    real_workspace: Path,
    without_problems: Callable[[Window], None],
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    with serve(workspace) as served:
        windows = {name: open_window(served) for name in ("live-monitor", "backtests", "tutor")}
        for name, window in windows.items():
            window.open(name, refresh="2")
            expect(window.page.locator(".logos-empty")).to_be_visible()

        shutil.copytree(real_workspace / "runs", tmp_path / "runs", symlinks=True)
        (tmp_path / "runs").rename(workspace / "runs")

        for told, window in zip(("Session clock", "Max drawdown", "Transcript"), windows.values(), strict=True):
            expect(window.page.locator(".stMainBlockContainer")).to_contain_text(told)
            window.settle()
            without_problems(window)
            window.page.goto("about:blank")  # it would miss the server, which ends before the window does
