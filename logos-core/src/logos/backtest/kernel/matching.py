"""Working orders against a slice, and the books of their fills. Plain Python, compiled as it stands."""

from __future__ import annotations

from logos.backtest.kernel.layout import (
    AT_CLOCK,
    CASH,
    COST,
    CREATED,
    DECIDED_PRICE,
    DELAY_COST,
    DENOMINATOR,
    DONE,
    FEE,
    FEE_DENOMINATOR,
    FEES,
    FILL_FEE,
    FILL_REALIZED,
    FILL_VALUE,
    FILLED,
    FIRST_PAIR,
    FULL,
    HEAD,
    HELD,
    INTERVAL,
    LAST_PAIR,
    MARGIN,
    MOST_MONEY,
    NUMBER,
    NUMERATOR,
    ORDER,
    PAIR,
    PLANNED,
    POSITION,
    PRICE,
    QUANTITY,
    REALIZED,
    REDUCES,
    REFERENCE,
    REMAINING,
    SLIPPAGE,
    SLIPPAGE_COST,
    SLIPPAGE_DENOMINATOR,
    SYMBOL,
    TAIL,
    TOO_LARGE,
    TRADED,
    UNTOLD,
    VALUE,
    WORKING,
    Market,
    Run,
)
from logos.backtest.kernel.tally import count_fill
from logos.ledger.rules import fee_of, most_within, purchase_cost, slipped_price, trade_lots, value_of


def next_order(run: Run, start: int, stop: int, after: int) -> int:
    """Return the pair from ``start`` up to ``stop`` whose working order has the next number; -1 for none."""
    found = -1
    for pair in range(start, stop):
        number = run.pairs[pair, ORDER]
        if number > after and (found < 0 or number < run.pairs[found, ORDER]):
            found = pair
    return found


def match(market: Market, run: Run, now: int) -> int:
    """Fill the working orders at a slice: what reduces first, then by symbol and number. Return how it ended."""
    for symbol in range(market.symbols.shape[0]):
        if market.closes[now, symbol]:
            plan_fills(market, run, now, symbol)
    pair = next_fill(market, run)
    while pair >= 0:
        status = fill(market, run, now, pair)
        if status:
            return status
        pair = next_fill(market, run)
    return DONE


def next_fill(market: Market, run: Run) -> int:
    """Return the pair whose planned fill comes next; -1 for none."""
    found, pairs, of_pairs = -1, run.pairs, market.pairs
    for pair in range(pairs.shape[0]):
        if not pairs[pair, PLANNED]:
            continue
        if found >= 0:
            order = pairs[found, REDUCES] - pairs[pair, REDUCES]
            if order == 0:
                order = of_pairs[pair, SYMBOL] - of_pairs[found, SYMBOL]
            if order == 0:
                order = pairs[pair, ORDER] - pairs[found, ORDER]
            if order > 0:
                continue
        found = pair
    return found


def plan_fills(market: Market, run: Run, now: int, symbol: int) -> None:
    """Give each order of a symbol its share of the bar's volume, by number."""
    room = market.room[now, symbol]
    start, stop = market.symbols[symbol, FIRST_PAIR], market.symbols[symbol, LAST_PAIR]
    position = run.symbols[symbol, POSITION]
    pair = next_order(run, start, stop, 0)
    while pair >= 0:
        lots = 0
        if run.pairs[pair, CREATED] <= market.stamps[now]:
            lots = abs(run.pairs[pair, REMAINING])
            if room >= 0:
                lots = min(lots, room)
                room -= lots
        run.pairs[pair, PLANNED] = lots
        run.pairs[pair, REDUCES] = position * run.pairs[pair, REMAINING] < 0
        pair = next_order(run, start, stop, run.pairs[pair, ORDER])


def fill(market: Market, run: Run, now: int, pair: int) -> int:
    """Fill what was planned of a pair's order at the open, as far as a cash account can settle it."""
    terms, symbol = market.terms, market.pairs[pair, SYMBOL]
    buys = run.pairs[pair, REMAINING] > 0
    price = slipped_price(market.opens[now, symbol], buys, terms[SLIPPAGE], terms[SLIPPAGE_DENOMINATOR])
    wanted = lots = run.pairs[pair, PLANNED]
    run.pairs[pair, PLANNED] = 0
    if not terms[MARGIN]:
        if buys:
            lots = most_within(run.account[CASH], wanted, purchase_cost, purchase_terms(market, symbol, price))
        else:
            lots = min(wanted, max(0, run.symbols[symbol, POSITION]))
    status = DONE
    if lots:
        status = book(market, run, now, pair, lots if buys else -lots, price)
    run.account[UNTOLD] += lots < wanted
    if lots < wanted or not run.pairs[pair, REMAINING]:
        end_order(run, pair)
    return status


