"""The lines of a text file before its rows."""

from __future__ import annotations

from logos.data.bar_rows import shown
from logos.data.importing.formats import known_formats
from logos.data.importing.headers import Columns, columns_of, has_header, quote_places, simplified, split_header
from logos.data.printable import is_text, printable
from logos.domain.errors import InputError


class TextHeader:
    """The first lines of a text, before its rows.

    Attributes
    ----------
    lines:
        How many lines stand before the first row.
    quotes:
        The places of time, bid and ask prices where the columns are those of quotes; empty where they are not.
    """

    def __init__(self, name: str, head: bytes) -> None:
        self._name = name
        lines = head.decode("utf-8-sig", errors="replace").splitlines()
        self.names = split_header(lines[0])
        self.quotes = quote_places(self.names)
        if not self.quotes and not has_header(self.names):
            if is_text(head):
                found = f"has no header of bars: its first line is '{shown(printable(lines[0]))}'"
            else:
                found = f"is none of the formats: it is no UTF-8 text, and begins with the bytes {head[:8].hex(' ')}"
            raise InputError(f"{name} {found}", hint=known_formats())
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

    def time_text(self, place: int) -> str:
        """Return the time of the first row, given the place of its column; empty where there is no row."""
        return self.first_row[place] if place < len(self.first_row) else ""
