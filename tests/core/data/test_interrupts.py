"""A signal while PyArrow reads is heard by the program, and is no fault of the file."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import importlib, io, signal, sys
importlib.import_module(sys.argv[1])
import pyarrow.csv

class Interrupting(io.BytesIO):
    def read(self, size=-1):
        signal.raise_signal(signal.SIGINT)
        return super().read(size)

heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append("heard"))
try:
    table = pyarrow.csv.read_csv(Interrupting(b"a,b\\n1,2\\n"), pyarrow.csv.ReadOptions(use_threads=False))
    print(table.num_rows, heard[0])
except BaseException as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize(
    "module",
    [
        "logos.data.bar_csv",
        "logos.data.bar_parquet",
        "logos.artifacts.curve",
        "logos.data.importing.delimited",
        "logos.data.importing.arrow_tables",
    ],
)
def test_a_signal_while_a_file_is_read_is_left_to_the_program(module, offline_environment):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=offline_environment,
    )
    assert done.stdout.split() == ["1", "heard"]
