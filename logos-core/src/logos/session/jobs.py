"""Work that can be done anywhere, and the seat of what does it: in this process, in others, on other machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs


@attrs.frozen(kw_only=True)
class Job:
    """Work that can be done anywhere: a function named by its place, and what all its tasks share.

    Attributes
    ----------
    target:
        ``module:function``. Called once in every process with ``shared``, it returns a function that takes a task
        and returns its result; both are JSON values.
    shared:
        JSON values. Large data is named here by the path of a file that each process maps into its memory.
    """

    target: str
    shared: Mapping[str, Any]


class Executor(Protocol):
    """Does the tasks of a job: in this process, in others, or on other machines.

    The same job and tasks give the same results on every executor, with workers lost under way too.
    """

    def run(self, job: Job, tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Yield each task's number in ``tasks`` and its result, in the order in which they come.

        Raises
        ------
        PartFailedError
            Where a task fails by itself, or its worker is lost again and again.
        """

    def close(self) -> None:
        """End every process that the executor has started."""
