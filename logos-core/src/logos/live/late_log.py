"""A log for parts that are built before the session has a folder to log into."""

from __future__ import annotations

import threading
from typing import Any

from logos.context.parts import Log


class LateLog:
    """Keeps what is logged until it is bound to a log, then passes it on. Any thread may log."""

    def __init__(self) -> None:
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

    def debug(self, event: str, **values: Any) -> None:
        """Log what only a developer wants to know."""
        self._say("debug", event, values)

    def info(self, event: str, **values: Any) -> None:
        """Log what an operator may want to know."""
        self._say("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        """Log what an operator should look at."""
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
