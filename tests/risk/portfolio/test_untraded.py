"""Which symbols cannot be traded: what their bars and their calendars tell."""

import attrs
import pytest

from logos.domain.instruments import AssetClass
from logos.domain.times import SECONDS_A_DAY, parse_time
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.prices.trading import untraded
from logos.testing.bars import bars_of, instrument


def found(last, newest, **what):
    """Return whether a symbol with a bar of one day is untraded when another has one of a later day."""
    one = attrs.evolve(instrument("ONE"), **what)
    other = attrs.evolve(instrument("OTHER"), asset_class=AssetClass.CRYPTO, calendar=None)
    panel = PricePanel(("ONE", "OTHER"), period=SECONDS_A_DAY, interval=SECONDS_A_DAY, capacity=5)
    for each, day in ((one, last), (other, newest)):
        panel.watch(bars_of(each, [100], start=parse_time(f"{day}T00:00:00Z"), interval=SECONDS_A_DAY))
    answer = untraded(panel, {"ONE": one, "OTHER": other})
    assert set(answer) <= {"ONE"}
    assert set(answer.values()) <= {parse_time(f"{last}T00:00:00Z")}
    return bool(answer)


@pytest.mark.parametrize(
    ("calendar", "last", "newest", "expected"),
    [
        ("XNYS", "2024-03-07", "2024-03-07", False),
        ("XNYS", "2024-03-07", "2024-03-08", False),  # one session may pass without a trade
        ("XNYS", "2024-03-07", "2024-03-10", False),  # a weekend is no session
        ("XNYS", "2024-03-07", "2024-03-11", True),
        ("XNYS", "2024-03-28", "2024-04-01", False),  # Good Friday
        ("XNYS", "2024-03-28", "2024-04-02", True),
        ("24/7", "2024-03-07", "2024-03-09", True),
        (None, "2024-03-07", "2024-03-21", False),  # nobody says when it is open
        (None, "2024-03-07", "2024-03-22", True),
    ],
)
def test_a_share_is_not_traded_after_two_whole_sessions_without_a_bar(calendar, last, newest, expected):
    assert found(last, newest, asset_class=AssetClass.EQUITY, calendar=calendar) is expected


@pytest.mark.parametrize(("newest", "expected"), [("2024-03-08", False), ("2024-03-09", True)])
def test_every_day_is_one_of_a_coin(newest, expected):
    assert found("2024-03-07", newest, asset_class=AssetClass.CRYPTO, calendar=None) is expected


def test_nothing_is_known_of_what_never_had_a_bar():
    panel = PricePanel(("ONE",), period=SECONDS_A_DAY, interval=SECONDS_A_DAY, capacity=5)
    assert untraded(panel, {"ONE": instrument("ONE")}) == {}


def test_a_session_that_ends_with_the_newest_bar_is_a_whole_one():
    hour = 3_600
    one = attrs.evolve(instrument("ONE"), asset_class=AssetClass.EQUITY, calendar="XNYS")
    other = instrument("OTHER")
    panel = PricePanel(("ONE", "OTHER"), period=hour, interval=hour, capacity=5)
    panel.watch(bars_of(one, [100], start=parse_time("2024-03-06T20:00:00Z"), interval=hour))
    instruments = {"ONE": one, "OTHER": other}
    for newest, expected in (("2024-03-08T19:00:00Z", set()), ("2024-03-08T20:00:00Z", {"ONE"})):
        panel.watch(bars_of(other, [100], start=parse_time(newest), interval=hour))
        assert set(untraded(panel, instruments)) == expected
