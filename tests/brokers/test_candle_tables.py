"""Tables of candles and the exact trades that they make.

A table reads from top to bottom. ``with`` sets the desk up; ``submit`` and ``cancel`` act between two bars; an indented
row is a slice (``symbol open high low close volume``, several symbols with ``;``) and the ``>`` rows under it are all
the events that it makes, in their order. Tick and lot of X and Y are 1, FX reports no volume. A minute a row.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from logos.brokers.paper_config import Fees, PaperConfig
from logos.domain.events import Accepted, Cancelled, Expired, Fill, Rejected

TABLES = """
# a market order fills at the next bar's open, whatever the bar does afterwards
submit X buy 10 market
  X 103 120 80 90 500
    > 1 open 10 @ 103 taker

# market slippage is against the buyer and rounded up to the tick
with slippage_bps=50
submit X buy 10 market
  X 101 120 80 90 500
    > 1 open 10 @ 102 taker

# market slippage is against the seller and rounded down to the tick
with slippage_bps=50 hold=X:10
submit X sell 10 market
  X 101 120 80 90 500
    > 1 open 10 @ 100 taker

# a sale slips to one tick at the least
with slippage_bps=9000 hold=X:10
submit X sell 10 market
  X 3 3 3 3 500
    > 1 open 10 @ 1 taker

# a limit purchase that the open betters fills at the open, as taker
submit X buy 10 limit 100
  X 97 120 80 90 500
    > 1 open 10 @ 97 taker

# a limit purchase at the open's very price fills there
submit X buy 10 limit 100
  X 100 120 100 110 500
    > 1 open 10 @ 100 taker

# a limit purchase is not filled by a touch
submit X buy 10 limit 100
  X 104 106 100 101 500
  X 104 106 99 101 500
    > 1 within 10 @ 100 maker

# a limit purchase is filled by a touch where the config says so
with limit_fill=touch
submit X buy 10 limit 100
  X 104 106 101 101 500
  X 104 106 100 101 500
    > 1 within 10 @ 100 maker

# a limit sale mirrors a limit purchase
with hold=X:20
submit X sell 10 limit 110
submit X sell 10 limit 105
  X 104 110 100 101 500
    > 2 within 10 @ 105 maker
  X 104 111 100 101 500
    > 1 within 10 @ 110 maker

# a limit order never slips
with slippage_bps=500 hold=Y:10
submit X buy 10 limit 100
submit Y sell 10 limit 100
  X 104 106 90 101 500; Y 98 106 90 101 500
    > 2 within 10 @ 100 maker
    > 1 within 10 @ 100 maker

# a limit that rested at its first open is maker for good, also where a later open betters it
submit X buy 10 limit 100
  X 104 106 101 101 500
  X 95 106 90 101 500
    > 1 open 10 @ 95 maker

# a limit that was marketable at its first open is taker for good
with max_volume_share=0.01
submit X buy 10 limit 100
  X 99 106 90 101 500
    > 1 open 5 @ 99 taker
  X 104 106 90 101 300
    > 1 within 3 @ 100 taker

# a first bar without trading decides the liquidity too
submit X buy 10 limit 100
  X 104 104 104 104 0
  X 95 106 90 101 500
    > 1 open 10 @ 95 maker

# a stop purchase fills at its stop when the bar touches it
submit X buy 10 stop 105
  X 100 104 90 101 500
  X 100 105 90 101 500
    > 1 within 10 @ 105 taker

# a stop purchase that the open has passed fills at the open
submit X buy 10 stop 105
  X 108 109 90 101 500
    > 1 open 10 @ 108 taker

# a stop at the open's very price fills at the open
with hold=Y:10
submit X buy 10 stop 105
submit Y sell 10 stop 105
  X 105 109 90 101 500; Y 105 109 90 101 500
    > 2 open 10 @ 105 taker
    > 1 open 10 @ 105 taker

# a stop sale fills at its stop, or at an open below it
with hold=X:10,Y:10
submit X sell 10 stop 95
submit Y sell 10 stop 95
  X 100 104 95 101 500; Y 93 99 90 91 500
    > 2 open 10 @ 93 taker
    > 1 within 10 @ 95 taker

