"""Asks the venues of a session how they stand, without trading: what ``--probe`` and ``logos doctor`` show."""

from __future__ import annotations

from collections.abc import Iterator

from logos.assembly.outside import is_outside, survey
from logos.config.records import SessionConfig
from logos.context.parts import PartContext
from logos.domain.errors import NO_SESSION_YET, LogosError, Problem, part_at_work
from logos.session.outside import HealthCheck, Survey, Verdict
from logos.session.seats import Feed


def probe_broker(config: SessionConfig, context: PartContext) -> tuple[Survey | None, tuple[HealthCheck, ...]]:
    """Ask the venue of a broker, as a session does before it starts; a broker within this process has none."""
    if not is_outside(config):
        return None, ()
    name = f"broker {config.broker.name}"
    try:
        with part_at_work(f"the {name}", hint=NO_SESSION_YET):
            found = survey(config, context)
    except LogosError as error:
        said = error.problems or (Problem(path="", message=error.message, hint=error.hint),)
        failed = (HealthCheck(name=name, verdict=Verdict.FAILED, text=one.message, hint=one.hint) for one in said)
        return None, tuple(failed)
    return found, found.checks


def probe_feed(feed: Feed, config: SessionConfig) -> Iterator[HealthCheck]:
    """Yield whether a polled feed gets an answer for every symbol; nothing for one that reads files."""
    if not feed.polled:
        return
    name = f"feed {config.feed.name}"
    try:
        with part_at_work(f"the {name}", hint=NO_SESSION_YET):
            reports = feed.prepare()
    except LogosError as error:
        yield HealthCheck(name=name, verdict=Verdict.FAILED, text=error.message, hint=error.hint)
    else:
        sources = ", ".join(sorted({report.source for report in reports if report.source})) or config.feed.name
        text = f"{sources} answers, and knows {', '.join(report.symbol for report in reports)}"
        yield HealthCheck(name=name, verdict=Verdict.OK, text=text)
    finally:
        feed.close()
