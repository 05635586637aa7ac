"""No secret of the environment, of .env, of configs or of logs reaches the browser, in whatever form it is sent."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from browsing import PAGES, Window


def forms(secret: str) -> set[str]:
    """Return a secret as it may stand in a page, in an address or in a message."""
    plain = {secret, html.escape(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], secret[:16]}
    return plain | {base64.b64encode(secret.encode()).decode(), secret.encode().hex()}


def leaks(window: Window, canaries: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return which secrets the page shows, or was sent."""
    shown, sent = window.text(), b"".join(window.sent)
    return [
        (kind, form)
        for kind, secret in canaries.items()
        for form in sorted(forms(secret))
        if form in shown or form.encode() in sent
    ]


def test_no_page_shows_or_is_sent_a_secret(
    open_window: Callable[..., Window], dashboard: Any, dashboard_workspace: Path, canaries: Mapping[str, str]
) -> None:
    window = open_window(dashboard, keep=True)
    for name in PAGES:
        window.open(name)
        assert leaks(window, canaries) == [], name
    assert b"marker-leak" in b"".join(window.sent), "no page has looked at what secrets were planted in"

    named = next((dashboard_workspace / "runs" / "live" / "sessions").glob("20250103-*")).name
    for name, query in (
        ("backtests", {"run": f"{named}a"}),
        ("backtests", {"runs": f"{named}a,{named}b"}),
        ("live-monitor", {"session": named}),
        ("portfolio", {"portfolio": f"backtest/{named}b"}),
        ("tutor", {"lesson": named, "lesson_run": named}),
    ):
        window.open(name, **query)
        assert leaks(window, canaries) == [], (name, query)

    window.open("live-monitor")
    window.page.locator(".st-key-live-log").get_by_role("radio", name="All sessions").click()
    window.settle()
    assert leaks(window, canaries) == []

    window.open("settings")
    for config in ("leaky", "halting"):
        window.page.locator(".st-key-settings-config input").click()
        window.page.get_by_role("option", name=f"{config}.yaml").click()
        window.settle()
        assert leaks(window, canaries) == [], config
    text = window.page.inner_text("body")
    assert "CANARY_API_SECRET" in text
    assert "EXCHANGE_API_KEY" in text
