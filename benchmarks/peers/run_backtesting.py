"""backtesting.py: ``Backtest.run``, its statistics included. It knows one symbol only."""

import warnings

import backtesting
import numpy as np
from job import CASH, FEE, QUANTITY, arguments, clock, crossed, frame, report, symbols


class Cross(backtesting.Strategy):
    """Long while the fast average is above the slow one."""

    def init(self) -> None:
        """Compute the averages' order once, as the program recommends."""
        above, known = crossed(np.asarray(self.data.Close))
        self.wanted = self.I(lambda: np.where(known, above, np.nan), name="wanted", plot=False)

    def next(self) -> None:
        """Buy or close where the position differs."""
        if self.wanted[-1] > 0:
            if not self.position:
                self.buy(size=QUANTITY)
        elif self.position:
            self.position.close()


def main() -> None:
    """Run once."""
    mode, folder, bars = arguments()
    warnings.simplefilter("ignore")
    begin = clock()
    table = frame(folder, symbols(mode, bars)[0]).rename(columns=str.capitalize)
    load = clock() - begin
    begin = clock()
    test = backtesting.Backtest(table, Cross, cash=CASH, commission=FEE, finalize_trades=False)
    outcome = test.run()
    seconds = clock() - begin
    report(
        version=backtesting.__version__,
        bars=len(table),
        load=load,
        seconds=seconds,
        fills=2 * len(outcome["_trades"]) + len(outcome["_strategy"].trades),
        equity=float(outcome["Equity Final [$]"]),
    )


main()
