"""From exceptions to exit codes and a few clear lines; see rule 32 of ``docs/SEMANTICS.md`` for the codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from logos.domain.errors import LogosError, Problem

INTERNAL = 1
INTERRUPTED = 130


class Interrupted(BaseException):
    """Ctrl-C within a command. Typer would swallow a ``KeyboardInterrupt``, and nobody could say a word about it."""


def run_guarded(command: Callable[[], int], *, as_json: bool) -> int:
    """Run a command and return its exit code, having reported any error.

    Parameters
    ----------
    command:
        Runs the command and returns its exit code.
    as_json:
        Whether errors are printed as JSON on standard output.
    """
    code = _run(command, as_json=as_json)
    return code if _flushed() else code or INTERNAL


def _run(command: Callable[[], int], *, as_json: bool) -> int:
    try:
        return command()
    except LogosError as error:
        report(error, as_json=as_json)
        return error.exit_code
    except (KeyboardInterrupt, Interrupted):
        with suppress(KeyboardInterrupt):  # pressed once more
            _report_interrupt(as_json=as_json)
        return INTERRUPTED
    except BrokenPipeError:
        return INTERNAL
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else INTERNAL if error.code else 0
    except Exception as error:  # noqa: BLE001 - the last one who can say what happened
        _report_defect(error, as_json=as_json)
        return INTERNAL


def _flushed() -> bool:
    """Write out what is left, and say whether that worked: whoever read it may have gone, or the disk be full."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # The interpreter flushes once more at its exit, and that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"error: the output is not complete: {error}", file=sys.stderr)  # noqa: T201 - the command line speaks
        return False
    return True


def report(error: LogosError, *, as_json: bool) -> None:
    """Print an error: lines on standard error, or one JSON object on standard output."""
    if as_json:
        print_json_error(error.kind, str(error), error.problems)
        return
    from logos.context.redaction import redact_text  # noqa: PLC0415 - an error is rare, a start is not

    lines = [f"error: {error.message}", *(f"  {problem}" for problem in error.problems)]
    if error.hint:
        lines.append(f"hint: {error.hint}")
    print(redact_text("\n".join(lines)), file=sys.stderr)  # noqa: T201 - the command line speaks


def print_json_error(kind: str, message: str, problems: Sequence[Problem] = ()) -> None:
    """Print an error as one JSON object on one line of standard output."""
    from logos.cli.output import emit_json  # noqa: PLC0415 - an error is rare, a start is not

    records = [{"path": one.path, "line": one.line, "message": one.message, "hint": one.hint} for one in problems]
    emit_json({"error": {"kind": kind, "message": message, "problems": records}})


def _report_interrupt(*, as_json: bool) -> None:
    print("Interrupted.", file=sys.stderr)  # noqa: T201 - the command line speaks
    if as_json:
        print_json_error("interrupted", "interrupted before the end")


def _report_defect(error: Exception, *, as_json: bool) -> None:
    from logos.context.console import traceback_text  # noqa: PLC0415 - an error is rare, a start is not
    from logos.context.redaction import redact_text  # noqa: PLC0415

    if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
        print(f"error: the output is not complete: {error}", file=sys.stderr)  # noqa: T201 - the command line speaks
        return
    text = redact_text(f"internal failure: {type(error).__name__}: {error}")
    cause = "The system refused it" if isinstance(error, OSError) else "This is a defect of Logos or of a plugin"
    print(f"{traceback_text(error)}{text}\n{cause}; the lines above say where.", file=sys.stderr)  # noqa: T201 - the command line speaks
    if as_json:
        print_json_error("internal", text)
