"""Which files a path means, and what their names tell: ``<asset_class>/<symbol>-<interval>.csv[.gz]`` or Parquet."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import attrs

from logos.data.bar_files import FORMS
from logos.data.fixtures import bundled_path
from logos.data.replay_config import BUNDLED
from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass
from logos.domain.times import parse_interval
from logos.paths import cache_dir

_NAMED = re.compile(r"(?P<symbol>.+?)-(?P<interval>[1-9][0-9]*[mhd])(?:-.*)?", re.ASCII)


@attrs.frozen(kw_only=True)
class Place:
    """A bar file, and what its path tells.

    Attributes
    ----------
    path:
        Where it is.
    name:
        How reports call it.
    symbol:
        The name up to the interval; the whole stem where there is none.
    asset_class:
        By the folder it lies in; ``None`` where that is none.
    interval:
        Length of a bar in seconds; ``None`` where the name has none.
    form:
        ``csv``, ``csv.gz`` or ``parquet``.
    """

    path: Path
    name: str
    symbol: str
    asset_class: AssetClass | None
    interval: int | None
    form: str


@attrs.frozen(kw_only=True)
class Cache:
    """A cache folder.

    Attributes
    ----------
    path:
        Where it is.
    name:
        How reports call it.
    """

    path: Path
    name: str


def cache_named(name: str, root: Path) -> Cache:
    """Return the cache that a word means: empty for that of the workspace, ``bundled``, or a folder.

    Raises
    ------
    InputError
        Where there is no such folder.
    """
    if name == BUNDLED:
        return Cache(path=bundled_path(), name=BUNDLED)
    path = _located(name, root) if name else cache_dir(root)
    if name and not path.is_dir():
        raise (
            _not_there(name, "folder")
            if not path.exists()
            else InputError(f"{name} is a file, and must be a folder", hint=f"To look into it: logos data check {name}")
        )
    return Cache(path=path, name=name or path.relative_to(root).as_posix())


def files_in(cache: Cache) -> list[Place]:
    """Return the bar files of a cache and of its folders, in the order of their names."""
    return [
        place_of(path, f"{cache.name}/{path.relative_to(cache.path).as_posix()}") for path in _bar_files(cache.path)
    ]


def files_named(names: Sequence[str], root: Path) -> list[Place]:
    """Return the bar files that the words of a command mean, each once, in the order given.

    Parameters
    ----------
    names:
        Files, folders or ``bundled``; where there is none, the cache of the workspace and the bundled bars.
    root:
        The workspace.

    Raises
    ------
    InputError
        Where one does not exist, or is no bar file by its name.
    """
    found: dict[Path, Place] = {}
    for name in names or ("", BUNDLED):
        path = _located(name, root) if name and name != BUNDLED else None
        is_file = path is not None and not path.is_dir()
        places = [_file(cast("Path", path), name)] if is_file else files_in(cache_named(name, root))
        for place in places:
            found.setdefault(place.path.absolute(), place)
    return list(found.values())


def place_of(path: Path, name: str) -> Place:
    """Return what a path tells about its file."""
    form = next((form for form in sorted(FORMS, key=len, reverse=True) if path.name.endswith(form)), "")
    stem = path.name.removesuffix(form)
    named = _NAMED.fullmatch(stem)
    symbol, interval = stem, None
    if named:
        symbol, interval = named["symbol"], _interval(named["interval"])
    folder = path.absolute().parent.name.partition("_")[0]  # as in forex_quotes
    asset_class = AssetClass(folder) if folder in set(AssetClass) else None
    return Place(
        path=path, name=name, symbol=symbol, asset_class=asset_class, interval=interval, form=form.removeprefix(".")
    )


def _interval(text: str) -> int | None:
    try:
        return parse_interval(text)
    except InputError:
        return None


def _located(name: str, root: Path) -> Path:
    """Return a path as it stands, or in the workspace where it leads nowhere from the current folder."""
    path = Path(name).expanduser()
    return path if path.exists() or path.is_absolute() else root / path


def _file(path: Path, name: str) -> Place:
    if not path.exists():
        raise _not_there(name, "file or folder")
    if not path.name.endswith(FORMS):
        raise InputError(
            f"{name} is no bar file by its name", hint=f"Call it {', '.join(FORMS)}, or name a folder of such files"
        )
    return place_of(path, name)


def _not_there(name: str, what: str) -> InputError:
    return InputError(
        f"there is no {what} {name}",
        hint="Name one that exists; without a path, the cache of the workspace is meant",
    )


def _bar_files(folder: Path) -> Iterator[Path]:
    """Yield the bar files below a folder in the order of their names; hidden ones are nobody's bars."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        here = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    for entry in here:
        if entry.is_dir(follow_symlinks=False):
            yield from _bar_files(Path(entry.path))
        elif entry.name.endswith(FORMS) and entry.is_file():
            yield Path(entry.path)
