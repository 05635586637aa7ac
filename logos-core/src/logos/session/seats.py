"""The seats: what the core asks of each kind of part.

A plugin's factory is called with ``(config, context)`` and returns an object that fills one of these
seats. Seats see the account and the session through read-only views, and reach nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import attrs

from logos.data.calendars import MarketCalendar
from logos.domain.bars import Bar, Slice
from logos.domain.columns import BarColumns, SignalColumns
from logos.domain.events import BrokerEvent
from logos.domain.instruments import Instrument
from logos.domain.orders import Order, OrderIntent, Signal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from logos.session.rebalancing import Held

    Column = npt.NDArray[np.int64]

State = dict[str, Any]
"""What a part keeps across a restart: JSON values only, integers for every amount."""


class AccountView(Protocol):
    """The account as it stands now, read-only. Money is in minor units of the account's currency."""

    @property
    def starting_cash(self) -> int:
        """Cash at the session's start."""

    @property
    def cash(self) -> int:
        """Cash now; negative only on a margin account."""

    @property
    def equity(self) -> int:
        """Cash and the market value of all positions at their last marks."""

    def position(self, symbol: str) -> int:
        """Return the signed position in lots."""

    def mark(self, symbol: str) -> int | None:
        """Return the last close in ticks, or ``None`` before the first bar."""

    def value(self, instrument: Instrument, price: int, lots: int) -> int | None:
        """Return price (ticks) times quantity (lots, may be negative) in the account's currency, rounded once.

        ``None`` where the instrument is quoted in another currency and its conversion symbol has no bar yet.
        """


class SessionView(Protocol):
    """What guards see of a running session, read-only."""

    @property
    def clock(self) -> int:
        """The session's clock: the slice's close, or a timer tick."""

    @property
    def day(self) -> int:
        """The trading day: whole days since 1970-01-01 of the slice's open time, UTC."""

    @property
    def started_at(self) -> int:
        """The clock of the session's first slice."""

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars of this slice; none at a timer tick."""

    @property
    def account(self) -> AccountView:
        """The account, marked to this slice."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The session's symbols in name order."""

    def instrument(self, symbol: str) -> Instrument:
        """Return the instrument of a session symbol."""

    def working(self, symbol: str) -> tuple[int, int]:
        """Return the lots that working orders may still buy and sell, both not negative."""

    def last_close(self, symbol: str) -> int | None:
        """Return the close time of the symbol's last bar, or ``None`` before the first."""

    def calendar(self, symbol: str) -> MarketCalendar:
        """Return the symbol's trading calendar; one that never closes where it names none."""


@attrs.frozen(kw_only=True)
class QuarantinedRow:
    """A row of a bar file that did not become a bar.

    Attributes
    ----------
    line:
        The line in the file counted from 1 (the header is line 1), or the row counted from 1 in a Parquet file.
    reason:
        What is wrong with it, with the numbers.
    row:
        The row as it stands in the file.
    """

    symbol: str
    file: str
    line: int
    reason: str
    row: str


@attrs.frozen(kw_only=True)
class SymbolReport:
    """What a feed found out about one symbol's data before the session started.

    Attributes
    ----------
    first, last:
        Open times of the first and the last bar; ``None`` where there is none or nobody knows yet.
    bars:
        How many bars the symbol will have; 0 for a polled feed.
    quarantined:
        How many rows did not become bars.
    off_tick:
        How many bars had a price that was rounded to the tick.
    gaps:
        How many times the next bar is more than one interval after the one before it.
    zero_volume:
        How many bars have no volume.
    notes:
        Whole sentences for the operator, such as that the asset class reports no volume.
    """

    symbol: str
    source: str
    first: int | None = None
    last: int | None = None
    bars: int = 0
    quarantined: int = 0
    off_tick: int = 0
    gaps: int = 0
    zero_volume: int = 0
    notes: tuple[str, ...] = ()


class Feed(Protocol):
    """Where bars come from."""

    @property
    def polled(self) -> bool:
        """Whether bars arrive as time passes; ``False`` where they are all there from the start."""

    def prepare(self) -> Sequence[SymbolReport]:
        """Look at the data before anything starts; one report a symbol, in name order.

        Raises
        ------
        DataError
            Where the data cannot be used, naming file and line.
        """

    def quarantined(self) -> Iterator[QuarantinedRow]:
        """Yield every row that did not become a bar, by symbol and line."""

    def digest(self) -> str:
        """Return the SHA-256 of the bars (hexadecimal): equal bars, equal digest, whatever file they came from."""

    def slices(self, after: int | None) -> Iterator[Slice]:
        """Yield the slices whose clock is later than ``after`` (all where it is ``None``), in order.

        A polled feed yields a slice without bars once a second while it is silent, by whole seconds of the session's
        clock, so that guards can judge the silence; the runner looks for the kill file and the signals in between.
        Asked to go on behind ``after``, it hands over what has closed since before any such slice.
        """

    def history(self, symbol: str, count: int, until: int) -> Sequence[Bar]:
        """Return the last ``count`` bars of a symbol that closed at or before ``until``, oldest first."""

    def snapshot(self) -> State:
        """Return freshness and telemetry for ``state.json``; nothing in it may decide anything."""

    def close(self) -> None:
        """Release what the feed holds open."""


