"""What trading costs: fees of the value, slippage of the price. All of it in integers."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from logos.brokers.paper_config import PaperConfig
from logos.context.seed import Seed
from logos.domain.money import BASIS_POINTS
from logos.domain.orders import Liquidity, Side
from logos.ledger.rules import fee_of, slipped_price
from logos.session.seats import FillTerms

_MILLION = 10**6


class Costs:
    """Fees and slippage of one session.

    Parameters
    ----------
    config:
        Names the rates.
    seed:
        Gives the extra slippage, where the config asks for it.
    """

    def __init__(self, config: PaperConfig, seed: Seed) -> None:
        self._seed = seed
        self._taker = (Fraction(config.fees.taker_bps) / BASIS_POINTS).as_integer_ratio()
        self._maker = (Fraction(config.fees.maker_bps) / BASIS_POINTS).as_integer_ratio()
        slippage = Fraction(config.slippage_bps) / BASIS_POINTS
        self._jitter = int(Fraction(config.slippage_jitter_bps) / BASIS_POINTS * _MILLION)
        self._denominator = lcm(slippage.denominator, _MILLION)
        self._slippage = int(slippage * self._denominator)
        self._millionth = self._denominator // _MILLION

    def fee(self, value: int, liquidity: Liquidity) -> int:
        """Return the fee of a fill, rounded once, half to even; both amounts in minor units."""
        numerator, denominator = self._maker if liquidity is Liquidity.MAKER else self._taker
        return fee_of(abs(value), numerator, denominator)

    def slipped(self, price: int, side: Side, order_id: int, bar_timestamp: int) -> int:
        """Return a price in ticks with the slippage of one order on one bar, the drawn part included."""
        drawn = 0
        if self._jitter:
            # A number per name, not a sequence: no other order can move it, and a restart draws the same.
            drawn = self._seed.number("slippage", order_id, bar_timestamp) % (self._jitter + 1)
        return self._against(price, side, drawn)

    def worst(self, price: int, side: Side) -> int:
        """Return a price in ticks with the most slippage that can be drawn: what a reservation counts with."""
        return self._against(price, side, self._jitter)

    def terms(self, volume_share: tuple[int, int]) -> FillTerms | None:
        """Return the costs of market orders as plain numbers; ``None`` where slippage is drawn."""
        if self._jitter:
            return None
        return FillTerms(taker=self._taker, slippage=(self._slippage, self._denominator), volume_share=volume_share)

    def _against(self, price: int, side: Side, drawn: int) -> int:
        slippage = self._slippage + drawn * self._millionth
        return slipped_price(price, side is Side.BUY, slippage, self._denominator)
