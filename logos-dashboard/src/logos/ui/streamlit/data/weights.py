"""The weights of a portfolio at each of its rebalances: ``weights.csv`` as arrays, one row a rebalance."""

from __future__ import annotations

import stat
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from logos.artifacts.schemas import WEIGHT_COLUMNS, WEIGHTS_FILE
from logos.context.redaction import redact_text
from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.csv_table import parsed_table
from logos.ui.streamlit.data.faults import fault_of
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import Stamp

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

RUN_AGAIN = "Run it again; `logos backtest verify` or `logos audit` says what else differs"

_RISK = "risk_share"
_NUMBERS = ("target_weight", "actual_weight", _RISK)
_MOST_BYTES = 512 << 20
_MOST_CELLS = 20_000_000
_MOST_TABLES = 8


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Weights:
    """What was wanted, what was held and who carried the risk: for pictures, never for money.

    Attributes
    ----------
    times:
        The clock of each decision, in seconds since the epoch, UTC, ascending.
    symbols:
        In name order.
    target, actual, risk:
        A row a rebalance and a column a symbol; not a number where the file says nothing. Weights are shares of
        equity, ``actual`` at the close of the slice after the decision; ``risk`` is a share of the expected variance.
    tells_risk:
        Whether the file has a column of it; without one it is not known whether the allocator had a model of risk.
    """

    times: Times
    symbols: tuple[str, ...]
    target: Floats
    actual: Floats
    risk: Floats
    tells_risk: bool

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def largest(self) -> npt.NDArray[np.int64]:
        """The columns by the mean of their absolute target weight, largest first, equals in name order."""
        return np.argsort(-np.abs(np.nan_to_num(self.target)).mean(axis=0), kind="stable")

    @cached_property
    def has_shorts(self) -> bool:
        """Whether any weight is below zero."""
        return bool((np.nan_to_num(self.target) < 0).any() or (np.nan_to_num(self.actual) < 0).any())

    @property
    def has_risk(self) -> bool:
        """Whether the allocator had a model of risk."""
        return bool(np.isfinite(self.risk).any())

    @property
    def held_last(self) -> bool:
        """Whether it is known what the last rebalance came to."""
        return bool(len(self)) and bool(np.isfinite(self.actual[-1]).any())

    def effective_assets(self) -> Floats:
        """Return, for each rebalance, how many symbols held equally would be as concentrated.

        One over the sum of the squared shares of the gross holdings; not a number where nothing is known or held.
        """
        held = np.abs(np.nan_to_num(self.actual))
        gross = held.sum(axis=1)
        squares = np.square(held).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(squares > 0, gross * gross / squares, np.nan))

    def target_turnover(self) -> Floats:
        """Return, for each rebalance but the first, the sum of the absolute changes of the targets."""
        return np.asarray(np.abs(np.diff(np.nan_to_num(self.target), axis=0)).sum(axis=1))


def load_weights(folder: Path) -> Reading[Weights]:
    """Return the weights of a backtest or a session, read again only when the file has changed."""
    return _WEIGHTS.of(
        folder / WEIGHTS_FILE,
        missing=f"{folder.name} has no {WEIGHTS_FILE}: its allocator sets no weights on a schedule",
        hint="Give the allocator a schedule, such as `rebalance: month_end`",
    )


def _read(path: Path, stamp: Stamp) -> Reading[Weights]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Reading.damaged(f"{path.name} is not a file", RUN_AGAIN)
        if stamp.size > _MOST_BYTES:
            return Reading.damaged(f"{path.name} has {stamp.size:,} bytes: too many to show", RUN_AGAIN)
        content = path.read_bytes()
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {fault_of(error)}", RUN_AGAIN)
    whole = content[: content.rfind(b"\n") + 1]  # a last row without its end is being written: a number may be cut
    if not whole:
        return Reading.missing("The table of weights is being started", "Look again in a moment")
    return _parsed(path.name, whole)


def _parsed(name: str, whole: bytes) -> Reading[Weights]:
    # A table of the four columns that any program may write: who carried the risk is not known then.
    tells_risk = _RISK.encode() in whole[: whole.find(b"\n")]
    try:
        table, skipped = parsed_table(
            whole,
            csv.ConvertOptions(
                include_columns=[name for name in WEIGHT_COLUMNS if tells_risk or name != _RISK],
                column_types={
                    "timestamp": pa.timestamp("s", tz="UTC"),
                    "symbol": pa.string(),
                    **dict.fromkeys(_NUMBERS, pa.float64()),
                },
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowException, ValueError) as error:
        return Reading.damaged(redact_text(f"{name} is not a table of weights: {fault_of(error)}"), RUN_AGAIN)
    good = pc.is_valid(table["timestamp"])
    dropped = skipped + table.num_rows - (pc.sum(good).as_py() or 0)
    table = table.filter(good)
    if not table.num_rows:
        if dropped:
            return Reading.damaged(f"{name} has no row that can be read", RUN_AGAIN)
        return Reading.missing("There was no rebalance yet", "Weights come with the first rebalance of the schedule")
    if not tells_risk:
        table = table.append_column(_RISK, pa.nulls(table.num_rows, pa.float64()))
    return _arrays(name, table, dropped, tells_risk=tells_risk)


def _arrays(name: str, table: pa.Table, dropped: int, *, tells_risk: bool) -> Reading[Weights]:
    clocks = table["timestamp"].cast(pa.int64()).to_numpy()
    encoded = table["symbol"].combine_chunks().dictionary_encode()
    names = [redact_text(symbol) for symbol in encoded.dictionary.to_pylist()]
    times, rows = np.unique(clocks, return_inverse=True)
    if len(times) * len(names) > _MOST_CELLS:
        told = f"{name} has {len(times):,} rebalances of {len(names):,} symbols: too many to show"
        return Reading.damaged(told, RUN_AGAIN)
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), np.int64)
    place[order] = np.arange(len(names))
    cells = (rows, place[encoded.indices.to_numpy(zero_copy_only=False)])

    def matrix(column: str) -> Floats:
        return _matrix((len(times), len(names)), cells, table[column])

    weights = Weights(
        times=times,
        symbols=tuple(names[index] for index in order),
        tells_risk=tells_risk,
        target=matrix(_NUMBERS[0]),
        actual=matrix(_NUMBERS[1]),
        risk=matrix(_RISK),
    )
    if dropped:
        told = "1 row that cannot be read is" if dropped == 1 else f"{dropped:,} rows that cannot be read are"
        return Reading.partial(weights, f"{name}: {told} left out", RUN_AGAIN)
    return Reading.ok(weights)


def _matrix(shape: tuple[int, int], cells: tuple[Any, Any], column: pa.ChunkedArray) -> Floats:
    values = column.to_numpy().astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    matrix = np.full(shape, np.nan)
    matrix[cells] = values
    return matrix


_WEIGHTS: ByStamp[Weights] = ByStamp(_read, _MOST_TABLES)
