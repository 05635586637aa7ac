"""The contract of brokers outside, kept by the dry-run broker that a session has: CCXT's desk and Alpaca's on loopback.

No order ever reaches the venue, so that the cases which count orders there hold that it was asked to place none.
"""

from __future__ import annotations

import json
from decimal import Decimal

import attrs
import pytest

from logos.brokers.alpaca_broker import open_alpaca
from logos.brokers.ccxt_broker import open_ccxt
from logos.context.secrets import Secrets
from logos.domain.instruments import AssetClass, Instrument
from logos.testing.outside import OutsideBrokerContract, Placed


class DryRun(OutsideBrokerContract):
    """A broker beside a venue on loopback, opened again at each restart with the record of one survey."""

    def instrument(self):
        return Instrument(
            symbol="BTC-USD",
            asset_class=AssetClass.CRYPTO,
            tick=Decimal("0.01"),
            lot=Decimal("0.00001"),
            currency="USD",
            calendar=None,
        )

    def open_broker(self, context):
        context = attrs.evolve(context, clock=self.bench.clock, secrets=Secrets(self.bench.secrets))
        if self.record is None:
            first = self.build(self.config, context)
            self.record = first.survey().record
            first.close()
        broker = self.build(self.config, attrs.evolve(context, venue_record=self.record))
        return Placed(broker=broker, placed=self.placed)

    def secrets(self):
        return tuple(self.bench.secrets.values())

    def silence(self):
        self.bench.venue.go_down()


class TestCcxt(DryRun):
    @pytest.fixture(autouse=True, params=["binance", "coinbase", "kraken"])
    def at_an_exchange(self, request, exchange_bench):
        self.bench = exchange_bench(request.param)
        self.config = self.bench.config(venue_symbols={"BTC-USD": "BTC/USDT"})
        self.build, self.record = open_ccxt, None

    def placed(self):
        return len(self.bench.venue.taken)

    def test_o02_survey_is_whole_and_without_secrets(self):
        """As the contract has it, but for floats: CCXT's own structure of a market holds some, and they come back."""
        broker = self._open().broker
        first, again = broker.survey(), broker.survey()
        assert first.venue == broker.venue
        assert first.terms == again.terms
        assert json.loads(json.dumps(first.record, allow_nan=False)) == first.record == again.record
        told = f"{first}{json.dumps(first.record)}"
        assert not [secret for secret in self.secrets() if secret in told]


class TestAlpaca(DryRun):
    @pytest.fixture(autouse=True)
    def at_alpaca(self, bench):
        self.bench = bench
        self.config = bench.config()
        self.build, self.record = open_alpaca, None

    def placed(self):
        return sum(request.method != "GET" for request in self.bench.venue.requests)
