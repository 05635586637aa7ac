"""Two backtests side by side: what differs in figures and config, and whether one may be called the better."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs
import numpy as np

from logos.artifacts.backtests import DailyEquity
from logos.artifacts.curve import Floats
from logos.backtest.measures import MEASURES, Kind
from logos.backtest.past_run import PastRun
from logos.config.comparing import Change, changes_below, config_changes, value_of
from logos.metrics.daily import daily_returns
from logos.metrics.ratios import sharpe
from logos.metrics.relative import correlation

CONFIDENCE = 0.95
_QUANTILE = 1.959963984540054
"""The two-sided 95 % quantile of the standard normal distribution."""

_LEAST_DAYS = 30
"""Below this many daily returns the normal approximation of the standard error says nothing."""

_COSTS = ("plugin", "fees", "slippage_bps", "slippage_jitter_bps", "max_volume_share", "limit_fill")


@attrs.frozen(kw_only=True)
class Delta:
    """One figure of both runs.

    Attributes
    ----------
    a, b:
        As they stand in ``metrics.json``.
    difference:
        B less A, in the form of the two; ``None`` where one of them is undefined.
    better:
        ``A``, ``B`` or ``same``; empty where neither can be called better, and where the runs cannot be ranked.
    """

    name: str
    label: str
    kind: Kind
    a: Any
    b: Any
    difference: Any
    better: str


@attrs.frozen(kw_only=True)
class SharpeTest:
    """Whether the difference of two Sharpe ratios is more than noise.

    Attributes
    ----------
    days:
        Daily returns that both runs have.
    difference:
        Sharpe ratio of B less that of A, a year.
    standard_error:
        Of that difference, a year.
    statistic:
        Their quotient, standard normal where the true ratios are equal; ``None`` without noise.
    significant:
        Whether the difference lies outside the 95 % interval around zero.
    """

    days: int
    difference: float
    standard_error: float
    statistic: float | None
    significant: bool
    method: str = "Jobson and Korkie 1981, as corrected by Memmel 2003"


@attrs.frozen(kw_only=True)
class Comparison:
    """What a comparison found.

    Attributes
    ----------
    obstacles:
        Why the runs cannot be ranked, one sentence each; empty where they can.
    sharpe:
        ``None`` where the runs cannot be ranked, or have too few days in common.
    winner:
        ``A``, ``B``, or ``None`` where none can be named.
    verdict:
        The same in sentences.
    """

    a: str
    b: str
    currency: str
    metrics: tuple[Delta, ...]
    config: tuple[Change, ...]
    obstacles: tuple[str, ...]
    sharpe: SharpeTest | None
    winner: str | None
    verdict: tuple[str, ...]


def compare(a: PastRun, b: PastRun) -> Comparison:
    """Compare two backtests; the second is read as a change of the first.

    A winner is named only where both ran to the end, over the same bars, with the same money, costs and rules, and
    where the Sharpe ratios of their daily returns differ by more than noise.
    """
    obstacles = tuple(_obstacles(a, b))
    metrics = tuple(_deltas(a.metrics, b.metrics, ranked=not obstacles))
    test = None if obstacles else _sharpe_of(a, b)
    winner, verdict = _verdict(obstacles, test, metrics)
    return Comparison(
        a=a.backtest_id,
        b=b.backtest_id,
        currency=a.currency if a.currency == b.currency else "",
        metrics=metrics,
        config=tuple(config_changes(a.config, b.config)),
        obstacles=obstacles,
        sharpe=test,
        winner=winner,
        verdict=verdict,
    )


def _deltas(a: Mapping[str, Any], b: Mapping[str, Any], *, ranked: bool) -> Iterator[Delta]:
    for measure in MEASURES:
        one, two = a.get(measure.name), b.get(measure.name)
        difference, better = None, ""
        if one is not None and two is not None:
            # Money is exact text, and a ratio is the shortest text of its float: both subtract without a tail.
            gap = Decimal(str(two)) - Decimal(str(one))
            difference = _in_form_of(one, gap)
            if ranked and measure.better:
                better = "same" if not gap else "B" if (gap > 0) == (measure.better > 0) else "A"
        yield Delta(
            name=measure.name,
            label=measure.label,
            kind=measure.kind,
            a=one,
            b=two,
            difference=difference,
            better=better,
        )


def _in_form_of(example: Any, value: Decimal) -> Any:
    if isinstance(example, str):
        return format(value, "f")
    return int(value) if isinstance(example, int) else float(value)


def _obstacles(a: PastRun, b: PastRun) -> Iterator[str]:
    """Yield why two runs cannot be ranked."""
    for letter, run in (("A", a), ("B", b)):
        if run.metrics["status"] != "completed":
            yield f"{letter} was {run.metrics['status']} before the end of its data"
    for what, key in (("start", "start"), ("end", "end")):
        yield from _differs(f"the spans differ: their {what}", a.metrics.get(key), b.metrics.get(key))
    if a.metrics.get("data_digest") != b.metrics.get("data_digest"):
        yield "the bars differ: their data digests are not the same"
    yield from _differs("the intervals differ", a.config["feed"]["interval"], b.config["feed"]["interval"])
    yield from _differs("the currencies differ", a.currency, b.currency)
    yield from _differs("the starting cash differs", a.metrics["starting_cash"], b.metrics["starting_cash"])
    brokers = [_section(run.config.get("broker")) for run in (a, b)]
    for key in sorted(brokers[0].keys() | brokers[1].keys()):
        if key not in {"cash", "currency"}:
            of = "costs" if key in _COSTS else "account's rules"
            changes = changes_below(f"broker.{key}", brokers[0].get(key), brokers[1].get(key))
            yield from (f"the {of} differ: {change.path} is {_shown(change)}" for change in changes)
    both = [_section(run.config.get("instruments")) for run in (a, b)]
    for change in changes_below("instruments", *both):
        yield f"the instruments differ: {change.path} is {_shown(change)}"


def _section(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _differs(what: str, one: Any, two: Any) -> Iterator[str]:
    if one != two:
        yield f"{what} is {one} in A and {two} in B" if ":" in what else f"{what}: {one} in A, {two} in B"


def _shown(change: Change) -> str:
    return f"{value_of(change.a)} in A and {value_of(change.b)} in B"


def _sharpe_of(a: PastRun, b: PastRun) -> SharpeTest | None:
    one, two = (_returns(run.daily(), run) for run in (a, b))
    if len(one) != len(two) or len(one) < _LEAST_DAYS:
        return None
    return sharpe_difference(one, two, periods=int(a.metrics["periods_per_year"]))


def _returns(daily: DailyEquity, run: PastRun) -> Floats:
    return daily_returns(daily.equity.tolist(), float(run.metrics["starting_cash"]))


def sharpe_difference(a: Floats, b: Floats, *, periods: int) -> SharpeTest | None:
    """Test whether the Sharpe ratios of two columns of daily returns differ by more than noise.

    With daily ratios ``s``, correlation ``c`` of the returns and ``n`` days, the variance of the difference is
    ``(2 - 2 c + (sa**2 + sb**2 - 2 sa sb c**2) / 2) / n``. Source: Jobson and Korkie, *Performance Hypothesis Testing
    with the Sharpe and Treynor Measures*, Journal of Finance 36(4), 1981, corrected by Memmel, *Performance Hypothesis
    Testing with the Sharpe Ratio*, Finance Letters 1, 2003. It takes returns to be normal and independent from day to
    day; fat tails and runs of days make the true error larger.

    Parameters
    ----------
    a, b:
        Returns of the same days.
    periods:
        Trading days of a year, for the annual figures.

    Returns
    -------
    SharpeTest or None
        ``None`` where a ratio is not defined: fewer than two days, or returns without deviation.
    """
    days = len(a)
    one, two, together = sharpe(a, periods=1), sharpe(b, periods=1), correlation(a, b)
    if one is None or two is None or together is None:
        return None
    variance = (2 - 2 * together + 0.5 * (one * one + two * two - 2 * one * two * together**2)) / days
    scale = math.sqrt(periods)
    same = bool(np.array_equal(a, b))
    error = 0.0 if same else math.sqrt(max(variance, 0.0)) * scale
    difference = (two - one) * scale
    statistic = difference / error if error else None
    return SharpeTest(
        days=days,
        difference=difference,
        standard_error=error,
        statistic=statistic,
        significant=statistic is not None and abs(statistic) > _QUANTILE,
    )


def _verdict(
    obstacles: Sequence[str], test: SharpeTest | None, metrics: Sequence[Delta]
) -> tuple[str | None, tuple[str, ...]]:
    if obstacles:
        return None, (
            "No winner is named: these runs cannot be ranked.",
            *(f"{text[0].upper()}{text[1:]}." for text in obstacles),
        )
    if test is None:
        least = f"a difference of Sharpe ratios needs at least {_LEAST_DAYS} trading days on which both accounts moved"
        return None, (f"No winner is named: {least}.",)
    if test.statistic is None:
        return None, ("No winner is named: the daily returns are the same.",)
    ahead, behind = ("B", "A") if test.difference > 0 else ("A", "B")
    size = (
        f"{abs(test.difference):.2f} a year with a standard error of {test.standard_error:.2f} over {test.days:,} days"
    )
    if not test.significant:
        return None, (
            f"No winner is named: the Sharpe ratio of {ahead} is higher by {size}, which is within noise.",
            "More days, or a larger difference, would be needed.",
        )
    lines = [f"{ahead} is better by its Sharpe ratio: higher by {size}, more than noise at 95 % confidence."]
    against = [delta.label.lower() for delta in metrics if delta.better == behind]
    if against:
        lines.append(f"{behind} is better in: {', '.join(against)}.")
    lines.append("One comparison says nothing of how many variants were tried before it.")
    return ahead, tuple(lines)
