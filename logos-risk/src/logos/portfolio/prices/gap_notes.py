"""What is said of an estimate where symbols lack closes although their markets were open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from logos.domain.instruments import Instrument
from logos.portfolio.prices.gaps import WORTH_A_WORD, gaps
from logos.portfolio.prices.own_returns import own_returns
from logos.portfolio.prices.panel import PricePanel

_TOLD = 3
"""How many symbols a note names."""


def common_notes(
    panel: PricePanel, symbols: Sequence[str], instruments: Mapping[str, Instrument], returns: int, *, lookback: int
) -> Iterator[str]:
    """Yield that many periods are left out of the returns that all symbols have in common.

    Parameters
    ----------
    returns, lookback:
        How many there are, and how many were asked for.
    """
    found = gaps(panel, symbols, instruments, returns)
    if found is not None:
        yield (
            f"The estimate rests on {returns} returns in common, of a lookback of {lookback}; periods left out in "
            f"which {_named(found.symbols)} had no close although the market was open: {found.periods}. A return "
            "across them counts as one period, which overstates risk. risk_model.missing: pairwise counts each "
            "symbol's own returns, and understates correlations instead. Leave such symbols out, or fill in their bars."
        )


def pairwise_notes(
    panel: PricePanel, symbols: Sequence[str], instruments: Mapping[str, Instrument], returns: int
) -> Iterator[str]:
    """Yield that some symbols have returns which span several periods, and not the same ones as the others.

    Parameters
    ----------
    returns:
        The rows of the window.
    """
    kept = [panel.periods_of(symbol) for symbol in symbols]
    if all(one == kept[0] for one in kept):
        return
    own = own_returns(panel, symbols, instruments, returns)
    lacking = sorted(symbol for symbol in symbols if own[symbol].share < 1 - WORTH_A_WORD)
    if lacking:
        worst = min(lacking, key=lambda symbol: own[symbol].share)
        yield (
            f"Some returns of {_named(lacking)} span several periods: {worst} has {own[worst].returns} in "
            f"{own[worst].periods} periods in which its market was open. Its risk a year allows for that; its "
            "correlations with the others do not, and are understated. Leave such symbols out, or fill in their bars."
        )


def _named(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - _TOLD} more" if len(symbols) > _TOLD else ""
    return ", ".join(symbols[:_TOLD]) + more
