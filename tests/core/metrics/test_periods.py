from logos.metrics.periods import annual_periods


def test_an_exchange_has_252_days():
    found = annual_periods([])
    assert found.periods == 252
    assert found.reason == "252 days a year, the sessions of an exchange: no instrument trades around the clock"


def test_a_market_that_never_closes_has_365():
    found = annual_periods(["BTC-USD"])
    assert found.periods == 365
    assert found.reason == "365 days a year, every day: BTC-USD trades around the clock"


def test_the_order_of_the_symbols_changes_nothing():
    found = annual_periods(["ETH-USD", "BTC-USD", "XRP-USD"])
    assert found == annual_periods(["XRP-USD", "ETH-USD", "BTC-USD"])
    assert found.reason == "365 days a year, every day: BTC-USD and 2 more trade around the clock"
