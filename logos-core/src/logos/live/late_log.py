"""A log for parts that are built before the session has a folder to log into."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from logos.context.parts import Log
from logos.context.redaction import redact_text


class LateLog:
    """Keeps what is logged until it is bound to a log, then passes it on. Any thread may log.

    A part that makes the operator wait logs a warning with ``after_seconds``, how long, and ``error``, what for.
    Until the session runs and shows its progress, these are told at once.

    Parameters
    ----------
    tell:
        Tells the operator a sentence; ``None`` where nobody is to be told.
    """

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._kept: list[tuple[str, str, dict[str, Any]]] = []
        self._log: Log | None = None

    def bind(self, log: Log) -> None:
        """Pass on everything kept, and everything that comes."""
        with self._lock:
            for level, event, values in self._kept:
                getattr(log, level)(event, **values)
            self._kept.clear()
            self._log = log

    def runs(self) -> None:
        """Tell the operator nothing more: the session runs."""
        self._tell = None

    def debug(self, event: str, **values: Any) -> None:
        """Log what only a developer wants to know."""
        self._say("debug", event, values)

    def info(self, event: str, **values: Any) -> None:
        """Log what an operator may want to know."""
        self._say("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        """Log what an operator should look at."""
        tell = self._tell
        if tell is not None and "after_seconds" in values:
            told = redact_text(str(values.get("error") or event))
            tell(f"{told}; trying again in {values['after_seconds']:.0f} s")
        self._say("warning", event, values)

    def error(self, event: str, **values: Any) -> None:
        """Log what an operator must look at."""
        self._say("error", event, values)

    def _say(self, level: str, event: str, values: dict[str, Any]) -> None:
        log = self._log
        if log is None:
            with self._lock:
                log = self._log
                if log is None:
                    self._kept.append((level, event, values))
                    return
        getattr(log, level)(event, **values)
