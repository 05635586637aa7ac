"""What the tests of the repository as a whole share."""

from __future__ import annotations

import gzip
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from logos import paths
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.data.bar_files import interval_text
from logos.domain.times import parse_time, time_text
from logos.live.launch import start
from logos.live.setup import Outcome, Setup
from logos.plugins.registry import Registry, load_registry

START = parse_time("2024-03-04T14:30:00Z")
"""A Monday, as the regular session of New York begins."""

Row = Sequence[Any]
"""``(open, high, low, close, volume)``, a minute after the row before; or the same behind a timestamp of its own."""


@pytest.fixture(scope="session")
def distributions(repository: Path) -> tuple[Path, ...]:
    """Return the folder of every distribution, in name order."""
    return tuple(sorted(found.parent for found in repository.glob("logos-*/pyproject.toml")))


@pytest.fixture(scope="session")
def rooms(distributions: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return every folder right below the namespace, over all distributions."""
    found = (place for folder in distributions for place in (folder / "src" / "logos").iterdir())
    return tuple(sorted(place for place in found if place.is_dir() and place.name != "__pycache__"))


@pytest.fixture(scope="session")
def settings_of_the_tools(repository: Path) -> dict[str, Any]:
    """Return the ``tool`` table of the root's pyproject.toml."""
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


@pytest.fixture(scope="session")
def wheels(distributions: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build the wheel of every distribution and return them by distribution name."""
    shelf = tmp_path_factory.mktemp("wheels")
    built = {}
    for folder in distributions:
        target = shelf / folder.name
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        (built[folder.name],) = target.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return the installed plugins."""
    return load_registry()


def _timed(rows: Iterable[Row], interval: int) -> list[list[str]]:
    timed, moment = [], START
    for row in rows:
        if len(row) > 5:
            moment = parse_time(row[0])
        timed.append([time_text(moment), *map(str, row[-5:])])
        moment += interval
    return timed


def _write_bars(path: Path, rows: Iterable[Row], interval: int) -> None:
    """Write a bar file in the form that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    timed = _timed(rows, interval)
    if path.suffix == ".parquet":
        import pyarrow as pa  # noqa: PLC0415 -- few tests write Parquet
        from pyarrow import parquet  # noqa: PLC0415

        names = ("open", "high", "low", "close", "volume")
        columns: dict[str, Any] = {
            "timestamp": pa.array([parse_time(row[0]) for row in timed], type=pa.timestamp("s", tz="UTC"))
        }
        columns |= {name: [float(row[place]) for row in timed] for place, name in enumerate(names, start=1)}
        parquet.write_table(pa.table(columns), path)
        return
    text = "timestamp,open,high,low,close,volume\n" + "".join(",".join(row) + "\n" for row in timed)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
    else:
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def write_bars(registry: Registry) -> Callable[..., SessionConfig]:
    """Return a function that puts bars where a config's replay feed will look, and returns the config.

    ``write_bars(workspace, config_text, {"DEMO": [("10", "11", "9", "10", "100"), …]}, form="csv.gz")``
    """

    def write(
        workspace: Path, config_text: str, bars: Mapping[str, Iterable[Row]], *, form: str = "csv"
    ) -> SessionConfig:
        config = load_session_config(config_text, registry, workspace=workspace, default_seed=paths.env_seed())
        for symbol, rows in bars.items():
            folder = workspace / config.feed.config.path / config.instruments[symbol].asset_class.value
            _write_bars(folder / f"{symbol}-{interval_text(config.interval)}.{form}", rows, config.interval)
        return config

    return write


@pytest.fixture(scope="session")
def start_session(registry: Registry, write_bars: Callable[..., SessionConfig]) -> Callable[..., Outcome]:
    """Return a function that runs a session in this process: the bars are written, and the outcome is returned.

    Keywords: ``form`` of the bar files, ``session_id``, and whatever else ``Setup`` takes, such as a ``disk``.
    """

    def run(
        workspace: Path,
        config_text: str,
        bars: Mapping[str, Iterable[Row]],
        *,
        form: str = "csv",
        session_id: str = "",
        **surroundings: Any,
    ) -> Outcome:
        config = write_bars(workspace, config_text, bars, form=form)
        setup = Setup(workspace=workspace, registry=registry, **surroundings)
        return start(setup, config, session_id=session_id)

    return run


@pytest.fixture(scope="session")
def run_session(start_session: Callable[..., Outcome]) -> Callable[..., Path]:
    """Return a function that runs a session as ``start_session`` does, and returns the session's folder."""

    def run(workspace: Path, config_text: str, bars: Mapping[str, Iterable[Row]], **options: Any) -> Path:
        return workspace / start_session(workspace, config_text, bars, **options).path

    return run
