"""Every check of the repository, each in an environment of its own: ``nox`` runs them all.

``nox -l`` lists the sessions; ``nox -R -s tests -- tests/core`` runs one again without installing anew.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
# Links what an earlier environment has already: a dozen environments cost little more time and room than one.
nox.options.default_venv_backend = "uv"
nox.options.error_on_external_run = True
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "typing", "dist", "readme", "example", "manual", "tests", "ui"]

ROOT = Path(__file__).resolve().parent
CORE = "logos-core"
SIBLINGS = ("logos-brokers", "logos-dashboard", "logos-feeds", "logos-risk")
DISTRIBUTIONS = (CORE, *SIBLINGS)
EXAMPLES = {"logos-example-guard": "quiet_hours", "logos-example-page": "costs_page"}
"""Packages of third parties, each with its import package."""

EXTRAS = {
    CORE: "dask,fast,report",
    "logos-brokers": "alpaca,ccxt",
    "logos-feeds": "ccxt,yfinance",
    "logos-risk": "convex,skfolio",
}
"""What the whole suite needs of a distribution; the tests of one that has its work behind extras cannot do without."""

SOURCES = [f"{name}/src" for name in DISTRIBUTIONS]
TEST_TOOLS = ("hypothesis", "pytest", "pytest-xdist")
WORKERS = ("-n", "auto", "--dist", "worksteal")

OFFLINE = {"LOGOS_OFFLINE": "1"}
"""What tells the program that no address but loopback may be asked."""

_built: dict[str, Path] = {}


@nox.session
def lint(session: nox.Session) -> None:
    """Lint, formatting, and the contracts between the rooms."""
    _install(session, "ruff", "import-linter")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    # The linter reads sources and imports nothing, so the rooms need not be installed, only be found.
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": os.pathsep.join(SOURCES)})


@nox.session
def typing(session: nox.Session) -> None:
    """Strict types, over the sources of all distributions in one call."""
    # The wheels bring the declared dependencies, those of the siblings' extras too; mypy_path puts the sources before
    # what is installed. The core's extras are not needed: none of them has types.
    core, *siblings = _all_wheels(session)
    wheels = [core.partition("[")[0], *siblings]
    _install(session, "mypy", "pandas-stubs", "types-PyYAML", "types-requests", "hypothesis", "pytest", *wheels)
    session.run("mypy")
    # A third party sees the types of the installed wheels, and none of this repository's settings.
    for name, package in EXAMPLES.items():
        session.run("mypy", "--strict", "--config-file=", f"examples/{name}/src/{package}")


@nox.session
@nox.parametrize("name", [nox.param(name, id=name.removeprefix("logos-")) for name in DISTRIBUTIONS])
def dist(session: nox.Session, name: str) -> None:
    """One distribution alone: its wheel and the core's, what they declare, and its own tests."""
    wheels = _wheels(session, *dict.fromkeys((CORE, name)))
    extras = f"[{EXTRAS[name]}]" if name in EXTRAS and name != CORE else ""
    _install(session, *TEST_TOOLS, *wheels[:-1], wheels[-1] + extras)
    _refuse_sources(session)
    session.run("pytest", *WORKERS, f"tests/{name.removeprefix('logos-')}", *session.posargs, env=OFFLINE)


@nox.session
def readme(session: nox.Session) -> None:
    """Run the README's first command in a copy of the checkout, as a newcomer does."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    first = next(line for line in lines if line.startswith("python3 -m venv"))
    checkout = Path(session.create_tmp()) / "checkout"
    shutil.rmtree(checkout, ignore_errors=True)
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "runs", "logs"))
    with session.chdir(checkout):
        session.run("bash", "-euo", "pipefail", "-c", first, external=True, env={"PIP_QUIET": "1"})


@nox.session
def example(session: nox.Session) -> None:
    """Let a guard and a page of third parties, installed as wheels beside the five distributions, act."""
    wheels = _wheels(session, *DISTRIBUTIONS, *(f"examples/{name}" for name in EXAMPLES))
    _install(session, *TEST_TOOLS, *wheels)
    _refuse_sources(session)
    session.run("logos", "plugins", "list")
    # The packages' own tests run with their own settings, as at the third party's.
    for name in EXAMPLES:
        session.run("pytest", "-c", f"examples/{name}/pyproject.toml", f"examples/{name}/tests")
    session.run("pytest", "tests/third_party", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run what takes all distributions together; what a distribution can do alone, its own session has shown."""
    _install(session, "hatchling", "import-linter", "ruff", *TEST_TOOLS)
    # Editable: some of these tests look at the sources, or lay wheels of their own beside one another.
    folders = [f"./{name}[{EXTRAS[name]}]" if name in EXTRAS else f"./{name}" for name in DISTRIBUTIONS]
    _install(session, *(argument for folder in folders for argument in ("-e", folder)))
    session.run("python", "-m", "compileall", "-q", *SOURCES)
    alone = ("ui", *(name.removeprefix("logos-") for name in DISTRIBUTIONS))
    chosen = session.posargs or ["tests", *(f"--ignore=tests/{name}" for name in alone)]
    session.run("pytest", *WORKERS, *chosen, env=OFFLINE)


