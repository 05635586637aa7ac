"""One allocator of a portfolio backtest, and what makes its config fit beside the portfolio's own."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from logos.config.records import SessionConfig

_LONGEST_NAME = 40


@attrs.frozen(kw_only=True)
class Candidate:
    """One allocator of a portfolio backtest.

    Attributes
    ----------
    name:
        What tables and plots call it, unique in its request.
    config:
        The session's config that it runs with.
    places:
        Where a path of that config was written.
    unknown:
        Keys of ``portfolio:`` that bind the portfolio's own allocator and that this benchmark does not know.
    """

    name: str
    config: SessionConfig
    places: Mapping[str, str]
    unknown: tuple[str, ...]


def with_instruments(one: Candidate, config: SessionConfig) -> Candidate:
    """Return a candidate with the instruments of another config: on one feed, the very same objects are needed."""
    shared = attrs.evolve(one.config, instruments=config.instruments, known_instruments=config.known_instruments)
    return attrs.evolve(one, config=shared)


def renamed(config: SessionConfig, label: str) -> SessionConfig:
    """Return a benchmark's config under a name of its own."""
    name = f"{config.session.name[: _LONGEST_NAME - 1 - len(label)]}-{label}" if len(label) < _LONGEST_NAME else label
    session = attrs.evolve(config.session, name=name)
    values = {**config.resolved["session"], "name": name}
    return attrs.evolve(config, session=session, resolved={**config.resolved, "session": values})
