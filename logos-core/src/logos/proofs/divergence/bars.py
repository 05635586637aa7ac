"""The bars that a run was given: from its record, or from the files that its feed replays."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import attrs
import numpy as np

from logos.artifacts.schemas import BARS_COLUMNS, BARS_FILE, CONFIG_FILE
from logos.assembly.feed_alone import build_feed
from logos.config.feed_only import load_feed_config
from logos.context.clock import SystemClock
from logos.data.replay import ReplayFeed
from logos.domain.bars import Bar
from logos.domain.errors import LogosError
from logos.domain.times import parse_time, time_text
from logos.live.late_log import LateLog
from logos.live.record_rows import BAR, HISTORY, REVISION
from logos.plugins.registry import Registry
from logos.proofs.divergence.sides import Side

VALUES = ("open", "high", "low", "close", "volume")

_PLACES = {name: place for place, name in enumerate(BARS_COLUMNS)}
_FIRST_VALUE = _PLACES["open"]


class Given(NamedTuple):
    """A bar as a run was given it.

    Attributes
    ----------
    clock:
        Of its slice.
    opened:
        Its open time.
    values:
        Open, high, low, close and volume, as texts.
    final:
        Whether it had closed by the venue's clock when it was fetched.
    """

    clock: str
    symbol: str
    opened: str
    values: tuple[str, ...]
    forward_filled: bool = False
    final: bool = True


@attrs.frozen(kw_only=True)
class Source:
    """Where the bars of a run can be read; ``lost`` says why they cannot, and is empty where they can."""

    side: Side
    registry: Registry
    lost: str = ""
    feed: ReplayFeed | None = None

    def bars(self, first: str, last: str) -> Iterator[Given]:
        """Yield the bars of the slices between two clocks, by time and symbol."""
        rows = _recorded(self.side, BAR) if self.feed is None else _replayed(self.feed)
        for bar in rows:
            if first <= bar.clock <= last:
                yield bar
            elif bar.clock > last and self.feed is not None:
                return

    def history(self) -> Mapping[tuple[str, str], Given]:
        """Return the recorded bars from before a session on a polled feed, by open time and symbol."""
        return {(bar.opened, bar.symbol): bar for bar in _recorded(self.side, HISTORY)}

    def revision(self, symbol: str, opened: str) -> Given | None:
        """Return what the venue made of a bar later, where that was recorded."""
        found = None
        if self.side.polled:
            for bar in _recorded(self.side, REVISION):
                if (bar.symbol, bar.opened) == (symbol, opened):
                    found = bar
        return found

    def close(self) -> None:
        """Close the files."""
        if self.feed is not None:
            self.feed.close()


def source_of(side: Side, registry: Registry) -> Source:
    """Return where the bars of a run can be read, having made sure that they are those that it ran on."""
    if side.polled:
        return Source(side=side, registry=registry)
    path = side.folder / CONFIG_FILE
    try:
        config = load_feed_config(path, registry, workspace=side.workspace)
        feed = build_feed(config, workspace=side.workspace, clock=SystemClock(), log=LateLog())
        if not isinstance(feed, ReplayFeed):
            return Source(side=side, registry=registry, lost=f"the feed {config.feed.name} keeps no bars")
        if feed.digest() != side.data_digest and _digest_until(feed, side) != side.data_digest:
            lost = f"the files of {config.feed.config.path} are no longer those that it ran on"
            feed.close()
            return Source(side=side, registry=registry, lost=lost)
    except LogosError as error:
        return Source(side=side, registry=registry, lost=f"its bars cannot be read: {error.message}")
    return Source(side=side, registry=registry, feed=feed)


def _digest_until(feed: ReplayFeed, side: Side) -> str:
    """Return the digest of the bars up to where a run ended: files may have grown since."""
    latest = parse_time(side.last) - side.interval
    digest = hashlib.sha256()
    for symbol, columns in feed.columns().items():
        digest.update(symbol.encode() + b"\0")
        count = int(np.searchsorted(columns.timestamp, latest, side="right"))
        stacked = (columns.timestamp, columns.open, columns.high, columns.low, columns.close, columns.volume)
        digest.update(np.stack([column[:count] for column in stacked], axis=1).astype("<i8", copy=False).tobytes())
    return digest.hexdigest()


def _replayed(feed: ReplayFeed) -> Iterator[Given]:
    for clock, bars in feed.slices(None):
        at = time_text(clock)
        for bar in bars:
            yield Given(at, bar.symbol, time_text(bar.timestamp), _values(bar))


def _values(bar: Bar) -> tuple[str, ...]:
    instrument = bar.instrument
    prices = map(instrument.price_text, (bar.open, bar.high, bar.low, bar.close))
    return (*prices, instrument.quantity_text(bar.volume))


def _recorded(side: Side, kind: str) -> Iterator[Given]:
    """Yield the rows of one kind of ``bars.csv``, of the part that the run has acted upon.

    They are taken as they stand: ``logos audit`` is who looks for edited rows.
    """
    assert side.bars_length is not None
    start = f"{kind},".encode()
    for line in _lines(side.folder / BARS_FILE, side.bars_length):
        if line.startswith(start):
            text = line.decode().rstrip("\n")
            fields = next(csv.reader([text])) if '"' in text else text.split(",")
            yield Given(
                clock=fields[_PLACES["clock"]],
                symbol=fields[_PLACES["symbol"]],
                opened=fields[_PLACES["timestamp"]],
                values=tuple(fields[_FIRST_VALUE : _FIRST_VALUE + len(VALUES)]),
                forward_filled=fields[_PLACES["forward_filled"]] == "true",
                final=fields[_PLACES["final"]] == "true",
            )


def _lines(path: Path, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            length -= len(line)
            if length < 0:
                return
            yield line
