"""The lines of the session's tables, but for ``account.csv``: domain objects in, one line of CSV out.

Numbers and times never need quotes; free text gets them where RFC 4180 asks for them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from logos.domain.events import Fill
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_DECIMALS, divide_half_even, text_of
from logos.domain.orders import Order, Side
from logos.domain.times import time_text


@lru_cache(maxsize=256)
def ratio_text(value: int) -> str:
    """Print a signal or a weight given in hundred-millionths: there are few of them in a run."""
    return text_of(value, RATIO_DECIMALS)


def quoted(text: str) -> str:
    """Return a field as CSV writes it: in quotes where it holds a comma, a quote or a line break."""
    if "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


@lru_cache(maxsize=1024)
def _names(strategy: str, symbol: str) -> str:
    return f"{quoted(strategy)},{quoted(symbol)}"


def weight_row(clock: int, symbol: str, target: int, actual: int, risk: int | None) -> str:
    """Return a line of ``weights.csv``; ratios in hundred-millionths."""
    share = "" if risk is None else ratio_text(risk)
    return f"{time_text(clock)},{quoted(symbol)},{ratio_text(target)},{ratio_text(actual)},{share}\n"


def order_row(order: Order, decimals: int) -> str:
    """Return an order's line of ``orders.csv``; ``decimals`` are those of the account's currency."""
    intent = order.intent
    instrument = intent.instrument
    filled = order.filled
    reason = order.reason
    # Joined, not formatted: formatting asks each word of an enumeration for its text, which costs more than the rest.
    return ",".join(
        (
            str(intent.order_id),
            time_text(intent.created_at),
            time_text(order.updated_at),
            _names(intent.strategy, instrument.symbol),
            intent.side,
            intent.order_type,
            intent.time_in_force,
            instrument.quantity_text(intent.quantity),
            "" if intent.limit_price is None else instrument.price_text(intent.limit_price),
            "" if intent.stop_price is None else instrument.price_text(intent.stop_price),
            order.status,
            instrument.quantity_text(filled),
            instrument.average_price_text(order.filled_ticks, filled) if filled else "",
            text_of(order.fees, decimals),
            f"{quoted(reason) if reason else reason}\n",
        )
    )


def dry_run_order_row(order: Order, decimals: int) -> str:
    """Return an order's line of the ``orders.csv`` of a dry-run session: with what the venue would have said."""
    return f"{order_row(order, decimals)[:-1]},{quoted(order.venue_outcome)}\n"


class FillTexts(NamedTuple):
    """A fill as it is printed, in its row and in the journal: each number becomes text once."""

    timestamp: str
    quantity: str
    price: str
    liquidity: str
    value: str
    fee: str
    realized: str


def fill_texts(fill: Fill, instrument: Instrument, realized: int, decimals: int) -> FillTexts:
    """Print a fill.

    Parameters
    ----------
    realized:
        FIFO PnL before fees, in minor units of the account's currency.
    decimals:
        Decimals of the account's currency.
    """
    return FillTexts(
        time_text(fill.timestamp),
        instrument.quantity_text(fill.quantity),
        instrument.price_text(fill.price),
        fill.liquidity.value,
        text_of(fill.value, decimals),
        text_of(fill.fee, decimals),
        text_of(realized, decimals),
    )


def trade_row(
    trade_id: int, order_id: int, texts: FillTexts, symbol: str, side: Side, conversion_text: str = ""
) -> str:
    """Return a fill's line of ``trades.csv``.

    Parameters
    ----------
    trade_id:
        The number of the fill within the session.
    order_id:
        The order that traded.
    symbol, side:
        What was traded, and which way.
    conversion_text:
        The conversion symbol's price that was used; empty in the account's own currency.
    """
    return (
        f"{trade_id},{order_id},{texts.timestamp},{quoted(symbol)},{side},{texts.quantity},{texts.price},"
        f"{texts.liquidity},{texts.fee},{texts.realized},{texts.value},{conversion_text}\n"
    )


