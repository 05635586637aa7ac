"""What the tests in the real browser stand on: a workspace of real runs, the real dashboard, and Debian's Chromium.

``window`` is a window of the browser on the dashboard of ``dashboard_workspace``. When a test ends, nothing may have
gone wrong in any window that it opened: no error in the console, no exception, no request to another machine.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts" / "dashboard"
sys.path.append(str(SCRIPTS))

import browsing  # noqa: E402 - these three lie beside the scripts
import serving  # noqa: E402
import stage  # noqa: E402

CANARIES = {
    "environment": 'Cnry+aB3/x9Q=7"w\\Ze%K0t5v8Jm2Hn4Lp6RsU1d',
    "file": "CNRYKEY7f3a9c1e5b2d8064",
    "login": "cnrylogin0d4c6b",
    "named": "cnrynamed91e7a3",
}
"""Secrets by where they stand: in the environment, in ``.env``, in addresses only, behind names such as ``apiKey``."""

LEAKY = (
    f"marker-leak secret={CANARIES['environment']} key {CANARIES['file']} apiKey={CANARIES['named']} "
    f"https://me:{CANARIES['login']}@venue.example/v1/order?apiKey={CANARIES['file']}&signature={CANARIES['named']} "
    f"bare {CANARIES['environment']}"
)
LEAKY_CONFIG = f"""\
# apiKey={CANARIES["named"]}
session: {{name: "leaky", seed: 1}}
feed: {{plugin: replay, path: "https://me:{CANARIES["login"]}@venue.example/bars", symbols: [DEMO]}}
broker: {{plugin: paper, cash: "1000", currency: "{CANARIES["file"]}", api_secret: "{CANARIES["named"]}"}}
strategies: [{{plugin: sma_cross}}]
"""

CAUGHT = "says where it happened"
"""Stands on the card of a page that raised an error."""


@pytest.fixture(scope="session")
def canaries() -> Mapping[str, str]:
    """Return the secrets that are planted, by where they stand."""
    return CANARIES


@pytest.fixture(scope="session")
def dashboard_environment(offline_environment: dict[str, str]) -> dict[str, str]:
    """Return the environment of the dashboards: offline, and with a secret in it."""
    kept = {name: value for name, value in offline_environment.items() if not name.startswith("LOGOS_HOME")}
    return {**kept, "CANARY_API_SECRET": CANARIES["environment"], "LOGOS_CANARY_API_KEY": CANARIES["environment"]}


@pytest.fixture(scope="session")
def real_workspace(tmp_path_factory: pytest.TempPathFactory, offline_environment: dict[str, str]) -> Path:
    """Return a workspace in which the program itself has run all that it can. Nobody may write into it."""
    workspace = tmp_path_factory.mktemp("dashboard") / "workspace"
    workspace.mkdir()
    stage.make(workspace, offline_environment)
    return workspace


@pytest.fixture(scope="session")
def dashboard_workspace(real_workspace: Path) -> Path:
    """Return a copy of the real workspace with what else may lie in one: an old layout, damage, secrets."""
    workspace = real_workspace.with_name("seen")
    shutil.copytree(real_workspace, workspace, symlinks=True)
    _lay_out_as_before(workspace)
    _damage(workspace)
    _plant(workspace)
    return workspace


def _lay_out_as_before(workspace: Path) -> None:
    runs = workspace / "runs"
    (picture, *_) = sorted(runs.glob("*/equity.png"))
    shutil.copy(picture, runs / "equity_DEMO_sma_cross.png")
    (runs / "equity_DEMO_momentum.png").write_bytes(b"\x89PNG\r\n\x1a\n cut off")


def _damage(workspace: Path) -> None:
    """Lay damaged and half-written folders beside the good ones."""
    runs, sessions = workspace / "runs", workspace / "runs" / "live" / "sessions"
    (good, *_) = sorted(runs.glob("*-fixtures"))
    for name, hurt in {"halved": _halved, "emptied": lambda _: b"", "garbled": lambda _: b"\x00\xff{,;\n" * 9}.items():
        for whole, folder in ((good, runs), (max(sessions.glob("*-fixtures")), sessions)):
            broken = folder / f"20250101-000000-{name}"
            shutil.copytree(whole, broken, symlinks=True)
            for file in (path for path in broken.rglob("*") if path.is_file()):
                file.write_bytes(hurt(file.read_bytes()))
    (runs / "20250102-000000-nothing").mkdir()
    (sessions / ".20250102-000000-unborn.new" / "logs").mkdir(parents=True)
    (sessions / ".20250102-000000-unborn.new" / "config.yaml").write_text("session: {name: unb", encoding="utf-8")


def _halved(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _plant(workspace: Path) -> None:
    """Write secrets to where people and libraries leave them."""
    (workspace / ".env").write_text(f'EXCHANGE_API_KEY="{CANARIES["file"]}"\n', encoding="utf-8")
    (workspace / "configs" / "leaky.yaml").write_text(LEAKY_CONFIG, encoding="utf-8")
    latest = (workspace / "runs" / "live" / "latest_session").resolve()
    line = '{"event": "leak", "level": "warning", "message": %s, "timestamp": "2026-01-01T00:00:00Z"}\n'
    quoted = '"' + LEAKY.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for log in (latest / "logs" / "run.log", *(workspace / "logos" / "logs").glob("*.log")):
        with log.open("a", encoding="utf-8") as file:
            file.write(line % quoted + LEAKY + "\n")
    _name_folders(workspace, f"20250103-000000-{CANARIES['file']}")
    for document in (latest / "session.md", *(workspace / "runs" / "lessons").glob("*/*/transcript.md")):
        with document.open("a", encoding="utf-8") as file:
            file.write(f"\n{LEAKY}\n")


def _name_folders(workspace: Path, name: str) -> None:
    """Lay a run, a portfolio, a session and a lesson into folders whose name holds a secret."""
    runs = workspace / "runs"
    for pattern, target in (
        ("2*-fixtures", runs / f"{name}a"),
        ("2*-three", runs / f"{name}b"),
        ("live/sessions/*-halting", runs / "live" / "sessions" / name),
        ("lessons/first_session/*", runs / "lessons" / name / name),
    ):
        shutil.copytree(max(runs.glob(pattern)), target, symlinks=True)


@pytest.fixture(scope="session")
def serve(dashboard_environment: dict[str, str]) -> Callable[..., AbstractContextManager[serving.Dashboard]]:
    """Return a function that serves a workspace: ``with serve(workspace, prefix=[…]) as dashboard: …``."""

    def start(workspace: Path, **options: Any) -> AbstractContextManager[serving.Dashboard]:
        return serving.dashboard(workspace, dashboard_environment, **options)

    return start


@pytest.fixture(scope="session")
def dashboard(
    serve: Callable[..., AbstractContextManager[serving.Dashboard]], dashboard_workspace: Path
) -> Iterator[serving.Dashboard]:
    """Serve the workspace that most tests look at."""
    with serve(dashboard_workspace) as served:
        yield served


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    """Run the browser. Not longer than for a module: its loop must not run under the tests of others.

    Where there is none, this fails in CI, and skips anywhere else.
    """
    program = browsing.chromium()
    if program is None:
        reason = (
            f"none of {', '.join(browsing.PROGRAMS)} is installed: apt-get install --no-install-recommends chromium"
        )
        if os.environ.get("CI") == "true":  # noqa: TID251 - where this runs, not what it gives
            pytest.fail(reason)
        pytest.skip(reason)
    with browsing.browser(program) as started:
        yield started


@pytest.fixture(scope="module")
def _profile(chrome: Any) -> Iterator[Any]:
    """Keep what windows share: what the browser has loaded, and what pages have stored in it."""
    context = chrome.new_context(accept_downloads=True)
    yield context
    context.close()


@pytest.fixture
def open_window(chrome: Any, _profile: Any) -> Iterator[Callable[..., browsing.Window]]:
    """Return a function that opens a window on a dashboard: ``open_window(dashboard, width=1280, theme="dark")``.

    ``apart=True`` opens it in a browser of its own, which has loaded and stored nothing; ``keep=True`` keeps all that
    the dashboard sends to it.
    """
    windows = []
    with ExitStack() as stack:

        def open_(
            served: serving.Dashboard,
            *,
            width: int = 1280,
            theme: Literal["light", "dark"] = "light",
            apart: bool = False,
            keep: bool = False,
        ) -> browsing.Window:
            context = chrome.new_context(accept_downloads=True) if apart else _profile
            page = context.new_page()
            stack.callback(context.close if apart else page.close)
            page.set_viewport_size({"width": width, "height": 1000})
            window = browsing.Window(page, served.address, keep=keep)
            window.wear(theme)
            windows.append(window)
            return window

        yield open_
        for window in windows:
            without_problems(window)


@pytest.fixture
def window(open_window: Callable[..., browsing.Window], dashboard: serving.Dashboard) -> browsing.Window:
    """Return a window on the dashboard of ``dashboard_workspace``."""
    return open_window(dashboard)


def without_problems(window: browsing.Window) -> None:
    """See that nothing has gone wrong in a window so far, and that nothing but its dashboard was asked."""
    assert window.problems == []
    assert window.hosts <= {urlsplit(window.address).netloc}
    assert window.page.get_by_test_id("stException").count() == 0
    assert CAUGHT not in window.text()
    assert "Traceback (most" not in window.text()


@pytest.fixture(name="without_problems", scope="session")
def _without_problems() -> Callable[[browsing.Window], None]:
    """Return a function that sees that nothing has gone wrong in a window so far."""
    return without_problems


@pytest.fixture(scope="session")
def digest() -> Callable[[Path], dict[str, tuple[Any, ...]]]:
    """Return a function that tells all there is of a folder: names, modes, times of change, links, and contents."""

    def of(folder: Path) -> dict[str, tuple[Any, ...]]:
        return {str(path.relative_to(folder)): _facts(path) for path in (folder, *sorted(folder.rglob("*")))}

    return of


def _facts(path: Path) -> tuple[Any, ...]:
    facts = path.lstat()
    content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
    target = str(path.readlink()) if path.is_symlink() else ""
    return facts.st_mode, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, target, content
