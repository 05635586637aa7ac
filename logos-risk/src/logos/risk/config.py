"""The keys of every guard in a session config. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from logos.domain.errors import InputError, Problem
from logos.domain.times import parse_duration

if TYPE_CHECKING:
    from logos.session.outlook import Outlook


_SHORTEST_DAY = 3 * 3_600
"""No market's trading day is shorter, seconds: a shorter limit needs no calendar to be judged."""


def _above_zero(_instance: object, attribute: attrs.Attribute[Any], value: Decimal | None) -> None:
    if value is not None and (not value.is_finite() or value <= 0):
        raise InputError(f"{attribute.name} is {value}, and must be above 0", hint='Write a decimal such as "1.1"')


def _share(_instance: object, attribute: attrs.Attribute[Any], value: Decimal | None) -> None:
    if value is not None and (not value.is_finite() or not 0 < value <= 1):
        raise InputError(
            f"{attribute.name} is {value}, and must be above 0 and at most 1",
            hint='It is a fraction of equity: "0.10" is ten percent',
        )


def _at_least_one(_instance: object, attribute: attrs.Attribute[int], value: int) -> None:
    if value < 1:
        raise InputError(f"{attribute.name} is {value}, and must be at least 1", hint="Write a whole number such as 5")


def _duration(_instance: object, _attribute: attrs.Attribute[str], value: str) -> None:
    parse_duration(value)


def _halt_choice(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if value not in ("all", "any"):
        raise InputError(f"{attribute.name} is {value!r}, and must be all or any", hint="The default is all")


def _file_name(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if not value.strip() or "\0" in value:
        raise InputError(f"{attribute.name} is {value!r}, and must name a file", hint="Such as runs/live/KILL")


@attrs.frozen(kw_only=True)
class MaxNotionalConfig:
    """How large one order may be.

    Attributes
    ----------
    limit:
        The greatest value of one order at its decision price, in the account's currency.
    """

    limit: Decimal = attrs.field(default=Decimal(60_000), validator=_above_zero)


@attrs.frozen(kw_only=True)
class ExposureConfig:
    """How much may be at stake, in shares of equity. Without any key: gross and net 1.1.

    Attributes
    ----------
    gross:
        Limit for the sum over all symbols, long and short alike.
    net:
        Limit for the signed sum, in either direction.
    per_symbol:
        Limit for each single symbol.
    """

    gross: Decimal | None = attrs.field(default=None, validator=_above_zero)
    net: Decimal | None = attrs.field(default=None, validator=_above_zero)
    per_symbol: Decimal | None = attrs.field(default=None, validator=_above_zero)

    def __attrs_post_init__(self) -> None:
        if self.gross is None and self.net is None and self.per_symbol is None:
            object.__setattr__(self, "gross", Decimal("1.1"))
            object.__setattr__(self, "net", Decimal("1.1"))


@attrs.frozen(kw_only=True)
class DrawdownConfig:
    """How much equity may be lost before the session halts. Without any key: ``max`` 0.20 and ``daily`` 0.10.

    Attributes
    ----------
    max:
        The loss from the highest equity so far that halts, as a fraction of that equity.
    daily:
        The loss from the last equity of the previous trading day that halts, as a fraction of that equity.
    """

    max: Decimal | None = attrs.field(default=None, validator=_share)
    daily: Decimal | None = attrs.field(default=None, validator=_share)

    def __attrs_post_init__(self) -> None:
        if self.max is None and self.daily is None:
            object.__setattr__(self, "max", Decimal("0.20"))
            object.__setattr__(self, "daily", Decimal("0.10"))


@attrs.frozen(kw_only=True)
class RejectRateConfig:
    """How many rejections by the broker are tolerated.

    Attributes
    ----------
    max:
        The number of rejections that is still tolerated; one more halts.
    per:
        The span of time in which they are counted, such as ``10m``.
    """

    max: int = attrs.field(default=5, validator=_at_least_one)
    per: str = attrs.field(default="10m", validator=_duration)

    def remarks(self, outlook: Outlook) -> Iterator[Problem]:
        """Yield that a broker within this process has little reason to reject."""
        if not outlook.outside:
            yield Problem(
                path="",
                message=f"the broker {outlook.broker} asks no venue: it rejects only what cannot be paid or borrowed, "
                "so that this guard hardly ever acts",
                hint="It is there for brokers at a venue; leave it in where the config is to be used with one",
            )


@attrs.frozen(kw_only=True)
class OrderRateConfig:
    """How many orders may go out.

    Attributes
    ----------
    max:
        The number of orders that may go out; one more is blocked.
    per:
        The span of time in which they are counted, such as ``1m``.
    """

    max: int = attrs.field(default=60, validator=_at_least_one)
    per: str = attrs.field(default="1m", validator=_duration)


@attrs.frozen(kw_only=True)
class StaleDataConfig:
    """How old the last bar may be.

    Attributes
    ----------
    after:
        The age at which a bar is still fresh, such as ``5m``.
    halt:
        ``all``: halt when nothing arrives and every symbol whose market is open is stale.
        ``any``: halt as soon as one symbol is stale.
    """

    after: str = attrs.field(default="5m", validator=_duration)
    halt: str = attrs.field(default="all", validator=_halt_choice)

    def remarks(self, outlook: Outlook) -> Iterator[Problem]:
        """Yield that a replayed feed cannot fall silent, that a bar is longer than the limit, or a day shorter."""
        after, symbols = parse_duration(self.after), outlook.context.symbols
        if not outlook.polled and (self.halt == "all" or len(symbols) == 1):
            yield Problem(
                path="",
                message="recorded bars never fail to come: every slice of a replay has one, so that this guard never "
                "acts",
                hint="It is there for polled feeds; with several symbols, halt: any looks for gaps in recorded bars",
            )
        if after < outlook.context.interval:
            yield Problem(
                path="after",
                message=f"{self.after} is shorter than a bar: an open market is stale before its next bar can come",
                hint="Make it longer than the feed's interval",
            )
        longest = _longest_day(outlook) if after >= _SHORTEST_DAY else None
        if longest is not None and after >= longest:
            yield Problem(
                path="after",
                message=f"{self.after} is as long as any trading day of {', '.join(symbols)}, and the age of a bar "
                "counts from the day's opening: it never acts",
                hint="Make it shorter, such as 5m",
            )


def _longest_day(outlook: Outlook) -> int | None:
    """Return the seconds of the longest trading day among the symbols; ``None`` where a market never closes."""
    context, longest = outlook.context, 0
    for symbol in context.symbols:
        instrument = context.instruments[symbol]
        if instrument.calendar is None:
            return None
        calendar = context.calendar(instrument)
        opening = calendar.latest_opening(context.clock.now())
        if opening is None:
            return None
        close = calendar.next_close(opening)
        while calendar.is_open(close):  # the currency market's days touch
            close = calendar.next_close(close)
        longest = max(longest, close - opening)
    return longest


@attrs.frozen(kw_only=True)
class KillSwitchConfig:
    """Which file stops the session.

    Attributes
    ----------
    file:
        The file whose existence halts, relative to the workspace.
    """

    file: str = attrs.field(default="runs/live/KILL", validator=_file_name)
