"""The demo sessions: what ``logos trade`` does without a config, and two variations of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from logos.config.session import default_session_config, load_session_config
from logos.live.launch import start
from logos.live.setup import Outcome, Setup
from logos.plugins.loading import installed_entry_points
from logos.plugins.registry import Registry, load_registry

TABLES = ("orders.csv", "trades.csv", "positions.csv", "account.csv", "decisions.csv", "config.yaml")


OWN = {"logos-core", "logos-brokers", "logos-risk"}


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Return our own plugins: what a test or a machine has installed besides would act in the default session."""
    return load_registry(point for point in installed_entry_points() if point.dist and point.dist.name in OWN)


@pytest.fixture
def run(registry: Registry, workspace: Path) -> Callable[..., tuple[Outcome, dict[str, str]]]:
    """Return a function that runs a session and returns its outcome and the SHA-256 of every table that it wrote."""

    def run(text: str | None = None) -> tuple[Outcome, dict[str, str]]:
        config = default_session_config(registry) if text is None else load_session_config(text, registry)
        outcome = start(Setup(workspace=workspace, registry=registry), config)
        folder = workspace / outcome.path
        return outcome, {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in TABLES}

    return run
