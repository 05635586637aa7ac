"""Which of Alpaca's answers is which of our errors, and what to do about it.

alpaca-py reads the code of an error out of the body and fails where the body is no JSON, as a proxy's page is not. So
answers are judged here, before alpaca-py sees them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import attrs

from logos.brokers.errors import (
    CredentialsError,
    InsufficientFundsError,
    NotPermittedError,
    OrderRefusedError,
    RateLimitedError,
    TimedOutError,
    UnclassifiedVenueError,
    UnknownMarketError,
    UnknownOrderError,
    UnreadableAnswerError,
    VenueDownError,
    VenueError,
)
from logos.context.secrets import redact, redact_text

LONGEST_TEXT = 2_000
"""How much of an answer that nobody knows is told."""

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_PAPER_KEYS = "Make a key for the paper account in Alpaca's dashboard, and set both of its parts"


@attrs.frozen(kw_only=True)
class Answer:
    """What came back over HTTP.

    Attributes
    ----------
    retry_after:
        How many seconds Alpaca wants to be left alone; ``None`` where it does not say.
    """

    status: int
    body: str
    retry_after: float | None = None


@attrs.frozen
class _Known:
    """A message of Alpaca's that is known, by words in it."""

    words: str
    error: type[VenueError]
    hint: str


_MESSAGES = (
    _Known("insufficient buying power", InsufficientFundsError, "Order less, or add funds to the account"),
    _Known("insufficient qty", InsufficientFundsError, "Order at most what is available; open orders hold the rest"),
    _Known("insufficient balance", InsufficientFundsError, "Order at most what is available; coins have no credit"),
    _Known(
        "not allowed to short", OrderRefusedError, "Turn shorting on in a margin account, or let the strategy stay long"
    ),
    _Known("sold short", OrderRefusedError, "Sell at most what is held, or leave the symbol out"),
    _Known("not fractionable", OrderRefusedError, "Order whole shares: write lot: 1 for the symbol"),
    _Known("fractional orders must be", OrderRefusedError, "Order whole shares, or a single order with DAY"),
    _Known("hard-to-borrow", OrderRefusedError, "Order with DAY, or leave the symbol out"),
    _Known("sub-penny", OrderRefusedError, "Round the price: to 0.01 from 1 USD on, to 0.0001 below"),
    _Known("cost basis must be", OrderRefusedError, "Order more: write the amount as min_notional for the symbol"),
    _Known("minimal qty of order", OrderRefusedError, "Order more"),
    _Known("invalid crypto time_in_force", OrderRefusedError, "Order coins with GTC or IOC"),
    _Known("invalid order type for crypto", OrderRefusedError, "Order coins at market, with a limit or a stop limit"),
    _Known("client_order_id must be", OrderRefusedError, "Look for the order by its id: it may be there already"),
    _Known("wash trade", OrderRefusedError, "Cancel the open order on the other side first"),
    _Known("rejected by user request", NotPermittedError, "Turn suspend_trade off in the account's configuration"),
    _Known("orders not allowed for account", NotPermittedError, "Have this kind of asset opened for the account"),
    _Known("order not found", UnknownOrderError, "See that the key belongs to the account that sent the order"),
    _Known("order is not found", UnknownOrderError, "See that the key belongs to the account that sent the order"),
    _Known("asset not found", UnknownMarketError, "Write Alpaca's own name of it below venue_symbols"),
    _Known("not authorized", CredentialsError, _PAPER_KEYS),
    _Known("unauthorized", CredentialsError, _PAPER_KEYS),
    _Known("access key verification failed", CredentialsError, _PAPER_KEYS),
    _Known("forbidden", NotPermittedError, f"{_PAPER_KEYS}: a key of the live account is not known here"),
)
_REFUSALS = range(402, 500)
_STATUSES = {UnknownOrderError: (404,), UnknownMarketError: (404, 422), CredentialsError: range(400, 500)}
"""Under which statuses a message counts. What Alpaca says to a key that it does not let in, it says of nothing else."""
_ASSET_NOT_FOUND = re.compile(r'asset "[^"]*" not found')


def error_of(venue: str, answer: Answer, secrets: Collection[str] = ()) -> VenueError:
    """Return our error for an answer of failure.

    Parameters
    ----------
    venue:
        The broker and the venue for messages, such as ``alpaca:paper``.
    secrets:
        Values to mask wherever they occur in the answer.
    """
    body = _json_of(answer.body)
    told = redact_text(_told(answer, body), secrets)
    code = str(body.get("code", "")) if body else ""
    if answer.status == 429:
        return RateLimitedError(venue, f"asked too often: {told}", retry_after=answer.retry_after, code=code)
    if answer.status in (408, 504):
        return TimedOutError(venue, f"no answer in time: {told}", hint="Ask again later", code=code)
    if answer.status >= 500:
        return VenueDownError(
            venue, f"Alpaca failed: {told}", hint="See status.alpaca.markets, and try later", code=code
        )
    known = _known(str(body.get("message", ""))) if body else None
    if known is not None and answer.status in _STATUSES.get(known.error, _REFUSALS):
        return known.error(venue, told, hint=known.hint, code=code)
    return _by_status(venue, answer, told, code)


def unreadable(venue: str, answer: Answer, secrets: Collection[str] = ()) -> UnreadableAnswerError:
    """Return the error for an answer of success that is not what was asked for."""
    told = redact_text(_told(answer, {}), secrets)
    return UnreadableAnswerError(
        venue, f"the answer is not what was asked for: {told}", hint="See whether a proxy answers instead of Alpaca"
    )


def _by_status(venue: str, answer: Answer, told: str, code: str) -> VenueError:
    if answer.status in (401, 407):
        return CredentialsError(venue, f"the key is refused: {told}", hint=_PAPER_KEYS, code=code)
    if answer.status == 403:
        return NotPermittedError(venue, f"this is not allowed: {told}", hint=_PAPER_KEYS, code=code)
    if answer.status == 404:
        hint = "See that base_url is the address of Alpaca's trading API, without a path"
        return UnclassifiedVenueError(venue, f"there is no such thing here: {told}", hint=hint, code=code)
    return UnclassifiedVenueError(venue, f"an answer that is not known: {told}", code=code)


def _known(message: str) -> _Known | None:
    lower = message.lower()
    if _ASSET_NOT_FOUND.search(lower):
        lower = "asset not found"
    return next((known for known in _MESSAGES if known.words in lower), None)


def _told(answer: Answer, body: Mapping[str, Any]) -> str:
    """Return an answer in words: Alpaca's message with its numbers; of a page its title; else all of it."""
    if isinstance(body.get("message"), str):
        numbers = redact({name: value for name, value in sorted(body.items()) if name != "message"})
        listed = ", ".join(f"{name} {value}" for name, value in numbers.items())
        return f"{body['message'].rstrip('.')} (HTTP {answer.status}{', ' if listed else ''}{listed})"
    text = " ".join(answer.body.split())
    if "<html" in text.lower():
        title = _TITLE.search(text)
        named = f", {title[1].strip()!r}" if title else ""
        return f"HTTP {answer.status}, a page of HTML{named}"
    return f"HTTP {answer.status}: {text[:LONGEST_TEXT]}" if text else f"HTTP {answer.status}, and nothing else"


def _json_of(body: str) -> dict[str, Any]:
    """Return a body that is an object, and an empty object for any other."""
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
