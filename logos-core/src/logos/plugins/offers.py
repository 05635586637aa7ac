"""An offer: a part, the distribution it comes from, and whether it can be used."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import re
from collections.abc import Callable
from typing import Any

import attrs

from logos.domain.errors import PluginError
from logos.plugins.parts import Part

READY = "ready"
STUB = "stub"
CONFLICT = "conflict"
BROKEN = "broken"

PLUGIN = "plugin"
"""The kind of a row that stands for a whole plugin, because its parts could not be learnt."""


def canonical(distribution: str) -> str:
    """Return a distribution's name in the one form in which names compare: small letters and hyphens."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


@attrs.frozen(kw_only=True)
class Offer:
    """A part that a distribution offers, or a plugin whose parts could not be learnt or that has none.

    Attributes
    ----------
    kind:
        The kind of the part, or ``plugin``.
    name:
        The part's name, or the plugin's entry point.
    part:
        The description; ``None`` where the kind is ``plugin``.
    distribution, version:
        Where it comes from.
    status:
        ``ready``, ``stub``, ``needs <library>``, ``conflict``, ``broken`` or ``speaks vN``.
    fault:
        Why it cannot be used; empty where it can.
    mend:
        What to do about it; empty where there is nothing to do.
    """

    kind: str
    name: str
    part: Part | None
    distribution: str
    version: str
    status: str
    fault: str = ""
    mend: str = ""

    @property
    def qualified(self) -> str:
        """The name that no other distribution can offer: ``distribution/name``."""
        return f"{self.distribution}/{self.name}"

    @property
    def summary(self) -> str:
        """One line for listings."""
        return self.part.summary if self.part else self.fault

    def config_class(self) -> type[Any] | None:
        """Import and return the attrs class of the part's own keys; ``None`` where it takes none.

        Raises
        ------
        PluginError
            Where it cannot be imported or is no class; the cause is attached.
        """
        if self.part is None or not self.part.config:
            return None
        found = self._resolve(self.part.config)
        if not isinstance(found, type) or not attrs.has(found):
            raise self._unusable(f"its config {self.part.config} is not an attrs class")
        return found

    def factory(self) -> Callable[..., Any]:
        """Import and return what builds the part.

        Raises
        ------
        PluginError
            Where it cannot be imported or called; the cause is attached.
        """
        if self.part is None:
            raise PluginError(f"{self.qualified}: {self.fault}", hint=self.mend)
        found = self._resolve(self.part.target)
        if not callable(found):
            raise self._unusable(f"its target {self.part.target} cannot be called")
        return found  # type: ignore[no-any-return]  # callable() narrows Any to Any

    def _resolve(self, reference: str) -> Any:
        module, _, attribute = reference.partition(":")
        try:
            found = importlib.import_module(module)
            for name in attribute.split("."):
                found = getattr(found, name)
        except (Exception, SystemExit) as error:
            raise self._unusable(f"{reference} cannot be imported: {type(error).__name__}: {error}") from error
        return found

    def _unusable(self, reason: str) -> PluginError:
        return PluginError(
            f"{self.kind} {self.qualified} ({self.version}) cannot be used: {reason}",
            hint=f"Install the distribution again: pip install --force-reinstall {self.distribution}",
        )


def offer_of(part: Part, distribution: str, version: str) -> Offer:
    """Return the offer of a part, having looked whether its optional libraries are there."""
    status, fault, mend = READY, "", ""
    missing = [name for name in part.needs if not is_installed(name)]
    if part.state == STUB:
        status, fault = STUB, "it is described and not built in this release"
    elif missing:
        names = ", ".join(missing)
        extra = f"'{distribution}[{part.extra}]'" if part.extra else distribution
        status, fault, mend = f"needs {names}", f"the library {names} is not installed", f"pip install {extra}"
    return Offer(
        kind=part.kind,
        name=part.name,
        part=part,
        distribution=distribution,
        version=version,
        status=status,
        fault=fault,
        mend=mend,
    )


def is_installed(name: str) -> bool:
    """Look for a module without importing it, nor the packages it lies in."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # imported by other means than a finder: it is there
        return True
    path = top
    for segment in rest:
        if spec is None or spec.submodule_search_locations is None:
            return False
        path = f"{path}.{segment}"
        spec = importlib.machinery.PathFinder.find_spec(path, list(spec.submodule_search_locations))
    return spec is not None
