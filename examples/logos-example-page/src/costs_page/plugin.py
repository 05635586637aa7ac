"""What this distribution offers. Entry point of the group ``logos.v1``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from logos.plugins import hookimpl


@hookimpl(optionalhook=True)
def logos_dashboard_pages() -> Iterator[Any]:
    """Yield the one page. Only the dashboard asks for it, so its record is there to be imported."""
    from logos.ui.streamlit.page import DashboardPage

    yield DashboardPage(
        name="costs",
        title="Costs",
        icon=":material/payments:",
        section="Plugins",
        target="costs_page.page:show",
    )
