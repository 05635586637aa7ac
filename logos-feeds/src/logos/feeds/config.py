"""The config sections of the feeds that poll. Symbols and interval belong to every feed, and come with the context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from logos.domain.errors import InputError
from logos.domain.validating import one_of, up_to, venue_names, web_address

REFUSE = "refuse"
ROUND = "round"
LEAVE = "leave"
FORWARD_FILL = "forward_fill"


def _between(least: int, most: int) -> Any:
    """Return a validator for a whole number with two bounds, which belong to it."""

    def check(_instance: object, attribute: attrs.Attribute[int], value: int) -> None:
        if not least <= value <= most:
            raise InputError(
                f"{attribute.name} is {value}, and must be from {least} to {most}",
                hint=f"The default is {attribute.default}",
            )

    return check


@attrs.frozen(kw_only=True)
class PollingConfig:
    """What every feed that polls is told.

    Attributes
    ----------
    venue_symbols:
        The venue's own name of a symbol, where it is not the one that Logos would guess: ``{BTC-USD: BTC/USDT}``.
    base_url:
        Where the venue is asked instead of its own address: a mirror or a proxy, ``http://`` or ``https://`` without
        a login. Empty for its own.
    off_tick:
        For a price between two ticks: ``round`` to the nearest (half to even) and count it, or ``refuse`` to go on.
    gaps:
        For an interval without a bar while the market is open: ``leave`` it, or ``forward_fill`` it with the close
        before, marked, unable to fill an order.
    poll_delay:
        How long after a bar's close the venue is first asked for it; shorter than the interval.
    poll_every:
        How often it is asked again while the bar is missing; at most the interval.
    timeout:
        When a poll that has not been answered is cut off.
    patience:
        How long after a bar's close the others wait for a symbol that gives no answer.
    retries:
        How often a poll that failed is repeated before the failure counts for the circuit.
    circuit_failures, circuit_pause:
        After how many failures in a row a symbol is left alone, and for how long.
    revision_bars:
        How many past bars are asked for again with each poll, to hear of corrections.
    """

    venue_symbols: Mapping[str, str] = attrs.field(factory=dict, validator=venue_names)
    base_url: str = attrs.field(default="", validator=web_address)
    off_tick: str = attrs.field(default=ROUND, validator=one_of(ROUND, REFUSE))
    gaps: str = attrs.field(default=LEAVE, validator=one_of(LEAVE, FORWARD_FILL))
    poll_delay: str = attrs.field(default="2s", validator=up_to("1h"))
    poll_every: str = attrs.field(default="5s", validator=up_to("1h"))
    timeout: str = attrs.field(default="10s", validator=up_to("1h"))
    patience: str = attrs.field(default="1m", validator=up_to("1d"))
    retries: int = attrs.field(default=4, validator=_between(0, 100))
    circuit_failures: int = attrs.field(default=3, validator=_between(1, 100))
    circuit_pause: str = attrs.field(default="30s", validator=up_to("1d"))
    revision_bars: int = attrs.field(default=5, validator=_between(0, 1_000))


@attrs.frozen(kw_only=True)
class CcxtConfig(PollingConfig):
    """The feed ``ccxt``.

    Attributes
    ----------
    exchange:
        The exchange's id in CCXT, such as ``binance`` or ``kraken``.
    """

    exchange: str


@attrs.frozen(kw_only=True)
class YfinanceConfig(PollingConfig):
    """The feed ``yfinance``. It has no keys of its own."""
