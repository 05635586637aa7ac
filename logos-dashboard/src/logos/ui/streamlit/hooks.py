"""The hook that this distribution brings: pages of the dashboard, from whichever plugin has one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from logos.plugins import hookspec
from logos.ui.streamlit.page import DashboardPage


class DashboardHooks(Protocol):
    """What a plugin may offer the dashboard. One that can do without it marks its own as ``optionalhook``."""

    @hookspec
    def logos_dashboard_pages(self) -> Iterable[DashboardPage]:
        """Describe the pages that this plugin offers."""
