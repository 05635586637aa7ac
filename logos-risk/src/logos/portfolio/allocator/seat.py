"""The allocator seat: weights by risk, set anew on a schedule, and signals that say how much of them is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from logos.context.parts import Log
from logos.domain.bars import Bar
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE
from logos.domain.wording import kind_of
from logos.portfolio.allocator.weighing import Weigher, Weighing
from logos.portfolio.errors import EstimationError, PortfolioError
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.prices.trading import untraded as not_traded
from logos.session.rebalancing import Rebalance
from logos.session.schedule import Schedule
from logos.session.seats import AccountView, PairSignal, State, Target


class PortfolioAllocator:
    """Weighs the symbols of a session's pairs by their past returns, whatever their signals are.

    A pair's target is its symbol's weight, times its signal, over the number of pairs that the symbol has. Where no
    weights can be found at a rebalance, those in force stay, and a note says why; before the first they are all 0.

    Parameters
    ----------
    name:
        The plugin's, for record and log.
    traded:
        How many pairs each symbol has.
    instruments:
        The traded ones, by symbol.
    decimals:
        Those of money.
    least_history, lookback:
        How many returns a symbol needs for a weight, and how many an estimate rests on.
    """

    def __init__(  # noqa: PLR0913 - each thing it stands on, named at the one call
        self,
        *,
        name: str,
        weigher: Weigher,
        panel: PricePanel,
        schedule: Schedule,
        traded: Mapping[str, int],
        instruments: Mapping[str, Instrument],
        decimals: int,
        least_history: int,
        lookback: int,
        log: Log,
    ) -> None:
        self.schedule: Schedule | None = schedule
        self._name = name
        self._weigher = weigher
        self._panel = panel
        self._traded = traded
        self._instruments = instruments
        self._units = 10**decimals
        self._least_history = least_history
        self._lookback = lookback
        self._log = log
        self._weights: dict[str, int] = {}
        self._told: tuple[str, ...] = ()

    @property
    def lookback(self) -> int:
        """How many bars of each symbol decide, the current one included."""
        return self._panel.lookback_bars

    def watch(self, bars: Sequence[Bar]) -> None:
        """See bars; those of symbols that are not traded are passed over."""
        self._panel.watch(bars)

    @property
    def ready(self) -> bool:
        """Whether every symbol has enough returns for a weight, or one of them as many as an estimate takes.

        A symbol that is listed later than the others is not waited for. Nor does anything begin while no risk can be
        estimated, as where no price has moved yet.
        """
        return bool(self._weights) or (self._enough and self.obstacle is None)

    @property
    def obstacle(self) -> EstimationError | None:
        """Why there are no weights although there are returns enough; ``None`` where nothing but returns is missing."""
        return None if self._weights or not self._enough else self._weigher.obstacle(self._panel)

    @property
    def _enough(self) -> bool:
        known = self._panel.returns_known().values()
        return min(known, default=0) >= self._least_history or max(known, default=0) >= self._lookback

    def rebalance(self, signals: Sequence[PairSignal], account: AccountView) -> Rebalance:
        """Return new targets for signals; with the weights in force and a note where no new ones can be found."""
        untraded = {
            symbol: last
            for symbol, last in not_traded(self._panel, self._instruments).items()
            if account.position(symbol)
        }
        try:
            weighing = self._weigh(account, self._used(signals), untraded)
        except PortfolioError as error:
            note = f"The weights in force stay: {error.message}. {error.hint}".rstrip(". ") + "."
            self._tell("", (), (note,))
            return Rebalance(
                targets=self.targets(signals, account),
                method=f"{self._name}, undecided",
                notes=(note,),
                untraded=frozenset(untraded),
            )
        # What cannot be traded keeps its weight: a signal that changes once there are bars again is answered with it.
        self._weights = dict(weighing.weights) | {symbol: self._weights.get(symbol, 0) for symbol in sorted(untraded)}
        self._tell(weighing.method, weighing.choices, weighing.fallbacks)
        return Rebalance(
            targets=self.targets(signals, account),
            method=weighing.method,
            risk=weighing.risk,
            volatility=weighing.volatility,
            notes=(*weighing.choices, *weighing.fallbacks),
            limits=weighing.limits,
            untraded=frozenset(untraded),
        )

    def targets(self, changed: Sequence[PairSignal], account: AccountView) -> Sequence[Target]:  # noqa: ARG002 - a seat
        """Return a share of equity for each changed signal, in the same order, by the weights in force."""
        return [self._target(each) for each in changed]

    def snapshot(self) -> State:
        """Return the weights in force, in hundred-millionths by symbol."""
        return {"weights": dict(self._weights)}

    def restore(self, state: State) -> None:
        """Take back a snapshot."""
        self._weights = dict(state["weights"])

    def _used(self, signals: Sequence[PairSignal]) -> dict[str, float]:
        """Return how much of each symbol's weight its signals use, all pairs of it together."""
        values: dict[str, int] = {}
        for each in signals:
            values[each.pair.symbol] = values.get(each.pair.symbol, 0) + each.signal.value
        return {symbol: value / (RATIO_ONE * self._traded[symbol]) for symbol, value in values.items()}

    def _weigh(self, account: AccountView, used: Mapping[str, float], untraded: Mapping[str, int]) -> Weighing:
        equity = account.equity
        if equity <= 0:
            raise EstimationError(f"equity is {Fraction(equity, self._units)}, and shares of it mean nothing")
        held = {symbol: _value(account, self._instruments[symbol]) / equity for symbol in self._traded}
        return self._weigher.weigh(self._panel, held, equity / self._units, used=used, untraded=untraded)

    def _target(self, signal: PairSignal) -> Target:
        symbol = signal.pair.symbol
        units = self._weights.get(symbol, 0) * signal.signal.value
        return Target(pair=signal.pair, weight=Fraction(units, RATIO_ONE * RATIO_ONE * self._traded[symbol]))

    def _tell(self, method: str, choices: Sequence[str], fallbacks: Sequence[str]) -> None:
        """Log what is new since the last rebalance: the same words every month would say nothing, whatever numbers."""
        told, self._told = self._told, (method, *map(kind_of, (*choices, *fallbacks)))
        if method and method not in told:
            self._log.info("allocator_method", allocator=self._name, method=method)
        for note in choices:
            if kind_of(note) not in told:
                self._log.info("allocator_note", allocator=self._name, message=note)
        for note in fallbacks:
            if kind_of(note) not in told:
                self._log.warning("allocator_note", allocator=self._name, message=note)


def _value(account: AccountView, instrument: Instrument) -> int:
    """Return the signed value of a position in minor units; 0 where nothing says what it is worth."""
    lots, mark = account.position(instrument.symbol), account.mark(instrument.symbol)
    if lots == 0 or mark is None:
        return 0
    return account.value(instrument, mark, lots) or 0
