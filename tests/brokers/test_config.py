"""The keys of the paper broker, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from logos.brokers.paper_config import Fees, PaperConfig
from logos.brokers.plugin import logos_brokers
from logos.domain.errors import InputError


def test_nothing_needs_to_be_configured():
    assert PaperConfig() == PaperConfig(
        fees=Fees(maker_bps=Decimal(0), taker_bps=Decimal(0)),
        slippage_bps=Decimal(0),
        slippage_jitter_bps=Decimal(0),
        max_volume_share=Decimal(1),
        limit_fill="through",
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("slippage_bps", Decimal(-1), "at least 0 and below 10000"),
        ("slippage_bps", Decimal(10_000), "at least 0 and below 10000"),
        ("slippage_bps", Decimal("NaN"), "at least 0 and below 10000"),
        ("slippage_jitter_bps", Decimal("0.005"), "whole millionths"),
        ("slippage_jitter_bps", Decimal("Infinity"), "at least 0 and below 10000"),
        ("max_volume_share", Decimal(0), "above 0 and at most 1"),
        ("max_volume_share", Decimal("1.01"), "above 0 and at most 1"),
        ("limit_fill", "maybe", "'through' or 'touch'"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_range(key, value, message):
    with pytest.raises(InputError, match=message) as caught:
        PaperConfig(**{key: value})
    assert key in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("key", ["maker_bps", "taker_bps"])
@pytest.mark.parametrize("value", ["-1", "10000"])
def test_a_fee_out_of_range_is_refused(key, value):
    with pytest.raises(InputError, match=key):
        Fees(**{key: Decimal(value)})


def test_the_plugin_offers_the_paper_broker_and_those_outside():
    parts = {part.name: part for part in logos_brokers()}
    assert sorted(parts) == ["alpaca", "ccxt", "ib", "paper"]
    paper = parts["paper"]
    assert (paper.target, paper.config) == (
        "logos.brokers.paper:open_paper",
        "logos.brokers.paper_config:PaperConfig",
    )
    outside = {"outside", "dry_run", "network"}
    assert [name for name, part in sorted(parts.items()) if outside <= part.capabilities] == ["alpaca", "ccxt"]
    assert not outside & paper.capabilities
    assert parts["ib"].state == "stub"


def test_listing_and_configuring_load_nothing_heavy():
    heavy = "numpy", "pandas", "pyarrow", "matplotlib", "exchange_calendars", "rich", "yaml", "logos.brokers.paper"
    code = "import sys, logos.brokers.plugin, logos.brokers.paper_config;"
    code += f"print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
