"""What is said about a session when it stops: plain values, ready to print."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from logos.domain.events import Cause


@attrs.frozen(kw_only=True)
class GuardBlocks:
    """How often a guard blocked an order, and the first time it did."""

    guard: str
    count: int
    example: str = ""


@attrs.frozen(kw_only=True)
class Headroom:
    """How far a guard's limit was away at the end."""

    guard: str
    text: str


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
    """The account at the end: money and ratios as text."""

    currency: str
    starting_cash: str
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
    orders:
        Number of orders by status, in the order in which they shall be listed.
    fills:
        Number of fills.
    signals:
        Number of rows in ``decisions.csv``.
    blocked:
        Number of blocked or refused signals by reason code, in the order in which they shall be listed.
    halt_causes:
        Every guard that halted the session, in the config's order.
    guard_blocks:
        Blocks by guard, in the config's order.
    headroom:
        How far each limit was away, in the config's order.
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
    orders: tuple[tuple[str, int], ...]
    fills: int
    signals: int
    blocked: tuple[tuple[str, int], ...] = ()
    halt_causes: tuple[Cause, ...] = ()
    guard_blocks: tuple[GuardBlocks, ...] = ()
    headroom: tuple[Headroom, ...] = ()
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

    @property
    def order_count(self) -> int:
        """The number of orders, blocked ones included."""
        return sum(count for _, count in self.orders)
