"""The shell: pages of every plugin, the fault of one beside the others, and a server that starts and ends cleanly."""

from __future__ import annotations

import ast
import gc
import importlib
import signal
import socket
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import typer
from streamlit.error_util import handle_user_script_exception
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.util import patch_config_options
from streamlit.util import calc_hash

from logos.domain.errors import InputError
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import load_registry
from logos.ui.streamlit import navigation, serving
from logos.ui.streamlit.app_pages import settings
from logos.ui.streamlit.command import dashboard
from logos.ui.streamlit.components import shield
from logos.ui.streamlit.data import readings
from logos.ui.streamlit.data.pages import pages_of

PROGRAM = Path(sysconfig.get_path("scripts")) / "logos"
OWN = ["overview", "backtests", "live-monitor", "portfolio", "strategy-lab", "tutor", "settings"]

PLUGIN = """
from logos.plugins import hookimpl
from logos.ui.streamlit.page import DashboardPage

@hookimpl(optionalhook=True)
def logos_dashboard_pages():
{body}
"""

PAGES = """
import streamlit as st

def show():
    st.text("the desk's own page")

def raises():
    raise RuntimeError("no such desk, password=hunter2hunter2")

def leaves():
    raise SystemExit(3)

def interrupts():
    raise KeyboardInterrupt

def ends():
    class Own(BaseException):
        pass
    raise Own("token=abcdef0123456789")

def draws_and_stops():
    st.text("before the stop")
    st.stop()

def draws_again():
    if not st.session_state.get("again"):
        st.session_state["again"] = True
        st.rerun()
    st.text("drawn again")

not_a_function = 7
"""


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return a function that installs a plugin whose hook has this body, beside all that is installed."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(body: str) -> None:
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        (tmp_path / "desk_plugin.py").write_text(PLUGIN.format(body=lines))
        (tmp_path / "desk_pages.py").write_text(PAGES)
        importlib.invalidate_caches()
        registry = load_registry([*installed_entry_points(), EntryPoint("desk", "desk_plugin", "logos.v1")])
        for module in (navigation, settings):
            monkeypatch.setattr(module, "installed_registry", lambda: registry)

    yield install
    for module in ("desk_plugin", "desk_pages"):
        sys.modules.pop(module, None)


@pytest.fixture
def shell(workspace: Path) -> Callable[..., AppTest]:
    """Return a function that runs the whole script on one page: ``shell("settings")``."""

    def run(page: str) -> AppTest:
        test = AppTest.from_file(str(serving.SCRIPT))
        test._page_hash = calc_hash(page)  # switch_page knows pages that are files alone
        return test.run(timeout=60)

    return run


def _text(test: AppTest) -> str:
    return "\n".join(element.proto.body for element in test.get("html"))


