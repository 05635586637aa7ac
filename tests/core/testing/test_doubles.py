"""The doubles compute exactly what the real account and session do."""

from fractions import Fraction

from logos.session.seats import AccountView, SessionView
from logos.testing.bars import MINUTE, START, bars_of, instrument, slices_of, wave
from logos.testing.views import DailyHours, session_of


def test_value_is_rounded_once_half_to_even():
    euro = instrument("EURO", currency="EUR", tick="0.01", lot="0.01")
    account = session_of(euro).account
    assert account.value(euro, 110, 3) is None
    account.rates["EUR"] = Fraction(1, 3)
    assert account.value(euro, 110, 3) == 1_100_000
    account.decimals = 2
    assert account.value(euro, 50, 1) == 0
    assert account.value(euro, 150, 3) == 2


def test_equity_is_cash_and_market_value():
    demo = instrument()
    session = session_of(demo, cash=1_000)
    session.account.trade("DEMO", 200, 200 * 10**8, 5)
    session.see(bars_of(demo, [10_000, 11_000])[1])
    assert session.account.cash == 800 * 10**8 - 5
    assert session.account.equity == 800 * 10**8 - 5 + 220 * 10**8


def test_session_moves_by_bars_and_ticks():
    demo = instrument()
    session = session_of(demo)
    assert session.last_close("DEMO") is None
    first, second = bars_of(demo, [100, 101])
    session.see(first)
    assert (session.clock, session.day, session.last_close("DEMO")) == (START + 60, START // 86_400, START + 60)
    session.see(second)
    session.tick(session.clock + 30)
    assert (session.clock, session.bars, session.last_close("DEMO")) == (START + 150, (), START + 120)


def test_slices_stand_in_order_of_time_and_symbol():
    one, two = instrument("AAA"), instrument("BBB")
    slices = slices_of([*bars_of(two, [5, 6]), *bars_of(one, [7], start=START + MINUTE)])
    assert [(clock, [bar.symbol for bar in bars]) for clock, bars in slices] == [
        (START + 60, ["BBB"]),
        (START + 120, ["AAA", "BBB"]),
    ]


def test_wave_repeats_and_stays_positive():
    assert wave(500) == wave(500)
    assert min(wave(500)) > 0
    assert len(set(wave(500))) > 300


def test_daily_hours_open_and_close():
    hours = DailyHours(3_600, 7_200)
    assert [hours.is_open(at) for at in (3_599, 3_600, 7_199, 7_200)] == [False, True, True, False]
    assert hours.latest_opening(3_599) == 3_600 - 86_400
    assert hours.latest_opening(3_600) == 3_600
    assert [hours.next_close(at) for at in (7_199, 7_200)] == [7_200, 7_200 + 86_400]


def test_doubles_fill_their_seats():
    def shown(session: SessionView) -> AccountView:
        return session.account

    assert shown(session_of(instrument())).position("DEMO") == 0
