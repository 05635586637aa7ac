"""What this distribution offers. Imported by every listing of plugins, so it loads nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from logos.plugins import BrokerPart, hookimpl


@hookimpl
def logos_brokers() -> Iterator[BrokerPart]:
    """Offer the paper broker."""
    yield BrokerPart(
        name="paper",
        summary="Fills orders against bars: fees, slippage, volume share, one bar of latency at least",
        target="logos.brokers.paper:open_paper",
        config="logos.brokers.paper_config:PaperConfig",
        capabilities=frozenset({"market", "limit", "stop", "stop_limit", "gtc", "ioc", "day"}),
    )
