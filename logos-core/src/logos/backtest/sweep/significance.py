"""What is left of the best trial when the luck of choosing it is taken off."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

import attrs
import numpy as np

from logos.backtest.sweep.evaluations import Record, days_of, returns_of
from logos.metrics.backtest_overfitting import BLOCKS, Matrix, Overfitting, backtest_overfitting
from logos.metrics.overfitting import deflated_sharpe_ratio, expected_maximum_sharpe, variance_of_ratios
from logos.metrics.ratios import sharpe
from logos.metrics.series import Series

_LIKELY_SKILL = 0.95
_WEEK = 5
_LEAST_BLOCKS = 6
"""Blocks are to have a week of trading each, so that they depend little on one another, where there are that many."""

_SINGLE = "With a single trial there is no choice to account for."
_NO_RATIO = "The best trial has no Sharpe ratio: there are too few days, or it never traded."
_OTHER_WINDOW = (
    "No deflated Sharpe ratio, and no ratio to expect without skill: both need the ratios of all trials on one window, "
    "and halving ran most of them on a shorter one than the best. A grid or a random sweep has both."
)

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
        The probability that the best trial's true ratio lies above the expected one.
    not_deflated:
        Why there is no expected ratio and no deflated one, a sentence; empty where there are.
    overfitting, loss:
        The probability of backtest overfitting, and the probability that the choice loses money out of sample.
    blocks:
        Into how many blocks the days were cut for it.
    not_estimated:
        Why neither was estimated, a sentence; empty where they were.
    """

    trials: int
    made: int
    best: float | None
    expected: float | None = None
    deflated: float | None = None
    not_deflated: str = ""
    overfitting: float | None = None
    loss: float | None = None
    blocks: int | None = None
    not_estimated: str = ""

    @property
    def splits(self) -> int | None:
        """In how many ways half of the blocks were taken as the sample."""
        return None if self.blocks is None else comb(self.blocks, self.blocks // 2)

    def as_object(self) -> dict[str, Any]:
        """Return it as ``summary.json`` keeps it."""
        return {
            "trials_counted": self.trials,
            "trials_judged": self.made,
            "best_sharpe": self.best,
            "expected_best_sharpe_without_skill": self.expected,
            "deflated_sharpe_ratio": self.deflated,
            "why_not_deflated": self.not_deflated or None,
            "probability_of_overfitting": self.overfitting,
            "probability_of_loss": self.loss,
            "blocks": self.blocks,
            "overfitting_splits": self.splits,
            "why_not_estimated": self.not_estimated or None,
        }


def significance_of(
    peak: Record | None, records: Sequence[Record], *, trials: int, periods: int, same_window: bool = True
) -> Significance:
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
    same_window:
        Whether the peak's record is of the window that the others are of. The ratios of a short window vary more than
        those of a long one: where it is not, the peak's cannot be held against them.
    """
    daily = None if peak is None else sharpe(returns_of(peak), periods=1)
    known = [one["sharpe"] for one in records if one["sharpe"] is not None]
    found = Significance(
        trials=trials, made=len(records), best=None if daily is None else daily * periods**0.5, not_deflated=_NO_RATIO
    )
    if peak is not None and found.best is not None and trials > 0:
        found = _deflated(found, returns_of(peak), known, periods, same_window=same_window)
    reason, judged = _overfitting(records)
    if judged is None:
        return attrs.evolve(found, not_estimated=f"The probability of overfitting cannot be estimated: {reason}.")
    return attrs.evolve(found, overfitting=judged.probability, loss=judged.loss, blocks=judged.blocks)


def _deflated(
    found: Significance, returns: Series, known: Sequence[float], periods: int, *, same_window: bool
) -> Significance:
    if len(known) < 2:
        return attrs.evolve(found, not_deflated=_SINGLE)
    if not same_window:
        return attrs.evolve(found, not_deflated=_OTHER_WINDOW)
    variance = variance_of_ratios(known) / periods
    deflated = deflated_sharpe_ratio(returns, trials=found.trials, variance=variance)
    if deflated is None:
        return attrs.evolve(found, not_deflated=_NO_RATIO)
    expected = expected_maximum_sharpe(found.trials, variance) * periods**0.5
    return attrs.evolve(found, expected=expected, deflated=deflated, not_deflated="")


def sentences(found: Significance) -> list[str]:
    """Say in words what the figures mean."""
    return [*_on_the_best(found), *_on_the_choice(found)]


def _on_the_best(found: Significance) -> list[str]:
    if found.best is None or found.expected is None or found.deflated is None:
        return [found.not_deflated]
    verdict = (
        "That is unlikely to be luck."
        if found.deflated >= _LIKELY_SKILL
        else f"Below {_LIKELY_SKILL:.0%} it cannot be told from luck."
    )
    counted = _counted(found.trials, "different config has", "different configs have")
    threshold = (
        f"{counted} been tried on these very bars; other bars begin a count of their own. The best of so many without "
        f"any skill would show a Sharpe ratio of about {found.expected:.2f}; the best here shows {found.best:.2f}."
    )
    deflated = (
        f"The deflated Sharpe ratio is {found.deflated:.1%}: how likely the best trial's true ratio is above what luck "
        f"alone would have shown. {verdict}"
    )
    return [threshold, deflated]


def _on_the_choice(found: Significance) -> list[str]:
    if found.overfitting is None or found.loss is None:
        return [found.not_estimated]
    weight = "choosing the best here is no better than guessing" if found.overfitting >= 0.5 else "lower is better"
    text = (
        f"The probability of overfitting is {found.overfitting:.1%}: how often the trial that is best on half of the "
        f"days, by its Sharpe ratio, ends in the worse half of all trials on the other days ({weight}). It loses money "
        f"there in {found.loss:.1%} of the cases. The days were halved in {found.splits:,} ways, {found.blocks} blocks "
        "of them."
    )
    return [text]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _overfitting(records: Sequence[Record]) -> tuple[str, Overfitting | None]:
    """Return the estimate, or why there is none."""
    if len(records) < 2:
        return "it takes two trials", None
    matrix = returns_matrix(records)
    days = len(matrix)
    if matrix.size > _MOST_CELLS:
        return f"{days:,} days of {len(records):,} trials are more than {_MOST_CELLS:,} returns", None
    if days < _LEAST_BLOCKS * 2:
        return f"it takes {_LEAST_BLOCKS * 2} trading days, two for each of {_LEAST_BLOCKS} blocks, not {days}", None
    if bool((matrix == matrix[:, :1]).all()):
        return "no two trials differ in a single day's return", None
    blocks = min(BLOCKS, max(_LEAST_BLOCKS, days // _WEEK // 2 * 2))
    return "", backtest_overfitting(matrix, blocks=blocks)


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
