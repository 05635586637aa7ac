"""The HTTP session that yfinance is given: it listens to what Yahoo answers, and names failures where they happen.

yfinance takes a failure for a sign of a bad cookie, and asks six more times before it gives up with an error that no
longer tells the status. A failure of the chart is therefore raised here, from the status and Yahoo's own words.
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from curl_cffi import requests

from logos.feeds.classifying import Heard, error_of_status, plain
from logos.feeds.errors import UnknownSymbolError, UnsupportedError, VenueDownError

CHART = "/v8/finance/chart/"
NAME = "yfinance:yahoo"

heard: ContextVar[Heard] = ContextVar("heard")
"""What has come back in the course of the call that runs in this thread."""

_TOO_FAR_BACK = re.compile(r"must be within the last|granularity data are allowed", re.IGNORECASE)
_NOTHING_THEN = re.compile(r"data doesn't exist for startdate", re.IGNORECASE)


class NothingThenError(Exception):
    """Yahoo has no bars in the span that was asked for; the symbol itself is fine."""


class ListeningSession(requests.Session[Any]):
    """A session of the library that yfinance itself uses.

    Parameters
    ----------
    base_url:
        Where every request goes instead of Yahoo's hosts; empty for those.
    timeout:
        The longest that a request may take, in seconds of the machine.
    """

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__(impersonate="chrome")
        self._base_url = base_url.rstrip("/")
        self._longest = timeout

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> Any:
        """Send a request, and judge the answer where it is one of the chart."""
        options["timeout"] = self._longest
        path = urlsplit(url).path
        if self._base_url:
            url = self._base_url + (path or "/")
        answer = super().request(method, url, *args, **options)
        listening = heard.get(None)
        if listening is not None:
            size = listening.size + len(answer.content)
            if path.startswith(CHART):
                listening.hear(answer.status_code, dict(answer.headers.items()), answer.content)
            listening.size = size
        if path.startswith(CHART):
            judge(answer.status_code, answer.text, listening or Heard())
        return answer


def judge(status: int, body: str, listening: Heard) -> None:
    """Raise what an answer of the chart means, where it is no chart.

    A 401 passes: Yahoo wants a new crumb, and yfinance knows how to get one.
    """
    if status < 400 or status == 401:
        return
    words = _description(body)
    if _NOTHING_THEN.search(words):
        raise NothingThenError(words)
    if _TOO_FAR_BACK.search(words):
        raise UnsupportedError(
            NAME,
            plain(words),
            hint="Yahoo keeps 1m bars for 30 days, 2m to 30m bars for 60 days, and 1h bars for 730 days",
        )
    if status == 404 and words:
        raise UnknownSymbolError(NAME, plain(words), hint="Write Yahoo's own name of it below venue_symbols")
    raise error_of_status(NAME, listening) or VenueDownError(NAME, plain(words))


def _description(body: str) -> str:
    """Return what the error of a chart says, empty where the body is no such error."""
    try:
        error = json.loads(body)["chart"]["error"]
        return f"{error['code']}: {error['description']}"
    except (ValueError, KeyError, TypeError):
        return ""
