"""Generated bars on which strategies are checked, and surroundings to build them in. Nothing here is market data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from logos.context.parts import AccountSettings, PartContext
from logos.context.seed import Seed
from logos.data.calendars import calendar_for
from logos.domain.bars import Bar
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.money import MONEY_DECIMALS

INTERVAL = 60
_START = 1_767_225_600  # 2026-01-01T00:00:00Z

SAMPLE = Instrument(
    symbol="SAMPLE", asset_class=AssetClass.EQUITY, tick=Decimal("0.01"), lot=Decimal(1), currency="USD"
)


def generated_series(seed: Seed, count: int) -> Mapping[str, tuple[Bar, ...]]:
    """Return series of ``count`` bars each that differ in the way they move.

    ``walk`` moves a little each bar; ``flat`` stands still for long stretches and then jumps; ``gappy`` has missing
    bars, jumps at the open and bars without volume; ``coarse`` moves by one tick around a price of a few ticks.

    Parameters
    ----------
    seed:
        Equal seeds give equal bars.
    count:
        Bars in each series, one minute apart where none is missing.
    """
    return {
        "walk": _series(seed, "walk", count, start=10_000, reach=20),
        "flat": _series(seed, "flat", count, start=10_000, reach=40, still=97),
        "gappy": _series(seed, "gappy", count, start=250_000, reach=300, missing=True),
        "coarse": _series(seed, "coarse", count, start=12, reach=1),
    }


def _series(
    seed: Seed, name: str, count: int, *, start: int, reach: int, still: int = 0, missing: bool = False
) -> tuple[Bar, ...]:
    bars: list[Bar] = []
    timestamp, close = _START, start
    for index in range(count):
        draw = seed.number(name, index)
        if missing and draw % 29 == 0:
            timestamp += INTERVAL * (1 + draw // 29 % 500)
            close = max(1, close + draw // 41 % (20 * reach + 1) - 10 * reach)
        moves = not still or draw % 100 >= still
        opened, close = close, max(1, close + draw // 1_009 % (2 * reach + 1) - reach) if moves else close
        spread = draw // 1_000_003 % (reach + 1) if moves else 0
        low, high = max(1, min(opened, close) - spread), max(opened, close) + spread
        volume = 0 if missing and draw % 7 == 0 else draw // 7 % 1_000
        bars.append(Bar(SAMPLE, timestamp, opened, high, low, close, volume))
        timestamp += INTERVAL
    return tuple(bars)


class _StoppedClock:
    def now(self) -> int:
        return 0

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Pass at once."""


class _SilentLog:
    def debug(self, event: str, **values: object) -> None:
        """Drop it."""

    def info(self, event: str, **values: object) -> None:
        """Drop it."""

    def warning(self, event: str, **values: object) -> None:
        """Drop it."""

    def error(self, event: str, **values: object) -> None:
        """Drop it."""


def plain_context(
    instruments: Sequence[Instrument] = (SAMPLE,), *, workspace: Path = Path(), seed: int = 0
) -> PartContext:
    """Return surroundings with plain values in which a part can be built outside a session.

    The clock stands still, the log drops everything, and the account has 100,000 USD.

    Parameters
    ----------
    instruments:
        What the session would trade; there is one pair for each.
    workspace:
        The folder that relative paths start from.
    seed:
        The session's seed.
    """
    named = {instrument.symbol: instrument for instrument in instruments}
    return PartContext(
        clock=_StoppedClock(),
        log=_SilentLog(),
        workspace=workspace,
        seed=Seed(seed),
        interval=INTERVAL,
        instruments=named,
        symbols=tuple(sorted(named)),
        pairs=max(1, len(named)),
        account=AccountSettings(
            currency="USD",
            cash=100_000 * 10**MONEY_DECIMALS,
            decimals=MONEY_DECIMALS,
            margin=False,
            conversions={},
        ),
        calendar=calendar_for,
    )
