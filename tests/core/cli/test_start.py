"""The program starts light, lists whatever is installed, and says clearly what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from logos.cli.app import run
from logos.cli.commands import CORE
from logos.cli.errors import run_guarded
from logos.cli.output import plain_table, print_table
from logos.domain.errors import ConfigError, Problem

HEAVY = {
    "alpaca",
    "cattrs",
    "ccxt",
    "exchange_calendars",
    "httpx",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "sklearn",
    "streamlit",
    "structlog",
    "yaml",
    "yfinance",
}

PLUGIN = """
from logos.plugins import CommandPart, GuardPart, hookimpl
@hookimpl
def logos_commands():
    yield CommandPart(name="greet", summary="Says hello", target="acme_greet:greet")
    yield CommandPart(name="gone", summary="Cannot be imported", target="acme_gone:app")
@hookimpl
def logos_guards():
    yield GuardPart(name="a_guard_with_a_name_that_is_longer_than_forty_columns", summary="s", target="acme:build")
"""

GREET = """
import typer
def greet(code: int = 0, text: str = "hello", times: int = 1) -> None:
    "Say hello."
    for _ in range(times):
        print(text)
    if text == "broken":
        raise ValueError("no such word")
    if text == "stop":
        raise KeyboardInterrupt
    raise typer.Exit(code)
"""


PAGES = """
from logos.plugins import hookimpl
@hookimpl(optionalhook=True)
def logos_dashboard_pages():
    return []
