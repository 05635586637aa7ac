"""Makes the bars that every benchmark runs on: ``python benchmarks/bars.py FOLDER [BARS]``.

A seeded geometric walk of one-minute bars in which each bar opens at the close before, so that a fill at this close and
a fill at the next open pay the same price. One symbol of BARS bars (500,000 by default), and ten of a fifth of that.
The same bytes on every run.
"""

import sys
from pathlib import Path

import numpy as np

START = np.datetime64("2020-01-01T00:00:00")
LONG_SEED, FIRST_SHORT_SEED, SHORT_SYMBOLS = 7, 101, 10


def walk(seed: int, count: int) -> list[np.ndarray]:
    """Return open, high, low, close and volume of a walk; prices have four decimals."""
    numbers = np.random.default_rng(seed)  # noqa: TID251 -- made once, outside any session
    close = np.round(100.0 * np.exp(np.cumsum(numbers.normal(0.0, 0.0004, count))), 4)
    opens = np.concatenate(([100.0], close[:-1]))
    high = np.round(np.maximum(opens, close) + np.abs(numbers.normal(0, 0.01, count)), 4)
    low = np.round(np.minimum(opens, close) - np.abs(numbers.normal(0, 0.01, count)), 4)
    volume = np.round(numbers.uniform(1_000, 5_000, count), 0)
    return [opens, high, low, close, volume]


def write(path: Path, seed: int, count: int) -> None:
    """Write a walk as a bar file."""
    stamps = np.datetime_as_string(START + np.arange(count).astype("timedelta64[m]"), unit="s")
    columns = [column.tolist() for column in walk(seed, count)]
    with path.open("w") as file:
        file.write("timestamp,open,high,low,close,volume\n")
        for stamp, *prices in zip(stamps.tolist(), *columns, strict=True):
            file.write("{}Z,{:.4f},{:.4f},{:.4f},{:.4f},{:.0f}\n".format(stamp, *prices))


def write_all(folder: Path, count: int = 500_000) -> None:
    """Write every file below ``folder/crypto``, unless they are there already."""
    cache = folder / "crypto"
    cache.mkdir(parents=True, exist_ok=True)
    wanted = {f"ONE{count}": (LONG_SEED, count)}
    wanted |= {f"TEN{n:02d}": (FIRST_SHORT_SEED + n, count // 5) for n in range(SHORT_SYMBOLS)}
    for symbol, (seed, bars) in wanted.items():
        path = cache / f"{symbol}-1m.csv"
        if not path.exists():
            write(path, seed, bars)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]), *(int(text) for text in sys.argv[2:3]))
