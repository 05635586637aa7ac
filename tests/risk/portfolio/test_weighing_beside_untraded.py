"""Weights of whole rebalances beside positions that cannot be traded: random books, constraints and methods."""

from decimal import Decimal
from types import SimpleNamespace

import attrs
import numpy as np
import pytest

from logos.domain.instruments import AssetClass
from logos.domain.money import RATIO_ONE
from logos.domain.times import SECONDS_A_DAY, parse_time
from logos.portfolio.allocator.method_configs import HrpConfig
from logos.portfolio.allocator.weighing import Weigher
from logos.portfolio.constraints.config import Bounds, ConstraintsConfig
from logos.portfolio.methods.hrp import HierarchicalRiskParity
from logos.portfolio.methods.inverse_volatility import InverseVolatility
from logos.portfolio.methods.mean_variance import MeanVariance
from logos.portfolio.methods.risk_parity import RiskParity
from logos.portfolio.prices.panel import PricePanel
from logos.portfolio.prices.trading import untraded
from logos.testing.bars import bars_of, instrument

FIRST = parse_time("2024-01-02T00:00:00Z")
DAYS, STOP = 40, 30
METHODS = {
    "hrp": HierarchicalRiskParity,
    "inverse_volatility": InverseVolatility,
    "risk_parity": RiskParity,
    "min_variance": lambda: MeanVariance(objective="min_variance", solver="heuristic"),
}


def random_book(generator, count, stopped):
    """Return instruments, a panel in which the last symbols have stopped, and shares of equity that are held."""
    instruments, names = {}, [f"S{place:02d}" for place in range(count)]
    panel = PricePanel(names, period=SECONDS_A_DAY, interval=SECONDS_A_DAY, capacity=DAYS)
    for place, name in enumerate(names):
        one = attrs.evolve(instrument(name, asset_class=AssetClass.CRYPTO), sector=f"sector{generator.integers(0, 3)}")
        instruments[name] = one
        days = STOP if place >= count - stopped else DAYS
        closes = (10_000 * np.exp(np.cumsum(generator.normal(0, 0.01 + 0.005 * place, days)))).astype(int)
        panel.watch(bars_of(one, closes.tolist(), start=FIRST, interval=SECONDS_A_DAY))
    held = generator.uniform(0.0, 1.2 / count, count)
    return SimpleNamespace(instruments=instruments, panel=panel, held=dict(zip(names, held.tolist(), strict=True)))


@pytest.mark.parametrize("method", METHODS)
def test_what_is_held_and_the_new_weights_keep_all_limits_together_to_a_hundred_millionth(method):
    generator = np.random.default_rng(8)  # noqa: TID251 - seeded examples
    silent = 0
    for _ in range(25):
        count, stopped = int(generator.integers(4, 9)), int(generator.integers(1, 3))
        book = random_book(generator, count, stopped)
        caps = {f"sector{place}": Decimal(f"{generator.uniform(0.4, 0.9):.3f}") for place in range(3)}
        sectors = {name: cap for name, cap in caps.items() if any(x.sector == name for x in book.instruments.values())}
        config = HrpConfig(
            lookback=25,
            min_history=10,
            constraints=ConstraintsConfig(
                max_weight=Decimal("0.6"),
                gross=Decimal("0.95"),
                net=Bounds(min=Decimal("0.6"), max=Decimal("0.9")) if generator.random() < 0.5 else None,
                sectors=sectors,
                turnover=Decimal("0.5") if generator.random() < 0.5 else None,
            ),
        )
        stays = untraded(book.panel, book.instruments)
        assert len(stays) == stopped
        weigher = Weigher(name=method, config=config, method=METHODS[method](), instruments=book.instruments)
        full = dict.fromkeys(book.instruments, 1.0)
        found = weigher.weigh(book.panel, book.held, 1e5, used=full, untraded=stays)
        assert all(found.weights[name] == 0 for name in stays)
        told = " ".join(found.fallbacks)
        if "cannot be kept" in told or "Cannot be kept" in told or "cannot be reached" in told:
            continue
        silent += 1
        after = {
            name: book.held[name] if name in stays else weight / RATIO_ONE for name, weight in found.weights.items()
        }
        net = config.constraints.net
        least, most = (0.95, 0.95) if net is None else (float(net.min), float(net.max))
        # Where sums are capped, rounding leaves the sum of N weights short by up to N hundred-millionths.
        assert least - count * 1e-8 <= sum(after.values()) <= most + 1.1e-8
        assert sum(map(abs, after.values())) <= 0.95 + 1.1e-8
        for name, cap in sectors.items():
            inside = [weight for symbol, weight in after.items() if book.instruments[symbol].sector == name]
            assert sum(inside) <= float(cap) + 1.1e-8
        if config.constraints.turnover is not None:
            assert sum(abs(after[name] - book.held[name]) for name in after) <= 0.5 + 1.1e-8
    assert silent >= 12
