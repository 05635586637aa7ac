"""The one way of one rebalance: from a panel of prices and what is held to weights, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs
import numpy as np

from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE
from logos.domain.times import SECONDS_A_DAY, parse_interval
from logos.portfolio.allocator.book_limits import book_limits
from logos.portfolio.allocator.config import AllocatorConfig
from logos.portfolio.allocator.effective_returns import too_few_told
from logos.portfolio.allocator.rounding import kept_units, whole_units
from logos.portfolio.arrays import Vector
from logos.portfolio.constraints.fixing import relaxed_beside
from logos.portfolio.constraints.keeping import TOLERANCE, broken, violation
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.projection import nearest_of_sum
from logos.portfolio.constraints.resolving import limits_of
from logos.portfolio.errors import EstimationError
from logos.portfolio.prices.gap_notes import common_notes, pairwise_notes
from logos.portfolio.prices.own_returns import own_periods_per_year
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.prices.returns import periods_per_year, without_constant
from logos.portfolio.records import Allocation, Estimate, Method, Window
from logos.portfolio.risk_models.config import COMMON, EWMA
from logos.portfolio.risk_models.contributions import risk_contributions, volatility
from logos.portfolio.risk_models.model import build_risk_model
from logos.session.rebalancing import BookLimit
from logos.session.untraded import STALE_AFTER, since_text

_OWN = frozenset({"closed form", "clustering", "newton"})
"""Ways of methods that know only one: not worth a word in the record."""

_STALE_DAYS = STALE_AFTER // SECONDS_A_DAY

_NOTHING: Mapping[str, int] = {}

_TOLD = 3
"""How many broken constraints or symbols a note names."""


@attrs.frozen(kw_only=True)
class Weighing:
    """Weights, and what they rest on. Ratios are in hundred-millionths.

    Attributes
    ----------
    weights:
        By symbol, the share of equity at full signal; every symbol is there.
    method:
        What found them, such as ``hrp`` or ``mean_variance by clarabel 0.11.1``.
    risk:
        By symbol, the share of the expected variance of what signals use of the weights; empty where there is none.
    volatility:
        Expected of the same, a year.
    choices:
        Whole sentences about what is as it should be: symbols without a weight, weights moved to keep the constraints.
    fallbacks:
        Whole sentences about what was repaired, given up or replaced.
    limits:
        What the weights keep together, and the book is to keep.
    """

    weights: Mapping[str, int]
    method: str
    risk: Mapping[str, int]
    volatility: int
    choices: tuple[str, ...] = ()
    fallbacks: tuple[str, ...] = ()
    limits: tuple[BookLimit, ...] = ()


class Weigher:
    """Weighs symbols by the returns that a panel has.

    Parameters
    ----------
    name:
        The allocator's, for the record.
    instruments:
        Those that are traded, by symbol.
    """

    def __init__(
        self, *, name: str, config: AllocatorConfig, method: Method, instruments: Mapping[str, Instrument]
    ) -> None:
        self._name = name
        self._config = config
        self._method = method
        self._instruments = instruments
        self._model = build_risk_model(config.risk_model)
        self._years: dict[tuple[str, ...], float] = {}

    def weigh(
        self,
        panel: PricePanel,
        held: Mapping[str, float],
        equity: float,
        *,
        used: Mapping[str, float],
        untraded: Mapping[str, int],
    ) -> Weighing:
        """Return new weights.

        Parameters
        ----------
        held:
            What is held of each symbol, as a share of equity.
        equity:
            In units of the account's currency.
        used:
            By symbol, how much of its weight its signals use, signed: 1 at full signal; 0 for one that is not there.
        untraded:
            What is held and cannot be traded now, with the time of the last close: it stays as it is, takes its share
            of every limit but turnover, and gets no weight.

        Raises
        ------
        EstimationError
            Where the returns do not define any risk.
        InfeasibleError
            Where no weights keep the constraints, even with turnover, minimum weights and total given up.
        """
        window, short, constant = self._window(panel, untraded)
        gappy = tuple(self._gaps(panel, sorted({*window.symbols, *constant}), len(window.returns)))
        faded = tuple(self._faded(window))
        stopped = {symbol: last for symbol, last in panel.stopped().items() if symbol not in untraded}
        young = [symbol for symbol in sorted(short) if symbol not in stopped]
        estimate = self._model.estimate(window)
        limits, given_up = relaxed_beside(
            self._limits(window, held, equity, tuple(sorted(untraded))), len(window.symbols)
        )
        allocation = self._allocation(window, estimate, limits)
        weights, moved = _kept(allocation.weights, limits)
        units = kept_units(weights, limits)
        risk, expected = _risk(units, used, estimate)
        way = "" if allocation.solver in _OWN else f" by {allocation.solver}"
        return Weighing(
            weights={symbol: units.get(symbol, 0) for symbol in self._instruments},
            method=f"{self._name}{way}",
            risk=risk,
            volatility=expected,
            choices=(*_left_out(young, stopped, constant, self._config.least_history), *moved),
            fallbacks=(*_stranded(untraded), *gappy, *faded, *estimate.notes, *given_up, *allocation.notes),
            limits=tuple(book_limits(limits)),
        )

    def obstacle(self, panel: PricePanel) -> EstimationError | None:
        """Return why no risk can be estimated from a panel's returns; ``None`` where it can be."""
        try:
            self._model.estimate(self._window(panel)[0])
        except EstimationError as error:
            return error
        return None

    def _allocation(self, window: Window, estimate: Estimate, limits: Limits) -> Allocation:
        """Return the method's weights; 0 where what cannot be traded leaves no room for any."""
        if limits.taken and not limits.lower.any() and not limits.upper.any():
            return Allocation(weights=np.zeros(len(limits.symbols)), solver="closed form")
        return self._method.allocate(window, estimate, limits)

    def _window(
        self, panel: PricePanel, untraded: Mapping[str, int] = _NOTHING
    ) -> tuple[Window, Mapping[str, int], tuple[str, ...]]:
        """Return the returns, how many those symbols have that lack some, and the symbols whose price never moves."""
        window, short = panel.window(
            lookback=self._config.lookback,
            min_history=self._config.least_history,
            missing=self._config.risk_model.missing,
            periods_per_year=1.0,
            without=untraded,
        )
        if not window.symbols:
            return window, short, ()  # the risk model says so
        moving, constant = without_constant(window)
        return attrs.evolve(moving, periods_per_year=self._periods(panel, moving, constant)), short, constant

    def _gaps(self, panel: PricePanel, symbols: Sequence[str], returns: int) -> Iterator[str]:
        """Yield what is to be said of periods that symbols lack although their markets were open."""
        if self._config.risk_model.missing == COMMON:
            return common_notes(panel, symbols, self._instruments, returns, lookback=self._config.lookback)
        return pairwise_notes(panel, symbols, self._instruments, returns)

    def _faded(self, window: Window) -> Iterator[str]:
        """Yield that too few returns have any weight for a covariance of all symbols."""
        model = self._config.risk_model
        told = too_few_told(len(window.returns), float(model.halflife), len(window.symbols))
        if model.model == EWMA and told:
            yield f"With a half-life of {model.halflife}, {told}."

    def _periods(self, panel: PricePanel, window: Window, constant: Sequence[str]) -> float | Vector:
        """Return how many periods a year has for the symbols that take part: a coin alone trades on more days."""
        symbols = window.symbols
        if self._config.risk_model.missing != COMMON:
            return own_periods_per_year(panel, symbols, self._instruments, len(window.returns), beside=constant)
        if symbols not in self._years:
            period = parse_interval(self._config.interval)
            self._years = {symbols: periods_per_year(period, [self._instruments[symbol] for symbol in symbols])}
        return self._years[symbols]

    def _limits(self, window: Window, held: Mapping[str, float], equity: float, untraded: tuple[str, ...]) -> Limits:
        """Return the limits of the symbols that take part, and of those that cannot be traded after them."""
        symbols = (*window.symbols, *untraded)
        return limits_of(
            self._config.constraints,
            symbols=symbols,
            instruments=self._instruments,
            held=np.array([held[symbol] for symbol in symbols]),
            equity=equity,
            invest=float(self._config.invest),
            elsewhere=sum(abs(share) for symbol, share in sorted(held.items()) if symbol not in symbols),
        )


