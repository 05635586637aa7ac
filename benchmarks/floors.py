"""The job as one bare loop over integers: the exact answer, and what a compiled loop takes for it.

``python benchmarks/floors.py run|given|sweep BARS`` times the floor, ``given`` with the signals computed before;
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

MONEY = 10**8
TICK = MONEY // TICKS
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


def ticks(seed: int, bars: int) -> tuple[np.ndarray, np.ndarray]:
    """Return opens and closes of a walk in ticks."""
    opens, _, _, closes, _ = (np.rint(column * TICKS).astype(np.int64) for column in walk(seed, bars))
    return opens, closes


def answer(kind: str, bars: int) -> tuple[int, str]:
    """Return fills and final equity of the one symbol, of the ten in one account, or of all pairs added up."""
    seeds = range(FIRST_SHORT_SEED, FIRST_SHORT_SEED + SHORT_SYMBOLS) if kind == "ten" else [LONG_SEED]
    pairs = PAIRS if kind == "sweep" else [(FAST, SLOW)]
    results = []
    for seed in seeds:
        opens, closes = (column.tolist() for column in ticks(seed, bars))
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
    register_jitable(filled)
    opens, closes = ticks(LONG_SEED, bars)
    units = np.where(crossed(closes / TICKS)[0], QUANTITY, 0).astype(np.int64)
    loop: Any = numba.njit(follow if mode == "given" else job)
    calls: list[tuple[Any, ...]] = [(units,)] if mode == "given" else [(FAST, SLOW)]
    loop(opens, closes, *calls[0])  # compiles
    calls = PAIRS if mode == "sweep" else calls
    first = clock() - begin
    best = float("inf")
    for _ in range(5 if mode == "sweep" else 30):
        begin = clock()
        results = [loop(opens, closes, *call) for call in calls]
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
