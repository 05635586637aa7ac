"""The broker ``alpaca``: a dry-run at Alpaca, filled by the paper broker."""

from __future__ import annotations

from logos.brokers.alpaca_config import AlpacaConfig
from logos.brokers.alpaca_desk import AlpacaDesk
from logos.brokers.dry_run import DryRunBroker
from logos.brokers.paper import open_paper
from logos.context.parts import PartContext


def open_alpaca(config: AlpacaConfig, context: PartContext) -> DryRunBroker:
    """Build the dry-run broker of a session at Alpaca. Nothing is connected yet."""
    return DryRunBroker(
        open_paper(config, context),
        AlpacaDesk(config, context),
        previews=context.venue_record is not None,
        monotonic=context.clock.monotonic,
    )