# a stop slips
with slippage_bps=100 hold=Y:10
submit X buy 10 stop 105
submit Y sell 10 stop 95
  X 100 105 90 101 500; Y 100 104 95 101 500
    > 2 within 10 @ 94 taker
    > 1 within 10 @ 107 taker

# what a stop leaves over is a market order, taker and slipping
with max_volume_share=0.01 slippage_bps=100
submit X buy 10 stop 105
  X 100 105 90 101 400
    > 1 within 4 @ 107 taker
  X 90 91 89 90 500
    > 1 open 5 @ 91 taker
  X 200 210 190 200 500
    > 1 open 1 @ 202 taker

# a stop that finds no volume left over is triggered all the same
with max_volume_share=0.01
submit X buy 10 stop 105
  X 100 105 90 101 99
  X 90 91 89 90 5000
    > 1 open 10 @ 90 taker

# a stop-limit fills in its trigger bar when that closes at or better than the limit
submit X buy 10 stop_limit 105 107
  X 100 106 99 106 500
    > 1 within 10 @ 105 taker

# a stop-limit that gaps beyond its stop pays the open, up to its limit
submit X buy 10 stop_limit 105 107
  X 106 109 99 107 500
    > 1 within 10 @ 106 taker

# a stop-limit that gaps beyond its limit offers liquidity at the limit
submit X buy 10 stop_limit 105 107
  X 110 111 99 100 500
    > 1 within 10 @ 107 maker

# a stop-limit whose trigger bar closes beyond the limit is a limit order from the next bar on
submit X buy 10 stop_limit 105 107
  X 100 109 99 108 500
  X 108 109 107 108 500
  X 108 109 106 108 500
    > 1 within 10 @ 107 taker

# a stop-limit with its limit below its stop waits for the way back
submit X buy 10 stop_limit 105 102
  X 104 106 99 101 500
    > 1 within 10 @ 102 maker

# a stop-limit sale mirrors a purchase
with hold=X:30
submit X sell 10 stop_limit 95 93
  X 100 104 94 94 500
    > 1 within 10 @ 95 taker
submit X sell 10 stop_limit 95 93
  X 94 104 90 93 500
    > 2 within 10 @ 94 taker
submit X sell 10 stop_limit 95 93
  X 90 94 90 92 500
  X 92 94 90 92 500
    > 3 within 10 @ 93 maker

# a bar without volume fills nothing and triggers nothing
with hold=X:10
submit X buy 10 market
submit X sell 10 stop 95
submit X buy 10 limit 100
  X 90 120 80 90 0
  X 98 99 97 98 500
    > 1 open 10 @ 98 taker
    > 3 open 10 @ 98 taker

# an asset class without volume has no cap
with max_volume_share=0.01 cash=20000000
submit FX buy 100000 market
  FX 3 3 3 3 0
    > 1 open 100000 @ 3 taker

# orders of a symbol share the volume by number, whatever the phase
with max_volume_share=0.1
submit X buy 60 limit 100
submit X buy 60 market
submit X buy 60 market
  X 104 106 99 101 1000
    > 2 open 40 @ 104 taker
    > 1 within 60 @ 100 maker
  X 104 106 103 105 1009
    > 2 open 20 @ 104 taker
    > 3 open 60 @ 104 taker

# each symbol has a volume of its own
with max_volume_share=0.1
submit X buy 60 market
submit Y buy 60 market
  X 100 100 100 100 500; Y 100 100 100 100 400
    > 1 open 50 @ 100 taker
    > 2 open 40 @ 100 taker

# the open comes before the rest of the bar, a reduction before an increase, then symbol and number
with hold=Y:10,X:1
submit Y sell 5 limit 110
submit Y buy 1 market
submit X buy 2 market
submit X buy 1 market
submit Y sell 5 market
submit X buy 1 limit 95
  X 100 110 90 100 500; Y 100 111 90 100 500
    > 5 open 5 @ 100 taker
    > 3 open 2 @ 100 taker
    > 4 open 1 @ 100 taker
    > 2 open 1 @ 100 taker
    > 1 within 5 @ 110 maker
    > 6 within 1 @ 95 maker

