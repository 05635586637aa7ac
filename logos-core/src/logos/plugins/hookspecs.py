"""The hooks of Logos.

*Offers* are nouns. Each is called once, when plugins are loaded, and returns an iterable of records that
describe parts. An offer reads no file, opens no connection and imports nothing heavy.

*Events* are in the past tense. Their results are ignored, an implementation may declare fewer arguments than
the hook has, and one that raises disturbs nobody else. The order path never runs on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

if TYPE_CHECKING:
    from logos.domain.events import BrokerEvent
    from logos.plugins.parts import (
        AllocatorPart,
        BacktestPart,
        BrokerPart,
        CommandPart,
        ExecutorPart,
        FeedPart,
        GuardPart,
        LlmProviderPart,
        ModelPart,
        PositionManagerPart,
        StrategyPart,
    )

PROJECT = "logos"

hookspec = pluggy.HookspecMarker(PROJECT)
"""Marks the specification of a hook, for a plugin that brings hooks of its own."""

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks the implementation of a hook."""


class Offers(Protocol):
    """What a plugin brings."""

    @hookspec
    def logos_feeds(self) -> Iterable[FeedPart]:
        """Describe the feeds that this plugin offers."""

    @hookspec
    def logos_brokers(self) -> Iterable[BrokerPart]:
        """Describe the brokers that this plugin offers."""

    @hookspec
    def logos_guards(self) -> Iterable[GuardPart]:
        """Describe the guards that this plugin offers."""

    @hookspec
    def logos_allocators(self) -> Iterable[AllocatorPart]:
        """Describe the allocators that this plugin offers."""

    @hookspec
    def logos_models(self) -> Iterable[ModelPart]:
        """Describe the models that this plugin offers."""

    @hookspec
    def logos_llm_providers(self) -> Iterable[LlmProviderPart]:
        """Describe the language model providers that this plugin offers."""

    @hookspec
    def logos_strategies(self) -> Iterable[StrategyPart]:
        """Describe the strategies that this plugin offers."""

    @hookspec
    def logos_position_managers(self) -> Iterable[PositionManagerPart]:
        """Describe the position managers that this plugin offers."""

    @hookspec
    def logos_executors(self) -> Iterable[ExecutorPart]:
        """Describe the executors, which run the jobs of sweeps, that this plugin offers."""

    @hookspec
    def logos_backtests(self) -> Iterable[BacktestPart]:
        """Describe the backtests, made by commands of this plugin, that it can make again to verify them."""

    @hookspec
    def logos_commands(self) -> Iterable[CommandPart]:
        """Describe the sub-commands that this plugin adds to ``logos``."""

    @hookspec
    def logos_hookspecs(self) -> Iterable[object]:
        """Return the modules or classes that specify hooks of this plugin's own, marked with ``hookspec``.

        Other plugins implement such a hook as they implement any other; one that can do without the plugin that
        brings it marks its implementation ``@hookimpl(optionalhook=True)``.
        """


class Events(Protocol):
    """What a plugin may hear of a running session.

    ``session`` is the read-only view that guards see too, ``logos.session.seats.SessionView``.
    """

    @hookspec
    def logos_session_started(self, session: Any) -> None:
        """Hear that a session is about to take its first slice, or goes on after a resume.

        Parameters
        ----------
        session:
            The view of the session.
        """

    @hookspec
    def logos_order_event(self, session: Any, event: BrokerEvent) -> None:
        """Hear of a broker's event, after it was booked.

        Parameters
        ----------
        session:
            The view of the session.
        event:
            One of the events of ``logos.domain.events``.
        """

    @hookspec
    def logos_session_halted(self, session: Any, causes: Sequence[Mapping[str, str]]) -> None:
        """Hear that guards, or the runner itself, have halted the session.

        Parameters
        ----------
        session:
            The view of the session.
        causes:
            Every cause in the order of the record: ``guard``, ``reason`` and ``at`` (ISO-8601, UTC).
        """

    @hookspec
    def logos_session_finished(self, session: Any, outcome: Mapping[str, Any]) -> None:
        """Hear that a session has ended and its artifacts are complete.

        Parameters
        ----------
        session:
            The view of the session.
        outcome:
            The object that ``logos trade --json`` prints.
        """
