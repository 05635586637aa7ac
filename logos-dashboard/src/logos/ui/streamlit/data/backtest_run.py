"""One backtest as its page shows it: figures, config, and the curves thinned for a picture."""

from __future__ import annotations

import math
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
from pyarrow import csv

from logos.artifacts.backtests import read_metrics
from logos.artifacts.curve import EquityCurve
from logos.artifacts.schemas import BENCHMARK_FILE, CONFIG_FILE, EQUITY_FILE, METRICS_FILE
from logos.context.redaction import redact
from logos.domain.errors import InputError, LogosError
from logos.domain.times import parse_time
from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.config_text import shown_config
from logos.ui.streamlit.data.csv_table import read_table
from logos.ui.streamlit.data.downsampling import thinned
from logos.ui.streamlit.data.faults import fault_of, told_of
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.runs_index import LEAST_DAYS, number_of
from logos.ui.streamlit.data.stamps import Stamp
from logos.ui.streamlit.design.formats import decimal_of, money_decimals

_RUN_AGAIN = "Run the backtest again; `logos backtest verify` says what else differs"
_MOST_CONFIG_BYTES = 4 << 20
_COLUMNS = {"timestamp": pa.timestamp("s", tz="UTC"), "equity": pa.float64(), "drawdown": pa.float64()}
_PLAIN = pa.schema({**_COLUMNS, "timestamp": pa.int64()})


@attrs.frozen(kw_only=True, eq=False)
class Backtest:
    """What a backtest's folder holds.

    Attributes
    ----------
    metrics:
        The content of ``metrics.json``, secrets masked.
    config:
        What ``config.yaml`` holds, parsed and written anew, with everything below the name of a secret masked.
    equity:
        The whole run in at most some two thousand points.
    benchmark:
        Buying and holding: starting cash at the run's first moment, then daily closes. Missing where none was run.
    """

    folder: Path
    metrics: Mapping[str, Any]
    config: Reading[str]
    equity: Reading[EquityCurve]
    benchmark: Reading[EquityCurve]

    @property
    def backtest_id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def currency(self) -> str:
        """The account's currency."""
        return str(self.metrics["currency"])

    @property
    def decimals(self) -> int:
        """With how many decimals its money is shown."""
        return money_decimals(self.metrics.get("starting_cash"))

    def figure(self, name: str) -> float | None:
        """Return a figure that is a ratio or a count; ``None`` where it is not defined."""
        return number_of(self.metrics.get(name))

    def benchmark_figure(self, name: str) -> float | None:
        """Return a figure of buying and holding; ``None`` where there is none."""
        benchmark = self.metrics.get("benchmark")
        return number_of(benchmark.get(name)) if isinstance(benchmark, dict) else None


def load_backtest(folder: Path) -> Reading[Backtest]:
    """Return one backtest. It is missing or damaged only where its figures are; each other file stands for itself."""
    metrics = _METRICS.of(
        folder / METRICS_FILE, missing=f"{folder.name} holds no {METRICS_FILE}, so it is no backtest", hint=_RUN_AGAIN
    )
    if metrics.value is None:
        return Reading(None, metrics.state, metrics.message, metrics.hint, metrics.stamp)
    run = Backtest(
        folder=folder,
        metrics=metrics.value,
        config=_CONFIGS.of(folder / CONFIG_FILE, hint=_RUN_AGAIN),
        equity=_CURVES.of(folder / EQUITY_FILE, hint=_RUN_AGAIN),
        benchmark=_from_start(_CURVES.of(folder / BENCHMARK_FILE, missing=_no_benchmark(metrics.value)), metrics.value),
    )
    return Reading(run, metrics.state, metrics.message, metrics.hint, metrics.stamp)


def sharpe_error(metrics: Mapping[str, Any]) -> float | None:
    """Return the standard error of a run's yearly Sharpe ratio; ``None`` below 30 days, or without a ratio.

    With the daily ratio ``s`` over ``n`` days it is ``sqrt((1 + s**2 / 2) / n)``, scaled to a year. It takes returns
    to be normal and independent from day to day; fat tails and runs of days make the true error larger. Source: Lo,
    *The Statistics of Sharpe Ratios*, Financial Analysts Journal 58(4), 2002.
    """
    ratio, days, year = (number_of(metrics.get(name)) for name in ("sharpe", "days", "periods_per_year"))
    if ratio is None or days is None or days < LEAST_DAYS or not year or year <= 0:
        return None
    return math.sqrt((1 + ratio * ratio / year / 2) / days * year)