@runtime_checkable
class ColumnFeed(Feed, Protocol):
    """A feed that can also give all its bars at once."""

    def columns(self) -> Mapping[str, BarColumns]:
        """Return all bars of every symbol, by symbol in name order: the very bars that ``slices`` yields.

        Asked before ``prepare``, it prepares too, so that the data is read once.
        """


class Broker(Protocol):
    """Takes orders and answers with events. The session owns the orders and books the fills.

    Events are yielded one by one, and the session applies each before it asks for the next: the account that
    is passed in is always up to date.
    """

    def submit(self, order: Order, account: AccountView) -> Iterator[BrokerEvent]:
        """Take a new order: ``Accepted`` or ``Rejected``. It can fill from the next bar on."""

    def cancel(self, order: Order, reason: str) -> Iterator[BrokerEvent]:
        """Stop a working order at once: ``Cancelled`` with the reason."""

    def match(self, bars: Slice, account: AccountView) -> Iterator[BrokerEvent]:
        """Match the working orders against a slice: fills, cancellations and expiries in a fixed order."""

    def affordable(self, intent: OrderIntent, account: AccountView) -> int:
        """Return how many lots of a buying intent can be paid now.

        Fee, slippage and the reservations of working buys are counted; never more than the intent's quantity.
        On a margin account, all of it.
        """

    def snapshot(self) -> State:
        """Return what the broker keeps across a restart besides the orders themselves."""

    def restore(self, state: State, orders: Mapping[int, Order]) -> None:
        """Take back a snapshot; ``orders`` holds the working orders by number."""


@attrs.frozen(kw_only=True)
class FillTerms:
    """How a broker fills market orders, where plain numbers say all of it.

    An order fills from the first bar of its symbol that opens at its decision or later, at the open, as a taker.
    All orders of a symbol share a bar's volume by order number; in a slice, what reduces comes before what increases,
    then by symbol and number. A cash account pays with the order's fee and slippage reserved, and a fill is cut to
    what cash pays. Every ratio is a numerator and a denominator.

    Attributes
    ----------
    taker:
        The fee, as a share of a fill's value.
    slippage:
        How far the price moves against the trader, as a share of it; rounded against the trader to the tick.
    volume_share:
        How much of a bar's volume orders may take together.
    """

    taker: tuple[int, int]
    slippage: tuple[int, int]
    volume_share: tuple[int, int]


@runtime_checkable
class PlainBroker(Broker, Protocol):
    """A broker that can be compiled: it says in numbers how it fills."""

    def terms(self) -> FillTerms | None:
        """Return how market orders fill; ``None`` where numbers alone cannot say it."""


class QuietSpan(Protocol):
    """Slices in a row in which no order worked and no signal changed: only prices, and so equity, have moved.

    Every column has one entry a slice.
    """

    def __len__(self) -> int:
        """Return how many slices there are, at least one."""

    @property
    def clocks(self) -> Column:
        """The clock of each slice: its close."""

    @property
    def days(self) -> Column:
        """The trading day of each slice."""

    @property
    def flat(self) -> bool:
        """Whether nothing is held, so that equity is the same at every slice, and as it was before."""

    @property
    def equity(self) -> Column:
        """Equity after each slice, in minor units."""

    @property
    def lowest(self) -> int:
        """The lowest equity after any slice."""

    @property
    def highest(self) -> int:
        """The highest equity after any slice."""

    @property
    def full(self) -> bool:
        """Whether every slice has a bar of every symbol of the session."""


@attrs.frozen(kw_only=True)
class Envelope:
    """Limits inside which a guard neither blocks an order nor halts the session, whatever else happens.

    The limits of orders are not asked about orders that only reduce: a guard that can block one of those has no
    envelope.

    A share is a numerator and a denominator; ``None`` stands for no limit. Touching a limit is outside.

    Attributes
    ----------
    order_value:
        Value of one order at its decision price, in minor units.
    gross, net, per_symbol:
        Exposure at the mark after an order, as shares of equity.
    drawdown, daily_loss:
        Loss of equity from the peak, and from the last equity of the trading day before, as shares of those.
    orders:
        How many orders may go out within a span of time, and the span in seconds.
    """

    order_value: int | None = None
    gross: tuple[int, int] | None = None
    net: tuple[int, int] | None = None
    per_symbol: tuple[int, int] | None = None
    drawdown: tuple[int, int] | None = None
    daily_loss: tuple[int, int] | None = None
    orders: tuple[int, int] | None = None


