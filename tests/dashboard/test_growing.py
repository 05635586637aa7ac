"""The account of a session that is still written: only its new end is read, and what changed behind is noticed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logos.artifacts.schemas import ACCOUNT_COLUMNS, header
from logos.domain.times import time_text
from logos.ui.streamlit.data.growing import AccountView, GrowingAccount, Thinned, account_of
from logos.ui.streamlit.data.readings import Reading

BEGIN = 1_772_461_800
HEADER = header(ACCOUNT_COLUMNS)


def row(number: int, equity: float = 0.0, *, step: int = 60) -> str:
    worth = equity or 100_000 + number % 83
    return f"{time_text(BEGIN + step * number)},50000.00000000,1.00000000,{worth:.8f},0.0,0.0,{number}.5,0.01,0.1,0.1\n"


def rows(first: int, last: int, equity: float = 0.0) -> str:
    return "".join(row(number, equity) for number in range(first, last))


def same(one: AccountView, other: AccountView) -> bool:
    curves = ((one.curve, other.curve), (one.thin, other.thin))
    texts = (one.last, one.before_today, one.skipped) == (other.last, other.before_today, other.skipped)
    return texts and all(
        np.array_equal(getattr(mine, name), getattr(theirs, name))
        for mine, theirs in curves
        for name in ("time", "equity", "drawdown")
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "account.csv"


@pytest.fixture
def grow(path: Path) -> Iterator[Callable[[str], None]]:
    """Return a function that appends to the file, as a session does."""
    with path.open("ab", buffering=0) as file:
        yield lambda text: file.write(text.encode())


def test_every_row_is_there_with_the_last_one_as_it_is_written(path: Path, grow: Callable[[str], None]):
    grow(HEADER + rows(0, 500))

    view = GrowingAccount(path).refresh().value

    assert view is not None
    assert list(view.curve.time) == [BEGIN + 60 * number for number in range(500)]
    assert view.curve.equity[83] == 100_000
    assert view.last["cash"] == "50000.00000000"
    assert view.last["fees"] == "499.5"


def test_the_day_before_ends_with_its_last_row(path: Path, grow: Callable[[str], None]):
    account = GrowingAccount(path)
    grow(HEADER + "".join(row(number, step=3_600) for number in range(8)))  # from 14:30 to 21:30
    first = account.refresh().value
    grow("".join(row(number, step=3_600) for number in range(8, 60)))
    later = account.refresh().value

    assert first is not None
    assert later is not None
    assert first.before_today is None
    assert later.last["timestamp"] == "2026-03-05T01:30:00Z"
    assert later.before_today is not None
    assert later.before_today["timestamp"] == "2026-03-04T23:30:00Z"


def test_a_bar_that_closes_at_midnight_belongs_to_the_day_that_ends(path: Path, grow: Callable[[str], None]):
    moment = "2026-03-0{}T{}:00Z,1,1,{},0,0,0,0,0,0\n"
    account = GrowingAccount(path)
    grow(HEADER + moment.format(2, "23:59", 10) + moment.format(3, "00:00", 11))
    assert getattr(account.refresh().value, "before_today", "") is None

    grow(moment.format(3, "00:01", 12))

    view = account.refresh().value
    assert view is not None
    assert view.before_today is not None
    assert view.before_today["equity"] == "11"


@given(
    cuts=st.lists(st.integers(min_value=0, max_value=30_000), max_size=12), step=st.sampled_from([60, 3_600, 90_000])
)
@settings(max_examples=40)
def test_reading_in_pieces_ends_as_reading_at_once(tmp_path_factory, cuts: list[int], step: int):
    data = (
        HEADER + "".join(row(number, step=step) for number in range(300)) + "x,1,2\n" + row(300, step=step)
    ).encode()
    path = tmp_path_factory.mktemp("cut") / "account.csv"
    growing = GrowingAccount(path)
    with path.open("ab", buffering=0) as file:
        done = 0
        for cut in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
            file.write(data[done:cut])
            done = cut
            reading = growing.refresh()
            assert reading.state in ("ok", "missing", "partial")

    whole = GrowingAccount(path).refresh().value
    assert reading.value is not None
    assert whole is not None
    assert same(reading.value, whole)
    assert whole.skipped == 1


def test_only_the_new_end_is_read(path: Path, grow: Callable[[str], None]):
    grow(HEADER + rows(0, 3_000))
    account = GrowingAccount(path)
    account.refresh()
    with path.open("r+b") as file:  # what nobody does: it is seen only by who reads the beginning again
        file.seek(len(HEADER))
        file.write(row(0, equity=777_777).encode())
    grow(rows(3_000, 3_001))

    view = account.refresh().value

    assert view is not None
    assert len(view.curve) == 3_001
    assert view.curve.equity[0] == 100_000


def test_a_file_that_did_not_change_is_not_opened(path: Path, grow: Callable[[str], None]):
    grow(HEADER + rows(0, 10))
    account = GrowingAccount(path)
    first = account.refresh()

    with mock.patch.object(Path, "open", side_effect=AssertionError("opened")):
        assert account.refresh() == first


def test_a_half_row_waits_for_its_end(path: Path, grow: Callable[[str], None]):
    account = GrowingAccount(path)
    grow(HEADER + rows(0, 2) + row(2)[:17])
    assert len(getattr(account.refresh().value, "curve")) == 2  # noqa: B009 - it may be None

    grow(row(2)[17:])

    assert len(getattr(account.refresh().value, "curve")) == 3  # noqa: B009 - it may be None


def test_a_resume_that_cut_the_file_back_is_noticed_though_it_is_longer_again(path: Path, grow: Callable[[str], None]):
    grow(HEADER + rows(0, 100))
    account = GrowingAccount(path)
    account.refresh()
    os.truncate(path, len(HEADER + rows(0, 90)))
    grow(rows(90, 120, equity=99_000.5))

    view = account.refresh().value

    assert view is not None
    assert len(view.curve) == 120
    assert list(view.curve.equity[89:92]) == [100_006, 99_000.5, 99_000.5]
    assert view.thin.equity.min() == 99_000.5


def test_a_shorter_file_is_read_anew(path: Path, grow: Callable[[str], None]):
    grow(HEADER + rows(0, 100))
    account = GrowingAccount(path)
    account.refresh()
    os.truncate(path, len(HEADER + rows(0, 3)))

    view = account.refresh().value

    assert view is not None
    assert len(view.curve) == 3
    assert view.last["fees"] == "2.5"


def test_another_file_in_its_place_is_read_anew(path: Path, grow: Callable[[str], None]):
    grow(HEADER + rows(0, 100))
    account = GrowingAccount(path)
    account.refresh()
    other = path.with_name("other.csv")
    other.write_text(HEADER + rows(0, 200, equity=5.0))
    other.replace(path)

    view = account.refresh().value

    assert view is not None
    assert set(view.curve.equity) == {5.0}


def test_what_was_handed_out_never_changes(path: Path, grow: Callable[[str], None]):
    grow(HEADER + rows(0, 1_000))
    account = GrowingAccount(path)
    before = account.refresh().value
    assert before is not None
    copy = (before.curve.equity.copy(), before.thin.equity.copy(), dict(before.last))
    grow(rows(1_000, 5_000))
    account.refresh()
    os.truncate(path, len(HEADER))
    account.refresh()

    assert np.array_equal(before.curve.equity, copy[0])
    assert np.array_equal(before.thin.equity, copy[1])
    assert before.last == copy[2]
    with pytest.raises(ValueError, match="read-only"):
        before.curve.equity[0] = 1.0


@pytest.mark.parametrize(
    ("content", "state", "told"),
    [
        ("", "missing", "has not recorded its account yet"),
        (HEADER[:20], "missing", "has not recorded its account yet"),
        (HEADER, "missing", "has not recorded its account yet"),
        ("timestamp,cash\n2026-03-02T14:30:00Z,1\n", "damaged", "it has no column equity, drawdown"),
        ("equity,timestamp,drawdown\n1,2,3\n", "damaged", "its first column is not timestamp"),
        ("\x00\x01\x02" * 999 + "\n", "damaged", "it has no column"),
        (HEADER + "y" * (2 << 20), "damaged", "a row of more than a million bytes"),
        (HEADER + rows(0, 5) + "a,b\n" + rows(5, 9), "partial", "1 row of account.csv cannot be read"),
        (HEADER + rows(0, 5) + row(5).replace("100005", "many"), "partial", "1 row of account.csv cannot be read"),
        (HEADER + rows(0, 5) + row(5).replace("100005.00000000", "nan"), "partial", "1 row "),
        (HEADER + rows(0, 5) + row(5).replace("100005.00000000", ""), "partial", "1 row "),
    ],
)
def test_whatever_the_file_holds_is_told(path: Path, content: str, state: str, told: str):
    path.write_text(content)

    reading = GrowingAccount(path).refresh()

    assert reading.state == state
    assert told in reading.message
    assert reading.usable == (state == "partial")


def test_rows_that_cannot_be_read_are_left_out(path: Path):
    path.write_text(HEADER + rows(0, 5) + "when,1,2,3,4,5,6,7,8,9\n" + rows(5, 9))

    view = GrowingAccount(path).refresh().value

    assert view is not None
    assert len(view.curve) == 9


def test_a_file_that_comes_goes_and_comes_back(path: Path):
    account = GrowingAccount(path)
    assert account.refresh().state == "missing"
    path.write_text(HEADER + rows(0, 9))
    assert account.refresh().state == "ok"
    path.unlink()
    assert account.refresh().state == "missing"
    path.write_text(HEADER + rows(0, 2))
    assert len(getattr(account.refresh().value, "curve")) == 2  # noqa: B009 - it may be None


def test_a_folder_is_no_account(path: Path):
    path.mkdir()
    assert GrowingAccount(path).refresh().state == "damaged"


def test_a_file_that_must_not_be_read_shows_what_was_read_before(path: Path, grow: Callable[[str], None]):
    grow(HEADER + rows(0, 9))
    denied = mock.patch.object(Path, "open", side_effect=PermissionError(13, "Permission denied"))
    with denied:
        assert GrowingAccount(path).refresh() == Reading.damaged("account.csv cannot be read: Permission denied")

    account = GrowingAccount(path)
    account.refresh()
    grow(rows(9, 12))
    with denied:
        reading = account.refresh()

    assert reading.state == "partial"
    assert reading.value is not None
    assert len(reading.value.curve) == 9


def test_everybody_shares_what_was_read(path: Path, grow: Callable[[str], None]):
    grow(HEADER + rows(0, 9))

    assert account_of(path).value is account_of(path).value


@given(
    equity=st.lists(st.integers(-50, 50), min_size=1, max_size=4_000),
    cuts=st.lists(st.integers(0, 4_000), max_size=5),
)
@settings(max_examples=60)
def test_a_thinned_curve_keeps_every_extreme_and_does_not_depend_on_the_pieces(equity: list[int], cuts: list[int]):
    repeated = equity * (1 + 9_000 // len(equity)) if len(cuts) % 2 else equity
    values = np.array(repeated, dtype=np.float64)
    time = np.arange(len(values), dtype=np.int64)
    falls = np.maximum.accumulate(values) - values
    whole, pieces = Thinned(), Thinned()
    whole.add(time, values, falls)
    bounds = [0, *sorted(min(cut, len(values)) for cut in cuts), len(values)]
    for start, end in pairwise(bounds):
        pieces.add(time[start:end], values[start:end], falls[start:end])

    curve = whole.curve
    assert np.array_equal(curve.time, pieces.curve.time)
    assert len(curve) <= 2_000
    assert len(curve) == len(values) or len(values) > 2_000
    assert (curve.time[0], curve.time[-1]) == (time[0], time[-1])
    assert (curve.equity.min(), curve.equity.max()) == (values.min(), values.max())
    assert curve.drawdown.max() == falls.max()
