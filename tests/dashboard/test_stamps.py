"""Stamps tell one content of a file from another, and nothing where there is none."""

from __future__ import annotations

import os
from pathlib import Path

from logos.ui.streamlit.data.stamps import stamp_of


def test_a_file_that_was_not_written_to_keeps_its_stamp(tmp_path: Path):
    path = tmp_path / "metrics.json"
    path.write_text("{}")

    assert stamp_of(path) == stamp_of(path)


def test_the_stamp_changes_with_the_size_and_with_the_time_of_change(tmp_path: Path):
    path = tmp_path / "trades.csv"
    path.write_text("a\n")
    os.utime(path, ns=(1, 1_000))
    first = stamp_of(path)

    path.write_text("a\nb\n")
    os.utime(path, ns=(1, 1_000))
    longer = stamp_of(path)
    os.utime(path, ns=(1, 1_001))

    assert len({first, longer, stamp_of(path)}) == 3


def test_there_is_no_stamp_of_what_is_not_there_or_has_an_impossible_name(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "file").write_text("")

    for name in ("gone", "link", "file/below", "zero\0byte", "long" * 200):
        assert stamp_of(tmp_path / name) is None, name
