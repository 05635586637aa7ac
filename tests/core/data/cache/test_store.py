"""A symbol's file in a cache: what is added, what is refused, and that no two programs spoil it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos.data.cache.bars import StoredBars, merged, stored
from logos.data.cache.store import CachedSymbol
from logos.domain.bars import Bar
from logos.domain.errors import DataError, InputError, StorageError


def bars(*minutes: int, price: float = 100.0) -> StoredBars:
    """Return bars that open in some minutes."""
    values = np.full((5, len(minutes)), price)
    return StoredBars(timestamp=np.array(minutes, np.int64) * 60, values=values)


def minutes(stored_bars: StoredBars) -> list[int]:
    return (stored_bars.timestamp // 60).tolist()


@pytest.fixture
def symbol(tmp_path) -> CachedSymbol:
    return CachedSymbol(
        cache=tmp_path / "cache", shown_as="cache", asset_class="crypto", symbol="BTC-USD", interval=60, patience=30
    )


FORMS = [".parquet", ".csv", ".csv.gz"]


@pytest.mark.parametrize("form", FORMS)
def test_bars_are_added_before_behind_and_between(symbol, form) -> None:
    assert symbol.write(bars(10, 11, 14), form=form).added == 3
    assert symbol.write(bars(15, 16)).added == 2
    written = symbol.write(bars(8, 11, 12, 13, 16))
    assert (written.added, written.same, written.replaced, written.total) == (3, 2, 0, 8)
    assert minutes(symbol.bars()) == [8, 10, 11, 12, 13, 14, 15, 16]
    assert written.path.name == f"BTC-USD-1m{form}"


@pytest.mark.parametrize("form", FORMS)
def test_the_same_bars_give_the_same_bytes_however_they_came(symbol, form) -> None:
    path = symbol.write(bars(*range(50)), form=form).path
    at_once = path.read_bytes()
    path.unlink()
    for part in (range(20, 30), range(10), range(30, 50), range(5, 25)):
        symbol.write(bars(*part), form=form)
    assert path.read_bytes() == at_once


def test_nothing_is_written_where_nothing_is_new(symbol) -> None:
    path = symbol.write(bars(1, 2)).path
    before = path.stat()
    assert symbol.write(bars(1)).same == 1
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_bar_with_other_values_is_refused_or_replaced(symbol) -> None:
    path = symbol.write(bars(1, 2, 3)).path
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"1 bar in cache/crypto/BTC-USD-1m.parquet would change: 1970-01-01T00:02:00Z"):
        symbol.write(bars(2, price=105.0))
    assert path.read_bytes() == before
    written = symbol.write(bars(2, 4, price=105.0), replacing=True)
    assert (written.added, written.same, written.replaced) == (1, 0, 1)
    assert symbol.bars().values[0].tolist() == [100.0, 105.0, 100.0, 105.0]


def test_a_symbol_keeps_the_form_and_the_name_that_it_has(symbol) -> None:
    path = symbol.folder / "BTC-USD-1m.csv"
    symbol.write(bars(1), form=".csv")
    with pytest.raises(InputError, match=r"BTC-USD-1m.csv is there already, and .parquet is asked for"):
        symbol.write(bars(2), form=".parquet")
    assert symbol.write(bars(2)).path == path
    hours = CachedSymbol(cache=symbol.cache, shown_as="cache", asset_class="crypto", symbol="ABC", interval=3_600)
    hours.folder.joinpath("ABC-60m.csv").write_text(
        "timestamp,open,high,low,close,volume\n2026-01-05T00:00:00Z,1,1,1,1,1\n"
    )
    assert hours.write(bars(60)).path.name == "ABC-60m.csv"


def test_two_files_of_one_symbol_are_refused(symbol) -> None:
    path = symbol.write(bars(1)).path
    path.with_suffix(".csv").write_text("timestamp,open,high,low,close,volume\n")
    with pytest.raises(DataError, match=r"several files of BTC-USD: BTC-USD-1m.csv, BTC-USD-1m.parquet"):
        symbol.write(bars(2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timestamp,open,high,low,close,volume\n2026-01-05T00:00:00Z,1,1,1,x,1\n", "line 2: close 'x' is not a number"),
        (
            "timestamp,open,high,low,close,volume\n2026-01-05T00:01:00Z,1,1,1,1,1\n2026-01-05T00:00:00Z,1,1,1,1,1\n",
            "not in order of time",
        ),
        ("timestamp,open,high,low,close,volume,adj_close\n", "the columns adj_close, which would be lost"),
    ],
)
def test_nothing_is_added_to_a_file_that_would_lose_something(symbol, text, message) -> None:
    symbol.folder.mkdir(parents=True)
    path = symbol.folder / "BTC-USD-1m.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        symbol.write(bars(2))
    assert path.read_text() == text


def test_a_symbol_that_is_held_by_another_program_is_waited_for_and_then_told(symbol) -> None:
    impatient = CachedSymbol(
        cache=symbol.cache, shown_as="cache", asset_class="crypto", symbol="BTC-USD", interval=60, patience=0.05
    )
    path = symbol.write(bars(1)).path
    other = FileLock(symbol.folder / ".BTC-USD-1m.lock")
    with other, pytest.raises(StorageError, match=r"held by another program for 0\.05 s"):
        impatient.write(bars(2))
    assert impatient.write(bars(2)).added == 1
    assert path.exists()


WRITER = """
import sys
import numpy as np
from pathlib import Path
from logos.data.cache.bars import StoredBars
from logos.data.cache.store import CachedSymbol
first, step, count = map(int, sys.argv[2:])
symbol = CachedSymbol(cache=Path(sys.argv[1]), shown_as="cache", asset_class="crypto", symbol="BTC-USD", interval=60)
for minute in range(first, count, step):
    symbol.write(StoredBars(timestamp=np.array([minute * 60]), values=np.full((5, 1), 1.0 + minute)))
