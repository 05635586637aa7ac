"""Paper sessions on bars that the real yfinance polls from a Yahoo on loopback, in compressed time."""

from __future__ import annotations

import csv

import pytest

from logos.domain.times import parse_time

SHARES = {"AAPL": "150.00", "MSFT": "400.00"}
SHARE = {
    "asset_class": "equity",
    "tick": "0.01",
    "lot": "1",
    "min_notional": "1",
    "currency": "USD",
    "calendar": "XNYS",
}

CHANGES = {
    # The Friday's close and the Monday's opening on both sides of a change of New York's clocks, and what lies between.
    "spring": ("2026-03-06T20:40:00Z", "2026-03-06T21:00:00Z", "2026-03-09T13:30:00Z"),
    "autumn": ("2026-10-30T19:40:00Z", "2026-10-30T20:00:00Z", "2026-11-02T14:30:00Z"),
}


@pytest.mark.parametrize("season", sorted(CHANGES))
def test_a_session_of_shares_crosses_a_change_of_the_clocks(stage, venues, fast_clock, season) -> None:
    begin, close, opening = map(parse_time, CHANGES[season])
    clock = fast_clock(begin + 1, 1_000)
    yahoo = venues.yahoo(clock)
    for number, (symbol, price) in enumerate(sorted(SHARES.items())):
        friday = venues.walk(symbol, (close - begin) // 60 + 60, begin - 3_600, price=price, seed=number, volume="900")
        monday = venues.walk(symbol, 60, opening, price=price, seed=9 + number, volume="900")
        yahoo.serve(symbol, [*friday, *monday], zone="America/New_York", kind="EQUITY")
    one = stage()
    weekend = []

    def look(session) -> None:
        if session.counts.slices == (close - begin) // 60 and not weekend:
            weekend.append(len(yahoo.asked()))
            clock.skip(opening - 600 - clock())  # nothing but waiting lies between

    one.look = look
    outcome = one.run(
        {
            "instruments": dict.fromkeys(SHARES, SHARE),
            "feed": {
                "plugin": "yfinance",
                "symbols": sorted(SHARES),
                "base_url": yahoo.url,
                "off_tick": "round",
                "timeout": "30m",
                "patience": "6h",
            },
            "guards": [{"plugin": "stale_data", "after": "3h"}],
        },
        clock,
        bars=50,
    )
    assert (outcome.status, outcome.bars) == ("paused", 100)
    with (one.folder() / "bars.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "bar"]
    wanted = [*range(begin, close, 60), *range(opening, opening + 30 * 60, 60)]
    for symbol in SHARES:
        assert [parse_time(row["timestamp"]) for row in rows if row["symbol"] == symbol] == wanted
    assert {row["source"] for row in rows} == {"yfinance:yahoo"}
    prices = {(row["symbol"], row["timestamp"]): row["close"] for row in rows}
    served = {(symbol, row.timestamp): row for symbol in SHARES for row in yahoo.markets[symbol].rows.values()}
    assert all(prices[symbol, text] == f"{served[symbol, parse_time(text)].close:.2f}" for symbol, text in prices)
    assert len(yahoo.asked()) > weekend[0]
