"""What ``logos trade`` shows: a live line while a session runs, and the summary at its end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from types import TracebackType
from typing import TYPE_CHECKING, Self

from logos.artifacts import schemas
from logos.cli.output import console, emit_json
from logos.domain.money import RATIO_DECIMALS, RATIO_ONE, divide_half_even, ratio, text_of
from logos.domain.times import time_text

if TYPE_CHECKING:
    from rich.live import Live

    from logos.artifacts.venue_md import AtVenue
    from logos.assembly.build import Assembly
    from logos.live.setup import Outcome
    from logos.live.watch import Watch
    from logos.session.machine import Session
    from logos.session.polled import PolledFeed

_STYLES = {"completed": "green", "paused": "yellow", "halted": "red"}
_REFRESHES_A_SECOND = 8


class LiveLine:
    """One line on the terminal that follows the session; silent where standard error is no terminal."""

    def __init__(self) -> None:
        self._live: Live | None = None
        self._feed: PolledFeed | None = None

    def __enter__(self) -> Self:
        """Start showing."""
        if sys.stderr.isatty():
            from rich.live import Live  # noqa: PLC0415 -- Rich takes long to load

            self._live = Live(
                console=console(stderr=True),
                refresh_per_second=_REFRESHES_A_SECOND,
                transient=True,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop showing."""
        if self._live is not None:
            self._live.stop()

    def follow(self, assembly: Assembly, _watch: Watch) -> Assembly:
        """Take note of a polled feed, whose status is shown too; leave the assembly as it is."""
        from logos.session.polled import PolledFeed  # noqa: PLC0415 -- loads what only a session needs

        self._feed = assembly.feed if isinstance(assembly.feed, PolledFeed) else None
        return assembly

    def show(self, session: Session) -> None:
        """Show where a session stands, and how fresh the data of a polled feed are."""
        if self._live is not None:
            from rich.text import Text  # noqa: PLC0415 -- loaded already

            status = self._feed.status() if self._feed is not None else ""
            at, figures = progress_text(session).split("  ", 1)
            # In front, where a narrow terminal shows it; and not as markup, since a status may hold brackets.
            text = "  ".join(part for part in (at, status, figures) if part)
            self._live.update(Text(text, no_wrap=True, overflow="ellipsis"))


def progress_text(session: Session) -> str:
    """Return bars, orders, equity, drawdown and the guards' state in one line."""
    books, counts = session.account, session.counts
    fall = ratio(books.peak - books.equity, books.peak)
    guards = "halted" if session.causes else f"{counts.blocked} blocked"
    return (
        f"{time_text(session.clock)}  {counts.bars:,} bars  {counts.orders:,} orders  {counts.fills:,} fills  "
        f"equity {_short(books.equity, books.decimals)} {books.currency}  "
        f"drawdown {_percent(fall)}  guards: {guards}"
    )


def teller(*, as_json: bool) -> Callable[[str], None]:
    """Return what tells the operator whole sentences before a session starts: on standard error."""

    def tell(text: str) -> None:
        if not as_json:
            print(text, file=sys.stderr)  # noqa: T201 -- the command line speaks

    return tell


def print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """Print how a session stands: one JSON object, or a summary for people. No line is cut, in a pipe neither."""
    if as_json:
        emit_json(outcome.as_object())
        return
    target = console()
    doubt = outcome.at_venue is not None and outcome.at_venue.in_doubt and outcome.status == "completed"
    style = "yellow" if doubt else _STYLES.get(outcome.status, "bold")
    target.print()
    target.print(f"Session [bold]{outcome.session_id}[/bold]: [{style}]{outcome.status}[/{style}]", soft_wrap=True)
    for line in _lines(outcome):
        target.print(line, markup=False, soft_wrap=True)


def _lines(outcome: Outcome) -> Iterator[str]:
    for cause in outcome.causes:
        yield f"  halted by {cause.guard}: {cause.reason}"
    yield from (f"  warning: {warning}" for warning in outcome.warnings)
    yield from _venue_lines(outcome.at_venue)
    figures = _figures(outcome)
    width = max(len(value) for _, value in figures)
    for name, value in figures:
        yield f"  {name:<27}{value:>{width}}"
    yield f"Artifacts in {outcome.path}"
    yield f"  {schemas.SUMMARY_FILE} tells the whole story; {schemas.EQUITY_PLOT_FILE} draws it"
    yield from _next_steps(outcome)


def _venue_lines(at_venue: AtVenue | None) -> Iterator[str]:
    if at_venue is None:
        return
    if at_venue.dry_run:
        yield f"  {at_venue.told}"
    if at_venue.unknown_told:
        yield f"  {at_venue.unknown_told}"


def _figures(outcome: Outcome) -> list[tuple[str, str]]:
    money = {
        "Starting cash": outcome.starting_cash,
        "Equity": outcome.equity,
        "Realised PnL, before fees": outcome.realized_pnl,
        "Unrealised PnL": outcome.unrealized_pnl,
        "Fees": outcome.fees,
    }
    counts = {
        "Bars": outcome.bars,
        "Orders": outcome.orders,
        "Fills": outcome.fills,
        "Blocked by guards": outcome.blocked,
    }
    return [
        *((name, f"{_grouped(value)} {outcome.currency}") for name, value in money.items()),
        ("Return", _percent_text(outcome)),
        *((name, f"{value:,}") for name, value in counts.items()),
    ]


def _next_steps(outcome: Outcome) -> list[str]:
    if outcome.status == "paused":
        return [f"Continue with: logos trade --resume {outcome.session_id}"]
    if outcome.status == "halted":
        return [f"Once the cause is mended: logos trade --resume {outcome.session_id} --clear-halt"]
    return [f"Check it with: logos replay {outcome.session_id} --verify, and: logos audit {outcome.session_id}"]


def _short(money: int, decimals: int) -> str:
    return _grouped(text_of(money, decimals))


def _grouped(money: str) -> str:
    """Print money with grouped thousands and two decimals, or fewer where its currency has fewer, for people."""
    places = min(2, len(money.partition(".")[2]))
    return f"{Decimal(money).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):,}"


def _percent_text(outcome: Outcome) -> str:
    start = Fraction(outcome.starting_cash)
    change = (Fraction(outcome.equity) - start) / start
    return _percent(divide_half_even(change.numerator * RATIO_ONE, change.denominator))


def _percent(value: int) -> str:
    return f"{text_of(divide_half_even(value, 10 ** (RATIO_DECIMALS - 4)), 2)} %"
