"""The feed merges symbols by time, streams, counts, resumes, and notices what happens to its files."""

from __future__ import annotations

import hashlib
import heapq
import itertools
import struct
import tracemalloc
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.data.bar_blocks import COLUMNS, Block
from logos.data.merging import Merger
from logos.data.replay_config import ReplayConfig
from logos.domain.bars import Bar, Slice
from logos.domain.errors import DataError, InputError
from logos.domain.instruments import AssetClass
from logos.domain.times import parse_time, time_text

START = 1_709_812_800


def row(minute, price=10_000, volume="1.5"):
    money = f"{price / 100:.2f}"
    return f"{time_text(START + 60 * minute)},{money},{money},{money},{money},{volume}"


def block_of(stamps, price):
    stamps = np.array(stamps, dtype=np.int64)
    prices = np.full(len(stamps), price, dtype=np.int64)
    return Block(timestamp=stamps, open=prices, high=prices, low=prices, close=prices, volume=prices)


def in_blocks(stamps, price, size):
    return iter([block_of(stamps[at : at + size], price) for at in range(0, len(stamps), size)])


def obvious_merge(series, after):
    """Merge bars one by one with a heap."""
    bars = heapq.merge(
        *([Bar(one, at, price, price, price, price, price) for at in stamps] for one, stamps, price in series),
        key=lambda bar: (bar.timestamp, bar.symbol),
    )
    grouped = itertools.groupby(bars, key=lambda bar: bar.timestamp)
    slices = [Slice(opened + 60, tuple(group)) for opened, group in grouped]
    return [one for one in slices if after is None or one.clock > after]


stamps_of_a_symbol = st.sets(st.integers(0, 40), max_size=30).map(lambda found: [60 * at for at in sorted(found)])


@settings(max_examples=100)
@given(
    series=st.lists(st.tuples(stamps_of_a_symbol, st.integers(1, 7)), min_size=1, max_size=4),
    after=st.none() | st.integers(-1, 42).map(lambda at: 60 * at),
)
def test_merging_equals_a_heap(instrument, series, after):
    symbols = [instrument(f"S{number}") for number in range(len(series))]
    sources = [(one, in_blocks(stamps, 5, size)) for one, (stamps, size) in zip(symbols, series, strict=True)]
    expected = obvious_merge([(one, stamps, 5) for one, (stamps, _) in zip(symbols, series, strict=True)], after)
    merger = Merger(60)
    count = 0
    for found, wanted in zip(merger.slices(sources, after), expected, strict=True):
        count += 1
        assert found == wanted
        assert type(found) is Slice
        assert all(type(bar) is Bar for bar in found.bars)
        for one, (stamps, _) in zip(symbols, series, strict=True):
            past = [at for at in stamps if at + 60 <= found.clock]
            assert merger.delivered()[one.symbol] == (len(past), past[-1] if past else None)
    assert count == len(expected)


