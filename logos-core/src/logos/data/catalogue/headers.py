"""What the header of a file says about its columns: bars, quotes, closes side by side, or something else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import attrs

from logos.data.bar_blocks import COLUMNS
from logos.data.bar_rows import shown
from logos.data.catalogue.records import Finding
from logos.data.catalogue.table import PRICES, SIDES, Series
from logos.data.printable import printable

_TIMES = ("timestamp", "datetime", "date", "time", "open_time")
_OTHER_NAMES = {
    "adjclose": "adj_close",
    "adjusted_close": "adj_close",
    "dividend": "dividends",
    "stock_splits": "splits",
    "split": "splits",
    "vol": "volume",
}
_EVENTS = ("adj_close", "dividends", "splits", "capital_gains")
QUOTES = tuple(f"{side}_{price}" for side in SIDES for price in PRICES)
_DATA = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.ASCII)


@attrs.frozen(kw_only=True)
class Header:
    """Which columns of a file are read, and what they are.

    Attributes
    ----------
    width:
        How many columns the file has.
    time:
        The place of the time, counted from 0.
    places:
        The place of each column that is read, by the name it goes by here.
    series:
        The prices among them.
    """

    width: int
    time: int
    places: Mapping[str, int]
    series: tuple[Series, ...]

    @property
    def is_wide(self) -> bool:
        """Whether the columns are series of closes side by side."""
        return all(one.prices != PRICES and len(one.prices) == 1 for one in self.series)


def understand(names: Sequence[str]) -> tuple[Header | None, Finding | None]:
    """Return what a header says; no header where the file is none of bars, and why.

    Parameters
    ----------
    names:
        The names as they stand in the file.
    """
    plain = [_plain(name) for name in names]
    fault = _fault(names, plain)
    if fault:
        return None, fault
    time = next((plain.index(name) for name in _TIMES if name in plain), None)
    if time is None:
        return None, Finding(kind="not_bars", count=1, found=f"no column of times among {_shown(names)}")
    places, series = _series([name if index != time else "" for index, name in enumerate(plain)], names)
    if not places:
        return None, Finding(kind="not_bars", count=1, found=f"only times in {_shown(names)}")
    header = Header(width=len(names), time=time, places=places, series=series)
    return header, _remark(names, plain, header)


def _shown(names: Sequence[str]) -> str:
    return shown(printable(",".join(names)))


def _plain(name: str) -> str:
    plain = re.sub(r"[\s_]+", "_", name.strip().lower())
    return _OTHER_NAMES.get(plain, plain)


def _fault(names: Sequence[str], plain: Sequence[str]) -> Finding | None:
    text = _shown(names)
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        separator = "semicolons" if ";" in names[0] else "tabs"
        return Finding(kind="no_header", count=1, line=1, found=f"columns separated by {separator}: '{text}'")
    if names and all(_DATA.fullmatch(name.strip()) for name in names if name.strip()):
        return Finding(kind="no_header", count=1, line=1, found=f"the first line is a row: '{text}'")
    twice = sorted({name for name in plain if plain.count(name) > 1})
    if twice:
        return Finding(kind="no_header", count=1, line=1, found=f"the column {', '.join(twice)} more than once: {text}")
    return None


def _series(plain: Sequence[str], names: Sequence[str]) -> tuple[dict[str, int], tuple[Series, ...]]:
    there = {name: index for index, name in enumerate(plain) if name}
    if set(PRICES) <= set(there):
        wanted = [*PRICES, *(name for name in ("volume", *_EVENTS) if name in there)]
        return {name: there[name] for name in wanted}, (Series(name="", prices=PRICES),)
    if set(QUOTES) <= set(there):
        sides = tuple(Series(name=side, prices=tuple(f"{side}_{price}" for price in PRICES)) for side in SIDES)
        return {name: there[name] for name in QUOTES}, sides
    wide = {names[index].strip(): index for index in there.values() if plain[index] != "volume"}
    return wide, tuple(Series(name=name, prices=(name,)) for name in wide)


def _remark(names: Sequence[str], plain: Sequence[str], header: Header) -> Finding | None:
    if header.is_wide or header.series[0].name:
        return None  # never meant for replay
    if set(COLUMNS) <= {name.strip() for name in names}:
        return None
    missing = [name for name in COLUMNS if name not in plain and name != "timestamp"]
    text = f"no column {', '.join(missing)} among" if missing else "the columns are called"
    return Finding(kind="other_names", count=1, line=1, found=f"{text} {_shown(names)}")
