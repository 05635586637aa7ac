"""The guard ``max_notional``: no single order above a value."""

from __future__ import annotations

from logos.context.parts import PartContext
from logos.domain.money import scaled_exactly
from logos.domain.orders import OrderIntent
from logos.risk import texts
from logos.risk.config import MaxNotionalConfig
from logos.session.seats import Envelope, Guard, SessionView


class MaxNotional(Guard):
    """Blocks an order whose value at the decision price is above the limit, unless it only reduces.

    Parameters
    ----------
    limit:
        Minor units of the account's currency.
    decimals:
        How many decimals money carries.
    currency:
        The account's currency, for the texts.
    """

    def __init__(self, limit: int, decimals: int, currency: str) -> None:
        self._limit = limit
        self._decimals = decimals
        self._currency = currency

    def judge(self, intent: OrderIntent, session: SessionView) -> str | None:
        """Return why an order is too large; ``None`` where it is not, or only reduces."""
        if intent.reduces:
            return None
        account = session.account
        instrument, price = intent.instrument, intent.decision_price
        value = account.value(instrument, price, intent.quantity)
        if value is None:
            return (
                f"the value of {instrument.symbol} in {self._currency} is unknown: no bar of the conversion from "
                f"{instrument.currency} yet; wait for its first bar"
            )
        if value <= self._limit:
            return None

        def fits(lots: int) -> bool:
            smaller = account.value(instrument, price, lots)
            return smaller is not None and smaller <= self._limit

        best = texts.largest(intent.quantity, fits)
        return (
            f"notional {texts.money(value, self._decimals)} > limit {self._limit_text()}: "
            f"{texts.remedy(instrument, intent.quantity, best)}"
        )

    def envelope(self) -> Envelope:
        """Return the limit."""
        return Envelope(order_value=self._limit)

    def headroom(self, session: SessionView) -> str:  # noqa: ARG002 - a fixed limit has no distance
        """Return the limit."""
        return f"{self._limit_text()} for each order anew: none of it is used up"

    def _limit_text(self) -> str:
        return f"{texts.money(self._limit, self._decimals)} {self._currency}"


def open_max_notional(config: MaxNotionalConfig, context: PartContext) -> MaxNotional:
    """Build the guard from its config."""
    account = context.account
    limit = scaled_exactly(config.limit, account.decimals, what="max_notional limit")
    return MaxNotional(limit, account.decimals, account.currency)
