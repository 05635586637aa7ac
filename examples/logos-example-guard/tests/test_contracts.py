"""The guard and the package keep the contracts of Logos."""

from logos.testing.contexts import part_context
from logos.testing.guards import GuardContract
from logos.testing.packages import PluginContract

from quiet_hours.config import QuietHoursConfig
from quiet_hours.guard import open_quiet_hours


class TestGuard(GuardContract):
    config = QuietHoursConfig

    def make_guard(self):
        # The sample run lasts from 23:01 to 01:00, so the guard has to change its mind in it.
        return open_quiet_hours(QuietHoursConfig(start="23:30", end="00:30"), part_context(self.instrument()))


class TestPackage(PluginContract):
    distribution = "logos-example-guard"
