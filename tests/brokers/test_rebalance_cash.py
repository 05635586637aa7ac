"""A rebalance on a cash account: its purchases may spend what its own sales bring in, and no more than is there."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from logos.brokers.paper_config import Fees, PaperConfig
from logos.domain.events import Accepted, Cancelled, Fill

CONFIG = PaperConfig(fees=Fees(maker_bps=Decimal(0), taker_bps=Decimal(100)), slippage_bps=Decimal(0))


def of_rebalance(desk, symbol, side, quantity, **keys):
    intent = desk.intent(symbol, side, quantity, **keys)
    return attrs.evolve(intent, rebalances=True, reduces=side == "sell")


@pytest.fixture
def desk(open_desk):
    """Return an account that holds 10 X and 5 in cash, at a fee of 1 %."""
    return open_desk(CONFIG, cash="5", hold={"X": 10})


def test_a_purchase_may_spend_what_the_sale_of_the_same_rebalance_brings_in_less_its_fee(desk) -> None:
    desk.submit(of_rebalance(desk, "X", "sell", 5))
    wanted = of_rebalance(desk, "Y", "buy", 6)
    assert desk.broker.affordable(wanted, desk.account) == 4  # 5 + 500 - 5 pays four at 101; 505 would pay five
    assert desk.submit(attrs.evolve(wanted, quantity=4)) == [Accepted(wanted.order_id)]


def test_any_other_purchase_may_not(desk) -> None:
    desk.submit(of_rebalance(desk, "X", "sell", 5))
    assert desk.broker.affordable(desk.intent("Y", "buy", 6), desk.account) == 0


def test_a_sale_of_an_earlier_rebalance_is_not_counted(desk) -> None:
    desk.submit(of_rebalance(desk, "X", "sell", 5))
    desk.clock += 60
    assert desk.broker.affordable(of_rebalance(desk, "Y", "buy", 6), desk.account) == 0


def test_the_sale_fills_first_and_pays_for_the_purchase_at_the_same_open(desk) -> None:
    desk.submit(of_rebalance(desk, "X", "sell", 5))
    desk.submit(of_rebalance(desk, "Y", "buy", 4))
    events = desk.bars(("X", 100, 100, 100, 100, 99), ("Y", 100, 100, 100, 100, 99))
    assert [(type(event), event.order_id, event.quantity) for event in events] == [(Fill, 1, 5), (Fill, 2, 4)]
    assert desk.account.cash >= 0


def test_a_sale_that_brings_less_cuts_the_purchase_to_what_is_there(desk) -> None:
    desk.submit(of_rebalance(desk, "X", "sell", 5))
    desk.submit(of_rebalance(desk, "Y", "buy", 4))
    events = desk.bars(("X", 50, 50, 50, 50, 99), ("Y", 100, 100, 100, 100, 99))
    assert [(type(event), event.order_id) for event in events] == [(Fill, 1), (Fill, 2), (Cancelled, 2)]
    assert events[1].quantity == 2
    assert "insufficient_cash" in events[2].reason
    assert desk.account.cash >= 0


def test_a_purchase_whose_sale_does_not_trade_buys_nothing_it_cannot_pay(desk) -> None:
    desk.submit(of_rebalance(desk, "X", "sell", 5))
    desk.submit(of_rebalance(desk, "Y", "buy", 4))
    events = desk.bars(("Y", 100, 100, 100, 100, 99))
    assert [(type(event), event.order_id) for event in events] == [(Cancelled, 2)]
    assert desk.account.cash >= 0
