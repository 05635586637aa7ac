"""Whether everything fits 64 bits, computed with Python's own integers before anything runs.

The loop bounds its lots by what is found here, and its money by ``MOST_MONEY``, so that no product can wrap around.
"""

from __future__ import annotations

from collections.abc import Iterator

from logos.backtest.kernel.layout import MOST_MONEY, NEVER
from logos.domain.columns import BarColumns
from logos.domain.money import RATIO_ONE
from logos.ledger.rules import slipped_price
from logos.ledger.valuation import Valuation
from logos.session.seats import FillTerms

_MOST_LOTS = 2**30
"""So that the square of a quantity fits, as in ``share_of``."""


def highest_price(bars: BarColumns, terms: FillTerms) -> int:
    """Return the highest price in ticks at which anything can be filled or marked; 0 without bars."""
    if not len(bars):
        return 0
    return slipped_price(max(int(bars.open.max()), int(bars.close.max())), True, *terms.slippage)


def most_lots(price: int, valuation: Valuation, terms: FillTerms, *, symbols: int, pairs: int) -> int:
    """Return how many lots one pair of a symbol may want, so that nothing overflows; it can be 0.

    Parameters
    ----------
    price:
        The highest in ticks.
    symbols, pairs:
        How many symbols share the account, and how many pairs the symbol.
    """
    lot = max(1, price * valuation.numerator)
    by_value = MOST_MONEY // (symbols * lot)
    by_fee = NEVER // (lot * max(1, terms.taker[0]))
    # A pair may go from its most to the opposite in one order.
    return min(by_value, by_fee, _MOST_LOTS) // (2 * pairs)


def bar_faults(symbol: str, bars: BarColumns, terms: FillTerms) -> Iterator[str]:
    """Yield why bars cannot be computed with in 64 bits."""
    if not len(bars):
        return
    if min(int(bars.open.min()), int(bars.close.min())) <= 0:
        yield f"{symbol} has a price that is not above 0"
    price = highest_price(bars, terms)
    if price * 2 * terms.slippage[1] >= NEVER:
        yield f"prices of {symbol} up to {price} ticks with slippage do not fit 64 bits"
    volume = int(bars.volume.max())
    if volume * terms.volume_share[0] >= NEVER:
        yield f"volumes of {symbol} up to {volume} lots do not fit 64 bits"


def ratio_faults(unit: tuple[int, int], terms: FillTerms, cash: int) -> Iterator[str]:
    """Yield why the account's numbers cannot be computed with in 64 bits.

    Parameters
    ----------
    unit:
        What one hundred-millionth of a signal stands for.
    cash:
        The starting cash in minor units.
    """
    if unit[0] * RATIO_ONE >= NEVER or unit[1] >= NEVER:
        yield f"the allocator's {unit[0]}/{unit[1]} for each hundred-millionth of a signal does not fit 64 bits"
    if max(*terms.taker, *terms.slippage, *terms.volume_share) >= NEVER:
        yield "the broker's fees, slippage or volume share have too many decimals for 64 bits"
    if not 0 < cash < MOST_MONEY:
        yield f"starting cash of {cash} minor units is not between 0 and {MOST_MONEY}"
