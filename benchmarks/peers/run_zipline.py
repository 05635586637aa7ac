"""zipline-reloaded: minute bars of a bundle on the calendar that never closes.

A bundle holds prices in thousandths, so the fourth decimal is lost and the equity differs a little; and it holds whole
days, so the rest of the last day is left out. Sums of closes are kept by hand: ``data.history`` at each bar is ten
times slower.
"""

import os
import tempfile
from collections import deque
from typing import Any

from job import CASH, FAST, FEE, QUANTITY, SLOW, arguments, clock, frame, report, symbols

MINUTES = 1_440
root = tempfile.TemporaryDirectory()
os.environ["ZIPLINE_ROOT"] = root.name  # noqa: TID251 -- read when the program is imported

import pandas as pd  # noqa: E402
import zipline  # noqa: E402
from zipline.api import order, set_commission, set_slippage, symbol  # noqa: E402
from zipline.data import bundles  # noqa: E402
from zipline.finance import commission, slippage  # noqa: E402
from zipline.utils.calendar_utils import get_calendar  # noqa: E402
from zipline.utils.run_algo import run_algorithm  # noqa: E402

CALENDAR = get_calendar("24/7")
BUNDLE = "bench"


class NextOpen(slippage.SlippageModel):
    """Fill all of an order at the open of the bar that is seen next."""

    def process_order(self, data: Any, order: Any) -> tuple[float, int]:
        """Return price and quantity."""
        return data.current(order.asset, "open"), order.amount


class Average:
    """One symbol's two sums, and what is wanted of it."""

    def __init__(self, asset: Any) -> None:
        self.asset = asset
        self.fast: deque[float] = deque([0.0] * FAST, FAST)
        self.slow: deque[float] = deque([0.0] * SLOW, SLOW)
        self.sums = [0.0, 0.0]
        self.seen = 0
        self.held = False

    def wanted(self, close: float) -> bool:
        """Take a close in and return whether the fast average is above the slow one."""
        self.sums[0] += close - self.fast[0]
        self.sums[1] += close - self.slow[0]
        self.fast.append(close)
        self.slow.append(close)
        self.seen += 1
        return self.seen >= SLOW and self.sums[0] / FAST > self.sums[1] / SLOW


def ingest(tables: dict[str, pd.DataFrame], *writers: Any) -> None:
    """Write the bars where the program wants them."""
    _, assets, minutes, daily, adjustments, *_ = writers
    aggregates = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    minutes.write(enumerate(table.tz_localize("UTC") for table in tables.values()))
    daily.write((number, table.resample("1D").agg(aggregates)) for number, table in enumerate(tables.values()))
    first, last = (next(iter(tables.values())).index[place].normalize() for place in (0, -1))
    equities = pd.DataFrame({"symbol": list(tables), "asset_name": list(tables)})
    equities = equities.assign(
        start_date=first,
        first_traded=first,
        end_date=last + pd.Timedelta(days=30),
        auto_close_date=last + pd.Timedelta(days=40),
        exchange="SIM",
    )
    exchanges = pd.DataFrame({"exchange": ["SIM"], "canonical_name": ["SIM"], "country_code": ["US"]})
    assets.write(equities=equities, exchanges=exchanges)
    adjustments.write()


def algorithm(names: list[str]) -> tuple[Any, Any]:
    """Return the program's two callbacks."""

    def initialize(context: Any) -> None:
        context.averages = [Average(symbol(name)) for name in names]
        set_commission(commission.PerDollar(FEE))
        set_slippage(NextOpen())

    def handle_data(context: Any, data: Any) -> None:
        for average in context.averages:
            wanted = average.wanted(data.current(average.asset, "close"))
            if wanted != average.held:
                average.held = wanted
                order(average.asset, QUANTITY if wanted else -QUANTITY)

    return initialize, handle_data


def main() -> None:
    """Ingest and run once."""
    mode, folder, bars = arguments()
    begin = clock()
    tables = {name: frame(folder, name) for name in symbols(mode, bars)}
    whole = min(map(len, tables.values())) // MINUTES * MINUTES
    tables = {name: table.iloc[:whole] for name, table in tables.items()}
    first, last = (next(iter(tables.values())).index[place].normalize() for place in (0, -1))
    bundles.register(
        BUNDLE,
        lambda *writers: ingest(tables, *writers),
        calendar_name="24/7",
        start_session=first,
        end_session=last,
        minutes_per_day=MINUTES,
    )
    bundles.ingest(BUNDLE, show_progress=False)
    load = clock() - begin
    initialize, handle_data = algorithm(list(tables))
    begin = clock()
    result = run_algorithm(
        start=first,
        end=last,
        initialize=initialize,
        handle_data=handle_data,
        capital_base=CASH,
        data_frequency="minute",
        bundle=BUNDLE,
        trading_calendar=CALENDAR,
        default_extension=False,
        benchmark_returns=pd.Series(0.0, index=CALENDAR.sessions_in_range(first, last)),
    )
    seconds = clock() - begin
    report(
        version=zipline.__version__,
        bars=whole * len(tables),
        load=load,
        seconds=seconds,
        fills=sum(map(len, result["transactions"])),
        equity=float(result["portfolio_value"].iloc[-1]),
    )


main()
