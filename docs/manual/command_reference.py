"""The chapter of all commands, as Markdown, made from what the program says with ``--help``."""
# ruff: noqa: INP001 -- a script beside the pages, not a package

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from logos.cli.root import app
from logos.plugins.known import CORE_COMMANDS

HEAD = """# Commands

Made from the program's own help texts: `logos COMMAND --help` prints the same. [Exit codes](SEMANTICS.md#exit-codes)
are the same for every command. Plugins may add commands of their own; `logos --help` lists them too.
"""

_PLACES = {"<path>": "PATH", "<str>": "TEXT", "<list[str]>": "TEXT", "<int>": "N"}
"""How the type of an option's value is written. A switch takes none."""


def markdown() -> str:
    """Return the chapter."""
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="logos")
    blocks = [HEAD.rstrip()]
    for name in CORE_COMMANDS:
        blocks.extend(_of_command(root, context, name))
    return "\n\n".join(blocks) + "\n"


def _of_command(group: Any, parent: typer.Context, name: str) -> Iterator[str]:
    command = group.get_command(parent, name)
    context = typer.Context(command, info_name=name, parent=parent)
    yield f"{'#' * _level(context)} {context.command_path}"
    yield f"```text\n{' '.join(command.get_usage(context).removeprefix('Usage:').split())}\n```"
    yield from (_escaped(" ".join(text.split())) for text in (command.help or "").split("\n\n") if text.strip())
    rows = [record for record in (_record(one, context) for one in command.get_params(context)) if record is not None]
    if rows:
        yield "\n".join(("| argument or option | meaning |", "|---|---|", *rows))
    for inner in getattr(command, "commands", {}):
        yield from _of_command(command, context, inner)


def _level(context: typer.Context) -> int:
    return context.command_path.count(" ") + 1


def _record(parameter: Any, context: typer.Context) -> str | None:
    record = parameter.get_help_record(context)
    if record is None or "--help" in parameter.opts:
        return None
    names, meaning = record
    of_option = parameter.param_type_name == "option"
    names = " ".join(re.sub(r"<[^>]*>", lambda found: _PLACES.get(found[0], "") if of_option else "", names).split())
    return f"| `{names.replace('|', chr(92) + '|')}` | {_escaped(' '.join(meaning.split()))} |"


def _escaped(text: str) -> str:
    """Return plain text so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text)
