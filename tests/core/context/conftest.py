"""What the tests of a session's surroundings share."""

from __future__ import annotations

import pytest

from logos.context import redaction
from logos.context.known_secrets import KnownSecrets


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> KnownSecrets:
    """Let the process know nothing but what the test tells it, and nothing of that afterwards."""
    fresh = KnownSecrets()
    monkeypatch.setattr(redaction, "KNOWN", fresh)
    return fresh
