"""Round trips of a position, from flat to flat or to a reversal, by count and by money.

Money may be given as integers of any size, in any one unit: quotients of integers are rounded once.
"""

from __future__ import annotations


def win_rate(wins: int, trips: int) -> float | None:
    """Return the share of round trips that made a profit after fees, ``wins / trips``; ``None`` without a round trip.

    Source: Pardo, *The Evaluation and Optimization of Trading Strategies*, 2nd ed. 2008. A round trip that
    comes out even counts as one, and not as a win.
    """
    return wins / trips if trips else None


def profit_factor(gross_profit: float, gross_loss: float) -> float | None:
    """Return the profit of the winning round trips over the loss of the losing ones, both after fees and positive.

    Source: Pardo 2008. ``None`` where none lost: there is no bound. 0 where some lost and none won.
    """
    return gross_profit / gross_loss if gross_loss else None


def expectancy(gross_profit: float, gross_loss: float, trips: int) -> float | None:
    """Return the profit after fees that a round trip made on average, ``(gross_profit - gross_loss) / trips``.

    Source: Tharp, *Trade Your Way to Financial Freedom*, 2nd ed. 2007. In the unit of the money given.
    ``None`` without a round trip.
    """
    return (gross_profit - gross_loss) / trips if trips else None


def payoff_ratio(gross_profit: float, gross_loss: float, wins: int, losses: int) -> float | None:
    """Return the average win over the average loss, ``(gross_profit / wins) / (gross_loss / losses)``.

    Source: Pardo 2008. ``None`` where none won, none lost, or the losses add up to 0.
    """
    return (gross_profit / wins) / (gross_loss / losses) if wins and losses and gross_loss else None
