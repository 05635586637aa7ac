"""From candle to bar: exact, the same whatever window it came in, and a reason where it is none."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.instruments import AssetClass
from logos.feeds.candles import BadCandleError, CandleReader


@pytest.fixture(scope="module")
def instrument(make_instrument):
    return make_instrument("AAA-USD")


def test_prices_are_rounded_half_to_even_and_volume_down_to_the_lot(instrument, make_candle, start) -> None:
    candle = make_candle("AAA-USD", start, open="10.005", high="10.015", low="9.995", close="10.01", volume="1.9999")
    bar, rounded = CandleReader(instrument, 60).read(candle)
    assert (bar.open, bar.high, bar.low, bar.close) == (1000, 1002, 1000, 1001)
    assert bar.volume == 1999
    assert rounded == "open 10.005"


def test_the_float_tails_of_yahoo_are_rounded_away(instrument, make_candle, start) -> None:
    tail = "75.0875015258789"
    bar, rounded = CandleReader(instrument, 60).read(
        make_candle("AAA-USD", start, open=tail, high=tail, low="75.08999633789062", close="75.08999633789062")
    )
    assert (bar.open, bar.high, bar.low, bar.close) == (7509, 7509, 7509, 7509)
    assert rounded


@given(ticks=st.integers(1, 10**9), tail=st.integers(-4_000, 4_000))
@settings(max_examples=60)
def test_a_price_is_the_nearest_tick_of_its_text(instrument, make_candle, start, ticks, tail) -> None:
    price = Decimal(ticks).scaleb(-2) + Decimal(tail).scaleb(-6)
    texts = dict.fromkeys(("open", "high", "low", "close"), f"{price:f}")
    bar, rounded = CandleReader(instrument, 60).read(make_candle("AAA-USD", start, **texts))
    assert bar.close == int(price.quantize(Decimal("0.01"), ROUND_HALF_EVEN).scaleb(2))
    assert bool(rounded) == (tail != 0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"close": "nan"}, "not_a_number"),
        ({"open": "Infinity"}, "not_a_number"),
        ({"high": ""}, "not_a_number"),
        ({"low": "None"}, "not_a_number"),
        ({"volume": "NaN"}, "not_a_number"),
        ({"close": "0"}, "not_positive"),
        ({"low": "-1"}, "not_positive"),
        ({"low": "0.004"}, "not_positive"),
        ({"volume": "-0.5"}, "negative_volume"),
        ({"close": "1e300"}, "out_of_range"),
        ({"close": "99999999999999999999"}, "out_of_range"),
        ({"high": "1.00"}, "inconsistent"),
        ({"low": "999.00"}, "inconsistent"),
        ({"close": "999.00"}, "inconsistent"),
    ],
)
def test_what_is_no_bar_is_told_with_its_reason(instrument, make_candle, start, fields, reason) -> None:
    with pytest.raises(BadCandleError) as found:
        CandleReader(instrument, 60).read(make_candle("AAA-USD", start, **fields))
    assert found.value.reason == reason


def test_a_stamp_off_the_grid_is_no_bar(instrument, make_candle, start) -> None:
    with pytest.raises(BadCandleError) as found:
        CandleReader(instrument, 300).read(make_candle("AAA-USD", start + 60))
    assert found.value.reason == "off_grid"


def test_an_asset_class_without_volume_takes_none_for_zero(make_instrument, make_candle, start) -> None:
    pair = make_instrument("EUR-USD", asset_class=AssetClass.FOREX)
    bar, _ = CandleReader(pair, 60).read(make_candle("EUR-USD", start, volume="nan"))
    assert bar.volume == 0
