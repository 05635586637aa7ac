"""What a plugin imports: the hook markers and the records that describe parts. Nothing heavy comes with it."""

from __future__ import annotations

from logos.plugins.hookspecs import hookimpl, hookspec
from logos.plugins.parts import (
    AllocatorPart,
    BacktestPart,
    BrokerPart,
    CommandPart,
    ExecutorPart,
    FeedPart,
    GuardPart,
    LlmProviderPart,
    ModelPart,
    Part,
    PositionManagerPart,
    StrategyPart,
)

__all__ = [
    "AllocatorPart",
    "BacktestPart",
    "BrokerPart",
    "CommandPart",
    "ExecutorPart",
    "FeedPart",
    "GuardPart",
    "LlmProviderPart",
    "ModelPart",
    "Part",
    "PositionManagerPart",
    "StrategyPart",
    "hookimpl",
    "hookspec",
]
