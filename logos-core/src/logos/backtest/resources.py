"""What a run has cost: time, and memory."""

from __future__ import annotations

import resource
import sys

from logos.context.clock import Clock

_UNIT = 1 if sys.platform == "darwin" else 1024
"""What ``ru_maxrss`` counts in: bytes on macOS, kibibytes elsewhere."""


class Stopwatch:
    """Counts seconds from its making on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since it was made."""
        return self._clock.monotonic() - self._started

    @property
    def peak_memory(self) -> int:
        """The most memory that the process has had, in bytes."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
