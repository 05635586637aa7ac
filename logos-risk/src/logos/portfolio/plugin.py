"""What this package offers: allocators, the cost-aware position manager and a command. Entry point of ``logos.v1``."""

from __future__ import annotations

from collections.abc import Iterator

from logos.plugins import AllocatorPart, BacktestPart, CommandPart, PositionManagerPart, hookimpl

_REBALANCES = frozenset({"rebalances"})


@hookimpl
def logos_allocators() -> Iterator[AllocatorPart]:
    """Yield the allocators that weigh symbols by their risk, in name order."""
    yield AllocatorPart(
        name="herc",
        summary="Splits risk equally down a tree of similar symbols, which is cut into clusters (HERC)",
        target="logos.portfolio.allocator.factories:open_herc",
        config="logos.portfolio.allocator.method_configs:HercConfig",
        capabilities=_REBALANCES,
    )
    yield AllocatorPart(
        name="hrp",
        summary="Splits weight by inverse variance down a tree of similar symbols (hierarchical risk parity)",
        target="logos.portfolio.allocator.factories:open_hrp",
        config="logos.portfolio.allocator.method_configs:HrpConfig",
        capabilities=_REBALANCES,
    )
    yield AllocatorPart(
        name="inverse_volatility",
        summary="Gives each symbol weight in proportion to one over its volatility",
        target="logos.portfolio.allocator.factories:open_inverse_volatility",
        config="logos.portfolio.allocator.method_configs:InverseVolatilityConfig",
        capabilities=_REBALANCES,
    )
    yield AllocatorPart(
        name="mean_variance",
        summary="Finds the weights of least variance, of greatest Sharpe ratio, or for a volatility",
        target="logos.portfolio.allocator.factories:open_mean_variance",
        config="logos.portfolio.allocator.mean_variance_config:MeanVarianceConfig",
        capabilities=_REBALANCES,
    )
    yield AllocatorPart(
        name="risk_parity",
        summary="Lets each symbol contribute the same share of risk, or as its budget says",
        target="logos.portfolio.allocator.factories:open_risk_parity",
        config="logos.portfolio.allocator.method_configs:RiskParityConfig",
        capabilities=_REBALANCES,
    )
    yield AllocatorPart(
        name="skfolio",
        summary="Takes the weights of an estimator of the library skfolio",
        target="logos.portfolio.allocator.factories:open_skfolio",
        config="logos.portfolio.allocator.method_configs:SkfolioConfig",
        needs=("skfolio",),
        extra="skfolio",
        capabilities=_REBALANCES,
    )


@hookimpl
def logos_position_managers() -> Iterator[PositionManagerPart]:
    """Yield the position manager that weighs a trade against its cost."""
    yield PositionManagerPart(
        name="cost_aware",
        summary="Trades a difference only where it is worth its fees and slippage",
        target="logos.portfolio.position_manager.cost_aware:build_cost_aware",
        config="logos.portfolio.position_manager.config:CostAwareConfig",
    )


@hookimpl
def logos_backtests() -> Iterator[BacktestPart]:
    """Yield what ``logos backtest verify`` makes a portfolio backtest again with."""
    yield BacktestPart(
        name="portfolio",
        summary="Runs a portfolio and its benchmarks again, to verify them",
        target="logos.portfolio.backtest.making_again:make_again",
    )


@hookimpl
def logos_commands() -> Iterator[CommandPart]:
    """Yield the command ``logos portfolio``."""
    yield CommandPart(
        name="portfolio",
        summary="Backtest a portfolio with its allocator, constraints and benchmarks",
        target="logos.portfolio.cli.app:app",
    )
