"""From a changed signal to an order: the target, what cash pays, what guards allow. Compiled as it stands."""

from __future__ import annotations

from math import gcd

from logos.backtest.kernel.layout import (
    AT_CLOCK,
    AT_GROSS,
    AT_NET,
    AT_ORDER_VALUE,
    AT_PER_SYMBOL,
    AT_RATE,
    CASH,
    CHANGED_AT,
    CREATED,
    CULPRIT,
    DECIDED_PRICE,
    DENOMINATOR,
    DONE,
    FIRST_PAIR,
    FULL,
    GREATEST,
    GROSS,
    GUARDED,
    HELD,
    INTERVAL,
    LAST_PAIR,
    LEAST,
    MARGIN,
    MARK,
    MOST_LOTS,
    NET,
    NEVER,
    NUMERATOR,
    OF_EQUITY,
    ONLY_REDUCES,
    ORDER,
    ORDER_SIGNAL,
    ORDER_VALUE,
    ORDERED,
    PAIR,
    PAIR_ORDERS,
    PER_SYMBOL,
    POSITION,
    PRICE,
    QUANTITY,
    REMAINING,
    RETRY,
    RETRYING,
    SIGNAL,
    SLIPPAGE,
    SLIPPAGE_DENOMINATOR,
    SYMBOL,
    TARGET,
    TOO_LARGE,
    UNACCEPTED,
    UNIT,
    UNIT_DENOMINATOR,
    UNTOLD,
    WORKING,
    Market,
    Run,
)
from logos.backtest.kernel.matching import end_order, purchase_terms
from logos.ledger.rules import lots_of_share, most_within, purchase_cost, slipped_price, value_of, whole_share