"""


@pytest.fixture
def site(tmp_path, offline_environment):
    """Return an environment with a plugin of commands, a broken one, and one of pages on its path."""
    folder = tmp_path / "site"
    for distribution, source in (
        ("acme-commands", PLUGIN),
        ("acme-broken", "import a_library_that_nobody_has\n"),
        ("acme-pages", PAGES),
    ):
        module = distribution.replace("-", "_")
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[logos.v1]\nmain = {module}\n")
        (folder / f"{module}.py").write_text(source)
    (folder / "acme_greet.py").write_text(GREET)
    return {"PYTHONPATH": os.pathsep.join((str(folder), offline_environment["PYTHONPATH"]))}


def imported_by(environment, *words):
    """Return the modules that a command has loaded at its end."""
    program = (
        "import json, sys\n"
        "from logos.cli.app import run\n"
        f"code = run({list(words)!r})\n"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    return {module.split(".")[0] for module in modules}


def test_help_imports_neither_a_heavy_library_nor_rich_nor_typer(offline_environment):
    assert imported_by(offline_environment, "--help") & (HEAVY | {"rich", "typer"}) == set()


@pytest.mark.parametrize("words", [("plugins", "list"), ("plugins", "list", "--json")])
def test_listing_plugins_imports_no_heavy_library(offline_environment, words):
    assert imported_by(offline_environment, *words) & (HEAVY | {"rich"}) == set()


def test_root_help_names_the_commands_of_the_core_and_of_plugins_and_survives_a_broken_one(logos_cli, site):
    done = logos_cli("--help", env=site)
    assert (done.returncode, done.stderr) == (0, "")
    for name in (*CORE, "greet"):
        assert f"\n  {name} " in done.stdout
    assert "Says hello" in done.stdout


def test_every_way_to_the_root_help_gives_the_same_text(logos_cli, site):
    helps = logos_cli("--help", env=site)
    assert logos_cli("-h", env=site).stdout == helps.stdout
    bare = logos_cli(env=site)
    assert (bare.returncode, bare.stderr.strip()) == (2, helps.stdout.strip())


def test_a_command_of_a_plugin_runs_and_its_exit_code_is_the_programs(logos_cli, site):
    done = logos_cli("greet", "--code", "4", env=site)
    assert (done.returncode, done.stdout, done.stderr) == (4, "hello\n", "")
    assert "Say hello." in logos_cli("greet", "--help", env=site).stdout


def test_a_command_that_cannot_be_imported_says_how_to_mend_it(logos_cli, site):
    done = logos_cli("gone", env=site)
    assert done.returncode == 2
    assert "No module named 'acme_gone'" in done.stderr
    assert "hint: Install the distribution again: pip install --force-reinstall acme-commands" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_command_gets_the_nearest_one(logos_cli, site):
    for word, near in (("trad", "trade"), ("gret", "greet")):
        done = logos_cli(word, env=site)
        assert done.returncode == 2
        assert f"Did you mean '{near}'" in done.stderr


def test_an_interrupt_ends_with_130(logos_cli, site):
    done = logos_cli("greet", "--text", "stop", env=site)
    assert (done.returncode, done.stdout) == (130, "stop\n")
    assert done.stderr.split() == ["Interrupted."]


def test_an_interrupt_is_json_on_request(capsys):
    def command() -> int:
        raise KeyboardInterrupt

    assert run_guarded(command, as_json=True) == 130
    (line,) = capsys.readouterr().out.splitlines()
    error = json.loads(line)["error"]
    assert (error["kind"], error["problems"]) == ("interrupted", [])
    assert error["message"]


def test_a_defect_loses_nothing(logos_cli, site):
    done = logos_cli("greet", "--text", "broken", env=site)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "internal failure: ValueError: no such word" in done.stderr


def test_output_that_nobody_reads_any_more_ends_quietly(site, offline_environment):
    program = "import sys; from logos.cli.app import main; main()"
    for times in ("1", "100000"):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [sys.executable, "-c", program, "greet", "--times", times],
            env={**offline_environment, **site},
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
        os.close(writer)
        assert (done.returncode, done.stderr) == (1, "")


def test_a_library_that_fails_as_the_process_ends_changes_no_exit_code_and_cuts_no_line(site, offline_environment):
    program = (
        "import atexit, ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.__cxa_atexit(libc.abort, None, None)\n"
        "from logos.cli import app\n"
        "run = app.run\n"
        "app.run = lambda words: (atexit.register(print, 'farewell'), run(words))[1]\n"
        "app.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "greet", "--code", "3", "--times", "2"],
        env={**offline_environment, **site},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "hello\nhello\nfarewell\n", "")


def test_a_program_that_was_interrupted_cannot_be_killed_by_one_more_ctrl_c_while_it_leaves(offline_environment):
    program = (
        "import atexit, signal\n"
        "from logos.cli import app\n"
        "press = lambda: atexit.register(signal.raise_signal, signal.SIGINT)\n"
        "app.run_guarded = lambda *_args, **_named: (press(), 130)[1]\n"
        "app.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=offline_environment, capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (130, b"")


def test_the_version_is_the_distributions(logos_cli):
    from importlib.metadata import version  # noqa: PLC0415 - only here

    assert logos_cli("--version").stdout == f"logos-core {version('logos-core')}\n"


def test_shells_complete_commands_and_options(logos_cli, site):
    def completions(words):
        variables = {"_LOGOS_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        return logos_cli(env={**site, **variables}).stdout.split()

    assert completions("logos pl") == ["plugins"]
    assert completions("logos gr") == ["greet"]
    assert completions("logos plugins li") == ["list"]
    assert completions("logos plugins list --k") == ["--kind"]
    assert "--version" in completions("logos --v")


def test_the_list_shows_broken_plugins_with_their_fault_and_cuts_no_name(logos_cli, site):
    for columns in ("40", "200"):
        done = logos_cli("plugins", "list", env={**site, "COLUMNS": columns})
        assert done.returncode == 0
        told = " ".join(done.stdout.split())
        assert "a_guard_with_a_name_that_is_longer_than_forty_columns acme-commands 1.0" in told
        assert "No module named 'a_library_that_nobody_has'" in done.stdout
        assert "mend: pip install --force-reinstall acme-broken" in done.stdout
        assert "…" not in done.stdout


def test_a_plugin_without_a_part_is_listed_with_the_hooks_that_it_answers(logos_cli, site):
    for words in ((), ("--kind", "plugin")):
        told = " ".join(logos_cli("plugins", "list", *words, env=site).stdout.split())
        assert "main acme-pages 1.0 ready Offers no part; answers logos_dashboard_pages" in told
    assert "acme-pages" not in logos_cli("plugins", "list", "--kind", "feed", env=site).stdout


def test_the_list_as_json_is_one_line(logos_cli, site):
    done = logos_cli("plugins", "list", "--json", env=site)
    (line,) = done.stdout.splitlines()
    rows = {(row["kind"], row["distribution"], row["name"]): row for row in json.loads(line)["plugins"]}
    assert rows["plugin", "acme-broken", "main"]["state"] == "broken"
    assert rows["plugin", "acme-pages", "main"]["state"] == "ready"
    assert rows["feed", "logos-core", "replay"]["state"] == "ready"
    done = logos_cli("plugins", "list", "--json", "--kind", "feed", env=site)
    assert {row["kind"] for row in json.loads(done.stdout)["plugins"]} == {"feed"}


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (("plugins", "list", "--kind", "gaurd"), "plugin", "'gaurd' is not a kind of part"),
        (("plugins", "lst"), "usage", "Did you mean 'list'"),
        (("plugins", "list", "--nope"), "usage", "No such option: --nope"),
    ],
)
def test_errors_are_text_on_standard_error_or_json_on_standard_output(capsys, words, kind, message):
    assert run(words) == 2
    plain = capsys.readouterr()
    assert plain.out == ""
    assert message in plain.err
    assert run([*words, "--json"]) == 2
    (line,) = capsys.readouterr().out.splitlines()
    error = json.loads(line)["error"]
    assert (error["kind"], error["problems"]) == (kind, [])
    assert message in error["message"]


def test_every_problem_of_an_error_is_reported(capsys):
    problems = [
        Problem(path="guards[2].limit", line=14, message="found 'abc', expected a decimal", hint='Write "1000"'),
        Problem(path="feed", message="it is missing"),
    ]

    def fail() -> int:
        raise ConfigError("paper.yaml cannot be used", hint="Fix these and run again", problems=problems)

    assert run_guarded(fail, as_json=False) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: paper.yaml cannot be used",
        "  guards[2].limit (line 14): found 'abc', expected a decimal. Write \"1000\"",
        "  feed: it is missing",
        "hint: Fix these and run again",
    ]
    assert run_guarded(fail, as_json=True) == 2
    assert json.loads(capsys.readouterr().out)["error"]["problems"] == [
        {
            "path": "guards[2].limit",
            "line": 14,
            "message": "found 'abc', expected a decimal",
            "hint": 'Write "1000"',
        },
        {"path": "feed", "line": None, "message": "it is missing", "hint": ""},
    ]


def test_a_plain_table_is_aligned_and_as_wide_as_it_needs():
    rows = [("x" * 90, "1", "[ccxt]"), ("short", "100", "two\nlines")]
    assert plain_table("Title", ("name", "count", "note"), rows, numeric=("count",)).splitlines() == [
        "Title",
        f"{'name':90}  count  note",
        f"{'x' * 90}      1  [ccxt]",
        f"{'short':90}    100  two lines",
    ]


@pytest.mark.parametrize("columns", ["40", "300"])
def test_a_table_on_a_terminal_cuts_no_cell(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_table("", ("name", "count", "note"), [("n" * 50, "7", "[bold] " + "word " * 10)], numeric=("count",))
    printed = capsys.readouterr().out
    assert "n" * 50 in printed
    assert "[bold]" in printed
    assert printed.count("word") == 10
    assert "…" not in printed
    heads = [line.split()[:2] for line in printed.splitlines() if line.startswith(("name ", "count ", "note "))]
    assert heads == ([["name", "n" * 50], ["count", "7"], ["note", "[bold]"]] if columns == "40" else [])


@pytest.fixture
def boot(repository, offline_environment):
    """Return a function that starts the boot module with folders put before the import path."""
    script = repository / "logos-core" / "src" / "_logos_boot.py"

    def start(folder, *words):
        program = f"import runpy, sys; sys.exit(runpy.run_path({str(script)!r})['main']())"
        search = os.pathsep.join((str(folder), offline_environment["PYTHONPATH"]))
        return subprocess.run(
            [sys.executable, "-c", program, *words],
            env={**offline_environment, "PYTHONPATH": search},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return start


def test_the_boot_hands_over_where_logos_is_a_namespace(boot, tmp_path):
    done = boot(tmp_path, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert boot(tmp_path, "plugins", "list", "--kind", "gaurd").returncode == 2


def test_the_boot_names_the_distribution_that_hides_the_namespace(boot, tmp_path):
    (tmp_path / "logos").mkdir()
    (tmp_path / "logos" / "__init__.py").write_text("")
    info = tmp_path / "logos-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: logos\nVersion: 0.3\n")
    (info / "RECORD").write_text("logos/__init__.py,,\n")
    done = boot(tmp_path, "--version")
    assert done.returncode == 2
    assert str(tmp_path / "logos" / "__init__.py") in done.stderr
    assert "run: pip uninstall logos\n" in done.stderr


def test_the_boot_names_a_stray_module_that_no_distribution_owns(boot, tmp_path):
    (tmp_path / "logos.py").write_text("")
    done = boot(tmp_path, "--version")
    assert done.returncode == 2
    assert str(tmp_path / "logos.py") in done.stderr
    assert "rename it" in done.stderr
