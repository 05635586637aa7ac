"""The lines of a text file before its rows."""

from __future__ import annotations

from logos.data.bar_rows import shown
from logos.data.importing.formats import known_formats
from logos.data.importing.headers import Columns, columns_of, has_header, simplified, split_header
from logos.domain.errors import InputError


class TextHeader:
    """The first lines of a text, before its rows.

    Attributes
    ----------
    lines:
        How many lines stand before the first row.
    """

    def __init__(self, name: str, head: bytes) -> None:
        self._name = name
        lines = head.decode("utf-8-sig", errors="replace").splitlines()
        self.names = split_header(lines[0])
        if not has_header(self.names):
            raise InputError(
                f"{name} has no header of bars: its first line is {shown(lines[0])!r}", hint=known_formats()
            )
        self.lines = 1
        self.tickers: list[str] = []
        if len(lines) > 2 and simplified(self.names[0]) == "price":
            self.tickers = split_header(lines[1])
            self.lines = 3
        rows = [line for line in lines[self.lines : self.lines + 2] if line.strip()]
        self.first_row = split_header(rows[0]) if rows else []

    def columns(self, symbol: str) -> Columns:
        """Return where the columns of a symbol stand."""
        return columns_of(self.names, self._name, self.tickers, symbol)

    def time_text(self, columns: Columns) -> str:
        """Return the time of the first row; empty where there is no row."""
        place = columns.positions[0]
        return self.first_row[place] if place < len(self.first_row) else ""
