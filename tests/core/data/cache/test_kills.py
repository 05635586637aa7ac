"""A program that is killed while it writes a cache leaves the old file or the new one, and never a half."""

from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import pytest

from logos.data.cache.bars import StoredBars
from logos.data.cache.store import CachedSymbol

# Writes minutes 10 to 19 behind what is there, and is killed at the point that the second argument names.
PROGRAM = """
import os, pathlib, signal, sys
import numpy as np
from logos.data.cache import replacing
from logos.data.cache.bars import StoredBars
from logos.data.cache.store import CachedSymbol

point = sys.argv[2]

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

class Half:
    def __init__(self, file):
        self.file = file
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.file.close()
    def write(self, data):
        self.file.write(data[: len(data) // 2])
        self.file.flush()
        kill()

opened, renamed, synced = pathlib.Path.open, pathlib.Path.replace, os.fsync
calls = []

def open_(path, *words):
    if words == ("wb",):
        if point == "before the file":
            kill()
        if point == "within the file":
            return Half(opened(path, *words))
    return opened(path, *words)

def replace(path, target):
    if point == "before the rename":
        kill()
    renamed(path, target)
    if point == "after the rename":
        kill()

def fsync(descriptor):
    calls.append(descriptor)
    if point == "before the sync" and len(calls) == 1:
        kill()
    synced(descriptor)

pathlib.Path.open, pathlib.Path.replace, os.fsync = open_, replace, fsync
minutes = np.arange(10, 20) * 60
cache = pathlib.Path(sys.argv[1])
symbol = CachedSymbol(cache=cache, shown_as="cache", asset_class="crypto", symbol="BTC-USD", interval=60)
symbol.write(StoredBars(timestamp=minutes, values=np.full((5, 10), 2.0)))
"""
POINTS = {
    "before the file": 10,
    "within the file": 10,
    "before the sync": 10,
    "before the rename": 10,
    "after the rename": 20,
    "nowhere": 20,
}


@pytest.mark.parametrize("form", [".parquet", ".csv"])
@pytest.mark.parametrize(("point", "bars"), POINTS.items())
def test_a_kill_leaves_the_old_file_or_the_new_one(tmp_path, offline_environment, point, bars, form) -> None:
    symbol = CachedSymbol(
        cache=tmp_path, shown_as="cache", asset_class="crypto", symbol="BTC-USD", interval=60, patience=5
    )
    old = StoredBars(timestamp=np.arange(10) * 60, values=np.full((5, 10), 1.0))
    symbol.write(old, form=form)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), point],
        env=offline_environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0 if point == "nowhere" else -signal.SIGKILL, "")
    found = symbol.bars()
    assert found.timestamp.tolist() == [minute * 60 for minute in range(bars)]
    # The lock has gone with the program, and what it left behind is no obstacle.
    new = StoredBars(timestamp=np.arange(10, 30) * 60, values=np.full((5, 20), 2.0))
    assert symbol.write(new).total == 30
    assert sorted(path.name for path in symbol.folder.iterdir() if not path.name.endswith(".lock")) == [
        f"BTC-USD-1m{form}"
    ]
