"""The position manager ``cost_aware``: it trades a difference only where the expected benefit beats the cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import fsum

from logos.context.parts import PartContext
from logos.data.bar_files import interval_text
from logos.domain.bars import Bar
from logos.domain.errors import ConfigError, Problem
from logos.domain.instruments import Instrument
from logos.domain.money import scaled
from logos.domain.times import parse_interval
from logos.portfolio.position_manager.adjustment import Adjustment
from logos.portfolio.position_manager.config import CostAwareConfig
from logos.portfolio.position_manager.trading_costs import TradingRules, always_traded, cost_of_trading
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.prices.returns import panel_capacity
from logos.session.rebalancing import BookLimit, Held, PairChange
from logos.session.seats import AccountView, Pair


class CostAware:
    """Trades the whole difference between target and position, or none of it.

    Leaving a position and turning it round are always traded, and so is what cannot be judged: without a mark, a rate
    of conversion or equity. Opening a position is held to the least trade alone.

    Parameters
    ----------
    rules:
        What a difference has to be.
    instruments:
        By symbol.
    variances:
        Estimates the variance of a symbol's returns; ``None`` where no costs are to be judged.
    """

    def __init__(
        self, rules: TradingRules, instruments: Mapping[str, Instrument], variances: Variances | None = None
    ) -> None:
        self._rules = rules
        self._instruments = instruments
        self._variances = variances

    @property
    def lookback(self) -> int:
        """How many bars of each symbol decide, the current one included."""
        return self._variances.lookback if self._variances else 1

    def watch(self, bars: Sequence[Bar]) -> None:
        """See bars, in ascending order of time for each symbol."""
        if self._variances:
            self._variances.watch(bars)

    def difference(self, pair: Pair, target: int, position: int, account: AccountView) -> int | Held:
        """Return the signed lots to trade, all that lie between position and target, or why none are."""
        adjustment = self._adjustment(PairChange(pair, target, position), account)
        held = None if adjustment is None else self._rules.judge(adjustment)
        return held or target - position

    def differences(
        self, changes: Sequence[PairChange], account: AccountView, limits: Sequence[BookLimit]
    ) -> Sequence[int | Held]:
        """Return what to trade of each pair of a rebalance, in the same order, or why nothing."""
        found = {place: self._adjustment(change, account) for place, change in enumerate(changes)}
        judged = {place: one for place, one in found.items() if one is not None}
        held = dict(zip(judged, self._rules.judge_all(list(judged.values()), limits), strict=True))
        return [held.get(place) or change.target - change.position for place, change in enumerate(changes)]

    def _adjustment(self, change: PairChange, account: AccountView) -> Adjustment | None:
        """Return a difference as it is judged; ``None`` where nothing says what it is worth."""
        lots = change.target - change.position
        symbol, equity = change.pair.symbol, account.equity
        mark = account.mark(symbol)
        if mark is None or equity <= 0:
            return None
        worth = [account.value(self._instruments[symbol], mark, one) for one in (lots, change.position, change.target)]
        value, before, after = worth
        if value is None or before is None or after is None:
            return None
        return Adjustment(
            value=abs(value),
            equity=equity,
            symbol=symbol,
            before=before,
            after=after,
            sells=lots < 0,
            opens=not change.position,
            certain=not lots or always_traded(change.target, change.position),
            variance=self._variances.of(symbol) if lots and self._variances else None,
        )


class Variances:
    """The sample variance of each symbol's last returns, from its own closes alone.

    Parameters
    ----------
    panels:
        By symbol, its closes.
    returns:
        How many returns an estimate rests on; with fewer there is none.
    """

    def __init__(self, panels: Mapping[str, PricePanel], returns: int) -> None:
        self._panels = panels
        self._returns = returns
        self.lookback = max((panel.lookback_bars for panel in panels.values()), default=1)

    def watch(self, bars: Sequence[Bar]) -> None:
        """See bars, in ascending order of time for each symbol."""
        for bar in bars:
            panel = self._panels.get(bar.symbol)
            if panel is not None:
                panel.watch((bar,))

    def of(self, symbol: str) -> Fraction | None:
        """Return the variance of one period's return, the float's exact value; ``None`` with too few returns."""
        window, _ = self._panels[symbol].window(
            lookback=self._returns, min_history=self._returns, missing="common", periods_per_year=1.0
        )
        if not window.symbols:
            return None
        returns = [float(row) for row in window.returns[:, 0]]
        # Sums that are rounded once are the same on every machine.
        mean = fsum(returns) / len(returns)
        return Fraction(fsum((one - mean) ** 2 for one in returns) / (len(returns) - 1))


def build_cost_aware(config: CostAwareConfig, context: PartContext) -> CostAware:
    """Build the ``cost_aware`` position manager.

    Raises
    ------
    ConfigError
        Where the period of the returns is no multiple of the session's bars.
    """
    period = parse_interval(config.interval)
    if period % context.interval:
        problem = Problem(
            path="position_manager.interval",
            message=f"{config.interval} is no multiple of the session's bars of {interval_text(context.interval)}",
            hint="Write the feed's interval, or 1d",
        )
        raise ConfigError("the position manager cost_aware does not fit the session", problems=[problem])
    rules = TradingRules(
        band=Fraction(config.band),
        min_trade=scaled(config.min_trade, context.account.decimals),
        cost=cost_of_trading(context.fill_terms, config.fee_bps, config.slippage_bps),
        drift=Fraction(config.drift),
        risk_aversion=Fraction(config.risk_aversion),
        horizon=config.horizon,
        currency=context.account.currency,
        decimals=context.account.decimals,
    )
    # Where trading is free, every difference is worth it, and no history is asked for.
    return CostAware(rules, context.instruments, _variances(config, context, period) if rules.cost else None)


def _variances(config: CostAwareConfig, context: PartContext, period: int) -> Variances:
    panels = {}
    for symbol in context.traded:
        capacity = panel_capacity(config.lookback, period, [context.instruments[symbol]], missing="common")
        panels[symbol] = PricePanel((symbol,), period=period, interval=context.interval, capacity=capacity)
    return Variances(panels, config.lookback)
