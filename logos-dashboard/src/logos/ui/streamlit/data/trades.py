"""The fills of a run as a columnar table: filtered and paged there, and only what is shown becomes Python values."""

from __future__ import annotations

import io
import stat
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from logos.artifacts.schemas import METRICS_FILE, TRADE_COLUMNS, TRADES_FILE
from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.csv_table import read_table
from logos.ui.streamlit.data.faults import fault_of
from logos.ui.streamlit.data.last_rows import shortfall
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.runs_index import shown_name
from logos.ui.streamlit.data.stamps import Stamp

SIDES = ("buy", "sell")

_NEEDED = ("timestamp", "symbol", "side", "quantity", "price")
_RUN_AGAIN = "Run the backtest again; `logos backtest verify` says what else differs"
_MOST_TABLES = 8


@attrs.frozen(eq=False, slots=False)
class Trades:
    """Fills in the order in which they happened; every value is the text of the file, so money stays exact.

    Attributes
    ----------
    table:
        The columns of ``trades.csv`` that the file has.
    """

    table: pa.Table

    def __len__(self) -> int:
        rows: int = self.table.num_rows
        return rows

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that traded, in name order."""
        return tuple(sorted(pc.unique(self.table["symbol"]).to_pylist()))

    @cached_property
    def days(self) -> tuple[str, str]:
        """First and last day with a fill, UTC, such as ``2024-03-07``; empty where nothing traded."""
        if not len(self):
            return "", ""
        ends = pc.min_max(self.table["timestamp"]).as_py()
        return ends["min"][:10], ends["max"][:10]

    def filtered(
        self, *, symbols: Collection[str] = (), sides: Collection[str] = (), first: str = "", last: str = ""
    ) -> Trades:
        """Return the fills that match.

        Parameters
        ----------
        symbols, sides:
            What to keep; empty keeps all.
        first, last:
            Days, both included, UTC, such as ``2024-03-07``; empty for no bound.
        """
        masks = [pc.is_in(self.table[name], pa.array(sorted(wanted))) for name, wanted in
                 (("symbol", symbols), ("side", sides)) if wanted]  # fmt: skip
        # Times are ISO-8601 in UTC, so that texts stand in the order of the instants.
        if first:
            masks.append(pc.greater_equal(self.table["timestamp"], first))
        if last:
            masks.append(pc.less_equal(self.table["timestamp"], f"{last}T99"))
        table = self.table
        if masks:
            together = masks[0]
            for mask in masks[1:]:
                together = pc.and_(together, mask)
            table = table.filter(together)
        return Trades(table)

    def pages(self, size: int) -> int:
        """Return how many pages of so many rows there are; one where there is no row."""
        return max(1, -(-len(self) // size))

    def page(self, number: int, size: int) -> list[dict[str, Any]]:
        """Return the rows of a page, counted from 1, the newest fill first."""
        stop = max(0, len(self) - (number - 1) * size)
        start = max(0, stop - size)
        rows: list[dict[str, Any]] = self.table.slice(start, stop - start).to_pylist()
        return rows[::-1]

    def to_csv(self) -> bytes:
        """Return the fills as the bytes of a CSV file, written as ``trades.csv`` is."""
        out = io.BytesIO()
        out.write((",".join(self.table.column_names) + "\n").encode())
        for style in ("none", "needed"):  # quotes only where a value holds a comma or a quote itself
            written = io.BytesIO()
            try:
                csv.write_csv(self.table, written, csv.WriteOptions(include_header=False, quoting_style=style))
            except pa.ArrowInvalid:
                continue
            out.write(written.getvalue())
            break
        return out.getvalue()


def load_trades(folder: Path) -> Reading[Trades]:
    """Return the fills of a backtest."""
    return read_trades_file(folder / TRADES_FILE)


def read_trades_file(path: Path) -> Reading[Trades]:
    """Return the fills of a table, read again only when the file has changed."""
    return _FILES.of(path, missing=f"{path.name} is not there", hint=_RUN_AGAIN)


def as_it_is_now(reading: Reading[Trades]) -> Reading[Trades]:
    """Return fills that were read before as their file has them now, or as they were, with why they cannot be read."""
    if reading.value is None or reading.stamp is None:
        return reading
    path = reading.stamp.path
    now = read_trades_file(path)
    if now.usable:
        return now
    found = now.message if path.parent.is_dir() else f"The folder {shown_name(path.parent.name)} is gone"
    return Reading.partial(reading.value, f"{found}; what is shown was read before", now.hint, reading.stamp)


def held_against(reading: Reading[Trades], counted: int) -> Reading[Trades]:
    """Return fills with a word on those that are lost, where ``metrics.json`` has counted more of them."""
    if reading.value is None or reading.stamp is None:
        return reading
    told = shortfall(reading.stamp.path, len(reading.value), counted, "fills", teller=METRICS_FILE)
    if not told:
        return reading
    if not len(reading.value):
        return Reading.damaged(told, _RUN_AGAIN, reading.stamp)
    message = f"{reading.message}; {told}" if reading.message else told
    return Reading.partial(reading.value, message, _RUN_AGAIN, reading.stamp)


def _read(path: Path, stamp: Stamp) -> Reading[Trades]:
    convert = csv.ConvertOptions(column_types={name: pa.string() for name in TRADE_COLUMNS}, strings_can_be_null=False)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Reading.damaged(f"{path.name} is not a file", _RUN_AGAIN, stamp)
        if stamp.size == 0:
            return Reading.damaged(f"{path.name} is empty", _RUN_AGAIN, stamp)
        table, cut = read_table(path, convert)
    except (pa.ArrowException, OSError, ValueError) as error:
        return Reading.damaged(f"{path.name} cannot be read: {fault_of(error)}", _RUN_AGAIN, stamp)
    lacking = [name for name in _NEEDED if name not in table.column_names]
    if lacking:
        return Reading.damaged(f"{path.name} has no column {', '.join(lacking)}", _RUN_AGAIN, stamp)
    columns = [name for name in TRADE_COLUMNS if name in table.column_names]
    trades = Trades(table.select(columns))
    if cut:
        rows = "1 row does" if cut == 1 else f"{cut:,} rows do"
        told = f"{path.name}: {rows} not have as many fields as the header: left out"
        return Reading.partial(trades, told, _RUN_AGAIN, stamp)
    return Reading.ok(trades, stamp)


_FILES: ByStamp[Trades] = ByStamp(_read, most=_MOST_TABLES)