def decide(market: Market, run: Run, now: int, pair: int, equity: int) -> int:
    """Set a pair's target from its signal, which has changed, and order what it lacks. Return how it ended."""
    signal = run.signals[now, pair]
    begins = run.pairs[pair, SIGNAL] == NEVER
    run.pairs[pair, SIGNAL] = signal
    run.pairs[pair, CHANGED_AT] = now
    symbol = market.pairs[pair, SYMBOL]
    unit, denominator = market.pairs[pair, UNIT], market.pairs[pair, UNIT_DENOMINATOR]
    share, amount, lot_worth = unit * signal, 1, 1
    if market.terms[OF_EQUITY]:
        common = gcd(abs(signal), denominator)
        share, denominator = unit * (signal // common), denominator // common
        scale = market.symbols[symbol, DENOMINATOR]
        if equity > NEVER // scale or abs(share) > NEVER // denominator:
            return TOO_LARGE
        amount = equity * scale
        lot_worth = market.closes[now, symbol] * market.symbols[symbol, NUMERATOR]
    lots = lots_of_share(share, denominator, amount, lot_worth) if signal else 0
    if (lots < 0 and not market.terms[MARGIN]) or (lots == 0 and share != 0):
        lots = 0
        run.account[UNTOLD] += 1
    if abs(lots) > market.symbols[symbol, MOST_LOTS]:
        return TOO_LARGE
    if lots == run.pairs[pair, HELD] and not begins:
        run.account[UNTOLD] += 1
    run.pairs[pair, TARGET] = lots
    end_order(run, pair)
    return trade(market, run, now, pair, equity)


def trade(market: Market, run: Run, now: int, pair: int, equity: int) -> int:
    """Order what a pair lacks to its target. Return how it ended."""
    symbol = market.pairs[pair, SYMBOL]
    difference = run.pairs[pair, TARGET] - run.pairs[pair, HELD]
    if difference == 0:
        set_retry(run, pair, 0)
        return DONE
    price, wanted = market.closes[now, symbol], abs(difference)
    reduces = only_reduces(market, run, symbol, difference)
    lots = wanted
    if difference > 0 and not market.terms[MARGIN]:
        lots = affordable(market, run, symbol, price, wanted)
        run.account[UNTOLD] += lots < wanted
    product, of_symbol = price * lots, market.symbols
    too_much = product > of_symbol[symbol, GREATEST] and not reduces
    if lots == 0 or product < of_symbol[symbol, LEAST] or too_much:
        position = run.symbols[symbol, POSITION]
        run.account[UNTOLD] += 1
        set_retry(run, pair, int(position * difference < 0 and wanted <= abs(position)))
        return DONE
    quantity = lots if difference > 0 else -lots
    if market.limits[GUARDED] and not reduces:
        status = past_limit(market, run, now, pair, quantity, equity)
        if status:
            return status
    return send(market, run, now, pair, quantity, reduces)


def set_retry(run: Run, pair: int, again: int) -> None:
    """Note whether a refused order is to be tried at the next bar: 1 or 0."""
    run.account[RETRYING] += again - run.pairs[pair, RETRY]
    run.pairs[pair, RETRY] = again


def sides(market: Market, run: Run, symbol: int) -> tuple[int, int]:
    """Return the lots of a symbol that working orders may still buy and sell, both not negative."""
    buys = sells = 0
    for pair in range(market.symbols[symbol, FIRST_PAIR], market.symbols[symbol, LAST_PAIR]):
        remaining = run.pairs[pair, REMAINING]
        if remaining > 0:
            buys += remaining
        else:
            sells -= remaining
    return buys, sells


def only_reduces(market: Market, run: Run, symbol: int, difference: int) -> bool:
    """Return whether an order would only bring the symbol's position nearer to zero."""
    position = run.symbols[symbol, POSITION]
    if position * difference >= 0:
        return False
    buys, sells = sides(market, run, symbol)
    return abs(difference) + (buys if difference > 0 else sells) <= abs(position)


def affordable(market: Market, run: Run, symbol: int, price: int, wanted: int) -> int:
    """Return how many lots cash pays at a decision price, less what the working purchases reserve."""
    free = run.account[CASH]
    if run.account[WORKING]:
        for pair in range(market.pairs.shape[0]):
            remaining = run.pairs[pair, REMAINING]
            if remaining > 0:
                free -= reserved(market, market.pairs[pair, SYMBOL], run.pairs[pair, DECIDED_PRICE], remaining)
    worst = slipped_price(price, True, market.terms[SLIPPAGE], market.terms[SLIPPAGE_DENOMINATOR])
    return most_within(free, wanted, purchase_cost, purchase_terms(market, symbol, worst))


def reserved(market: Market, symbol: int, price: int, lots: int) -> int:
    """Return the cash that a working purchase reserves."""
    worst = slipped_price(price, True, market.terms[SLIPPAGE], market.terms[SLIPPAGE_DENOMINATOR])
    return purchase_cost(lots, purchase_terms(market, symbol, worst))


def send(market: Market, run: Run, now: int, pair: int, quantity: int, reduces: bool) -> int:  # noqa: FBT001 - compiled
    """Hand an order to the broker, which takes it."""
    account, symbol = run.account, market.pairs[pair, SYMBOL]
    if quantity < 0 and not market.terms[MARGIN]:
        _, sells = sides(market, run, symbol)
        if -quantity > run.symbols[symbol, POSITION] - sells:
            return UNACCEPTED
    row = account[ORDERED]
    if row == run.orders.shape[0]:
        return FULL
    price, clock = market.closes[now, symbol], market.stamps[now] + market.terms[INTERVAL]
    run.orders[row, AT_CLOCK] = clock
    run.orders[row, PAIR] = pair
    run.orders[row, QUANTITY] = quantity
    run.orders[row, PRICE] = price
    run.orders[row, ONLY_REDUCES] = reduces
    run.orders[row, ORDER_SIGNAL] = run.pairs[pair, SIGNAL]
    account[ORDERED] = row + 1
    account[WORKING] += 1
    set_retry(run, pair, 0)
    run.pairs[pair, ORDER] = row + 1
    run.pairs[pair, REMAINING] = quantity
    run.pairs[pair, DECIDED_PRICE] = price
    run.pairs[pair, CREATED] = clock
    run.totals[pair, PAIR_ORDERS] += 1
    return DONE


def past_limit(market: Market, run: Run, now: int, pair: int, quantity: int, equity: int) -> int:
    """Return which guard's limit an increasing order of signed lots would reach; ``DONE`` for none."""
    symbol = market.pairs[pair, SYMBOL]
    of_symbol = market.symbols
    price, numerator = market.closes[now, symbol], of_symbol[symbol, NUMERATOR]
    value = value_of(price, abs(quantity), numerator, of_symbol[symbol, DENOMINATOR])
    if value >= market.limits[ORDER_VALUE]:
        return AT_ORDER_VALUE
    status = past_exposure(market, run, symbol, quantity, equity)
    return status or past_rate(market, run, now)


def past_exposure(market: Market, run: Run, symbol: int, quantity: int, equity: int) -> int:
    """Return which limit of exposure is reached with an order on its way, working orders at their worst side."""
    gross = highest = lowest = own = 0
    of_symbol = market.symbols
    for each in range(of_symbol.shape[0]):
        position, (buys, sells) = run.symbols[each, POSITION], sides(market, run, each)
        if each == symbol:
            buys, sells = buys + max(0, quantity), sells + max(0, -quantity)
        mark, numerator, denominator = run.symbols[each, MARK], of_symbol[each, NUMERATOR], of_symbol[each, DENOMINATOR]
        high = value_of(mark, position + buys, numerator, denominator)
        low = value_of(mark, position - sells, numerator, denominator)
        worst = max(abs(high), abs(low))
        gross += worst
        highest += high
        lowest += low
        if each == symbol:
            own = worst
    if reaches(market, GROSS, gross, equity):
        return AT_GROSS
    if reaches(market, NET, max(abs(highest), abs(lowest)), equity):
        return AT_NET
    return AT_PER_SYMBOL if reaches(market, PER_SYMBOL, own, equity) else DONE


def reaches(market: Market, limit: int, value: int, equity: int) -> bool:
    """Return whether a value has come to a share of equity, or within a minor unit of it."""
    numerator = market.limits[limit]
    return numerator != NEVER and value >= whole_share(equity, numerator, market.limits[limit + 1])


def past_rate(market: Market, run: Run, now: int) -> int:
    """Return whether one more order is as many as a guard counts within its span of time."""
    clock = market.stamps[now] + market.terms[INTERVAL]
    number = run.account[ORDERED] + 1
    for row in range(market.rates.shape[0]):
        most, seconds = market.rates[row, 0], market.rates[row, 1]
        if most <= 1:
            run.account[CULPRIT] = row
            return AT_RATE
        if number >= most and run.orders[number - most, AT_CLOCK] > clock - seconds:
            run.account[CULPRIT] = row
            return AT_RATE
    return DONE
