"""Builds the feed ``yfinance``. yfinance itself is imported when the feed connects."""

from __future__ import annotations

from logos.context.parts import PartContext
from logos.domain.times import parse_duration
from logos.feeds.config import YfinanceConfig
from logos.feeds.polled_feed import VenueFeed
from logos.feeds.venue import Venue
from logos.paths import cache_dir

SOURCE = "yfinance:yahoo"


def open_yfinance(config: YfinanceConfig, context: PartContext) -> VenueFeed:
    """Build a feed that polls Yahoo."""

    def connect() -> Venue:
        from logos.feeds.yfinance_venue import YfinanceVenue  # noqa: PLC0415 - loads yfinance and pandas

        return YfinanceVenue(
            symbols={symbol: config.venue_symbols.get(symbol) for symbol in context.symbols},
            asset_classes={symbol: context.instruments[symbol].asset_class for symbol in context.symbols},
            interval=context.interval,
            cache_folder=cache_dir(context.workspace) / ".yfinance",
            base_url=config.base_url,
            timeout=parse_duration(config.timeout),
            prepost=config.prepost,
        )

    return VenueFeed(config, context, source=SOURCE, connect=connect)
