"""What the portfolio's tests share: the recorded numbers of other libraries, random covariances, and allocating."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from logos.portfolio.constraints.limits import Limits
from logos.portfolio.records import Allocation, Estimate, Method, Window


@attrs.frozen
class Allocating:
    """Asks a method for the weights of a covariance."""

    def __call__(self, method: Method, covariance: Any, symbols: tuple[str, ...] = (), invest: float = 1.0) -> Any:
        """Return the weights alone."""
        return self.allocation(method, covariance, symbols, invest).weights

    def allocation(
        self, method: Method, covariance: Any, symbols: tuple[str, ...] = (), invest: float = 1.0
    ) -> Allocation:
        """Return the weights and how they were found; the symbols are S000, S001, ... where none are given."""
        matrix = np.array(covariance, dtype=float)
        count = len(matrix)
        symbols = symbols or tuple(f"S{place:03d}" for place in range(count))
        zeros = np.zeros(count)
        window = Window(symbols=symbols, returns=np.full((2, count), np.nan), periods_per_year=252.0)
        estimate = Estimate(symbols=symbols, mean=zeros, covariance=matrix, observations=2)
        limits = Limits(symbols=symbols, lower=zeros, upper=zeros + invest, total=(invest, invest), held=zeros)
        return method.allocate(window, estimate, limits)


@pytest.fixture(scope="session")
def weights_of() -> Allocating:
    """Return what asks a method for weights, given a covariance."""
    return Allocating()


@attrs.frozen
class Reference:
    """The weights that other libraries gave for ten stocks, and the covariances they gave them for."""

    content: dict[str, Any]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The ten stocks, in the order of the covariances."""
        return tuple(self.content["inputs"]["assets"])

    @property
    def sample(self) -> Any:
        """The sample covariance of a day."""
        return np.array(self.content["covariance"]["sample_daily_ddof1"])

    @property
    def ledoit_wolf(self) -> Any:
        """The shrunk covariance of a day."""
        return np.array(self.content["covariance"]["ledoit_wolf_daily"]["matrix"])

    def weights(self, method: str, library: str) -> Any:
        """Return one library's weights."""
        found = self.content["results"][method][library]["weights"]
        return np.array([found[name] for name in self.symbols])


@pytest.fixture(scope="session")
def reference(shared_data: Path) -> Reference:
    """Return the recorded weights."""
    return Reference(json.loads((shared_data / "reference" / "portfolio_weights.json").read_text()))


def _covariances(seed: int, count: int) -> Iterator[Any]:
    generator = np.random.default_rng(seed)  # noqa: TID251 - seeded examples
    for _ in range(count):
        assets = int(generator.integers(1, 31))
        factors = generator.standard_normal((assets, int(generator.integers(1, 6)))) * generator.uniform(0, 3)
        noise = np.diag(generator.uniform(0.001, 2.0, assets))
        volatility = 10 ** generator.uniform(-4, 2, assets)
        matrix = factors @ factors.T + noise
        roots = np.sqrt(np.diag(matrix))
        yield matrix / np.outer(roots, roots) * np.outer(volatility, volatility)


@pytest.fixture(scope="session")
def covariances() -> Any:
    """Return what yields random covariances of 1 to 30 assets, volatilities from 0.0001 to 100, given seed and number.

    They have a few factors each, some so strong that the matrix is close to singular.
    """
    return _covariances


@pytest.fixture(scope="session")
def paper(shared_data: Path) -> dict[str, Any]:
    """Return the published example of hierarchical risk parity."""
    return dict(json.loads((shared_data / "reference" / "hrp_paper_example.json").read_text()))


@pytest.fixture(scope="session")
def sp500_returns(shared_data: Path) -> tuple[tuple[str, ...], Any]:
    """Return the ten stocks of ``reference`` and their simple returns, shape (1257, 10)."""
    lines = (shared_data / "real" / "daily" / "sp500-10-stocks-close.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:] if "2015-01-02" <= line[:10] <= "2019-12-31"]
    prices = np.array([[float(price) for price in row[1:]] for row in rows])
    return tuple(lines[0].split(",")[1:]), prices[1:] / prices[:-1] - 1.0
