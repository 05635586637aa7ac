"""Distributions that are made for a test: a real dist-info folder and real modules on a path of their own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

from logos.plugins.registry import Registry, load_registry


class Site:
    """A folder like site-packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: list[str] = []

    def install(
        self, distribution: str, source: str, *, group: str = "logos.v1", module: str = "", version: str = "1.2.0"
    ) -> None:
        """Install a distribution with one plugin module."""
        module = module or distribution.replace("-", "_")
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[{group}]\nmain = {module}\n")
        (self.folder / f"{module}.py").write_text(source)
        self.modules.append(module)

    def registry(self, *, backwards: bool = False) -> Registry:
        """Load what is installed here, and nothing else."""
        importlib.invalidate_caches()
        points = [point for one in distributions(path=[str(self.folder)]) for point in one.entry_points]
        points.sort(key=lambda point: point.value, reverse=backwards)
        for module in self.modules:
            sys.modules.pop(module, None)
        return load_registry(points)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    made = Site(folder)
    yield made
    for module in made.modules:
        sys.modules.pop(module, None)


@pytest.fixture
def guard_plugin() -> Callable[..., str]:
    """Give the source of a plugin that offers one guard."""

    def source(name: str = "limit", more: str = "") -> str:
        return (
            "from logos.plugins import GuardPart, hookimpl\n"
            "@hookimpl\n"
            "def logos_guards():\n"
            f"    yield GuardPart(name={name!r}, summary='A limit', target='acme_limits:build'{more})\n"
        )

    return source
