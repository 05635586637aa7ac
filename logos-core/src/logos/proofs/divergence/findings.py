"""Everything that was found out about two runs, before one cause is named."""

from __future__ import annotations

import attrs

from logos.config.comparing import Change, config_changes
from logos.domain.times import parse_time, time_text
from logos.plugins.registry import Registry
from logos.proofs.divergence.accounts import AccountComparison, AccountDifference, compare_accounts
from logos.proofs.divergence.bar_comparison import BarComparison, BarDifference, compare_bars, compare_history
from logos.proofs.divergence.bars import Source, source_of
from logos.proofs.divergence.events import Equal, EventComparison, compare_events
from logos.proofs.divergence.inputs import Output, PartChange, part_changes, venue_changes
from logos.proofs.divergence.sides import Side


@attrs.frozen(kw_only=True)
class Findings:
    """What two runs were made of and what they did, over the time that both have.

    Attributes
    ----------
    first, last:
        Clocks of the first and the last slice that both can have.
    bars:
        ``None`` where they need no comparison, or where the bars of one run are gone.
    lost:
        Why bars could not be compared, a sentence for each run whose bars are gone.
    same_bars:
        Whether both runs are known to have had the same bars without a look at them: by their digest.
    venue:
        Where the rules of the venue differ, as both surveys have recorded them.
    revised:
        For the first bar that differs, what a venue made of it later: by the letter of the run that recorded it.
    """

    a: Side
    b: Side
    first: str
    last: str
    config: tuple[Change, ...]
    parts: tuple[PartChange, ...]
    venue: tuple[Change, ...]
    bars: BarComparison | None
    history: BarDifference | None
    lost: tuple[str, ...]
    same_bars: bool
    revised: tuple[str, ...]
    events: EventComparison
    accounts: AccountComparison

    @property
    def output(self) -> Output | None:
        """The first thing that the runs did otherwise: an event, or else the account after a slice."""
        event, account = self.events.difference, self.accounts.difference
        if event is None or account is None:
            return event or account
        return event if event.at <= account.at else account

    def equal(self, where: object) -> Equal:
        """Return the events that are equal before a difference."""
        before = isinstance(where, BarDifference | AccountDifference)
        return self.events.equal_before if before else self.events.equal

    @property
    def same_span(self) -> bool:
        """Whether both ran from one clock to one other, to the end of their data."""
        spans = {(side.first, side.last, side.status) for side in (self.a, self.b)}
        return len(spans) == 1 and self.a.status == "completed"

    @property
    def starts_differ(self) -> bool:
        """Whether one run had seen slices before the common part."""
        return self.a.first != self.b.first

    @property
    def earlier(self) -> Side:
        """The run that began first."""
        return min(self.a, self.b, key=lambda side: side.first)

    @property
    def later(self) -> Side:
        """The run that began last."""
        return max(self.a, self.b, key=lambda side: side.first)

    def opened(self, clock: str) -> str:
        """Return the open time of the bar that closed at a clock, or last before it."""
        at = parse_time(clock)
        return time_text((at - 1) // self.a.interval * self.a.interval)


def gather(a: Side, b: Side, registry: Registry, *, same_bars: bool = False) -> Findings:
    """Compare the inputs and the outputs of two runs over their common time.

    Parameters
    ----------
    same_bars:
        Whether one of them was run on the very bars of the other.
    """
    first, last = max(a.first, b.first), min(a.last, b.last)
    same_bars = same_bars or (a.polled == b.polled and a.data_digest == b.data_digest)
    bars, history = None, None
    lost: tuple[str, ...] = ()
    revised: tuple[str, ...] = ()
    if not same_bars:
        sources = (source_of(a, registry), source_of(b, registry))
        try:
            lost = tuple(f"{one.side.letter}: {one.lost}" for one in sources if one.lost)
            if not lost:
                bars = compare_bars(*sources, first, last)
                revised = _revised(bars.difference, sources)
            if a.polled and b.polled and a.first == b.first:
                history = compare_history(*sources)
        finally:
            for one in sources:
                one.close()
    accounts = AccountComparison()
    if a.first == b.first:  # else one account has a past that the other has not
        accounts = compare_accounts(a, b, first, last, before=_first_clock(history, bars, accounts))
    return Findings(
        a=a,
        b=b,
        first=first,
        last=last,
        config=tuple(config_changes(a.config, b.config)),
        parts=tuple(part_changes(a, b)),
        venue=tuple(venue_changes(a, b)),
        bars=bars,
        history=history,
        lost=lost,
        same_bars=same_bars,
        revised=revised,
        events=compare_events(a, b, first, last, before=_first_clock(history, bars, accounts)),
        accounts=accounts,
    )


def _first_clock(history: BarDifference | None, bars: BarComparison | None, accounts: AccountComparison) -> str:
    """Return the clock at which bars or accounts differ first; empty where they do not."""
    differences = [history, bars.difference if bars else None, bars.unfinished if bars else None]
    clocks = [difference.bar.clock for difference in differences if difference is not None]
    if accounts.difference is not None:
        clocks.append(accounts.difference.at)
    return min(clocks, default="")


def _revised(difference: BarDifference | None, sources: tuple[Source, Source]) -> tuple[str, ...]:
    """Return a sentence for each run that recorded a later correction of the bar that differs."""
    if difference is None:
        return ()
    bar, found = difference.bar, []
    for source, own in zip(sources, (difference.a, difference.b), strict=True):
        later = source.revision(bar.symbol, bar.opened) if own is not None else None
        if later is not None:
            value = attrs.evolve(difference, a=later).value(later) if difference.field else ""
            what = f"{difference.field} to {value}" if value else "it"
            found.append(f"{source.side.letter} acted upon it, and its venue corrected {what} at {later.clock}")
    return tuple(found)
