"""The job as one bare loop over integers: the exact answer, and what a compiled loop takes for it.

``python benchmarks/floors.py run|given|ruled|sweep BARS`` times the floor, ``given`` with the signals computed before;
``ruled`` too, and over the rules that the kernel keeps: a share of the volume, what cash pays, FIFO lots, a fill
written down, and the limits of the guards, all by the functions of ``logos.ledger.rules`` and in one straight loop.
``python benchmarks/floors.py answer one:BARS ten:BARS sweep:BARS`` gives the answers. Either prints one line of JSON.
The loop is written once: plain Python runs it for the answer, numba compiles it for the floor. Prices are ticks of a
ten-thousandth, cash counts hundred-millionths, and nothing in it is about events, orders, lots or guards.
"""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from bars import FIRST_SHORT_SEED, LONG_SEED, SHORT_SYMBOLS, walk
from peers.job import CASH, FAST, PAIRS, QUANTITY, SLOW, TICKS, clock, crossed, report

from logos.domain.money import divide_half_even
from logos.ledger.rules import (
    fee_of,
    most_within,
    purchase_cost,
    share_of,
    trade_lots,
    value_of,
    volume_share,
    whole_share,
)

MONEY = 10**8
TICK = MONEY // TICKS
RULES = (fee_of, most_within, purchase_cost, share_of, trade_lots, value_of, volume_share, whole_share)
FEE_SHARE = 1_000
"""The fee is a thousandth of the traded value: ten basis points."""


def filled(cash: int, change: int, price: int) -> int:
    """Return the cash after a fill of some units at a price, the fee rounded half to even."""
    value = change * price * TICK
    size = abs(value)
    fee = size // FEE_SHARE
    rest = 2 * (size - fee * FEE_SHARE)
    if rest > FEE_SHARE or (rest == FEE_SHARE and fee % 2 == 1):
        fee += 1
    return cash - value - fee


def job(opens: Sequence[int], closes: Sequence[int], fast: int, slow: int) -> tuple[int, int, int]:
    """Trade the cross of two averages; return fills, last equity and the greatest fall from a peak."""
    cash = equity = peak = CASH * MONEY
    held, wanted, fills, deepest = 0, 0, 0, 0
    fast_sum, slow_sum = 0, 0
    for bar in range(len(closes)):
        if wanted != held:  # what the close before decided fills at this open
            cash = filled(cash, wanted - held, opens[bar])
            held = wanted
            fills += 1
        close = closes[bar]
        fast_sum += close
        slow_sum += close
        if bar >= fast:
            fast_sum -= closes[bar - fast]
        if bar >= slow:
            slow_sum -= closes[bar - slow]
        if bar >= slow - 1:
            wanted = QUANTITY if fast_sum * slow > slow_sum * fast else 0
        equity = cash + held * close * TICK
        peak = max(peak, equity)
        deepest = max(deepest, peak - equity)
    return fills, equity, deepest


def follow(opens: Sequence[int], closes: Sequence[int], units: Sequence[int]) -> tuple[int, int, int]:
    """Do the same with the position wanted after each close given."""
    cash = equity = peak = CASH * MONEY
    held, wanted, fills, deepest = 0, 0, 0, 0
    for bar in range(len(closes)):
        if wanted != held:
            cash = filled(cash, wanted - held, opens[bar])
            held = wanted
            fills += 1
        wanted = units[bar]
        equity = cash + held * closes[bar] * TICK
        peak = max(peak, equity)
        deepest = max(deepest, peak - equity)
    return fills, equity, deepest


