"""What no section of a config can know by itself: currencies that need a conversion, guards that cannot judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from logos.config.core_keys import BrokerKeys
from logos.config.problems import key_path, nearest, shortened
from logos.config.records import PartSection
from logos.config.registry import InstrumentRegistry
from logos.domain.errors import Problem
from logos.domain.instruments import AssetClass, Instrument

STALE_DATA = "stale_data"


def conversion_problems(
    broker: BrokerKeys,
    session: Mapping[str, Instrument],
    known: InstrumentRegistry,
    path: str,
    line: int | None,
) -> Iterator[Problem]:
    """Yield what is wrong with the currencies of a session's instruments and their conversions."""
    foreign: dict[str, list[str]] = {}
    for symbol, instrument in sorted(session.items()):
        if instrument.currency != broker.currency and instrument.currency not in broker.conversions:
            foreign.setdefault(instrument.currency, []).append(symbol)
    for currency, symbols in sorted(foreign.items()):
        yield Problem(
            path=path,
            message=f"{', '.join(symbols)} is quoted in {currency}, the account is in {broker.currency}, "
            f"and nothing converts {currency}",
            hint=_remedy(currency, broker.currency, session, known),
            line=line,
        )
    for currency, symbol in sorted(broker.conversions.items()):
        problem = _misfit(currency, symbol, broker.currency, session)
        if problem:
            message, hint = problem
            yield Problem(path=key_path(path, currency), message=message, hint=hint, line=line)


def _remedy(currency: str, account: str, session: Mapping[str, Instrument], known: InstrumentRegistry) -> str:
    multiplying, dividing = f"{currency}-{account}", f"{account}-{currency}"
    places: tuple[Mapping[str, Instrument], ...] = (session, known)
    found = next((name for place in places for name in (multiplying, dividing) if name in place), None)
    if found is None:
        either = f"{multiplying} or {dividing}"
        return f"Add {either} to feed.symbols and name it in broker: 'conversions: {{{currency}: {multiplying}}}'"
    text = f"Add 'conversions: {{{currency}: {found}}}' to broker"
    return text if found in session else f"{text}, and {found} to feed.symbols"


def _misfit(currency: str, symbol: str, account: str, session: Mapping[str, Instrument]) -> tuple[str, str] | None:
    if currency == account:
        return f"{currency} is the account's own currency", "Remove the entry"
    shown = shortened(symbol)
    instrument = session.get(symbol)
    if instrument is None:
        return f"the conversion symbol {shown!r} is not among feed.symbols", f"Add it there. {nearest(symbol, session)}"
    base = symbol.partition("-")[0]
    if (base, instrument.currency) in {(currency, account), (account, currency)}:
        return None
    return (
        f"{shown} is quoted in {instrument.currency} and does not convert {currency} into {account}",
        f"Name a symbol {currency}-{account} quoted in {account}, or {account}-{currency} quoted in {currency}",
    )


def stale_data_problems(guards: Iterable[PartSection], session: Mapping[str, Instrument]) -> Iterator[Problem]:
    """Yield a problem for a ``stale_data`` guard that cannot tell whether a market is open."""
    unknown = [
        symbol
        for symbol, instrument in sorted(session.items())
        if instrument.calendar is None and instrument.asset_class is not AssetClass.CRYPTO
    ]
    if not unknown:
        return
    calendar = "FX" if session[unknown[0]].asset_class is AssetClass.FOREX else "XNYS"
    for guard in guards:
        if guard.name == STALE_DATA:
            yield Problem(
                path=guard.path,
                message=f"stale_data cannot judge {', '.join(unknown)}: no trading calendar says when they trade",
                hint=f"Add 'instruments: {{{unknown[0]}: {{calendar: {calendar}}}}}', or leave the guard out",
            )
