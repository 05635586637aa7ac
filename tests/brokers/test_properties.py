"""What must hold of every order on every bar, whatever the market does."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos.brokers.paper_config import Fees, PaperConfig
from logos.domain.events import Fill
from logos.domain.orders import Liquidity, OrderStatus, OrderType, Side, TimeInForce

MINUTE = 60
HALF_A_DAY = 720
SYMBOLS = ("X", "Y", "FX")

# Few prices in a narrow band, so that opens, limits and stops meet often.
prices = st.integers(5, 15)


@st.composite
def bar_rows(draw, symbol):
    first, second, third, fourth = sorted(draw(st.tuples(prices, prices, prices, prices)))
    opens, closes = draw(st.sampled_from([(second, third), (third, second), (first, fourth), (fourth, second)]))
    return (symbol, opens, fourth, first, closes, draw(st.sampled_from([0, 3, 20, 50])))


slices = st.lists(st.sampled_from(SYMBOLS), unique=True).flatmap(
    lambda symbols: st.tuples(*(bar_rows(symbol) for symbol in sorted(symbols)))
)


@st.composite
def orders(draw):
    kind = draw(st.sampled_from(OrderType))
    return (
        draw(st.sampled_from(SYMBOLS)),
        draw(st.sampled_from(Side)),
        draw(st.integers(1, 30)),
        kind,
        {
            "limit": draw(prices) if kind.has_limit else None,
            "stop": draw(prices) if kind.has_stop else None,
            "tif": draw(st.sampled_from(TimeInForce)),
            "decided": draw(prices),
        },
    )


# A step: orders to submit, how many minutes pass (a DAY order may end), then a slice.
steps = st.lists(
    st.tuples(st.lists(orders(), max_size=3), st.sampled_from([0, 0, 0, HALF_A_DAY]), slices),
    min_size=1,
    max_size=8,
)
configs = st.builds(
    PaperConfig,
    fees=st.sampled_from([Fees(), Fees(maker_bps=Decimal(3), taker_bps=Decimal("33.3"))]),
    slippage_bps=st.sampled_from([Decimal(0), Decimal(120), Decimal(9999)]),
    slippage_jitter_bps=st.sampled_from([Decimal(0), Decimal(2000)]),
    max_volume_share=st.sampled_from([Decimal(1), Decimal("0.3")]),
    limit_fill=st.sampled_from(["through", "touch"]),
)
accounts = st.fixed_dictionaries(
    {
        "cash": st.sampled_from(["0", "90", "400", "100000"]),
        "hold": st.fixed_dictionaries({s: st.integers(0, 20) for s in SYMBOLS}),
    }
)
held = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def run(desk, script, *, watch=lambda desk, row, events: None, restart=False):
    """Play a script; return all events."""
    told = []
    for submitted, minutes, rows in script:
        for symbol, side, quantity, kind, keys in submitted:
            told += desk.order(symbol, side, quantity, kind, **keys)
        if restart:
            desk.restart()
        events = desk.bars(*rows, opens=desk.clock + minutes * MINUTE)
        watch(desk, rows, events)
        told += events
    return told


def check_price(intent, fill, bar):
    """A fill is never better than the open, the limit and the stop allow."""
    _, opens, high, low, _, _ = bar
    buys = intent.side is Side.BUY
    worse = (lambda a, b: a >= b) if buys else (lambda a, b: a <= b)
    if intent.order_type.has_limit:
        assert worse(intent.limit_price, fill.price), "worse than its limit"
        assert low <= fill.price <= high
        assert worse(fill.price, min(opens, intent.limit_price) if buys else max(opens, intent.limit_price)) or (
            intent.order_type is OrderType.STOP_LIMIT
        )
    elif intent.order_type is OrderType.MARKET:
        assert worse(fill.price, opens)
    else:
        assert worse(fill.price, low if buys else high)
    if fill.liquidity is Liquidity.MAKER:
        assert intent.order_type.has_limit


@held
@given(config=configs, account=accounts, margin=st.booleans(), script=steps)
def test_fills_keep_within_order_volume_price_cash_and_position(open_desk, config, account, margin, script):
    def watch(desk, rows, events):
        bars = {row[0]: row for row in rows}
        taken = Counter()
        fills = [event for event in events if isinstance(event, Fill)]
        assert len({fill.order_id for fill in fills}) == len(fills), "an order fills once a bar"
        for fill in fills:
            intent = desk.orders[fill.order_id].intent
            symbol = intent.instrument.symbol
            assert intent.created_at <= desk.clock - MINUTE <= fill.timestamp <= desk.clock
            check_price(intent, fill, bars[symbol])
            taken[symbol] += fill.quantity
        for symbol, lots in taken.items():
            if symbol != "FX":
                assert lots <= bars[symbol][5] * config.max_volume_share
        phases = [fill.timestamp for fill in fills]
        assert phases == sorted(phases)

    # The desk itself checks that no fill exceeds what remains, and that nothing happens to an order that has ended.
    desk = open_desk(config, margin=margin, **account)
    apply = desk._apply

    def apply_and_look(event):
        answer = apply(event)
        if not margin:
            assert desk.account.cash >= 0
            assert all(desk.account.position(symbol) >= 0 for symbol in SYMBOLS)
        return answer

    desk._apply = apply_and_look
    run(desk, script, watch=watch)
    for order in desk.orders.values():
        if order.intent.time_in_force is TimeInForce.IOC and order.status is OrderStatus.CANCELLED:
            assert order.reason
        assert (order.remaining == 0) == (order.status is OrderStatus.FILLED)


@held
@given(config=configs, account=accounts, margin=st.booleans(), script=steps)
def test_a_broker_restored_at_every_step_answers_alike(open_desk, config, account, margin, script):
    through = run(open_desk(config, margin=margin, **account), script)
    restarted = run(open_desk(config, margin=margin, **account), script, restart=True)
    assert through == restarted


@held
@given(config=configs, script=steps, data=st.data())
def test_the_order_in_which_orders_are_submitted_changes_no_fill(open_desk, config, script, data):
    def play(arrange):
        desk = open_desk(config, cash="10000000", hold=dict.fromkeys(SYMBOLS, 10_000))
        events, number = [], 0
        for submitted, _, rows in script:
            intents = []
            for symbol, side, quantity, kind, keys in submitted:
                number += 1
                intents.append(desk.intent(symbol, side, quantity, kind, number=number, **keys))
            for intent in arrange(intents):
                desk.submit(intent)
            events += desk.bars(*rows)
        return events

    assert play(list) == play(lambda intents: data.draw(st.permutations(intents)))


@held
@given(config=configs, account=accounts, script=steps, order=orders(), row=bar_rows("X"))
def test_what_is_affordable_is_accepted_and_one_lot_more_is_refused(open_desk, config, account, script, order, row):
    desk = open_desk(config, **account)
    run(desk, script)
    _, _, quantity, kind, keys = order
    lots = desk.broker.affordable(desk.intent("X", "buy", quantity, kind, **keys), desk.account)
    assert 0 <= lots <= quantity
    if lots < quantity:
        desk.order("X", "buy", lots + 1, kind, **keys)
        assert desk.orders[max(desk.orders)].status is OrderStatus.REJECTED
    if lots:
        desk.order("X", "buy", lots, kind, **keys)
        assert desk.orders[max(desk.orders)].status is OrderStatus.ACCEPTED
