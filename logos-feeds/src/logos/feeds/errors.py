"""What can go wrong between Logos and a venue; the class of an error decides whether asking again can help.

    FeedError
    ├── TransientError              asking again later may help
    │   ├── TimedOutError           no answer within the time allowed
    │   ├── DisconnectedError       refused, reset, or cut off within the answer
    │   ├── RateLimitedError        asked too often (429)
    │   ├── VenueDownError          the venue failed (5xx), or is in maintenance
    │   └── UnreadableAnswerError   not what was asked for: cut-off JSON, a page of HTML
    └── PermanentError              asking again cannot help
        ├── UnknownSymbolError      the venue does not know the symbol, or it is delisted
        ├── RefusedError            the key is wrong, or this address may not ask
        └── UnsupportedError        the venue has no bars of this interval, or none at all

No text of an error holds a secret, nor an address with its query.
"""

from __future__ import annotations

from logos.domain.errors import LogosError


class FeedError(LogosError):
    """A venue did not give what was asked for.

    Parameters
    ----------
    venue:
        The plugin and the venue, such as ``ccxt:binance``.
    message, hint:
        As for every error of Logos.
    """

    exit_code = 1
    kind = "feed"

    def __init__(self, venue: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{venue}: {message}", hint=hint)
        self.venue = venue


class TransientError(FeedError):
    """Asking again later may help."""


class TimedOutError(TransientError):
    """No answer came within the time allowed."""


class DisconnectedError(TransientError):
    """The connection was refused or reset, or ended within the answer."""


class RateLimitedError(TransientError):
    """The venue was asked too often.

    Parameters
    ----------
    retry_after:
        How many seconds the venue wants to be left alone; ``None`` where it does not say.
    """

    def __init__(self, venue: str, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(venue, message, hint=hint)
        self.retry_after = retry_after


class VenueDownError(TransientError):
    """The venue failed, or is in maintenance."""


class UnreadableAnswerError(TransientError):
    """The answer is not what was asked for: JSON that is cut off, or a page of HTML."""


class PermanentError(FeedError):
    """Asking again cannot help: the config, the key or the venue must change."""

    exit_code = 2


class UnknownSymbolError(PermanentError):
    """The venue does not know a symbol, or has delisted it."""


class RefusedError(PermanentError):
    """The venue refuses the caller: a wrong key, or an address that may not ask."""


class UnsupportedError(PermanentError):
    """The venue has no bars of the interval, or no bars at all."""
