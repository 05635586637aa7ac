"""The session's log: JSON lines, one event each, masked, in the session's folder and in the log of all sessions."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

from logos.context.clock import Clock
from logos.context.parts import Log
from logos.context.redaction import redact

RUN_LOG_BYTES = 20_000_000
LIVE_LOG_BYTES = 50_000_000
BACKUPS = 3
"""How many older files of each log are kept."""

_LEVEL = logging.INFO


class SessionLog:
    """A structured log into files. Fills the seat ``Log``, and is closed at the session's end.

    Parameters
    ----------
    files:
        Where every line goes.
    log:
        What makes the lines.
    """

    def __init__(self, files: Sequence[LogFile], log: Log) -> None:
        self._files = tuple(files)
        self._log = log

    def debug(self, event: str, **values: Any) -> None:
        """Log what only a developer wants to know; kept only by a log that was opened at that level."""
        self._log.debug(event, **values)

    def info(self, event: str, **values: Any) -> None:
        """Log what an operator may want to know."""
        self._log.info(event, **values)

    def warning(self, event: str, **values: Any) -> None:
        """Log what an operator should look at."""
        self._log.warning(event, **values)

    def error(self, event: str, **values: Any) -> None:
        """Log what an operator must look at; ``exc_info=error`` adds the traceback."""
        self._log.error(event, **values)

    @property
    def lost(self) -> int:
        """How many lines could not be written, over all files."""
        return sum(file.lost for file in self._files)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()


class LogFile(RotatingFileHandler):
    """A rotating file that outlives a full disk: the first lost line is told on standard error, trading goes on.

    Several processes may write to one file, and each may rotate it: before a line is written, the file is opened again
    where the path no longer leads to it. Any thread may write; what one writes after the end is dropped.
    """

    def __init__(self, path: Path, most_bytes: int, console: TextIO | None = None) -> None:
        super().__init__(path, maxBytes=most_bytes, backupCount=BACKUPS, encoding="utf-8", delay=True)
        self.lost = 0
        self._ended = False
        self._console = console

    def line(self, text: str) -> None:
        """Write one line and flush it."""
        self.handle(logging.makeLogRecord({"msg": text}))

    def close(self) -> None:
        """Close the file for good."""
        self._ended = True  # a line under way holds the handler's lock, which closing waits for
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record to the file that stands at the path now."""
        if self._ended:
            return
        try:
            self._follow()
        except OSError:
            self.handleError(record)
        else:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - as in the standard library
        """Count a line that is lost, and tell of the first one."""
        self.lost += 1
        self._drop()
        if self.lost == 1:
            error = sys.exc_info()[1]
            console = self._console or sys.stderr
            console.write(
                f"logos: {self.baseFilename} cannot be written ({type(error).__name__}: {error}); "
                "the session goes on, and further lost lines are only counted\n"
            )

    def _open(self) -> Any:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def _follow(self) -> None:
        if self.stream is None:
            return
        try:
            there = Path(self.baseFilename).stat()
        except FileNotFoundError:
            there = None
        ours = os.fstat(self.stream.fileno())
        if there is None or (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
            self._drop()

    def _drop(self) -> None:
        """Close the stream; the next line opens the file again, as with ``delay``. A lost line's rest is lost too."""
        stream, self.stream = self.stream, None
        if stream is not None:
            with contextlib.suppress(OSError):  # its buffer still holds the line that could not be written
                stream.close()


def open_session_log(
    run_log: Path,
    live_log: Path,
    clock: Clock,
    *,
    session_id: str,
    level: int = _LEVEL,
    console: TextIO | None = None,
) -> SessionLog:
    """Open the log of a session.

    Parameters
    ----------
    run_log:
        The session's own file, ``logs/run.log``.
    live_log:
        The file of all sessions.
    clock:
        Gives the timestamps.
    session_id:
        Stands in every line.
    level:
        The least level that is kept, as in the module ``logging``.
    console:
        Where a failure to write is told; standard error by default.
    """
    import structlog  # noqa: PLC0415 - not before a session starts

    files = (LogFile(run_log, RUN_LOG_BYTES, console), LogFile(live_log, LIVE_LOG_BYTES, console))

    def stamped(_logger: Any, _method: str, event: Any) -> Any:
        event["timestamp"] = datetime.fromtimestamp(clock.now(), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return event

    def masked(_logger: Any, _method: str, event: Any) -> Any:
        return redact(event)

    log = structlog.wrap_logger(
        _Lines(files),
        processors=[
            structlog.processors.add_log_level,
            stamped,
            structlog.processors.format_exc_info,
            masked,
            structlog.processors.EventRenamer("event"),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    ).bind(session_id=session_id)
    return SessionLog(files, log)


class _Lines:
    """What structlog hands its rendered lines to."""

    def __init__(self, files: Sequence[LogFile]) -> None:
        self._files = tuple(files)

    def _write(self, text: str) -> None:
        for file in self._files:
            file.line(text)

    debug = info = warning = error = critical = exception = msg = _write
