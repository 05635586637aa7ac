"""What Yahoo calls each symbol, where the config does not say."""

from __future__ import annotations

from logos.domain.instruments import AssetClass, Instrument


def yahoo_name(instrument: Instrument) -> str:
    """Return what Yahoo most likely calls an instrument: ``EURUSD=X`` for the currency pair ``EUR-USD``."""
    symbol = instrument.symbol
    return f"{symbol.replace('-', '')}=X" if instrument.asset_class is AssetClass.FOREX else symbol
