"""What is left of the best trial when the luck of choosing it is taken off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from logos.backtest.sweep.evaluations import Record, days_of, returns_of
from logos.metrics.backtest_overfitting import BLOCKS, Matrix, Overfitting, backtest_overfitting
from logos.metrics.overfitting import deflated_sharpe_ratio, expected_maximum_sharpe, variance_of_ratios
from logos.metrics.ratios import sharpe

_LIKELY_SKILL = 0.95
_WEEK = 5
_LEAST_BLOCKS = 6
"""Blocks are to have a week of trading each, so that they depend little on one another, where there are that many."""

_MOST_CELLS = 20_000_000
"""Days times trials up to which the probability of overfitting is estimated: 160 MB."""


@attrs.frozen(kw_only=True)
class Significance:
    """The best trial against luck. Sharpe ratios are annualised.

    Attributes
    ----------
    trials:
        Different configs that were ever tried on these bars, by this sweep and whatever came before.
    made:
        Trials of this sweep that the estimates rest on.
    best:
        The Sharpe ratio of the best trial.
    expected:
        The ratio to expect of the best of so many trials without any skill.
    deflated:
        The probability that the best trial's true ratio lies above 0 once its choice is accounted for.
    overfitting:
        The probability of backtest overfitting, and the probability that the choice loses money out of sample.
    """

    trials: int
    made: int
    best: float | None
    expected: float | None
    deflated: float | None
    overfitting: float | None
    loss: float | None
    blocks: int | None

    def as_object(self) -> dict[str, Any]:
        """Return it as ``summary.json`` keeps it."""
        return {
            "trials_counted": self.trials,
            "trials_judged": self.made,
            "best_sharpe": self.best,
            "expected_best_sharpe_without_skill": self.expected,
            "deflated_sharpe_ratio": self.deflated,
            "probability_of_overfitting": self.overfitting,
            "probability_of_loss": self.loss,
            "blocks": self.blocks,
        }


def significance_of(peak: Record | None, records: Sequence[Record], *, trials: int, periods: int) -> Significance:
    """Judge the best trial of a sweep.

    Parameters
    ----------
    peak:
        Its record; ``None`` where there is none.
    records:
        Of all trials on one window, the peak's too where it is one of them.
    trials:
        Different configs ever tried on the same bars.
    periods:
        Trading days a year.
    """
    known = [one["sharpe"] for one in records if one["sharpe"] is not None]
    variance = variance_of_ratios(known) / periods
    judged = _overfitting(records)
    best = deflated = expected = None
    if peak is not None and trials > 0:
        returns = returns_of(peak)
        daily = sharpe(returns, periods=1)
        best = None if daily is None else daily * periods**0.5
        expected = expected_maximum_sharpe(trials, variance) * periods**0.5 if len(known) > 1 else None
        deflated = deflated_sharpe_ratio(returns, trials=trials, variance=variance) if len(known) > 1 else None
    return Significance(
        trials=trials,
        made=len(records),
        best=best,
        expected=expected,
        deflated=deflated,
        overfitting=None if judged is None else judged.probability,
        loss=None if judged is None else judged.loss,
        blocks=None if judged is None else judged.blocks,
    )


def sentences(found: Significance) -> list[str]:
    """Say in words what the figures mean."""
    return [*_on_the_best(found), *_on_the_choice(found)]


def _on_the_best(found: Significance) -> list[str]:
    if found.best is None:
        return ["The best trial has no Sharpe ratio: there are too few days, or it never traded."]
    if found.expected is None or found.deflated is None:
        return ["With a single trial there is no choice to account for."]
    verdict = (
        "That is unlikely to be luck."
        if found.deflated >= _LIKELY_SKILL
        else f"Below {_LIKELY_SKILL:.0%} it cannot be told from luck."
    )
    counted = _counted(found.trials, "different config has", "different configs have")
    threshold = (
        f"{counted} been tried on these bars. The best of so many without any skill would show a Sharpe ratio of about "
        f"{found.expected:.2f}; the best here shows {found.best:.2f}."
    )
    deflated = (
        f"The deflated Sharpe ratio is {found.deflated:.1%}: how likely the best trial's true ratio is above what luck "
        f"alone would have shown. {verdict}"
    )
    return [threshold, deflated]


def _on_the_choice(found: Significance) -> list[str]:
    if found.overfitting is None or found.loss is None:
        return ["The probability of overfitting cannot be estimated: it takes two trials and four days."]
    weight = "choosing the best here is no better than guessing" if found.overfitting >= 0.5 else "lower is better"
    text = (
        f"The probability of overfitting is {found.overfitting:.1%}: how often the trial that is best on half of the "
        f"days ends in the worse half of all trials on the other days ({weight}). It loses money there in "
        f"{found.loss:.1%} of the cases."
    )
    return [text]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _overfitting(records: Sequence[Record]) -> Overfitting | None:
    matrix = returns_matrix(records)
    if matrix.size > _MOST_CELLS:
        return None
    weeks = len(matrix) // _WEEK
    return backtest_overfitting(matrix, blocks=min(BLOCKS, max(_LEAST_BLOCKS, weeks // 2 * 2)))


def returns_matrix(records: Sequence[Record]) -> Matrix:
    """Return the daily returns of trials on one window: a row a day, a column a trial.

    A trial that ended early, halted or ruined, has a return of 0 on the days that it did not see.
    """
    if not records:
        return np.empty((0, 0))
    columns = [(days_of(one), returns_of(one)) for one in records]
    first = columns[0][0]
    if all(len(returns) == len(first) and np.array_equal(days, first) for days, returns in columns):
        return np.stack([returns for _, returns in columns], axis=1)
    every = np.unique(np.concatenate([days for days, _ in columns]))
    matrix = np.zeros((len(every), len(columns)))
    for place, (days, returns) in enumerate(columns):
        matrix[np.searchsorted(every, days[: len(returns)]), place] = returns
    return matrix
