"""What a session needs to be run again as a backtest over the very bars that it had."""

from __future__ import annotations

import attrs

from logos.artifacts.readers import read_state
from logos.artifacts.schemas import CONFIG_FILE
from logos.config.records import BacktestWindow, SessionConfig
from logos.config.session import load_session_config
from logos.domain.errors import ConfigError, InputError, IntegrityError
from logos.plugins.registry import Registry
from logos.proofs.divergence.recorded_feed import RecordedFeed
from logos.proofs.divergence.sides import SESSION, Side
from logos.proofs.replaying import WithoutLibraries


def for_a_backtest(side: Side, registry: Registry) -> tuple[SessionConfig, RecordedFeed | None]:
    """Return a session's config for a backtest, and the feed that plays its record where it has one.

    Raises
    ------
    InputError
        Where the run is no session, or a session on a polled feed has not taken a bar yet.
    IntegrityError
        Where its config or its record is damaged.
    """
    if side.kind != SESSION:
        raise InputError(f"{side.name} is a backtest already", hint="Name a session, or another run to compare with")
    state = read_state(side.folder)
    known = WithoutLibraries(registry) if side.polled else registry
    path = side.folder / CONFIG_FILE
    try:
        config = load_session_config(path, known, workspace=side.workspace, default_seed=state["seed"])
    except ConfigError as error:
        hint = "It was damaged after it was written, or a plugin that it names is gone: restore it, or install that"
        raise IntegrityError(
            f"{path.name} of session {side.name} cannot be used", hint=hint, problems=error.problems
        ) from error
    if not side.polled:
        return attrs.evolve(config, backtest=None), None
    feed = RecordedFeed(side.folder, state, config)
    if feed.first is None:
        raise InputError(f"session {side.name} has not taken a bar yet", hint="Wait for its first bar")
    return attrs.evolve(config, backtest=BacktestWindow(start=feed.first, end=None)), feed
