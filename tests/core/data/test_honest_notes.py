"""What is odd about a file without being wrong is told."""

from __future__ import annotations

from logos.data.bar_files import BarFile


def bar_file(folder, content):
    path = folder / "AAA-1m.csv"
    path.write_bytes(content)
    return BarFile(path=path, name=path.name)


def test_file_whose_last_row_may_have_been_cut_off_is_noticed(tmp_path):
    assert bar_file(tmp_path, b"timestamp\n2024-01-01T00:00:00Z").ends_within_a_line()


def test_file_that_ends_with_a_line_end_is_whole(tmp_path):
    assert not bar_file(tmp_path, b"timestamp\n2024-01-01T00:00:00Z\n").ends_within_a_line()
    assert not bar_file(tmp_path, b"").ends_within_a_line()
