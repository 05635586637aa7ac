"""``session.md``: what a session did, for a person to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from logos.artifacts.markdown import bullets, code, fenced, grouped, literal, percent, table
from logos.artifacts.summary import SessionSummary
from logos.domain.times import time_text

_HEADLINES = {
    "completed": "The session ran to the end of its data.",
    "halted": "**The session was halted by its guards.** The causes stand under Guard activations.",
    "paused": "The session was paused by the operator and can be resumed as it is.",
}
_RECORDED = {
    "history": "Bars from before the session",
    "bars": "Bars",
    "forward_filled": "of them filled with the close before",
    "ticks": "Timer ticks",
    "revisions": "Later corrections, not applied",
}
_MONEY = (
    ("Starting cash", "starting_cash"),
    ("Cash", "cash"),
    ("Market value of positions", "market_value"),
    ("Equity", "equity"),
    ("Realised PnL (gross of fees)", "realized_pnl"),
    ("Unrealised PnL (gross of fees)", "unrealized_pnl"),
    ("Fees", "fees"),
)


def render(summary: SessionSummary) -> str:
    """Return the text of ``session.md``.

    Parameters
    ----------
    summary:
        What to say. The session id and the two wall-clock times are all that differs between two runs of the same
        config, seed and bars.
    """
    sections = (
        _head(summary),
        _warnings(summary),
        _identity(summary),
        _profit(summary),
        _guards(summary),
        _orders(summary),
        _symbols(summary),
        _data(summary),
        _record(summary),
        _plugins(summary),
        _artifacts(summary),
        _next_steps(summary),
    )
    blocks = [block for section in sections for block in section]
    return "\n\n".join(blocks) + "\n"


def _time(clock: int | None) -> str:
    return "none" if clock is None else time_text(clock)


def _head(summary: SessionSummary) -> Iterator[str]:
    account = summary.account
    yield f"# Session {summary.session_id}"
    yield _HEADLINES.get(summary.status, f"The session's status is {summary.status}.")
    yield (
        f"{summary.bars:,} bars, {summary.order_count:,} orders, {summary.fills:,} fills: equity "
        f"{grouped(account.equity)} {account.currency} from {grouped(account.starting_cash)} {account.currency}, "
        f"a return of {percent(account.total_return)} with a maximum drawdown of {percent(account.max_drawdown)}."
    )


def _warnings(summary: SessionSummary) -> Iterator[str]:
    if summary.warnings:
        yield "## Warnings"
        yield bullets(map(literal, summary.warnings))


def _identity(summary: SessionSummary) -> Iterator[str]:
    yield "## Session"
    rows = [
        ("Session id", code(summary.session_id)),
        ("Name", summary.name),
        ("Status", summary.status),
        ("Exit code", str(summary.exit_code)),
        ("Seed", str(summary.seed)),
        ("Config digest", code(summary.config_digest)),
        ("Data digest", code(summary.data_digest)),
        ("First slice", _time(summary.first_bar)),
        ("Last slice", _time(summary.last_bar)),
        ("Bars", f"{summary.bars:,}"),
        ("Slices", f"{summary.slices:,}"),
        ("Started (wall clock)", summary.started_at),
        ("Ended (wall clock)", summary.ended_at),
    ]
    yield table(("Field", "Value"), rows)
    yield (
        "Config, seed and data decide every other number in this folder. Session id and wall-clock times are the only "
        "values here that differ between two runs."
    )


def _profit(summary: SessionSummary) -> Iterator[str]:
    account = summary.account
    yield "## PnL summary"
    money = f"Amount ({account.currency})"
    rows = [(label, grouped(getattr(account, field))) for label, field in _MONEY]
    rows += [("Total return", percent(account.total_return)), ("Maximum drawdown", percent(account.max_drawdown))]
    yield table(("Figure", money), rows, numeric=(money,))
    yield "Equity = starting cash + realised PnL + unrealised PnL - fees."
    if summary.open_positions:
        yield "Positions that stay open:"
        yield bullets(map(literal, summary.open_positions))
    else:
        yield "No position stays open."


def _guards(summary: SessionSummary) -> Iterator[str]:
    yield "## Guard activations"
    if summary.halt_causes:
        yield "Halted by, in the order of the config:"
        yield table(
            ("Guard", "At", "Cause"),
            [(cause.guard, time_text(cause.at), literal(cause.reason)) for cause in summary.halt_causes],
        )
    else:
        yield "No guard halted the session."
    if summary.guard_blocks:
        yield table(
            ("Guard", "Orders blocked", "First example"),
            [(blocks.guard, f"{blocks.count:,}", literal(blocks.example)) for blocks in summary.guard_blocks],
            numeric=("Orders blocked",),
        )
    else:
        yield "No guard blocked an order."
    if summary.cleared:
        yield "Halts cleared by the operator:"
        yield bullets(map(literal, summary.cleared))
    headroom = [(line.guard, literal(line.text)) for line in summary.headroom if line.text]
    if headroom:
        yield "Headroom at the end:"
        yield table(("Guard", "Headroom"), headroom)


def _orders(summary: SessionSummary) -> Iterator[str]:
    yield "## Order statistics"
    rows = [("Orders", f"{summary.order_count:,}")]
    rows += [(f"of them {status.replace('_', ' ')}", f"{count:,}") for status, count in summary.orders]
    rows += [("Fills", f"{summary.fills:,}"), ("Decisions", f"{summary.signals:,}")]
    yield table(("Count of", "Number"), rows, numeric=("Number",))
    if summary.blocked:
        yield "Signals that became no order, by reason:"
        yield table(
            ("Reason", "Number"), [(reason, f"{count:,}") for reason, count in summary.blocked], numeric=("Number",)
        )
    else:
        yield "Every signal that changed a target became an order."


def _symbols(summary: SessionSummary) -> Iterator[str]:
    if not summary.symbols:
        return
    yield "## Symbols"
    columns = ("Symbol", "Position", "Average cost", "Mark", "Market value", "Realised PnL", "Unrealised PnL", "Fills")
    rows = (
        (
            line.symbol,
            *map(grouped, (line.position, line.average_cost, line.mark, line.market_value)),
            *map(grouped, (line.realized_pnl, line.unrealized_pnl)),
            f"{line.fills:,}",
        )
        for line in summary.symbols
    )
    yield table(columns, rows, numeric=columns[1:])


def _data(summary: SessionSummary) -> Iterator[str]:
    if not summary.data:
        return
    yield "## Data quality"
    columns = ("Symbol", "Bars", "First bar", "Last bar", "Quarantined", "Off tick", "Gaps", "Zero volume", "Source")
    rows = (
        (
            line.symbol,
            f"{line.bars:,}",
            _time(line.first),
            _time(line.last),
            *(f"{count:,}" for count in (line.quarantined, line.off_tick, line.gaps, line.zero_volume)),
            code(line.source),
        )
        for line in summary.data
    )
    yield table(columns, rows, numeric=("Bars", "Quarantined", "Off tick", "Gaps", "Zero volume"))
    if any(line.quarantined for line in summary.data):
        yield "Each quarantined row stands in `quarantine.csv` with its file, line and reason."
    if any(line.since_start for line in summary.data):
        yield (
            "Off tick and gaps are what the feed has counted since the session was last started or resumed: bars with "
            "a rounded price, and intervals of an open market without a bar when it was due."
        )
    notes = [literal(f"{line.symbol}: {note}") for line in summary.data for note in line.notes]
    if notes:
        yield bullets(notes)


def _record(summary: SessionSummary) -> Iterator[str]:
    if not summary.record:
        return
    yield "## Recorded feed"
    rows = [(_RECORDED.get(name, name), f"{count:,}") for name, count in summary.record]
    yield table(("Count of", "Number"), rows, numeric=("Number",))
    if summary.drops:
        yield "Bars that the feed received and dropped since the session was last started or resumed, by reason:"
        yield table(
            ("Symbol", "Reason", "Number"),
            [
                (symbol, literal(reason), f"{count:,}")
                for symbol, reasons in summary.drops.items()
                for reason, count in reasons.items()
            ],
            numeric=("Number",),
        )
    yield "All of it stands in `bars.csv`, from which the session is run again without its venue."


def _plugins(summary: SessionSummary) -> Iterator[str]:
    if not summary.plugins:
        return
    yield "## Plugins"
    yield table(
        ("Kind", "Name", "Distribution", "Version"),
        [(line.kind, line.name, line.distribution, line.version) for line in summary.plugins],
    )


def _artifacts(summary: SessionSummary) -> Iterator[str]:
    yield "## Artifacts"
    yield f"In {code(summary.path)}:"
    yield table(("File", "Holds"), [(code(path), text) for path, text in summary.artifacts])
    if any(path.endswith("equity.png") for path, _ in summary.artifacts):
        yield "![Equity and drawdown](plots/equity.png)"


def _next_steps(summary: SessionSummary) -> Iterator[str]:
    yield "## How to resume and replay"
    yield "\n".join(_resume(summary))
    yield "Run it again from this folder alone and compare every artifact byte by byte:"
    yield fenced([f"logos replay {summary.session_id} --verify"])
    yield "Rebuild the books from the trades alone and check the journal's chain:"
    yield fenced([f"logos audit {summary.session_id}"])


def _resume(summary: SessionSummary) -> Iterable[str]:
    command = f"logos trade --resume {summary.session_id}"
    if summary.status == "completed":
        return (
            "The session is finished: there is nothing to resume. This command prints its summary again:",
            "",
            fenced([command]),
        )
    if summary.status == "halted":
        return (
            "The session was halted, and is resumed only when the halt is cleared. Read the causes first:",
            "",
            fenced([f"{command} --clear-halt"]),
        )
    return ("Go on from where it stopped, to the same bytes as a session that never stopped:", "", fenced([command]))
