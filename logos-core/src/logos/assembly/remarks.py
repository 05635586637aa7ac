"""What is odd about a session that could start: shown as warnings, never in its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import attrs

from logos import paths
from logos.assembly.build import Assembly
from logos.assembly.guard_remarks import guard_remarks
from logos.assembly.outside import is_outside
from logos.assembly.surroundings import used_parts
from logos.assembly.target_remarks import target_remarks
from logos.config.problems import key_path, problem_of
from logos.config.records import SessionConfig
from logos.context.parts import PartContext
from logos.domain.errors import LogosError, Problem
from logos.session.outlook import Outlook, Remarking
from logos.session.seats import PlainBroker, SymbolReport


def remarks(
    config: SessionConfig, assembly: Assembly, context: PartContext, reports: Sequence[SymbolReport]
) -> Iterator[Problem]:
    """Yield what is odd about a session, in the order of its sections.

    Parameters
    ----------
    reports:
        What the feed found out about its bars; nothing for a polled one.
    """
    bars = {report.symbol: report.bars for report in reports}
    yield from _feed(config, assembly, bars)
    yield from _broker(config, assembly)
    yield from _strategies(config)
    yield from _kill_files(context.workspace, assembly)
    if not config.guards:
        message = "no guard is named: no limit guards this session, only the kill file stops it"
        yield Problem(path="guards", message=message, hint="Add guards: logos plugins list --kind guard")
    yield from target_remarks(config, assembly)
    yield from guard_remarks(config, assembly)
    yield from own_remarks(config, assembly, context, reports)


def _feed(config: SessionConfig, assembly: Assembly, bars: dict[str, int]) -> Iterator[Problem]:
    traded = {symbol for entry in config.strategies for symbol in entry.symbols}
    needed = traded | set(config.account.conversions.values())
    idle = [symbol for symbol in config.symbols if symbol not in needed]
    if idle:
        yield Problem(
            path="feed.symbols",
            message=f"{', '.join(idle)} is never traded, and converts no currency",
            hint="Leave it out of the feed, or name it in a strategy's symbols",
        )
    for state in assembly.parts.pairs:
        have, need = bars.get(state.pair.symbol), state.strategy.lookback
        if have is not None and have < need:
            path = next(entry.path for entry in config.strategies if entry.name == state.pair.strategy)
            yield Problem(
                path=path,
                message=f"{state.pair.strategy} looks back {need:,} bars, and {state.pair.symbol} has {have:,}",
                hint="It may never give a signal: shorten its look-back, or give it more bars",
            )


def _broker(config: SessionConfig, assembly: Assembly) -> Iterator[Problem]:
    broker = assembly.parts.broker
    if is_outside(config) or not isinstance(broker, PlainBroker):
        return  # the fees of a venue come from the venue
    try:
        terms = broker.terms()
    except LogosError as error:
        yield problem_of(error, config.broker.path, None)
        return
    if terms is not None and Fraction(*terms.taker) == 0:
        yield Problem(
            path=config.broker.path,
            message="orders cost no fee, which no venue offers for long",
            hint='Set broker: \'fees: {maker_bps: "2", taker_bps: "10"}\', or what your venue takes',
        )


def _strategies(config: SessionConfig) -> Iterator[Problem]:
    if config.account.margin:
        return
    for entry in config.strategies:
        if getattr(entry.params, "short", None) is True:
            yield Problem(
                path=f"{entry.path}.params.short",
                message="short is true, and a cash account cannot hold short positions: those signals end flat",
                hint="Set broker: 'margin: true', or leave short out",
            )


def _kill_files(workspace: Path, assembly: Assembly) -> Iterator[Problem]:
    for name in dict.fromkeys((paths.KILL_FILE, *assembly.kill_files)):
        if (workspace / name).is_file():
            yield Problem(
                path="",
                message=f"the kill file {name} is there: a session would halt as soon as it starts",
                hint=f"Once its reason is dealt with, remove {workspace / name}",
            )


def own_remarks(
    config: SessionConfig, assembly: Assembly, context: PartContext, reports: Sequence[SymbolReport]
) -> Iterator[Problem]:
    """Yield what the parts say about their own keys.

    Parameters
    ----------
    reports:
        What the feed found out about its bars; nothing for a polled one.
    """
    broker = assembly.parts.broker
    outlook = Outlook(
        context=attrs.evolve(context, fill_terms=broker.terms()) if isinstance(broker, PlainBroker) else context,
        feed=config.feed.name,
        broker=config.broker.name,
        polled=assembly.feed.polled,
        outside=is_outside(config),
        bars={report.symbol: report.bars for report in reports},
        spans={
            report.symbol: (report.first, report.last)
            for report in reports
            if report.first is not None and report.last is not None
        },
    )
    for part in used_parts(config):
        if not isinstance(part.config, Remarking):
            continue
        try:
            found = list(part.config.remarks(outlook))
        except Exception as error:  # noqa: BLE001 -- a third party's remark may raise anything; it stands in nobody's way
            message = f"{part.offer.name} could not look at its own keys: {type(error).__name__}"
            found = [Problem(path="", message=message, hint="Report it to the plugin's authors")]
        for remark in found:
            path = key_path(part.path, remark.path) if remark.path else part.path
            yield Problem(path=path, message=remark.message, hint=remark.hint)
