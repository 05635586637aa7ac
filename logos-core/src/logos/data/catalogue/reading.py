"""Reading a bar file of any form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from logos.data.catalogue.reading_csv import Raw, read_csv
from logos.data.catalogue.reading_parquet import read_parquet
from logos.data.catalogue.table import Faults

if TYPE_CHECKING:
    from logos.data.catalogue.places import Place


def read_file(
    place: Place,
    faults: Faults,
    progress: Callable[[int], None] = lambda _bytes: None,
    *,
    only_times: bool = False,
) -> Raw:
    """Read a bar file of any form; what is wrong with its form goes to ``faults``.

    Parameters
    ----------
    progress:
        Is told how many bytes of the file have been read.
    only_times:
        Whether the numbers are left out.
    """
    read = read_parquet if place.form == "parquet" else read_csv
    return read(place, faults, progress, only_times=only_times)
