"""Numbers, money, ratios and times as text. Money is exact until it stands here, and is rounded once, half to even."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, localcontext

from logos.domain.errors import InputError
from logos.domain.times import parse_time, time_text

MISSING = "–"  # noqa: RUF001 - the dash that stands for no value
MINUS = "\N{MINUS SIGN}"
Number = Decimal | str | int | float | None

_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MOST_DECIMALS = 2
"""Of money; what a file has behind them is kept there and not shown."""


def decimal_of(value: Number) -> Decimal | None:
    """Return a value as an exact decimal; nothing for what is no finite number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < _EXACT.prec // 2 else None


def number(value: Number, decimals: int = 2, *, signed: bool = False) -> str:
    """Return a number with grouped thousands, a true minus sign, and a plus sign where it is a difference."""
    exact = decimal_of(value)
    if exact is None:
        return MISSING
    with localcontext(_EXACT):
        rounded = exact.quantize(Decimal(1).scaleb(-decimals))
    return _sign(rounded, signed=signed) + f"{rounded.copy_abs():,f}"


def quantity(value: Number) -> str:
    """Return a quantity or price with the decimals that it has, zeros behind them left out."""
    exact = decimal_of(value)
    if exact is None:
        return MISSING
    text = f"{exact.copy_abs():,f}"
    return _sign(exact, signed=False) + (text.rstrip("0").rstrip(".") if "." in text else text)


def as_written(value: Number) -> str:
    """Return a quantity or price with the decimals of its text: a column of one instrument's is aligned by its lot."""
    text = "" if value is None else str(value)
    return number(text, len(text.partition(".")[2]))


def count(value: int | None) -> str:
    """Return a whole number with grouped thousands."""
    return MISSING if value is None else number(value, 0)


def money_decimals(amount: object) -> int:
    """Return with how many decimals money is shown: two, or fewer where its currency has fewer, as in the yen's 0.

    Parameters
    ----------
    amount:
        One of the same currency as a file has it, which is with all decimals that its account keeps.
    """
    return min(_MOST_DECIMALS, len(amount.partition(".")[2])) if isinstance(amount, str) and amount else _MOST_DECIMALS


def money(value: Number, currency: str, decimals: int = _MOST_DECIMALS) -> str:
    """Return an amount with its currency: ``1,234.56 USD``."""
    return _with_unit(number(value, decimals), currency)


def signed_money(value: Number, currency: str, decimals: int = _MOST_DECIMALS) -> str:
    """Return an amount that is a difference, with its sign and currency: ``+1,234.56 USD``."""
    return _with_unit(number(value, decimals, signed=True), currency)


def percent(ratio: Number, decimals: int = 2, *, signed: bool = False) -> str:
    """Return a ratio such as 0.1234 in percent: ``12.34%``."""
    exact = decimal_of(ratio)
    if exact is None:
        return MISSING
    with localcontext(_EXACT):
        shown = number(exact.scaleb(2), decimals, signed=signed)
    return f"{shown}%"


def when(moment: float | str | None, *, seconds: bool = False) -> str:
    """Return an instant in UTC: ``2026-03-02 14:31 UTC``.

    Parameters
    ----------
    moment:
        Seconds since the epoch, or an ISO-8601 text; a text that is no time is returned as it stands.
    """
    if moment is None or moment == "":
        return MISSING
    try:
        clock = parse_time(moment) if isinstance(moment, str) else int(moment)
        text = time_text(clock)
    except InputError:
        return str(moment)
    except (ValueError, OverflowError, OSError):  # not a number, or a year that no calendar has
        return MISSING
    return f"{text[:10]} {text[11 : 19 if seconds else 16]} UTC"


def moment(at: float | str | None) -> str:
    """Return an instant to the second, without a zone: for columns whose head says UTC."""
    return when(at, seconds=True).removesuffix(" UTC")


def duration(seconds: float | None) -> str:
    """Return a span of time in its largest unit: ``45 s``, ``12 min``, ``3 h``, ``4 d``."""
    if seconds is None or not 0 <= seconds < float("inf"):
        return MISSING
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR} h"
    return f"{whole // _DAY:,} d"


def ago(seconds: float | None) -> str:
    """Return how long ago something was: ``12 s ago``; what is dated more than a minute ahead of our clock is told."""
    if seconds is None or seconds != seconds:  # noqa: PLR0124 - the one value that is not itself
        return MISSING
    if seconds < -_MINUTE:
        return "in the future: check the clock"
    return "just now" if seconds < 1 else f"{duration(seconds)} ago"


def _sign(value: Decimal, *, signed: bool) -> str:
    if value < 0:
        return MINUS
    return "+" if signed and value > 0 else ""


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit and text != MISSING else text
