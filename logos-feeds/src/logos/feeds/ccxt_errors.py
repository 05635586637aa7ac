"""Which error of CCXT is which of ours.

Where CCXT knew what a body said, that counts. Else the HTTP status does: CCXT takes nearly all for one and the same.
"""

from __future__ import annotations

import ccxt

from logos.feeds.classifying import Heard, error_of_status, plain
from logos.feeds.errors import (
    DisconnectedError,
    FeedError,
    PermanentError,
    RateLimitedError,
    RefusedError,
    TimedOutError,
    UnknownSymbolError,
    UnreadableAnswerError,
    UnsupportedError,
    VenueDownError,
)

_BY_CLASS: tuple[tuple[type[Exception], type[FeedError]], ...] = (
    (ccxt.BadSymbol, UnknownSymbolError),
    (ccxt.AuthenticationError, RefusedError),
    (ccxt.RestrictedLocation, RefusedError),
    (ccxt.NotSupported, UnsupportedError),
    (ccxt.RequestTimeout, TimedOutError),
    (ccxt.BadResponse, UnreadableAnswerError),
    (ccxt.BadRequest, PermanentError),
)
"""What a body said that CCXT knows. A subclass stands before its base."""

INVALID_KEY = '"code":-2015'
"""Binance's word for a key or an address that may not ask. CCXT calls it a temporary ban once a key has worked."""


def error_of(venue: str, error: Exception, heard: Heard) -> FeedError:
    """Return our error for one of CCXT's.

    Parameters
    ----------
    venue:
        The plugin and the venue, such as ``ccxt:binance``.
    heard:
        What came back over HTTP before it was raised.
    """
    if heard.status is None or _cut_off(error):
        return _without_answer(venue, error)
    return _of_status(venue, error, heard) or _of_body(venue, error, heard)


def _of_status(venue: str, error: Exception, heard: Heard) -> FeedError | None:
    """Return what the status means, where it says all; what CCXT knows about the body may say more."""
    meant = error_of_status(venue, heard)
    alone = isinstance(meant, RateLimitedError) or _by_status_alone(error, heard.status or 0)
    return meant if alone else None


def _of_body(venue: str, error: Exception, heard: Heard) -> FeedError:
    text = plain(str(error))
    if INVALID_KEY in str(error).replace(" ", ""):
        return RefusedError(venue, text, hint="Ask the exchange from another address")
    if isinstance(error, ccxt.DDoSProtection | ccxt.RateLimitExceeded):
        return RateLimitedError(venue, f"asked too often: {text}", retry_after=heard.retry_after)
    for theirs, ours in _BY_CLASS:
        if isinstance(error, theirs):
            return ours(venue, text)
    return VenueDownError(venue, f"the exchange failed: {text}")


def _without_answer(venue: str, error: Exception) -> FeedError:
    if isinstance(error, ccxt.RequestTimeout):
        return TimedOutError(venue, "no answer within the time allowed")
    if isinstance(error, ccxt.NotSupported):
        return UnsupportedError(venue, plain(str(error)))
    cause = error.__cause__
    return DisconnectedError(venue, f"the connection failed: {plain(str(cause or error)) or type(cause).__name__}")


def _cut_off(error: Exception) -> bool:
    """Whether the connection ended within an answer: CCXT says no more than that the exchange has failed."""
    return type(error.__cause__).__module__.partition(".")[0] == "aiohttp"


def _by_status_alone(error: Exception, status: int) -> bool:
    """Whether CCXT knew nothing but the status: its message is then the request with its address, and the status.

    Where it knew what the body said, that counts for more: Binance reports its own failures with 400.
    """
    return status >= 400 and f" {status} " in str(error) and "://" in str(error)
