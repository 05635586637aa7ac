"""The report of a rehearsal for a reviewer: ``rehearsal.md``, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from logos.artifacts.markdown import bullets, code, literal, preformatted, table
from logos.live.disk import Disk
from logos.proofs.rehearsing import records
from logos.proofs.rehearsing.records import FAIL, NOT_REHEARSED, PASS, Facts, Result
from logos.proofs.rehearsing.rehearsal import Report
from logos.proofs.rehearsing.stage import HINT

REPORT_FILE = "rehearsal.md"
DATA_FILE = "rehearsal.json"
COLUMNS = ("Rehearsal", "Limit", "Expected", "Happened", "Proofs", "Verdict")

_ABOUT = (
    "Bars, cash and fees are made up, so that each limit is just crossed; the limits are those of the config. What was "
    "expected was fixed before each session ran. *All kept* means: every artifact is there, the books rebuilt from the "
    "trades agree (`logos audit`), a second run gives the same bytes (`logos replay --verify`), and a resume does what "
    "it must."
)
_PROOFS = (records.ARTIFACTS, records.AUDIT, records.REPLAY, records.AFTERWARDS)
_ALL_KEPT = "all kept"
_WORDS = {
    records.OUTCOME: "",
    records.CAUSES: "by ",
    records.HALTED_AT: "at ",
    records.POSITIONS: "holds ",
    records.INTERRUPTED: "first ",
    records.ORDER_IDS: "",
}
"""What stands before a fact in the table, where it is not the fact's own name."""


def write(report: Report) -> Path:
    """Write both files into the rehearsal's folder, and return the path of the one for people."""
    disk = Disk(hint=HINT)
    disk.replace(report.folder / DATA_FILE, (json.dumps(report.as_object(), indent=1) + "\n").encode())
    path = report.folder / REPORT_FILE
    disk.replace(path, render(report).encode())
    return path


def rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """Return the table of a report: a row for each result, under ``COLUMNS``."""
    return [
        (
            result.name,
            result.limit or "-",
            _story(result.expected, result.expected),
            result.note if not result.happened else _story(result.happened, result.expected),
            _kept(result),
            result.verdict,
        )
        for result in results
    ]


def _story(facts: Facts, expected: Facts) -> str:
    """Return what happened in a session, in a line; of what was found, only what was expected of it."""
    texts = [f"{_WORDS.get(name, f'{name}: ')}{text}" for name, text in _telling(facts, expected)]
    return "; ".join(texts)


def _telling(facts: Facts, expected: Facts) -> Iterator[tuple[str, str]]:
    for name in (*expected, "error"):
        told = name in facts and name not in _PROOFS
        if told and not (facts[name] == records.NONE and name in {records.CAUSES, records.POSITIONS}):
            yield name, facts[name]


def _kept(result: Result) -> str:
    """Return which of the proofs failed."""
    wrong = [
        f"{name}: {result.happened.get(name, 'unknown')}"
        for name in _PROOFS
        if name in result.expected and result.happened.get(name) != result.expected[name]
    ]
    if not result.happened:
        return "-"
    return "; ".join(wrong) or _ALL_KEPT


def summary(report: Report) -> str:
    """Return the verdict of a whole rehearsal in a sentence."""
    counts = [f"{report.count(name)} {name}" for name in (PASS, FAIL, NOT_REHEARSED) if report.count(name)]
    return f"{'As expected' if report.passed else 'NOT as expected'}: {', '.join(counts) or 'nothing was rehearsed'}"


def render(report: Report) -> str:
    """Return ``rehearsal.md``."""
    parts = [
        "# Rehearsal of the guards",
        f"**{summary(report)}.**",
        table(("What", "Value"), _facts(report)),
        _ABOUT,
        table(COLUMNS, [tuple(map(literal, row)) for row in rows(report.results)]),
        *_details(report),
    ]
    return "\n\n".join(parts) + "\n"


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    yield "Began (wall clock)", report.began
    yield "Config", report.source
    yield "Config digest", report.config_digest
    yield "Seed", str(report.seed)
    yield from report.versions.items()


def _details(report: Report) -> Iterator[str]:
    for result in report.results:
        yield f"## {result.name}: {result.verdict}"
        if result.what:
            yield f"{result.what[0].upper()}{result.what[1:]}."
        if result.note or result.reasons:
            yield bullets(map(literal, filter(None, (*result.reasons, result.note))))
        names = {**result.expected, **{name: "" for name in result.happened if name == "error"}}
        if result.happened:
            lines = [
                (name, result.expected.get(name, ""), result.happened.get(name, "not found"), _tick(result, name))
                for name in names
            ]
            yield table(("Fact", "Expected", "Happened", "Same"), lines)
        if result.folder is not None:
            place = result.folder.relative_to(report.folder)
            home = place.parts[0]
            yield (
                f"Session [{place.name}]({place.as_posix()}), log [run.log]({place.as_posix()}/logs/run.log). Again: "
                + code(f"LOGOS_HOME={home} logos trade --config session.yaml")
            )
        if result.log:
            yield preformatted(result.log)


def _tick(result: Result, name: str) -> str:
    return "yes" if result.happened.get(name) == result.expected.get(name) else "NO"
