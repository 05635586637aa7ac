"""A part's surroundings for tests: a clock that stands still, a log that remembers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from logos.context.parts import AccountSettings, PartContext
from logos.context.seed import Seed
from logos.data.calendars import MarketCalendar
from logos.domain.instruments import Instrument
from logos.domain.money import MONEY_DECIMALS
from logos.testing.bars import MINUTE, START
from logos.testing.views import AlwaysOpen


@attrs.define
class FakeClock:
    """A clock that moves only by ``sleep``."""

    wall: int = START
    elapsed: float = 0.0

    def now(self) -> int:
        """Return the wall time in whole seconds since the epoch, UTC."""
        return self.wall + int(self.elapsed)

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.elapsed += seconds


@attrs.define
class RecordingLog:
    """A log that keeps its lines as (level, event, values)."""

    lines: list[tuple[str, str, dict[str, Any]]] = attrs.field(factory=list)

    def debug(self, event: str, **values: Any) -> None:
        """Keep a line."""
        self.lines.append(("debug", event, values))

    def info(self, event: str, **values: Any) -> None:
        """Keep a line."""
        self.lines.append(("info", event, values))

    def warning(self, event: str, **values: Any) -> None:
        """Keep a line."""
        self.lines.append(("warning", event, values))

    def error(self, event: str, **values: Any) -> None:
        """Keep a line."""
        self.lines.append(("error", event, values))


def _always_open(_instrument: Instrument) -> MarketCalendar:
    return AlwaysOpen()


def part_context(*instruments: Instrument, workspace: Path = Path("workspace"), **changes: Any) -> PartContext:
    """Return surroundings for these instruments: 100,000 USD on a cash account, minute bars, seed 7.

    Parameters
    ----------
    workspace:
        The folder that relative paths start from; it need not exist.
    changes:
        Fields of ``PartContext`` to set otherwise.
    """
    fields: dict[str, Any] = {
        "clock": FakeClock(),
        "log": RecordingLog(),
        "workspace": workspace,
        "seed": Seed(7),
        "interval": MINUTE,
        "instruments": {instrument.symbol: instrument for instrument in instruments},
        "symbols": tuple(sorted(instrument.symbol for instrument in instruments)),
        "pairs": len(instruments),
        "account": AccountSettings(
            currency="USD",
            cash=100_000 * 10**MONEY_DECIMALS,
            decimals=MONEY_DECIMALS,
            margin=False,
            conversions={},
        ),
        "calendar": _always_open,
    }
    return PartContext(**{**fields, **changes})
