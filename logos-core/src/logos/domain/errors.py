"""The one tree of errors that Logos raises on purpose.

    LogosError
    ├── InputError              what the user gave is wrong: exit code 2
    │   └── ConfigError         … a configuration, with every problem in it
    ├── DataError               a bar file is defective or missing: exit code 2
    ├── PluginError             a part cannot be found, loaded or built: exit code 2
    ├── ResumeError             a session cannot be continued: exit code 2
    ├── IntegrityError          a record does not agree with itself: exit code 4
    ├── PartFailedError         a plugin's part raised while it worked: exit code 1
    ├── StorageError            a file cannot be written: exit code 1
    └── BrokenInvariantError    the program contradicts itself: exit code 1

Every error says what was found, what is expected and what to do next, and keeps its data.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

import attrs


@attrs.frozen(kw_only=True)
class Problem:
    """One thing that is wrong with an input.

    Attributes
    ----------
    path:
        Where in the input, such as ``guards[2].limit``; empty for the input as a whole.
    message:
        What was found and what is expected.
    hint:
        What to do next, or the nearest valid name; may be empty.
    line:
        The line in the file, counted from 1, where known.
    """

    path: str
    message: str
    hint: str = ""
    line: int | None = None

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}"
        place = f"{self.path} ({line})" if self.path and line else self.path or line
        text = f"{place}: {self.message}" if place else self.message
        return f"{text}. {self.hint}" if self.hint else text


class LogosError(Exception):
    """The base of every error that Logos raises on purpose.

    Parameters
    ----------
    message:
        What was found and what is expected, one sentence without a final full stop.
    hint:
        What to do next; may be empty.
    problems:
        The single faults, where there may be several.
    """

    exit_code = 1
    kind = "internal"

    def __init__(self, message: str, *, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message


class InputError(LogosError):
    """What the user gave cannot be used."""

    exit_code = 2
    kind = "input"


class ConfigError(InputError):
    """A configuration cannot be used; ``problems`` holds every fault in it."""

    kind = "config"


class DataError(LogosError):
    """A bar file is missing or defective, and the config says to refuse it."""

    exit_code = 2
    kind = "data"


class PluginError(LogosError):
    """A part cannot be found, loaded or built."""

    exit_code = 2
    kind = "plugin"


class ResumeError(LogosError):
    """A session cannot be continued from what its folder holds."""

    exit_code = 2
    kind = "resume"


class IntegrityError(LogosError):
    """A journal, snapshot or book does not agree with itself; names the first record at fault."""

    exit_code = 4
    kind = "integrity"


IN_A_SESSION = (
    "The session stands at its last snapshot; logs/run.log says where it happened. Mend the plugin, then resume, or "
    "start anew where its version has changed"
)
NO_SESSION_YET = "No session was begun. Mend the plugin, or report it to its authors"


class PartFailedError(LogosError):
    """A part of a plugin raised, or answered what its seat does not allow, while it worked."""

    kind = "part"

    @classmethod
    def of(cls, part: str, error: BaseException, *, hint: str = IN_A_SESSION) -> PartFailedError:
        """Return the failure of a part that raised, such as ``strategy trend on AAPL``."""
        return cls(f"{part} failed: {type(error).__name__}: {error}", hint=hint)


class part_at_work:  # noqa: N801 - used as a statement, like the context managers of the standard library
    """Name a part in whatever it raises that is not of this tree.

    A class rather than a generator: it is entered for every order, and this is the quicker of the two.

    Parameters
    ----------
    part:
        What to call it, such as ``the broker``.
    hint:
        What to do next where it fails: another one where no session runs.
    """

    __slots__ = ("_hint", "_part")

    def __init__(self, part: str, *, hint: str = IN_A_SESSION) -> None:
        self._part = part
        self._hint = hint

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise ``PartFailedError`` in place of what the part has raised."""
        if isinstance(error, Exception) and not isinstance(error, LogosError):
            raise PartFailedError.of(self._part, error, hint=self._hint) from error


class StorageError(LogosError):
    """A file cannot be written, as on a full disk. What was written before stays valid."""

    kind = "storage"


class BrokenInvariantError(LogosError):
    """The program contradicts itself. Trading stops; this is a defect to report."""

    kind = "invariant"
