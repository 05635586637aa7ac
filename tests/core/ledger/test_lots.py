"""FIFO lots by themselves: what is open always adds up, and realised profit is complete once all is closed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logos.ledger.lots import FifoLots

TRADES = st.lists(
    st.tuples(st.integers(-9, 9).filter(bool), st.integers(0, 10**6)),
    max_size=30,
)


@given(TRADES)
def test_cash_out_is_cost_less_what_was_realised(trades) -> None:
    lots, paid, realized = FifoLots(), 0, 0
    for quantity, value in trades:
        realized += lots.trade(quantity, value)
        paid += value if quantity > 0 else -value
        assert lots.cost == paid + realized
        assert lots.quantity == sum(lot[0] for lot in lots.lots)


@given(TRADES)
def test_once_flat_realised_profit_is_all_the_money_that_came_in(trades) -> None:
    lots, received, realized = FifoLots(), 0, 0
    for quantity, value in trades:
        realized += lots.trade(quantity, value)
        received += -value if quantity > 0 else value
    if lots.quantity:
        closing = -lots.quantity
        realized += lots.trade(closing, 12_345)
        received += -12_345 if closing > 0 else 12_345
    assert (lots.quantity, lots.cost, len(lots.lots)) == (0, 0, 0)
    assert realized == received


@given(TRADES, st.integers(-9, 9).filter(bool), st.integers(0, 10**6))
def test_lots_taken_back_from_a_snapshot_go_on_as_before(trades, quantity, value) -> None:
    lots = FifoLots()
    for trade in trades:
        lots.trade(*trade)
    again = FifoLots([(lot[0], lot[1]) for lot in lots.lots])
    assert (again.quantity, again.cost) == (lots.quantity, lots.cost)
    assert again.trade(quantity, value) == lots.trade(quantity, value)
    assert again.lots == lots.lots