def _page(**values: Any) -> str:
    given = {"name": "desk", "title": "Desk", "target": "desk_pages:show"} | values
    return f"yield DashboardPage({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def test_the_readers_know_no_streamlit():
    folder = Path(readings.__file__).parent
    nodes = [node for path in folder.glob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    names = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    names |= {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    assert "logos.ui.streamlit.data.readings" in names
    assert [name for name in names if name.partition(".")[0] == "streamlit"] == []


def test_the_pages_of_the_dashboard_stand_in_their_order_and_can_be_found():
    pages = pages_of(load_registry())

    own = [page.name for distribution, page in pages.pages if distribution == "logos-dashboard"]
    assert own == OWN
    assert list(pages.by_section())[:2] == ["Trading", "Reference"]


def test_a_page_of_a_third_party_stands_in_its_section(third_party, shell):
    third_party(_page(section="Desk"))

    test = shell("desk")

    assert test.text[0].value == "the desk's own page"
    assert navigation.installed_pages().by_section()["Desk"][0].title == "Desk"


def test_the_root_stays_the_overviews_wherever_the_page_of_a_third_party_stands(third_party, shell, workspace: Path):
    third_party(_page(section="Trading", order=5))

    root = AppTest.from_file(str(serving.SCRIPT)).run(timeout=60)

    assert navigation.installed_pages().pages[0][1].title == "Desk"
    assert "<h1>Overview</h1>" in _text(root)
    assert shell("desk").text[0].value == "the desk's own page"
    (overview,) = [page for _, page in navigation.installed_pages().pages if page.name == "overview"]
    assert navigation.installed_pages().home() is overview


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"target": "no_such_module:show"}, "there is no module no_such_module"),
        ({"target": "desk_pages.gone:show"}, "there is no module desk_pages.gone"),
        ({"icon": ":material/no_such_symbol_at_all:"}, "which Streamlit does not know: a plain one is shown"),
    ],
)
def test_what_can_be_seen_to_be_wrong_with_a_page_is_told_before_anybody_opens_it(
    third_party, shell, values: dict[str, str], told: str
):
    third_party(_page(**values))

    test = shell("settings")

    assert "Needs a look" in _text(test)
    assert told in _text(test)
    assert "desk" in [page.name for _, page in navigation.installed_pages().pages]
    assert "desk_pages" not in sys.modules  # nothing of the page was imported to find that out


def test_a_sound_page_needs_no_look(third_party):
    third_party(_page())

    assert pages_of(navigation.installed_registry()).faults == ()


def test_a_plugin_that_offers_pages_alone_is_listed_as_installed(third_party, shell):
    third_party(_page())

    text = _text(shell("settings"))

    (plugin,) = [one for one, _ in navigation.installed_registry().without_parts()]
    row = (plugin.distribution, plugin.version, "0", "1")
    cells = [f">{cell}</t" for cell in row]
    assert any(all(cell in line for cell in cells) for line in text.split("<tr>"))


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("desk_pages:raises", "RuntimeError: no such desk"),
        ("desk_pages:leaves", "SystemExit: 3"),
        ("desk_pages:interrupts", "KeyboardInterrupt"),
        ("desk_pages:ends", "Own: token="),
        ("desk_pages:gone", "AttributeError"),
        ("desk_pages:not_a_function", "expected a function"),
        ("no_such_module:show", "ModuleNotFoundError"),
    ],
)
def test_a_page_that_fails_shows_a_card_in_its_place_and_leaves_the_others_alone(
    third_party, shell, target: str, told: str
):
    third_party(_page(target=target))

    broken, settings = shell("desk"), shell("settings")

    assert not broken.exception
    assert told in _text(broken)
    assert "Error: The page Desk cannot be shown" in _text(broken)
    assert "hunter2" not in _text(broken)
    assert "abcdef0123456789" not in _text(broken)
    assert not settings.exception
    assert "<h1>Settings</h1>" in _text(settings)


def test_an_error_that_comes_again_at_every_refresh_is_logged_whole_once_and_then_counted(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    shield._TIMES.clear()
    config = serving.options("127.0.0.1", 8501)
    serving.before_streamlit()

    def fail(error: type[Exception]) -> None:
        raise error("in a live panel")

    def again(error: type[Exception]) -> None:
        try:
            fail(error)
        except Exception as raised:  # noqa: BLE001 - as Streamlit catches what a fragment raises
            handle_user_script_exception(raised, serving.told)

    with patch_config_options({"logger.enableRich": config["logger.enableRich"]}):
        for _ in range(12):
            again(RuntimeError)
        again(LookupError)

    whole = [record for record in caplog.records if record.exc_info]
    assert [record.exc_info[0] for record in whole if record.exc_info] == [RuntimeError, LookupError]
    assert "the same RuntimeError as before, 10 times now" in caplog.text
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize(("target", "told"), [("draws_and_stops", "before the stop"), ("draws_again", "drawn again")])
def test_a_page_may_stop_and_draw_itself_again(third_party, shell, target: str, told: str):
    third_party(_page(target=f"desk_pages:{target}"))

    test = shell("desk")

    assert not test.exception
    assert test.text[0].value == told
    assert "cannot be shown" not in _text(test)


def test_what_a_page_has_loaded_is_not_walked_through_after_every_run(shell):
    shell("settings")
    frozen = gc.get_freeze_count()
    shell("settings")

    assert frozen > 10_000
    assert gc.get_freeze_count() <= frozen


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('raise RuntimeError("no pages today")', "RuntimeError: no pages today"),
        ("return 7", "TypeError"),
        ("return [7]", "expected a DashboardPage"),
        (_page(name="The Desk"), "cannot stand in an address"),
        (_page(name="settings"), "has the name of one of logos-dashboard"),
        (_page(title=7), "values of a wrong kind"),
        (_page(target="desk_pages.show"), "not module:function"),
    ],
)
def test_pages_that_cannot_stand_are_left_out_and_told_of_on_the_settings_page(
    third_party, shell, body: str, told: str
):
    third_party(body)

    test = shell("settings")

    assert not test.exception
    assert told in _text(test)
    assert [page.name for _, page in navigation.installed_pages().pages] == OWN