"""


def test_programs_that_write_one_symbol_at_once_lose_nothing(symbol, offline_environment) -> None:
    count, programs = 60, 3
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(symbol.cache), str(first), str(programs), str(count)],
            env=offline_environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in range(programs)
    ]
    assert [(one.communicate(timeout=120)[1], one.returncode) for one in running] == [("", 0)] * programs
    found = symbol.bars()
    assert minutes(found) == list(range(count))
    assert found.values[3].tolist() == [1.0 + minute for minute in range(count)]
    assert sorted(path.name for path in symbol.folder.iterdir()) == [".BTC-USD-1m.lock", "BTC-USD-1m.parquet"]


@settings(max_examples=60)
@given(
    old=st.dictionaries(st.integers(0, 30), st.integers(1, 3)),
    new=st.dictionaries(st.integers(0, 30), st.integers(1, 3)),
)
def test_a_merge_is_what_a_dictionary_would_make_of_it(old, new) -> None:
    def columns(given_bars):
        keys = sorted(given_bars)
        values = np.array([[float(given_bars[key])] * 5 for key in keys]).reshape(len(keys), 5).T
        return StoredBars(timestamp=np.array(keys, np.int64), values=values)

    found = merged(columns(old), columns(new))
    assert dict(zip(found.bars.timestamp.tolist(), found.bars.values[0].tolist(), strict=True)) == {**old, **new}
    assert found.bars.timestamp.tolist() == sorted({**old, **new})
    common = old.keys() & new.keys()
    assert found.added == len(new.keys() - old.keys())
    assert found.same == sum(old[key] == new[key] for key in common)
    assert found.differing.tolist() == sorted(key for key in common if old[key] != new[key])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**12)), min_size=1, max_size=20),
    form=st.sampled_from(FORMS),
    tick=st.sampled_from(["0.01", "0.00000001", "0.25", "5"]),
    lot=st.sampled_from(["1", "0.00001", "100"]),
)
def test_bars_in_ticks_and_lots_are_read_as_they_were_written(cache, instrument, rows, form, tick, lot) -> None:
    one = instrument(tick=tick, lot=lot)
    wanted = [Bar(one, 60 * at, price, price, price, price, volume) for at, (price, volume) in enumerate(rows)]
    symbol = CachedSymbol(cache=cache.folder, shown_as="cache", asset_class="crypto", symbol="BTC-USD", interval=60)
    path = symbol.write(stored(wanted), form=form).path
    feed = cache.feed(one)
    feed.prepare()
    assert [bar for piece in feed.slices(None) for bar in piece.bars] == wanted
    path.unlink()
