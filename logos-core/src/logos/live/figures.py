"""What is said about a session when it stops, drawn from the session and its recorder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.artifacts.funnel_md import Funnel
from logos.artifacts.guards_md import NONE, Activations, CauseLine, GuardLine
from logos.artifacts.rebalancing_md import Rebalancings, WeightLine
from logos.artifacts.rows import average_cost_text, ratio_text
from logos.artifacts.summary import AccountLine, DataLine, PluginLine, SessionSummary, SymbolLine
from logos.artifacts.venue_md import AnswerLine, AtVenue
from logos.domain.money import RATIO_DECIMALS, ratio, text_of
from logos.domain.orders import OrderStatus
from logos.ledger.books import Books, Holding
from logos.live.recorder import SessionRecorder
from logos.live.snapshot import Identity
from logos.live.taken import Taken
from logos.live.tally import Spoken, Tally
from logos.session.machine import Session
from logos.session.order_intent import UNKNOWN_ORDER
from logos.session.seats import SymbolReport

_ARTIFACTS = {
    schemas.ORDERS_FILE: "every order and what became of it",
    schemas.TRADES_FILE: "every fill",
    schemas.POSITIONS_FILE: "every change of a position",
    schemas.ACCOUNT_FILE: "the account after every slice of bars",
    schemas.DECISIONS_FILE: "why each signal became an order, or did not",
    schemas.QUARANTINE_FILE: "rows of bar files that did not become bars",
    schemas.CONFIG_FILE: "the config with every default",
    schemas.STATE_FILE: "the session as a whole, to continue from",
    schemas.JOURNAL_FILE: "every event, each sealed with the one before it",
    schemas.EQUITY_PLOT_FILE: "equity and drawdown",
    schemas.LOG_FILE: "the session's log",
}


@attrs.frozen(kw_only=True)
class Ending:
    """What the runner knows about a session's end.

    Attributes
    ----------
    path:
        The session's folder relative to the workspace.
    ended_at:
        Wall time as text.
    guards:
        The guards of the resolved config in its order: ``plugin`` and every key.
    """

    status: str
    exit_code: int
    path: str
    ended_at: str
    warnings: tuple[str, ...]
    guards: tuple[Mapping[str, Any], ...] = ()


def summarise(
    identity: Identity,
    session: Session,
    recorder: SessionRecorder,
    reports: Sequence[SymbolReport],
    ending: Ending,
) -> SessionSummary:
    """Return everything that ``session.md`` says."""
    tally = recorder.tally
    return SessionSummary(
        session_id=identity.session_id,
        name=identity.name,
        status=ending.status,
        exit_code=ending.exit_code,
        seed=identity.seed,
        config_digest=identity.config_digest,
        data_digest=identity.data_digest,
        started_at=identity.started_at,
        ended_at=ending.ended_at,
        first_bar=session.started_at if session.counts.slices else None,
        last_bar=session.clock if session.counts.slices else None,
        bars=session.counts.bars,
        slices=session.counts.slices,
        account=_account(session.account, tally.max_drawdown),
        funnel=_funnel(session, tally),
        halt_causes=session.causes,
        guards=tuple(_guards(session, tally, ending.guards)),
        cleared=tuple(tally.cleared),
        symbols=tuple(_symbol(holding, session.account, tally.fills) for holding in session.account.holdings()),
        data=tuple(DataLine(**attrs.asdict(report, recurse=False)) for report in reports),
        plugins=tuple(PluginLine(**plugin) for plugin in identity.plugins),
        artifacts=tuple(_artifacts(session).items()),
        path=ending.path,
        open_positions=tuple(_left_open(session)),
        warnings=ending.warnings,
        rebalancings=None if session.rebalancer is None else _rebalancings(tally),
    )


def _artifacts(session: Session) -> dict[str, str]:
    """Return what stands in a session's folder, by file."""
    if session.rebalancer is None:
        return _ARTIFACTS
    return {schemas.WEIGHTS_FILE: "what each rebalance wanted, and what came of it", **_ARTIFACTS}


def _rebalancings(tally: Tally) -> Rebalancings:
    def ratio(value: int | None) -> str:
        return "" if value is None else ratio_text(value)

    symbols = tally.last_weights.get("symbols", {})
    return Rebalancings(
        at=tally.last_weights.get("at", ""),
        methods=tuple(sorted(tally.methods.items())),
        notes=tuple((one.text, one.often) for one in sorted(tally.rebalance_notes, key=lambda one: (one.at, one.text))),
        weights=tuple(
            WeightLine(symbol=symbol, target=ratio(target), actual=ratio(held), risk=ratio(risk))
            for symbol, (target, held, risk) in sorted(symbols.items())
        ),
    )


def with_feed(summary: SessionSummary, taken: Taken, interval: int, feed: Mapping[str, Any]) -> SessionSummary:
    """Return a summary with what ``session.md`` says beside that of a session on a polled feed.

    Parameters
    ----------
    taken:
        What was recorded. A slice is one of bars here, not a timer tick.
    feed:
        The feed's telemetry; a feed need not tell anything.
    """
    symbols = feed.get("symbols")
    told = {symbol: one for symbol, one in sorted(symbols.items()) if isinstance(one, dict)} if symbols else {}
    drops: dict[str, dict[str, int]] = {}
    for symbol, one in told.items():
        dropped = one.get("dropped")
        if isinstance(dropped, dict) and any(dropped.values()):
            drops[symbol] = {reason: count for reason, count in sorted(dropped.items()) if count}
    opened = [one.first for one in taken.symbols.values() if one.first is not None]
    artifacts = {schemas.BARS_FILE: "every bar, timer tick and correction from the feed", **dict(summary.artifacts)}
    return attrs.evolve(
        summary,
        first_bar=min(opened) + interval if opened else None,
        last_bar=taken.clock,
        data=tuple(_as_told(line, told.get(line.symbol, {})) for line in summary.data),
        record=tuple(taken.counts().items()),
        drops=drops,
        artifacts=tuple(artifacts.items()),
    )


