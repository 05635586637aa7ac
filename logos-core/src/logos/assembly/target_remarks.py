"""First orders that would be blocked: what the allocator wants at full signal, held against limits and caps."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from logos.assembly.build import Assembly
from logos.assembly.guard_remarks import Limit, limits_of, money
from logos.config.records import SessionConfig
from logos.domain.errors import Problem
from logos.domain.instruments import Instrument
from logos.domain.money import RATIO_ONE, scaled
from logos.domain.orders import Signal
from logos.session.seats import AccountView, PairSignal, Target


def target_remarks(config: SessionConfig, assembly: Assembly) -> Iterator[Problem]:
    """Yield a remark for each limit that blocks what every pair, or some, would buy at a full signal.

    Only targets that are shares of equity are looked at: those in units depend on prices.
    """
    account = _WithoutBars(assembly.parts.books)
    try:
        shares = _shares(assembly, account)
    except Exception as error:  # noqa: BLE001 -- a third party's allocator may raise anything; it stands in nobody's way
        if not account.asked_for_prices:
            yield Problem(
                path=config.allocator.path,
                message=f"{config.allocator.plugin} failed when it was asked what it wants of every pair at a full "
                f"signal: {type(error).__name__}: {error}",
                hint="A session would stop at such signals: report it to the plugin's authors",
            )
        return
    if not shares:
        return
    for limit in limits_of(config, assembly):
        yield from _order_value(config, limit, shares)
        yield from _exposure(limit, shares)
    yield from _caps(config, assembly, shares)


class _WithoutBars:
    """An account before its first bar; it notes whether anybody has asked it for what only bars can tell."""

    def __init__(self, account: AccountView) -> None:
        self._account = account
        self.asked_for_prices = False

    @property
    def starting_cash(self) -> int:
        """Return cash at the start."""
        return self._account.starting_cash

    @property
    def cash(self) -> int:
        """Return cash."""
        return self._account.cash

    @property
    def equity(self) -> int:
        """Return equity, which is cash."""
        return self._account.equity

    def position(self, symbol: str) -> int:
        """Return the position, which is none."""
        return self._account.position(symbol)

    def mark(self, symbol: str) -> int | None:
        """Return no price."""
        self.asked_for_prices = True
        return self._account.mark(symbol)

    def value(self, instrument: Instrument, price: int, lots: int) -> int | None:
        """Return the value, unless its conversion needs a price."""
        found = self._account.value(instrument, price, lots)
        self.asked_for_prices |= found is None
        return found


def _shares(assembly: Assembly, account: AccountView) -> dict[str, Fraction]:
    """Return the share of equity that each pair wants at a full signal, by the pair's name."""
    parts = assembly.parts
    changed = [
        PairSignal(pair=state.pair, instrument=state.instrument, signal=Signal(RATIO_ONE)) for state in parts.pairs
    ]
    targets = list(parts.allocator.targets(changed, account))
    return {
        f"{target.pair.strategy} on {target.pair.symbol}": abs(target.weight)
        for target in targets
        if isinstance(target, Target) and target.weight
    }


def _order_value(config: SessionConfig, limit: Limit, shares: dict[str, Fraction]) -> Iterator[Problem]:
    most, account = limit.envelope.order_value, config.account
    if most is None:
        return
    blocked = [name for name, share in shares.items() if share * account.cash > most]
    if blocked:
        worth = money(int(max(shares.values()) * account.cash), account)
        yield Problem(
            path=limit.section.path,
            message=f"it blocks the first order of {_named(blocked, shares)}: at a full signal one is worth up to "
            f"{worth} {account.currency}, and the limit is {money(most, account)}",
            hint="Raise the limit, or lower what the allocator invests",
        )


def _exposure(limit: Limit, shares: dict[str, Fraction]) -> Iterator[Problem]:
    for name in ("per_symbol", "gross", "net"):
        ratio = getattr(limit.envelope, name)
        blocked = [] if ratio is None else [pair for pair, share in shares.items() if share > Fraction(*ratio)]
        if blocked:
            yield Problem(
                path=limit.section.path,
                message=f"{name.replace('_', ' ')} {float(Fraction(*ratio)):g} blocks the first order of "
                f"{_named(blocked, shares)}: the allocator wants up to {float(max(shares.values())):.4g} of equity "
                "for one",
                hint=f"Raise {name}, or lower what the allocator invests",
            )


def _caps(config: SessionConfig, assembly: Assembly, shares: dict[str, Fraction]) -> Iterator[Problem]:
    account = config.account
    for state in assembly.parts.pairs:
        instrument, name = state.instrument, f"{state.pair.strategy} on {state.pair.symbol}"
        if instrument.notional_cap is None or instrument.currency != account.currency or name not in shares:
            continue
        worth = int(shares[name] * account.cash)
        if worth > scaled(instrument.notional_cap, account.decimals):
            yield Problem(
                path=f"instruments.{state.pair.symbol}.notional_cap",
                message=f"the allocator wants {money(worth, account)} {account.currency} for {name} at a full signal, "
                f"and one order may have {instrument.notional_cap}",
                hint="Raise the cap, or lower what the allocator invests",
            )


def _named(blocked: list[str], shares: dict[str, Fraction]) -> str:
    return "every pair" if len(blocked) == len(shares) else ", ".join(blocked)
