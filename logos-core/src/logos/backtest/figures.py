"""The figures of a backtest, named and defined as ``metrics.json`` has them.

Money and counts are taken from the run's integers. A total return, a drawdown, a share and a factor are quotients of
integers, rounded once; only what needs daily returns is computed in floats. ``docs/METRICS.md`` defines every key.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from logos.backtest.records import BenchmarkTotals, EquityByDay, PairTotals, RunTotals, SymbolTotals
from logos.data.calendars import ALWAYS_OPEN
from logos.domain.instruments import AssetClass, Instrument
from logos.domain.money import RATIO_ONE, text_of
from logos.domain.times import time_text
from logos.metrics import ratios, relative
from logos.metrics.daily import daily_returns
from logos.metrics.periods import AnnualPeriods, annual_periods
from logos.metrics.round_trips import profit_factor, win_rate
from logos.metrics.series import Series

SCHEMA = 1
BENCHMARK = "buy and hold"

_EXPONENT = re.compile(r'^(\s*(?:"[^"]*": )?)(-?\d+(?:\.\d+)?e[-+]\d+)(,?)$', re.MULTILINE)
"""A number with an exponent that ends a line of indented JSON; a text would stand in quotation marks."""


@attrs.frozen(kw_only=True, eq=False)
class Statistics:
    """Return and risk of an equity curve, as fractions; ``None`` where the curve does not define one.

    Attributes
    ----------
    final_equity:
        As decimal text, in the account's currency.
    total_return, max_drawdown:
        From the exact figures; the drawdown is positive and over all slices.
    cagr, volatility, sharpe, sortino, calmar:
        Annualised from the daily returns.
    returns:
        The simple return of each day.
    """

    final_equity: str
    total_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float
    returns: Series


def statistics_of(by_day: EquityByDay, starting_cash: int, decimals: int, periods: int) -> Statistics:
    """Measure an equity curve.

    Parameters
    ----------
    by_day:
        Equity at the end of each trading day. Without a day nothing was gained or lost, and no rate is defined.
    starting_cash:
        In minor units, above 0.
    decimals:
        How many decimals the minor units stand for.
    periods:
        Days a year, see :func:`annual_periods_of`.
    """
    equity = [int(value) for value in by_day.equity]
    returns = daily_returns(equity, starting_cash)
    final = equity[-1] if equity else starting_cash
    growth_rate = ratios.cagr(final / starting_cash, days=len(equity), periods=periods)
    drawdown = int(by_day.max_drawdown) / RATIO_ONE
    return Statistics(
        final_equity=text_of(final, decimals),
        total_return=(final - starting_cash) / starting_cash,
        cagr=growth_rate,
        volatility=ratios.volatility(returns, periods=periods),
        sharpe=ratios.sharpe(returns, periods=periods),
        sortino=ratios.sortino(returns, periods=periods),
        calmar=ratios.calmar(growth_rate, drawdown),
        max_drawdown=drawdown,
        returns=returns,
    )


def annual_periods_of(instruments: Iterable[Instrument]) -> AnnualPeriods:
    """Return the days a year for what is traded: 365 where any market never closes, else 252.

    A market never closes where its calendar says so, and where a crypto instrument names none.
    """
    return annual_periods([instrument.symbol for instrument in instruments if _never_closes(instrument)])


def metrics_of(
    totals: RunTotals,
    *,
    seed: int,
    config_digest: str,
    data_digest: str,
    plugins: Sequence[Mapping[str, str]],
    notes: Sequence[str],
) -> dict[str, Any]:
    """Return the object of ``metrics.json``: money as decimal text, ratios as numbers, what is undefined as ``None``.

    Parameters
    ----------
    totals:
        The run. Its ``instruments`` are those that it could trade, for they decide the days a year.
    seed, config_digest, data_digest, plugins:
        What the run was made of, as a session's snapshot has them.
    notes:
        What was found out about the data, in sentences.
    """
    annual = annual_periods_of(totals.instruments.values())
    figures = statistics_of(totals.by_day, totals.starting_cash, totals.decimals, annual.periods)
    values = {
        **_headline(totals, figures),
        **_account(totals, annual),
        "benchmark": None if totals.benchmark is None else _benchmark(totals, totals.benchmark, annual.periods),
        "costs": _costs(totals),
        "by_symbol": [_of_symbol(totals, symbol) for symbol in totals.symbols],
        "by_strategy": [_of_strategy(totals, name) for name in sorted({pair.strategy for pair in totals.pairs})],
        "by_pair": [_of_pair(totals, pair) for pair in totals.pairs],
        "seed": seed,
        "config_digest": config_digest,
        "data_digest": data_digest,
        "plugins": [dict(plugin) for plugin in plugins],
        "notes": list(notes),
        "schema": SCHEMA,
    }
    return {key: _without_surprises(value) for key, value in values.items()}


def metrics_json(values: Mapping[str, Any]) -> bytes:
    """Return the bytes of ``metrics.json``: keys in the order given, every digit of a ratio, and no exponent.

    Raises
    ------
    ValueError
        Where a number is NaN or infinite; :func:`metrics_of` leaves none in.
    """
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{_EXPONENT.sub(_plain, text)}\n".encode()


def _never_closes(instrument: Instrument) -> bool:
    if instrument.calendar is None:
        return instrument.asset_class is AssetClass.CRYPTO
    return instrument.calendar == ALWAYS_OPEN


def _headline(totals: RunTotals, figures: Statistics) -> dict[str, Any]:
    pairs = totals.pairs
    return {
        "start": _time(totals.first_open),
        "end": _time(totals.last_clock),
        "bars": totals.bars,
        "starting_cash": text_of(totals.starting_cash, totals.decimals),
        "final_equity": text_of(totals.final_equity, totals.decimals),
        **_measures(figures),
        **_round_trips(pairs),
        "exposure": totals.exposed / totals.slices if totals.slices else None,
        "turnover": _turnover(totals),
        "fills": totals.fills,
        "trades": _sum(pairs, "trips"),
        "fees": text_of(totals.fees, totals.decimals),
    }


def _account(totals: RunTotals, annual: AnnualPeriods) -> dict[str, Any]:
    return {
        "status": totals.status,
        "halt_causes": [
            {"guard": cause.guard, "reason": cause.reason, "at": time_text(cause.at)} for cause in totals.causes
        ],
        "currency": totals.currency,
        "slices": totals.slices,
        "days": len(totals.by_day.days),
        "periods_per_year": annual.periods,
        "annualisation": annual.reason,
        "orders": totals.orders,
        "blocked": totals.blocked,
        "rejected": totals.rejected,
        "realized_pnl": text_of(totals.realized, totals.decimals),
        "unrealized_pnl": text_of(totals.unrealized, totals.decimals),
    }


def _measures(figures: Statistics) -> dict[str, float | None]:
    names = ("total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown")
    return {name: getattr(figures, name) for name in names}


def _turnover(totals: RunTotals) -> float | None:
    equity = sum(int(value) for value in totals.by_day.equity)
    return _sum(totals.pairs, "traded") * len(totals.by_day.equity) / equity if equity > 0 else None


def _benchmark(totals: RunTotals, held: BenchmarkTotals, periods: int) -> dict[str, Any]:
    figures = statistics_of(held.by_day, totals.starting_cash, totals.decimals, periods)
    mine, theirs = _common_returns(totals, held)
    return {
        "name": BENCHMARK,
        "symbols": list(held.symbols),
        "final_equity": text_of(held.final_equity, totals.decimals),
        **_measures(figures),
        "excess_return": (totals.final_equity - held.final_equity) / totals.starting_cash,
        "beta": relative.beta(mine, theirs),
        "alpha": relative.alpha(mine, theirs, periods=periods),
        "correlation": relative.correlation(mine, theirs),
        "tracking_error": relative.tracking_error(mine, theirs, periods=periods),
        "information_ratio": relative.information_ratio(mine, theirs, periods=periods),
    }


def _common_returns(totals: RunTotals, held: BenchmarkTotals) -> tuple[Series, Series]:
    """Return the returns of both over the days that both have, to the day on which one of them is ruined."""
    mine, theirs = (
        {int(day): int(value) for day, value in zip(curve.days, curve.equity, strict=True)}
        for curve in (totals.by_day, held.by_day)
    )
    days = sorted(mine.keys() & theirs.keys())
    one = daily_returns([mine[day] for day in days], totals.starting_cash)
    two = daily_returns([theirs[day] for day in days], totals.starting_cash)
    length = min(one.size, two.size)
    return one[:length], two[:length]


def _costs(totals: RunTotals) -> dict[str, str]:
    slippage, delay = _sum(totals.pairs, "slippage"), _sum(totals.pairs, "delay")
    amounts = {
        "fees_maker": _sum(totals.pairs, "fees_maker"),
        "fees_taker": _sum(totals.pairs, "fees_taker"),
        "fees": totals.fees,
        "slippage": slippage,
        "delay": delay,
        "total": totals.fees + slippage + delay,
    }
    return {name: text_of(amount, totals.decimals) for name, amount in amounts.items()}


def _of_symbol(totals: RunTotals, books: SymbolTotals) -> dict[str, Any]:
    pairs = [pair for pair in totals.pairs if pair.symbol == books.symbol]
    return {
        "symbol": books.symbol,
        "fills": _sum(pairs, "fills"),
        "trades": _sum(pairs, "trips"),
        **_round_trips(pairs),
        "traded": text_of(_sum(pairs, "traded"), totals.decimals),
        "realized_pnl": text_of(books.realized, totals.decimals),
        "unrealized_pnl": text_of(books.unrealized, totals.decimals),
        "fees": text_of(books.fees, totals.decimals),
        **_net(totals, books.realized + books.unrealized - books.fees),
    }


def _of_strategy(totals: RunTotals, name: str) -> dict[str, Any]:
    return {"strategy": name, **_of_pairs(totals, [pair for pair in totals.pairs if pair.strategy == name])}


def _of_pair(totals: RunTotals, pair: PairTotals) -> dict[str, Any]:
    return {
        "strategy": pair.strategy,
        "symbol": pair.symbol,
        **_of_pairs(totals, [pair]),
        "position": totals.instruments[pair.symbol].quantity_text(pair.position),
        "longest_trip_seconds": pair.longest_trip,
    }


def _of_pairs(totals: RunTotals, pairs: Sequence[PairTotals]) -> dict[str, Any]:
    return {
        "orders": _sum(pairs, "orders"),
        "fills": _sum(pairs, "fills"),
        "trades": _sum(pairs, "trips"),
        **_round_trips(pairs),
        "traded": text_of(_sum(pairs, "traded"), totals.decimals),
        "fees": text_of(_sum(pairs, "fees_maker") + _sum(pairs, "fees_taker"), totals.decimals),
        "slippage": text_of(_sum(pairs, "slippage"), totals.decimals),
        "delay": text_of(_sum(pairs, "delay"), totals.decimals),
        **_net(totals, _sum(pairs, "net")),
    }


def _round_trips(pairs: Sequence[PairTotals]) -> dict[str, float | None]:
    return {
        "win_rate": win_rate(_sum(pairs, "wins"), _sum(pairs, "trips")),
        "profit_factor": profit_factor(_sum(pairs, "gross_profit"), _sum(pairs, "gross_loss")),
    }


def _net(totals: RunTotals, net: int) -> dict[str, Any]:
    return {"net_pnl": text_of(net, totals.decimals), "contribution": net / totals.starting_cash}


def _sum(pairs: Iterable[PairTotals], name: str) -> int:
    return sum(int(getattr(pair, name)) for pair in pairs)


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else time_text(seconds)


def _without_surprises(value: Any) -> Any:
    """Return the value with ``None`` for what is not finite, and 0 for the negative zero, also inside of it."""
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_surprises(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_surprises(part) for part in value]
    return value


def _plain(match: re.Match[str]) -> str:
    """Return a line of JSON with its number written out: the same float is read back."""
    digits = format(Decimal(match[2]), "f")
    return f"{match[1]}{digits if '.' in digits else digits + '.0'}{match[3]}"
