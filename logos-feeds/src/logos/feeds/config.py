"""The config sections of the feeds that poll. Symbols and interval belong to every feed, and come with the context."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from logos.domain.errors import InputError
from logos.domain.times import parse_duration
from logos.domain.validating import one_of

REFUSE = "refuse"
ROUND = "round"
LEAVE = "leave"
FORWARD_FILL = "forward_fill"


def _duration(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if parse_duration(value) <= 0:
        raise InputError(f"{attribute.name} is {value}, and must be longer than nothing", hint="Write 10s, 1m or 2h")


@attrs.frozen(kw_only=True)
class PollingConfig:
    """What every feed that polls is told.

    Attributes
    ----------
    venue_symbols:
        The venue's own name of a symbol, where it is not the one that Logos would guess: ``{BTC-USD: BTC/USDT}``.
    base_url:
        Where the venue is asked instead of its own address: a mirror or a proxy. Empty for its own.
    off_tick:
        For a price between two ticks: ``round`` to the nearest (half to even) and count it, or ``refuse`` to go on.
    gaps:
        For an interval without a bar while the market is open: ``leave`` it, or ``forward_fill`` it with the close
        before, marked, unable to fill an order.
    poll_delay:
        How long after a bar's close the venue is first asked for it.
    poll_every:
        How often it is asked again while the bar is missing.
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

    venue_symbols: Mapping[str, str] = attrs.field(factory=dict)
    base_url: str = ""
    off_tick: str = attrs.field(default=ROUND, validator=one_of(ROUND, REFUSE))
    gaps: str = attrs.field(default=LEAVE, validator=one_of(LEAVE, FORWARD_FILL))
    poll_delay: str = attrs.field(default="2s", validator=_duration)
    poll_every: str = attrs.field(default="5s", validator=_duration)
    timeout: str = attrs.field(default="10s", validator=_duration)
    patience: str = attrs.field(default="1m", validator=_duration)
    retries: int = attrs.field(default=4, validator=attrs.validators.ge(0))
    circuit_failures: int = attrs.field(default=3, validator=attrs.validators.ge(1))
    circuit_pause: str = attrs.field(default="30s", validator=_duration)
    revision_bars: int = attrs.field(default=5, validator=attrs.validators.ge(0))


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
    """The feed ``yfinance``.

    Attributes
    ----------
    prepost:
        Whether bars of shares outside the regular hours are asked for too.
    """

    prepost: bool = False