def ruled(  # noqa: C901 - one straight loop, to be compared with
    bars: tuple[Sequence[int], Sequence[int], Sequence[int]],
    units: Sequence[int],
    terms: tuple[int, ...],
    lots: tuple[Any, Any],
    log: Any,
) -> tuple[int, int, int]:
    """Do the same by the rules of a session; the first two terms are the value of a lot, then fee, share and limits."""
    opens, closes, volumes = bars
    worth, per, fee_share, fee_per, share, share_per, value_limit, gross, loss, loss_per = terms
    sizes, costs = lots
    cash = equity = peak = CASH * MONEY
    held, wanted, fills, head, tail = 0, 0, 0, 0, 0
    floor_at = peak - whole_share(peak, loss, loss_per)
    for bar in range(len(closes)):
        if wanted != held:
            price, change = opens[bar], wanted - held
            size = min(abs(change), volume_share(volumes[bar], share, share_per))
            if change > 0:
                size = most_within(cash, size, purchase_cost, (price, worth, per, fee_share, fee_per))
            if size:
                signed = size if change > 0 else -size
                value = value_of(price, size, worth, per)
                fee = fee_of(value, fee_share, fee_per)
                if tail == len(sizes):
                    head, tail = 0, 0
                head, tail, realized, _ = trade_lots(sizes, costs, head, tail, held, signed, value)
                cash -= (value if change > 0 else -value) + fee
                held += signed
                for place, number in enumerate((bar, signed, price, value, fee, realized)):
                    log[fills, place] = number
                fills += 1
        mark = value_of(closes[bar], held, worth, per)
        equity = cash + mark
        if equity > peak:
            peak = equity
            floor_at = peak - whole_share(peak, loss, loss_per)
        if equity <= floor_at:
            break
        if units[bar] != wanted:
            value = value_of(closes[bar], abs(units[bar] - held), worth, per)
            if units[bar] <= held or (value < value_limit and mark + value < whole_share(equity, gross, 1)):
                wanted = units[bar]
    return fills, equity, peak - floor_at


def ticks(seed: int, bars: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return opens and closes of a walk in ticks, and its volumes."""
    opens, _, _, closes, volumes = walk(seed, bars)
    prices = (np.rint(column * TICKS).astype(np.int64) for column in (opens, closes))
    return *prices, np.rint(volumes).astype(np.int64)


def answer(kind: str, bars: int) -> tuple[int, str]:
    """Return fills and final equity of the one symbol, of the ten in one account, or of all pairs added up."""
    seeds = range(FIRST_SHORT_SEED, FIRST_SHORT_SEED + SHORT_SYMBOLS) if kind == "ten" else [LONG_SEED]
    pairs = PAIRS if kind == "sweep" else [(FAST, SLOW)]
    results = []
    for seed in seeds:
        opens, closes = (column.tolist() for column in ticks(seed, bars)[:2])
        results += [job(opens, closes, fast, slow) for fast, slow in pairs]
    gain = sum(result[1] - CASH * MONEY for result in results)
    accounts = len(PAIRS) if kind == "sweep" else 1
    return sum(result[0] for result in results), money(gain + accounts * CASH * MONEY)


def money(amount: int) -> str:
    """Return an amount as text with eight decimals."""
    whole, rest = divmod(abs(amount), MONEY)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:08d}"


def floor(mode: str, bars: int) -> None:
    """Time the compiled loop, the best of several calls, and report it."""
    import numba  # noqa: PLC0415 -- the answer needs no compiler
    from numba.extending import register_jitable  # noqa: PLC0415

    begin = clock()
    for function in (filled, divide_half_even, *RULES):
        register_jitable(function)
    opens, closes, volumes = ticks(LONG_SEED, bars)
    units = np.where(crossed(closes / TICKS)[0], QUANTITY, 0).astype(np.int64)
    loop: Any = numba.njit({"given": follow, "ruled": ruled}.get(mode, job))
    if mode == "ruled":
        room = np.zeros((2, 1024), dtype=np.int64), np.empty((bars, 6), dtype=np.int64)
        terms = (TICK, 1, 1, FEE_SHARE, 1, 1, 60_000 * MONEY, 2, 1, 2)
        calls: list[tuple[Any, ...]] = [((opens, closes, volumes), units, terms, (room[0][0], room[0][1]), room[1])]
    else:
        made = [(units,)] if mode == "given" else PAIRS if mode == "sweep" else [(FAST, SLOW)]
        calls = [(opens, closes, *one) for one in made]
    loop(*calls[0])  # compiles
    first = clock() - begin
    best = float("inf")
    for _ in range(5 if mode == "sweep" else 30):
        begin = clock()
        results = [loop(*call) for call in calls]
        best = min(best, clock() - begin)
    fills, equity = (sum(result[place] for result in results) for place in (0, 1))
    report(version=numba.__version__, bars=bars, first=first, seconds=best, fills=fills, equity=money(equity))


def main() -> None:
    """Report answers, or time the floor of a mode."""
    mode, *rest = sys.argv[1:]
    if mode == "answer":
        report(**{text: answer(text.partition(":")[0], int(text.partition(":")[2])) for text in rest})
    else:
        floor(mode, int(rest[0]))


if __name__ == "__main__":
    main()
