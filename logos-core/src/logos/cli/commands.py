"""Which commands there are, and the root's help. Nothing here imports Typer, so that ``logos --help`` is quick."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

import attrs

from logos.plugins.known import CORE_COMMANDS

PROGRAM = "logos"
SUMMARY = "Run deterministic paper-trading sessions that are assembled from plugins."

_OPTIONS = (
    ("--version", "Show the version and exit."),
    ("--install-completion", "Install completion for the current shell."),
    ("--show-completion", "Show completion for the current shell, to copy or change it."),
    ("-h, --help", "Show this message, or with a command that command's help, and exit."),
)


@attrs.frozen
class Entry:
    """A command in a listing: one line about it, and what imports it."""

    summary: str
    load: Callable[[], object]


def _core(target: str, summary: str) -> Entry:
    module, _, attribute = target.partition(":")
    return Entry(summary, lambda: getattr(importlib.import_module(module), attribute))


CORE: Mapping[str, Entry] = {name: _core(target, summary) for name, (target, summary) in CORE_COMMANDS.items()}
"""The commands of the core. No plugin can replace one of them."""


def plugin_commands() -> Mapping[str, Entry]:
    """Return the commands of plugins, by name. A broken plugin only lacks its own; ``logos plugins list`` says why."""
    from logos.plugins.registry import load_registry  # noqa: PLC0415 - not for the core's own commands

    offers = [offer for offer in load_registry().offers("command") if offer.status == "ready"]
    return {offer.name: Entry(offer.summary, offer.factory) for offer in offers}


def root_help(commands: Mapping[str, Entry]) -> str:
    """Return the help of the program itself."""
    rows = [(name, entry.summary) for name, entry in commands.items()]
    width = max(len(name) for name, _ in (*_OPTIONS, *rows))
    lines = [f"Usage: {PROGRAM} [OPTIONS] COMMAND [ARGS]...", "", f"  {SUMMARY}", "", "Options:"]
    lines += [f"  {name.ljust(width)}  {text}" for name, text in _OPTIONS]
    lines += ["", "Commands:"]
    lines += [f"  {name.ljust(width)}  {text}" for name, text in rows]
    return "\n".join(lines) + "\n"
