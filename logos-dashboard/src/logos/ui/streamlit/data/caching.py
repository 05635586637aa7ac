"""What was read before: by stamp, so that nothing is read twice, and the last good value, for when a file is hurt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

import attrs

from logos.ui.streamlit.data.faults import out_of_reach
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import Stamp, stamp_of

Value = TypeVar("Value")

MOST_KEPT = 64
"""How many values each store keeps; the one that was asked for longest ago goes first."""


class Kept(Generic[Value]):
    """A store of a bounded number of values, safe for the threads of several browser windows.

    Parameters
    ----------
    most:
        How many values it keeps.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> Value | None:
        """Return the value of a key, where it is still kept."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        """Drop the value of a key, where there is one."""
        with self._lock:
            self._values.pop(key, None)


class LastGood(Generic[Value]):
    """The last good reading by key: what a damaged one is shown instead of, with a warning.

    Parameters
    ----------
    most:
        How many readings it keeps.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._kept: Kept[Reading[Value]] = Kept(most)

    def of(self, key: Hashable, reading: Reading[Value]) -> Reading[Value]:
        """Return a reading, or the last good one of its key where this one is damaged.

        A missing file stays missing, and what was known of it is forgotten: another may come under its name.
        """
        if reading.state == "ok":
            self._kept.put(key, reading)
        elif reading.state == "missing":
            self._kept.forget(key)
        elif reading.state == "damaged":
            last = self._kept.get(key)
            if last is not None and last.value is not None:
                told = f"{reading.message}; what is shown was read before"
                return attrs.evolve(reading, value=last.value, state="partial", message=told, stamp=last.stamp)
        return reading


@attrs.frozen(eq=False)
class ByStamp(Generic[Value]):
    """Readings of files that are read again only when their stamp has changed.

    A damaged file shows the last good reading of it. What is handed out is shared by all who ask, so it must not be
    changed: tuples, frozen records, arrays that nobody writes to.

    Attributes
    ----------
    read:
        Reads one file; is given its path and its stamp.
    most:
        How many files' readings it keeps.
    """

    read: Callable[[Path, Stamp], Reading[Value]]
    most: int = MOST_KEPT
    _readings: Kept[Reading[Value]] = attrs.field(init=False)
    _good: LastGood[Value] = attrs.field(init=False)

    @_readings.default
    def _no_readings(self) -> Kept[Reading[Value]]:
        return Kept(self.most)

    @_good.default
    def _none_good(self) -> LastGood[Value]:
        return LastGood(self.most)

    def of(self, path: Path, *, missing: str = "", hint: str = "") -> Reading[Value]:
        """Return the reading of a file.

        Parameters
        ----------
        missing, hint:
            What to say where there is no such file.
        """
        stamp = stamp_of(path)
        if stamp is None:
            fault = out_of_reach(path)
            told = Reading[Value].damaged(f"{path.name} cannot be read: {fault}", hint)
            return self._good.of(path, told if fault else Reading.missing(missing or f"{path.name} is not there", hint))
        kept = self._readings.get(path)
        if kept is not None and kept.stamp == stamp:
            return kept
        reading = attrs.evolve(self.read(path, stamp), stamp=stamp)
        shown = self._good.of(path, reading)
        self._readings.put(path, attrs.evolve(shown, stamp=stamp))
        return shown