# a purchase that covers a short position goes before one that opens a position
with margin=true hold=Y:-5
submit X buy 5 market
submit Y buy 5 market
  X 100 110 90 100 500; Y 100 111 90 100 500
    > 2 open 5 @ 100 taker
    > 1 open 5 @ 100 taker

# what a reduction is, is settled when the phase begins
with margin=true
submit X buy 5 market
submit Y buy 5 limit 99
submit X sell 5 limit 105
  X 100 110 100 100 500; Y 100 111 90 100 500
    > 1 open 5 @ 100 taker
    > 3 within 5 @ 105 maker
    > 2 within 5 @ 99 maker

# a long position turns short in one fill
with margin=true hold=X:10
submit X sell 25 market
  X 100 110 90 100 500
    > 1 open 25 @ 100 taker

# an IOC order has one bar
with max_volume_share=0.1
submit X buy 10 market ioc
submit Y buy 10 limit 100 ioc
  X 100 110 90 100 60; Y 105 110 100 100 500
    > 1 open 6 @ 100 taker
    > 1 cancelled ioc: 4 of 10 unfilled
    > 2 cancelled ioc: 10 of 10 unfilled
  X 100 110 90 100 60; Y 105 110 90 100 500

# an IOC order waits for its symbol's first bar
submit X buy 10 limit 100 ioc
  Y 100 110 90 100 60
  X 99 110 90 100 60
    > 1 open 10 @ 99 taker

# a bar without volume is the one bar of an IOC order all the same
submit X buy 10 market ioc
  X 100 100 100 100 0
    > 1 cancelled ioc: 10 of 10 unfilled

# an IOC stop that its bar does not touch is over
submit X buy 10 stop 105 ioc
  X 100 104 90 100 500
    > 1 cancelled ioc: 10 of 10 unfilled

# orders that fill on one bar are paid in turn, and cash cuts the last
with cash=1500
submit X buy 5 market
submit Y buy 5 market
  X 200 200 200 200 500; Y 200 200 200 200 500
    > 1 open 5 @ 200 taker
    > 2 open 2 @ 200 taker
    > 2 cancelled insufficient_cash: 5 Y at 200 with its fee costs 1000.00000000 USD, and cash is 500.00000000 USD

# where cash pays not one lot, the whole order is cancelled
with cash=500
submit X buy 5 market
  X 501 501 501 501 500
    > 1 cancelled insufficient_cash: 5 X at 501 with its fee costs 2505.00000000 USD

# only what the bar allows must be paid: a capped fill that is paid keeps its remainder
with cash=1000 max_volume_share=0.1
submit X buy 10 market
  X 200 200 200 200 50
    > 1 open 5 @ 200 taker
  X 1 1 1 1 50
    > 1 cancelled insufficient_cash: 5 X at 1 with its fee costs 5.00000000 USD, and cash is 0.00000000 USD

# a sale at the open pays for a purchase at the same open
with cash=1000 hold=X:10
submit Y buy 10 market
submit X sell 10 market
  X 100 100 100 100 500; Y 150 150 150 150 500
    > 2 open 10 @ 100 taker
    > 1 open 10 @ 150 taker

# the fee is part of what cash must pay
with cash=1010 taker_bps=100
submit X buy 10 market
  X 101 101 101 101 500
    > 1 open 9 @ 101 taker
    > 1 cancelled insufficient_cash: 10 X at 101 with its fee costs 1020.10000000 USD

# working purchases reserve cash
with cash=1000
submit X buy 6 limit 100
submit X buy 5 limit 100
    > 2 rejected insufficient_cash: 5 X at 100 with its fee costs 500.00000000 USD, and 400.00000000 USD is free
submit X buy 4 limit 100
submit X buy 1 limit 1
    > 4 rejected insufficient_cash: 1 X at 1 with its fee costs 1.00000000 USD, and 0.00000000 USD is free
