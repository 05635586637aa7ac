"""The answer of every reader: a value, or why there is none. Whatever a file may be, a reader answers with this."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import attrs

from logos.ui.streamlit.data.stamps import Stamp

Value = TypeVar("Value")
State = Literal["ok", "missing", "partial", "damaged"]


@attrs.frozen
class Reading(Generic[Value]):
    """What was read.

    Attributes
    ----------
    value:
        What the file says; ``None`` where it is missing or damaged.
    state:
        ``ok``; ``missing`` where there is nothing to read yet; ``partial`` where the value stands but not all of it
        could be read, or it is that of an earlier time; ``damaged`` where the file cannot be used.
    message:
        What was found, one sentence without a final full stop; empty where all is well.
    hint:
        What to do next; may be empty.
    stamp:
        Of the file that the value was read from, where it is a single one.
    findings:
        The single faults that the message sums up, where there are several.
    """

    value: Value | None
    state: State
    message: str = ""
    hint: str = ""
    stamp: Stamp | None = None
    findings: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Return whether there is a value to show."""
        return self.value is not None

    @classmethod
    def ok(cls, value: Value, stamp: Stamp | None = None) -> Reading[Value]:
        """Return a value that was read whole."""
        return cls(value, "ok", stamp=stamp)

    @classmethod
    def missing(cls, message: str, hint: str = "") -> Reading[Value]:
        """Return that there is nothing to read."""
        return cls(None, "missing", message, hint)

    @classmethod
    def partial(cls, value: Value, message: str, hint: str = "", stamp: Stamp | None = None) -> Reading[Value]:
        """Return a value that is not the whole of it."""
        return cls(value, "partial", message, hint, stamp)

    @classmethod
    def damaged(
        cls, message: str, hint: str = "", stamp: Stamp | None = None, *, findings: tuple[str, ...] = ()
    ) -> Reading[Value]:
        """Return that there is something, which cannot be used."""
        return cls(None, "damaged", message, hint, stamp, findings)
