"""The last door before a terminal: whatever is printed goes through it, whoever prints it.

Libraries warn and log to standard error, threads die with a traceback, a plugin prints. None of that asks the masking
layer first, so the streams themselves are wrapped, and what Python prints of an exception nobody caught is made here.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO


class MaskedText(str):
    """A text that has been through the masking layer as a whole, such as JSON, which a second time might break."""

    __slots__ = ()


class MaskedStream:
    """A text stream with the secrets masked in whatever is written to it; all else is the stream's own.

    Parameters
    ----------
    stream:
        What is written to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text and return its length before anything in it was masked."""
        from logos.context.redaction import redact_text  # noqa: PLC0415 - not for those who only import this

        self._stream.write(text if isinstance(text, MaskedText) else redact_text(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def masked_streams() -> Iterator[None]:
    """Mask what is written to standard output and standard error, for as long as the context lasts."""
    from logos.context.credentials import remember_environment  # noqa: PLC0415 - not for those who only import this

    remember_environment()
    out, err = sys.stdout, sys.stderr
    masked_out = out if isinstance(out, MaskedStream) else MaskedStream(out)
    masked_err = err if isinstance(err, MaskedStream) else MaskedStream(err)
    sys.stdout, sys.stderr = masked_out, masked_err
    try:
        yield
    finally:
        if sys.stdout is masked_out:
            sys.stdout = out
        if sys.stderr is masked_err:
            sys.stderr = err


def traceback_text(error: BaseException) -> str:
    """Return an exception as Python prints it, the locals of its frames left out, with everything secret masked."""
    import traceback  # noqa: PLC0415 - an error is rare, a start is not

    from logos.context.redaction import redact_text  # noqa: PLC0415

    return redact_text("".join(traceback.format_exception(error)))


def install_hooks() -> None:
    """Mask the tracebacks that Python prints by itself: at the end of the process, of a thread, and of a finaliser."""
    sys.excepthook = _on_end
    threading.excepthook = _on_thread
    sys.unraisablehook = _on_unraisable


def _on_end(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    _print(lambda: traceback_text(error), error)


def _on_thread(arguments: threading.ExceptHookArgs) -> None:
    error = arguments.exc_value
    if error is not None and not isinstance(error, SystemExit):
        name = arguments.thread.name if arguments.thread else "a thread"
        _print(lambda: f"Exception in thread {name}:\n{traceback_text(error)}", error)


def _on_unraisable(unraisable: Any) -> None:
    error = unraisable.exc_value
    told = unraisable.err_msg or "Exception ignored"
    _print(lambda: f"{told}\n{traceback_text(error)}", error)  # the object itself is not printed: it may be anything


def _print(text: Callable[[], str], error: BaseException) -> None:
    """Print a traceback; where even that goes wrong, as within an exit, its type alone."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        told = text()
    except Exception as failure:  # noqa: BLE001 -- an exception whose own text raises, or an interpreter that ends
        told = f"{type(error).__name__} (its text cannot be shown: {type(failure).__name__})\n"
    stream.write(told)
