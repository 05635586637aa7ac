"""The loop over the slices. Plain Python, compiled as it stands."""

from __future__ import annotations

from logos.backtest.kernel.deciding import decide, trade
from logos.backtest.kernel.layout import (
    AT_DAILY_LOSS,
    AT_DRAWDOWN,
    BASE,
    CASH,
    CHANGED_AT,
    DAILY_LOSS,
    DENOMINATOR,
    DONE,
    DRAWDOWN,
    EXPOSED,
    MARK,
    NEVER,
    NUMERATOR,
    PEAK,
    POSITION,
    RETRY,
    RETRYING,
    RUINED,
    SIGNAL,
    STOPPED_AT,
    SYMBOL,
    TROUGH,
    VALUE,
    WORKING,
    Market,
    Run,
    Table,
)
from logos.backtest.kernel.matching import match
from logos.backtest.kernel.tally import note_fall
from logos.ledger.rules import Cells, value_of, whole_share


def simulate(market: Market, run: Run) -> int:  # noqa: C901 - the one order of work, whose state lives in registers
    """Run through all slices; return how it ended, and leave the slice in the account where it is not the end.

    It begins where the run's tables stand: at the start of a run, or behind an earlier stretch of slices. In a slice,
    working orders are matched, positions marked, guards heard, then signals become orders.
    """
    # Local names for what every slice needs: the tables as a whole are handed on only where something happens.
    account, equities, day_equity, day_ends = run.account, run.equity, run.day_equity, market.day_ends
    closes, of_symbols, symbols = market.closes, market.symbols, run.symbols
    signals, pairs = run.signals, run.pairs
    keeps = len(equities) > 0
    peak, trough, base = account[PEAK], account[TROUGH], account[BASE]
    floor = floor_of(market.limits, peak, base)
    day, day_end, exposed = 0, day_ends[0], 0
    lone, now, end = closes.shape[1] == 1 and pairs.shape[0] == 1, 0, closes.shape[0]
    while now < end:
        if lone and not account[WORKING] and not account[RETRYING]:
            now, peak, trough, floor = pass_over(market, run, now, day_end, (peak, trough, base, floor))
            if now == end:
                break
        if account[WORKING]:
            status = match(market, run, now)
            if status:
                return stop(account, now, status)
        worth, held = mark_to_market(closes, of_symbols, symbols, now)
        equity = account[CASH] + worth
        exposed += held > 0
        if keeps:
            equities[now] = equity
        if equity > peak:
            note_fall(account, peak, trough)
            peak = trough = equity
            floor = floor_of(market.limits, peak, base)
        trough = min(trough, equity)
        if equity <= floor:
            return stop(account, now, why_stopped(market.limits, equity, peak))
        if now == day_end:
            day_equity[day] = base = equity
            day += 1
            day_end = day_ends[day]
            floor = floor_of(market.limits, peak, base)
        if is_news(signals, pairs, now) or account[RETRYING]:
            status = hear_signals(market, run, now, equity)
            if status:
                return stop(account, now, status)
        now += 1
    note_fall(account, peak, trough)
    account[PEAK] = peak
    account[TROUGH] = trough
    account[BASE] = base
    account[EXPOSED] += exposed
    return DONE


def pass_over(
    market: Market, run: Run, now: int, day_end: int, marks: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """Go on over slices of one pair alone in which nothing is ordered, filled or limited: only the price moves.

    Returns the first slice that must be looked at, or the end; and peak, trough and floor of equity before it.
    """
    closes, signals, equities, symbols = market.closes, run.signals, run.equity, run.symbols
    peak, trough, base, floor = marks
    position, cash, said = symbols[0, POSITION], run.account[CASH], run.pairs[0, SIGNAL]
    numerator, denominator = market.symbols[0, NUMERATOR], market.symbols[0, DENOMINATOR]
    keeps, start = len(equities) > 0, now
    stop_at = day_end if day_end >= 0 else closes.shape[0]
    worth = 0
    while now < stop_at:
        close = closes[now, 0]
        if signals[now, 0] != said or close == 0:
            break
        if position:
            worth = value_of(close, position, numerator, denominator)
        equity = cash + worth
        if equity <= floor:
            break
        if keeps:
            equities[now] = equity
        if equity > peak:
            note_fall(run.account, peak, trough)
            peak = trough = equity
            floor = floor_of(market.limits, peak, base)
        elif equity < trough:
            trough = equity
        now += 1
    if now > start:
        symbols[0, MARK] = closes[now - 1, 0]
        if position:
            symbols[0, VALUE] = value_of(symbols[0, MARK], position, numerator, denominator)
            run.account[EXPOSED] += now - start
    return now, peak, trough, floor


def stop(account: Cells, now: int, status: int) -> int:
    """Note the slice at which a run stops early."""
    account[STOPPED_AT] = now
    return status


def floor_of(limits: Cells, peak: int, base: int) -> int:
    """Return the highest equity at which the run has to stop: ruin, or a limit of losses."""
    floor = 0
    numerator = limits[DRAWDOWN]
    if numerator != NEVER:
        floor = max(floor, peak - whole_share(peak, numerator, limits[DRAWDOWN + 1]))
    numerator = limits[DAILY_LOSS]
    if numerator != NEVER:
        floor = max(floor, base - whole_share(base, numerator, limits[DAILY_LOSS + 1]))
    return floor


def why_stopped(limits: Cells, equity: int, peak: int) -> int:
    """Return which floor equity has come to."""
    if equity <= 0:
        return RUINED
    numerator = limits[DRAWDOWN]
    if numerator != NEVER and equity <= peak - whole_share(peak, numerator, limits[DRAWDOWN + 1]):
        return AT_DRAWDOWN
    return AT_DAILY_LOSS


def mark_to_market(closes: Table, of_symbols: Table, symbols: Table, now: int) -> tuple[int, int]:
    """Mark what is held to the closes of a slice; return what all of it is worth, and how many symbols are held."""
    total = held = 0
    for symbol in range(closes.shape[1]):
        close, position = closes[now, symbol], symbols[symbol, POSITION]
        if close:
            symbols[symbol, MARK] = close
            if position:
                symbols[symbol, VALUE] = value_of(
                    close, position, of_symbols[symbol, NUMERATOR], of_symbols[symbol, DENOMINATOR]
                )
        if position:
            held += 1
            total += symbols[symbol, VALUE]
    return total, held


def is_news(signals: Table, pairs: Table, now: int) -> bool:
    """Return whether any signal may have changed."""
    for pair in range(pairs.shape[0]):  # noqa: SIM110 - any() would be a generator, which is not compiled
        if signals[now, pair] != pairs[pair, SIGNAL]:
            return True
    return False


def hear_signals(market: Market, run: Run, now: int, equity: int) -> int:
    """Let every signal that has changed set its target, then try again what was refused. Return how it ended."""
    pairs = run.pairs
    for pair in range(pairs.shape[0]):
        if run.signals[now, pair] != pairs[pair, SIGNAL] and now >= run.first[pair]:
            if not market.closes[now, market.pairs[pair, SYMBOL]]:
                continue
            status = decide(market, run, now, pair, equity)
            if status:
                return status
    if run.account[RETRYING]:
        for pair in range(pairs.shape[0]):
            is_due = pairs[pair, RETRY] and pairs[pair, CHANGED_AT] != now
            if is_due and market.closes[now, market.pairs[pair, SYMBOL]]:
                status = trade(market, run, now, pair, equity)
                if status:
                    return status
    return DONE
