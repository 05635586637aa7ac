"""Builds the feed of a config, and nothing else of it."""

from __future__ import annotations

from pathlib import Path

from logos.config.feed_only import FeedConfig
from logos.context.clock import Clock
from logos.context.credentials import credentials_of, workspace_secrets
from logos.context.environment import offline
from logos.context.parts import AccountSettings, Log, PartContext
from logos.context.seed import Seed
from logos.data.calendars import calendar_for
from logos.domain.errors import InputError
from logos.domain.money import MONEY_DECIMALS
from logos.plugins.registry import Registry
from logos.session.polled import HistoryFeed
from logos.session.seats import Feed

HISTORY = "history"
"""The capability of a feed that can load history."""


def build_feed(config: FeedConfig, *, workspace: Path, clock: Clock, log: Log) -> Feed:
    """Build the feed that a config names.

    Raises
    ------
    LogosError
        What the feed's factory raises.
    """
    context = PartContext(
        clock=clock,
        log=log,
        workspace=workspace,
        seed=Seed(config.seed),
        interval=config.interval,
        instruments=config.known_instruments,
        symbols=config.symbols,
        pairs=0,
        account=AccountSettings(currency="USD", cash=0, decimals=MONEY_DECIMALS, margin=False, conversions={}),
        calendar=calendar_for,
        secrets=workspace_secrets(workspace, credentials_of([config.feed.config])),
        offline=offline(),
    )
    feed: Feed = config.feed.offer.factory()(config.feed.config, context)
    return feed


def history_feed(feed: Feed, name: str, registry: Registry) -> HistoryFeed:
    """Return a feed as one that can load history.

    Raises
    ------
    InputError
        Where it cannot, naming those that can.
    """
    if isinstance(feed, HistoryFeed):
        return feed
    able = [
        offer.qualified
        for offer in registry.offers("feed")
        if offer.status == "ready" and offer.part and HISTORY in offer.part.capabilities
    ]
    hint = f"Feeds that have: {', '.join(able)}" if able else "Install one that has: pip install 'logos-feeds[ccxt]'"
    raise InputError(f"the feed {name} has no history to fetch", hint=hint)
