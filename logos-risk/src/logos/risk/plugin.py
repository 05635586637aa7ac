"""What this distribution offers: one part for each guard. Entry point of the group ``logos.v1``."""

from __future__ import annotations

from collections.abc import Iterator

from logos.plugins import GuardPart, hookimpl

_BLOCKS = frozenset({"blocks"})
_HALTS = frozenset({"halts"})


@hookimpl
def logos_guards() -> Iterator[GuardPart]:
    """Yield the guards, in name order."""
    yield GuardPart(
        name="drawdown",
        summary="Halts when too much equity is lost, from the peak or within a day",
        target="logos.risk.drawdown:open_drawdown",
        config="logos.risk.config:DrawdownConfig",
        capabilities=_HALTS,
    )
    yield GuardPart(
        name="exposure",
        summary="Blocks orders that could bring gross, net or one symbol's exposure above a share of equity",
        target="logos.risk.exposure:open_exposure",
        config="logos.risk.config:ExposureConfig",
        capabilities=_BLOCKS,
    )
    yield GuardPart(
        name="kill_switch",
        summary="Names the file whose existence halts the session",
        target="logos.risk.kill_switch:open_kill_switch",
        config="logos.risk.config:KillSwitchConfig",
        capabilities=_HALTS,
    )
    yield GuardPart(
        name="max_notional",
        summary="Blocks single orders above a value",
        target="logos.risk.max_notional:open_max_notional",
        config="logos.risk.config:MaxNotionalConfig",
        capabilities=_BLOCKS,
    )
    yield GuardPart(
        name="order_rate",
        summary="Blocks orders beyond a number in a span of time",
        target="logos.risk.order_rate:open_order_rate",
        config="logos.risk.config:OrderRateConfig",
        capabilities=_BLOCKS,
    )
    yield GuardPart(
        name="reject_rate",
        summary="Halts when the broker rejects more orders than are tolerated in a span of time",
        target="logos.risk.reject_rate:open_reject_rate",
        config="logos.risk.config:RejectRateConfig",
        capabilities=_HALTS,
    )
    yield GuardPart(
        name="stale_data",
        summary="Halts when bars stop coming although the market is open",
        target="logos.risk.stale_data:open_stale_data",
        config="logos.risk.config:StaleDataConfig",
        capabilities=_HALTS,
    )
