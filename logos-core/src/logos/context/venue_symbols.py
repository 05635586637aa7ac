"""What a venue calls each symbol: as the config says, or as is most likely."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from logos.context.parts import PartContext
from logos.domain.errors import InputError
from logos.domain.instruments import Instrument


def ccxt_name(instrument: Instrument) -> str:
    """Return what CCXT most likely calls an instrument: ``BTC/USD`` for ``BTC-USD``."""
    return instrument.symbol.replace("-", "/", 1)


def markets_of(
    venue_symbols: Mapping[str, str], context: PartContext, guess: Callable[[Instrument], str]
) -> dict[str, str]:
    """Return the venue's own name of each symbol of the feed.

    Parameters
    ----------
    venue_symbols:
        The names that the config gives.
    guess:
        Returns the name of a symbol for which it gives none.

    Raises
    ------
    InputError
        Where the config names a symbol that is not there, or two symbols have one name.
    """
    # Without pairs there is no session: ``data fetch --symbol`` asks for some of a config's symbols, and names all.
    expected = context.symbols if context.pairs else context.instruments
    for symbol in sorted(set(venue_symbols).difference(expected)):
        near = difflib.get_close_matches(symbol, context.symbols, n=1, cutoff=0)[0]
        raise InputError(
            f"venue_symbols names {symbol!r}, which is not among the feed's symbols: {', '.join(context.symbols)}",
            hint=f"Did you mean {near!r}?",
        )
    markets: dict[str, str] = {}
    for symbol in context.symbols:
        name = venue_symbols.get(symbol) or guess(context.instruments[symbol])
        for other, taken in markets.items():
            if taken == name:
                raise InputError(
                    f"{other} and {symbol} are both {name} at the venue, and each symbol must be a market of its own",
                    hint="Mend venue_symbols, or leave one of them out",
                )
        markets[symbol] = name
    return markets
