"""What this distribution offers. Imported by every listing of plugins, so it loads nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from logos.plugins import FeedPart, hookimpl


@hookimpl
def logos_feeds() -> Iterator[FeedPart]:
    """Offer the feeds that poll a venue."""
    yield FeedPart(
        name="ccxt",
        summary="Polls bars from a crypto exchange, any that CCXT knows",
        target="logos.feeds.ccxt_feed:open_ccxt",
        config="logos.feeds.config:CcxtConfig",
        needs=("ccxt",),
        extra="ccxt",
        capabilities=frozenset({"polled", "history", "network"}),
    )
    yield FeedPart(
        name="yfinance",
        summary="Polls bars of shares, funds, currencies and coins from Yahoo",
        target="logos.feeds.yfinance_feed:open_yfinance",
        config="logos.feeds.config:YfinanceConfig",
        needs=("yfinance",),
        extra="yfinance",
        capabilities=frozenset({"polled", "history", "network"}),
    )
