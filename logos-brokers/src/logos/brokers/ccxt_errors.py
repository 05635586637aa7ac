"""Which answer of an exchange is which of our errors.

A status that tells that asking failed counts first, then what the body says, then what CCXT made of it: CCXT blurs. It
calls a revoked key at Binance a temporary ban once the key has worked, and every failure with a page of HTML one and
the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple

import ccxt
import requests

from logos.brokers.asking_again import retry_after
from logos.brokers.errors import (
    ClockSkewError,
    CredentialsError,
    DisconnectedError,
    InsufficientFundsError,
    NotPermittedError,
    OrderRefusedError,
    RateLimitedError,
    TimedOutError,
    TransientVenueError,
    UnclassifiedVenueError,
    UnknownMarketError,
    UnknownOrderError,
    UnreadableAnswerError,
    VenueDownError,
    VenueError,
)
from logos.context.secrets import redact_text

_KEY = "See that the variables hold the key and the secret of this exchange, and that the key has not been revoked"
_RIGHTS = "Give the key the right to read, and this machine's address a place on its list"
_LATER = "Wait, and ask less often"
_CLOCK = "Set this machine's clock: let it be kept by NTP"
_FUNDS = "Order less, or pay something in"
_SIZE = "Order a quantity and a price that the exchange's rules for this market allow"
_MARKET = "Write the exchange's own name under venue_symbols"


class Meaning(NamedTuple):
    """What a code of an exchange means, and what to do about it."""

    kind: type[VenueError]
    hint: str = ""


_BINANCE = {
    "-1001": Meaning(VenueDownError),
    "-1003": Meaning(RateLimitedError, _LATER),
    "-1004": Meaning(VenueDownError),
    "-1007": Meaning(TimedOutError, _LATER),
    "-1008": Meaning(VenueDownError),
    "-1002": Meaning(NotPermittedError, _RIGHTS),
    "-1013": Meaning(OrderRefusedError, _SIZE),
    "-1015": Meaning(RateLimitedError, _LATER),
    "-1021": Meaning(ClockSkewError, _CLOCK),
    "-1022": Meaning(CredentialsError, _KEY),
    "-1111": Meaning(OrderRefusedError, _SIZE),
    "-1121": Meaning(UnknownMarketError, _MARKET),
    "-2008": Meaning(CredentialsError, _KEY),
    "-2010": Meaning(OrderRefusedError),
    "-2011": Meaning(UnknownOrderError),
    "-2013": Meaning(UnknownOrderError),
    "-2014": Meaning(CredentialsError, _KEY),
    "-2015": Meaning(
        CredentialsError, f"{_KEY}. Binance says the same where this machine's address is not on its list"
    ),
}
_KRAKEN = {
    "EAPI:Invalid key": Meaning(CredentialsError, _KEY),
    "EAPI:Invalid signature": Meaning(CredentialsError, _KEY),
    "EAPI:Invalid nonce": Meaning(ClockSkewError, f"{_CLOCK}, and use the key nowhere else at the same time"),
    "EAPI:Rate limit exceeded": Meaning(RateLimitedError, _LATER),
    "EGeneral:Internal error": Meaning(VenueDownError),
    "EGeneral:Permission denied": Meaning(NotPermittedError, _RIGHTS),
    "EGeneral:Temporary lockout": Meaning(RateLimitedError, "Wait a quarter of an hour: each try makes it longer"),
    "EGeneral:Too many requests": Meaning(RateLimitedError, _LATER),
    "EDatabase:Internal error": Meaning(VenueDownError),
    "EOrder:Cost minimum not met": Meaning(OrderRefusedError, _SIZE),
    "EOrder:Insufficient funds": Meaning(InsufficientFundsError, _FUNDS),
    "EOrder:Order minimum not met": Meaning(OrderRefusedError, _SIZE),
    "EOrder:Rate limit exceeded": Meaning(RateLimitedError, _LATER),
    "EOrder:Unknown order": Meaning(UnknownOrderError),
    "EQuery:Invalid asset pair": Meaning(UnknownMarketError, _MARKET),
    "EQuery:Unknown asset": Meaning(UnknownMarketError, _MARKET),
    "EQuery:Unknown asset pair": Meaning(UnknownMarketError, _MARKET),
    "EService:Busy": Meaning(VenueDownError),
    "EService:Market in cancel_only mode": Meaning(VenueDownError),
    "EService:Market in post_only mode": Meaning(VenueDownError),
    "EService:Unavailable": Meaning(VenueDownError),
    "ESession:Invalid session": Meaning(CredentialsError, _KEY),
    "ETrade:User Locked": Meaning(NotPermittedError, "Ask Kraken why the account is locked"),
}
_COINBASE = {
    "INSUFFICIENT_FUND": Meaning(InsufficientFundsError, _FUNDS),
    "PREVIEW_INSUFFICIENT_FUND": Meaning(InsufficientFundsError, _FUNDS),
    "PERMISSION_DENIED": Meaning(NotPermittedError, _RIGHTS),
    "UNSUPPORTED_ORDER_CONFIGURATION": Meaning(OrderRefusedError),
    "authentication_error": Meaning(CredentialsError, _KEY),
    "expired_token": Meaning(CredentialsError, _KEY),
    "internal_server_error": Meaning(VenueDownError),
    "invalid_scope": Meaning(NotPermittedError, _RIGHTS),
    "invalid_token": Meaning(CredentialsError, _KEY),
    "rate_limit_exceeded": Meaning(RateLimitedError, _LATER),
    "resource_exhausted": Meaning(RateLimitedError, _LATER),
    "revoked_token": Meaning(CredentialsError, _KEY),
    "unauthorized": Meaning(CredentialsError, _KEY),
    "Unauthorized": Meaning(CredentialsError, _KEY),
}
CODES = {"binance": _BINANCE, "coinbase": _COINBASE, "kraken": _KRAKEN}
"""By exchange and its own code. A text that says more than its code stands in ``_TEXTS``."""

_TEXTS = (
    (re.compile(r"insufficient (balance|fund)", re.IGNORECASE), Meaning(InsufficientFundsError, _FUNDS)),
    (re.compile(r"timestamp expired", re.IGNORECASE), Meaning(ClockSkewError, _CLOCK)),
    (re.compile(r"order with this orderID was not found", re.IGNORECASE), Meaning(UnknownOrderError)),
    (re.compile(r"product_id is required|invalid product", re.IGNORECASE), Meaning(UnknownMarketError, _MARKET)),
)
_STATUS = {
    401: Meaning(CredentialsError, _KEY),
    403: Meaning(NotPermittedError, _RIGHTS),
    407: Meaning(NotPermittedError, "See that no proxy stands between this machine and the exchange"),
    408: Meaning(TimedOutError, _LATER),
    418: Meaning(RateLimitedError, f"{_LATER}: this address is banned for a while"),
    429: Meaning(RateLimitedError, _LATER),
    451: Meaning(NotPermittedError, "The exchange does not serve this place"),
}
_CLASSES: tuple[tuple[type[Exception], Meaning], ...] = (
    (ccxt.InvalidNonce, Meaning(ClockSkewError, _CLOCK)),
    (ccxt.PermissionDenied, Meaning(NotPermittedError, _RIGHTS)),
    (ccxt.AccountSuspended, Meaning(NotPermittedError, "Ask the exchange why the account is suspended")),
    (ccxt.AuthenticationError, Meaning(CredentialsError, _KEY)),
    (ccxt.InsufficientFunds, Meaning(InsufficientFundsError, _FUNDS)),
    (ccxt.OrderNotFound, Meaning(UnclassifiedVenueError)),  # only the exchange itself says that it has no order
    (ccxt.InvalidOrder, Meaning(OrderRefusedError)),
    (ccxt.BadSymbol, Meaning(UnknownMarketError, _MARKET)),
    (ccxt.RequestTimeout, Meaning(TimedOutError, _LATER)),
    (ccxt.DDoSProtection, Meaning(RateLimitedError, _LATER)),
    (ccxt.RateLimitExceeded, Meaning(RateLimitedError, _LATER)),
    (ccxt.ExchangeNotAvailable, Meaning(VenueDownError)),
)
"""What CCXT knows of a body that nobody here does. A subclass stands before its base."""

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_SERVER_ERROR = 500


def error_of(
    venue: str,
    error: Exception,
    answer: requests.Response | None,
    told: tuple[str, str],
    *,
    skew: float | None = None,
    secrets: Collection[str] = (),
) -> VenueError:
    """Return our error for what CCXT raised.

    Parameters
    ----------
    venue:
        ``ccxt:`` and the exchange's id.
    answer:
        What came back last; ``None`` where nothing did.
    told:
        The exchange's own code and text, both empty where the answer holds none.
    skew:
        By how many seconds the exchange's clock is ahead of this machine's, where that is known.
    secrets:
        What no text may hold.
    """
    if isinstance(error, VenueError):
        return error
    code, text = told
    status = None if answer is None else answer.status_code
    meaning = _meaning(venue.partition(":")[2], code, text, status, error)
    said = _said(error, answer, code, text)
    if meaning.kind is ClockSkewError:
        apart = "by how much is not known" if skew is None else f"the clocks are {abs(skew):.3f} s apart"
        said = f"{said} ({apart})"
    return _built(meaning, venue, redact_text(said, secrets), code or str(status or ""), answer)


def page_or_noise(venue: str, body: str) -> UnreadableAnswerError:
    """Return the error for an answer that is no JSON: of a page its title alone."""
    found = _TITLE.search(body)
    what = f"a page of HTML, {' '.join(found[1].split())[:80]!r}" if found else f"{len(body)} bytes that are no JSON"
    return UnreadableAnswerError(
        venue, f"the answer is {what}", hint="See whether a proxy or a login page answers instead of the exchange"
    )


def _meaning(exchange: str, code: str, text: str, status: int | None, error: Exception) -> Meaning:
    told = next((meaning for pattern, meaning in _TEXTS if pattern.search(text)), None) or CODES[exchange].get(code)
    failed = _failure(status or 0)
    if told is not None and (failed is None or _goes_with(told, failed)):
        return told
    if failed is not None:
        return failed
    if status is None and isinstance(error, ccxt.NetworkError) and not isinstance(error, ccxt.RequestTimeout):
        return Meaning(DisconnectedError)
    for theirs, meaning in _CLASSES:
        if isinstance(error, theirs):
            return meaning
    return Meaning(UnclassifiedVenueError, "Nobody here knows this answer: look it up at the exchange, and tell us")


def _failure(status: int) -> Meaning | None:
    """Return what a status means that no answer to a question has, whatever its body says."""
    if status >= _SERVER_ERROR:
        return Meaning(VenueDownError, "Wait, and ask again")
    return _STATUS.get(status)


def _goes_with(told: Meaning, failed: Meaning) -> bool:
    """Whether a body may say it more closely than the status: why asking failed, and never what was asked for."""
    if issubclass(told.kind, TransientVenueError):
        return failed.kind is not RateLimitedError or told.kind is RateLimitedError
    access = (CredentialsError, NotPermittedError, ClockSkewError)
    return told.kind in access and failed.kind in access


def _said(error: Exception, answer: requests.Response | None, code: str, text: str) -> str:
    if code:
        return text if code in text else f"{code} {text}".strip()
    if answer is None:
        return _without_address(str(error)) or type(error).__name__
    title = _TITLE.search(answer.text)
    body = f"a page of HTML, {' '.join(title[1].split())!r}" if title else answer.text.strip()
    return f"HTTP {answer.status_code}: {body}" if body else f"HTTP {answer.status_code}"


def _built(meaning: Meaning, venue: str, said: str, code: str, answer: requests.Response | None) -> VenueError:
    options: dict[str, Any] = {"hint": meaning.hint, "code": code}
    if meaning.kind is RateLimitedError:
        wait = None if answer is None else retry_after(answer.headers)
        return RateLimitedError(venue, f"asked too often: {said}", retry_after=wait, **options)
    return meaning.kind(venue, said, **options)


def _without_address(text: str) -> str:
    return re.sub(r"\b\w+://\S+", "", text).strip()
