"""The picture of a session is drawn from any table, and the same table gives the same bytes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from logos.artifacts.columns import account_columns
from logos.artifacts.curve import read_curve
from logos.artifacts.plots import draw_equity
from logos.artifacts.schemas import ACCOUNT_COLUMNS, header
from logos.domain.errors import IntegrityError

OPENED = 1_700_000_040
UNIT = 10**8
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def write_account(tmp_path: Path) -> Callable[[list[int]], Path]:
    """Return a function that writes an account table with these equities, one a minute."""

    def write(equities: list[int]) -> Path:
        rows, peak = [], 0
        for index, equity in enumerate(equities):
            peak = max(peak, equity)
            drawdown = (peak - equity) * UNIT // peak
            rows.append((OPENED + 60 * index, equity, 0, equity, 0, 0, 0, drawdown, 0, 0))
        path = tmp_path / "account.csv"
        path.write_bytes(header(ACCOUNT_COLUMNS).encode() + account_columns(8).encode(rows))
        return path

    return write


def saw(count: int) -> list[int]:
    return [100_000 * UNIT + (index * 7_919 % 1_000) * UNIT for index in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_a_picture_is_drawn_however_short_the_session_was(
    write_account: Callable[[list[int]], Path], tmp_path: Path, count: int
) -> None:
    out = tmp_path / "plots" / "equity.png"
    draw_equity(write_account(saw(count)), out, title="rehearsal", currency="USD")
    assert out.read_bytes().startswith(PNG)
    assert [entry.name for entry in out.parent.iterdir()] == ["equity.png"]


def test_the_same_table_gives_the_same_bytes_whatever_the_user_has_set(
    write_account: Callable[[list[int]], Path], tmp_path: Path
) -> None:
    account = write_account(saw(300))
    first, second = tmp_path / "1.png", tmp_path / "2.png"
    draw_equity(account, first, title="5 $ and 6 $", currency="USD")
    with mpl.rc_context({"figure.facecolor": "black", "font.size": 30.0, "savefig.dpi": 33}):
        draw_equity(account, second, title="5 $ and 6 $", currency="USD")
        assert mpl.rcParams["font.size"] == 30.0
    assert first.read_bytes() == second.read_bytes()
    assert b"Software" not in first.read_bytes()
    assert b"Date" not in first.read_bytes()


def test_an_account_that_is_wiped_out_is_drawn(write_account: Callable[[list[int]], Path], tmp_path: Path) -> None:
    out = tmp_path / "equity.png"
    draw_equity(write_account([100 * UNIT, 50 * UNIT, 0, -20 * UNIT]), out, title="ruin", currency="EUR")
    assert out.read_bytes().startswith(PNG)


def test_thinning_keeps_every_extreme_and_both_ends(write_account: Callable[[list[int]], Path]) -> None:
    equities = saw(40_000)
    equities[12_345] = 250_000 * UNIT
    equities[23_456] = 10_000 * UNIT
    curve = read_curve(write_account(equities))
    assert len(curve) <= 2_000
    assert curve.equity.max() == 250_000.0
    assert curve.equity.min() == 10_000.0
    assert curve.drawdown.max() == pytest.approx(0.96)
    assert (curve.time[0], curve.time[-1]) == (OPENED, OPENED + 60 * 39_999)
    assert (curve.equity[0], curve.equity[-1]) == (equities[0] / UNIT, equities[-1] / UNIT)
    assert (np.diff(curve.time) > 0).all()


def test_a_short_table_is_kept_whole(write_account: Callable[[list[int]], Path]) -> None:
    equities = saw(1_500)
    assert read_curve(write_account(equities)).equity.tolist() == [equity / UNIT for equity in equities]


def test_a_row_that_is_still_being_written_is_left_out(write_account: Callable[[list[int]], Path]) -> None:
    account = write_account(saw(10))
    account.write_bytes(account.read_bytes()[:-60])
    assert len(read_curve(account)) == 9


def test_a_file_that_is_no_account_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "account.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"account\.csv"):
        read_curve(path)


def test_drawing_loads_neither_pandas_nor_pyplot(
    write_account: Callable[[list[int]], Path], tmp_path: Path, offline_environment: dict[str, str]
) -> None:
    program = (
        "import sys; from pathlib import Path; from logos.artifacts.plots import draw_equity; "
        "draw_equity(Path(sys.argv[1]), Path(sys.argv[2]), title='t', currency='USD'); "
        "sys.exit(sum(name in sys.modules for name in ('pandas', 'matplotlib.pyplot')))"
    )
    command = [sys.executable, "-c", program, str(write_account(saw(50))), str(tmp_path / "out.png")]
    assert subprocess.run(command, env=offline_environment, check=False).returncode == 0
