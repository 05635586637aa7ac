"""Code that numba made runs from a file without numba, gives the same answer, and is taken only where it fits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import pytest

from logos.backtest.kernel.machine_code import KeepingCode, load_code
from logos.domain.errors import BrokenInvariantError

OPTIONS = {"error_model": "numpy", "nogil": True, "_nrt": False}
SOURCES = 7


class Given(NamedTuple):
    prices: npt.NDArray[np.int64]
    table: npt.NDArray[np.int64]


class Books(NamedTuple):
    totals: npt.NDArray[np.int64]


def add_up(given: Any, books: Any) -> int:
    for row in range(len(given.prices)):
        books.totals[0] += given.prices[row] * given.table[row, 1]
        books.totals[1] = row // 2
    return int(given.table.shape[0])


def allocate(given: Any, books: Any) -> int:
    books.totals[0] = np.cumsum(given.prices)[-1]
    return 0


def given(rows: int = 5) -> Given:
    return Given(np.arange(rows) * 3, np.arange(rows * 2).reshape(rows, 2) - 4)


def books() -> Books:
    return Books(np.zeros(3, dtype=np.int64))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a function that was compiled and called once."""
    path = tmp_path_factory.mktemp("code") / "add_up.code"
    function = KeepingCode(numba.njit(**OPTIONS)(add_up), path, SOURCES)
    state = books()
    assert function(given(), state) == 5
    assert state.totals.tolist() == expected(given())
    assert [entry.name for entry in path.parent.iterdir()] == ["add_up.code"]
    return path


def expected(what: Given) -> list[int]:
    state = books()
    add_up(what, state)
    return [int(value) for value in state.totals]


def test_kept_code_gives_what_the_function_gives(kept: Path) -> None:
    code = load_code(kept, SOURCES)
    assert code is not None
    for rows in (5, 1, 400, 0):
        what, state = given(rows), books()
        assert code(what, state) == rows
        assert state.totals.tolist() == expected(what)


def test_a_process_that_takes_kept_code_never_loads_numba(kept: Path) -> None:
    program = (
        "import sys; from pathlib import Path; import numpy as np; "
        "from logos.backtest.kernel.machine_code import load_code; "
        f"code = load_code(Path(sys.argv[1]), {SOURCES}); totals = np.zeros(3, dtype=np.int64); "
        "print(code((np.arange(5) * 3, np.arange(10).reshape(5, 2) - 4), (totals,)), totals.tolist(), "
        "'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(kept)], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == f"5 {expected(given())} False"


def changed_head(**values: Any) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        head, _, code = content.partition(b"\n")
        return json.dumps(json.loads(head) | values).encode() + b"\n" + code

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed_head(sources=SOURCES + 1),
        changed_head(versions={"numba": "0.1", "llvmlite": "0.1"}),
        changed_head(processor=["another", "one", ""]),
        lambda content: content[:-1],
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: b"not JSON\n" + content,
        lambda _content: b"[]\n",
        lambda _content: b"",
    ],
    ids=["sources", "versions", "processor", "torn", "a bit", "no head", "no object", "empty"],
)
def test_code_of_another_making_is_not_taken(kept: Path, tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "other.code"
    path.write_bytes(change(kept.read_bytes()))
    assert load_code(path, SOURCES) is None


def test_code_that_is_not_there_is_not_taken(tmp_path: Path) -> None:
    assert load_code(tmp_path / "nothing.code", SOURCES) is None


def test_code_that_needs_numba_to_run_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "allocate.code"
    function, state = KeepingCode(numba.njit(error_model="numpy")(allocate), path, SOURCES), books()
    assert function(given(), state) == 0
    assert state.totals[0] == 30
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    function = KeepingCode(numba.njit(**OPTIONS)(add_up), tmp_path / "nowhere" / "add_up.code", SOURCES)
    for _ in range(2):
        state = books()
        assert function(given(), state) == 5
        assert state.totals.tolist() == expected(given())


@pytest.mark.parametrize(
    "state",
    [
        Books(np.zeros((3, 1), dtype=np.int64)),
        Books(np.zeros(3)),
        Books(np.zeros(6, dtype=np.int64)[::2]),
    ],
    ids=["dimensions", "kind", "gaps"],
)
def test_arrays_of_another_kind_are_refused(kept: Path, state: Books) -> None:
    code = load_code(kept, SOURCES)
    assert code is not None
    with pytest.raises(BrokenInvariantError, match="another kind"):
        code(given(), state)
