"""The set of a rehearsal: a workspace of its own with a config, bar files and two made-up instruments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs

from logos import paths
from logos.config.records import SessionConfig
from logos.config.writing import yaml_text
from logos.domain.times import time_text
from logos.live.disk import Disk
from logos.proofs.rehearsing.records import MINUTE, Drill

A, B = "REH-A", "REH-B"
CASH = 100_000
"""Starting cash of every drill, in units of the account's currency."""

HINT = "Mend the disk and rehearse again"
CONFIG = "session.yaml"
_DIGITS = 15
_VOLUME = "1000000"
_HEADER = "timestamp,open,high,low,close,volume\n"


@attrs.frozen(kw_only=True)
class Terms:
    """What a drill takes over from the config that is rehearsed, besides the guards.

    Attributes
    ----------
    decimals:
        How many decimals money carries, and so the finest price.
    """

    currency: str
    decimals: int
    seed: int

    @classmethod
    def of(cls, config: SessionConfig) -> Terms:
        """Return those of a config."""
        account = config.account
        return cls(currency=account.currency, decimals=account.decimals, seed=config.session.seed)

    def ticks(self, value: Fraction) -> tuple[int, int]:
        """Return a value in whole ticks, downward, and the decimals of the tick: the finest that a bar can carry."""
        decimals = max(0, min(self.decimals, _DIGITS - len(str(int(value)))))
        return int(value * 10**decimals), decimals


def price_text(ticks: int, decimals: int) -> str:
    """Return a price in ticks as a decimal."""
    whole, rest = divmod(ticks, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


def strategy(name: str, symbol: str, *signals: tuple[str, str]) -> dict[str, Any]:
    """Return an entry of ``strategies:`` that says values at times."""
    lines = [f"{at} {value}" for at, value in signals]
    return {"plugin": "scripted", "name": name, "symbols": [symbol], "params": {"signals": lines}}


def session_of(
    terms: Terms,
    *,
    guards: Sequence[Mapping[str, Any]],
    strategies: Sequence[Mapping[str, Any]],
    decimals: int | None = None,
    feed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the config of a drill: no fees, a margin account, and one unit of an instrument an order.

    Parameters
    ----------
    decimals:
        Of a price; those of money where it is ``None``.
    """
    places = terms.decimals if decimals is None else decimals
    instrument = {
        "asset_class": "crypto",
        "currency": terms.currency,
        "tick": price_text(1, places),
        "lot": "1",
    }
    return {
        "session": {"name": "rehearsal", "seed": terms.seed},
        "currencies": {terms.currency: {"decimals": terms.decimals}},
        "instruments": {A: instrument, B: dict(instrument)},
        "feed": {"plugin": "replay", **(feed or {}), "path": "data/cache", "symbols": [A, B]},
        "broker": {
            "plugin": "paper",
            "cash": str(CASH),
            "currency": terms.currency,
            "margin": True,
        },
        "strategies": [dict(one) for one in strategies],
        "allocator": {"plugin": "fixed_quantity", "quantity": "1"},
        "guards": [dict(one) for one in guards],
    }


def lay(drill: Drill, folder: Path) -> None:
    """Write a drill's workspace: what ``logos trade --config session.yaml`` needs, and nothing of the user's."""
    disk = Disk(hint=HINT)
    disk.make_folder(folder)
    used = {**drill.config, "feed": {**drill.config["feed"], "symbols": sorted(drill.bars)}}
    used["instruments"] = {symbol: drill.config["instruments"][symbol] for symbol in sorted(drill.bars)}
    disk.replace(folder / CONFIG, yaml_text(used).encode())
    cache = paths.cache_dir(folder) / "crypto"
    disk.make_folder(cache)
    for symbol, prices in sorted(drill.bars.items()):
        rows = (
            f"{time_text(drill.begin + MINUTE * minute)},{price},{price},{price},{price},{_VOLUME}\n"
            for minute, price in sorted(prices.items())
        )
        disk.replace(cache / f"{symbol}-1m.csv", (_HEADER + "".join(rows)).encode())
