"""Builds every part that a config names, and seats them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from logos.config.records import PartSection, SessionConfig
from logos.config.registry import BUILT_IN
from logos.context.clock import Clock
from logos.context.credentials import credentials_of, workspace_secrets
from logos.context.environment import offline
from logos.context.parts import Log, PartContext
from logos.context.seed import Seed
from logos.data.calendars import calendar_for, check_calendar
from logos.domain.errors import ConfigError, LogosError, Problem
from logos.domain.instruments import Instrument
from logos.ledger.books import Books
from logos.ledger.valuation import Conversion, find_conversion
from logos.session.guarding import GuardEntry, GuardRail
from logos.session.machine import SessionParts
from logos.session.pairs import PairState
from logos.session.seats import Feed, Pair, PlainBroker


@attrs.frozen(kw_only=True)
class Assembly:
    """Everything a session runs on.

    Attributes
    ----------
    kill_files:
        The files that guards want the runner to watch, relative to the workspace.
    """

    feed: Feed
    parts: SessionParts
    kill_files: tuple[str, ...]


class _Builder:
    """Calls factories and collects what goes wrong, so that all of it is told at once."""

    def __init__(self, context: PartContext) -> None:
        self._context = context
        self.problems: list[Problem] = []

    def build(self, path: str, plugin: str, factory: Callable[[], Callable[..., Any]], config: object) -> Any:
        try:
            return factory()(config, self._context)
        except LogosError as error:
            self.problems.extend(error.problems or [Problem(path=path, message=error.message, hint=error.hint)])
        except Exception as error:  # noqa: BLE001 -- a third party's factory may raise anything; it is reported, not lost
            message = f"{plugin} could not be built: {type(error).__name__}: {error}"
            self.problems.append(Problem(path=path, message=message, hint="Report it to the plugin's authors"))
        return None

    def weighs_costs(self, broker: object) -> None:
        """Let the parts that are built from here on know what the broker's fills cost."""
        if isinstance(broker, PlainBroker):
            self._context = attrs.evolve(self._context, fill_terms=broker.terms())

    def section(self, section: PartSection) -> Any:
        return self.build(section.path, section.plugin, section.offer.factory, section.config)


def assemble(
    config: SessionConfig,
    *,
    workspace: Path,
    clock: Clock,
    log: Log,
    feed: Feed | None = None,
    venue_record: Mapping[str, Any] | None = None,
) -> Assembly:
    """Build every part that a config names.

    Parameters
    ----------
    feed:
        A feed that is there already; by default, the one that the config names is built.
    venue_record:
        What a survey has found out for a broker outside this process; ``None`` where none was made.

    Raises
    ------
    ConfigError
        With a problem for every part that could not be built.
    """
    context = part_context(config, workspace=workspace, clock=clock, log=log)
    builder = _Builder(context if venue_record is None else attrs.evolve(context, venue_record=venue_record))
    feed = feed or builder.section(config.feed)
    broker = builder.section(config.broker)
    builder.weighs_costs(broker)
    allocator = builder.section(config.allocator)
    position_manager = builder.section(config.position_manager)
    guards = [GuardEntry(name=section.name, guard=builder.section(section)) for section in config.guards]
    pairs = _pairs(config, builder)
    builder.problems.extend(_calendar_problems(config))
    if builder.problems:
        raise ConfigError("the session cannot be assembled", problems=builder.problems)
    parts = SessionParts(
        settings=config.account,
        interval=config.interval,
        instruments=config.instruments,
        books=_books(config),
        broker=broker,
        pairs=pairs,
        allocator=allocator,
        position_manager=position_manager,
        guards=GuardRail(guards),
        calendar=calendar_for,
    )
    files = tuple(str(entry.guard.kill_file) for entry in guards if hasattr(entry.guard, "kill_file"))
    return Assembly(feed=feed, parts=parts, kill_files=files)


def part_context(config: SessionConfig, *, workspace: Path, clock: Clock, log: Log) -> PartContext:
    """Return the surroundings that every part of a config is given."""
    return PartContext(
        clock=clock,
        log=log,
        workspace=workspace,
        seed=Seed(config.session.seed),
        interval=config.interval,
        instruments=config.known_instruments,
        symbols=config.symbols,
        pairs=config.pairs,
        traded=config.traded,
        account=config.account,
        calendar=calendar_for,
        secrets=workspace_secrets(workspace, credentials_of(_part_configs(config))),
        offline=offline(),
    )


def _part_configs(config: SessionConfig) -> Iterator[object]:
    for section in (config.feed, config.broker, config.allocator, config.position_manager, *config.guards):
        yield section.config
    for entry in config.strategies:
        yield entry.params


def build_pairs(config: SessionConfig, context: PartContext) -> list[PairState]:
    """Build the strategies of a config alone.

    Raises
    ------
    ConfigError
        With a problem for every strategy that could not be built.
    """
    builder = _Builder(context)
    pairs = _pairs(config, builder)
    if builder.problems:
        raise ConfigError("the strategies cannot be built", problems=builder.problems)
    return pairs


def _pairs(config: SessionConfig, builder: _Builder) -> list[PairState]:
    states = []
    for entry in config.strategies:
        for symbol in entry.symbols:
            strategy = builder.build(entry.path, entry.plugin, entry.offer.factory, entry.params)
            if strategy is not None:
                pair = Pair(strategy=entry.name, symbol=symbol)
                states.append(PairState(pair=pair, instrument=config.instruments[symbol], strategy=strategy))
    return states


def _calendar_problems(config: SessionConfig) -> Iterator[Problem]:
    """Yield a problem for every calendar that does not exist; those of the built-in instruments do."""
    known = {instrument.calendar for instrument in BUILT_IN}
    for symbol, instrument in sorted(config.instruments.items()):
        if instrument.calendar is not None and instrument.calendar not in known:
            try:
                check_calendar(instrument.calendar)
            except LogosError as error:
                yield Problem(path=f"instruments.{symbol}.calendar", message=error.message, hint=error.hint)


def _books(config: SessionConfig) -> Books:
    account = config.account
    return Books(
        cash=account.cash,
        currency=account.currency,
        decimals=account.decimals,
        instruments=config.instruments.values(),
        conversions=conversions_of(config.instruments, account.conversions, account.currency),
    )


def conversions_of(
    instruments: Mapping[str, Instrument], symbols: Mapping[str, str], currency: str
) -> dict[str, Conversion]:
    """Return, for each instrument quoted in another currency than the account's, how it is converted."""
    return {
        symbol: find_conversion(instruments[symbols[instrument.currency]], instrument.currency, currency)
        for symbol, instrument in sorted(instruments.items())
        if instrument.currency != currency
    }
