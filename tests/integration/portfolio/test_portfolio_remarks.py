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
