"""The only door to the machine's clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time and elapsed time. Neither may reach an artifact except in a declared field."""

    def now(self) -> int:
        """Return the wall time in whole seconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    monotonic = staticmethod(time.monotonic)

    def now(self) -> int:
        """Return the wall time in whole seconds since the epoch, UTC."""
        return int(time.time())

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
