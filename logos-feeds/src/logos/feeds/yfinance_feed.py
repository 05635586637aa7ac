"""Builds the feed ``yfinance``. yfinance itself is imported when the feed connects."""

from __future__ import annotations

from logos.context.network import refuse_network
from logos.context.parts import PartContext
from logos.context.venue_symbols import markets_of
from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.times import SECONDS_A_DAY, parse_duration, time_text
from logos.feeds.config import YfinanceConfig
from logos.feeds.markets import yahoo_name
from logos.feeds.polled_feed import VenueFeed
from logos.feeds.venue import Venue
from logos.paths import cache_dir

SOURCE = "yfinance:yahoo"

FINER = {1_800: "30m", 900: "15m", 300: "5m", 60: "1m"}
"""Intervals to take where a longer one does not fit."""

HALF_PAST = 1_800
"""When a share's market is taken to open, in seconds of its hour, where no calendar says: as in New York."""


def open_yfinance(config: YfinanceConfig, context: PartContext) -> VenueFeed:
    """Build a feed that polls Yahoo.

    Raises
    ------
    InputError
        Where the config does not fit the feed's symbols or interval.
    """
    markets = markets_of(config.venue_symbols, context, yahoo_name)
    for symbol in context.symbols:
        _check_grid(context.instruments[symbol], context)

    def connect() -> Venue:
        refuse_network(context, config.base_url, what="the feed yfinance")
        from logos.feeds.yfinance_venue import YfinanceVenue  # noqa: PLC0415 - loads yfinance and pandas

        return YfinanceVenue(
            symbols=markets,
            asset_classes={symbol: context.instruments[symbol].asset_class for symbol in context.symbols},
            interval=context.interval,
            cache_folder=cache_dir(context.workspace) / ".yfinance",
            base_url=config.base_url,
            timeout=parse_duration(config.timeout),
        )

    return VenueFeed(config, context, source=SOURCE, connect=connect)


def _check_grid(instrument: Instrument, context: PartContext) -> None:
    """Refuse bars of a share that begin with its market's opening where that is off the grid of the interval."""
    interval = context.interval
    if instrument.asset_class is not AssetClass.EQUITY or interval >= SECONDS_A_DAY:
        return
    opening = context.calendar(instrument).latest_opening(context.clock.now())
    begins = HALF_PAST if opening is None else opening
    if begins % interval == 0:
        return
    when = "most likely at half past an hour" if opening is None else f"last at {time_text(opening)}"
    finer = next((name for length, name in FINER.items() if begins % length == 0), "1d")
    calendar = f", or give {instrument.symbol} the calendar of its exchange" if opening is None else ""
    raise InputError(
        f"bars of {interval} s of {instrument.symbol} begin with its market's opening at Yahoo, {when}, "
        "and not on whole multiples of the interval in UTC, as the bars of Logos must",
        hint=f"Write interval: {finer}{calendar}",
    )
