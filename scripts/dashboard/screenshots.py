"""Takes the pictures of ``docs/DASHBOARD.md``: every page in both themes, of runs that the program itself has made.

``python scripts/dashboard/screenshots.py [--into FOLDER] [--workspace FOLDER] [--pages backtests,live-monitor]``

Without a workspace one is made in a temporary folder, as the tests in the browser do.
"""
# ruff: noqa: INP001 -- scripts that stand beside one another, not a package

from __future__ import annotations

import argparse
import io
import os
import tempfile
from pathlib import Path
from typing import Literal

from browsing import PAGES, PROGRAMS, Window, browser, chromium
from PIL import Image
from serving import dashboard
from stage import make

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images" / "dashboard"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTH, TALLEST, FOOT = 1280, 1600, 24
COLORS = 96
"""Of the palette that a picture is reduced to; the pages have few colours, and the pictures a third of the bytes."""
COMPARISON = "backtests-compare"


def options() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=IMAGES, help="the folder of the pictures")
    parser.add_argument("--workspace", type=Path, help="one that is there already, to be shown as it is")
    parser.add_argument("--pages", default=",".join((*PAGES, COMPARISON)), help="only these")
    given = parser.parse_args()
    for name in given.pages.split(","):
        if name not in {*PAGES, COMPARISON}:
            parser.error(f"no page is named {name}; there are {', '.join((*PAGES, COMPARISON))}")
    return given


def look(window: Window, name: str, workspace: Path) -> None:
    """Open a page so that it shows something worth a picture."""
    runs = sorted((path.parent.name for path in (workspace / "runs").glob("*/metrics.json")), reverse=True)
    liked = [run for run in runs if run.endswith("fixtures")] or runs
    if name == COMPARISON:
        window.open("backtests", runs=",".join(run for run in reversed(runs) if not run.endswith("three")))
    elif name == "backtests":
        window.open(name, run=liked[0])
    elif name == "strategy-lab":
        window.open(name, strategy="sma_cross")
    else:
        window.open(name)


def take(window: Window, path: Path) -> int:
    """Write a picture of the whole page, or of its beginning where it is very long; return its bytes."""
    height = window.page.locator(".stMainBlockContainer").evaluate(
        "node => { const last = [...node.querySelectorAll('*')].map(one => one.getBoundingClientRect().bottom);"
        " return Math.ceil(Math.max(...last)); }"
    )
    window.wide(WIDTH, min(height + FOOT, TALLEST))
    window.page.mouse.move(0, 0)
    picture = Image.open(io.BytesIO(window.page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    reduced = picture.quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    reduced.save(path, format="PNG", optimize=True)
    return path.stat().st_size


def main() -> None:
    """Take the pictures."""
    given, program = options(), chromium()
    if program is None:
        raise SystemExit(f"none of {', '.join(PROGRAMS)} is installed")
    environment = {**os.environ, "NO_COLOR": "1"}  # noqa: TID251 - for the programs that are started
    with tempfile.TemporaryDirectory() as place:
        workspace = given.workspace or Path(place) / "workspace"
        if given.workspace is None:
            workspace.mkdir()
            make(workspace, environment)
        with dashboard(workspace, environment) as served, browser(program) as started:
            for theme in THEMES:
                context = started.new_context(viewport={"width": WIDTH, "height": 1000})
                for name in given.pages.split(","):
                    window = Window(context.new_page(), served.address)
                    window.wear(theme)
                    look(window, name, workspace)
                    path = given.into / f"{name}-{theme}.png"
                    print(f"{path}: {take(window, path) / 1024:,.0f} KiB", flush=True)  # noqa: T201 - a script
                    window.page.close()
                context.close()


if __name__ == "__main__":
    main()
