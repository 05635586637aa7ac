"""The right file is found, and a missing or doubtful one is explained."""

from __future__ import annotations

import pytest

from logos.data.bar_files import interval_spellings, interval_text
from logos.domain.errors import DataError
from logos.domain.instruments import AssetClass
from logos.domain.times import parse_interval

ROW = "2024-03-07T00:00:00Z,100,101,99,100,1"


@pytest.mark.parametrize(("seconds", "text"), [(60, "1m"), (300, "5m"), (3_600, "1h"), (14_400, "4h"), (86_400, "1d")])
def test_interval_text_is_the_inverse_of_parsing(seconds, text):
    assert interval_text(seconds) == text
    assert all(parse_interval(spelling) == seconds for spelling in interval_spellings(seconds))


@pytest.mark.parametrize("name", ["BTC-USD-1h.csv", "BTC-USD-60m.csv", "BTC-USD-1h.csv.gz"])
def test_equal_spellings_and_forms_are_found(cache, name):
    cache.rows(ROW, name=f"crypto/{name}")
    feed = cache.feed(interval=3_600)
    assert feed.prepare()[0].source == f"cache/crypto/{name}"


def test_several_forms_of_one_symbol_are_refused_by_name(cache):
    cache.rows(ROW)
    cache.rows(ROW, name="crypto/BTC-USD-1m.csv.gz")
    with pytest.raises(DataError, match=r"crypto/BTC-USD-1m.csv, crypto/BTC-USD-1m.csv.gz"):
        cache.feed()


def test_a_missing_file_is_refused_with_the_nearest_names(cache):
    cache.rows(ROW, name="crypto/BTC-USDT-1m.csv")
    with pytest.raises(DataError, match="BTC-USD has no bar file crypto/BTC-USD-1m") as caught:
        cache.feed()
    assert "crypto/BTC-USDT-1m.csv" in str(caught.value)


def test_all_missing_files_are_named_at_once(cache, instrument):
    cache.folder.mkdir()
    with pytest.raises(DataError) as caught:
        cache.feed(instrument("A"), instrument("B", asset_class=AssetClass.FOREX))
    assert [problem.path for problem in caught.value.problems] == ["A", "B"]
    assert "forex/B-1m" in str(caught.value)
    assert "no bar file at all" in str(caught.value)


def test_a_missing_cache_is_refused(cache):
    with pytest.raises(DataError, match="no cache folder cache"):
        cache.feed()


def test_a_symbol_cannot_leave_the_cache(cache, instrument):
    cache.folder.mkdir()
    with pytest.raises(DataError, match="cannot be part of a file name"):
        cache.feed(instrument("../BTC"))
