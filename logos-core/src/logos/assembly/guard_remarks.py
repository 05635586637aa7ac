"""Guards that contradict each other, or can never speak: found by comparing the limits that they declare."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs

from logos.assembly.build import Assembly
from logos.config.records import PartSection, SessionConfig
from logos.config.writing import decimal_text
from logos.context.parts import AccountSettings
from logos.domain.errors import Problem
from logos.domain.money import scaled, text_of
from logos.session.guarding import envelope_of
from logos.session.seats import Envelope

_MOST_ORDERS = 4
"""How many orders a pair may cause at one bar at the very most: replaced, closed, opened, and one to spare."""

_KEPT_WITHIN = (
    ("net", "gross", "net exposure is never above gross exposure"),
    ("per_symbol", "gross", "one symbol's exposure is never above that of all"),
)


@attrs.frozen
class Limit:
    """What one guard of the config allows."""

    section: PartSection
    envelope: Envelope


def limits_of(config: SessionConfig, assembly: Assembly) -> list[Limit]:
    """Return the guards that declare limits, in config order."""
    entries = zip(config.guards, assembly.parts.guards.entries, strict=True)
    found = [(section, envelope_of(entry)) for section, entry in entries]
    return [Limit(section, envelope) for section, envelope in found if envelope is not None]


def guard_remarks(config: SessionConfig, assembly: Assembly) -> Iterator[Problem]:
    """Yield a remark for each limit that can never be the one that is reached."""
    limits = limits_of(config, assembly)
    yield from _implied(limits)
    for limit in limits:
        yield from _within_itself(limit, limits)
        yield from _too_large_for_the_account(limit, config)
        yield from _too_many_orders(limit, config)


def _implied(limits: list[Limit]) -> Iterator[Problem]:
    """Compare guards that limit the same: the looser one never speaks first."""
    for name in ("order_value", "gross", "net", "per_symbol", "drawdown", "daily_loss", "orders"):
        having = [(limit, value) for limit in limits if (value := getattr(limit.envelope, name)) is not None]
        for index, (limit, value) in enumerate(having):
            for before, (other, rival) in enumerate(having):
                looser = before != index and _is_looser(name, value, rival)
                if looser and (value != rival or before < index):
                    yield Problem(
                        path=limit.section.path,
                        message=f"its limit of {_words(name)} can never be the first that is reached: "
                        f"{other.section.path} ({other.section.name}) is at least as strict",
                        hint="Leave one of them out",
                    )
                    break


def _is_looser(name: str, value: Any, rival: Any) -> bool:
    """Return whether everything that a limit stops is stopped by its rival."""
    if name == "orders":
        return bool(rival[0] <= value[0] and rival[1] >= value[1])
    return _number(rival) <= _number(value)


def _number(value: int | tuple[int, int]) -> Fraction:
    return Fraction(*value) if isinstance(value, tuple) else Fraction(value)


def _within_itself(limit: Limit, limits: list[Limit]) -> Iterator[Problem]:
    """Compare what one limit covers with what another one covers beside it."""
    for small, large, reason in _KEPT_WITHIN:
        own = getattr(limit.envelope, small)
        rivals = [one for one in limits if getattr(one.envelope, large) is not None]
        tightest = min(rivals, key=lambda one: _number(getattr(one.envelope, large)), default=None)
        if own is not None and tightest is not None and _number(own) > _number(getattr(tightest.envelope, large)):
            yield Problem(
                path=limit.section.path,
                message=f"{_words(small)} {_shown(own)} can never be reached: {reason}, and {_words(large)} "
                f"is limited to {_shown(getattr(tightest.envelope, large))}",
                hint=f"Lower {small}, or leave it out",
            )
    daily = limit.envelope.daily_loss
    falls = [one.envelope.drawdown for one in limits if one.envelope.drawdown is not None]
    if daily is not None and falls and _number(daily) >= min(map(_number, falls)):
        yield Problem(
            path=limit.section.path,
            message=f"the daily limit {_shown(daily)} can never be the first that is reached: a day's loss is never "
            f"above the drawdown, and that is limited to {_shown(min(falls, key=_number))}",
            hint="Set daily below max, or leave it out",
        )


def _too_large_for_the_account(limit: Limit, config: SessionConfig) -> Iterator[Problem]:
    value, account = limit.envelope.order_value, config.account
    if value is None:
        return
    caps = [
        None
        if one.notional_cap is None or one.currency != account.currency
        else scaled(one.notional_cap, account.decimals)
        for one in config.instruments.values()
    ]
    if all(cap is not None and cap <= value for cap in caps):
        yield Problem(
            path=limit.section.path,
            message=f"no order can reach {money(value, account)}: every instrument has a notional_cap at or below it",
            hint="Lower the limit",
        )
    elif not account.margin and value > account.cash:
        yield Problem(
            path=limit.section.path,
            message=f"no order can reach {money(value, account)} before the account has grown: it has "
            f"{money(account.cash, account)} {account.currency} and no margin",
            hint="Lower the limit",
        )


def _too_many_orders(limit: Limit, config: SessionConfig) -> Iterator[Problem]:
    if limit.envelope.orders is None:
        return
    most, span = limit.envelope.orders
    possible = config.pairs * (span // config.interval + 1) * _MOST_ORDERS
    pairs = f"{config.pairs} pair{'' if config.pairs == 1 else 's'}"
    if most >= possible:
        yield Problem(
            path=limit.section.path,
            message=f"{most:,} orders in {span} seconds can never be reached: {pairs} and bars of "
            f"{config.interval_text} make at most {possible:,}",
            hint="Lower the number",
        )


def money(value: int, account: AccountSettings) -> str:
    """Return an amount of minor units with as few decimals as it needs."""
    return decimal_text(Decimal(text_of(value, account.decimals)))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(share: tuple[int, int]) -> str:
    return f"{float(_number(share)):g}"
