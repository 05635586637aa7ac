"""A CSV file as a columnar table, with the rows left out that have not as many fields as its header."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import csv


def read_table(path: Path, convert: csv.ConvertOptions) -> tuple[pa.Table, int]:
    """Return a table, and how many rows were left out.

    Raises
    ------
    OSError, ValueError, pyarrow.ArrowException
        Where it cannot be read, is not text, or has a value or lacks a column that ``convert`` does not allow;
        ``fault_of`` says so in words.
    """
    return parsed_table(path.read_bytes(), convert)


def parsed_table(
    content: bytes, convert: csv.ConvertOptions, *, header: Sequence[str] | None = None
) -> tuple[pa.Table, int]:
    """Return the table of a file's content, as ``read_table`` does.

    Parameters
    ----------
    header:
        Of content that is a later part of a file; without it, the first line is the header.
    """
    cut = 0

    def skip(_row: csv.InvalidRow) -> str:
        nonlocal cut
        cut += 1
        return "skip"

    # Arrow gives a row that it cannot use to `skip` as text; of one that is none it prints a traceback.
    content.decode()
    table = csv.read_csv(
        pa.BufferReader(content),
        csv.ReadOptions(column_names=header, use_threads=False),
        csv.ParseOptions(invalid_row_handler=skip),
        convert,
    )
    return table, cut