def test_symbols_with_different_calendars_share_slices_by_time(cache, instrument):
    cache.rows(row(0), row(1), row(3), name="crypto/B-1m.csv")
    cache.rows(row(1), row(2), row(3), name="crypto/A-1m.csv")
    feed = cache.feed(instrument("B"), instrument("A"))
    found = [((one.clock - START) // 60, [bar.symbol for bar in one.bars]) for one in feed.slices(None)]
    assert found == [(1, ["B"]), (2, ["A", "B"]), (3, ["A"]), (4, ["A", "B"])]
    feed.close()


def test_slices_after_a_clock_continue_where_a_session_stopped(cache, instrument):
    one = instrument()
    cache.rows(*(row(minute, 10_000 + minute) for minute in range(20)))
    whole = list(cache.feed(one).slices(None))
    for stopped in (0, 7, 19):
        assert list(cache.feed(one).slices(whole[stopped].clock)) == whole[stopped + 1 :]


def test_the_snapshot_tells_what_was_delivered_and_not_how(cache):
    cache.rows(*(row(minute) for minute in range(5)))
    feed, resumed = cache.feed(), cache.feed()
    assert feed.snapshot() == {"BTC-USD": {"last_bar": None, "bars": 0}}
    slices = feed.slices(None)
    for _ in range(3):
        last = next(slices)
    assert feed.snapshot() == {"BTC-USD": {"last_bar": "2024-03-07T12:02:00Z", "bars": 3}}
    next(resumed.slices(last.clock))
    next(slices)
    assert resumed.snapshot() == feed.snapshot() == {"BTC-USD": {"last_bar": "2024-03-07T12:03:00Z", "bars": 4}}
    feed.close()
    resumed.close()


@pytest.mark.parametrize(("count", "closed"), [(1, 3), (2, 3), (3, 3), (9, 3), (0, 3), (4, 0), (2, 99)])
def test_history_is_the_last_bars_that_had_closed(cache, count, closed):
    cache.rows(*(row(minute, 10_000 + minute) for minute in range(6)))
    feed = cache.feed()
    every = [one.bars[0] for one in feed.slices(None)]
    until = START + 60 * closed
    past = [bar for bar in every if bar.timestamp + 60 <= until]
    assert list(feed.history("BTC-USD", count, until)) == past[len(past) - min(count, len(past)) :]
    feed.close()


def test_history_reaches_over_many_blocks(cache):
    cache.rows(*(row(minute, 10_000 + minute % 977) for minute in range(20_000)))
    feed = cache.feed()
    every = [one.bars[0] for one in feed.slices(None)]
    assert list(feed.history("BTC-USD", 9_000, START + 60 * 15_000)) == every[6_000:15_000]
    feed.close()


@pytest.mark.parametrize("act", ["slices", "history", "quarantined"])
def test_a_file_that_changed_since_it_was_judged_is_refused(cache, act):
    rows = [row(0), row(1), "bad"]
    cache.rows(*rows)
    feed = cache.feed(on_bad_row="quarantine")
    feed.prepare()
    cache.rows(*rows, row(2))
    with pytest.raises(DataError, match="has changed while it was in use"):
        {
            "slices": lambda: list(feed.slices(None)),
            "history": lambda: feed.history("BTC-USD", 1, START + 600),
            "quarantined": lambda: list(feed.quarantined()),
        }[act]()


def test_equal_bars_have_an_equal_digest_in_every_form(cache):
    rows = [row(minute, 10_000 + 37 * minute % 400, f"{minute / 8}") for minute in range(300)]
    digests = {}
    path = cache.rows(*rows)
    digests["csv"] = cache.feed().digest()
    path.unlink()
    path = cache.rows(*rows, name="crypto/BTC-USD-1m.csv.gz")
    digests["gz"] = cache.feed().digest()
    path.unlink()
    for unit in ("s", "ms", "us", "ns"):
        path = write_parquet(cache, rows, kind=pa.timestamp(unit, "UTC"))
        digests[unit] = cache.feed().digest()
        path.unlink()
    write_parquet(cache, rows, kind=pa.string())
    digests["text"] = cache.feed().digest()
    assert len(set(digests.values())) == 1, digests


def test_the_digest_can_be_made_again_by_hand(cache, instrument):
    for name in "AB":
        cache.rows(row(0), row(1, 10_250, "0.00019"), name=f"crypto/{name}-1m.csv")
    bars = struct.pack("<12q", START, *[10_000] * 4, 15_000, START + 60, *[10_250] * 4, 1)
    expected = hashlib.sha256(b"A\0" + bars + b"B\0" + bars).hexdigest()
    assert cache.feed(instrument("B"), instrument("A")).digest() == expected


def test_the_digest_sees_every_field_and_the_symbol(cache, instrument):
    base = f"{time_text(START)},100,101,99,100,1"
    others = [
        f"{time_text(START + 60)},100,101,99,100,1",
        f"{time_text(START)},100.01,101,99,100,1",
        f"{time_text(START)},100,101.01,99,100,1",
        f"{time_text(START)},100,101,98.99,100,1",
        f"{time_text(START)},100,101,99,100.01,1",
        f"{time_text(START)},100,101,99,100,1.0001",
    ]
    digests = set()
    for text in (base, *others):
        cache.rows(text)
        digests.add(cache.feed().digest())
    cache.rows(base, name="crypto/X-1m.csv")
    digests.add(cache.feed(instrument("X")).digest())
    assert len(digests) == 8


def test_the_order_in_which_symbols_are_listed_changes_nothing(cache, instrument):
    for name in "AB":
        cache.rows(row(0), row(1), name=f"crypto/{name}-1m.csv")
    one, two = instrument("A"), instrument("B")
    forth, back = cache.feed(one, two), cache.feed(two, one)
    assert forth.prepare() == back.prepare()
    assert forth.digest() == back.digest()
    assert list(forth.slices(None)) == list(back.slices(None))


def write_parquet(cache, rows, kind, **changes):
    fields = list(zip(*(text.split(",") for text in rows), strict=True))
    stamps = [parse_time(text) for text in fields[0]]
    if pa.types.is_timestamp(kind):
        column = pa.array(stamps, pa.timestamp("s", kind.tz)).cast(kind)
    else:
        column = pa.array(list(fields[0]), kind)
    columns = {"timestamp": column}
    for name, texts in zip(COLUMNS[1:], fields[1:], strict=True):
        columns[name] = pa.array([float(text) for text in texts], pa.float64())
    columns.update(changes)
    path = cache.path("crypto/BTC-USD-1m.parquet")
    pq.write_table(pa.table({name: value for name, value in columns.items() if value is not None}), path)
    return path


PARQUET_ROWS = [row(minute) for minute in range(4)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"volume": None}, "not exactly one column volume"),
        ({"timestamp": pa.array(range(4), pa.int64())}, "timestamps of type int64"),
        ({"timestamp": pa.array(range(4), pa.timestamp("us"))}, "naive timestamps"),
        ({"high": pa.array([100.0, None, 100.0, 100.0])}, r"parquet:2: high is empty"),
        ({"high": pa.array([100.0, float("nan"), 100.0, 100.0])}, r"parquet:2: high is nan"),
        ({"low": pa.array([100.0, 100.0, 100.0, 101.0])}, r"parquet:4: high 100.0 is below low 101.0"),
        ({"volume": pa.array([1, 2, 3, -4])}, r"parquet:4: volume -4 is negative"),
    ],
)
def test_a_defect_of_a_parquet_file_is_named_with_its_row(cache, changes, message):
    write_parquet(cache, PARQUET_ROWS, pa.timestamp("us", "UTC"), **changes)
    with pytest.raises(DataError, match=message):
        cache.feed().prepare()


