"""Shares and a coin in one portfolio: what is bought on a Saturday, and sold for it on a Monday."""

from __future__ import annotations

import pytest

from logos.context.seed import Seed
from logos.domain.times import SECONDS_A_DAY, parse_time, time_text

SHARES = ("AAA", "BBB", "CCC")
WEEKS = 30
BOOK = """
portfolio:
  interval: 1d
  rebalance: week_end
  lookback: 20
  allocator: {{plugin: equal_weight, invest: "{invest}"}}
  position_manager: {{band: "0", fee_bps: "0", slippage_bps: "0", drift: "0"}}
  benchmarks: []
session: {{name: late, seed: 7}}
feed: {{plugin: replay, path: data/cache, symbols: [AAA, BBB, CCC, COIN]}}
broker: {{plugin: paper, cash: "100000", fees: {{maker_bps: "1", taker_bps: "5"}}, slippage_bps: "2"}}
instruments:
  AAA: {{asset_class: equity, currency: USD, tick: "0.0001", lot: "0.01", calendar: XNYS}}
  BBB: {{asset_class: equity, currency: USD, tick: "0.0001", lot: "0.01", calendar: XNYS}}
  CCC: {{asset_class: equity, currency: USD, tick: "0.0001", lot: "0.01", calendar: XNYS}}
  COIN: {{asset_class: crypto, currency: USD, tick: "0.0001", lot: "0.01"}}
"""


def coin_closes() -> list[tuple[str, float]]:
    """Return a coin's closes of every day: it falls in one month and rises in the next, and so is bought and sold."""
    seed, price, closes = Seed(5), 300.0, []
    for number in range(7 * WEEKS):
        day = parse_time("2021-01-04T00:00:00Z") + number * SECONDS_A_DAY
        price *= 1 + 0.05 * (seed.number("coin", day) / 2**63 - 1) + (0.01 if number // 30 % 2 else -0.01)
        closes.append((time_text(day), round(price, 4)))
    return closes


@pytest.fixture
def mixed(bench, closes_of):
    """Return a function that runs the portfolio with an ``invest``, and returns what it printed and its tables."""
    for symbol in SHARES:
        bench.closes(symbol, closes_of(symbol, 5 * WEEKS))
    bench.closes("COIN", coin_closes())
    cache = bench.home / "data" / "cache"
    (cache / "crypto").mkdir()
    (cache / "equity" / "COIN-1d.csv").rename(cache / "crypto" / "COIN-1d.csv")

    def run(invest):
        bench.write(BOOK.format(invest=invest))
        found = bench.json("backtest", "--config", "p.yaml")
        folder = bench.home / found["path"]
        cash: dict[str, float] = {}
        for row in bench.table(str(folder / "weights.csv")):
            cash[row["timestamp"]] = cash.get(row["timestamp"], 1.0) - float(row["actual_weight"])
        last = max(cash)
        del cash[last]  # no slice followed it
        return found, cash, bench.table(str(folder / "orders.csv")), bench.table(str(folder / "trades.csv"))

    return run


def early_notes(found) -> list[str]:
    return [note for note in found["notes"] if "purchases filled before the sales" in note]


def test_a_purchase_on_saturday_takes_what_invest_leaves_until_the_share_that_pays_is_sold_on_monday(mixed):
    found, cash, orders, trades = mixed("0.9")
    low = {at for at, share in cash.items() if share < 0.09}
    assert len(low) >= 3
    assert min(cash.values()) > 0
    filled = {row["order_id"]: row["timestamp"] for row in trades}
    for at in sorted(low):
        made = [one for one in orders if one["created_at"] == at]
        (coin,) = [one for one in made if one["symbol"] == "COIN"]
        assert (coin["side"], coin["status"], filled[coin["order_id"]]) == ("buy", "filled", at)
        late = [one for one in made if one["side"] == "sell" and filled[one["order_id"]] > at]
        assert late
        assert all(parse_time(filled[one["order_id"]]) - parse_time(at) >= 2 * SECONDS_A_DAY for one in late)
    (note,) = early_notes(found)
    worst = min(low, key=lambda at: cash[at])
    assert note.startswith(f"After {len(low)} rebalances purchases filled before the sales that pay for them, whose")
    assert f"cash was {100 * cash[worst]:.2f} % of equity at worst, after that of {worst}, where the targets" in note
    assert "leave 10.00 %" in note


def test_cash_never_falls_below_zero_and_what_it_does_not_pay_is_cut(mixed):
    found, cash, orders, _ = mixed("1")
    assert min(cash.values()) >= 0
    cut = [one for one in orders if "insufficient_cash" in one["reason"] and one["symbol"] == "COIN"]
    assert cut
    assert all(float(one["filled_quantity"]) < float(one["quantity"]) for one in cut)
    assert early_notes(found) == []  # nothing was to stay aside
