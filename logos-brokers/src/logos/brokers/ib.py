"""The broker ``ib``: not built yet. ``docs/brokers/ib.md`` says what it will be."""

from __future__ import annotations

from typing import NoReturn

from logos.context.parts import PartContext
from logos.domain.errors import PluginError


def open_ib(_config: object, _context: PartContext) -> NoReturn:
    """Refuse to be built.

    Raises
    ------
    PluginError
        Always.
    """
    raise PluginError(
        "broker 'ib' is not built in this release",
        hint="docs/brokers/ib.md has its road map; trade with paper, ccxt or alpaca until then",
    )
