"""The arithmetic of trading as plain functions of integers: one set of rules for the session and for compiled code.

Python calls these functions as they stand, and compiled backtests compile the very same lines. So they know integers,
tuples of integers and anything with an index only, and no product in them is larger than it has to be: whoever
compiles them has made sure that each fits 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from logos.domain.money import divide_half_even

PurchaseTerms = tuple[int, int, int, int, int]
"""Price in ticks, numerator and denominator of a value, numerator and denominator of a fee."""

T = TypeVar("T")


class Cells(Protocol):
    """A list of integers, or a column of them."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __getitem__(self, place: int, /) -> int:
        """Return the integer at a place."""

    def __setitem__(self, place: int, value: int, /) -> None:
        """Replace the integer at a place."""


def value_of(price: int, lots: int, numerator: int, denominator: int) -> int:
    """Return ``price x lots x numerator / denominator``, rounded once: what a quantity is worth, in minor units.

    Parameters
    ----------
    price:
        Whole ticks.
    lots:
        Whole lots, negative for a short position.
    """
    product = price * lots * numerator
    if denominator == 1:
        return product
    return divide_half_even(product, denominator)


def fee_of(value: int, numerator: int, denominator: int) -> int:
    """Return the fee of a fill, rounded once; the value is not negative, and both are in minor units."""
    return divide_half_even(value * numerator, denominator)


def slipped_price(price: int, buys: bool, slippage: int, denominator: int) -> int:  # noqa: FBT001 - compiled calls
    """Return a price in ticks moved against the trader by ``slippage / denominator`` of it, and rounded against them.

    A sale never goes below one tick.
    """
    if slippage == 0:
        return price
    if buys:
        return -(-price * (denominator + slippage) // denominator)
    return max(1, price * (denominator - slippage) // denominator)


def volume_share(volume: int, numerator: int, denominator: int) -> int:
    """Return how many lots of a bar's volume orders may take together, rounded down."""
    return volume * numerator // denominator


def share_of(amount: int, part: int, whole: int) -> int:
    """Return ``amount x part / whole``, rounded half to even.

    Parameters
    ----------
    part:
        Not negative, and at most ``whole``.
    whole:
        Above 0. Only its square has to fit, not its product with the amount.
    """
    if part == whole:
        return amount
    each = amount // whole
    total = each * part
    # What is set aside is even, so that a tie is still decided by whether the sum is even.
    odd = total & 1
    return total - odd + divide_half_even(odd * whole + (amount - each * whole) * part, whole)


def whole_share(amount: int, numerator: int, denominator: int) -> int:
    """Return ``amount x numerator / denominator`` rounded down; none of the three is negative."""
    each = amount // denominator
    return each * numerator + (amount - each * denominator) * numerator // denominator


def lots_of_share(numerator: int, denominator: int, amount: int, lot_worth: int) -> int:
    """Return how many whole lots a signed share of an amount buys, rounded toward zero.

    Rounding down twice is rounding down once: only whole lots are counted in the end.

    Parameters
    ----------
    numerator, denominator:
        The share; the denominator is above 0.
    amount, lot_worth:
        What the share is of, not negative, and what one lot is worth, above 0; both in the same unit.
    """
    lots = whole_share(amount, abs(numerator), denominator) // lot_worth
    return lots if numerator >= 0 else -lots


def purchase_cost(lots: int, terms: PurchaseTerms) -> int:
    """Return what a purchase takes from cash, its fee included, in minor units.

    Compiled code only: a broker adds value and fee itself, since a value may have to be converted.
    """
    price, numerator, denominator, fee_numerator, fee_denominator = terms
    value = value_of(price, lots, numerator, denominator)
    return value + fee_of(value, fee_numerator, fee_denominator)


def most_within(budget: int, wanted: int, cost: Callable[[int, T], int], terms: T) -> int:
    """Return the greatest number up to ``wanted`` whose cost is within a budget; 0 where not even 1 is.

    Parameters
    ----------
    cost:
        A function of a number and the terms that never falls, and is 0 at 0.
    """
    if budget < 0:
        return 0
    total = cost(wanted, terms)
    if total <= budget:
        return wanted
    fits, too_many = 0, wanted
    # Costs are nearly proportional, so the answer is next to the estimate; the halving is for the rounding.
    estimate = budget // max(1, total // wanted)
    for guess in (estimate, estimate - 1, estimate + 1):
        if fits < guess < too_many:
            if cost(guess, terms) <= budget:
                fits = guess
            else:
                too_many = guess
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if cost(middle, terms) <= budget:
            fits = middle
        else:
            too_many = middle
    return fits


def trade_lots(
    sizes: Cells, costs: Cells, head: int, tail: int, position: int, quantity: int, value: int
) -> tuple[int, int, int, int]:
    """Book a trade on FIFO lots: what was bought first is sold first, each lot at the cost it was booked with.

    A trade that closes more than is open is split: the closing part carries its share of the value, rounded half to
    even, and the rest opens a lot the other way.

    Parameters
    ----------
    sizes, costs:
        Whole lots and minor units of each open lot, both negative for a short one. There is room at ``tail``.
    head, tail:
        The place of the oldest open lot, and the one after the newest.
    position:
        The sum of the open sizes.
    quantity:
        Signed lots; negative for a sale.
    value:
        What the trade is worth in minor units, never negative.

    Returns
    -------
    The new head and tail, the realised profit or loss before fees, and by how much the cost of the open lots has grown.
    """
    opening, opening_value = quantity, value if quantity > 0 else -value
    realized = taken = 0
    if position * quantity < 0:
        size = abs(quantity)
        left = closing = min(size, abs(position))
        closing_value = share_of(opening_value, closing, size)
        while left:
            lot = abs(sizes[head])
            if lot <= left:
                taken += costs[head]
                left -= lot
                head += 1
            else:
                part = share_of(costs[head], left, lot)
                sizes[head] += left if sizes[head] < 0 else -left
                costs[head] -= part
                taken += part
                left = 0
        realized = -closing_value - taken
        opening = quantity - closing if quantity > 0 else quantity + closing
        opening_value -= closing_value
    if opening:
        sizes[tail] = opening
        costs[tail] = opening_value
        tail += 1
    return head, tail, realized, opening_value - taken