def _kept(weights: Vector, limits: Limits) -> tuple[Vector, tuple[str, ...]]:
    """Return weights that keep their limits, and whole sentences about what was changed."""
    if violation(weights, limits) <= TOLERANCE:
        return weights, ()
    told = broken(weights, limits)
    more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    note = (
        "The nearest weights that keep the constraints were taken, since the method's own break "
        f"{', '.join(told[:_TOLD])}{more}."
    )
    return nearest_of_sum(weights, limits), (note,)


def _risk(units: Mapping[str, int], used: Mapping[str, float], estimate: Estimate) -> tuple[dict[str, int], int]:
    """Return the shares of the variance of what is used of weights, none where it has no risk, and its volatility."""
    weights = np.array([units[symbol] / RATIO_ONE * used.get(symbol, 0.0) for symbol in estimate.symbols])
    shares = risk_contributions(weights, estimate.covariance)
    risk = whole_units(shares, estimate.symbols) if shares.any() else {}
    return risk, round(volatility(weights, estimate.covariance) * RATIO_ONE)


def _left_out(young: Sequence[str], stopped: Mapping[str, int], constant: tuple[str, ...], least: int) -> Iterator[str]:
    """Yield whole sentences without numbers that change: the same ones count as the same note."""
    if young:
        yield f"No weight yet for symbols with fewer than {least} returns: {', '.join(young)}."
    if stopped:
        yield f"No weight for symbols without a close for more than {_STALE_DAYS} days: {since_text(stopped)}."
    if constant:
        yield f"No weight for symbols whose price has not moved: {', '.join(sorted(constant))}."


def _stranded(untraded: Mapping[str, int]) -> Iterator[str]:
    """Yield that something is held that cannot be traded."""
    if untraded:
        yield (
            f"Held and not traded, without a close: {since_text(untraded)}. "
            "It stays as it is and counts toward every limit but turnover; equity counts it at that close."
        )
