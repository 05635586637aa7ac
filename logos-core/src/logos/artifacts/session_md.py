"""``session.md``: what a session did, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator

from logos.artifacts.funnel_md import funnel_section
from logos.artifacts.guards_md import guards_section
from logos.artifacts.markdown import bullets, code, grouped, literal, percent, table
from logos.artifacts.next_steps_md import next_steps_section
from logos.artifacts.rebalancing_md import rebalancing_section
from logos.artifacts.reconciliation_md import reconciliation_section
from logos.artifacts.summary import SessionSummary
from logos.artifacts.venue_md import venue_section
from logos.domain.orders import OrderStatus
from logos.domain.times import time_text

_HEADLINES = {
    "completed": "The session ran to the end of its data.",
    "halted": "**The session was halted.** It goes on only when somebody clears the halt.",
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
        guards_section(summary.guards, summary.cleared),
        funnel_section(summary.funnel),
        venue_section(summary.at_venue),
        _profit(summary),
        _symbols(summary),
        rebalancing_section(summary.rebalancings),
        _identity(summary),
        _data(summary),
        _record(summary),
        reconciliation_section(summary.reconciliation),
        _plugins(summary),
        _artifacts(summary),
        next_steps_section(summary.session_id, summary.status, summary.at_venue),
    )
    blocks = [block for section in sections for block in section]
    return "\n\n".join(blocks) + "\n"


def _time(clock: int | None) -> str:
    return "none" if clock is None else time_text(clock)


def _head(summary: SessionSummary) -> Iterator[str]:
    account, funnel = summary.account, summary.funnel
    yield f"# Session {summary.session_id}"
    yield _HEADLINES.get(summary.status, f"The session's status is {summary.status}.")
    money = f"{{}} {account.currency}".format
    rows = [
        ("Status", f"{summary.status}, exit code {summary.exit_code}"),
        ("Final PnL", f"{money(grouped(account.pnl))}, a return of {percent(account.total_return)}"),
        ("Equity", f"{money(grouped(account.equity))} from {money(grouped(account.starting_cash))}"),
        ("Realised PnL, before fees", money(grouped(account.realized_pnl))),
        ("Unrealised PnL", money(grouped(account.unrealized_pnl))),
        ("Fees", money(grouped(account.fees))),
        ("Maximum drawdown", percent(account.max_drawdown)),
        ("Seed", str(summary.seed)),
        ("Bars, orders, fills", f"{summary.bars:,}, {funnel.intents:,}, {funnel.fills:,}"),
        ("Guards", _guards_at_a_glance(summary)),
        *_venue_at_a_glance(summary),
    ]
    yield table(("At a glance", "Value"), rows)
    if summary.halt_causes:
        yield "Halted by, in the order of the config:"
        causes = [(cause.guard, time_text(cause.at), literal(cause.reason)) for cause in summary.halt_causes]
        yield table(("Guard", "At", "Cause"), causes)
    else:
        yield "No guard halts the session."


def _guards_at_a_glance(summary: SessionSummary) -> str:
    named = sum(line.limits is not None for line in summary.guards)
    blocked = summary.funnel.status(OrderStatus.BLOCKED)
    halts = sum(line.halts.count for line in summary.guards)
    return f"{named:,} in the config; orders blocked: {blocked:,}; causes of halts: {halts:,}"


def _venue_at_a_glance(summary: SessionSummary) -> Iterator[tuple[str, str]]:
    at_venue = summary.at_venue
    if at_venue is not None and at_venue.dry_run:
        yield "Venue", literal(at_venue.told)
    if at_venue is not None and at_venue.unknown_told:
        yield "Unknown orders", literal(at_venue.unknown_told)


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
