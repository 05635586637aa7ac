"""Whatever lies in a workspace, or no longer does: cards that say what is wrong, and never a stack trace."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import PAGES, Window
from playwright.sync_api import expect

HURT: dict[str, Callable[[bytes], bytes]] = {
    "cut off in the middle": lambda content: content[: len(content) // 2],
    "emptied": lambda _: b"",
    "overwritten with noise": lambda content: bytes(byte ^ 0x5A for byte in content[:4096]),
}
NEXT_STEPS = {
    "overview": "logos backtest",
    "backtests": "logos backtest",
    "live-monitor": "logos trade",
    "portfolio": "logos portfolio backtest",
    "tutor": "logos lessons",
}
"""What a page of an empty workspace tells to type."""


def test_an_empty_workspace_shows_what_would_fill_it(
    tmp_path: Path, serve: Callable[..., Any], open_window: Callable[..., Window]
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    with serve(workspace) as served:
        window = open_window(served)
        window.open()
        for name in PAGES:
            window.go(name)
            if name in NEXT_STEPS:
                expect(window.page.locator(".stMainBlockContainer")).to_contain_text(NEXT_STEPS[name])
    assert list(workspace.iterdir()) == []


def test_no_workspace_below_a_file_or_nowhere_is_a_stack_trace(
    tmp_path: Path, serve: Callable[..., Any], open_window: Callable[..., Window]
) -> None:
    workspace = tmp_path / "workspace"
    (workspace / "runs" / "live").mkdir(parents=True)
    (workspace / "runs" / "live" / "sessions").write_text("not a folder", encoding="utf-8")
    (workspace / "runs" / "live" / "latest_session").symlink_to("sessions/gone")
    (workspace / "runs" / "lessons").write_text("not a folder", encoding="utf-8")
    (workspace / "configs").write_text("not a folder", encoding="utf-8")
    (workspace / ".env").mkdir()
    with serve(workspace) as served:
        window = open_window(served)
        window.open()
        for name in PAGES:
            window.go(name)


def test_files_that_are_hurt_and_go_while_they_are_shown_give_cards(
    real_workspace: Path,
    tmp_path: Path,
    serve: Callable[..., Any],
    open_window: Callable[..., Window],
    without_problems: Callable[[Window], None],
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(real_workspace, workspace, symlinks=True)
    files = [path for path in sorted((workspace / "runs").rglob("*")) if path.is_file() and not path.is_symlink()]
    with serve(workspace) as served:
        window = open_window(served)
        window.open()
        for name in PAGES:
            window.go(name)
        for how, hurt in HURT.items():
            for path in files:
                path.write_bytes(hurt((real_workspace / path.relative_to(workspace)).read_bytes()))
            for name in PAGES:
                window.go(name)
                without_problems(window)
                assert window.page.locator(".stMainBlockContainer").inner_text().strip(), how
        shutil.rmtree(workspace / "runs")
        for name in PAGES:
            window.go(name)
            without_problems(window)


@pytest.mark.parametrize("name", ["backtests", "live-monitor", "portfolio", "tutor"])
def test_an_address_that_names_nothing_shows_a_page(window: Window, name: str) -> None:
    odd = "../../../etc/passwd\x00<script>alert(1)</script>"
    window.open(name, run=odd, runs=odd, session=odd, lesson=odd, strategy=odd, refresh=odd, theme=odd)
    assert window.page.locator("script", has_text="alert(1)").count() == 0
