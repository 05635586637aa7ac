"""What a plugin says about a page of the dashboard: a frozen record of strings, so that listing one imports nothing."""

from __future__ import annotations

import attrs

PLAIN_ICON = ":material/web_asset:"


@attrs.frozen(kw_only=True)
class DashboardPage:
    """One page.

    Attributes
    ----------
    name:
        Unique; the last part of the page's address, such as ``live-monitor``.
    title:
        What the navigation shows.
    icon:
        A Material symbol, such as ``:material/monitoring:``.
    section:
        The heading of the navigation that it stands under.
    order:
        Its place: pages stand by this number, then by name, headings by their first page. The root of the address stays
        the Overview's.
    target:
        The function that draws it, as ``module:function``; it is called without arguments, whenever the page is shown.
    """

    name: str
    title: str
    target: str
    icon: str = PLAIN_ICON
    section: str = "Plugins"
    order: int = 1000
