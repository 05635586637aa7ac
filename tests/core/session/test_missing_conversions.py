"""An instrument whose conversion has no bar yet: every signal is answered by a refusal, never by silence."""

from __future__ import annotations

from fractions import Fraction

import pytest

from logos.domain.instruments import AssetClass

DETAIL = "EUR-USD has no bar yet, so EUR cannot be converted: wait for its first bar"


@pytest.fixture
def opened(open_session, fakes):
    """Open a session on a share in euros, in an account in dollars."""

    def make(script, **options):
        share = fakes.make("SAP", currency="EUR")
        euro = fakes.make("EUR-USD", asset_class=AssetClass.FOREX, tick="0.00001", currency="USD")
        return open_session({"trend/SAP": script}, instruments=[share, euro], conversions={"EUR": "EUR-USD"}, **options)

    return make


ALLOCATORS = pytest.mark.parametrize(
    "allocator", [{"share": Fraction(1, 2)}, {"quantity": 10}], ids=["equal_weight", "fixed_quantity"]
)


@ALLOCATORS
def test_a_signal_without_a_conversion_is_refused_with_what_is_missing(opened, allocator) -> None:
    world = opened([1], **allocator)
    world.step(SAP=100)
    (decision,) = world.recorder.decisions
    assert (decision.outcome.value, decision.code, decision.detail) == ("refused", "no_conversion", DETAIL)
    assert decision.order_id is None
    assert world.orders == []


@ALLOCATORS
def test_every_change_of_the_signal_without_a_conversion_is_answered(opened, allocator) -> None:
    world = opened([1, None, 0, 1], **allocator)
    world.steps(4, SAP=100)
    assert [decision.signal for decision in world.recorder.decisions] == [10**8, 0, 10**8]
    assert world.recorder.reasons()[::2] == ["no_conversion", "no_conversion"]
    assert world.orders == []


@ALLOCATORS
def test_the_next_changed_signal_is_ordered_once_the_conversion_has_a_bar(opened, allocator) -> None:
    world = opened([1, None, 0, 1], **allocator)
    world.steps(2, SAP=100)
    world.step(SAP=100, EUR_USD=110_000)
    world.step(SAP=100, EUR_USD=110_000)
    assert [side for _, side, _ in world.orders] == ["buy"]
    assert world.recorder.reasons()[0] == "no_conversion"
    assert world.recorder.reasons()[-1] == "ordered"


@ALLOCATORS
def test_a_conversion_in_the_same_slice_is_there(opened, allocator) -> None:
    world = opened([1], **allocator)
    world.step(SAP=100, EUR_USD=110_000)
    assert world.recorder.reasons() == ["ordered"]
