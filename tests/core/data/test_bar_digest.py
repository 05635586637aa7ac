"""The digest of one bar tells apart every difference of content, and no difference of origin."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest

from logos.data.bar_digest import bar_digest
from logos.domain.bars import Bar, ForwardFilledBar
from logos.domain.instruments import AssetClass, Instrument

COIN = Instrument(
    symbol="BTC-USD", asset_class=AssetClass.CRYPTO, tick=Decimal("0.05"), lot=Decimal("0.001"), currency="USD"
)
BAR = Bar(COIN, 1_748_736_000, 2_000_001, 2_000_010, 1_999_990, 2_000_002, 1_500)


def test_the_digest_is_that_of_the_documented_text() -> None:
    text = "BTC-USD|60|2025-06-01T00:00:00Z|100000.05|100000.50|99999.50|100000.10|1.500"
    assert bar_digest(BAR, 60) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("field", ["timestamp", "open", "high", "low", "close", "volume"])
def test_any_other_value_has_another_digest(field) -> None:
    assert bar_digest(BAR._replace(**{field: getattr(BAR, field) + 1}), 60) != bar_digest(BAR, 60)


def test_another_interval_or_symbol_has_another_digest() -> None:
    other = Instrument(
        symbol="ETH-USD", asset_class=AssetClass.CRYPTO, tick=Decimal("0.05"), lot=Decimal("0.001"), currency="USD"
    )
    assert len({bar_digest(BAR, 60), bar_digest(BAR, 300), bar_digest(BAR._replace(instrument=other), 60)}) == 3


def test_a_filled_bar_has_the_digest_of_its_content() -> None:
    assert bar_digest(ForwardFilledBar(*BAR), 60) == bar_digest(BAR, 60)
