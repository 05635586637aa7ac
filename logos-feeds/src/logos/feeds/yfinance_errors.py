"""Which error of yfinance, and of the HTTP library that it uses, is which of ours."""

from __future__ import annotations

from curl_cffi.requests import exceptions as http
from yfinance.exceptions import YFException, YFRateLimitError, YFTzMissingError

from logos.feeds.classifying import Heard, plain
from logos.feeds.errors import (
    DisconnectedError,
    FeedError,
    RateLimitedError,
    TimedOutError,
    UnknownSymbolError,
    UnreadableAnswerError,
    VenueDownError,
)
from logos.feeds.yfinance_session import NAME

_SHAPE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What yfinance stumbles over where an answer has another shape than it expects."""


def error_of(error: Exception, heard: Heard) -> FeedError:
    """Return our error for one that came out of a call of yfinance.

    Parameters
    ----------
    heard:
        What had come back over HTTP before it was raised.
    """
    text = plain(str(error)) or type(error).__name__
    if heard.status == 401 and not isinstance(error, OSError):
        # The one failure of the chart that passes the session: yfinance got a new crumb, and that failed too.
        return VenueDownError(NAME, "it does not accept the crumb that it gave")
    if isinstance(error, YFException):
        return _of_yfinance(error, heard, text)
    if isinstance(error, http.Timeout):
        return TimedOutError(NAME, "no answer within the time allowed")
    if isinstance(error, OSError) and not isinstance(error, ValueError):
        return DisconnectedError(NAME, f"the connection failed: {text}")
    if isinstance(error, _SHAPE):
        return UnreadableAnswerError(NAME, f"an answer of an unknown shape ({type(error).__name__}: {text})")
    return VenueDownError(NAME, text)


def _of_yfinance(error: YFException, heard: Heard, text: str) -> FeedError:
    if isinstance(error, YFRateLimitError):
        return RateLimitedError(NAME, "asked too often", retry_after=heard.retry_after)
    if isinstance(error, YFTzMissingError):
        return UnknownSymbolError(NAME, text)
    return VenueDownError(NAME, text)
