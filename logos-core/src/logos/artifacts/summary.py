"""What is said about a session when it stops: plain values, ready to print."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from logos.artifacts.funnel_md import Funnel
from logos.artifacts.guards_md import GuardLine
from logos.artifacts.rebalancing_md import Rebalancings
from logos.artifacts.reconciliation_md import ReconciliationLine
from logos.artifacts.venue_md import AtVenue
from logos.domain.events import Cause


@attrs.frozen(kw_only=True)
class SymbolLine:
    """One symbol at the end: every number as text, empty where it does not apply."""

    symbol: str
    position: str
    average_cost: str = ""
    mark: str = ""
    market_value: str = ""
    realized_pnl: str
    unrealized_pnl: str
    fills: int


@attrs.frozen(kw_only=True)
class DataLine:
    """What was found out about one symbol's bars.

    Attributes
    ----------
    since_start:
        Whether the feed counted ``off_tick`` and ``gaps`` as time passed, since its last start.
    """

    symbol: str
    source: str
    first: int | None = None
    last: int | None = None
    bars: int
    quarantined: int = 0
    off_tick: int = 0
    gaps: int = 0
    zero_volume: int = 0
    notes: tuple[str, ...] = ()
    since_start: bool = False


@attrs.frozen(kw_only=True)
class PluginLine:
    """One part that acted in the session, and where it came from."""

    kind: str
    name: str
    distribution: str
    version: str


@attrs.frozen(kw_only=True)
class AccountLine:
    """The account at the end: money and ratios as text. ``pnl`` is all of it, fees included."""

    currency: str
    starting_cash: str
    pnl: str
    cash: str
    market_value: str
    equity: str
    realized_pnl: str
    unrealized_pnl: str
    fees: str
    total_return: str
    max_drawdown: str


@attrs.frozen(kw_only=True)
class SessionSummary:
    """Everything ``session.md`` says.

    Attributes
    ----------
    session_id:
        The folder's name; differs between runs.
    name:
        The session's name from the config.
    status:
        ``completed``, ``halted`` or ``paused``.
    exit_code:
        What the command ended with.
    seed, config_digest, data_digest:
        What decides every other number here.
    started_at, ended_at:
        Wall-clock times as text; differ between runs.
    first_bar, last_bar:
        The session's clock at its first and last slice of bars, seconds since the epoch, UTC; ``None`` without one.
    bars, slices:
        How many bars were seen, in how many slices.
    account:
        The account at the end.
    funnel:
        What became of signals and orders.
    halt_causes:
        Every guard that halts the session as it stands, in the config's order.
    guards:
        Limits, headroom and activations, in the config's order.
    cleared:
        What ``--clear-halt`` changed, one sentence each.
    symbols:
        One line a symbol, in name order.
    data:
        One line a symbol, in name order.
    plugins:
        The parts that acted.
    artifacts:
        Paths of the session's files, relative to its folder, and what each holds.
    path:
        The session's folder, relative to the workspace.
    open_positions:
        Sentences naming what stays open and why; empty where all is flat.
    warnings:
        Whole sentences for the operator.
    record:
        How much was recorded of a polled feed, by name; empty where the feed is not polled.
    drops:
        How many bars a polled feed dropped, by symbol and reason.
    reconciliation:
        How the session compared with what stood outside, at its start and at each resume.
    at_venue:
        How it stands with its broker's venue; ``None`` where the broker has nothing outside.
    rebalancings:
        How often targets were set anew, and the last time; ``None`` where the allocator has no schedule.
    """

    session_id: str
    name: str
    status: str
    exit_code: int
    seed: int
    config_digest: str
    data_digest: str
    started_at: str
    ended_at: str
    first_bar: int | None
    last_bar: int | None
    bars: int
    slices: int
    account: AccountLine
    funnel: Funnel
    halt_causes: tuple[Cause, ...] = ()
    guards: tuple[GuardLine, ...] = ()
    cleared: tuple[str, ...] = ()
    symbols: tuple[SymbolLine, ...] = ()
    data: tuple[DataLine, ...] = ()
    plugins: tuple[PluginLine, ...] = ()
    artifacts: tuple[tuple[str, str], ...] = ()
    path: str
    open_positions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    record: tuple[tuple[str, int], ...] = ()
    drops: Mapping[str, Mapping[str, int]] = attrs.field(factory=dict)
    reconciliation: tuple[ReconciliationLine, ...] = ()
    at_venue: AtVenue | None = None
    rebalancings: Rebalancings | None = None