class Guard:
    """The base of every guard. Override what the guard looks at; the rest costs nothing.

    A guard that overrides ``inspect`` can halt the session. A guard that raises vetoes the order that it was asked
    about; one that raises while it keeps its own books vetoes every order from then on; and one that can halt, halts.
    """

    def judge(self, intent: OrderIntent, session: SessionView) -> str | None:
        """Return why an order must not go out, with the numbers and the remedy; ``None`` to let it pass."""
        return None

    def inspect(self, session: SessionView) -> str | None:
        """Return why the session must halt, with the numbers and the limit; ``None`` to go on."""
        return None

    def first_to_inspect(self, span: QuietSpan) -> int:
        """Return the first slice of a span that the guard must ``inspect`` itself; the span's length for none.

        A backtest asks it so that it can pass over many slices at once. Nothing of the guard may change here. By
        default, a guard wants to see every slice.
        """
        return 0

    def passed_over(self, span: QuietSpan) -> None:
        """Keep its own books as if it had inspected every slice of a span, at none of which it had anything to say."""

    def envelope(self) -> Envelope | None:
        """Return limits inside which the guard does nothing; ``None`` where it cannot tell.

        Compiled backtests run while they hold, and give way to the session itself where one is reached.
        """
        return None

    def ordered(self, intent: OrderIntent, session: SessionView) -> None:
        """Hear of an order that has gone to the broker."""

    def answered(self, event: BrokerEvent, session: SessionView) -> None:
        """Hear of a broker's event, after it was booked."""

    def headroom(self, session: SessionView) -> str:
        """Say in a few words how far the limit is away, for the summary; may be empty."""
        return ""

    def clear_halt(self, session: SessionView) -> str:
        """Forgive what halted the session (``--clear-halt``); return what was changed, for the record."""
        return ""

    def snapshot(self) -> State:
        """Return what the guard keeps across a restart."""
        return {}

    def restore(self, state: State) -> None:
        """Take back a snapshot."""


@runtime_checkable
class Strategy(Protocol):
    """Turns the bars of one symbol into signals. Built once for every (strategy entry, symbol) pair.

    The signal at a bar is a function of the last ``lookback`` bars up to and including it, and of nothing else:
    ``logos strategies check`` proves it, and a resumed session rebuilds its strategies from those bars.
    """

    @property
    def lookback(self) -> int:
        """How many bars decide a signal, the current one included."""

    def on_bar(self, bar: Bar) -> Signal | None:
        """Return what the strategy wants after this bar; ``None`` while it has not seen enough."""


@runtime_checkable
class ArrayStrategy(Strategy, Protocol):
    """A strategy that also answers for whole columns of bars at once. Its orders are market orders, and GTC."""

    def signals(self, bars: BarColumns) -> SignalColumns | None:
        """Return the answers of ``on_bar`` at every bar, exactly; ``None`` where the numbers are too large for it.

        It neither reads nor changes what ``on_bar`` keeps.
        """


@attrs.frozen
class Pair:
    """A strategy entry on one symbol: what signals, targets and orders belong to."""

    strategy: str
    symbol: str


@attrs.frozen(kw_only=True)
class PairSignal:
    """A signal that has changed."""

    pair: Pair
    instrument: Instrument
    signal: Signal


@attrs.frozen(kw_only=True)
class Target:
    """What an allocator wants a pair to hold: a share of equity, or a quantity; exactly one of both.

    Attributes
    ----------
    weight:
        Signed share of equity.
    quantity:
        Signed units of the instrument (not lots).
    """

    pair: Pair
    weight: Fraction | None = None
    quantity: Fraction | None = None


class Allocator(Protocol):
    """Turns signals into targets."""

    def targets(self, changed: Sequence[PairSignal], account: AccountView) -> Sequence[Target]:
        """Return one target for each signal, in the same order."""


class PositionManager(Protocol):
    """Turns a target and a position into the difference to trade."""

    def difference(self, pair: Pair, target: int, position: int, account: AccountView) -> int | Held:
        """Return the signed lots to trade so that the pair comes from its position to its target, both in lots.

        A manager that leaves a difference alone says why with ``Held``.
        """
