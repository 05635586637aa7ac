"""What a venue's answer means: the HTTP status, the header that says when to come back, the text of an error.

Both client libraries speak HTTP and blur it, each in its own way. What they got is looked at here instead, so that
the same answer has the same class of error whichever library has asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import attrs

from logos.feeds.errors import (
    FeedError,
    PermanentError,
    RateLimitedError,
    RefusedError,
    TimedOutError,
    VenueDownError,
)

LONGEST_TEXT = 160
_ADDRESS = re.compile(r"\b\w+://\S+")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@attrs.define(kw_only=True)
class Heard:
    """What came back over HTTP in the course of one call; the last answer counts.

    Attributes
    ----------
    status:
        The HTTP status; ``None`` while nothing has come back.
    said:
        The body in a few words, where the status is one of failure.
    size:
        Bytes of all bodies, unpacked.
    venue_time:
        The header ``Date``, in seconds since the epoch, UTC: exact to a second, rounded down by the venue.
    retry_after:
        How many seconds the venue wants to be left alone; ``None`` where it does not say.
    """

    status: int | None = None
    said: str = ""
    size: int = 0
    venue_time: float | None = None
    retry_after: float | None = None

    def hear(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Take note of an answer."""
        lower = {name.lower(): value for name, value in headers.items()}
        self.status = status
        self.said = plain(body.decode(errors="replace")) if status >= 400 else ""
        self.size += len(body)
        self.venue_time = http_date(lower.get("date", ""))
        self.retry_after = _retry_after(lower.get("retry-after", ""), self.venue_time)


def http_date(text: str) -> float | None:
    """Read a date as HTTP writes it; ``None`` where it is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError):
        return None


def _retry_after(text: str, now: float | None) -> float | None:
    """Read ``Retry-After``: a number of seconds, or a date."""
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip()):
        return float(text)
    until = http_date(text)
    return max(until - now, 0.0) if until is not None and now is not None else None


def plain(text: str) -> str:
    """Return a venue's words in one short line: no address, and of a page of HTML its title alone."""
    if "<html" in text.lower():
        title = _TITLE.search(text)
        return f"a page of HTML, {plain(title[1])!r}" if title else "a page of HTML"
    line = " ".join(_ADDRESS.sub("", text).split()).rstrip(".")
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"


def error_of_status(venue: str, heard: Heard) -> FeedError | None:
    """Return what the HTTP status means, ``None`` where it means no failure.

    Parameters
    ----------
    venue:
        The plugin and the venue, such as ``ccxt:binance``.
    """
    status = heard.status
    if status is None or status < 400:
        return None
    said = f"HTTP {status}: {heard.said}" if heard.said else f"HTTP {status}"
    if status in (418, 429):
        return RateLimitedError(venue, f"asked too often, {said}", retry_after=heard.retry_after)
    if status == 408:
        return TimedOutError(venue, said)
    if status >= 500:
        return VenueDownError(venue, f"the venue failed, {said}")
    if status in (401, 403, 407, 451):
        return RefusedError(venue, f"this caller is refused, {said}", hint="Ask it from another address, or with a key")
    return PermanentError(
        venue, f"the request was not understood, {said}", hint="Look at base_url, the symbols and the interval"
    )
