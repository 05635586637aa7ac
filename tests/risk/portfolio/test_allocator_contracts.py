"""Every allocator of this package keeps the contract that third parties' allocators are held to."""

from decimal import Decimal

import pytest

from logos.portfolio.allocator import factories, mean_variance_config, method_configs
from logos.portfolio.constraints.config import ConstraintsConfig
from logos.portfolio.risk_models.config import RiskModelConfig
from logos.testing.allocators import AllocatorContract


class TestInverseVolatility(AllocatorContract):
    config = method_configs.InverseVolatilityConfig

    def make_allocator(self, context):
        return factories.open_inverse_volatility(self.config(lookback=40), context)


class TestRiskParity(AllocatorContract):
    config = method_configs.RiskParityConfig

    def make_allocator(self, context):
        keys = self.config(lookback=40, budgets={"BBB": Decimal("0.5")}, invest=Decimal("0.9"))
        return factories.open_risk_parity(keys, context)


class TestHrp(AllocatorContract):
    config = method_configs.HrpConfig

    def make_allocator(self, context):
        keys = self.config(
            lookback=40, constraints=ConstraintsConfig(max_weight=Decimal("0.4"), turnover=Decimal("0.3"))
        )
        return factories.open_hrp(keys, context)


class TestHerc(AllocatorContract):
    config = method_configs.HercConfig

    def make_allocator(self, context):
        return factories.open_herc(self.config(lookback=40, risk_model=RiskModelConfig(model="ewma")), context)


class TestMeanVariance(AllocatorContract):
    config = mean_variance_config.MeanVarianceConfig

    def make_allocator(self, context):
        keys = self.config(lookback=40, solver="heuristic", constraints=ConstraintsConfig(min_weight=Decimal("0.05")))
        return factories.open_mean_variance(keys, context)


class TestMeanVarianceByClarabel(AllocatorContract):
    config = mean_variance_config.MeanVarianceConfig

    def make_allocator(self, context):
        pytest.importorskip("clarabel")
        return factories.open_mean_variance(self.config(lookback=40, objective="max_sharpe"), context)


class TestSkfolio(AllocatorContract):
    config = method_configs.SkfolioConfig

    def make_allocator(self, context):
        pytest.importorskip("skfolio")
        keys = self.config(lookback=40, estimator="RiskBudgeting", params={"risk_measure": "cvar"})
        return factories.open_skfolio(keys, context)
