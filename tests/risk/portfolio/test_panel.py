"""The price panel: which closes it keeps, and which returns it makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.domain.bars import Bar
from logos.portfolio.prices.panel import PricePanel
from logos.testing.bars import instrument

DAY = 86_400
HOUR = 3_600
NAMES = ("AAA", "BBB", "CCC")
INSTRUMENTS = {name: instrument(name) for name in (*NAMES, "ZZZ")}


def bar(symbol, timestamp, close):
    return Bar(INSTRUMENTS[symbol], timestamp, close, close, close, close, 1)


def daily(symbol, closes):
    """Bars of one symbol from its closes by day."""
    return [bar(symbol, day * DAY, close) for day, close in sorted(closes.items())]


def panel_of(*, symbols=NAMES, period=DAY, interval=DAY, capacity=100):
    return PricePanel(symbols, period=period, interval=interval, capacity=capacity)


def filled(closes, **keys):
    panel = panel_of(symbols=tuple(closes), **keys)
    for symbol, by_day in closes.items():
        panel.watch(daily(symbol, by_day))
    return panel


def asked(panel, *, lookback=100, min_history=1, missing="common"):
    return panel.window(lookback=lookback, min_history=min_history, missing=missing, periods_per_year=252.0)


def test_returns_are_simple_and_oldest_first_in_the_order_of_the_symbols():
    panel = filled({"BBB": {1: 100, 2: 110, 3: 99}, "AAA": {1: 200, 2: 200, 3: 250}})
    window, left_out = asked(panel)
    assert window.symbols == ("BBB", "AAA")
    assert window.returns.tolist() == [[0.1, 0.0], [-0.1, 0.25]]
    assert window.periods_per_year == 252.0
    assert left_out == {}
    assert window.returns.flags.c_contiguous


def test_a_period_closes_with_its_last_bar_so_far():
    panel = panel_of(symbols=("AAA",), interval=HOUR)
    panel.watch([bar("AAA", DAY - HOUR, 100), bar("AAA", DAY, 105), bar("AAA", DAY + HOUR, 120)])
    assert asked(panel)[0].returns.tolist() == [[0.2]]
    panel.watch([bar("AAA", 2 * DAY - HOUR, 150)])
    assert asked(panel)[0].returns.tolist() == [[0.5]]


def test_bars_of_other_symbols_are_passed_over():
    panel = panel_of(symbols=("AAA",))
    panel.watch([bar("ZZZ", DAY, 5), bar("AAA", DAY, 100), bar("AAA", 2 * DAY, 110)])
    assert asked(panel)[0].symbols == ("AAA",)


def test_the_last_returns_of_the_lookback_are_taken():
    panel = filled({"AAA": {1: 100, 2: 50, 3: 100, 4: 110}})
    assert asked(panel, lookback=1)[0].returns.tolist() == [[0.1]]


def test_lookback_bars_are_those_of_all_periods_that_are_kept():
    assert panel_of(capacity=253).lookback_bars == 253
    assert panel_of(capacity=10, interval=HOUR).lookback_bars == 240


def test_without_a_symbol_that_has_enough_the_window_is_empty():
    window, left_out = asked(filled({"AAA": {1: 100, 2: 110}, "BBB": {}}), min_history=2)
    assert window.symbols == ()
    assert window.returns.shape == (0, 0)
    assert left_out == {"AAA": 1, "BBB": 0}
    assert asked(filled({"AAA": {1: 100, 2: 110}, "BBB": {}}), min_history=2, missing="pairwise")[1] == left_out


def test_a_weekend_of_one_goes_into_its_return_on_monday():
    share = {day: 100 + day for day in (1, 2, 3, 4, 5, 8)}
    coin = dict.fromkeys(range(1, 9), 100) | {6: 110, 7: 121, 8: 150}
    window, _ = asked(filled({"AAA": share, "BBB": coin}))
    assert window.returns.shape == (5, 2)
    assert window.returns[-1].tolist() == pytest.approx([108 / 105 - 1, 0.5])


def test_a_young_symbol_cuts_the_history_down_to_min_history_and_not_below():
    old = {day: 100 + day for day in range(1, 31)}
    young = {day: 100 + day for day in range(21, 31)}
    both, none = asked(filled({"AAA": old, "BBB": young}), min_history=9)
    assert both.returns.shape == (9, 2)
    assert none == {}
    alone, left_out = asked(filled({"AAA": old, "BBB": young}), min_history=10)
    assert alone.symbols == ("AAA",)
    assert alone.returns.shape == (29, 1)
    assert left_out == {"BBB": 9}


def test_the_symbol_without_which_most_is_common_is_left_out():
    even = dict.fromkeys(range(2, 62, 2), 100)
    every = {day: 100 + day for day in range(1, 61)}
    odd = dict.fromkeys(range(1, 61, 2), 100)
    closes = {"AAA": odd, "BBB": every, "CCC": even}
    # Without AAA 30 days remain, and without CCC 30 too: equal closes, so the first by name goes.
    window, left_out = asked(filled(closes), min_history=20)
    assert window.symbols == ("BBB", "CCC")
    assert left_out == {"AAA": 0}
    window, left_out = asked(filled(closes | {"CCC": dict.fromkeys([*range(2, 44, 2), 60], 1)}), min_history=20)
    assert window.symbols == ("AAA", "BBB")
    assert left_out == {"CCC": 0}


def test_among_equals_the_one_with_the_fewest_closes_is_left_out():
    # Nothing is common, and taking any one away helps nobody.
    closes = {
        "AAA": {day: 100 + day for day in range(1, 61)},
        "BBB": dict.fromkeys(range(61, 66), 1),
        "CCC": dict.fromkeys(range(66, 71), 1),
    }
    window, left_out = asked(filled(closes), min_history=4)
    assert window.symbols == ("AAA",)
    assert window.returns.shape == (59, 1)
    assert left_out == {"BBB": 0, "CCC": 0}


def test_a_symbol_without_a_close_for_two_weeks_is_left_out():
    alive = {day: 100 + day for day in range(1, 41)}
    panel = filled({"AAA": alive, "BBB": dict.fromkeys(range(1, 27), 100), "CCC": dict.fromkeys(range(1, 26), 100)})
    assert panel.returns_known() == {"AAA": 39, "BBB": 25, "CCC": 0}
    window, left_out = asked(panel, min_history=5)
    assert window.symbols == ("AAA", "BBB")
    assert left_out == {"CCC": 0}


def test_a_symbol_that_is_no_longer_traded_is_known_by_its_last_close():
    alive = {day: 100 + day for day in range(1, 41)}
    panel = filled({"AAA": alive, "BBB": dict.fromkeys(range(1, 27), 100), "CCC": dict.fromkeys(range(1, 26), 100)})
    assert panel.stopped() == {"CCC": 25 * DAY}
    assert filled({"AAA": alive, "BBB": {}}).stopped() == {}


def test_pairwise_keeps_each_symbols_own_returns_at_the_later_close():
    share = {1: 100, 2: 110, 5: 121}
    coin = {1: 100, 2: 100, 3: 200, 4: 100, 5: 150}
    window, left_out = asked(filled({"AAA": share, "BBB": coin}), missing="pairwise")
    gap = np.nan
    np.testing.assert_allclose(window.returns, [[0.1, 0.0], [gap, 1.0], [gap, -0.5], [0.1, 0.5]], rtol=1e-15)
    assert left_out == {}


def test_pairwise_leaves_out_a_symbol_with_too_few_in_the_last_periods():
    every = {day: 100 + day for day in range(1, 31)}
    rare = dict.fromkeys(range(1, 31, 5), 100)
    window, left_out = asked(filled({"AAA": rare, "BBB": every}), lookback=10, min_history=3, missing="pairwise")
    assert window.symbols == ("BBB",)
    assert window.returns.shape == (10, 1)
    assert left_out == {"AAA": 2}
    assert not np.isnan(window.returns).any()


def test_closes_of_many_digits_keep_them_all():
    panel = filled({"AAA": {1: 9_000_000_000_000_000, 2: 9_000_000_000_000_001}})
    assert asked(panel)[0].returns.tolist() == [[1 / 9_000_000_000_000_000]]


closes_by_bar = st.dictionaries(st.integers(0, 30 * 4), st.integers(1, 1_000), max_size=80)


@settings(max_examples=100)
@given(
    histories=st.lists(closes_by_bar, min_size=3, max_size=3),
    capacity=st.integers(2, 12),
    min_history=st.integers(1, 4),
    missing=st.sampled_from(["common", "pairwise"]),
)
def test_a_panel_is_that_of_its_last_bars_and_leaves_out_whoever_has_too_few(histories, capacity, min_history, missing):
    keys = {"period": DAY, "interval": 6 * HOUR, "capacity": capacity}
    bars = {
        name: [bar(name, place * 6 * HOUR, close) for place, close in sorted(closes.items())]
        for name, closes in zip(NAMES, histories, strict=True)
    }
    whole, rebuilt = panel_of(**keys), panel_of(**keys)
    for at_once in sorted((one for of in bars.values() for one in of), key=lambda one: one.timestamp):
        whole.watch([at_once])
    for of in bars.values():
        rebuilt.watch(of[-whole.lookback_bars :])
    ask = {"lookback": capacity - 1, "min_history": min_history, "missing": missing}
    window, left_out = asked(whole, **ask)
    other, left_out_too = asked(rebuilt, **ask)
    assert window.symbols == other.symbols
    assert window.returns.tobytes() == other.returns.tobytes()
    assert left_out == left_out_too
    assert whole.returns_known() == rebuilt.returns_known()
    assert sorted([*window.symbols, *left_out]) == sorted(NAMES)
    assert all(count < min_history for count in left_out.values())
    there = (~np.isnan(window.returns)).sum(axis=0)
    assert (there >= min_history).all()
    assert len(window.returns) <= capacity - 1


@settings(max_examples=50)
@given(
    days=st.lists(st.sets(st.integers(0, 25), min_size=4), min_size=3, max_size=3),
    missing=st.sampled_from(["common", "pairwise"]),
)
def test_returns_of_each_symbol_compound_to_its_closes(days, missing):
    closes = {name: {day: 50 + 7 * day + len(some) for day in some} for name, some in zip(NAMES, days, strict=True)}
    window, _ = asked(filled(closes), missing=missing)
    for symbol, returns in zip(window.symbols, window.returns.T, strict=True):
        own = [closes[symbol][day] for day in sorted(closes[symbol])]
        grown = np.nanprod(1 + returns)
        if missing == "pairwise":
            assert grown == pytest.approx(own[-1] / own[0])
        else:
            common = sorted(set.intersection(*(set(closes[name]) for name in window.symbols)))
            assert grown == pytest.approx(closes[symbol][common[-1]] / closes[symbol][common[0]])


@settings(max_examples=50)
@given(days=st.lists(st.sets(st.integers(0, 25)), min_size=3, max_size=3), order=st.permutations(NAMES))
def test_the_order_of_the_symbols_changes_nothing_but_the_columns(days, order):
    closes = {name: {day: 50 + 7 * day for day in some} for name, some in zip(NAMES, days, strict=True)}
    for missing in ("common", "pairwise"):
        window, left_out = asked(filled(closes), min_history=3, missing=missing)
        other, left_out_too = asked(filled({name: closes[name] for name in order}), min_history=3, missing=missing)
        assert left_out == left_out_too
        columns = [other.symbols.index(symbol) for symbol in window.symbols]
        assert window.returns.tobytes() == np.ascontiguousarray(other.returns[:, columns]).tobytes()