def test_a_fraction_of_a_second_in_parquet_is_a_bad_row(cache):
    stamps = pa.array([START * 10**9, (START + 60) * 10**9 + 1], pa.timestamp("ns", "UTC"))
    write_parquet(cache, PARQUET_ROWS[:2], pa.timestamp("s", "UTC"), timestamp=stamps)
    with pytest.raises(DataError, match=r"parquet:2: timestamp .* has a fraction of a second"):
        cache.feed().prepare()


def test_a_column_of_decimals_or_integers_is_read_exactly(cache):
    exact = pa.array([Decimal("100.00")] * 4, pa.decimal128(20, 2))
    write_parquet(cache, PARQUET_ROWS, pa.timestamp("s", "UTC"), high=exact, volume=pa.array([1, 2, 3, 4], pa.uint64()))
    feed = cache.feed()
    assert [one.bars[0][3:] for one in feed.slices(None)] == [(10_000, 10_000, 10_000, lots) for lots in
                                                             (10_000, 20_000, 30_000, 40_000)]  # fmt: skip
    feed.close()


@pytest.mark.parametrize("keep", [0, 3, 200, -1])
def test_a_truncated_parquet_file_is_refused(cache, keep):
    path = write_parquet(cache, PARQUET_ROWS, pa.timestamp("s", "UTC"))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        cache.feed().prepare()


def test_reports_count_gaps_and_say_what_an_operator_should_know(cache, instrument):
    far = 60 * 24 * 40
    cache.rows(row(0), row(1, volume="0"), row(3), row(far), row(far + 1, 2_000), row(far + 2, 2_100))
    [report] = cache.feed().prepare()
    assert (report.bars, report.gaps, report.zero_volume) == (6, 2, 1)
    assert (time_text(report.first), time_text(report.last)) == ("2024-03-07T12:00:00Z", "2024-04-16T12:02:00Z")
    assert report.notes == (
        "1 bar without volume: such a bar fills no order.",
        "1 gap of more than 30 days, first 2024-03-07T12:03:00Z to 2024-04-16T12:00:00Z.",
        "1 close more than 40% off the one before: a split? First 100.00 to 20.00 at 2024-04-16T12:01:00Z.",
    )
    cache.rows(row(0, volume="0"), name="forex/EUR-USD-1m.csv")
    [report] = cache.feed(instrument("EUR-USD", AssetClass.FOREX)).prepare()
    assert report.notes == ("The asset class reports no volume: fills have no volume cap.",)


def test_a_note_compares_bars_across_blocks(cache):
    rows = [row(minute) for minute in range(20_000)]
    cache.rows(*rows[:10_000], *rows[10_001:])
    assert cache.feed().prepare()[0].gaps == 1


def test_memory_does_not_grow_with_the_file(cache, instrument):
    sizes = {"SHORT": 40_000, "LONG": 120_000}
    for symbol, count in sizes.items():
        cache.rows(*(row(minute) for minute in range(count)), name=f"crypto/{symbol}-1m.csv")
    peaks = {}
    list(cache.feed(instrument("SHORT")).slices(None))
    for symbol, count in sizes.items():
        feed = cache.feed(instrument(symbol))
        tracemalloc.start()
        assert sum(1 for _ in feed.slices(None)) == count
        peaks[symbol] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks["LONG"] < peaks["SHORT"] * 1.1, peaks


@pytest.mark.parametrize("fields", [{"path": " "}, {"path": "x", "on_bad_row": "drop"}, {"path": "x", "off_tick": ""}])
def test_a_config_value_that_means_nothing_is_refused(fields):
    with pytest.raises(InputError):
        ReplayConfig(**fields)


def test_the_defaults_refuse():
    config = ReplayConfig(path="data/cache")
    assert (config.on_bad_row, config.off_tick) == ("refuse", "refuse")
