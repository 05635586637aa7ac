"""Builds the broker ``ccxt``. CCXT itself is imported when the exchange is asked, or an order is shown."""

from __future__ import annotations

from logos.brokers.ccxt_config import CcxtConfig
from logos.brokers.ccxt_desk import CcxtDesk
from logos.brokers.dry_run import DryRunBroker
from logos.brokers.paper import open_paper
from logos.context.parts import PartContext
from logos.context.venue_symbols import ccxt_name, markets_of


def open_ccxt(config: CcxtConfig, context: PartContext) -> DryRunBroker:
    """Build a dry-run at a crypto exchange.

    Raises
    ------
    InputError
        Where the config does not fit the session's symbols.
    """
    return DryRunBroker(
        open_paper(config, context),
        CcxtDesk(config, context, markets_of(config.venue_symbols, context, ccxt_name)),
        previews=context.venue_record is not None,
        monotonic=context.clock.monotonic,
    )
