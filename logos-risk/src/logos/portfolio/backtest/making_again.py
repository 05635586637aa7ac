"""A portfolio backtest made again from its own folder, for ``logos backtest verify``."""

from __future__ import annotations

from pathlib import Path

from logos.backtest.setup import BacktestOutcome, BacktestSetup
from logos.config.records import SessionConfig
from logos.portfolio.backtest.request import read_request
from logos.portfolio.backtest.running import PORTFOLIO_FILE, run_portfolio


def make_again(setup: BacktestSetup, folder: Path, config: SessionConfig) -> BacktestOutcome:
    """Run the portfolio of a folder and its benchmarks again, below ``setup.output``.

    Parameters
    ----------
    folder:
        The recorded backtest.
    config:
        Its ``config.yaml``; a seed that came from the environment stands there alone.

    Raises
    ------
    ConfigError
        Where ``portfolio.yaml`` cannot be used.
    InputError, DataError
        Where its bars are gone, or no longer enough.
    """
    request = read_request(
        folder / PORTFOLIO_FILE, setup.registry, workspace=setup.workspace, default_seed=config.session.seed
    )
    return run_portfolio(setup, request).outcome
