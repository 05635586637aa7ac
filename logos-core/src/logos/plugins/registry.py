"""Every part that is installed, found by kind and name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import EntryPoint

import attrs
import pluggy

from logos.domain.errors import PluginError, Problem
from logos.plugins.known import DISTRIBUTIONS
from logos.plugins.loading import Plugin, installed_entry_points, load_plugins
from logos.plugins.observers import Implementation, Observers
from logos.plugins.offers import BROKEN, CONFLICT, PLUGIN, READY, STUB, Offer, canonical, offer_of
from logos.plugins.parts import HOOKS_OF_PARTS, KINDS

_NOT_EVENTS = {*HOOKS_OF_PARTS, "logos_hookspecs"}


def load_registry(entry_points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every plugin and return what they offer. A plugin that fails becomes an offer that says so.

    Parameters
    ----------
    entry_points:
        The entry points to load; by default those of every installed distribution.
    """
    return Registry(load_plugins(installed_entry_points() if entry_points is None else entry_points))


class Registry:
    """What the installed plugins offer.

    Parameters
    ----------
    plugins:
        The loaded plugins, sorted by distribution and name.
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self._plugins = tuple(plugins)
        self._settled = {
            (part.kind, plugin.distribution, part.name): offer_of(part, plugin.distribution, plugin.version)
            for plugin in self._plugins
            for part in plugin.parts
        }
        self._failed = tuple(_row(plugin) for plugin in self._plugins if plugin.fault)
        self._rivals: dict[tuple[str, str], list[Offer]] = defaultdict(list)
        for key in sorted(self._settled):
            self._rivals[key[0], key[2]].append(self._settled[key])
        self.observers = Observers(_implementations(self._plugins))
        """The observers of events, and the hooks that plugins bring."""

    def offers(self, kind: str | None = None) -> tuple[Offer, ...]:
        """Return the offers of a kind, or all with the failed plugins, sorted by kind, name and distribution."""
        if kind is not None:
            _check_kind(kind)
        rows = [
            _in_conflict(offer, rivals) if len(rivals) > 1 else offer
            for rivals in self._rivals.values()
            for offer in rivals
        ]
        rows += self._failed
        return tuple(
            sorted(
                (offer for offer in rows if kind in {None, offer.kind}),
                key=lambda offer: (offer.kind, offer.name, offer.distribution),
            )
        )

    def without_parts(self) -> tuple[tuple[Offer, tuple[str, ...]], ...]:
        """Return the sound plugins that offer no part, each with the hooks that it answers, such as one for pages."""
        return tuple(
            (
                _row(plugin),
                tuple(sorted(name for name, caller in vars(plugin.manager.hook).items() if _is_answered(caller))),
            )
            for plugin in self._plugins
            if plugin.manager is not None and not plugin.parts
        )

    def find(self, kind: str, name: str) -> Offer:
        """Return the offer of a kind and a name, ``name`` or ``distribution/name``; it can be used.

        Raises
        ------
        PluginError
            Where there is none, or more than one, or it is a stub or lacks a library.
        """
        _check_kind(kind)
        distribution, slash, short = name.rpartition("/")
        rivals = self._rivals.get((kind, short), [])
        if slash:
            rivals = [offer for offer in rivals if offer.distribution == canonical(distribution)]
        if not rivals:
            raise self._unknown(kind, name)
        if len(rivals) > 1:
            conflict = _in_conflict(rivals[0], rivals)
            raise PluginError(f"{kind} {name!r} cannot be chosen: {conflict.fault}", hint=conflict.mend)
        if rivals[0].status != READY:
            raise PluginError(f"{kind} {name!r} cannot be used: {rivals[0].fault}", hint=_advice_on(rivals[0]))
        return rivals[0]

    def _unknown(self, kind: str, name: str) -> PluginError:
        distribution, _, short = name.rpartition("/")
        owners = [offer.qualified for offer in self._rivals.get((kind, short), ())]
        hint = f"It is offered as {' and '.join(owners)}" if owners else self._advice(kind, short)
        problems = [
            Problem(path=f"plugin {failed.qualified}", message=f"is not loaded: {failed.fault}", hint=failed.mend)
            for failed in self._failed
            if not distribution or failed.distribution == canonical(distribution)
        ]
        return PluginError(f"{kind} {name!r} is not installed", hint=hint, problems=problems)

    def _advice(self, kind: str, name: str) -> str:
        """Name the distribution to install, else the nearest names, else every name."""
        import difflib  # noqa: PLC0415 - an error is rare, a start is not

        installed = sorted({offer.name for offer in self.offers(kind)})
        known = {known for known_kind, known in DISTRIBUTIONS if known_kind == kind}
        if name in known:
            return f"Run: pip install {DISTRIBUTIONS[kind, name]}"
        near = difflib.get_close_matches(name, sorted({*installed, *known}), n=3)
        if near:
            offered = " or ".join(
                one if one in installed else f"{one} (pip install {DISTRIBUTIONS[kind, one]})" for one in near
            )
            return f"Did you mean {offered}?"
        return f"There are: {', '.join(installed)}" if installed else f"No {kind} is installed"


def _is_answered(caller: object) -> bool:
    return isinstance(caller, pluggy.HookCaller) and bool(caller.get_hookimpls())


def _check_kind(kind: str) -> None:
    if kind not in KINDS and kind != PLUGIN:
        raise PluginError(f"{kind!r} is not a kind of part", hint=f"The kinds are: {', '.join(KINDS)}")


def _advice_on(offer: Offer) -> str:
    """Say what to do about an offer that cannot be used; the summary of a stub says where it is described."""
    if offer.mend:
        return f"Run: {offer.mend}"
    about = f"{offer.part.summary}. " if offer.part is not None and offer.status == STUB else ""
    return f"{about}Choose another one: logos plugins list"


def _row(plugin: Plugin) -> Offer:
    """Return what stands for a plugin as a whole, which has failed or offers no part."""
    status = BROKEN if plugin.fault else READY
    return Offer(
        kind=PLUGIN,
        name=plugin.name,
        part=None,
        distribution=plugin.distribution,
        version=plugin.version,
        status=f"speaks v{plugin.major}" if plugin.speaks_another_api else status,
        fault=plugin.fault,
        mend=plugin.mend,
    )


def _in_conflict(offer: Offer, rivals: Iterable[Offer]) -> Offer:
    names = [rival.qualified for rival in rivals]
    owners = " and ".join(rival.distribution for rival in rivals)
    return attrs.evolve(
        offer,
        status=CONFLICT,
        fault=f"{owners} both offer it" if len(names) == 2 else f"{owners} all offer it",
        mend="Uninstall one of them" if offer.kind == "command" else f"In the config, write {' or '.join(names)}",
    )


def _implementations(plugins: Iterable[Plugin]) -> dict[str, list[Implementation]]:
    found: dict[str, list[Implementation]] = {}
    for plugin in plugins:
        if plugin.manager is None:
            continue
        for hook, caller in vars(plugin.manager.hook).items():
            if hook.startswith("_") or hook in _NOT_EVENTS or not caller.has_spec():
                continue
            found.setdefault(hook, []).extend(
                Implementation(one.plugin_name, plugin.distribution, one.function, tuple(one.argnames))
                for one in caller.get_hookimpls()
            )
    return found
