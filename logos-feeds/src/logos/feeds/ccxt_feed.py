"""Builds the feed ``ccxt``. CCXT itself is imported when the feed connects: no session is replayed for its sake."""

from __future__ import annotations

from logos.context.network import refuse_network
from logos.context.parts import PartContext
from logos.context.venue_symbols import ccxt_name, markets_of
from logos.domain.times import parse_duration
from logos.feeds.config import CcxtConfig
from logos.feeds.polled_feed import VenueFeed
from logos.feeds.venue import Venue


def open_ccxt(config: CcxtConfig, context: PartContext) -> VenueFeed:
    """Build a feed that polls a crypto exchange.

    Raises
    ------
    InputError
        Where the config does not fit the feed's symbols or interval.
    """
    markets = markets_of(config.venue_symbols, context, ccxt_name)

    def connect() -> Venue:
        refuse_network(context, config.base_url, what="the feed ccxt")
        from logos.feeds.ccxt_venue import CcxtVenue  # noqa: PLC0415 - loads CCXT

        return CcxtVenue(
            exchange=config.exchange,
            symbols=markets,
            interval=context.interval,
            base_url=config.base_url,
            timeout=parse_duration(config.timeout),
        )

    return VenueFeed(config, context, source=f"ccxt:{config.exchange}", connect=connect)
