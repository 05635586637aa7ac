"""The config of ``logos trade`` without a file: the bundled bars, and every installed guard."""

from __future__ import annotations

from typing import Any

from logos.config.part_reading import Offers
from logos.config.reading import Section
from logos.config.structuring import structure
from logos.config.writing import yaml_text
from logos.domain.errors import PluginError
from logos.plugins.offers import CONFLICT, READY, Offer

SOURCE = "the default config"

_SYMBOLS = ["AAPL", "BTC-USD", "DEMO", "EUR-USD"]
_STRATEGIES: tuple[dict[str, Any], ...] = (
    {"plugin": "sma_cross", "name": "trend", "symbols": _SYMBOLS, "params": {"fast": 60, "slow": 240}},
    {
        "plugin": "mean_reversion",
        "name": "reversion",
        "symbols": ["DEMO", "EUR-USD"],
        "params": {"window": 120, "entry": "2.5", "hold": 240},
    },
    {
        "plugin": "channel_breakout",
        "name": "breakout",
        "symbols": ["AAPL", "BTC-USD"],
        "params": {"window": 240, "exit_window": 120, "hold": 480},
    },
    {
        "plugin": "momentum",
        "name": "momentum",
        "symbols": ["BTC-USD", "DEMO"],
        "params": {"window": 360, "threshold_bps": "50"},
    },
)
_GUARD_OWNER = "logos-risk"
_GUARDS: dict[str, dict[str, Any]] = {
    "max_notional": {"limit": "60000"},
    "exposure": {"gross": "1.1", "net": "1.1", "per_symbol": "0.6"},
    "drawdown": {"max": "0.20", "daily": "0.10"},
    "stale_data": {"after": "5m", "halt": "all"},
    "reject_rate": {"max": 5, "per": "10m"},
    "order_rate": {"max": 60, "per": "1m"},
    "kill_switch": {"file": "runs/live/KILL"},
}


def default_config_text(registry: Offers) -> str:
    """Return the default config as YAML, with every installed guard that needs no keys, or whose limits are known."""
    sections = {
        "session": {"name": "fixtures"},
        "feed": {"plugin": "replay", "path": "bundled", "symbols": _SYMBOLS},
        "broker": {
            "plugin": "paper",
            "cash": "100000",
            "currency": "USD",
            "fees": {"maker_bps": "2", "taker_bps": "10"},
            "slippage_bps": "1",
            "max_volume_share": "0.1",
        },
        "strategies": [entry for entry in _STRATEGIES if _is_ready(registry, "strategy", entry["plugin"])],
        "allocator": {"plugin": "equal_weight", "invest": "0.95"},
        "position_manager": {"plugin": "targets"},
        "guards": [guard for _, guard, reason in _guards(registry) if not reason],
    }
    return yaml_text(sections)


def guards_left_out(registry: Offers) -> tuple[tuple[Offer, str], ...]:
    """Return the installed guards that the default config does not name, each with the reason."""
    return tuple((offer, reason) for offer, _, reason in _guards(registry) if reason)


def _is_ready(registry: Offers, kind: str, name: str) -> bool:
    return any(offer.name == name and offer.status == READY for offer in registry.offers(kind))


def _guards(registry: Offers) -> list[tuple[Offer, dict[str, Any], str]]:
    order = list(_GUARDS)
    offers = sorted(
        registry.offers("guard"),
        key=lambda offer: (order.index(offer.name) if offer.name in order else len(order), offer.qualified),
    )
    return [_guard(offer) for offer in offers]


def _guard(offer: Offer) -> tuple[Offer, dict[str, Any], str]:
    name = offer.qualified if offer.status == CONFLICT else offer.name
    guard: dict[str, Any] = {"plugin": name}
    if offer.status not in {READY, CONFLICT}:
        return offer, guard, offer.fault or offer.status
    if offer.distribution == _GUARD_OWNER and offer.name in _GUARDS:
        return offer, guard | _GUARDS[offer.name], ""
    try:
        config_class = offer.config_class()
        problems = structure(Section({}, {}, 1), config_class, name)[1] if config_class is not None else []
    except PluginError as error:
        return offer, guard, error.message
    missing = ", ".join(problem.path.removeprefix(f"{name}.") for problem in problems)
    return offer, guard, f"it needs keys: {missing}" if missing else ""
