"""What ``logos trade`` shows: a live line while a session runs, and the summary at its end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType
from typing import TYPE_CHECKING, Self

from logos.artifacts import schemas
from logos.cli.output import console, emit_json
from logos.domain.money import RATIO_DECIMALS, RATIO_ONE, divide_half_even, ratio, text_of
from logos.domain.times import time_text

if TYPE_CHECKING:
    from rich.live import Live

    from logos.live.setup import Outcome
    from logos.session.machine import Session

_STYLES = {"completed": "green", "paused": "yellow", "halted": "red"}
_REFRESHES_A_SECOND = 8


class LiveLine:
    """One line on the terminal that follows the session; silent where standard error is no terminal."""

    def __init__(self) -> None:
        self._live: Live | None = None

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

    def show(self, session: Session) -> None:
        """Show where a session stands."""
        if self._live is not None:
            self._live.update(progress_text(session))


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
    """Print how a session stands: one JSON object, or a summary for people."""
    if as_json:
        emit_json(outcome.as_object())
        return
    target = console()
    style = _STYLES.get(outcome.status, "bold")
    target.print()
    target.print(f"Session [bold]{outcome.session_id}[/bold]: [{style}]{outcome.status}[/{style}]")
    for cause in outcome.causes:
        target.print(f"  halted by {cause.guard}: {cause.reason}", markup=False)
    _print_figures(outcome)
    folder = outcome.path
    target.print(f"Artifacts in {folder}", markup=False, soft_wrap=True)
    target.print(f"  {schemas.SUMMARY_FILE} tells the whole story; {schemas.EQUITY_PLOT_FILE} draws it", markup=False)
    for line in _next_steps(outcome):
        target.print(line, markup=False, soft_wrap=True)


def _print_figures(outcome: Outcome) -> None:
    from rich.table import Table  # noqa: PLC0415 -- Rich takes long to load

    money = ("starting_cash", "equity", "realized_pnl", "unrealized_pnl", "fees")
    names = {
        "starting_cash": "Starting cash",
        "equity": "Equity",
        "realized_pnl": "Realised PnL, before fees",
        "unrealized_pnl": "Unrealised PnL",
        "fees": "Fees",
    }
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name in money:
        table.add_row(names[name], f"{_grouped(getattr(outcome, name))} {outcome.currency}")
    table.add_row("Return", _percent_text(outcome))
    table.add_row("Bars", f"{outcome.bars:,}")
    table.add_row("Orders", f"{outcome.orders:,}")
    table.add_row("Fills", f"{outcome.fills:,}")
    table.add_row("Blocked by guards", f"{outcome.blocked:,}")
    console().print(table)


def _next_steps(outcome: Outcome) -> list[str]:
    if outcome.status == "paused":
        return [f"Continue with: logos trade --resume {outcome.session_id}"]
    if outcome.status == "halted":
        return [f"Once the cause is mended: logos trade --resume {outcome.session_id} --clear-halt"]
    return [f"Check it with: logos replay {outcome.session_id} --verify, and: logos audit {outcome.session_id}"]


def _short(money: int, decimals: int) -> str:
    return _grouped(text_of(money, decimals))


def _grouped(money: str) -> str:
    """Print money with two decimals and grouped thousands, for people."""
    from decimal import ROUND_HALF_EVEN, Decimal  # noqa: PLC0415

    return f"{Decimal(money).quantize(Decimal('0.01'), rounding=ROUND_HALF_EVEN):,}"


def _percent_text(outcome: Outcome) -> str:
    start = Fraction(outcome.starting_cash)
    change = (Fraction(outcome.equity) - start) / start
    return _percent(divide_half_even(change.numerator * RATIO_ONE, change.denominator))


def _percent(value: int) -> str:
    return f"{text_of(divide_half_even(value, 10 ** (RATIO_DECIMALS - 4)), 2)} %"