def purchase_terms(market: Market, symbol: int, price: int) -> tuple[int, int, int, int, int]:
    """Return what the cost of a purchase at a price is made from."""
    terms, of_symbol = market.terms, market.symbols
    return (
        price,
        of_symbol[symbol, NUMERATOR],
        of_symbol[symbol, DENOMINATOR],
        terms[FEE],
        terms[FEE_DENOMINATOR],
    )


def end_order(run: Run, pair: int) -> None:
    """Let go of a pair's working order, where it has one."""
    if run.pairs[pair, ORDER]:
        run.pairs[pair, ORDER] = 0
        run.pairs[pair, REMAINING] = 0
        run.account[WORKING] -= 1


def book(market: Market, run: Run, now: int, pair: int, quantity: int, price: int) -> int:
    """Book a fill of signed lots, and write it down."""
    account, symbol = run.account, market.pairs[pair, SYMBOL]
    numerator, denominator = market.symbols[symbol, NUMERATOR], market.symbols[symbol, DENOMINATOR]
    value = value_of(price, abs(quantity), numerator, denominator)
    fee = fee_of(value, market.terms[FEE], market.terms[FEE_DENOMINATOR])
    if account[FILLED] == run.fills.shape[0] or not has_room(run, symbol):
        return FULL
    state = run.symbols
    head, tail, realized, more = trade_lots(
        run.sizes,
        run.costs,
        state[symbol, HEAD],
        state[symbol, TAIL],
        state[symbol, POSITION],
        quantity,
        value,
    )
    position = state[symbol, POSITION] + quantity
    state[symbol, HEAD] = head
    state[symbol, TAIL] = tail
    state[symbol, POSITION] = position
    state[symbol, COST] += more
    state[symbol, REALIZED] += realized
    state[symbol, FEES] += fee
    if not position:
        state[symbol, VALUE] = 0
    account[CASH] -= (value if quantity > 0 else -value) + fee
    write_fill(market, run, now, pair, (quantity, price, value, fee, realized))
    return count_costs(market, run, pair)


def has_room(run: Run, symbol: int) -> bool:
    """Return whether another lot of a symbol has a place; where it has not, the open lots move to the front first."""
    state, room = run.symbols, len(run.sizes) // run.symbols.shape[0]
    head, tail, start = state[symbol, HEAD], state[symbol, TAIL], symbol * room
    if tail < start + room and head < tail:
        return True
    for place in range(head, tail):
        run.sizes[start + place - head] = run.sizes[place]
        run.costs[start + place - head] = run.costs[place]
    state[symbol, HEAD] = start
    state[symbol, TAIL] = start + tail - head
    return tail - head < room


def write_fill(market: Market, run: Run, now: int, pair: int, fill_figures: tuple[int, int, int, int, int]) -> None:
    """Write a fill down: quantity, price, value, fee, realised profit."""
    quantity, price, value, fee, realized = fill_figures
    row, fills = run.account[FILLED], run.fills
    fills[row, AT_CLOCK] = market.stamps[now] + market.terms[INTERVAL]
    fills[row, PAIR] = pair
    fills[row, QUANTITY] = quantity
    fills[row, PRICE] = price
    fills[row, REFERENCE] = market.opens[now, market.pairs[pair, SYMBOL]]
    fills[row, FILL_VALUE] = value
    fills[row, FILL_FEE] = fee
    fills[row, FILL_REALIZED] = realized
    fills[row, NUMBER] = run.pairs[pair, ORDER]
    run.account[FILLED] = row + 1
    run.pairs[pair, HELD] += quantity
    run.pairs[pair, REMAINING] -= quantity
    count_fill(run.totals, pair, quantity, value, fee, market.stamps[now])


def count_costs(market: Market, run: Run, pair: int) -> int:
    """Add what the last fill lost by slippage and delay; say where any sum becomes too large."""
    row = run.account[FILLED] - 1
    quantity, value, symbol = run.fills[row, QUANTITY], run.fills[row, FILL_VALUE], market.pairs[pair, SYMBOL]
    numerator, denominator = market.symbols[symbol, NUMERATOR], market.symbols[symbol, DENOMINATOR]
    at_reference = value
    if run.fills[row, PRICE] != run.fills[row, REFERENCE]:
        at_reference = value_of(run.fills[row, REFERENCE], abs(quantity), numerator, denominator)
    at_decision = value_of(run.pairs[pair, DECIDED_PRICE], abs(quantity), numerator, denominator)
    sign = 1 if quantity > 0 else -1
    totals = run.totals
    totals[pair, SLIPPAGE_COST] += sign * (value - at_reference)
    totals[pair, DELAY_COST] += sign * (at_reference - at_decision)
    sums = max(totals[pair, TRADED], abs(totals[pair, SLIPPAGE_COST]), abs(totals[pair, DELAY_COST]))
    return TOO_LARGE if max(sums // 4, abs(run.account[CASH])) > MOST_MONEY else DONE
