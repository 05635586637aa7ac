"""Finds out what a file is, by its first bytes and its name."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from logos.data.importing.formats import AUTO, FEATHER, FORMATS, JSON, MEANT, PARQUET, TEXT, ZIP, known_formats
from logos.data.importing.headers import columns_of, simplified
from logos.data.importing.lean import LeanFile, look_into
from logos.data.importing.text_header import TextHeader
from logos.domain.errors import DataError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD_BYTES = 65_536
_MAGIC_BYTES = 32
_MOST_SYMBOL = 32
_NAMED = re.compile(
    r"(?P<symbol>[A-Za-z0-9][A-Za-z0-9._-]*?)-(?P<interval>[0-9]+[mhd])(?:-\w+)?"
    r"\.(?:csv|csv\.gz|parquet|feather|json|json\.gz)"
)
_ASSET_CLASSES = ("equity", "crypto", "forex")


@attrs.frozen(kw_only=True)
class Source:
    """One file, and what it says about itself.

    Attributes
    ----------
    name:
        How reports call it: the path as the user wrote it.
    format:
        One of `FORMATS`.
    symbol, interval, asset_class:
        What name and place say; empty where they do not.
    ignored:
        Columns that become nothing.
    quotes:
        Whether its rows are bid and ask bars, of which the middles are taken.
    kind:
        What its bytes are.
    gzipped:
        Whether they are compressed.
    lean:
        What a zip holds.
    """

    path: Path
    name: str
    format: str
    symbol: str = ""
    interval: str = ""
    asset_class: str = ""
    ignored: tuple[str, ...] = ()
    quotes: bool = False
    kind: str = TEXT
    gzipped: bool = False
    lean: LeanFile | None = None

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self.path.stat().st_size


def find_sources(paths: Sequence[Path], named: str) -> tuple[list[Source], list[str]]:
    """Look at files and folders without reading them whole.

    Parameters
    ----------
    named:
        One of `FORMATS`, or ``auto``.

    Returns
    -------
    The sources in the order of the paths, those of a folder by name; and sentences about what was left out.

    Raises
    ------
    InputError
        Where a path leads nowhere, or to something that is none of the formats.
    DataError
        Where a file is damaged.
    """
    if named != AUTO and named not in FORMATS:
        raise InputError(f"there is no format {named!r}", hint=known_formats())
    found: list[Source] = []
    notes: list[str] = []
    for path in paths:
        if path.is_dir():
            found += _in_folder(path, named, notes)
        else:
            found.append(_source(path, named))
    return found, notes


def _in_folder(folder: Path, named: str, notes: list[str]) -> list[Source]:
    zips = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".zip")
    if named not in {AUTO, "lean"} or not zips:
        raise InputError(
            f"{folder} is a folder, and holds no zip of LEAN" if not zips else f"{folder} is a folder",
            hint="Name the files in it. A folder is read where it holds LEAN's zips of one symbol",
        )
    trades = [path for path in zips if not re.search(r"_(quote|openinterest)\.zip$", path.name, re.IGNORECASE)]
    wanted = trades or [path for path in zips if not path.name.lower().endswith("_openinterest.zip")]
    if len(wanted) < len(zips):
        left = len(zips) - len(wanted)
        zips_left = (
            "1 zip of quotes or open interest was" if left == 1 else f"{left:,} zips of quotes or open interest were"
        )
        notes.append(f"{folder}: {zips_left} left out: the trades are there.")
    return [_source(path, named) for path in wanted]


def _source(path: Path, named: str) -> Source:
    head, gzipped = head_of(path)
    kind = _kind(path, head)
    allowed = MEANT[kind]
    if named != AUTO and named not in allowed:
        raise InputError(
            f"{path} is {kind}, and no file of the format {named}", hint=f"Leave out --format. {known_formats()}"
        )
    match = _NAMED.fullmatch(path.name)
    symbol = match["symbol"] if match and len(match["symbol"]) <= _MOST_SYMBOL else ""
    parent = path.absolute().parent.name.partition("_")[0]  # as in forex_quotes
    source = Source(
        path=path,
        name=str(path),
        format=named if named != AUTO else allowed[0],
        symbol=symbol,
        interval=match["interval"] if match else "",
        asset_class=parent if parent in _ASSET_CLASSES else "",
        kind=kind,
        gzipped=gzipped,
    )
    if kind == ZIP:
        lean = look_into(path, str(path))
        return attrs.evolve(source, lean=lean, symbol=lean.symbol, interval=lean.interval, asset_class=lean.asset_class)
    if kind == TEXT:
        return _text_source(source, head)
    if kind in {FEATHER, PARQUET}:
        from logos.data.importing.arrow_tables import feather_schema, parquet_schema  # noqa: PLC0415 -- not for text

        schema = (feather_schema if kind == FEATHER else parquet_schema)(path)
        source = attrs.evolve(source, ignored=columns_of(schema.names, source.name).ignored)
    if kind != PARQUET and "_" in symbol:
        pair = symbol.split("_")
        return attrs.evolve(source, format="freqtrade", symbol="-".join(pair[:2]), asset_class="crypto")
    return source


def head_of(path: Path) -> tuple[bytes, bool]:
    """Return the first bytes of a file, unpacked, and whether it was gzipped."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", hint="Check the path; it starts at the current folder") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}", hint="Check the path") from error
    if not head.startswith(b"\x1f\x8b"):
        return head, False
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _HEAD_BYTES), True
    except zlib.error as error:
        raise DataError(f"{path} is no whole gzip: {error}", hint="Download it again") from error


def _kind(path: Path, head: bytes) -> str:
    if not head.strip():
        raise InputError(f"{path} is empty", hint=known_formats())
    for magic, kind in ((b"PK", ZIP), (b"ARROW1", FEATHER), (b"PAR1", PARQUET)):
        if head.startswith(magic):
            return kind
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path} is UTF-16 text", hint="Save it as UTF-8")
    if b"\0" in head[:_MAGIC_BYTES]:
        raise InputError(
            f"{path} is none of the formats: it begins with the bytes {head[:8].hex(' ')}", hint=known_formats()
        )
    return JSON if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"[", b"{"} else TEXT


def _text_source(source: Source, head: bytes) -> Source:
    header = TextHeader(source.name, head)
    if header.quotes:
        return attrs.evolve(source, quotes=True)
    names = [simplified(name) for name in header.names]
    is_yahoo = names[0] in {"date", "datetime", "price"} and header.names[0] != names[0]
    return attrs.evolve(
        source,
        format="yahoo" if is_yahoo and source.format == "csv" else source.format,
        ignored=header.columns("").ignored if not header.tickers else (),
    )
