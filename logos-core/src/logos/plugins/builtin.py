"""The parts that come with the core. A plugin like any other: strings only."""

from __future__ import annotations

from collections.abc import Iterator

from logos.plugins import AllocatorPart, ExecutorPart, FeedPart, PositionManagerPart, StrategyPart, hookimpl

_STRATEGIES = {
    "buy_and_hold": "Holds a long position from the first bar on",
    "channel_breakout": "Buys a new high of the channel and leaves at a new low",
    "mean_reversion": "Buys far below the average and leaves at the average",
    "momentum": "Is long while the price stands above its level some bars ago",
    "scripted": "Says what its params write, when they write it: for rehearsals",
    "sma_cross": "Is long while the fast average stands above the slow one",
}


@hookimpl
def logos_feeds() -> Iterator[FeedPart]:
    """Offer the feeds that read bar files."""
    yield FeedPart(
        name="replay",
        summary="Replays bars from CSV and Parquet files",
        target="logos.data.replay:open_replay",
        config="logos.data.replay_config:ReplayConfig",
    )
    yield FeedPart(
        name="scripted",
        summary="Plays bar files as a venue hands them over, with ticks and silence: for rehearsals",
        target="logos.data.scripted:open_scripted",
        config="logos.data.scripted_config:ScriptedConfig",
    )


@hookimpl
def logos_strategies() -> Iterator[StrategyPart]:
    """Offer the built-in strategies."""
    for name, summary in _STRATEGIES.items():
        yield StrategyPart(
            name=name,
            summary=summary,
            target=f"logos.strategies.{name}:build",
            config=f"logos.strategies.{name}:Params",
        )


@hookimpl
def logos_allocators() -> Iterator[AllocatorPart]:
    """Offer the allocators that need no model of risk."""
    yield AllocatorPart(
        name="equal_weight",
        summary="Gives every pair of strategy and symbol the same share of equity",
        target="logos.session.allocators:equal_weight",
        config="logos.session.allocator_config:EqualWeightConfig",
    )
    yield AllocatorPart(
        name="fixed_quantity",
        summary="Turns a signal into a fixed number of units",
        target="logos.session.allocators:fixed_quantity",
        config="logos.session.allocator_config:FixedQuantityConfig",
    )


@hookimpl
def logos_position_managers() -> Iterator[PositionManagerPart]:
    """Offer the position manager that trades the whole difference at once."""
    yield PositionManagerPart(
        name="targets",
        summary="Trades the whole difference between target and position",
        target="logos.session.targets:build_targets",
    )


@hookimpl
def logos_executors() -> Iterator[ExecutorPart]:
    """Offer the executors: in this process, in others, on a cluster."""
    yield ExecutorPart(
        name="inline",
        summary="Does the tasks of a job in this process, one after the other",
        target="logos.backtest.executors.inline:open_inline",
    )
    yield ExecutorPart(
        name="processes",
        summary="Does the tasks of a job in worker processes on this machine",
        target="logos.backtest.executors.processes:open_processes",
        config="logos.backtest.executors.config:ProcessesConfig",
        capabilities=frozenset({"survives_lost_workers"}),
    )
    yield ExecutorPart(
        name="dask",
        summary="Does the tasks of a job on a Dask cluster, running elsewhere or started for it",
        target="logos.backtest.executors.dask:open_dask",
        config="logos.backtest.executors.config:DaskConfig",
        needs=("distributed",),
        extra="dask",
        capabilities=frozenset({"survives_lost_workers"}),
    )
