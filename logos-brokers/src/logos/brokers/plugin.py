"""What this distribution offers. Imported by every listing of plugins, so it loads nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from logos.plugins import BrokerPart, hookimpl

_ORDERS = frozenset({"market", "limit", "stop", "stop_limit", "gtc", "ioc", "day"})
_OUTSIDE = _ORDERS | {"outside", "dry_run", "network"}


@hookimpl
def logos_brokers() -> Iterator[BrokerPart]:
    """Offer the paper broker, and the venues that it can stand beside."""
    yield BrokerPart(
        name="paper",
        summary="Fills orders against bars: fees, slippage, volume share, one bar of latency at least",
        target="logos.brokers.paper:open_paper",
        config="logos.brokers.paper_config:PaperConfig",
        capabilities=_ORDERS,
    )
    yield BrokerPart(
        name="ccxt",
        summary="Dry-run at a crypto exchange: its rules and requests, filled by the paper broker",
        target="logos.brokers.ccxt_broker:open_ccxt",
        config="logos.brokers.ccxt_config:CcxtConfig",
        needs=("ccxt",),
        extra="ccxt",
        capabilities=_OUTSIDE,
    )
    yield BrokerPart(
        name="alpaca",
        summary="Dry-run at Alpaca: its rules and requests, filled by the paper broker",
        target="logos.brokers.alpaca_broker:open_alpaca",
        config="logos.brokers.alpaca_config:AlpacaConfig",
        needs=("alpaca",),
        extra="alpaca",
        capabilities=_OUTSIDE,
    )
    yield BrokerPart(
        name="ib",
        summary="Interactive Brokers: not built yet, see docs/brokers/ib.md",
        target="logos.brokers.ib:open_ib",
        state="stub",
    )
