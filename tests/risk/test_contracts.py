"""Our own guards keep the contract that third parties' guards are held to, and so does the package."""

from decimal import Decimal

from logos.risk import config
from logos.risk.drawdown import open_drawdown
from logos.risk.exposure import open_exposure
from logos.risk.kill_switch import open_kill_switch
from logos.risk.max_notional import open_max_notional
from logos.risk.order_rate import open_order_rate
from logos.risk.reject_rate import open_reject_rate
from logos.risk.stale_data import open_stale_data
from logos.testing.contexts import part_context
from logos.testing.guards import GuardContract
from logos.testing.packages import PluginContract


class TestPackage(PluginContract):
    distribution = "logos-risk"


class TestMaxNotional(GuardContract):
    config = config.MaxNotionalConfig

    def make_guard(self):
        return open_max_notional(self.config(limit=Decimal(50_000)), part_context(self.instrument()))


class TestExposure(GuardContract):
    config = config.ExposureConfig

    def make_guard(self):
        keys = self.config(gross=Decimal("1.1"), net=Decimal("0.9"), per_symbol=Decimal("0.8"))
        return open_exposure(keys, part_context(self.instrument()))


class TestDrawdown(GuardContract):
    config = config.DrawdownConfig

    def make_guard(self):
        return open_drawdown(self.config(max=Decimal("0.1"), daily=Decimal("0.05")), part_context(self.instrument()))


class TestRejectRate(GuardContract):
    config = config.RejectRateConfig

    def make_guard(self):
        return open_reject_rate(self.config(max=2, per="12m"), part_context(self.instrument()))


class TestOrderRate(GuardContract):
    config = config.OrderRateConfig

    def make_guard(self):
        return open_order_rate(self.config(max=4, per="6m"), part_context(self.instrument()))


class TestStaleData(GuardContract):
    config = config.StaleDataConfig

    def make_guard(self):
        return open_stale_data(self.config(after="5m"), part_context(self.instrument()))


class TestStaleDataOfAnySymbol(GuardContract):
    config = config.StaleDataConfig

    def make_guard(self):
        return open_stale_data(self.config(after="5m", halt="any"), part_context(self.instrument()))


class TestKillSwitch(GuardContract):
    config = config.KillSwitchConfig

    def make_guard(self):
        return open_kill_switch(self.config(), part_context(self.instrument()))


def test_sample_run_makes_every_guard_speak():
    """A contract that a guard passes by saying nothing would prove little."""
    silent = []
    for contract in (TestMaxNotional, TestExposure, TestDrawdown, TestRejectRate, TestOrderRate, TestStaleData):
        guard, session = contract().make_guard(), contract()._session()
        reasons = []
        for step in contract().steps():
            step.show(session, "DEMO")
            reasons.append(guard.inspect(session))
            reasons += contract._tell(guard, step, session)
        if not any(reasons) or all(reasons):
            silent.append(contract.__name__)
    assert silent == []
