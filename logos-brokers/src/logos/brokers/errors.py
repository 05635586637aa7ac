"""What can go wrong between Logos and a venue that keeps orders.

    VenueError
    ├── TransientVenueError         asking again later may help
    │   ├── TimedOutError           no answer within the time allowed
    │   ├── DisconnectedError       refused, reset, or cut off within the answer
    │   ├── RateLimitedError        asked too often
    │   ├── VenueDownError          the venue failed, or is in maintenance
    │   └── UnreadableAnswerError   not what was asked for: a page of HTML, JSON that is cut off
    ├── CredentialsError            the key is missing, wrong or revoked
    ├── NotPermittedError           the key may not do what was asked
    ├── ClockSkewError              the venue refuses the request's time
    ├── UnknownMarketError          the venue does not trade the symbol
    ├── UnknownOrderError           the venue has no such order
    ├── OrderRefusedError           the venue would not take the order, or has refused it
    │   └── InsufficientFundsError  … because the account cannot pay it
    ├── UnclassifiedVenueError      an answer that nobody here knows, told whole
    └── SendingCutOffError          a request that could change something was stopped before a byte of it was written

No text of an error holds a secret, nor an address with its query.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from logos.domain.errors import LogosError


class VenueError(LogosError):
    """A venue did not do what was asked.

    Parameters
    ----------
    venue:
        The broker and the venue, such as ``ccxt:binance``.
    message, hint:
        As for every error of Logos.
    code:
        The venue's own code for it, as text; empty where it gave none.
    """

    exit_code = 1
    kind = "venue"

    def __init__(self, venue: str, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(f"{venue}: {message}", hint=hint)
        self.venue = venue
        self.code = code
        self.told = message


class TransientVenueError(VenueError):
    """Asking again later may help."""


class TimedOutError(TransientVenueError):
    """No answer came within the time allowed."""


class DisconnectedError(TransientVenueError):
    """The connection was refused or reset, or ended within the answer."""


class RateLimitedError(TransientVenueError):
    """The venue was asked too often.

    Parameters
    ----------
    retry_after:
        How many seconds the venue wants to be left alone; ``None`` where it does not say.
    """

    def __init__(self, venue: str, message: str, *, retry_after: float | None = None, **options: Any) -> None:
        super().__init__(venue, message, **options)
        self.retry_after = retry_after


class VenueDownError(TransientVenueError):
    """The venue failed, or is in maintenance."""


class UnreadableAnswerError(TransientVenueError):
    """The answer is not what was asked for: JSON that is cut off, or a page of HTML."""


SHAPE_ERRORS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What Python raises where an answer is read that has another shape."""


def shapeless(venue: str, error: Exception) -> UnreadableAnswerError:
    """Return what to raise for a shape error, whose own text may hold a part of the answer."""
    return UnreadableAnswerError(
        venue, f"an answer of an unknown shape ({type(error).__name__})", hint="Ask again later"
    )


@contextlib.contextmanager
def readable(venue: str) -> Iterator[None]:
    """Tell what stumbles over the shape of an answer as an answer that cannot be read.

    Raises
    ------
    UnreadableAnswerError
        For a key that is missing, and for a value of another type or out of range.
    """
    try:
        yield
    except SHAPE_ERRORS as error:
        told = shapeless(venue, error)
    else:
        return
    raise told  # out here nothing of the error above is kept in the chain: its text may hold a part of the answer


class CredentialsError(VenueError):
    """The key is missing, wrong or revoked. Asking again cannot help."""

    exit_code = 2


class NotPermittedError(VenueError):
    """The key, the account or the address may not do what was asked."""

    exit_code = 2


class ClockSkewError(VenueError):
    """The venue refuses a request because of its time."""

    exit_code = 2


class UnknownMarketError(VenueError):
    """The venue does not trade a symbol."""

    exit_code = 2


class UnknownOrderError(VenueError):
    """The venue has no such order."""


class OrderRefusedError(VenueError):
    """The venue would not take an order, or has refused it."""


class InsufficientFundsError(OrderRefusedError):
    """The account cannot pay an order."""


class UnclassifiedVenueError(VenueError):
    """An answer that nobody here knows; its message tells all of it."""


class SendingCutOffError(VenueError):
    """A request that could change something was stopped before a byte of it was written.

    Parameters
    ----------
    request:
        What would have been sent, without its secrets: ``method``, ``url``, ``headers`` and ``body``.
    """

    def __init__(self, venue: str, message: str, *, request: dict[str, Any], hint: str = "") -> None:
        super().__init__(venue, message, hint=hint)
        self.request = request
