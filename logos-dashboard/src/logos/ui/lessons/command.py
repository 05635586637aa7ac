"""``logos lessons``: list the lessons, and run one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from logos.ui.lessons.running import LessonOutcome

app = typer.Typer(no_args_is_help=True, help="List and run lessons: what they teach really happens.")

_JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, on one line, last.")]


@app.command("list")
def list_command(*, as_json: _JsonOption = False) -> None:
    """List the bundled lessons."""
    from logos.cli.output import emit_json, print_table  # noqa: PLC0415 - only what the command uses is loaded
    from logos.ui.lessons.catalogue import LESSONS  # noqa: PLC0415

    if as_json:
        listed = [{"name": one.name, "title": one.title, "summary": one.summary} for one in LESSONS]
        emit_json({"lessons": listed})
        return
    print_table("", ("name", "title", "what it shows"), [(one.name, one.title, one.summary) for one in LESSONS])
    typer.echo(f"\nRun one with: logos lessons run {LESSONS[0].name}")


@app.command("run")
def run_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The lesson: logos lessons list names them.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FOLDER", help="Write below this folder, not the workspace.")
    ] = None,
    as_json: _JsonOption = False,
) -> None:
    """Run a lesson: sessions and backtests in a workspace of its own, and a transcript with what was measured.

    Your own sessions and backtests are not touched. Nothing is kept of a lesson that fails or is interrupted.
    """
    from logos import paths  # noqa: PLC0415 - only what the command uses is loaded
    from logos.cli.progress import ProgressBar  # noqa: PLC0415
    from logos.plugins.registry import load_registry  # noqa: PLC0415
    from logos.ui.lessons.catalogue import find_lesson  # noqa: PLC0415
    from logos.ui.lessons.running import LessonSetup, run_lesson  # noqa: PLC0415

    lesson = find_lesson(name)
    root = paths.workspace() if output is None else output.expanduser().absolute()
    with ProgressBar() as bar:
        setup = LessonSetup(root=root, registry=load_registry(), progress=lambda text: bar.step(0, None, text))
        with _sigterm_as_interrupt():
            outcome = run_lesson(setup, lesson)
    if as_json:
        from logos.cli.output import emit_json  # noqa: PLC0415

        emit_json(outcome.as_object())
    else:
        _print(outcome, root, elsewhere=output is not None)


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM end a lesson as Ctrl-C does: by itself it ends the process with half a lesson left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(outcome: LessonOutcome, root: Path, *, elsewhere: bool) -> None:
    """Say where the lesson lies and how to read it."""
    from logos.ui.lessons.running import GLOSSARY_FILE, TRANSCRIPT_FILE, WORKSPACE_FOLDER  # noqa: PLC0415

    place = str(outcome.folder) if elsewhere else outcome.path
    there = f" --workspace {root}" if elsewhere else ""
    lines = (
        "",
        f"Lesson {outcome.lesson.name}: {outcome.lesson.title}",
        f"  Transcript   {place}/{TRANSCRIPT_FILE}",
        f"  Glossary     {place}/{GLOSSARY_FILE}, {outcome.terms} terms",
        f"  Plots        {len(outcome.plots)}",
        f"  Workspace    {place}/{WORKSPACE_FOLDER}, for its exercises",
        f"Read it in the dashboard, page Tutor Viewer: logos dashboard{there}",
    )
    for line in lines:
        typer.echo(line)
