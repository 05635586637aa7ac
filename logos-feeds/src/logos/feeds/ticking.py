"""When a session's clock may tick: once a second, and not before the venue was asked for what closed meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from logos.context.clock import Clock
from logos.domain.bars import Slice
from logos.feeds.rules import Rules
from logos.session.polled import Delivery

GRACE = 2.0
"""Seconds of the session's clock beyond the time-out for which a silent venue holds up the first tick: time for a retry
that is answered at once."""

_LAST_LOOKS = 5
"""How many empty looks at the queue there are after a hold has run out: what is on its way still goes first."""


@attrs.frozen
class CaughtUp:
    """Stands in the queue behind everything that had closed when the polling began."""


class CatchUp:
    """Follows the first round of polls, from its begin until every symbol was answered and what came has gone.

    It is changed by the thread that polls, and asked by the one that hands over.

    Parameters
    ----------
    symbols:
        Those that are to be heard.
    """

    def __init__(self, symbols: Iterable[str], clock: Clock, rules: Rules) -> None:
        self._unheard = set(symbols)
        self._clock = clock
        self._silence = rules.timeout + GRACE
        self._until = clock.monotonic() + self._silence
        self._over = False
        self.began = clock.now()

    def heard(self) -> None:
        """Take note of a page: as long as pages come, the venue is not silent."""
        self._until = max(self._until, self._clock.monotonic() + self._silence)

    def answered(self, symbol: str) -> None:
        """Take note that a symbol has had its first round, whether it brought something or failed."""
        self._unheard.discard(symbol)

    def ends(self, waits_until: float | None) -> bool:
        """Return whether it has come to its end just now; ``True`` once.

        Parameters
        ----------
        waits_until:
            The elapsed time up to which a slice that had closed by then waits for a symbol; ``None`` where none does.
        """
        if waits_until is not None:
            self._until = max(self._until, waits_until + GRACE)
        if self._over or self._unheard or waits_until is not None:
            return False
        self._over = True
        return True

    @property
    def holds(self) -> bool:
        """Whether there is still something to wait for, as far as time goes."""
        return self._clock.monotonic() < self._until


class Ticks:
    """The ticks of a session's clock: at most one in each of its seconds, none while it stands or is put back.

    Parameters
    ----------
    after:
        The clock of the last bars that were taken.
    catch_up:
        What goes before the first tick; ``None`` where nothing can have closed yet.
    """

    def __init__(self, clock: Clock, after: int, catch_up: CatchUp | None) -> None:
        self._clock = clock
        self._catch_up = catch_up
        self._stands = after
        self._told = -1
        self._looks = 0

    def release(self) -> None:
        """Let ticks go from now on."""
        self._catch_up = None

    def due(self) -> Delivery | None:
        """Return the tick to hand over while nothing else comes; ``None`` where it is not time for one."""
        if self._catch_up is not None:
            self._looks = 0 if self._catch_up.holds else self._looks + 1
            if self._looks < _LAST_LOOKS:
                return None
            self.release()
        now = self._clock.now()
        return Delivery(slice=Slice(now, ())) if now > max(self._stands, self._told) else None

    def handed_over(self, delivery: Delivery) -> None:
        """Take note of what the session was handed."""
        self._stands = delivery.slice.clock
        self._told = self._clock.now()
