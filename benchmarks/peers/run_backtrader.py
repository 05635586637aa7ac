"""backtrader: ``Cerebro.run`` on ``PandasData``, whose preload is part of the run."""

import backtrader
from job import CASH, FAST, FEE, QUANTITY, SLOW, arguments, clock, frame, report, symbols


class Cross(backtrader.Strategy):
    """Long while the fast average is above the slow one, for each feed."""

    def __init__(self) -> None:
        averages = backtrader.indicators.SimpleMovingAverage
        self.averages = [(feed, averages(feed, period=FAST), averages(feed, period=SLOW)) for feed in self.datas]
        self.filled = 0

    def notify_order(self, order: backtrader.Order) -> None:
        """Count what was filled."""
        self.filled += order.status == order.Completed

    def next(self) -> None:
        """Trade where the position differs."""
        for feed, fast, slow in self.averages:
            wanted, held = fast[0] > slow[0], self.getposition(feed).size > 0
            if wanted and not held:
                self.buy(data=feed, size=QUANTITY)
            elif held and not wanted:
                self.sell(data=feed, size=QUANTITY)


def main() -> None:
    """Run once."""
    mode, folder, bars = arguments()
    begin = clock()
    tables = {symbol: frame(folder, symbol) for symbol in symbols(mode, bars)}
    load = clock() - begin
    cerebro = backtrader.Cerebro(stdstats=False)
    for symbol, table in tables.items():
        feed = backtrader.feeds.PandasData(dataname=table, timeframe=backtrader.TimeFrame.Minutes, compression=1)
        cerebro.adddata(feed, name=symbol)
    cerebro.broker.setcash(CASH)
    cerebro.broker.setcommission(commission=FEE)
    cerebro.addstrategy(Cross)
    begin = clock()
    (strategy,) = cerebro.run()
    seconds = clock() - begin
    report(
        version=backtrader.__version__,
        bars=sum(map(len, tables.values())),
        load=load,
        seconds=seconds,
        fills=strategy.filled,
        equity=cerebro.broker.getvalue(),
    )


main()
