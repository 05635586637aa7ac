"""A backtest as its folder tells it: figures, config and equity, for reports and comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts.backtests import DailyEquity, read_daily, read_metrics
from logos.artifacts.schemas import BENCHMARK_FILE, CONFIG_FILE, EQUITY_FILE
from logos.config.reading import parse, plain, read_file
from logos.domain.errors import IntegrityError, LogosError
from logos.domain.times import parse_interval


@attrs.frozen(kw_only=True)
class PastRun:
    """What a finished backtest left in its folder.

    Attributes
    ----------
    metrics:
        The content of ``metrics.json``.
    config:
        The resolved config as plain values.
    config_text:
        The same, as it stands in ``config.yaml``.
    interval:
        Length of a bar in seconds.
    """

    folder: Path
    metrics: Mapping[str, Any]
    config: Mapping[str, Any]
    config_text: str
    interval: int

    @property
    def backtest_id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def name(self) -> str:
        """The session's name in the config."""
        return str(self.config["session"]["name"])

    @property
    def currency(self) -> str:
        """The account's currency."""
        return str(self.metrics["currency"])

    def daily(self) -> DailyEquity:
        """Read the equity after each trading day."""
        return read_daily(self.folder / EQUITY_FILE, interval=self.interval)

    def daily_benchmark(self) -> DailyEquity | None:
        """Read the benchmark's equity after each trading day; ``None`` where there is no benchmark."""
        path = self.folder / BENCHMARK_FILE
        return read_daily(path, interval=self.interval) if path.is_file() else None


def read_run(folder: Path) -> PastRun:
    """Read what a finished backtest left in its folder.

    Raises
    ------
    InputError
        Where the folder is no backtest.
    IntegrityError
        Where a file of it cannot be read.
    """
    metrics = read_metrics(folder)
    path = folder / CONFIG_FILE
    text = ""
    try:
        text = read_file(path)
        config = plain(parse(text, str(path)))
        interval = parse_interval(config["feed"]["interval"])
        str(config["session"]["name"])
    except (LogosError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{path} is not the resolved config of a backtest: {error}", hint="Run the backtest again"
        ) from error
    return PastRun(folder=folder, metrics=metrics, config=config, config_text=text, interval=interval)
