"""The contract of a package that offers parts."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import distribution
from importlib.util import find_spec
from types import ModuleType
from typing import ClassVar

import pluggy

from logos.plugins.hookspecs import PROJECT, Events, Offers
from logos.plugins.parts import HOOKS_OF_PARTS, Part
from logos.testing.contract import Contract, check_config_class

GROUP = "logos.v1"
"""The entry point group; it carries the major version of the plugin API."""

HEAVY = frozenset(
    {
        "alpaca",
        "ccxt",
        "exchange_calendars",
        "httpx",
        "matplotlib",
        "numpy",
        "pandas",
        "pyarrow",
        "requests",
        "rich",
        "scipy",
        "sklearn",
        "statsmodels",
        "streamlit",
        "torch",
        "yaml",
        "yfinance",
    }
)
"""What must not be imported where parts are only listed."""

_PROBE = (
    "import importlib, json, sys; "
    "paths, names, heavy = json.loads(sys.argv[1]); "
    "sys.path[:] = paths; "
    "[importlib.import_module(name) for name in names]; "
    "print(json.dumps(sorted(set(heavy) & set(sys.modules))))"
)


class PluginContract(Contract):
    """What every package with parts must keep. Name its distribution.

    Attributes
    ----------
    distribution:
        The name it is installed under.
    """

    distribution: ClassVar[str] = ""

    def modules(self) -> Sequence[str]:
        """Return the modules that the distribution's entry points of ``logos.v1`` name, in their order by name."""
        points = distribution(self.distribution).entry_points.select(group=GROUP)
        return [point.value for point in sorted(points, key=lambda point: point.name)]

    def test_p01_entry_points_offer_parts(self) -> None:
        """Assert that there is an entry point, and that its hooks yield parts of their own kind, once each."""
        names = self.modules()
        assert names, f"P-01: {self.distribution} has no entry point in the group {GROUP}"
        for name in names:
            seen = set()
            for hook, part in _offers(importlib.import_module(name)):
                expected = HOOKS_OF_PARTS[hook]
                assert isinstance(part, expected), f"P-01: {hook} of {name} yields {part!r}"
                key = (part.kind, part.name)
                assert key not in seen, f"P-01: {name} offers the {part.kind} {part.name!r} twice"
                seen.add(key)

    def test_p02_hooks_are_known(self) -> None:
        """Assert that no hook is misspelt, and none asks for an argument that it does not have."""
        for name in self.modules():
            manager = pluggy.PluginManager(PROJECT)
            manager.add_hookspecs(Offers)
            manager.add_hookspecs(Events)
            module = importlib.import_module(name)
            for own in getattr(module, "logos_hookspecs", tuple)():
                manager.add_hookspecs(own)
            try:
                manager.register(module, name)
                manager.check_pending()
            except pluggy.PluginValidationError as error:
                raise AssertionError(f"P-02: {error}") from error

    def test_p03_listing_is_light(self) -> None:
        """Assert that neither the entry points nor the config classes bring a heavy library in."""
        configs = [part.config.partition(":")[0] for part in self._parts() if part.config]
        names = [*self.modules(), *configs]
        probe = subprocess.run(  # noqa: S603 - this interpreter, and names from the package under test
            [sys.executable, "-c", _PROBE, json.dumps([sys.path, names, sorted(HEAVY)])],
            check=False,
            capture_output=True,
            text=True,
        )
        assert probe.returncode == 0, f"P-03: importing {', '.join(names)} fails:\n{probe.stderr}"
        heavy = json.loads(probe.stdout.splitlines()[-1])
        assert not heavy, f"P-03: listing the parts imports {', '.join(heavy)}"

    def test_p04_factories_resolve(self) -> None:
        """Assert that every factory whose libraries are installed can be imported and called."""
        for part in self._usable():
            try:
                target = _resolve(part.target)
            except (ImportError, AttributeError) as error:
                raise AssertionError(
                    f"P-04: {part.kind} {part.name}: {part.target} does not resolve: {error}"
                ) from error
            assert callable(target), f"P-04: {part.kind} {part.name}: {part.target} cannot be called"

    def test_p05_configs_are_frozen_and_explained(self) -> None:
        """Assert that every config class is a frozen, keyword-only attrs class that explains its fields."""
        for part in self._parts():
            if part.config:
                config = _resolve(part.config)
                assert isinstance(config, type), f"P-05: {part.kind} {part.name}: {part.config} is no class"
                check_config_class(config, "P-05")

    def _parts(self) -> list[Part]:
        offers = (offer for name in self.modules() for offer in _offers(importlib.import_module(name)))
        return [part for _, part in offers if isinstance(part, Part)]

    def _usable(self) -> Iterator[Part]:
        for part in self._parts():
            if part.state == "stable" and all(find_spec(need.partition(".")[0]) for need in part.needs):
                yield part


def _offers(module: ModuleType) -> Iterator[tuple[str, object]]:
    """Yield what a plugin module's offer hooks return, with the hook's name."""
    for hook in HOOKS_OF_PARTS:
        offer = getattr(module, hook, None)
        if offer is not None:
            answer: Iterable[object] = offer()
            for part in answer:
                yield hook, part


def _resolve(reference: str) -> object:
    name, _, path = reference.partition(":")
    found: object = importlib.import_module(name)
    for step in path.split("."):
        found = getattr(found, step)
    return found
