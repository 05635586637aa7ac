"""Keeps a session awake while a polled feed is silent, or hangs in a poll."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator

import attrs

from logos.domain.bars import Slice
from logos.domain.errors import LogosError, PartFailedError
from logos.session.polled import Delivery

PATIENCE = 0.2
"""Seconds to wait for the next slice before looking around."""

Items = Iterator[Delivery | Slice]
"""What a polled feed hands over."""

Pumping = Callable[[Items], Iterable[Delivery | Slice | None]]
"""Hands on what a feed hands over, and ``None`` each time that it has been silent for a while."""

_AHEAD = 64
_END = object()


class Pump:
    """Takes what a polled feed hands over in a thread of its own.

    Parameters
    ----------
    slices:
        The feed's deliveries or slices. They are handed on in their order; nothing is dropped.
    """

    def __init__(self, slices: Items) -> None:
        self._slices = slices
        self._queue: queue.Queue[object] = queue.Queue(maxsize=_AHEAD)
        threading.Thread(target=self._fetch, name="feed", daemon=True).start()

    def __iter__(self) -> Iterator[Delivery | Slice | None]:
        """Yield each of them, and ``None`` each time that none has come for a while.

        Raises
        ------
        LogosError
            What the feed raised; ``PartFailedError`` for anything that is not of this tree.
        """
        while True:
            try:
                item = self._queue.get(timeout=PATIENCE)
            except queue.Empty:
                yield None
                continue
            if isinstance(item, Delivery | Slice):
                yield item
            elif item is _END:
                return
            elif isinstance(item, LogosError):
                raise item
            elif isinstance(item, _Failure):
                raise PartFailedError.of("the feed", item.error) from item.error
            else:
                raise PartFailedError.of("the feed", TypeError(f"it yielded {item!r} instead of a slice"))

    def _fetch(self) -> None:
        end: object = _END
        try:
            for bars in self._slices:
                self._queue.put(bars)
        except LogosError as error:
            end = error
        except BaseException as error:  # noqa: BLE001 -- handed on, and raised where the session runs
            end = _Failure(error)
        self._queue.put(end)


@attrs.frozen
class _Failure:
    """What ended the feed's thread."""

    error: BaseException
