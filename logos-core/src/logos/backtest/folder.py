"""The files of a backtest's folder: laid out before the first bar, and filled as it runs and ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.assembly.build import Assembly
from logos.backtest.benchmark import Benchmark
from logos.backtest.compiled_course import CompiledCourse
from logos.backtest.course import Course
from logos.backtest.equity import EquityCurve
from logos.backtest.figures import metrics_json, metrics_of
from logos.backtest.recorder import FolderState
from logos.config.records import SessionConfig
from logos.live.appending import Appender
from logos.live.disk import Disk
from logos.live.journal import Head, Journal
from logos.live.recorder import empty_tables
from logos.live.setup import plugins_of
from logos.session.rebalancer import schedule_of

STARTED = "backtest_started"
"""The type of the first line of a backtest's journal."""

_EQUITY_HEADER = schemas.header(schemas.EQUITY_COLUMNS).encode()


@attrs.frozen(kw_only=True)
class RunFolder:
    """The folder of a run that is being made.

    Attributes
    ----------
    path:
        Where it lies until it is whole.
    notes:
        What was found out about the data, in sentences.
    """

    disk: Disk
    path: Path
    backtest_id: str
    config: SessionConfig
    assembly: Assembly
    notes: Sequence[str]

    def lay_out(self, first_open: int) -> FolderState:
        """Write the run's tables with their headers, its config and the first line of its journal.

        Returns where a recorder goes on.
        """
        disk, folder = self.disk, self.path
        tables = {name: schemas.header(columns).encode() for name, columns in schemas.BACKTEST_TABLES.items()}
        if schedule_of(self.assembly.parts.allocator) is not None:
            tables[schemas.WEIGHTS_FILE] = schemas.header(schemas.WEIGHT_COLUMNS).encode()
        tables[schemas.QUARANTINE_FILE] = empty_tables(list(self.assembly.feed.quarantined()))[schemas.QUARANTINE_FILE]
        for name, content in tables.items():
            disk.replace(folder / name, content)
        disk.replace(folder / schemas.CONFIG_FILE, self.config.to_yaml().encode())
        return FolderState(
            disk=disk,
            folder=folder,
            books=self.assembly.parts.books,
            offsets={name: len(content) for name, content in tables.items()},
            head=self._first_line(first_open),
        )

    def clear(self) -> None:
        """Take the journal away, so that the run can be laid out anew; everything else is replaced then."""
        self.disk.remove(self.path / schemas.JOURNAL_FILE)

    def _first_line(self, clock: int) -> Head:
        config = self.config
        file = Appender(self.disk, self.path / schemas.JOURNAL_FILE, 0)
        journal = Journal(file, Head())
        values = {
            "backtest_id": self.backtest_id,
            "name": config.session.name,
            "seed": config.session.seed,
            "config_digest": config.digest,
            "config_sha256": hashlib.sha256(config.to_yaml().encode()).hexdigest(),
            "data_digest": self.assembly.feed.digest(),
            "plugins": plugins_of(config),
        }
        journal.append(clock, STARTED, values)
        head = journal.head
        file.flush()
        file.close()
        return head

    @contextmanager
    def equity_curve(self) -> Iterator[EquityCurve]:
        """Return the run's equity, whose rows go into ``equity.csv`` as they come."""
        books = self.assembly.parts.books
        file = Appender(self.disk, self.path / schemas.EQUITY_FILE, len(_EQUITY_HEADER))

        def write(rows: bytes) -> None:
            file.add(rows)
            file.flush()

        try:
            yield EquityCurve(books.starting_cash, self.assembly.parts.interval, books.decimals, write)
        finally:
            file.close()

    def finish(self, course: Course | CompiledCourse, status: str) -> dict[str, Any]:
        """Write the benchmark, the figures and the picture; return the figures."""
        if course.benchmark is not None:
            self._write_benchmark(course.benchmark)
        metrics = self._write_metrics(course, status)
        self._draw()
        return metrics

    def _write_benchmark(self, benchmark: Benchmark) -> None:
        curve = benchmark.curve
        rows = curve.text.encode(curve.daily_rows())
        self.disk.replace(self.path / schemas.BENCHMARK_FILE, _EQUITY_HEADER + rows)

    def _write_metrics(self, course: Course | CompiledCourse, status: str) -> dict[str, Any]:
        config = self.config
        metrics = metrics_of(
            course.totals(status),
            seed=config.session.seed,
            config_digest=config.digest,
            data_digest=self.assembly.feed.digest(),
            plugins=plugins_of(config),
            notes=self.notes,
        )
        self.disk.replace(self.path / schemas.METRICS_FILE, metrics_json(metrics))
        return metrics

    def _draw(self) -> None:
        from logos.artifacts.plots import draw_equity  # noqa: PLC0415 - matplotlib takes long to load

        draw_equity(
            self.path / schemas.EQUITY_FILE,
            self.path / schemas.BACKTEST_PLOT_FILE,
            title=f"{self.config.session.name}: backtest",
            currency=self.assembly.parts.books.currency,
        )
