"""The scripted feed keeps the contract of every polled feed, ticks, falls silent, and can be closed in the silence."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from logos.context.clock import SystemClock
from logos.data.scripted import open_scripted
from logos.data.scripted_config import ScriptedConfig
from logos.domain.errors import InputError
from logos.domain.times import time_text
from logos.testing.bars import MINUTE, START, instrument
from logos.testing.contexts import part_context
from logos.testing.feeds import PolledFeedContract

SYMBOLS = ("ALT", "DEMO")


def feed_of(folder: Path, *, bars: int = 60, clock: object = None, **keys: object):
    made = [instrument(symbol) for symbol in SYMBOLS]
    for one in made:
        path = folder / "cache" / one.asset_class.value / f"{one.symbol}-1m.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = "".join(f"{time_text(START + MINUTE * index)},10,10,10,10,1\n" for index in range(bars))
        path.write_text(f"timestamp,open,high,low,close,volume\n{rows}")
    changes = {} if clock is None else {"clock": clock}
    return open_scripted(ScriptedConfig(path="cache", **keys), part_context(*made, workspace=folder, **changes))


class TestContract(PolledFeedContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_feed(self):
        return feed_of(self.folder, ticks=5)

    def symbols(self) -> tuple[str, ...]:
        return SYMBOLS

    def until(self) -> int:
        return START + 30 * MINUTE


def test_it_ticks_behind_its_last_bar_and_ends(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, bars=2, ticks=3, tick="7s", pause=Decimal("0.5"))
    feed.prepare()
    clocks = [(one.slice.clock - START, len(one.slice.bars)) for one in feed.deliveries(None)]
    assert clocks == [(60, 2), (120, 2), (127, 0), (134, 0), (141, 0)]


def test_it_hangs_behind_the_slice_that_is_named_and_gives_the_rest_to_whoever_comes_after_it(tmp_path: Path) -> None:
    named = START + 2 * MINUTE
    feed = feed_of(tmp_path, bars=4, hang=3_600, hang_at=time_text(named), clock=SystemClock())
    feed.prepare()
    found = feed.deliveries(None)
    assert [next(found).slice.clock, next(found).slice.clock] == [START + MINUTE, named]
    feed.close()
    assert list(found) == []
    resumed = feed_of(tmp_path, bars=4, hang=3_600, hang_at=time_text(named))
    resumed.prepare()
    assert [one.slice.clock for one in resumed.deliveries(named)] == [named + MINUTE, named + 2 * MINUTE]


def test_it_says_that_bars_were_fetched_when_they_closed(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, bars=1)
    feed.prepare()
    (only,) = feed.deliveries(None)
    assert [origin.fetched_at for origin in only.origins] == [START + MINUTE, START + MINUTE]


def test_a_hanging_poll_ends_when_the_feed_is_closed(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, bars=1, hang=3_600, clock=SystemClock())
    feed.prepare()
    taking = threading.Thread(target=lambda: list(feed.deliveries(None)), daemon=True)
    taking.start()
    feed.close()
    taking.join(60)
    assert not taking.is_alive()


@pytest.mark.parametrize(
    "keys", [{"pause": Decimal(6)}, {"ticks": -1}, {"tick": "soon"}, {"hang": -1}, {"hang_at": "noon"}, {"path": " "}]
)
def test_what_it_cannot_do_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(InputError):
        ScriptedConfig(**{"path": "cache", **keys})
