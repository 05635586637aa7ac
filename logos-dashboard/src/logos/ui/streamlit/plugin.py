"""What this distribution offers: its commands, the hook for pages, and pages of its own."""

from __future__ import annotations

from collections.abc import Iterator

from logos.plugins import CommandPart, hookimpl
from logos.ui.streamlit.hooks import DashboardHooks
from logos.ui.streamlit.page import DashboardPage

_PAGES = "logos.ui.streamlit.app_pages"


@hookimpl
def logos_hookspecs() -> Iterator[object]:
    """Bring the hook for pages."""
    yield DashboardHooks


@hookimpl
def logos_commands() -> Iterator[CommandPart]:
    """Offer the command that opens the dashboard, and the one that runs lessons."""
    yield CommandPart(
        name="dashboard",
        summary="Open the read-only dashboard in a browser on this machine",
        target="logos.ui.streamlit.command:dashboard",
    )
    yield CommandPart(
        name="lessons",
        summary="List and run lessons: what they teach really happens",
        target="logos.ui.lessons.command:app",
    )


@hookimpl
def logos_dashboard_pages() -> Iterator[DashboardPage]:
    """Offer the pages of the dashboard itself."""
    yield _page("overview", "Overview", "dashboard", "Trading", 10)
    yield _page("backtests", "Backtests", "candlestick_chart", "Trading", 20)
    yield _page("live-monitor", "Live Monitor", "monitoring", "Trading", 30)
    yield _page("portfolio", "Portfolio", "donut_small", "Trading", 40)
    yield _page("strategy-lab", "Strategy Lab", "science", "Reference", 50)
    yield _page("tutor", "Tutor Viewer", "school", "Reference", 60)
    yield _page("settings", "Settings", "settings", "Reference", 70)


def _page(name: str, title: str, symbol: str, section: str, order: int) -> DashboardPage:
    return DashboardPage(
        name=name,
        title=title,
        icon=f":material/{symbol}:",
        section=section,
        order=order,
        target=f"{_PAGES}.{name.replace('-', '_')}:show",
    )
