"""The guard ``exposure``: what is at stake stays within shares of equity."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from logos.context.parts import PartContext
from logos.domain.orders import OrderIntent
from logos.risk import texts
from logos.risk.config import ExposureConfig
from logos.session.seats import Envelope, Guard, SessionView


class Exposure(NamedTuple):
    """What could be at stake, in minor units, if the working orders turned out worst.

    Attributes
    ----------
    gross:
        The sum over the symbols of the larger of both sides.
    highest, lowest:
        The signed sums if only purchases, or only sales, were filled.
    symbol:
        The larger side of the intent's own symbol.
    """

    gross: int
    highest: int
    lowest: int
    symbol: int


class _UnknownValueError(Exception):
    """A position or order cannot be valued now."""


class Limit:
    """A share of equity that is compared without any rounding.

    Parameters
    ----------
    name:
        What is limited.
    share:
        The greatest share of equity that is allowed.
    """

    def __init__(self, name: str, share: Decimal) -> None:
        self.name = name
        self.text = texts.limit(share)
        exact = Fraction(share)
        self.ratio = exact.as_integer_ratio()
        self._numerator, self._denominator = self.ratio

    def holds(self, value: int, equity: int) -> bool:
        """Return whether a value is at most this share of equity."""
        return value * self._denominator <= self._numerator * equity


class ExposureGuard(Guard):
    """Blocks an order that could bring exposure above a limit, unless it only reduces.

    Working orders and the order in question count at their worst side. The net limit holds in the direction of the
    order: a sale is not blamed for purchases.

    Parameters
    ----------
    gross, net, per_symbol:
        Shares of equity; ``None`` for no limit.
    """

    def __init__(self, gross: Decimal | None, net: Decimal | None, per_symbol: Decimal | None) -> None:
        self._gross = None if gross is None else Limit("gross exposure", gross)
        self._net = None if net is None else Limit("net exposure", net)
        self._per_symbol = None if per_symbol is None else Limit("exposure", per_symbol)

    def judge(self, intent: OrderIntent, session: SessionView) -> str | None:
        """Return every limit that an order could break; ``None`` where there is none, or it only reduces."""
        if intent.reduces:
            return None
        equity = session.account.equity
        if equity <= 0:
            return "equity is not above 0, so no exposure can be measured: only reducing orders may go out"
        try:
            broken = self._broken(intent, intent.quantity, session, equity)
            if not broken:
                return None

            def fits(lots: int) -> bool:
                return not self._broken(intent, lots, session, equity)

            best = texts.largest(intent.quantity, fits)
        except _UnknownValueError as error:
            return str(error)
        found = " and ".join(f"{limit.name} {texts.share(value, equity)} > {limit.text}" for limit, value in broken)
        return f"{found} of equity: {texts.remedy(intent.instrument, intent.quantity, best)}"

    def envelope(self) -> Envelope:
        """Return the limits."""
        limits = (self._gross, self._net, self._per_symbol)
        gross, net, symbol = (None if limit is None else limit.ratio for limit in limits)
        return Envelope(gross=gross, net=net, per_symbol=symbol)

    def headroom(self, session: SessionView) -> str:
        """Return how much of the limits positions and working orders leave."""
        equity = session.account.equity
        if equity <= 0:
            return "equity is not above 0"
        try:
            worst = self._worst(session, "", 0)
        except _UnknownValueError as error:
            return str(error)
        net = max(worst.highest, -worst.lowest)
        parts = [
            f"{name} {texts.left(Fraction(*limit.ratio), limit.text, value, equity)}"
            for name, value, limit in (("gross", worst.gross, self._gross), ("net", net, self._net))
            if limit is not None
        ]
        if self._per_symbol is not None:
            parts.append(f"at most {self._per_symbol.text} a symbol")
        return ", ".join(parts)

    def _broken(self, intent: OrderIntent, lots: int, session: SessionView, equity: int) -> list[tuple[Limit, int]]:
        signed = lots if intent.signed_quantity > 0 else -lots
        worst = self._worst(session, intent.instrument.symbol, signed)
        net = worst.highest if signed > 0 else -worst.lowest
        checks = ((self._gross, worst.gross), (self._net, net), (self._per_symbol, worst.symbol))
        return [(limit, value) for limit, value in checks if limit is not None and not limit.holds(value, equity)]

    def _worst(self, session: SessionView, own: str, signed: int) -> Exposure:
        """Add up the worst sides, with ``signed`` more lots of the symbol ``own`` on their way."""
        account = session.account
        gross = highest = lowest = symbol_worst = 0
        for symbol in session.symbols:
            position = account.position(symbol)
            buys, sells = session.working(symbol)
            if symbol == own:
                buys, sells = (buys + signed, sells) if signed > 0 else (buys, sells - signed)
            if not (position or buys or sells):
                continue
            high = _value(session, symbol, position + buys)
            low = _value(session, symbol, position - sells) if buys or sells else high
            worst = max(abs(high), abs(low))
            gross += worst
            highest += high
            lowest += low
            if symbol == own:
                symbol_worst = worst
        return Exposure(gross, highest, lowest, symbol_worst)


def _value(session: SessionView, symbol: str, lots: int) -> int:
    """Return the value of signed lots at the symbol's mark, in minor units."""
    account = session.account
    mark = account.mark(symbol)
    if mark is None:
        raise _UnknownValueError(f"exposure of {symbol} is unknown: it has no bar yet; wait for its first bar")
    value = account.value(session.instrument(symbol), mark, lots)
    if value is None:
        raise _UnknownValueError(
            f"exposure of {symbol} is unknown: no bar of its currency's conversion yet; wait for its first bar"
        )
    return value


def open_exposure(config: ExposureConfig, context: PartContext) -> ExposureGuard:  # noqa: ARG001 - every factory's form
    """Build the guard from its config."""
    return ExposureGuard(config.gross, config.net, config.per_symbol)
