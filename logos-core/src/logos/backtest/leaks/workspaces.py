"""Workspaces of their own for runs: everything is where it was, but the bar files are written anew.

So whatever a part reads, through the feed or by the side, it reads the altered bars; and what it writes beside them
stays with its run. For as long as a workspace is open, it is the process's current folder and ``LOGOS_HOME`` too, where
the real one is.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path, PurePosixPath

import attrs

from logos import paths
from logos.backtest.leaks.altering import Alteration, altered_slices
from logos.backtest.leaks.running import Change
from logos.backtest.leaks.sheets import BarFile, Sheet, Stretch, read_sheet
from logos.config.records import SessionConfig
from logos.context.environment import workspace_moved
from logos.data.bar_files import FORMS, interval_spellings
from logos.data.fixtures import bundled_path
from logos.data.replay_config import BUNDLED
from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass
from logos.domain.times import parse_interval

OTHER_BYTES = 8_000_000
"""Bar files of symbols that the config does not trade are altered too, while they are no larger than this together."""
OTHER_ROWS = 200_000
"""How many rows are looked at in a bar file that the feed does not read."""


@attrs.frozen(kw_only=True)
class Place:
    """Where a run finds what it reads.

    Attributes
    ----------
    config:
        The config to run there.
    change:
        What to do to the feed's slices, where its bars do not come from files.
    """

    config: SessionConfig
    workspace: Path
    change: Change | None = None


class Workspaces:
    """Makes workspaces for the runs of one config.

    Parameters
    ----------
    workspace:
        Where relative paths of the config start from. Nothing is written there.
    scratch:
        An empty folder for the workspaces.
    most:
        How many bars are looked at, over all symbols.
    before:
        How many bars of each symbol before the config's ``backtest.start`` are kept.

    Attributes
    ----------
    end:
        Slices that open then or later are not looked at; ``None`` where all are.
    cut_short:
        Whether there are more bars than are looked at.
    in_files:
        Whether the bars come from files, so that what parts read by themselves is altered too.
    untouched:
        Bar files that were too large to be altered, from the cache folder on.
    """

    def __init__(self, config: SessionConfig, workspace: Path, scratch: Path, *, most: int, before: int) -> None:
        self._config = config
        self._workspace = workspace.absolute()
        self._scratch = scratch
        self._numbers = itertools.count(1)
        self.untouched: tuple[str, ...] = ()
        self.cut_short = False
        self.end = None if config.backtest is None else config.backtest.end
        self._most, self._before = most // max(1, len(config.symbols)), before
        self._path, self._cache = _cache_of(config, self._workspace)
        self._sheets = {} if self._cache is None else self._read(self._cache)
        self.in_files = bool(self._sheets)
        self._is_here = Path.cwd() == self._workspace
        self._is_home = paths.workspace() == self._workspace
        self._present = sorted(entry.name for entry in self._workspace.iterdir()) if self.in_files else []

    @contextmanager
    def open(self, alteration: Alteration) -> Iterator[Place]:
        """Make a workspace in which the bars are altered, for as long as the context lasts."""
        if not self.in_files:
            change = partial(altered_slices, alteration=alteration, interval=self._config.interval)
            yield Place(config=self._config, workspace=self._workspace, change=change)
            return
        folder = self._scratch / str(next(self._numbers))
        folder.mkdir()
        try:
            place = self._laid_out(folder, alteration)
            with workspace_moved(place.workspace, is_home=self._is_home, is_here=self._is_here):
                yield place
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _laid_out(self, folder: Path, alteration: Alteration) -> Place:
        config, cache, steps = self._config, folder / "workspace", self._steps()
        root, real = cache, self._workspace
        root.mkdir()
        _link_others(real, cache, self._present, steps[0] if steps else "")
        for depth, step in enumerate(steps):
            cache, real = cache / step, real / step
            cache.mkdir()
            if depth + 1 < len(steps):
                _link_others(real, cache, sorted(entry.name for entry in real.iterdir()), steps[depth + 1])
        if not steps:
            cache = folder / "cache"
            cache.mkdir()
            feed = attrs.evolve(config.feed, config=attrs.evolve(config.feed.config, path=str(cache)))
            resolved = {**config.resolved, "feed": {**config.resolved["feed"], "path": str(cache)}}
            config = attrs.evolve(config, feed=feed, resolved=resolved)
        self._fill(cache, alteration)
        return Place(config=config, workspace=root)

    def _steps(self) -> tuple[str, ...]:
        """Return the folders that lead from the workspace to the cache; none where it lies elsewhere."""
        steps = PurePosixPath(self._path).parts
        inside = self._path != BUNDLED and not PurePosixPath(self._path).is_absolute() and ".." not in steps
        return steps if inside else ()

    def _fill(self, cache: Path, alteration: Alteration) -> None:
        assert self._cache is not None  # there are sheets
        for entry in sorted(self._cache.iterdir()):
            if not entry.is_dir() or entry.name not in set(AssetClass):
                _link(entry, cache / entry.name)
                continue
            (cache / entry.name).mkdir()
            for file in sorted(entry.iterdir()):
                target = cache / entry.name / file.name
                sheet = self._sheets.get(f"{entry.name}/{file.name}")
                if sheet is None:
                    _link(file, target)
                else:
                    sheet.write(target, alteration)

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self, cache: Path) -> dict[str, Sheet]:
        """Read the files that the feed reads, then, as far as those are looked at, all others."""
        files = list(_bar_files(cache))
        fed = {id(file) for file in files if self._is_fed(file, files)}
        start = None if self._config.backtest is None else self._config.backtest.start
        found: dict[str, Sheet] = {}
        for file in files:
            if id(file) in fed:
                most = self._most * max(1, self._config.interval // file.interval)
                stretch = Stretch(start=start, end=self.end, before=self._before, most=most)
                self._keep(found, file, stretch)
        self.cut_short = any(sheet.goes_on for sheet in found.values())
        self.end = min(self._ends(found), default=self.end)
        if self.end is not None:
            for sheet in found.values():
                sheet.end_at(self.end)
        self._read_others([file for file in files if id(file) not in fed], found)
        return found

    def _is_fed(self, file: BarFile, files: list[BarFile]) -> bool:
        """Return whether a feed reads a file: one of the interval, or finer ones where a symbol has none."""
        if file.symbol not in self._config.symbols:
            return False
        intervals = {other.interval for other in files if other.symbol == file.symbol}
        interval = self._config.interval
        return file.interval == interval if interval in intervals else file.interval < interval

    def _ends(self, found: dict[str, Sheet]) -> Iterator[int]:
        for sheet in found.values():
            opens = [opened for opened in sheet.opens if opened is not None]
            if sheet.goes_on and opens:
                end = max(opens) + sheet.interval
                yield end - end % self._config.interval

    def _read_others(self, files: list[BarFile], found: dict[str, Sheet]) -> None:
        """Read the other files of the config's symbols, and those of other symbols while they are small."""
        room = OTHER_BYTES
        untouched = []
        for file in files:
            most = OTHER_ROWS
            if file.symbol not in self._config.symbols:
                room -= file.path.stat().st_size
                most = OTHER_ROWS if room >= 0 else 0
            if not most or not self._keep(found, file, Stretch(end=self.end, most=most)):
                untouched.append(file.name)
        self.untouched = tuple(sorted(untouched))

    def _keep(self, found: dict[str, Sheet], file: BarFile, stretch: Stretch) -> bool:
        sheet = self._sheet(file, stretch)
        if sheet is not None:
            found[file.name] = sheet
        return sheet is not None

    def _sheet(self, file: BarFile, stretch: Stretch) -> Sheet | None:
        instrument = self._config.known_instruments.get(file.symbol)
        return read_sheet(file, tick=Decimal("0.01") if instrument is None else instrument.tick, stretch=stretch)


