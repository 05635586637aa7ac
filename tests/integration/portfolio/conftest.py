"""What the portfolio's tests over several distributions share: workspaces with daily bars, and the command."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from logos.backtest.setup import BacktestSetup
from logos.cli.app import run as logos
from logos.context.seed import Seed
from logos.domain.times import SECONDS_A_DAY, parse_time, time_text
from logos.plugins.registry import Registry
from logos.portfolio.backtest.request import read_request
from logos.portfolio.backtest.running import run_portfolio

FIRST_DAY = parse_time("2021-01-04T00:00:00Z")
"""A Monday."""

SECTORS = {"AAA": "energy", "BBB": "energy", "CCC": "tech", "DDD": "tech", "EEE": "retail"}
SWINGS = {"AAA": 0.006, "BBB": 0.009, "CCC": 0.013, "DDD": 0.018, "EEE": 0.011}
"""How far each moves in a day by itself; the first is the calmest."""

SETTINGS = """
portfolio:
  interval: 1d
  rebalance: month_end
  lookback: 60
  min_history: 40
  allocator: {plugin: hrp}
  constraints: {long_only: true, max_weight: "0.4", gross: "1", sectors: {energy: "0.5"}, min_trade: "50",
                band: "0.005"}
  benchmarks: [equal_weight, inverse_volatility]
session: {name: demo, seed: 7}
feed: {plugin: replay, path: data/cache, symbols: [AAA, BBB, CCC, DDD, EEE]}
broker: {plugin: paper, cash: "100000", fees: {maker_bps: "1", taker_bps: "5"}, slippage_bps: "2"}
instruments:
"""
CONFIG = SETTINGS + "".join(
    f'  {symbol}: {{asset_class: equity, currency: USD, tick: "0.0001", lot: "0.01", sector: {sector}}}\n'
    for symbol, sector in SECTORS.items()
)


def _uniform(seed: Seed, *names: str | int) -> float:
    """Return a number from -1 to 1."""
    return seed.number(*names) / 2**63 - 1


def prices_of(symbol: str, days: int) -> list[tuple[str, float]]:
    """Return the closes of a symbol on weekdays, all driven by one market and a swing of their own."""
    seed, price, day, closes = Seed(11), 50.0, FIRST_DAY, []
    while len(closes) < days:
        if (day // SECONDS_A_DAY + 3) % 7 < 5:
            market, own = _uniform(seed, "market", day), _uniform(seed, symbol, day)
            price *= 1 + 0.0004 + 0.008 * market + SWINGS[symbol] * own
            closes.append((time_text(day), round(price, 4)))
        day += SECONDS_A_DAY
    return closes


def write_closes(cache: Path, symbol: str, closes: list[tuple[str, float]]) -> None:
    """Write closes as bars: each opens at the close before it."""
    path = cache / "equity" / f"{symbol}-1d.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines, before = ["timestamp,open,high,low,close,volume"], closes[0][1]
    for moment, close in closes:
        high, low = max(before, close), min(before, close)
        lines.append(f"{moment},{before:.4f},{high:.4f},{low:.4f},{close:.4f},100000000")
        before = close
    path.write_text("\n".join(lines) + "\n")


@attrs.frozen
class Bench:
    """A workspace with bars and a config, and the command that runs on it in this process."""

    home: Path
    capsys: Any

    def write(self, text: str, name: str = "p.yaml") -> None:
        """Write a config."""
        (self.home / name).write_text(text)

    def closes(self, symbol: str, closes: list[tuple[str, float]]) -> None:
        """Replace the bars of a symbol."""
        write_closes(self.home / "data" / "cache", symbol, closes)

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run ``logos portfolio …`` and return exit code, output and errors."""
        self.capsys.readouterr()
        code = logos(["portfolio", *words])
        printed = self.capsys.readouterr()
        return code, printed.out, printed.err

    def json(self, *words: str) -> dict[str, Any]:
        """Run it with ``--json``, and return what it printed on its last line."""
        code, out, err = self.run(*words, "--json")
        assert code == 0, out + err
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found

    def problems(self, *words: str) -> str:
        """Run what has to be refused with exit code 2, and return what it said: never a traceback."""
        code, out, err = self.run(*(words or ("backtest", "--config", "p.yaml")))
        assert code == 2, out + err
        assert "Traceback" not in err
        assert not list((self.home / "runs").glob("*"))
        return err

    def table(self, path: str) -> list[dict[str, str]]:
        """Read a table of a run."""
        with (self.home / path).open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def config_text() -> str:
    """Return the config of a small portfolio of five shares."""
    return CONFIG


@pytest.fixture(scope="session")
def closes_of() -> Callable[[str, int], list[tuple[str, float]]]:
    """Return a function that makes the closes of a symbol on so many weekdays."""
    return prices_of


@pytest.fixture
def bench(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    """Return a workspace with 260 daily bars of five shares."""
    made = Bench(workspace, capsys)
    for symbol in SECTORS:
        made.closes(symbol, prices_of(symbol, 260))
    made.write(CONFIG)
    return made


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    """Return the folder of a portfolio backtest over the bars of ``bench``, run once a module; only read it."""
    home = tmp_path_factory.mktemp("finished")
    for symbol in SECTORS:
        write_closes(home / "data" / "cache", symbol, prices_of(symbol, 260))
    (home / "p.yaml").write_text(CONFIG)
    request = read_request(home / "p.yaml", registry)
    return run_portfolio(BacktestSetup(workspace=home, registry=registry), request).outcome.folder


@pytest.fixture
def stocks(workspace: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    """Return a workspace with two and a half years of real daily closes of ten shares."""
    made = Bench(workspace, capsys)
    with (shared_data / "real" / "daily" / "sp500-10-stocks-close.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if "2018-06-01" <= row["timestamp"][:10] < "2021-01-01"]
    symbols = sorted(set(rows[0]) - {"timestamp"})
    for symbol in symbols:
        made.closes(symbol, [(row["timestamp"], float(row[symbol])) for row in rows])
    head = SETTINGS.replace("[AAA, BBB, CCC, DDD, EEE]", f"[{', '.join(symbols)}]").replace("60", "252")
    made.write(
        head
        + "".join(
            f'  {symbol}: {{asset_class: equity, currency: USD, tick: "0.0001", lot: "0.01", calendar: XNYS, '
            f"sector: {'energy' if symbol in {'CVX', 'RRC'} else 'others'}}}\n"
            for symbol in symbols
        )
    )
    return made
