"""vectorbt: ``MA.run`` and ``Portfolio.from_signals`` over whole arrays; no events.

The first call in a process loads compiled code (``first``); the run is the median of later calls on the same input.
"""

import statistics
from collections.abc import Callable
from typing import Any

import pandas as pd
import vectorbt
from job import CASH, FAST, FEE, PAIRS, QUANTITY, SLOW, arguments, clock, frame, report, symbols


def portfolio(close: Any, fast: pd.DataFrame, slow: pd.DataFrame, **options: Any) -> Any:
    """Return a portfolio that is long where the fast averages are above the slow ones."""
    above, known = fast.to_numpy() > slow.to_numpy(), ~slow.isna().to_numpy()
    return vectorbt.Portfolio.from_signals(
        close, above & known, ~above & known, size=QUANTITY, fees=FEE, init_cash=CASH, freq="1min", **options
    )


def cross(close: Any, **options: Any) -> tuple[int, float]:
    """Return fills and final equity of one pair of windows."""
    fast, slow = vectorbt.MA.run(close, FAST).ma, vectorbt.MA.run(close, SLOW).ma
    result = portfolio(close, fast, slow, **options)
    return int(result.orders.count()), float(result.final_value())


def sweep(close: pd.Series) -> tuple[int, float]:
    """Return fills and final equities of all pairs, added up."""
    windows = sorted({window for pair in PAIRS for window in pair})
    averages = vectorbt.MA.run(close, windows).ma
    averages.columns = windows
    result = portfolio(close, averages[[fast for fast, _ in PAIRS]], averages[[slow for _, slow in PAIRS]])
    return int(result.orders.count().sum()), float(result.final_value().sum())


def timed(work: Callable[[], tuple[int, float]]) -> tuple[float, tuple[int, float]]:
    """Return the seconds of a call and its result."""
    begin = clock()
    result = work()
    return clock() - begin, result


def main() -> None:
    """Run once cold and three times warm."""
    mode, folder, bars = arguments()
    begin = clock()
    tables = {symbol: frame(folder, symbol)["close"] for symbol in symbols(mode, bars)}
    close: Any = pd.DataFrame(tables) if mode == "ten" else next(iter(tables.values()))
    load = clock() - begin
    options = {"cash_sharing": True, "group_by": True} if mode == "ten" else {}

    def work() -> tuple[int, float]:
        return sweep(close) if mode == "sweep" else cross(close, **options)

    first, _ = timed(work)
    calls = [timed(work) for _ in range(3)]
    fills, equity = calls[0][1]
    report(
        version=vectorbt.__version__,
        bars=close.size,
        load=load,
        first=first,
        seconds=statistics.median(seconds for seconds, _ in calls),
        fills=fills,
        equity=equity,
    )


main()