def _cache_of(config: SessionConfig, workspace: Path) -> tuple[str, Path | None]:
    """Return the feed's path as its config has it, and the folder that it names, if it names one."""
    path = getattr(config.feed.config, "path", None)
    if not isinstance(path, str) or not path:
        return "", None
    folder = bundled_path() if path == BUNDLED else workspace / path
    return path, folder if isinstance(folder, Path) and folder.is_dir() else None


def _bar_files(cache: Path) -> Iterator[BarFile]:
    """Yield every bar file of a cache, in name order."""
    for asset_class in sorted(AssetClass):
        folder = cache / asset_class.value
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            form = next((form for form in sorted(FORMS, key=len, reverse=True) if path.name.endswith(form)), None)
            if form is None or not path.is_file():
                continue
            symbol, dash, text = path.name.removesuffix(form).rpartition("-")
            interval = _interval(text)
            if dash and interval is not None:
                name = f"{asset_class.value}/{path.name}"
                yield BarFile(path=path, name=name, symbol=symbol, interval=interval)


def _interval(text: str) -> int | None:
    try:
        seconds = parse_interval(text)
    except InputError:
        return None
    return seconds if text in interval_spellings(seconds) else None


def _link_others(real: Path, folder: Path, names: list[str], but: str) -> None:
    for name in names:
        if name != but:
            _link(real / name, folder / name)


def _link(real: Path, link: Path) -> None:
    """Put a link to a file or a folder; a copy where the system has no links."""
    try:
        link.symlink_to(real, target_is_directory=real.is_dir())
    except OSError:
        if real.is_dir():
            shutil.copytree(real, link)
        else:
            shutil.copy2(real, link)
