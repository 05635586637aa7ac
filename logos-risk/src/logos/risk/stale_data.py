"""The guard ``stale_data``: halts when bars stop coming although the market is open."""

from __future__ import annotations

from logos.context.parts import PartContext
from logos.domain.errors import InputError
from logos.domain.instruments import AssetClass
from logos.domain.times import parse_duration, time_text
from logos.risk.config import StaleDataConfig
from logos.session.seats import Envelope, Guard, QuietSpan, SessionView


class StaleData(Guard):
    """Halts on stale data.

    A symbol is stale when its market is open, it has no bar in this slice, and its age exceeds the limit. The age
    counts from the later of two times: its last bar's close (before the first bar: the session's first slice), and
    its market's latest opening.

    Parameters
    ----------
    after:
        The limit as the config gave it, such as ``5m``.
    any_symbol:
        Halt when one symbol is stale. Otherwise when no symbol has a bar in this slice and every symbol whose market
        is open is stale, which a replayed slice never is.
    """

    def __init__(self, after: str, *, any_symbol: bool) -> None:
        self._after = after
        self._seconds = parse_duration(after)
        self._any = any_symbol

    def inspect(self, session: SessionView) -> str | None:
        """Return which symbols are stale, where that halts; ``None`` to go on."""
        bars = session.bars
        if bars and (not self._any or len(bars) == len(session.symbols)):
            return None
        stale = self._stale_symbols(session)
        if not stale:
            return None
        return (
            f"no bar for longer than {self._after}: {', '.join(stale)}; check the feed, then resume with --clear-halt"
        )

    def first_to_inspect(self, span: QuietSpan) -> int:
        """Return the span's length, since a slice with bars is not stale; 0 where each symbol counts and one lacks."""
        return len(span) if span.full or not self._any else 0

    def envelope(self) -> Envelope | None:
        """Return that there is no limit, since a slice of a backtest has a bar; ``None`` where each symbol counts."""
        return None if self._any else Envelope()

    def headroom(self, session: SessionView) -> str:
        """Return how much older the oldest last bar among the open markets may become."""
        clock = session.clock
        ages = [(clock - since, symbol) for symbol in session.symbols if (since := _since(symbol, session)) is not None]
        if not ages:
            return "every market is closed"
        age, symbol = max(ages)
        left = max(0, self._seconds - age)
        return f"{f'{left}s' if left else 'none'} left of {self._after}: the last bar of {symbol} is {age}s old"

    def _stale_symbols(self, session: SessionView) -> list[str]:
        """Return the stale symbols with their ages; none where the rule does not halt."""
        clock, limit = session.clock, self._seconds
        seen = {bar.instrument.symbol for bar in session.bars}
        stale = []
        for symbol in session.symbols:
            if symbol in seen or self._is_young(symbol, session):
                # An open market with fresh data spares the others under ``all``; only then is its calendar asked.
                if not self._any and session.calendar(symbol).is_open(clock):
                    return []
                continue
            since = _since(symbol, session)
            if since is None:
                continue
            if clock - since > limit:
                stale.append(f"{symbol} {clock - since}s since {time_text(since)}")
            elif not self._any:
                return []
        return stale

    def _is_young(self, symbol: str, session: SessionView) -> bool:
        """Return whether the last bar alone shows that a symbol is fresh, without asking its calendar."""
        last = session.last_close(symbol)
        return session.clock - (session.started_at if last is None else last) <= self._seconds


def _since(symbol: str, session: SessionView) -> int | None:
    """Return the time from which a symbol's age counts; ``None`` while its market is closed."""
    calendar = session.calendar(symbol)
    clock = session.clock
    if not calendar.is_open(clock):
        return None
    last = session.last_close(symbol)
    since = session.started_at if last is None else last
    opening = calendar.latest_opening(clock)
    return since if opening is None else max(since, opening)


def open_stale_data(config: StaleDataConfig, context: PartContext) -> StaleData:
    """Build the guard from its config.

    Raises
    ------
    InputError
        Where a symbol of the feed is an equity or a currency pair without a calendar.
    """
    unknown = [
        symbol
        for symbol in context.symbols
        if context.instruments[symbol].asset_class is not AssetClass.CRYPTO
        and context.instruments[symbol].calendar is None
    ]
    if unknown:
        raise InputError(
            f"stale_data cannot judge {', '.join(unknown)}: no calendar says when the market is open",
            hint=f"Give each a calendar, such as instruments: {{{unknown[0]}: {{calendar: XNYS}}}}, "
            "or leave stale_data out",
        )
    if parse_duration(config.after) < context.interval:
        context.log.warning("stale_data_shorter_than_bar", after=config.after, interval_seconds=context.interval)
    return StaleData(config.after, any_symbol=config.halt == "any")
