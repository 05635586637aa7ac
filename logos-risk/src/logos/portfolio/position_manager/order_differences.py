"""The differences of a whole book at once: for research, by the very rules that the position manager keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import attrs

from logos.domain.money import divide_half_even
from logos.ledger.rules import lots_of_share
from logos.portfolio.position_manager.adjustment import Adjustment
from logos.portfolio.position_manager.trading_costs import TradingRules, always_traded
from logos.session.rebalancing import BookLimit, Held


@attrs.frozen(kw_only=True)
class Difference:
    """What is to be traded of one symbol.

    Attributes
    ----------
    lots:
        Signed lots; 0 where nothing is traded.
    cost:
        Expected fee and slippage in minor units, rounded half to even; 0 where nobody says what trading costs.
    held:
        Why nothing is traded although the target is elsewhere; ``None`` otherwise.
    """

    lots: int
    cost: int
    held: Held | None = None


@attrs.frozen(kw_only=True)
class Place:
    """One symbol of a book: what it should be, what it is, and what it is worth.

    Attributes
    ----------
    weight:
        Signed share of equity that is wanted.
    position:
        Signed lots that are held.
    lot_value:
        What one lot is worth, in minor units; above 0.
    variance:
        Variance of the symbol's returns of one period; ``None`` where it is not known.
    """

    weight: Fraction
    position: int
    lot_value: Fraction
    variance: Fraction | None = None


def order_differences(
    book: Mapping[str, Place], equity: int, rules: TradingRules, limits: Sequence[BookLimit] = ()
) -> dict[str, Difference]:
    """Return what a whole book trades to come to its target weights, by symbol in the order of the book.

    It is judged by the very rules that the position manager ``cost_aware`` keeps at a rebalance.

    Parameters
    ----------
    equity:
        Minor units, above 0.
    limits:
        What the target weights keep together, and the book is to keep if some of them are not traded.
    """
    lots = {symbol: _target(place, equity) - place.position for symbol, place in book.items()}
    adjustments = [_adjustment(symbol, place, lots[symbol], equity) for symbol, place in book.items()]
    held = dict(zip(book, rules.judge_all(adjustments, limits), strict=True))
    return {symbol: _difference(place, lots[symbol], held[symbol], rules) for symbol, place in book.items()}


def _target(place: Place, equity: int) -> int:
    lot, weight = place.lot_value, place.weight
    return lots_of_share(weight.numerator, weight.denominator, equity * lot.denominator, lot.numerator)


def _worth(place: Place, lots: int) -> int:
    value = lots * place.lot_value
    return divide_half_even(value.numerator, value.denominator)


def _adjustment(symbol: str, place: Place, lots: int, equity: int) -> Adjustment:
    target = place.position + lots
    return Adjustment(
        value=abs(_worth(place, lots)),
        equity=equity,
        symbol=symbol,
        before=_worth(place, place.position),
        after=_worth(place, target),
        sells=lots < 0,
        opens=not place.position,
        certain=not lots or always_traded(target, place.position),
        variance=place.variance,
    )


def _difference(place: Place, lots: int, held: Held | None, rules: TradingRules) -> Difference:
    if held is not None or not lots:
        return Difference(lots=0, cost=0, held=held)
    cost = abs(_worth(place, lots)) * (rules.cost or Fraction(0))
    return Difference(lots=lots, cost=divide_half_even(cost.numerator, cost.denominator))
