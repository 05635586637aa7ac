"""The executor that does every task in this process, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from logos.backtest.executors.jobs import Work, encode_job, encode_task, result_of
from logos.context.parts import PartContext
from logos.session.jobs import Job


class Inline:
    """Does the tasks here, in their order. Ctrl-C ends the task at hand."""

    def run(self, job: Job, tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Yield each task's number and its result, in the order of the tasks."""
        work = Work(encode_job(job))
        for number, task in enumerate(tasks):
            yield number, result_of(job, number, work.do(encode_task(job, number, task)))

    def close(self) -> None:
        """Do nothing: no process was started."""


def open_inline(config: None, context: PartContext) -> Inline:  # noqa: ARG001 - a factory
    """Build the ``inline`` executor."""
    return Inline()
