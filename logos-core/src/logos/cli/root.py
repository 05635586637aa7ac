"""The root of the command line, for everything but its own help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError

from logos.cli.commands import PROGRAM, SUMMARY
from logos.cli.errors import Interrupted, print_json_error
from logos.cli.lazy import RootGroup


def _print_version(*, value: bool) -> None:
    if value:
        from importlib.metadata import version  # noqa: PLC0415 - only for this option

        typer.echo(f"logos-core {version('logos-core')}")
        raise typer.Exit


app = typer.Typer(
    cls=RootGroup,
    name=PROGRAM,
    help=SUMMARY,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback()
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    pass


def invoke(words: Sequence[str], *, as_json: bool) -> int:
    """Run a command with its arguments and return its exit code; wrong usage is reported here."""
    command = typer.main.get_command(app)
    try:
        result = command.main(list(words), prog_name=PROGRAM, standalone_mode=False)
    except ClickException as error:
        if as_json and not isinstance(error, NoArgsIsHelpError):
            print_json_error("usage", error.format_message())
        else:
            error.show()
        return error.exit_code
    except typer.Abort as error:  # at a question that nobody answers
        raise Interrupted from error
    return result if isinstance(result, int) and not isinstance(result, bool) else 0