def _as_told(line: DataLine, told: Mapping[str, Any]) -> DataLine:
    """Return a symbol's line with what only its feed can count: what it rounded, and what should have been there."""
    known = {name: told[name] for name in ("off_tick", "gaps") if isinstance(told.get(name), int)}
    return attrs.evolve(line, since_start=bool(known), **known)


def at_venue(venue: str, tally: Tally, orders: Iterable[tuple[str, str]], *, dry_run: bool) -> AtVenue:
    """Return how a session stands with its broker's venue.

    Parameters
    ----------
    orders:
        Client order id and status of the working orders, in order of number.
    """
    said = tally.venue
    return AtVenue(
        venue=venue,
        dry_run=dry_run,
        would_accept=said.would_accept,
        would_refuse=said.would_refuse,
        first_refused=said.first_refused,
        answers=tuple(AnswerLine(kind=kind, **attrs.asdict(answer)) for kind, answer in sorted(said.kinds.items())),
        unknown=tuple(name for name, status in orders if status == OrderStatus.UNKNOWN),
        refused_for_unknown=tally.codes.get(UNKNOWN_ORDER, 0),
    )


def _funnel(session: Session, tally: Tally) -> Funnel:
    statuses = {status.value: tally.statuses.get(status.value, 0) for status in OrderStatus}
    for order in session.orders.by_id.values():
        statuses[order.status.value] += 1
    return Funnel(
        outcomes=tally.outcomes,
        reasons=tuple(sorted(tally.codes.items())),
        statuses=statuses,
        cut_short=tally.cut_short,
        fills=session.counts.fills,
    )


def _guards(session: Session, tally: Tally, sections: Sequence[Mapping[str, Any]]) -> Iterator[GuardLine]:
    """Yield a line for each guard of the config, then for what halted without being one: the account, a kill file."""
    named: set[str] = set()
    for (name, headroom), section in zip(session.parts.guards.headroom(session), sections, strict=True):
        limits = tuple((key, _limit_text(value)) for key, value in section.items() if key != "plugin")
        line = GuardLine(guard=name, limits=limits, headroom=headroom, shared=name in named)
        yield line if name in named else _with_activations(line, tally)
        named.add(name)
    for name in sorted({*tally.blocks, *tally.halts} - named):
        yield _with_activations(GuardLine(guard=name, limits=None), tally)


def _with_activations(line: GuardLine, tally: Tally) -> GuardLine:
    return attrs.evolve(
        line,
        blocks=_activations(tally.blocks.get(line.guard)),
        halts=_activations(tally.halts.get(line.guard)),
        forgiven=tally.forgiven.get(line.guard, 0),
    )


def _activations(spoken: Spoken | None) -> Activations:
    if spoken is None:
        return Activations()
    kept = [CauseLine(at=one.at, order_id=one.order_id, reason=one.reason) for one in spoken.first]
    last = spoken.last if spoken.count > len(kept) else None
    return Activations(
        count=spoken.count,
        first=tuple(kept),
        last=None if last is None else CauseLine(at=last.at, order_id=last.order_id, reason=last.reason),
    )


def _limit_text(value: object) -> str:
    return NONE if value is None else str(value)


def _account(books: Books, max_drawdown: int) -> AccountLine:
    def money(value: int) -> str:
        return text_of(value, books.decimals)

    profit = books.equity - books.starting_cash
    return AccountLine(
        currency=books.currency,
        starting_cash=money(books.starting_cash),
        pnl=money(profit),
        cash=money(books.cash),
        market_value=money(books.market_value),
        equity=money(books.equity),
        realized_pnl=money(books.realized),
        unrealized_pnl=money(books.unrealized),
        fees=money(books.fees),
        total_return=text_of(ratio(profit, books.starting_cash), RATIO_DECIMALS),
        max_drawdown=text_of(max_drawdown, RATIO_DECIMALS),
    )


def _symbol(holding: Holding, books: Books, fills: dict[str, int]) -> SymbolLine:
    instrument = holding.instrument
    lots = holding.lots
    converted = holding.valuation.conversion is not None
    return SymbolLine(
        symbol=instrument.symbol,
        position=instrument.quantity_text(lots.quantity),
        average_cost=average_cost_text(instrument, lots.quantity, lots.cost, books.decimals, converted=converted),
        mark="" if holding.mark is None else instrument.price_text(holding.mark),
        market_value=text_of(holding.market_value, books.decimals) if lots.quantity else "",
        realized_pnl=text_of(holding.realized, books.decimals),
        unrealized_pnl=text_of(holding.market_value - lots.cost, books.decimals),
        fills=fills.get(instrument.symbol, 0),
    )


def _left_open(session: Session) -> list[str]:
    lines = []
    for holding in session.account.holdings():
        if holding.lots.quantity and holding.mark is not None:
            instrument = holding.instrument
            quantity = instrument.quantity_text(holding.lots.quantity)
            lines.append(f"{instrument.symbol}: {quantity} at a mark of {instrument.price_text(holding.mark)}")
    return lines