@nox.session
def ui(session: nox.Session) -> None:
    """Drive the dashboard in Chromium, which has to be there: one server and one browser, so in one process."""
    _install(session, "axe-playwright-python", "playwright", *TEST_TOOLS, *_all_wheels(session))
    _refuse_sources(session)
    # These two also hold what the dashboard shows of a broker's config; with the dashboard alone, that is skipped.
    beside = ("tests/dashboard/test_strategies_data.py", "tests/dashboard/test_surroundings.py")
    session.run("pytest", "tests/ui", *beside, *session.posargs, env=OFFLINE)


@nox.session(default=False)
def lowest(session: nox.Session) -> None:
    """Run each distribution's tests with the oldest versions that the distributions declare to work with."""
    floors = set()
    for name in DISTRIBUTIONS:
        project = nox.project.load_toml(ROOT / name / "pyproject.toml")["project"]
        extras = project.get("optional-dependencies", {}).values()
        declared = [*project["dependencies"], *(line for lines in extras for line in lines)]
        floors |= {line.partition(",")[0].replace(">=", "==") for line in declared if not line.startswith("logos-")}
    pins = Path(session.create_tmp()) / "lowest.txt"
    pins.write_text("\n".join(sorted(floors)), encoding="utf-8")
    session.install("--quiet", "-c", str(pins), *TEST_TOOLS, *_all_wheels(session))
    # Old libraries warn about each other; that is not ours to mend.
    folders = [f"tests/{name.removeprefix('logos-')}" for name in DISTRIBUTIONS]
    session.run("pytest", *WORKERS, "-W", "default", *folders, *session.posargs)


@nox.session
def manual(session: nox.Session) -> None:
    """See that ``docs/MANUAL.html`` is what its pages and the program's help make; with ``-- --write``, build it."""
    _install(session, "sphinx", "myst-parser", *TEST_TOOLS, *_all_wheels(session))
    _refuse_sources(session)
    session.run("python", "docs/manual/build.py", *([] if "--write" in session.posargs else ["--check"]))
    session.run("pytest", "tests/integration/test_manual.py", env=OFFLINE)


@nox.session(default=False)
def long(session: nox.Session) -> None:
    """Run the proofs that take long in full; the suite runs a seeded sample of each."""
    _install(session, *TEST_TOOLS, *_all_wheels(session))
    _refuse_sources(session)
    session.run("pytest", *WORKERS, "-m", "long", *session.posargs, env={"LOGOS_LONG": "1", **OFFLINE})


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Compare Logos with its peers, each in an environment of its own: backtests, paper sessions, portfolios.

    What follows ``--`` goes to ``benchmarks/compare.py``: ``nox -s bench -- --quick`` sees that all of it works.
    """
    core, *siblings = _wheels(session, *DISTRIBUTIONS)
    _install(session, f"{core}[fast]", *siblings[:-1], f"{siblings[-1]}[convex]")
    _refuse_sources(session)
    # In the session's own environment: nox -R keeps them and measures at once.
    peers = Path(session.create_tmp()) / "peers"
    session.run("python", "benchmarks/compare.py", "--envs", str(peers), "--install", *session.posargs)
    freqtrade = peers / "v_freqtrade" / "bin" / "freqtrade"
    command = ["python", "benchmarks/sessions.py", *(["--peer", str(freqtrade)] if freqtrade.exists() else [])]
    quick = "--quick" in session.posargs
    session.run(*command, *(["--bars", "20000", "--rounds", "1"] if quick else []))
    command = ["python", "benchmarks/portfolio.py", "--envs", str(peers), "--install"]
    session.run(*command, *(["--quick"] if quick else []))


def _install(session: nox.Session, *packages: str) -> None:
    # Compiled once here: where Python may not write bytecode, every process of a test would do it for itself.
    session.install("--quiet", "--compile-bytecode", "-c", "constraints.txt", *packages)


def _wheels(session: nox.Session, *folders: str) -> list[str]:
    """Build the wheels of some folders, each once in a run of nox, and return their paths."""
    missing = [folder for folder in folders if folder not in _built]
    shelf = ROOT / ".nox" / "wheels"
    if missing:
        for folder in missing:
            # A shelf for each: what is left of an earlier version must not be picked up.
            target = shelf / Path(folder).name
            for old in target.glob("*.whl"):
                old.unlink()
            build = ("uv", "build", "--quiet", "--wheel", "--build-constraints", "constraints.txt")
            session.run(*build, "--out-dir", str(target), f"./{folder}")
            (_built[folder],) = target.glob("*.whl")
    return [str(_built[folder]) for folder in folders]


def _all_wheels(session: nox.Session) -> list[str]:
    """Build all distributions and return their wheels, each with its extras."""
    wheels = _wheels(session, *DISTRIBUTIONS)
    extras = [f"[{EXTRAS[name]}]" if name in EXTRAS else "" for name in DISTRIBUTIONS]
    return [wheel + extra for wheel, extra in zip(wheels, extras, strict=True)]


def _refuse_sources(session: nox.Session) -> None:
    """Fail where the namespace is not made of installed wheels alone."""
    check = "import logos, sys; sys.exit(any('site-packages' not in place for place in logos.__path__))"
    session.run("python", "-P", "-c", check, silent=True)
