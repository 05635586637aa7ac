"""Imports into a cache of the test's own, and what a session would read from it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest

from logos.data.importing.run import ImportReport, ImportRequest, import_bars
from logos.domain.instruments import Instrument


@attrs.define
class Importer:
    """Writes sources and imports them."""

    cache: object
    symbol: str = "BTC-USD"

    @property
    def folder(self) -> Path:
        folder = self.cache.workspace / "sources"
        folder.mkdir(exist_ok=True)
        return folder

    def source(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def lean(self, name: str, entry: str, text: str) -> Path:
        """Write a zip of LEAN."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(entry, text)
        return self.source(name, stream.getvalue())

    def run(self, *paths: Path, instrument: Instrument | None = None, **request) -> ImportReport:
        values = {"symbol": self.symbol, "interval": "1m", "asset_class": "crypto", **request}
        self.progress = []
        return import_bars(
            ImportRequest(paths=paths, cache=self.cache.folder, shown_as="cache", **values),
            lambda _symbol: instrument,
            lambda done, total: self.progress.append((done, total)),
        )

    progress: list = attrs.field(factory=list)

    def rows(self, *instruments: Instrument, interval: int = 60) -> list[tuple]:
        """Return the bars that a session reads: time, and prices and volume in ticks and lots."""
        feed = self.cache.feed(*instruments, interval=interval, off_tick="round")
        feed.prepare()
        return [tuple(bar)[1:] for one in feed.slices(None) for bar in one.bars]


@pytest.fixture
def importer(cache) -> Importer:
    return Importer(cache)


@pytest.fixture(scope="session")
def lean_days() -> Callable[..., dict[str, str]]:
    """Return a function that turns rows of our own into the days of LEAN: text by date, times from local midnight."""

    def days(rows: Sequence[str], zone: str, scale: int) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for row in rows:
            stamp, *numbers = row.strip().split(",")
            local = datetime.fromisoformat(stamp).astimezone(ZoneInfo(zone))
            ms = (local.hour * 3600 + local.minute * 60 + local.second) * 1000
            prices = [format(Decimal(one) * scale, "f") for one in numbers[:4]]
            prices = [one.rstrip("0").rstrip(".") if "." in one else one for one in prices]
            found.setdefault(f"{local:%Y%m%d}", []).append(",".join([str(ms), *prices, numbers[4]]))
        return {day: "\n".join(lines) + "\n" for day, lines in found.items()}

    return days