def _read_metrics(path: Path, stamp: Stamp) -> Reading[dict[str, Any]]:
    fault = _not_a_file(path)
    if fault:
        return Reading.damaged(fault, _RUN_AGAIN, stamp)
    try:
        return Reading.ok(redact(read_metrics(path.parent)), stamp)
    except LogosError as error:
        return Reading.damaged(told_of(error, path.parent), _RUN_AGAIN, stamp)


def _read_config(path: Path, stamp: Stamp) -> Reading[str]:
    fault = _not_a_file(path)
    if fault:
        return Reading.damaged(fault, _RUN_AGAIN, stamp)
    if stamp.size > _MOST_CONFIG_BYTES:
        return Reading.damaged(f"{path.name} has {stamp.size:,} bytes: too many to show", _RUN_AGAIN, stamp)
    try:
        return attrs.evolve(shown_config(path.read_bytes(), path.name), stamp=stamp)
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {fault_of(error)}", _RUN_AGAIN, stamp)


def _read_curve(path: Path, stamp: Stamp) -> Reading[EquityCurve]:
    fault = _not_a_file(path)
    if fault:
        return Reading.damaged(fault, _RUN_AGAIN, stamp)
    try:
        curve, dropped = _points(path)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:  # Arrow's faults of a column are KeyErrors
        return Reading.damaged(f"{path.name} is not a table of equity: {fault_of(error)}", _RUN_AGAIN, stamp)
    if not len(curve):
        return Reading.damaged(f"{path.name} has no row", _RUN_AGAIN, stamp)
    if dropped:
        rows = "1 row is" if dropped == 1 else f"{dropped:,} rows are"
        told = f"{path.name}: {rows} cut, without a value or out of order, and left out"
        return Reading.partial(thinned(curve), told, _RUN_AGAIN, stamp)
    return Reading.ok(thinned(curve), stamp)


def _points(path: Path) -> tuple[EquityCurve, int]:
    """Return every point whose values are numbers and whose time does not fall, and how many rows are not so."""
    convert = csv.ConvertOptions(include_columns=list(_COLUMNS), column_types=_COLUMNS)
    table, cut = read_table(path, convert)
    whole = table.drop_null()
    time, equity, drawdown = (column.to_numpy() for column in whole.cast(_PLAIN).columns)
    good = (time == np.maximum.accumulate(time)) & np.isfinite(equity) & np.isfinite(drawdown)
    dropped = cut + table.num_rows - int(good.sum())
    return EquityCurve(time[good], equity[good], drawdown[good]), dropped


def _no_benchmark(metrics: Mapping[str, Any]) -> str:
    """Return why there is no curve of buying and holding."""
    if isinstance(metrics.get("benchmark"), dict):
        return f"Buying and holding is not drawn: {BENCHMARK_FILE} is missing"
    return "Buying and holding is not drawn: it was not run"


def _from_start(reading: Reading[EquityCurve], metrics: Mapping[str, Any]) -> Reading[EquityCurve]:
    """Return a curve of daily closes with the run's first moment, at which it holds the starting cash, before them."""
    cash, start = decimal_of(metrics.get("starting_cash")), str(metrics.get("start"))
    if reading.value is None or cash is None:
        return reading
    try:
        first = parse_time(start)
    except InputError:
        return reading
    curve = reading.value
    if first >= int(curve.time[0]):
        return reading
    whole = EquityCurve(
        np.concatenate(([first], curve.time)),
        np.concatenate(([float(cash)], curve.equity)),
        np.concatenate(([0.0], curve.drawdown)),
    )
    return attrs.evolve(reading, value=whole)


def _not_a_file(path: Path) -> str:
    """Return what is wrong with a path that is no plain file: a pipe would hold up the page for ever."""
    try:
        return "" if stat.S_ISREG(path.stat().st_mode) else f"{path.name} is not a file"
    except OSError as error:
        return f"{path.name} cannot be read: {fault_of(error)}"


_METRICS: ByStamp[dict[str, Any]] = ByStamp(_read_metrics)
_CONFIGS: ByStamp[str] = ByStamp(_read_config)
_CURVES: ByStamp[EquityCurve] = ByStamp(_read_curve)
