"""A bar on standard error while something takes long; silent where that is no terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID


class ProgressBar:
    """A bar, the share that is done, a text, and the time left. It goes away at the end.

    Parameters
    ----------
    sizes:
        Whether what is done is counted in bytes, which are shown too.
    """

    def __init__(self, *, sizes: bool = False) -> None:
        self._sizes = sizes
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Start showing."""
        if sys.stderr.isatty():
            from rich import progress  # noqa: PLC0415 -- Rich takes long to load

            from logos.cli.output import console  # noqa: PLC0415 -- the same

            self._bar = progress.Progress(
                *self._columns(progress),
                console=console(stderr=True),
                transient=True,
                redirect_stderr=False,
                redirect_stdout=False,
            )
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop showing."""
        if self._bar is not None:
            self._bar.stop()

    def step(self, done: int, total: int | None, text: str) -> None:
        """Show how much of how much is done (nobody knows where it is ``None``), and what is done next."""
        if self._bar is None:
            return
        if self._task is None:
            self._task = self._bar.add_task("")
        self._bar.update(self._task, completed=done, total=total, description=text)

    def _columns(self, progress: Any) -> list[ProgressColumn]:
        return [
            progress.BarColumn(bar_width=24),
            progress.TaskProgressColumn(),
            *([progress.DownloadColumn()] if self._sizes else []),
            progress.TextColumn("{task.description}"),
            progress.TimeRemainingColumn(),
        ]
