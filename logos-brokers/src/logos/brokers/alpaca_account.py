"""What an account of Alpaca's says of itself, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from logos.context.parts import AccountSettings
from logos.session.outside import HealthCheck, Verdict

_ACTIVE = ("ACTIVE", "PAPER_ONLY")
_BLOCKS = ("account_blocked", "trading_blocked")
_SUPPORT = "Ask Alpaca's support why"


def may_short(account: Mapping[str, Any]) -> bool:
    """Return whether an account may sell short."""
    return account.get("shorting_enabled") is True


def account_checks(
    account: Mapping[str, Any], settings: AccountSettings, *, coins: bool, shares: bool
) -> Iterator[HealthCheck]:
    """Yield what was found about an account.

    Parameters
    ----------
    settings:
        The session's account.
    coins, shares:
        Whether the session trades any.
    """
    yield _state(account, settings)
    if account.get("trade_suspended_by_user"):
        yield _check(
            "suspended", Verdict.WARNING, "trading is suspended by the account's owner: every order would be refused",
            "Turn suspend_trade off in the account's configuration",
        )  # fmt: skip
    if shares:
        yield from _of_shares(account, settings)
    if coins:
        yield _of_coins(account)


def _state(account: Mapping[str, Any], settings: AccountSettings) -> HealthCheck:
    status = str(account.get("status"))
    blocks = [name for name in _BLOCKS if account.get(name)]
    if status not in _ACTIVE:
        return _check("account", Verdict.FAILED, f"the account is {status}, and must be ACTIVE", _SUPPORT)
    if blocks:
        return _check("account", Verdict.FAILED, f"the account may not trade: {' and '.join(blocks)}", _SUPPORT)
    untold = [name for name in _BLOCKS if not isinstance(account.get(name), bool)]
    if untold:
        text = f"the account is {status}, and does not tell {' and '.join(untold)}: it may be that it may not trade"
        return _check("account", Verdict.WARNING, text, "Look at the account in Alpaca's dashboard")
    currency = str(account.get("currency") or "USD")
    if currency != settings.currency:
        return _check(
            "account",
            Verdict.WARNING,
            f"the account is kept in {currency}, and the session's in {settings.currency}",
            f"Write currency: {currency} below broker",
        )
    return _check("account", Verdict.OK, f"the account is {status}, in {currency}")


def _of_shares(account: Mapping[str, Any], settings: AccountSettings) -> Iterator[HealthCheck]:
    if account.get("pattern_day_trader"):
        yield _check(
            "day trading",
            Verdict.WARNING,
            f"the account is marked as a pattern day trader's ({account.get('daytrade_count')} day trades in 5 days): "
            "below 25000 USD of equity, orders that trade within the day would be refused",
            "Keep 25000 USD in it, or hold positions overnight",
        )
    if settings.margin and not may_short(account):
        yield _check(
            "shorting",
            Verdict.WARNING,
            "the session may sell short, and the account may not",
            "Turn shorting on in the account's configuration, or write margin: false below broker",
        )


def _of_coins(account: Mapping[str, Any]) -> HealthCheck:
    status = account.get("crypto_status")
    if status is None:
        text = "the account says nothing of coins: orders of them would be refused if they are not opened for it"
        return _check("coins", Verdict.WARNING, text, "Open the account for coins in Alpaca's dashboard")
    if status not in _ACTIVE:
        text = f"the account is {status} for coins, and must be ACTIVE"
        return _check("coins", Verdict.FAILED, text, "Open the account for coins in Alpaca's dashboard")
    return _check("coins", Verdict.OK, f"the account is {status} for coins")


def _check(name: str, verdict: Verdict, text: str, hint: str = "") -> HealthCheck:
    return HealthCheck(name=name, verdict=verdict, text=text, hint=hint)
