"""The dashboard only looks: nothing of a workspace changes, and one that cannot be written to is shown all the same."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import PAGES, Window

BOUND = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
WITHOUT = "-dac_override,-dac_read_search,-fowner"


def walk(window: Window) -> None:
    """Visit every page, by its address and by the navigation."""
    for name in PAGES:
        window.open(name)
    for name in PAGES:
        window.go(name)


def test_nothing_of_the_workspace_changes_while_all_pages_are_walked(
    window: Window, dashboard_workspace: Path, digest: Callable[[Path], dict[str, Any]]
) -> None:
    before = digest(dashboard_workspace)
    assert len(before) > 100
    walk(window)
    window.open("backtests")
    window.page.locator(".st-key-backtests-mode").get_by_role("radio", name="Compare").click()
    window.settle()
    after = digest(dashboard_workspace)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    assert changed == []


def _mounted_read_only(workspace: Path) -> list[str] | None:
    """Return what runs a program in a world of its own, in which the workspace is mounted read-only."""
    prefix = ["unshare", "--mount", "sh", "-c", BOUND, str(workspace)]
    return prefix if _refuses(prefix, workspace) else None


def _without_rights(workspace: Path) -> list[str] | None:
    """Return what runs a program without the rights of root, on a workspace without rights to write."""
    for path in (workspace, *workspace.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    if os.geteuid():
        return []
    prefix = ["setpriv", "--bounding-set", WITHOUT, "--inh-caps", WITHOUT]
    return prefix if _refuses(prefix, workspace) else None


def _refuses(prefix: list[str], workspace: Path) -> bool:
    """Return whether a program behind the prefix runs, and cannot write into the workspace."""
    if shutil.which(prefix[0]) is None:
        return False
    script = 'test -d "$1" && ! touch "$1/probe" && echo refused'
    done = subprocess.run(
        [*prefix, "sh", "-c", script, "sh", str(workspace)], capture_output=True, text=True, check=False, timeout=30
    )
    (workspace / "probe").unlink(missing_ok=True)
    return done.stdout.strip() == "refused"


def test_every_page_works_where_the_workspace_cannot_be_written_to(
    dashboard_workspace: Path, tmp_path: Path, serve: Callable[..., Any], open_window: Callable[..., Window]
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(dashboard_workspace, workspace, symlinks=True)
    prefix = _mounted_read_only(workspace)
    if prefix is None:
        prefix = _without_rights(workspace)
    if prefix is None:
        assert os.environ.get("CI") != "true", "neither a read-only mount nor a program without rights can be had"  # noqa: TID251
        pytest.skip("neither a read-only mount nor a program without the rights of root can be had here")
    with serve(workspace, prefix=prefix) as served:
        window = open_window(served)
        for name in PAGES:
            window.open(name)
        window.open("backtests")
        assert window.page.locator(".js-plotly-plot").count() > 0
        window.go("settings")
