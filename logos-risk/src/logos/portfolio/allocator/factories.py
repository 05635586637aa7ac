"""Builds the allocators: the method that a config names, in the seat that all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import numpy as np

from logos.context.parts import PartContext
from logos.data.bar_files import interval_text
from logos.domain.errors import ConfigError, Problem
from logos.domain.instruments import Instrument
from logos.domain.times import parse_interval
from logos.portfolio.allocator.config import AllocatorConfig
from logos.portfolio.allocator.mean_variance_config import MeanVarianceConfig
from logos.portfolio.allocator.method_configs import (
    HercConfig,
    HrpConfig,
    InverseVolatilityConfig,
    RiskParityConfig,
    SkfolioConfig,
)
from logos.portfolio.allocator.seat import PortfolioAllocator
from logos.portfolio.allocator.weighing import Weigher
from logos.portfolio.constraints.conflicts import feasible, refusal
from logos.portfolio.constraints.resolving import limits_of, unknown_names
from logos.portfolio.errors import PortfolioError
from logos.portfolio.methods.herc import HierarchicalEqualRiskContribution
from logos.portfolio.methods.hrp import HierarchicalRiskParity
from logos.portfolio.methods.inverse_volatility import InverseVolatility
from logos.portfolio.methods.risk_parity import ROUNDING, RiskParity
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.prices.returns import panel_capacity
from logos.portfolio.records import Method
from logos.session.schedule import schedule_for

_BUDGETS = "allocator.budgets"


def open_inverse_volatility(config: InverseVolatilityConfig, context: PartContext) -> PortfolioAllocator:
    """Build the ``inverse_volatility`` allocator."""
    return open_allocator("inverse_volatility", InverseVolatility(), config, context)


def open_risk_parity(config: RiskParityConfig, context: PartContext) -> PortfolioAllocator:
    """Build the ``risk_parity`` allocator."""
    problems = list(_budget_problems(config.budgets, sorted(context.traded)))
    budgets = {} if problems else config.budgets
    return open_allocator("risk_parity", _risk_parity(budgets), config, context, problems=problems)


def _risk_parity(budgets: Mapping[str, Decimal]) -> RiskParity:
    return RiskParity(budgets={symbol: float(budget) for symbol, budget in budgets.items()})


def open_hrp(config: HrpConfig, context: PartContext) -> PortfolioAllocator:
    """Build the ``hrp`` allocator."""
    method = HierarchicalRiskParity(linkage=config.linkage, distance=config.distance)
    return open_allocator("hrp", method, config, context)


def open_herc(config: HercConfig, context: PartContext) -> PortfolioAllocator:
    """Build the ``herc`` allocator."""
    method = HierarchicalEqualRiskContribution(
        linkage=config.linkage, distance=config.distance, clusters=config.clusters
    )
    return open_allocator("herc", method, config, context)


def open_mean_variance(config: MeanVarianceConfig, context: PartContext) -> PortfolioAllocator:
    """Build the ``mean_variance`` allocator."""
    from logos.portfolio.methods.mean_variance import MeanVariance  # noqa: PLC0415 - loads scipy's optimisers

    method = MeanVariance(
        objective=config.objective,
        risk_aversion=float(config.risk_aversion),
        target_volatility=None if config.target_volatility is None else float(config.target_volatility),
        risk_free=float(config.risk_free),
        solver=config.solver,
        costs=float(config.costs),
    )
    return open_allocator("mean_variance", method, config, context)


def open_skfolio(config: SkfolioConfig, context: PartContext) -> PortfolioAllocator:
    """Build the ``skfolio`` allocator."""
    from logos.portfolio.methods.skfolio_method import SkfolioMethod  # noqa: PLC0415 - an extra

    method = SkfolioMethod(estimator=config.estimator, params=config.params)
    allocator = open_allocator("skfolio", method, config, context)
    method.try_out(len(context.traded))
    return allocator


def open_allocator(
    name: str, method: Method, config: AllocatorConfig, context: PartContext, *, problems: Sequence[Problem] = ()
) -> PortfolioAllocator:
    """Seat a method: with its panel of prices, its schedule and its constraints, for the symbols that are traded.

    Parameters
    ----------
    name:
        What the record calls it.
    problems:
        What does not fit in the method's own keys: told together with the rest.

    Raises
    ------
    ConfigError
        With a problem for each key that does not fit the session.
    """
    instruments = {symbol: context.instruments[symbol] for symbol in sorted(context.traded)}
    problems = [*problems, *_problems(config, instruments, context)]
    if problems:
        raise ConfigError(f"the allocator {name} does not fit the session", problems=problems)
    schedule = schedule_for(config.rebalance, config.calendar, context)
    assert schedule is not None  # the config refuses never
    period = parse_interval(config.interval)
    panel = PricePanel(
        tuple(instruments),
        period=period,
        interval=context.interval,
        capacity=panel_capacity(config.lookback, period, list(instruments.values()), missing=config.risk_model.missing),
    )
    return PortfolioAllocator(
        name=name,
        weigher=Weigher(name=name, config=config, method=method, instruments=instruments),
        panel=panel,
        schedule=schedule,
        traded=context.traded,
        instruments=instruments,
        decimals=context.account.decimals,
        least_history=config.least_history,
        lookback=config.lookback,
        log=context.log,
    )


def _problems(
    config: AllocatorConfig, instruments: Mapping[str, Instrument], context: PartContext
) -> Iterator[Problem]:
    """Yield what does not fit the session: the period of a return, names, and constraints that nothing can keep."""
    if parse_interval(config.interval) % context.interval:
        yield Problem(
            path="allocator.interval",
            message=f"{config.interval} is no multiple of the session's bars of {interval_text(context.interval)}",
            hint="Returns are taken from the session's bars: write the feed's interval, or 1d",
        )
    if not config.constraints.long_only and not context.account.margin:
        yield Problem(
            path="allocator.constraints.long_only",
            message="it is false, and the account has no margin: nothing can be sold short",
            hint="Set margin: true in the broker's section, or long_only: true",
        )
    for each in unknown_names(config.constraints, instruments):
        yield Problem(path=f"allocator.{each.path}", message=each.message, hint=each.hint)
    yield from _conflicts(config, instruments, context)


def _conflicts(
    config: AllocatorConfig, instruments: Mapping[str, Instrument], context: PartContext
) -> Iterator[Problem]:
    """Yield that no weights keep the constraints, seen from an account that holds nothing."""
    limits = limits_of(
        config.constraints,
        symbols=tuple(instruments),
        instruments=instruments,
        held=np.zeros(len(instruments)),
        equity=context.account.cash / 10**context.account.decimals,
        invest=float(config.invest),
    )
    if not feasible(limits):
        error = refusal(limits)
        yield Problem(path="allocator.constraints", message=error.message, hint=error.hint)


def _budget_problems(budgets: Mapping[str, Decimal], traded: Sequence[str]) -> Iterator[Problem]:
    """Yield what is wrong with budgets: unknown names first, then each alone, and all together where that is sound."""
    strange = sorted(set(budgets) - set(traded))
    if strange:
        yield Problem(
            path=_BUDGETS,
            message=f"it names {', '.join(strange)}, which is not traded",
            hint=f"The pairs trade {', '.join(traded)}",
        )
    wrong = [name for name in sorted(budgets) if not budgets[name].is_finite() or budgets[name] <= 0]
    if wrong:
        yield Problem(
            path=_BUDGETS,
            message=f"{', '.join(f'that of {name} is {budgets[name]}' for name in wrong)}, and must be above 0",
            hint='It is a share of the risk: "0.4" is two fifths. Symbols that are left out share what is left',
        )
    if not strange and not wrong:
        yield from _sum_problems(budgets, traded)


def _sum_problems(budgets: Mapping[str, Decimal], traded: Sequence[str]) -> Iterator[Problem]:
    """Yield that budgets are no shares of the whole risk."""
    total = sum(budgets.values(), Decimal(0))
    if set(budgets) != set(traded):
        try:
            _risk_parity(budgets).shares(tuple(traded))
        except PortfolioError as error:
            yield Problem(path=_BUDGETS, message=error.message, hint=error.hint)
    elif float(abs(total - 1)) > ROUNDING:
        yield Problem(
            path=_BUDGETS,
            message=f"every symbol has one, and they sum to {total}, not to 1",
            hint="They are shares of the whole risk: divide each by their sum. "
            "Symbols that are left out share what is left",
        )
