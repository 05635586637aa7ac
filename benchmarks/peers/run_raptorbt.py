"""raptorbt: signals as arrays (``run_single_backtest``, ``batch_single_backtest``), or its class strategy.

The array form sizes by capital. Lots of ten and a share of the capital worth fifteen units make every order ten units,
which the script checks; so its fills and equity can be compared.
"""

from pathlib import Path
from typing import Any

import numpy as np
import raptorbt
from job import CASH, FEE, PAIRS, QUANTITY, arguments, clock, crossed, frame, report, symbols
from raptorbt.strategy.orders import Market


class Cross(raptorbt.Strategy):
    """Long while the fast average is above the slow one, asked at each bar."""

    def on_start(self, ctx: Any) -> None:
        """Compute the averages' order once."""
        self.wanted = crossed(ctx.close)[0].tolist()
        self.held = False

    def on_bar(self, ctx: Any) -> None:
        """Trade where the position differs."""
        wanted = self.wanted[ctx.idx]
        if wanted != self.held:
            self.held = wanted
            self.submit_order(Market(side="buy" if wanted else "sell", units=float(QUANTITY)))


def columns(folder: Path, symbol: str) -> list[np.ndarray]:
    """Return times in nanoseconds, open, high, low, close and volume."""
    table = frame(folder, symbol)
    names = ("open", "high", "low", "close", "volume")
    return [table.index.to_numpy().astype(np.int64), *(table[name].to_numpy(dtype=np.float64) for name in names)]


def outcome(result: Any) -> tuple[int, float]:
    """Return fills and final equity, after a look at the sizes."""
    trades = result.trades()
    if any(trade.size != QUANTITY for trade in trades):
        raise SystemExit("raptorbt traded other sizes than ten units: its fills cannot be compared")
    return 2 * len(trades) - result.metrics.total_open_trades, result.metrics.end_value


def main() -> None:
    """Run once."""
    mode, folder, bars = arguments()
    config = raptorbt.BacktestConfig(initial_capital=float(CASH), fees=FEE, fill_timing="next_bar_open")
    begin = clock()
    prices = columns(folder, symbols(mode, bars)[0])
    load = clock() - begin
    close = prices[4]
    sized = {
        "position_sizes": 1.5 * QUANTITY * close / CASH,
        "instrument_config": raptorbt.InstrumentConfig(lot_size=float(QUANTITY)),
    }
    begin = clock()
    if mode == "class":
        results = [raptorbt.run_strategy_backtest(Cross(), *prices, config=config)]
    elif mode == "sweep":
        items = []
        for fast, slow in PAIRS:
            above, known = crossed(close, fast, slow)
            items.append(raptorbt.BatchSingleItem(f"{fast}-{slow}", above, known & ~above, **sized))
        results = [result for _, result in raptorbt.batch_single_backtest(*prices, items, config=config)]
    else:
        above, known = crossed(close)
        results = [raptorbt.run_single_backtest(*prices, above, known & ~above, config=config, **sized)]
    seconds = clock() - begin
    outcomes = [outcome(result) for result in results]
    report(
        version=raptorbt.__version__,
        bars=len(close),
        load=load,
        seconds=seconds,
        fills=sum(fills for fills, _ in outcomes),
        equity=sum(equity for _, equity in outcomes),
    )


main()
