"""The words of the lessons: what `docs/GLOSSARY.md` of the repository says of them, word for word.

A package cannot read the repository's documents, so a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, str] = {
    "artifact": "a file that a session leaves behind",
    "audit": "a second implementation of the books, held against the first",
    "backtest": "a config over recorded bars, with the session's own rules and quicker",
    "bar": (
        "open, high, low, close and volume of one interval. It carries the time at which it opens; it can be "
        "acted upon when it closes"
    ),
    "basis point (bps)": "a hundredth of a percent: 10 bps of 1,000 are 1",
    "benchmark": (
        "what a result is held against: here buying all symbols at the start, in equal parts and at the same "
        "costs, and holding them"
    ),
    "blocked": "a guard objected, and the broker never saw the order",
    "clear a halt": "let a halted session go on; recorded, and no limit is changed by it",
    "config digest, data digest": "the SHA-256 of the resolved config, of the bars: equal digests, equal inputs",
    "decision": "the answer to a signal: one order, or one reason why there is none",
    "deflated Sharpe ratio": (
        "how likely the true Sharpe ratio of the best of many trials lies above what the best of as many "
        "would show by luck alone"
    ),
    "determinism": "same config, seed and bars: same bytes",
    "drawdown": "how far equity has fallen from its peak, as a share of the peak; maximum drawdown is the deepest",
    "equity": "cash and the market value of all positions",
    "exposure, gross and net": (
        "the market value at stake as a share of equity; long and short added up, or set against each other"
    ),
    "fill, partial fill": "a trade of an order; of less than all of it",
    "FIFO": "first in, first out: a sale closes the oldest purchase",
    "guard": "a limit that blocks orders, or a condition that halts the session",
    "halt": "a guard has stopped the session; somebody has to clear it",
    "hash chain": "each line of the journal holds the digest of the one before it: no line can be changed unnoticed",
    "headroom": "how far a guard's limit was away",
    "in sample, out of sample": "the bars that a choice was made on, and bars that the choice has never seen",
    "intent": "an order that was decided and quantised, before a guard or a broker has seen it",
    "journal": "state.jsonl: every event in its order",
    "kill file": "a file whose presence halts every session of the workspace",
    "look-ahead": "using what was not known yet; the fault that makes a backtest worthless",
    "look-back": "how many bars decide a signal",
    "lot": "the smallest step of a quantity. Quantities are whole lots inside Logos",
    "market order": "trades at whatever the price is",
    "notional": "the value of an order: price times quantity, in the account's currency",
    "order": (
        "a request to buy or sell; its life is new, accepted, partially filled, and then filled, cancelled, "
        "rejected, expired, blocked, or unknown"
    ),
    "overfitting": "choosing what fits the accidents of the bars at hand, and of no others",
    "paper trading": "orders are filled by a model of the market, and no money moves",
    "PnL": (
        "profit and loss: realised by sales, unrealised in what is held, both before fees; the final PnL is after fees"
    ),
    "refused": "the session made no order of a signal; the reason code says why",
    "replay": "running a session again from its own folder, and comparing",
    "resume": "go on with a session that was paused, halted or killed",
    "return": "the change of equity as a share of what it began with",
    "Sharpe ratio": (
        "return above the risk-free rate for each unit of its volatility; METRICS.md has the formula of each figure"
    ),
    "signal": "what a strategy wants of a pair: from -1 (short) over 0 (flat) to 1 (long)",
    "slice": "the bars of all symbols that close at one time",
    "slippage": (
        "the difference between the price at which a trade was decided or expected and the one it got; here a "
        "share of the price, always against the trader"
    ),
    "sweep": "one config over many values",
    "target": "what a pair shall hold",
    "trial": "one run of a sweep; all are counted, since many tries make one lucky",
    "volatility": "how much returns vary, as a standard deviation",
    "workspace": "the folder below which sessions, logs and relative paths lie: LOGOS_HOME, else the current one",
}


def glossary_of(seen_in: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what ``glossary.json`` holds: each term with its meaning and where it was seen, by name.

    Parameters
    ----------
    seen_in:
        For each term, where in the lesson's artifacts it can be seen.
    """
    return {term: {"meaning": MEANINGS[term], "seen_in": seen_in[term]} for term in sorted(seen_in, key=str.casefold)}
