"""lib-pybroker: ``Strategy.backtest`` with an indicator over arrays; it fills at the next open.

A short run first: the program compiles parts of itself in each process (``first``).
"""

import functools
from typing import Any

import numpy as np
import pandas as pd
import pybroker
from job import CASH, FEE, QUANTITY, arguments, clock, crossed, frame, report, symbols

NAME = "wanted"


def wanted(data: Any) -> np.ndarray:
    """Return 1 while the fast average is above the slow one, else 0, and nothing before both are known."""
    above, known = crossed(np.asarray(data.close))
    return np.where(known, above, np.nan)


def trade(context: Any) -> None:
    """Trade where the position differs."""
    want, held = context.indicator(NAME)[-1] > 0, context.long_pos() is not None
    if want and not held:
        context.buy_shares = QUANTITY
        context.buy_fill_price = pybroker.PriceType.OPEN
    elif held and not want:
        context.sell_all_shares()
        context.sell_fill_price = pybroker.PriceType.OPEN


def backtest(table: pd.DataFrame) -> tuple[float, Any]:
    """Return the seconds of a run and its result."""
    config = pybroker.StrategyConfig(
        initial_cash=CASH,
        fee_mode=pybroker.FeeMode.ORDER_PERCENT,
        fee_amount=100 * FEE,
        round_fill_price=False,
        round_test_result=False,
    )
    days = table["date"]
    strategy = pybroker.Strategy(table, days.min(), days.max(), config)
    strategy.add_execution(trade, sorted(table["symbol"].unique()), indicators=[pybroker.indicator(NAME, wanted)])
    run = functools.partial(strategy.backtest, calc_bootstrap=False)
    begin = clock()
    result = run()
    return clock() - begin, result


def main() -> None:
    """Run a little once, then the whole."""
    mode, folder, bars = arguments()
    pybroker.disable_logging()
    pybroker.disable_progress_bar()
    begin = clock()
    tables = [frame(folder, symbol).assign(symbol=symbol) for symbol in symbols(mode, bars)]
    table = pd.concat(tables).rename_axis("date").reset_index()
    load = clock() - begin
    first, _ = backtest(tables[0].rename_axis("date").reset_index().head(2_000))
    seconds, result = backtest(table)
    report(
        version=pybroker.__version__,
        bars=len(table),
        load=load,
        first=first,
        seconds=seconds,
        fills=len(result.orders),
        equity=float(result.metrics.end_market_value),
    )


main()
