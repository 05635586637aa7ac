"""A group of commands whose modules are imported when a command is used, not when it is listed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from logos.cli.commands import CORE, Entry, plugin_commands, root_help
from logos.cli.errors import Interrupted
from logos.domain.errors import PluginError

if TYPE_CHECKING:
    # Typer carries a copy of click and offers these types nowhere else.
    from typer._click import Command, Context, HelpFormatter
    from typer._click.shell_completion import CompletionItem


class RootGroup(TyperGroup):
    """The commands of the core, and those that plugins add, known by name and summary alone."""

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Every command; plugins are loaded for it."""
        return {**CORE, **plugin_commands()}

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - typer's signature
        """Return the names of all commands."""
        return list(self.entries)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - typer's signature
        """Import a command; ``None`` where there is none of that name."""
        entry = CORE.get(cmd_name) or self.entries.get(cmd_name)
        return None if entry is None else _import_command(cmd_name, entry)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Find the command that the arguments call; a wrong name gets the nearest ones."""
        if args[0] not in CORE:  # typer takes its suggestions from this dictionary
            self.commands = dict.fromkeys(self.entries, TyperCommand(None))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Context) -> Any:
        """Run the command that the arguments call; let Ctrl-C through as what Typer does not swallow."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise Interrupted from error

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - typer's signature
        """Write the help that ``logos --help`` prints without this class."""
        formatter.write(root_help(self.entries))

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name or an option, without importing a command."""
        from typer._click.shell_completion import CompletionItem  # noqa: PLC0415 - only while completing

        names = [
            CompletionItem(name, help=entry.summary)
            for name, entry in self.entries.items()
            if name.startswith(incomplete)
        ]
        return names + super(TyperGroup, self).shell_complete(ctx, incomplete)


def _import_command(name: str, entry: Entry) -> Command:
    """Import a command: a function, or a ``typer.Typer`` with commands of its own."""
    found = entry.load()
    host = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        host.add_typer(found, name=name)
    elif callable(found):
        host.command(name)(found)
    else:
        raise PluginError(f"the command {name!r} is a {type(found).__name__}, expected a typer.Typer or a function")
    return typer.main.get_group(host).commands[name]
