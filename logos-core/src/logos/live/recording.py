"""Writes ``bars.csv``: what reaches a polled session from outside, before the session acts upon it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts.schemas import BARS_FILE
from logos.context.parts import Log
from logos.data.bar_digest import bar_digest
from logos.domain.bars import Bar, Slice
from logos.domain.errors import IntegrityError, PartFailedError
from logos.domain.instruments import Instrument
from logos.domain.times import time_text
from logos.live.appending import Appender
from logos.live.disk import Disk
from logos.live.journal import Journal
from logos.live.record_rows import Group, delivery_group, end_group
from logos.live.taken import Taken
from logos.session.polled import Delivery, Origin, Revision
from logos.session.seats import SymbolReport

_GROUP_BYTES = 65_536
"""How much of ticks may wait to be handed to the operating system; the runner sees to it that none waits long."""


@attrs.define(kw_only=True)
class Recorded:
    """What a session's ``bars.csv`` holds when the session is opened.

    Attributes
    ----------
    taken:
        What the session has acted upon by its snapshot.
    tail:
        What was recorded behind the snapshot, to be taken again.
    length:
        Bytes of the file, without a torn end.
    reports:
        What the feed reported when the session began.
    """

    taken: Taken
    tail: Sequence[Group] = ()
    length: int
    reports: Sequence[SymbolReport]


class Recording:
    """A session's ``bars.csv``, open.

    Parameters
    ----------
    recorded:
        What it holds already.
    source:
        Where bars come from that a feed hands over without saying so.
    now:
        Gives the wall time.
    journal, log:
        Hear of each revision.
    """

    def __init__(  # noqa: PLR0913 -- each is one thing that a record needs
        self,
        *,
        disk: Disk,
        folder: Path,
        interval: int,
        instruments: Mapping[str, Instrument],
        recorded: Recorded,
        source: str,
        now: Callable[[], int],
        journal: Journal,
        log: Log,
    ) -> None:
        self._file = Appender(disk, folder / BARS_FILE, recorded.length)
        self._interval = interval
        self._instruments = instruments
        self._source = source
        self._now = now
        self._journal = journal
        self._log = log
        self._tail = deque(recorded.tail)
        self._waiting = 0
        self._reports = recorded.reports
        self._ended = False
        self.taken = recorded.taken

    @property
    def replaying(self) -> bool:
        """Whether something that was recorded before waits to be taken again."""
        return bool(self._tail)

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be taken: the session had ended before it was interrupted."""
        return self._ended

    def again(self) -> Iterator[Group]:
        """Yield what was recorded behind the snapshot, each as it is taken again."""
        while self._tail:
            group = self._tail.popleft()
            self._take(group)
            if group.ends:
                self._ended = True
                return
            yield group

    def accept(self, item: Delivery | Slice, kill: str) -> Slice:
        """Record what a feed has handed over, and return the slice to act upon.

        Parameters
        ----------
        kill:
            Why the session will halt at it; empty where it will not.

        Raises
        ------
        PartFailedError
            Where the feed hands over what no session can take: it must not be recorded, or no resume could get past it.
        """
        delivery = item if isinstance(item, Delivery) else self._delivery(item)
        self._check(delivery)
        group = delivery_group(delivery, kill, self._interval)
        self._file.add(group.raw)
        if delivery.slice.bars or delivery.revisions or kill:
            self.sync()
        else:
            self._waiting += len(group.raw)
            if self._waiting >= _GROUP_BYTES:
                self.flush()
        self._take(group)
        return delivery.slice

    def end(self, clock: int) -> None:
        """Record that the session takes nothing more, unless that was recorded before.

        Raises
        ------
        IntegrityError
            Where it had taken more before it was interrupted: a part of it decides otherwise each time.
        """
        if self._ended:
            return
        self._ended = True
        group = end_group(clock)
        if self._tail:
            before = self._tail.popleft()
            if before != group:
                raise IntegrityError(
                    f"the session stops at {time_text(clock)}, and had gone on there by {BARS_FILE}",
                    hint="A strategy or a guard does not decide the same from the same bars: logos strategies check",
                )
        else:
            self._file.add(group.raw)
            self.sync()
        self._take(group)

    def flush(self) -> None:
        """Hand everything collected to the operating system."""
        self._file.flush()
        self._waiting = 0

    def sync(self) -> None:
        """Hand everything over, and wait until it would survive a power cut."""
        self._file.sync()
        self._waiting = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def state(self) -> dict[str, Any]:
        """Return what the snapshot says of the record."""
        return {**self.taken.counts(), "reports": [attrs.asdict(report) for report in self._reports]}

    def reports(self) -> tuple[SymbolReport, ...]:
        """Return what is known of each symbol's bars."""
        return self.taken.reports(self._reports)

    def _take(self, group: Group) -> None:
        self.taken.add(group)
        if group.delivery is not None:
            for revision in group.delivery.revisions:
                values = revision_values(revision, self._interval)
                self._journal.append(group.delivery.slice.clock, "bar_revised", values)
                told = {name: values[name] for name in ("symbol", "delivered", "revised", "source")}
                self._log.info("bar_revised", bar=values["timestamp"], **told)

    def _check(self, delivery: Delivery) -> None:
        bars, before = delivery.slice.bars, self.taken.clock
        fault = ""
        if len(delivery.origins) != len(bars):
            fault = f"{len(delivery.origins)} origins for {len(bars)} bars"
        elif bars and before is not None and delivery.slice.clock <= before:
            fault = f"a slice that closes at {time_text(delivery.slice.clock)} after one at {time_text(before)}"
        else:
            known = self._instruments
            revised = (one for revision in delivery.revisions for one in (revision.delivered, revision.revised))
            strange = [bar.symbol for bar in (*bars, *revised) if known.get(bar.symbol) is not bar.instrument]
            fault = f"a bar of {strange[0]}, which is no instrument of the session" if strange else ""
        if fault:
            raise PartFailedError.of("the feed", ValueError(fault))

    def _delivery(self, bars: Slice) -> Delivery:
        origin = Origin(source=self._source, fetched_at=self._now())
        return Delivery(slice=bars, origins=(origin,) * len(bars.bars))


def revision_values(revision: Revision, interval: int) -> dict[str, Any]:
    """Return a revision as the journal tells it."""
    delivered, revised = revision.delivered, revision.revised
    return {
        "symbol": revised.symbol,
        "timestamp": time_text(revised.timestamp),
        "delivered": _texts(delivered),
        "revised": _texts(revised),
        "source": revision.origin.source,
        "fetched_at": time_text(revision.origin.fetched_at),
        "delivered_sha256": bar_digest(delivered, interval),
        "revised_sha256": bar_digest(revised, interval),
    }


def _texts(bar: Bar) -> dict[str, str]:
    prices = {name: bar.instrument.price_text(getattr(bar, name)) for name in ("open", "high", "low", "close")}
    return prices | {"volume": bar.instrument.quantity_text(bar.volume)}
