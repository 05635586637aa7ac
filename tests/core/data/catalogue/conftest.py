"""A bar file to check, from text or from where it lies."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from logos.data.catalogue.checking import check_file
from logos.data.catalogue.expectations import Expectations
from logos.data.catalogue.places import place_of
from logos.data.catalogue.records import FileReport


@pytest.fixture
def check_text(tmp_path: Path) -> Callable[..., FileReport]:
    """Return a function that writes a file below a folder of its own and checks it."""

    def check(text: str | bytes, name: str = "crypto/BTC-USD-1m.csv", **known: object) -> FileReport:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode() if isinstance(text, str) else text
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return check_file(place_of(path, name), Expectations(**known))

    return check


@pytest.fixture
def check_real(shared_data: Path) -> Callable[..., FileReport]:
    """Return a function that checks one of the real files."""

    def check(name: str, **known: object) -> FileReport:
        return check_file(place_of(shared_data / "real" / name, name), Expectations(**known))

    return check


@pytest.fixture(scope="session")
def found() -> Callable[..., dict[str, int]]:
    """Return a function that gives the count of each kind found; those of several series are added up."""

    def count(report: FileReport, *, severity: str | None = None) -> dict[str, int]:
        counts: dict[str, int] = {}
        for finding in report.findings:
            if severity in (None, finding.severity):
                counts[finding.kind] = counts.get(finding.kind, 0) + finding.count
        return counts

    return count
