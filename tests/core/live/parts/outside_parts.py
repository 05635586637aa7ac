"""Parts for the tests of brokers outside: strategies that throw coins, brokers that show or keep orders."""

from __future__ import annotations

from decimal import Decimal

import attrs

from logos.plugins import BrokerPart, StrategyPart, hookimpl

ORDERS = frozenset({"market", "gtc"})


@attrs.frozen(kw_only=True)
class Fees:
    maker_bps: Decimal = Decimal(0)
    taker_bps: Decimal = Decimal(0)


@attrs.frozen(kw_only=True)
class KeptConfig:
    file: str = "keeper.json"
    fees: Fees = attrs.field(factory=Fees)


@attrs.frozen(kw_only=True)
class CoinsConfig:
    of: int = 3


@hookimpl
def logos_brokers():
    yield BrokerPart(
        name="shown",
        summary="Shows every order to a venue in a file, and fills it by itself",
        target="outside_work:open_shown",
        config="outside_parts:KeptConfig",
        capabilities=ORDERS | {"outside", "dry_run"},
    )
    yield BrokerPart(
        name="kept",
        summary="Sends every order to a venue in a file",
        target="outside_work:open_kept",
        config="outside_parts:KeptConfig",
        capabilities=ORDERS | {"outside"},
    )
    yield BrokerPart(
        name="plain",
        summary="As shown, but within the process",
        target="outside_work:open_shown",
        config="outside_parts:KeptConfig",
        capabilities=ORDERS,
    )


@hookimpl
def logos_strategies():
    yield StrategyPart(
        name="coins", summary="In and out", target="outside_work:Coins", config="outside_parts:CoinsConfig"
    )