def test_a_hook_that_raises_halfway_keeps_the_pages_before_it(third_party, shell):
    third_party(_page() + "\nraise OSError('disk')")

    pages = pages_of(navigation.installed_registry())

    assert "desk" in [page.name for _, page in pages.pages]
    assert [fault.fault for fault in pages.faults] == ["its hook logos_dashboard_pages raised OSError: disk"]


def test_what_a_panel_raises_by_itself_becomes_a_card_too():
    def script() -> None:
        import streamlit as st  # noqa: PLC0415 -- a script of its own

        from logos.ui.streamlit.serving import told  # noqa: PLC0415 -- the same

        st.text(str(told(ValueError("half a row, token=abcdef0123456789"))))

    test = AppTest.from_function(script).run(timeout=30)

    assert test.text[0].value == "True"
    assert "ValueError: half a row" in _text(test)
    assert "abcdef0123456789" not in _text(test)


@pytest.mark.parametrize(
    ("message", "drawn"),
    [("there is no log yet", "There is no log yet"), ("fills.csv is not there", "fills.csv is not there")],
)
def test_an_empty_card_begins_with_a_capital_unless_it_begins_with_the_name_of_a_file(message: str, drawn: str):
    def script(told: str) -> None:
        from logos.ui.streamlit.components.empty import show_reading  # noqa: PLC0415 -- a script of its own
        from logos.ui.streamlit.data.readings import Reading  # noqa: PLC0415 -- the same

        show_reading(Reading.missing(told), title="Nothing")

    assert f"<p>{drawn}</p>" in _text(AppTest.from_function(script, args=(message,)).run(timeout=30))


def test_a_symbol_that_is_not_known_does_not_keep_a_page_away(third_party, shell):
    third_party(_page(icon=":material/no_such_symbol_at_all:"))

    assert shell("desk").text[0].value == "the desk's own page"


def test_the_sidebar_says_that_nothing_is_written_and_which_workspace_is_shown(shell, workspace: Path):
    test = shell("settings")

    (side,) = [element.proto.body for element in test.sidebar.get("html")]
    assert "Read-only" in side
    assert str(workspace) in side


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com", ""])
def test_an_address_that_others_can_reach_is_refused(host: str, workspace: Path):
    with pytest.raises(InputError, match="not an address of this machine alone") as refused:
        dashboard(host=host, browser=False)

    assert refused.value.exit_code == 2
    assert "ssh -L" in refused.value.hint


def test_a_workspace_that_is_not_there_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(InputError, match="gone does not exist"):
        dashboard(workspace=tmp_path / "gone", browser=False)
    with pytest.raises(InputError, match="file is not a folder"):
        dashboard(workspace=tmp_path / "file", browser=False)


