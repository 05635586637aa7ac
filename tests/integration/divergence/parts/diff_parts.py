"""Parts for the proof of ``logos diff``: each can be made to act otherwise without a word in its config."""

from __future__ import annotations

import attrs

from logos.brokers.paper_config import PaperConfig
from logos.plugins import BrokerPart, FeedPart, GuardPart, StrategyPart, hookimpl


@attrs.frozen(kw_only=True)
class MoodyConfig:
    salt: int = 0


@attrs.frozen(kw_only=True)
class PickyConfig:
    order: int = 0


@attrs.frozen(kw_only=True)
class WornConfig(PaperConfig):
    pass


@hookimpl
def logos_brokers():
    yield BrokerPart(
        name="worn",
        summary="The paper broker, with a fault",
        target="diff_work:Worn",
        config="diff_parts:WornConfig",
        capabilities=frozenset({"market", "limit", "stop", "stop_limit", "gtc", "ioc", "day"}),
    )


@hookimpl
def logos_feeds():
    yield FeedPart(name="told", summary="Plays deliveries from a file", target="diff_work:Told")


@hookimpl
def logos_guards():
    yield GuardPart(name="picky", summary="Blocks one order", target="diff_work:Picky", config="diff_parts:PickyConfig")


@hookimpl
def logos_strategies():
    yield StrategyPart(
        name="moody", summary="Every kind of order", target="diff_work:Moody", config="diff_parts:MoodyConfig"
    )
