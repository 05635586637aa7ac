"""What a bar file is held against: interval, tick, calendar and asset class, as far as anything tells them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from logos.data.calendars import FOREX_WEEK
from logos.data.catalogue.places import Place
from logos.domain.instruments import AssetClass, Instrument


@attrs.frozen(kw_only=True)
class Expectations:
    """What the caller knows about the files.

    Attributes
    ----------
    calendar:
        The name of the trading calendar of every file; ``None`` where the instrument or the asset class tells.
    tick:
        The smallest step of a price in every file; ``None`` where the instrument tells.
    interval:
        Length of a bar in seconds, where the name of a file does not tell.
    instruments:
        Instruments by symbol, as a session config has them.
    """

    calendar: str | None = None
    tick: Decimal | None = None
    interval: int | None = None
    instruments: Mapping[str, Instrument] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Expected:
    """What one file is held against; ``None`` where nothing tells.

    Attributes
    ----------
    asset_class:
        By the folder of the file, or by the instrument.
    tick:
        The smallest step of a price.
    calendar:
        A trading calendar, or ``24/7``.
    interval:
        Length of a bar in seconds.
    """

    asset_class: AssetClass | None
    tick: Decimal | None
    calendar: str | None
    interval: int | None


def expected_of(place: Place, known: Expectations) -> Expected:
    """Return what a file is held against.

    Options come before the instrument of a config, and that before what the path tells: a folder ``crypto`` has a
    market that never closes, a folder ``forex`` the week of the currency market.
    """
    instrument = known.instruments.get(place.symbol)
    if instrument is not None and place.asset_class not in (None, instrument.asset_class):
        instrument = None  # the same letters in another market
    asset_class = instrument.asset_class if instrument else place.asset_class
    calendar = known.calendar or (instrument.calendar if instrument else None)
    return Expected(
        asset_class=asset_class,
        tick=known.tick or (instrument.tick if instrument else None),
        calendar=calendar or _usual_calendar(asset_class),
        interval=place.interval or known.interval,
    )


def _usual_calendar(asset_class: AssetClass | None) -> str | None:
    if asset_class is AssetClass.CRYPTO:
        return "24/7"
    return FOREX_WEEK if asset_class is AssetClass.FOREX else None
