"""Names that the plugin system knows beforehand: the core's commands, and parts that a config is likely to name."""

from __future__ import annotations

_ALLOCATORS = ("herc", "hrp", "inverse_volatility", "mean_variance", "risk_parity")
_GUARDS = ("drawdown", "exposure", "kill_switch", "max_notional", "order_rate", "reject_rate", "stale_data")

CORE_COMMANDS = {
    "trade": ("logos.cli.trade:trade", "Run a paper session, or resume one"),
    "backtest": ("logos.cli.backtest:app", "Run a config over recorded bars; compare runs, check for look-ahead"),
    "sweep": ("logos.cli.sweep:sweep", "Run a config over many parameters, and count every trial"),
    "replay": ("logos.cli.replay:replay", "Run a session again from its own folder and compare"),
    "audit": ("logos.cli.audit:audit", "Rebuild a session's books from its trades alone and compare"),
    "sessions": ("logos.cli.sessions_commands:app", "List and show sessions"),
    "strategies": ("logos.cli.strategies_commands:app", "List strategies and check them for look-ahead"),
    "rehearse": ("logos.cli.rehearse:app", "Trigger every guard, the kill file, a crash and a resume, and report"),
    "diff": ("logos.cli.diff:diff", "Name the first difference of two sessions, and its cause"),
    "config": ("logos.cli.config_commands:app", "Check, show and explain a config"),
    "doctor": ("logos.cli.doctor:doctor", "Look at the machine, the installation and the venues of a config"),
    "data": ("logos.cli.data_commands:app", "List, check, import and fetch bars"),
    "plugins": ("logos.cli.plugins_commands:app", "List installed plugins and what is wrong with them"),
}
"""The commands of the core, in the order of the help: where each stands, and one line about it."""

DISTRIBUTIONS = {
    **{("allocator", name): "logos-risk" for name in _ALLOCATORS},
    ("allocator", "skfolio"): "'logos-risk[skfolio]'",
    ("broker", "alpaca"): "'logos-brokers[alpaca]'",
    ("broker", "ccxt"): "'logos-brokers[ccxt]'",
    ("broker", "ib"): "logos-brokers",
    ("broker", "paper"): "logos-brokers",
    ("feed", "ccxt"): "'logos-feeds[ccxt]'",
    ("feed", "yfinance"): "'logos-feeds[yfinance]'",
    **{("guard", name): "logos-risk" for name in _GUARDS},
    ("position_manager", "cost_aware"): "logos-risk",
}
"""Which distribution to install for a part, as pip wants it; only for hints."""

COMMANDS_OF_SECTIONS = {"portfolio": "logos portfolio backtest"}
"""Sections of config files that are no session's, and the command that takes such a file; only for hints."""
