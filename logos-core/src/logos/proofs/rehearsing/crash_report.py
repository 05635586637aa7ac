"""The report of a rehearsed crash: ``rehearsal.md``, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from logos.artifacts.markdown import bullets, literal, table
from logos.live.disk import Disk
from logos.proofs.rehearsing.crash import CrashReport
from logos.proofs.rehearsing.report import DATA_FILE, REPORT_FILE
from logos.proofs.rehearsing.stage import HINT

_ABOUT = (
    "Each kill is SIGKILL to a process that replays the session from its own folder, in the middle of a write where "
    "there is one. The replay hands its rows over about a hundred times, and takes about twenty-five snapshots, "
    "whatever the session's length. It waits for no disk: a killed program loses nothing that it handed over. "
    "Logs and the picture are not compared."
)


def write(report: CrashReport) -> Path:
    """Write both files into the rehearsal's folder, and return the path of the one for people."""
    disk = Disk(hint=HINT)
    disk.replace(report.folder / DATA_FILE, (json.dumps(report.as_object(), indent=1) + "\n").encode())
    path = report.folder / REPORT_FILE
    disk.replace(path, render(report).encode())
    return path


def render(report: CrashReport) -> str:
    """Return ``rehearsal.md``."""
    numbers = (
        ("Durable operations of the session", f"{report.operations:,}"),
        ("Killed in", f"{len(report.kills):,}"),
        ("Resumed", f"{report.resumed:,}"),
        ("Not begun when killed, begun again", f"{report.begun_again:,}"),
        ("Orders", f"{report.orders:,}"),
        ("Came out otherwise", f"{len(report.findings):,}"),
        ("Seed of the sample", str(report.seed)),
        ("Seconds", f"{report.seconds:.1f}"),
    )
    parts = [
        f"# Rehearsal of a crash: {report.session_id}",
        f"**{'PASS' if report.passed else 'FAIL'}.**",
        bullets(map(literal, report.lines())),
        table(("What", "Value"), numbers, numeric=("Value",)),
        _ABOUT,
        f"Killed in operations {', '.join(map(str, report.kills)) or 'none'}.",
    ]
    return "\n\n".join(parts) + "\n"
