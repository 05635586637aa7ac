"""What a part is given besides its config. It reads nothing else from its surroundings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from logos.context.clock import Clock
from logos.context.secrets import Secrets
from logos.context.seed import Seed
from logos.domain.instruments import Instrument

if TYPE_CHECKING:
    from logos.data.calendars import MarketCalendar
    from logos.session.seats import FillTerms


class Log(Protocol):
    """A structured log: an event name and named values."""

    def debug(self, event: str, **values: Any) -> object:
        """Log what only a developer wants to know."""

    def info(self, event: str, **values: Any) -> object:
        """Log what an operator may want to know."""

    def warning(self, event: str, **values: Any) -> object:
        """Log what an operator should look at."""

    def error(self, event: str, **values: Any) -> object:
        """Log what an operator must look at."""


@attrs.frozen(kw_only=True)
class AccountSettings:
    """The account of a session.

    Attributes
    ----------
    cash:
        Starting cash in minor units.
    decimals:
        How many decimals money carries.
    margin:
        Whether short positions and negative cash are allowed.
    conversions:
        For each other quote currency, the symbol whose last close converts it.
    """

    currency: str
    cash: int
    decimals: int
    margin: bool
    conversions: Mapping[str, str]


@attrs.frozen(kw_only=True)
class PartContext:
    """The surroundings of a part.

    Attributes
    ----------
    workspace:
        The folder that relative paths in a config start from.
    interval:
        Length of a bar in seconds.
    instruments:
        Every instrument of the registry, by symbol.
    symbols:
        The feed's symbols in name order.
    pairs:
        How many (strategy, symbol) pairs the session has.
    traded:
        How many of those pairs each symbol has, by symbol in name order; a symbol without one is not there.
    calendar:
        Gives the trading calendar of an instrument; loads the calendar library at its first use.
    secrets:
        Gives keys and passwords by the name of their variable. Everything that it hands out is masked in the log.
    offline:
        Whether no address but loopback may be asked (``LOGOS_OFFLINE``).
    venue_record:
        For a broker outside this process: the record of its survey. ``None`` where none was made, as in a backtest.
    fill_terms:
        What the broker says of its fills, for whoever weighs costs; ``None`` where numbers alone cannot say it.
    """

    clock: Clock
    log: Log
    workspace: Path
    seed: Seed
    interval: int
    instruments: Mapping[str, Instrument]
    symbols: tuple[str, ...]
    pairs: int
    account: AccountSettings
    calendar: Callable[[Instrument], MarketCalendar]
    secrets: Secrets = attrs.field(factory=Secrets)
    offline: bool = False
    fill_terms: FillTerms | None = None
    traded: Mapping[str, int] = attrs.field(
        default=attrs.Factory(lambda self: dict.fromkeys(self.symbols, 1), takes_self=True)
    )
    venue_record: Mapping[str, Any] | None = None