def test_a_port_that_is_taken_is_refused_and_without_one_the_next_is_taken(monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(InputError, match=f"port {port} on 127.0.0.1 is taken"):
            serving.free_port("127.0.0.1", port)
        monkeypatch.setattr(serving, "FIRST_PORT", port)
        assert serving.free_port("127.0.0.1", None) > port
    assert serving.free_port("127.0.0.1", port) == port


@pytest.mark.parametrize(("found", "refused"), [("1.65.2", True), ("0.99", True), ("1.66.0", False), ("2.0", False)])
def test_a_streamlit_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch, found: str, *, refused: bool):
    monkeypatch.setattr(serving, "version", lambda _name: found)

    if refused:
        with pytest.raises(InputError, match=f"needs Streamlit 1.66 or later, and {found} is installed") as error:
            serving.check_streamlit()
        assert error.value.hint == "pip install 'streamlit>=1.66'"
    else:
        serving.check_streamlit()


def test_a_streamlit_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch):
    def gone(_name: str) -> str:
        raise serving.PackageNotFoundError

    monkeypatch.setattr(serving, "version", gone)

    with pytest.raises(InputError, match="needs Streamlit, which is not installed"):
        serving.check_streamlit()


def test_every_option_is_one_that_streamlit_knows():
    from streamlit import config  # noqa: PLC0415 -- loads all of Streamlit

    known = config.get_config_options()
    given = serving.options("127.0.0.1", 8_501)

    assert sorted(name for name in given if name not in known) == []
    assert given["server.address"] == "127.0.0.1"
    assert given["theme.dark.sidebar.backgroundColor"].startswith("#")


def test_asking_for_help_loads_no_streamlit(logos_cli):
    helped = logos_cli("dashboard", "--help")
    code = (
        "import sys, logos.ui.streamlit.plugin, logos.ui.streamlit.command;"
        "print([name for name in ('streamlit', 'plotly', 'numpy', 'pandas') if name in sys.modules])"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert helped.returncode == 0
    assert "--no-browser" in helped.stdout
    assert listed.stdout.strip() == "[]"


@pytest.fixture
def started(workspace: Path, offline_environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts a program in the workspace, and end what it has started."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            words,
            cwd=workspace,
            env={**offline_environment, "LOGOS_HOME": str(workspace), "HOME": str(workspace.parent / "home")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    """Return where a dashboard that was started listens, as soon as it says so."""
    assert process.stdout is not None
    for line in process.stdout:
        for word in line.split():
            if word.startswith("http://"):
                return word
    raise AssertionError(process.stderr.read() if process.stderr else "")


def _answer(address: str) -> str:
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=30) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["ctrl-c", "sigterm"])
def test_the_server_answers_writes_nothing_and_ends_cleanly(started, workspace: Path, sign: int, code: int):
    process = started(str(PROGRAM), "dashboard", "--no-browser")
    address = _address(process)

    assert _answer(address) == "ok"
    process.send_signal(sign)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == code
    assert "Traceback" not in errors
    assert list(workspace.iterdir()) == []
    assert not (workspace.parent / "home").exists()


def test_a_port_that_is_taken_ends_the_program_with_a_clear_error(started):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = started(str(PROGRAM), "dashboard", "--no-browser", "--port", str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 2
    assert errors.startswith("error: port ")
    assert "hint: Leave --port away" in errors


def test_streamlit_run_alone_serves_the_same_on_this_machine_only(started, workspace: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    app = serving.SCRIPT.with_name("app.py")
    process = started(*(sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)))

    assert _address(process) == f"http://127.0.0.1:{port}"
    assert _answer(f"http://127.0.0.1:{port}") == "ok"
    assert list(workspace.iterdir()) == []


def test_sigterm_while_it_starts_is_no_failure():
    with pytest.raises(typer.Exit) as ended, serving._ended_by_sigterm():
        signal.raise_signal(signal.SIGTERM)

    assert ended.value.exit_code == 0
    assert signal.getsignal(signal.SIGTERM) is not serving._end
