"""A resolved session config as plain values: what ``config.yaml`` holds and the digest covers."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from logos.config.records import BacktestWindow, PartSection, SessionConfig, StrategyEntry
from logos.config.writing import decimal_text, section_values
from logos.domain.instruments import Instrument
from logos.domain.times import time_text


def resolved_values(config: SessionConfig, cash: Decimal) -> dict[str, Any]:
    """Return every key of a config with its value. All lists are sorted but the guards, whose order has meaning."""
    account = config.account
    values: dict[str, Any] = {
        "session": section_values(config.session),
        "instruments": {symbol: _instrument(config.instruments[symbol]) for symbol in config.symbols},
        "currencies": {account.currency: {"decimals": account.decimals}},
        "feed": _part(config.feed, {"symbols": list(config.symbols), "interval": config.interval_text}),
        "broker": _part(
            config.broker,
            {
                "cash": decimal_text(cash),
                "currency": account.currency,
                "conversions": dict(account.conversions),
                "margin": account.margin,
            },
        ),
        "strategies": [_strategy(entry) for entry in config.strategies],
        "allocator": _part(config.allocator),
        "position_manager": _part(config.position_manager),
        "guards": [_part(guard) for guard in config.guards],
    }
    if config.backtest is not None:
        values["backtest"] = _window(config.backtest)
    return values


def _instrument(instrument: Instrument) -> dict[str, Any]:
    return {key: value for key, value in section_values(instrument).items() if key != "symbol"}


def _part(section: PartSection, core: dict[str, Any] | None = None) -> dict[str, Any]:
    own = {} if section.config is None else section_values(section.config)
    first = {"plugin": section.plugin, **(core or {})}
    return first | {key: value for key, value in own.items() if key not in first}


def _strategy(entry: StrategyEntry) -> dict[str, Any]:
    return {
        "plugin": entry.plugin,
        "name": entry.name,
        "symbols": list(entry.symbols),
        "params": {} if entry.params is None else section_values(entry.params),
    }


def _window(window: BacktestWindow) -> dict[str, Any]:
    moments: Iterable[tuple[str, int | None]] = (("start", window.start), ("end", window.end))
    return {name: None if moment is None else time_text(moment) for name, moment in moments}
