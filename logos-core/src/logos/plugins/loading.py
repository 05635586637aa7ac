"""From entry points to checked plugins: each one alone, so that the fault of one reaches no other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import attrs
import pluggy

from logos.plugins import hookspecs
from logos.plugins.checking import PluginFaultError, check_hooks, check_specs, parts_of
from logos.plugins.offers import canonical
from logos.plugins.parts import Part

API_MAJOR = 1
_GROUP = re.compile(r"logos\.v([0-9]+)")


@attrs.define(kw_only=True)
class Plugin:
    """One entry point on its way to being loaded.

    Attributes
    ----------
    name:
        The entry point's name.
    module:
        What the entry point names, as ``module`` or ``module:attribute``.
    major:
        The API major of its group.
    manager:
        The pluggy manager that knows this plugin alone; ``None`` where it is not sound.
    """

    name: str
    module: str
    distribution: str
    version: str
    major: int
    entry_point: EntryPoint = attrs.field(repr=False)
    manager: pluggy.PluginManager | None = None
    parts: tuple[Part, ...] = ()
    fault: str = ""
    mend: str = ""

    @property
    def speaks_another_api(self) -> bool:
        """Whether the plugin was written for another major of the plugin API."""
        return self.major != API_MAJOR

    def break_down(self, fault: str, mend: str = "") -> None:
        """Take the plugin out, with its fault and what mends it."""
        self.manager = None
        self.parts = ()
        self.fault = fault
        self.mend = mend or f"pip install --force-reinstall {self.distribution}, or pip uninstall {self.distribution}"


def installed_entry_points() -> list[EntryPoint]:
    """Return the entry points of every API major, from every distribution on the import path."""
    found = entry_points()
    return [point for group in sorted(found.groups) if _GROUP.fullmatch(group) for point in found.select(group=group)]


def load_plugins(points: Iterable[EntryPoint]) -> tuple[Plugin, ...]:
    """Import and check the plugins behind entry points, in the order of distribution and name."""
    plugins = sorted(_plugins_of(points), key=lambda one: (one.distribution, one.name, one.major))
    for plugin in plugins:
        if plugin.speaks_another_api:
            _refuse_major(plugin)
        else:
            _import(plugin)
    _share_specs(plugins)
    for plugin in plugins:
        if plugin.manager is not None:
            _collect(plugin, plugin.manager)
    _refuse_repetition(plugins)
    return tuple(plugins)


def _plugins_of(points: Iterable[EntryPoint]) -> Iterator[Plugin]:
    for point in points:
        group = _GROUP.fullmatch(point.group)
        if group is not None:
            yield Plugin(
                name=point.name,
                module=point.value,
                distribution=canonical(point.dist.name) if point.dist else "unknown",
                version=point.dist.version if point.dist else "",
                major=int(group[1]),
                entry_point=point,
            )


def _refuse_major(plugin: Plugin) -> None:
    upgrade = "logos-core" if plugin.major > API_MAJOR else plugin.distribution
    plugin.break_down(
        f"it speaks version {plugin.major} of the plugin API, and this core speaks version {API_MAJOR}",
        f"pip install --upgrade {upgrade}",
    )


def _import(plugin: Plugin) -> None:
    try:
        module = plugin.entry_point.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - kept as the plugin's fault, and shown
        plugin.break_down(f"importing {plugin.module} failed: {describe(error)}")
        return
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs.Offers)
    manager.add_hookspecs(hookspecs.Events)
    try:
        check_hooks(manager, module)
        manager.register(module, name=f"{plugin.distribution}/{plugin.name}")
    except PluginFaultError as error:
        plugin.break_down(error.fault, f"{error.mend} ({plugin.module})")
        return
    except (pluggy.PluginValidationError, ValueError) as error:
        plugin.break_down(" ".join(str(error).split()))
        return
    plugin.manager = manager


def _share_specs(plugins: Iterable[Plugin]) -> None:
    """Teach every plugin's manager the hooks that other plugins bring."""
    brought: dict[str, list[tuple[Plugin, Any]]] = {}
    for plugin in plugins:
        for name, namespace in _specs_of(plugin):
            brought.setdefault(name, []).append((plugin, namespace))
    for name, bringers in brought.items():
        if len(bringers) > 1:
            who = " and ".join(sorted({plugin.distribution for plugin, _ in bringers}))
            for plugin, _ in bringers:
                plugin.break_down(f"the hook {name} is brought by {who}", "Uninstall one of them")
    pairs = [pair for bringers in brought.values() for pair in bringers]
    sound = {id(namespace): namespace for plugin, namespace in pairs if plugin.manager is not None}
    for plugin in plugins:
        _add_specs(plugin, sound.values())


def _specs_of(plugin: Plugin) -> list[tuple[str, Any]]:
    if plugin.manager is None:
        return []
    try:
        return check_specs(plugin.manager)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - kept as the plugin's fault, and shown
        plugin.break_down(f"logos_hookspecs failed: {describe(error)}")
        return []


def _add_specs(plugin: Plugin, namespaces: Iterable[Any]) -> None:
    try:
        for namespace in namespaces:
            if plugin.manager is not None:
                plugin.manager.add_hookspecs(namespace)
    except (pluggy.PluginValidationError, ValueError) as error:
        plugin.break_down(" ".join(str(error).split()))


def _collect(plugin: Plugin, manager: pluggy.PluginManager) -> None:
    try:
        plugin.parts = parts_of(manager)
    except PluginFaultError as error:
        plugin.break_down(error.fault, f"{error.mend} ({plugin.module})")


def _refuse_repetition(plugins: Iterable[Plugin]) -> None:
    """Break a plugin that offers what an earlier one of the same distribution offers: no name could settle it."""
    seen: dict[tuple[str, str, str], Plugin] = {}
    for plugin in plugins:
        for part in plugin.parts:
            earlier = seen.setdefault((plugin.distribution, part.kind, part.name), plugin)
            if earlier is not plugin:
                plugin.break_down(f"it offers {part.kind} {part.name!r}, which {earlier.module} offers too")
                break


def describe(error: BaseException) -> str:
    """Return an exception in one line: its type and what it says."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
