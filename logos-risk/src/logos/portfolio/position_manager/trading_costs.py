"""When a difference is worth its costs: exact arithmetic that the position manager and a whole book share.

**The benefit.** Take the target weights ``w*`` as the maximum of ``U(w) = mean . w - A/2 w' C w`` (``A``: risk
aversion, ``C``: covariance of the returns of one period). ``U`` is quadratic and flat at its maximum, so standing at
``w* + d`` loses ``A/2 d' C d`` in every period, a share of equity, whatever the means are. Without the correlations of
the deviations, that loss is a sum over symbols, and each can be judged alone: moving a symbol's weight by ``d`` gains

    benefit = A/2 x variance of one period x d^2 x horizon

over the ``horizon`` of periods until the next decision. Trading ``d`` costs ``rate x |d|`` of equity once. The benefit
grows with the square and the cost with the difference itself: there is a region around the target in which nothing is
traded, of the half-width ``2 x rate / (A x variance x horizon)``.

Davis and Norman (Portfolio Selection with Transaction Costs, 1990) show that such a region is optimal under
proportional costs; the quadratic loss against linear costs is the rule of Masters (Rebalancing, Journal of Portfolio
Management, 2003) and the measure of suboptimality of Sun, Fan, Chen, Schouwenaars and Albota (Optimal Rebalancing for
Institutional Portfolios, 2006). What is assumed: that the target is optimal, that deviations of different symbols are
uncorrelated, and that a deviation left alone stays for the horizon. The second is far from true where all of a book's
deviations point the same way, so a whole book is judged once more for what they add up to (``judge_all``).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import attrs

from logos.domain.money import BASIS_POINTS, divide_half_even, text_of
from logos.portfolio.position_manager.adjustment import BELOW_MIN_TRADE, Adjustment
from logos.portfolio.position_manager.keeping_limits import within_limits
from logos.session.rebalancing import BookLimit, Held
from logos.session.seats import FillTerms


@attrs.frozen(kw_only=True)
class TradingRules:
    """What a difference has to be so that it is traded.

    Attributes
    ----------
    band:
        Share of equity: a smaller adjustment of a position stays untraded.
    min_trade:
        Minor units: a smaller order is not made.
    cost:
        Fee and slippage, as a share of the traded value; ``None`` where nobody says, and then costs are not judged.
    drift:
        Share of equity: how much purchases that are left alone may exceed sales that are, or the other way round.
    risk_aversion, horizon:
        ``A`` and the number of periods in the benefit.
    currency, decimals:
        For the reasons that are given.
    """

    band: Fraction
    min_trade: int
    cost: Fraction | None
    drift: Fraction
    risk_aversion: Fraction
    horizon: int
    currency: str
    decimals: int

    def judge(self, adjustment: Adjustment) -> Held | None:
        """Return why a difference is not traded; ``None`` where it is.

        Opening a position is held to ``min_trade`` alone: band and benefit measure how far a position has strayed.
        """
        if adjustment.certain:
            return None
        if adjustment.value < self.min_trade:
            return Held(BELOW_MIN_TRADE, self._below_min_trade(adjustment))
        if adjustment.opens:
            return None
        if adjustment.value < self.band * adjustment.equity:
            return Held("inside_band", self._inside_band(adjustment))
        benefit = self.benefit(adjustment)
        if self.cost is not None and benefit is not None and benefit < self.cost * adjustment.value:
            return Held("not_worth_it", self._not_worth_it(adjustment, benefit))
        return None

    def judge_all(self, adjustments: Sequence[Adjustment], limits: Sequence[BookLimit] = ()) -> list[Held | None]:
        """Return, for the differences of one book, why each is not traded; ``None`` where it is.

        Each is judged alone first. Then the greatest are traded that keep the book within its limits, and those that
        keep it from holding much less or more than was asked for. What is below ``min_trade`` stays untraded.
        """
        answers = within_limits(adjustments, [self.judge(one) for one in adjustments], limits)
        return within_limits(adjustments, self._within_drift(adjustments, answers), limits)

    def _within_drift(self, adjustments: Sequence[Adjustment], answers: list[Held | None]) -> list[Held | None]:
        """Return the answers with those released that keep purchases and sales that are left alone in balance.

        What is left alone on one side may weigh more than on the other, and the book would hold less or more than was
        asked for: a deviation that all symbols share, which the judgement of each alone does not see. The greatest of
        that side are traded too, until no more than ``drift`` is left, or nothing that would bring it nearer.
        """
        alone = {
            place: -one.value if one.sells else one.value
            for place, (one, held) in enumerate(zip(adjustments, answers, strict=True))
            if held is not None and held.code != BELOW_MIN_TRADE
        }
        while alone:
            left = sum(alone.values())
            # Of the heavier side, and not so great that as much would be left on the other.
            eligible = [place for place, value in alone.items() if 0 < value * left < 2 * left * left]
            if abs(left) <= self.drift * adjustments[0].equity or not eligible:
                break
            place = max(eligible, key=lambda each: abs(alone[each]))
            answers[place] = None
            del alone[place]
        return answers

    def benefit(self, adjustment: Adjustment) -> Fraction | None:
        """Return what the difference is expected to gain, in minor units; ``None`` without a variance."""
        if adjustment.variance is None:
            return None
        square = Fraction(adjustment.value * adjustment.value, adjustment.equity)
        return self.risk_aversion * adjustment.variance * self.horizon * square / 2

    def _below_min_trade(self, adjustment: Adjustment) -> str:
        value, least = self._money(Fraction(adjustment.value)), self._money(Fraction(self.min_trade))
        return f"the difference is worth {value}, below min_trade {least}: a smaller min_trade trades it"

    def _inside_band(self, adjustment: Adjustment) -> str:
        share = Fraction(adjustment.value, adjustment.equity)
        return (
            f"the difference is {_points(share)} bp of equity ({self._money(Fraction(adjustment.value))}), inside the "
            f"band of {_points(self.band)} bp: a narrower band trades it"
        )

    def _not_worth_it(self, adjustment: Adjustment, benefit: Fraction) -> str:
        share = Fraction(adjustment.value, adjustment.equity)
        cost = (self.cost or Fraction(0)) * share
        return (
            f"trading {_points(share)} bp of equity costs {_points(cost, 4)} bp and is expected to gain "
            f"{_points(benefit / adjustment.equity, 4)} bp over {self.horizon} periods: lower costs, a longer horizon "
            "or a greater risk_aversion trades it"
        )

    def _money(self, minor: Fraction) -> str:
        cents = minor * 100 / 10**self.decimals
        return f"{text_of(divide_half_even(cents.numerator, cents.denominator), 2)} {self.currency}"


def always_traded(target: int, position: int) -> bool:
    """Return whether a difference is traded whatever it costs: one that leaves a position, or turns it round."""
    return position != 0 and (target == 0 or (target < 0) != (position < 0))


def cost_of_trading(terms: FillTerms | None, fee_bps: Decimal | None, slippage_bps: Decimal | None) -> Fraction | None:
    """Return fee and slippage as a share of the traded value; ``None`` where neither broker nor config says anything.

    Parameters
    ----------
    terms:
        How the broker fills, where it can say so in numbers.
    fee_bps, slippage_bps:
        What the config says, in basis points; each wins over the broker's, and one alone leaves the other at 0 where
        the broker does not say.
    """
    if terms is None and fee_bps is None and slippage_bps is None:
        return None
    fee = Fraction(*terms.taker) if terms else Fraction(0)
    slippage = Fraction(*terms.slippage) if terms else Fraction(0)
    if fee_bps is not None:
        fee = Fraction(fee_bps) / BASIS_POINTS
    if slippage_bps is not None:
        slippage = Fraction(slippage_bps) / BASIS_POINTS
    return fee + slippage


def _points(share: Fraction, decimals: int = 2) -> str:
    """Print a share of equity in basis points."""
    exact = share * BASIS_POINTS * 10**decimals
    return text_of(divide_half_even(exact.numerator, exact.denominator), decimals)
