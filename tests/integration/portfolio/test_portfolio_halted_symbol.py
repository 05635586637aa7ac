"""A share whose bars stop for half a year while it is held, and come back: whole backtests with every kind of limit."""

import pytest

HALT, AGAIN = 110, 230
"""Weekdays without bars of EEE."""
DAYS = 320

LONG_SHORT = (
    '{long_only: false, gross: "1.0", net: {min: "0.7", max: "0.9"}, max_weight: "0.5", asset_classes: {equity: "0.9"}}'
)
CASES = {
    "shorts": ("mean_variance, objective: max_sharpe", LONG_SHORT, "margin: true, "),
    "cash": ("inverse_volatility", "{}", ""),
    "equal_weight": ("equal_weight", None, ""),
    "turnover": ("mean_variance", '{turnover: "0.2", max_weight: "0.5"}', ""),
}


@pytest.fixture
def halted(bench, closes_of):
    """Return a function that runs a case, and returns its rebalances by date and all that was decided."""
    for symbol in ("AAA", "BBB", "CCC", "DDD"):
        bench.closes(symbol, closes_of(symbol, DAYS))
    closes = closes_of("EEE", DAYS)
    bench.closes("EEE", closes[:HALT] + closes[AGAIN:])

    def run(allocator, constraints, margin):
        text = (bench.home / "p.yaml").read_text()
        head, _, rest = text.partition("  allocator:")
        _, _, tail = rest.partition("session:")
        limits = "" if constraints is None else f"  constraints: {constraints}\n"
        written = f"{head}  allocator: {{plugin: {allocator}}}\n{limits}  benchmarks: []\nsession:"
        tail = tail.replace("{plugin: paper, ", f"{{plugin: paper, {margin}").replace(
            "sector:", "calendar: XNYS, sector:"
        )
        bench.write(written + tail)
        found = bench.json("backtest", "--config", "p.yaml")
        folder = bench.home / found["path"]
        notes = {one["timestamp"]: one["notes"] for one in found["risk"]["rebalances"]}
        weights: dict[str, dict[str, tuple[float, float]]] = {}
        for row in bench.table(str(folder / "weights.csv")):
            pair = float(row["target_weight"]), float(row["actual_weight"] or "nan")
            weights.setdefault(row["timestamp"], {})[row["symbol"]] = pair
        return weights, notes, bench.table(str(folder / "orders.csv")), closes

    return run


@pytest.mark.parametrize("case", CASES)
def test_what_stops_trading_keeps_its_share_of_every_limit_until_it_trades_again(halted, case):
    weights, notes, orders, closes = halted(*CASES[case])
    stopped, resumed = closes[HALT - 1][0], closes[AGAIN][0]
    during = [at for at in weights if any(note.startswith("Held and not traded") for note in notes[at])]
    assert len(during) >= 5
    assert all(stopped < at <= resumed for at in during)
    least, most = (0.7, 0.9) if case == "shorts" else (0.95, 0.95)
    for at in during:
        targets = {symbol: target for symbol, (target, _) in weights[at].items()}
        assert targets["EEE"] == pytest.approx(weights[at]["EEE"][1], abs=0.01)
        assert abs(targets["EEE"]) > 0.03
        assert least - 1e-6 <= sum(targets.values()) <= most + 1e-6
        assert sum(map(abs, targets.values())) <= (1.0 if case == "shorts" else 0.95) + 1e-6
        assert sum(abs(actual) for _, actual in weights[at].values()) < 1.03
        assert not any("turnover" in note and "cannot be kept" in note for note in notes[at])
    assert not [one for one in orders if one["symbol"] == "EEE" and stopped < one["created_at"] < resumed]
    assert not [one for one in orders if one["status"] == "cancelled"]
    after = [at for at in weights if at > resumed and at not in during]
    assert after
    if case == "equal_weight":  # its targets hardly move, and what is held may be near enough
        assert all(target == 0.19 for at in after for target, _ in weights[at].values())
    else:
        assert [one for one in orders if one["symbol"] == "EEE" and one["created_at"] >= resumed]