cancel 3
    > 3 cancelled test
submit X buy 4 stop 100

# working sales take their share of the position
with hold=X:10
submit X sell 6 limit 110
submit X sell 5 market
    > 2 rejected short positions need margin: 5 X to sell, and 4 is left (position 10 less 6 of working sales)
submit Y sell 1 market
    > 3 rejected short positions need margin: 1 Y to sell, and 0 is left
submit X sell 4 market

# margin asks for neither cash nor position
with margin=true cash=0
submit X buy 6 market
submit Y sell 6 market
  X 100 100 100 100 500; Y 150 150 150 150 500
    > 1 open 6 @ 100 taker
    > 2 open 6 @ 150 taker

# an order that was cancelled never fills
submit X buy 6 market
cancel 1
    > 1 cancelled test
  X 100 100 100 100 500
"""


def _tables():
    for block in TABLES.split("\n# ")[1:]:
        title, _, rows = block.partition("\n")
        yield pytest.param([row for row in rows.splitlines() if row.strip()], id=title.replace(" ", "-"))


def _decimal(settings, key):
    return Decimal(settings.pop(key, "0"))


def _open(open_desk, rows):
    settings = {}
    if rows[0].startswith("with "):
        settings = dict(word.split("=") for word in rows.pop(0).split()[1:])
    config = PaperConfig(
        fees=Fees(maker_bps=_decimal(settings, "maker_bps"), taker_bps=_decimal(settings, "taker_bps")),
        slippage_bps=_decimal(settings, "slippage_bps"),
        max_volume_share=Decimal(settings.pop("max_volume_share", "1")),
        limit_fill=settings.pop("limit_fill", "through"),
    )
    hold = dict(item.split(":") for item in settings.pop("hold", "").split(",") if item)
    keys = {
        "cash": settings.pop("cash", "1000000"),
        "margin": settings.pop("margin", "false") == "true",
        "hold": {symbol: int(lots) for symbol, lots in hold.items()},
    }
    assert not settings, f"unknown settings {settings}"
    return open_desk(config, **keys)


def _submit(desk, words):
    tif = words.pop() if words[-1] in ("ioc", "day") else "gtc"
    symbol, side, quantity, kind, *prices = words
    names = {"market": (), "limit": ("limit",), "stop": ("stop",), "stop_limit": ("stop", "limit")}[kind]
    keys = dict(zip(names, map(int, prices), strict=True))
    return desk.order(symbol, side, int(quantity), kind, tif=tif, **keys)


def _slice(desk, row):
    bars = [bar.split() for bar in row.split(";")]
    return desk.bars(*((bar[0], *map(int, bar[1:])) for bar in bars))


def _text(event, opens):
    match event:
        case Fill():
            phase = {opens: "open", opens + 60: "within"}[event.timestamp]
            return f"{event.order_id} {phase} {event.quantity} @ {event.price} {event.liquidity}"
        case Rejected() | Cancelled() | Expired():
            return f"{event.order_id} {type(event).__name__.lower()} {event.reason}"
    raise AssertionError(event)


@pytest.mark.parametrize("rows", list(_tables()))
def test_candles_make_exactly_these_trades(open_desk, rows):
    desk = _open(open_desk, rows)
    pending = []
    for number, row in enumerate([*rows, "end"]):
        words = row.split()
        if words[0] == ">":
            assert pending, f"row {number} expects {row.strip()!r}, and nothing more happened"
            expected, found = row.strip()[2:], pending.pop(0)
            # Reasons go on with remedies; the table quotes their beginning.
            assert found == expected or (" @ " not in expected and found.startswith(expected))
            continue
        assert not pending, f"before row {number} ({row.strip()!r}) these happened too: {pending}"
        opens = desk.clock
        events = []
        if words[0] == "submit":
            events = [event for event in _submit(desk, words[1:]) if not isinstance(event, Accepted)]
        elif words[0] == "cancel":
            events = desk.cancel(int(words[1]))
        elif words[0] != "end":
            events = _slice(desk, row)
        pending = [_text(event, opens) for event in events]
