"""Which symbols of a panel cannot be traded now."""

from __future__ import annotations

from collections.abc import Mapping

from logos.domain.instruments import Instrument
from logos.portfolio.prices.panel import PricePanel
from logos.session.untraded import untraded as without_fresh_bar


def untraded(panel: PricePanel, instruments: Mapping[str, Instrument]) -> dict[str, int]:
    """Return the symbols without a fresh close, and when the period of the last one began, in seconds of UTC."""
    return without_fresh_bar(panel.last_closes(), panel.period, instruments)
