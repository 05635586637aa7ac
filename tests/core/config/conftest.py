"""A registry with the core's own parts, and stand-ins for the parts of other distributions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from logos.config.session import load_session_config
from logos.domain.errors import ConfigError, InputError
from logos.plugins import BrokerPart, GuardPart
from logos.plugins.offers import READY, Offer
from logos.plugins.registry import load_registry

TEXT = """\
session: {name: rehearsal, seed: 7}
instruments:
  SPY: {asset_class: equity, tick: "0.01", lot: "1", min_notional: "1", currency: USD, calendar: XNYS}
feed: {plugin: replay, path: data/cache, symbols: [SPY, BTC-USD]}
broker:
  plugin: paper
  fees: {maker_bps: "2", taker_bps: "10"}
  max_volume_share: "0.1"
strategies:
  - {plugin: sma_cross, name: trend, params: {fast: 10, slow: 50}}
  - {plugin: momentum, symbols: [BTC-USD]}
guards:
  - {plugin: max_notional, limit: "60000"}
  - {plugin: stale_data, after: 5m}
"""


def _above_zero(_instance: object, attribute: Any, value: Decimal) -> None:
    if value <= 0:
        raise InputError(f"{attribute.name} is {value}, and must be above 0", hint="Raise it")


@attrs.frozen(kw_only=True)
class Fees:
    maker_bps: Decimal = Decimal(0)
    taker_bps: Decimal = Decimal("0.0")


@attrs.frozen(kw_only=True)
class PaperConfig:
    fees: Fees = attrs.field(factory=Fees)
    slippage_bps: Decimal = Decimal(0)
    max_volume_share: Decimal = attrs.field(default=Decimal(1), validator=_above_zero)


@attrs.frozen(kw_only=True)
class LimitConfig:
    limit: Decimal = attrs.field(validator=_above_zero)


@attrs.frozen(kw_only=True)
class StaleConfig:
    after: str = "5m"
    halt: str = "all"


@attrs.frozen(kw_only=True)
class StandIn(Offer):
    cls: type | None = None

    def config_class(self) -> type | None:
        return self.cls


class StandInRegistry:
    """The core's real parts, and stand-ins by kind and name."""

    def __init__(self) -> None:
        self._real = load_registry()
        self._own: dict[tuple[str, str], Offer] = {}
        self.add("broker", "paper", PaperConfig, distribution="logos-brokers")
        self.add("guard", "max_notional", LimitConfig)
        self.add("guard", "stale_data", StaleConfig)
        self.add("guard", "calm", None, distribution="acme-limits")

    def add(
        self, kind: str, name: str, cls: type | None, distribution: str = "logos-risk", status: str = READY
    ) -> None:
        part = {"broker": BrokerPart, "guard": GuardPart}[kind](name=name, summary=name, target="acme:build")
        self._own[kind, name] = StandIn(
            kind=kind, name=name, part=part, distribution=distribution, version="1.0", status=status, cls=cls
        )

    def remove(self, kind: str, name: str) -> None:
        del self._own[kind, name]

    def find(self, kind: str, name: str) -> Offer:
        short = name.rpartition("/")[2]
        if (kind, short) in self._own:
            return self._own[kind, short]
        # No part of an installed sibling may answer: these tests hold with the core alone.
        return self._real.find(kind, name if kind not in {"broker", "guard"} else f"nobody/{name}")

    def offers(self, kind: str | None = None) -> tuple[Offer, ...]:
        if kind in {"broker", "guard"}:
            return tuple(self._own[key] for key in sorted(self._own) if key[0] == kind)
        return self._real.offers(kind)


@pytest.fixture(scope="session")
def registry() -> StandInRegistry:
    return StandInRegistry()


@pytest.fixture
def own_registry() -> StandInRegistry:
    """Return a registry that the test may change."""
    return StandInRegistry()


@pytest.fixture(scope="session")
def text() -> str:
    """Return a sound config."""
    return TEXT


@pytest.fixture(scope="session")
def load(registry):
    def load(text, **options):
        return load_session_config(text, registry, **options)

    return load


@pytest.fixture(scope="session")
def problems_of(registry):
    """Return the problems of a config by path, as text."""

    def problems_of(text):
        with pytest.raises(ConfigError) as caught:
            load_session_config(text, registry)
        return {problem.path: str(problem) for problem in caught.value.problems}

    return problems_of
