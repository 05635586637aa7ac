"""Slices of all symbols in order, and for whom they wait."""

from __future__ import annotations

import attrs
import pytest

from logos.domain.bars import Bar
from logos.feeds.assembling import Assembler
from logos.feeds.config import PollingConfig
from logos.feeds.rules import Rules
from logos.session.polled import Origin


@attrs.define
class Track:
    """Has settled everything up to a time."""

    settled: int

    def has_settled(self, slot: int) -> bool:
        return self.settled >= slot


@pytest.fixture
def assembler(make_instrument, start) -> Assembler:
    """Return an assembler that has a bar of one symbol, and none of the other."""
    rules = Rules.of(PollingConfig(patience="2m"), 60)
    found = Assembler({"AAA-USD": Track(start), "BBB-USD": Track(start - 60)}, rules, start - 60)
    bar = Bar(make_instrument("AAA-USD"), start, 100, 100, 100, 100, 1)
    assert found.add(bar, Origin(source="test", fetched_at=start + 62), 1_000.0)
    return found


def test_a_slice_waits_for_a_symbol_until_patience_ends(assembler) -> None:
    assert not list(assembler.ready(1_119.0))
    (one,) = assembler.ready(1_120.0)
    assert one.missing == ("BBB-USD",)


def test_nobody_waits_for_a_symbol_that_is_excused(assembler) -> None:
    (one,) = assembler.ready(1_001.0, ["BBB-USD"])
    assert [bar.symbol for bar in one.delivery.slice.bars] == ["AAA-USD"]


def test_a_bar_of_a_slice_that_has_gone_is_late(assembler, make_instrument, start) -> None:
    list(assembler.ready(1_120.0))
    bar = Bar(make_instrument("BBB-USD"), start, 100, 100, 100, 100, 1)
    assert not assembler.add(bar, Origin(source="test", fetched_at=start + 190), 1_130.0)
