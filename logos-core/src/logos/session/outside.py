"""Brokers outside this process: what the core asks of one before, beside and after a session.

A broker that keeps orders elsewhere, or that knows a venue's rules, fills ``OutsideBroker`` besides ``Broker``. It is
asked for a *survey* before a session is assembled: it connects, checks what it finds, and says under which terms it
trades. What it needs of that to work without a connection is its *record*, which the session keeps in ``venue.json``:
a resume and a replay build the broker from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

import attrs

from logos.domain.events import BrokerEvent
from logos.domain.orders import Order, OrderIntent, OrderStatus, Side
from logos.session.seats import AccountView, Broker

WOULD_ACCEPT = "would accept"
"""How ``venue_outcome`` begins for an order that keeps every rule of the venue that can be known beforehand."""

UNSETTLED = "unsettled"
"""The key of a snapshot that holds the numbers of the orders of unknown outcome."""

UNWANTED = "unwanted"
"""The key of a snapshot that holds those of them that are to be cancelled: pairs of a number and the reason."""


class Verdict(StrEnum):
    """What came of looking at one thing."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@attrs.frozen(kw_only=True)
class HealthCheck:
    """One thing that was looked at, and what was found.

    Attributes
    ----------
    name:
        What was looked at, in a word: ``reachable``, ``clock``, ``key``, ``permissions``, ``account``, ``markets`` ...
    text:
        What was found, with the numbers; never a secret.
    hint:
        What to do about it; empty where nothing has to be done.
    """

    name: str
    verdict: Verdict
    text: str
    hint: str = ""


@attrs.frozen(kw_only=True)
class MarketTerms:
    """Under which terms a venue trades one symbol; ``None`` for what it does not say.

    Attributes
    ----------
    market:
        The venue's own name of the symbol.
    tick, lot:
        The smallest steps of price and quantity.
    min_notional:
        The least value of an order, in ``currency``.
    currency:
        What the venue quotes prices in.
    maker_bps, taker_bps:
        The fees of this account or, where the venue does not say those, of its price list, in basis points.
    """

    symbol: str
    market: str
    tick: Decimal | None = None
    lot: Decimal | None = None
    min_notional: Decimal | None = None
    currency: str | None = None
    maker_bps: Decimal | None = None
    taker_bps: Decimal | None = None


@attrs.frozen(kw_only=True)
class Survey:
    """What an outside broker found out when it connected.

    Attributes
    ----------
    venue:
        What the broker calls its venue, such as ``ccxt:binance``.
    checks:
        In the order in which they were made; nothing is left out because something before it failed, unless it could
        not be looked at.
    terms:
        By symbol, in name order; only of symbols that the venue trades.
    record:
        JSON values without a secret: all that the broker needs to work as it does now, without a connection.
    """

    venue: str
    checks: tuple[HealthCheck, ...]
    terms: Mapping[str, MarketTerms]
    record: Mapping[str, Any]

    @property
    def sound(self) -> bool:
        """Whether a session can be run with what was found."""
        return all(check.verdict is not Verdict.FAILED for check in self.checks)


@attrs.frozen(kw_only=True)
class OutsideOrder:
    """An order as it stands outside.

    Attributes
    ----------
    place:
        Where it was found: the venue, or ``paper`` for the paper broker beside it.
    client_order_id:
        The name that its owner gave it; empty where it has none.
    venue_order_id:
        The name that the venue gave it; empty where it has none.
    symbol:
        As Logos calls it; the venue's own name where no symbol of the session belongs to it.
    quantity, filled:
        As decimal text, in units: a foreign order need not fit the lots of this session.
    status:
        How it stands. ``UNKNOWN`` for a word of the venue's that nobody here knows.
    priced:
        Whether price and fee of everything filled are known, so that the broker can tell it as fills.
    """

    place: str
    client_order_id: str
    venue_order_id: str = ""
    symbol: str
    side: Side
    quantity: Decimal
    filled: Decimal
    status: OrderStatus
    priced: bool = True

    @classmethod
    def of(cls, order: Order, place: str) -> OutsideOrder:
        """Return an order of a session as one that stands at a place."""
        intent = order.intent
        text = intent.instrument.quantity_text
        return cls(
            place=place,
            client_order_id=intent.client_order_id,
            symbol=intent.instrument.symbol,
            side=intent.side,
            quantity=Decimal(text(intent.quantity)),
            filled=Decimal(text(order.filled)),
            status=order.status,
        )


@attrs.frozen(kw_only=True)
class OutsidePosition:
    """A position as it stands outside; the quantity in units, negative for a short one."""

    place: str
    symbol: str
    quantity: Decimal


@attrs.frozen(kw_only=True)
class Standing:
    """Open orders and positions outside.

    Attributes
    ----------
    keeper:
        The place that keeps this session's own orders and positions: they are compared with what stands there.
        Whatever stands elsewhere is nobody's of this session.
    positions:
        Of the keeper only where it knows them; a keeper without any leaves positions uncompared.
    """

    keeper: str
    orders: tuple[OutsideOrder, ...]
    positions: tuple[OutsidePosition, ...]


@runtime_checkable
class OutsideBroker(Broker, Protocol):
    """A broker that works with something outside this process.

    Every intent is on the disk before ``submit`` is called. After a restart, an order whose intent had been written
    down already goes to ``recover`` instead, and never to ``submit``.

    What happened to working orders while the session was away is told by the first ``match`` after ``restore``: fills
    beyond ``order.filled``, ends, and ``Unknown`` where the keeper cannot say. A snapshot names the orders of unknown
    outcome, which are no more than noted by the broker, by their numbers under the key ``unsettled``.

    An order of unknown outcome that is to be cancelled may be one that nobody can ask for just then. The broker keeps
    that wish, in its snapshot under the key ``unwanted``: once the outcome is known, ``match`` ends the order with the
    reason of the first wish, and never lets it trade.
    """

    @property
    def venue(self) -> str:
        """What messages call the venue, such as ``ccxt:binance``."""

    def survey(self) -> Survey:
        """Connect and look at everything; can be called again. Findings are told in the survey, not raised."""

    def standing(self) -> Standing:
        """Return what stands outside now.

        Raises
        ------
        LogosError
            Where the venue cannot be asked.
        """

    def recover(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Take an order that may have been sent before a restart.

        It is looked for by its client order id first: what has become of it is told, it is submitted only where the
        venue says that it has never seen it, and it is ``Unknown`` where the venue cannot say, or has an order of that
        name with another side or quantity. What it has filled by then is told by the next ``match``.
        """

    def find(self, intent: OrderIntent) -> OutsideOrder | None:
        """Look for an order by its client order id, open or not; ``None`` where it was never seen outside.

        Raises
        ------
        LogosError
            Where the keeper cannot say.
        """

    def name_outside(self, client_order_id: str) -> str:
        """Return the name that the venue knows an order by: it may take names of another form only.

        The same for the same id, always, and without a connection.
        """

    def close(self) -> None:
        """Let go of the connection."""
