"""The instruments that the program knows, and those that a config adds or changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from logos.config.problems import key_path, nearest, shortened
from logos.config.reading import Node, Section
from logos.config.structuring import structure
from logos.domain.errors import ConfigError, Problem
from logos.domain.instruments import AssetClass, Instrument

SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)
"""A symbol is part of file names: no separators, no leading dot."""
CURRENCY = re.compile(r"[A-Z][A-Z0-9]{1,9}", re.ASCII)

FX_WEEK = "FX"
"""The calendar of currency pairs: Sunday 17:00 to Friday 17:00, New York."""

BUILT_IN = (
    Instrument(
        symbol="AAPL",
        asset_class=AssetClass.EQUITY,
        tick=Decimal("0.01"),
        lot=Decimal(1),
        min_notional=Decimal(1),
        notional_cap=Decimal(1_000_000),
        currency="USD",
        calendar="XNYS",
        sector="technology",
    ),
    Instrument(
        symbol="BTC-USD",
        asset_class=AssetClass.CRYPTO,
        tick=Decimal("0.01"),
        lot=Decimal("0.00000001"),
        min_notional=Decimal(10),
        notional_cap=Decimal(1_000_000),
        currency="USD",
    ),
    # DEMO exists in simulated bars only. It is classed as crypto because its market never closes.
    Instrument(
        symbol="DEMO",
        asset_class=AssetClass.CRYPTO,
        tick=Decimal("0.01"),
        lot=Decimal(1),
        min_notional=Decimal(1),
        notional_cap=Decimal(100_000),
        currency="USD",
        sector="simulated",
    ),
    Instrument(
        symbol="EUR-USD",
        asset_class=AssetClass.FOREX,
        tick=Decimal("0.00001"),
        lot=Decimal(1),
        min_notional=Decimal(1),
        notional_cap=Decimal(10_000_000),
        currency="USD",
        calendar=FX_WEEK,
    ),
)


class InstrumentRegistry(Mapping[str, Instrument]):
    """Instruments by symbol, in name order.

    Parameters
    ----------
    extra:
        Instruments besides the built-in ones; one of the same symbol takes the built-in one's place.
    """

    def __init__(self, extra: Iterable[Instrument] = ()) -> None:
        known = {instrument.symbol: instrument for instrument in (*BUILT_IN, *extra)}
        self._known = {symbol: known[symbol] for symbol in sorted(known)}

    def __getitem__(self, symbol: str) -> Instrument:
        return self._known[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def require(self, symbol: str) -> Instrument:
        """Return an instrument.

        Raises
        ------
        ConfigError
            Where no instrument has the symbol, with the nearest one.
        """
        found = self._known.get(symbol)
        if found is None:
            raise ConfigError(
                f"no instrument {shortened(symbol)!r} is known",
                hint=f"{nearest(symbol, self._known)} Or add it under 'instruments:' with asset_class, tick, lot "
                "and currency",
            )
        return found


def read_instruments(node: Node | None, path: str) -> tuple[InstrumentRegistry, list[Problem]]:
    """Return the built-in instruments with what a config's ``instruments:`` adds and changes.

    An entry of a known symbol changes the fields that it names; the others keep their values.
    """
    if node is None:
        return InstrumentRegistry(), []
    empty = Section({}, {}, node.line)
    section = node if isinstance(node, Section) else empty
    problems = structure(node, _AnySection, path)[1] if section is empty else []
    built_in = {instrument.symbol: instrument for instrument in BUILT_IN}
    extra = []
    for symbol in sorted(section.entries):
        instrument, found = _read(section.entries[symbol], symbol, built_in.get(symbol), key_path(path, symbol))
        problems += found
        if instrument is not None:
            extra.append(instrument)
    return InstrumentRegistry(extra), problems


@attrs.frozen
class _AnySection:
    """Accepts an empty section and nothing else."""


def _read(node: Node, symbol: str, known: Instrument | None, path: str) -> tuple[Instrument | None, list[Problem]]:
    if not SYMBOL.fullmatch(symbol):
        message = "a symbol is made of up to 32 letters, digits, '-', '.' and '_', and starts with a letter or digit"
        return None, [Problem(path=path, message=message, line=node.line)]
    instrument, problems = structure(
        node,
        Instrument,
        path,
        fixed={"symbol": symbol},
        defaults={} if known is None else _fields(known),
    )
    if instrument is not None and not CURRENCY.fullmatch(instrument.currency):
        message = f"{shortened(instrument.currency)!r} is not the code of a currency"
        problems.append(Problem(path=key_path(path, "currency"), message=message, hint="Write USD", line=node.line))
    for name in ("calendar", "sector"):
        if instrument is not None and getattr(instrument, name) == "":
            hint = f"Leave {name} out, or write null"
            problems.append(Problem(path=key_path(path, name), message="it is empty", hint=hint, line=node.line))
    return (None if problems else instrument), problems


def _fields(instrument: Instrument) -> dict[str, Any]:
    return {
        str(field.alias): getattr(instrument, field.name)
        for field in attrs.fields(Instrument)
        if field.init and field.name != "symbol"
    }
