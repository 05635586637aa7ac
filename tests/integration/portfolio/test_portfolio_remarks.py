"""What is odd about the keys of a portfolio is told with its result, at the place where it was written."""

from __future__ import annotations


def test_odd_keys_are_told_with_the_result(bench, config_text):
    bench.write(
        config_text.replace("lookback: 60", "lookback: 300")
        .replace("{plugin: hrp}", "{plugin: herc, clusters: 50}")
        .replace(", sector: retail", "")
    )
    notes = bench.json("backtest", "--config", "p.yaml", "--benchmark", "equal_weight")["notes"]
    begins = (
        "portfolio.constraints.sectors: no sector is known of EEE",
        "portfolio.lookback: 300 returns need 301 bars, and AAA has 260",
        "portfolio.allocator.clusters: it is 50, and 5 symbols are traded",
    )
    for begin in begins:
        assert any(note.startswith(begin) for note in notes), (begin, notes)


def test_where_nothing_is_odd_nothing_is_told_of_the_keys(bench):
    notes = bench.json("backtest", "--config", "p.yaml", "--benchmark", "inverse_volatility")["notes"]
    assert not [note for note in notes if note.startswith("portfolio.")]


def test_a_feed_in_which_no_price_moves_is_told_as_that_and_not_as_too_few_bars(bench, config_text, closes_of):
    bench.write(config_text)
    for symbol in ("AAA", "BBB", "CCC", "DDD", "EEE"):
        bench.closes(symbol, [(day, 50.0) for day, _ in closes_of(symbol, 100)])
    said = bench.problems()
    assert "can never decide: the price of no symbol has moved in 60 returns: AAA, BBB, CCC, DDD, EEE" in said
    assert "Fetch more bars" not in said


def test_every_benchmark_whose_method_finds_no_shorts_is_refused_where_there_are_to_be_no_more_longs(
    bench, config_text
):
    bench.write(
        config_text.replace("long_only: true", 'long_only: false, net: {min: "0", max: "0"}')
        .replace('cash: "100000"', 'cash: "100000", margin: true')
        .replace("{plugin: hrp}", "{plugin: mean_variance, objective: max_sharpe, solver: heuristic}")
    )
    said = bench.problems()
    assert "portfolio.benchmarks[1]" in said  # inverse_volatility
    assert "constraints.net.max is 0, and this allocator finds no shorts" in said