def average_cost_text(instrument: Instrument, quantity: int, cost: int, decimals: int, *, converted: bool) -> str:
    """Print what one unit of an open position cost on average, half to even; empty where nothing is open.

    Parameters
    ----------
    instrument:
        What is held.
    quantity, cost:
        The open lots' signed quantity in lots, and their signed cost in minor units of the account's currency.
    decimals:
        Decimals of the account's currency.
    converted:
        Whether the instrument is quoted in another currency. Its tick says nothing about the account's currency then,
        and the average prints with the decimals of money; else with the tick's, as every price.
    """
    if not quantity:
        return ""
    places = decimals if converted else instrument.price_decimals
    # cost / quantity / lot * 10**(places - decimals), as one fraction with a denominator above 0.
    lots_a_unit = instrument.lots_a_unit
    numerator = cost * lots_a_unit.numerator * 10 ** max(0, places - decimals)
    denominator = quantity * lots_a_unit.denominator * 10 ** max(0, decimals - places)
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    return text_of(divide_half_even(numerator, denominator), places)


def position_row(  # noqa: PLR0913 - one argument for each thing the row cannot derive
    timestamp: int,
    instrument: Instrument,
    quantity: int,
    *,
    cost: int,
    mark_price: int | None,
    market_value: int,
    realized: int,
    decimals: int,
    converted: bool = False,
) -> str:
    """Return a position's line of ``positions.csv``.

    Parameters
    ----------
    timestamp:
        The session's clock, in seconds since the epoch, UTC.
    instrument:
        What is held.
    quantity:
        Signed lots; 0 for a position just closed.
    cost:
        The open lots' signed cost in minor units of the account's currency.
    mark_price:
        The last close in ticks; ``None`` where there is none yet.
    market_value, realized:
        Minor units of the account's currency; realised PnL of the symbol so far, gross of fees. Unrealised PnL is
        market value less cost.
    decimals:
        Decimals of the account's currency.
    converted:
        Whether the instrument is quoted in another currency than the account's.
    """
    mark = "" if mark_price is None else instrument.price_text(mark_price)
    average = average_cost_text(instrument, quantity, cost, decimals, converted=converted)
    return (
        f"{time_text(timestamp)},{quoted(instrument.symbol)},{instrument.quantity_text(quantity)},"
        f"{average},{mark},{text_of(market_value, decimals)},{text_of(market_value - cost, decimals)},"
        f"{text_of(realized, decimals)}\n"
    )


def decision_row(  # noqa: PLR0913 - one argument for each column
    timestamp: int,
    strategy: str,
    instrument: Instrument,
    *,
    signal: int,
    target_weight: int | None,
    target_quantity: int | None,
    outcome: str,
    order_id: int | None,
    reason_code: str,
    detail: str,
) -> str:
    """Return a line of ``decisions.csv``: what became of one signal.

    Parameters
    ----------
    timestamp:
        The session's clock, in seconds since the epoch, UTC.
    strategy:
        The name of the strategy entry.
    instrument:
        What the signal is about.
    signal:
        The signal in hundred-millionths.
    target_weight:
        The target as a share of equity in hundred-millionths, where the allocator gave one.
    target_quantity:
        The target in signed lots, where it is known.
    outcome:
        What became of it, such as ``ordered``, ``blocked`` or ``unchanged``.
    order_id:
        The order that answers the signal, if one does.
    reason_code:
        Why there is no order, as one word; empty where there is one.
    detail:
        The numbers and the remedy.
    """
    weight = "" if target_weight is None else ratio_text(target_weight)
    quantity = "" if target_quantity is None else instrument.quantity_text(target_quantity)
    order = "" if order_id is None else order_id
    return (
        f"{time_text(timestamp)},{_names(strategy, instrument.symbol)},{ratio_text(signal)},{weight},{quantity},"
        f"{quoted(outcome)},{order},{quoted(reason_code)},{quoted(detail)}\n"
    )


def quarantine_row(symbol: str, file: str, line: int, reason: str, row: str) -> str:
    """Return a line of ``quarantine.csv``: a row of a bar file that did not become a bar, where and why."""
    return f"{quoted(symbol)},{quoted(file)},{line},{quoted(reason)},{quoted(row)}\n"
