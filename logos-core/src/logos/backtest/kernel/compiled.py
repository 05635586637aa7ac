"""The one door to numba: the kernel's loop, and the rules that the session calls, compiled as they stand."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import cast

from logos.backtest.kernel import deciding, layout, loop, matching, tally
from logos.backtest.kernel.machine_code import KeepingCode, load_code
from logos.domain import money
from logos.domain.errors import BrokenInvariantError, InputError
from logos.ledger import rules

Simulate = Callable[[layout.Market, layout.Run], int]

HINT = "pip install 'logos-core[fast]'"

_FIRST_USE = (
    "The kernel is compiled when it is first used, which takes about ten seconds; later runs load it from numba's "
    "cache."
)
_SOURCES = (money, rules, layout, tally, matching, deciding, loop)

_KEPT = Path(__file__).parent / "__pycache__" / "kernel.code"
"""Where the code lies that runs without numba."""

_COMPILED = (
    money.divide_half_even,
    rules.value_of,
    rules.fee_of,
    rules.slipped_price,
    rules.share_of,
    rules.whole_share,
    rules.lots_of_share,
    rules.purchase_cost,
    rules.most_within,
    rules.trade_lots,
    tally.exceeds,
    tally.note_fall,
    tally.end_trip,
    tally.count_fill,
    matching.next_order,
    matching.next_fill,
    matching.plan_fills,
    matching.purchase_terms,
    matching.end_order,
    matching.has_room,
    matching.write_fill,
    matching.count_costs,
    matching.book,
    matching.fill,
    matching.match,
    deciding.set_retry,
    deciding.sides,
    deciding.only_reduces,
    deciding.reserved,
    deciding.affordable,
    deciding.send,
    deciding.reaches,
    deciding.past_exposure,
    deciding.past_rate,
    deciding.past_limit,
    deciding.trade,
    deciding.decide,
    loop.floor_of,
    loop.why_stopped,
    loop.pass_over,
    loop.stop,
    loop.mark_to_market,
    loop.is_news,
    loop.hear_signals,
    loop.simulate,
)


def is_available() -> bool:
    """Return whether numba is installed; nothing is loaded."""
    return importlib.util.find_spec("numba") is not None


@cache
def stamp() -> int:
    """Return a number that changes with every line of what is compiled."""
    digest = hashlib.sha256()
    for module in _SOURCES:
        digest.update(Path(str(module.__file__)).read_bytes())
    return int.from_bytes(digest.digest()[:7], "big")


def first_use_notice() -> str:
    """Return what to say before the kernel is used for the first time; empty where that is over, or never comes."""
    here = Path(__file__)
    newest = max(path.stat().st_mtime for path in (here, *(Path(str(module.__file__)) for module in _SOURCES)))
    cached = any(code.stat().st_mtime >= newest for code in here.parent.glob("__pycache__/*.nbc"))
    return "" if cached or not is_available() else _FIRST_USE


@cache
def compiled() -> Simulate:
    """Return the compiled loop; it is loaded from numba's cache where it was compiled before.

    Raises
    ------
    InputError
        Where numba is not installed.
    """
    if not is_available():
        raise InputError("compiled backtests need numba, which is not installed", hint=f"Install it: {HINT}")
    kept = load_code(_KEPT, stamp())
    if kept is not None:
        return cast("Simulate", kept)
    import numba  # noqa: PLC0415 - an extra, and slow to load
    from numba.extending import register_jitable  # noqa: PLC0415 - the same

    # Inlined, since handing the tables from function to function would cost more than what most of them do.
    for function in _COMPILED:
        register_jitable(forceinline=True)(function)
    return KeepingCode(_entry(numba.njit, stamp()), _KEPT, stamp())


def check_stamp(run: layout.Run) -> None:
    """Refuse what was computed by code that was compiled from other sources.

    Raises
    ------
    BrokenInvariantError
        Where numba's cache gave such code.
    """
    if run.account[layout.STAMP] != stamp():
        raise BrokenInvariantError("numba's cache gave code that was compiled from other sources")


def _entry(njit: Callable[..., Callable[[Simulate], Simulate]], sources: int) -> Simulate:
    # numba's cache looks at this file and at what the function closes over, not at what it calls: a stamp of the
    # sources in it keeps code that was compiled from older rules from being used.
    simulate = loop.simulate

    def entry(market: layout.Market, run: layout.Run) -> int:
        run.account[layout.STAMP] = sources
        return simulate(market, run)

    # Without numba's own reference counting: the arrays outlive the call, and counting costs more than the loop.
    options = {"error_model": "numpy", "nogil": True, "_nrt": False}
    try:
        return njit(cache=True, **options)(entry)
    except RuntimeError:  # there is no folder in which numba could keep a cache
        return njit(**options)(entry)
