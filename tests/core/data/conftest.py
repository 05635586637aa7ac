"""A cache to write bar files into, and feeds over it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from logos.data.replay import ReplayFeed, open_replay
from logos.data.replay_config import ReplayConfig
from logos.domain.instruments import AssetClass, Instrument
from logos.testing.contexts import part_context

HEADER = "timestamp,open,high,low,close,volume"


def make_instrument(symbol="BTC-USD", asset_class=AssetClass.CRYPTO, tick="0.01", lot="0.0001", **fields):
    return Instrument(
        symbol=symbol,
        asset_class=asset_class,
        tick=Decimal(tick),
        lot=Decimal(lot),
        currency="USD",
        **fields,
    )


@attrs.define
class Cache:
    """A workspace with a cache folder in it."""

    workspace: Path

    @property
    def folder(self) -> Path:
        return self.workspace / "cache"

    def path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, text: str | bytes, name: str = "crypto/BTC-USD-1m.csv") -> Path:
        data = text.encode() if isinstance(text, str) else text
        path = self.path(name)
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return path

    def rows(self, *rows: str, name: str = "crypto/BTC-USD-1m.csv") -> Path:
        return self.write("\n".join((HEADER, *rows)) + "\n", name)

    def feed(self, *instruments: Instrument, interval: int = 60, path: str = "cache", **config: str) -> ReplayFeed:
        context = part_context(*(instruments or (make_instrument(),)), workspace=self.workspace, interval=interval)
        return open_replay(ReplayConfig(path=path, **config), context)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


@pytest.fixture(scope="session")
def instrument() -> Callable[..., Instrument]:
    return make_instrument
