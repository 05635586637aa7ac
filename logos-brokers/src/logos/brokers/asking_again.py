"""Reads are repeated a few times where asking again may help; nothing else ever is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

from logos.brokers.errors import RateLimitedError, TransientVenueError
from logos.context.clock import Clock

ATTEMPTS = 3
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
"""In seconds. A venue that wants to be left alone for longer is not asked again."""

T = TypeVar("T")


def ask_again(call: Callable[[], T], clock: Clock) -> T:
    """Return what a read returns, repeating it where it fails for the time being.

    Raises
    ------
    VenueError
        From the last attempt, or at once where asking again cannot help.
    """
    pause = FIRST_PAUSE
    for _ in range(ATTEMPTS - 1):
        try:
            return call()
        except TransientVenueError as error:
            wanted = error.retry_after if isinstance(error, RateLimitedError) else None
            if wanted is not None and wanted > LONGEST_PAUSE:
                raise
            clock.sleep(max(pause, wanted or 0.0))
            pause *= 2
    return call()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds a venue wants to be left alone; ``None`` where it does not say it readably.

    A date counts from the answer's own, so that no clock of this machine's matters.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return max(wait.total_seconds(), 0.0)
