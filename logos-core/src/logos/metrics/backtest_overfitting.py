"""How often the best trial of a sample is no better than the middle of all outside of it.

Combinatorially symmetric cross-validation: the days are cut into blocks, every half of the blocks is once the sample
in which the best trial is chosen, and the other half shows what the choice was worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice

import attrs
import numpy as np
import numpy.typing as npt

from logos.domain.errors import InputError
from logos.metrics.series import Series, exact_sum

Matrix = npt.NDArray[np.float64]
Halves = npt.NDArray[np.intp]

BLOCKS = 16
_LEAST_ROWS = 4
_CELLS_AT_ONCE = 1 << 19
_ROUNDING = 1e-13


@attrs.frozen(kw_only=True, eq=False)
class Overfitting:
    """What cross-validation says of choosing the best trial.

    Attributes
    ----------
    probability:
        Of overfitting: the share of splits in which the trial chosen ends below the middle of all; one that ends
        exactly in the middle counts half.
    loss:
        The share of splits in which the trial chosen loses money outside its sample; a ratio of exactly 0 is no loss.
    logits:
        ``ln(w / (1 - w))`` for each split, ``w`` being the relative rank, between 0 and 1, that the trial chosen has
        outside its sample. Splits with the first block in their sample come first, in lexicographic order, then their
        mirror images.
    blocks:
        How many blocks the days were cut into.
    rows, trials:
        The size of what was judged.
    """

    probability: float
    loss: float
    logits: Series
    blocks: int
    rows: int
    trials: int


def backtest_overfitting(returns: npt.ArrayLike, *, blocks: int = BLOCKS) -> Overfitting | None:
    """Estimate the probability of backtest overfitting (PBO) of a choice by Sharpe ratio.

    Source: Bailey, Borwein, Lopez de Prado and Zhu, *The Probability of Backtest Overfitting*, Journal of Computational
    Finance 20(4), 2017. About 0.5 where no trial is better than another, near 0 where one is better throughout.

    Deterministic: all ``C(blocks, blocks / 2)`` splits are made, nothing is drawn, and neither the order of the trials
    nor the machine's linear algebra changes the answer. Where trials tie, for the choice or outside of the sample,
    they share their ranks, and a choice between equals takes their mean. A trial with a constant return in a part has
    no Sharpe ratio there: it stands at 0 where that return is 0 (it did not trade), else above or below all others.

    Parameters
    ----------
    returns:
        A row a day, a column a trial. Rows need not divide evenly: blocks differ by at most one row.
    blocks:
        An even number, at least 2. Fewer are taken where a block would have less than two rows.

    Returns
    -------
    :
        ``None`` where there is nothing to judge: fewer than four rows, or fewer than two trials.

    Raises
    ------
    InputError
        Where the number of blocks is odd or below 2, where the returns are no matrix, or one is NaN or infinite.
    """
    matrix = _checked(returns, blocks)
    rows, trials = matrix.shape
    if rows < _LEAST_ROWS or trials < 2:
        return None
    blocks = min(blocks, rows // 4 * 2)
    totals = _Totals.of(matrix, blocks)
    inside, outside = [], []
    for half in _halves(blocks, max(1, _CELLS_AT_ONCE // trials)):
        rest = _others(half, blocks)
        one, two = totals.ratios(half), totals.ratios(rest)
        inside.append(_chosen(one, two))
        outside.append(_chosen(two, one))
    places, losses = (np.concatenate(parts) for parts in zip(*inside, *outside, strict=True))
    logits = np.log(places / (1.0 - places))
    below = np.where(places < 0.5, 1.0, np.where(places == 0.5, 0.5, 0.0))
    return Overfitting(
        probability=exact_sum(below) / below.size,
        loss=exact_sum(losses) / losses.size,
        logits=logits,
        blocks=blocks,
        rows=rows,
        trials=trials,
    )


@attrs.frozen(kw_only=True, eq=False)
class _Totals:
    """Rows, sum and sum of squares of each block, of which those of any union of blocks follow."""

    counts: Series
    sums: Matrix
    squares: Matrix

    @classmethod
    def of(cls, matrix: Matrix, blocks: int) -> _Totals:
        counts = np.zeros(blocks)
        sums = np.zeros((blocks, matrix.shape[1]))
        squares = np.zeros_like(sums)
        for block, rows in enumerate(np.array_split(matrix, blocks)):
            counts[block] = len(rows)
            # Row by row: the order of a sum over an axis depends on the layout in memory.
            for row in rows:
                sums[block] += row
                squares[block] += row * row
        return cls(counts=counts, sums=sums, squares=squares)

    def ratios(self, parts: Halves) -> Matrix:
        """Return the Sharpe ratio of every trial in each union of blocks."""
        sums = np.zeros((len(parts), self.sums.shape[1]))
        squares = np.zeros_like(sums)
        for block in parts.T:
            sums += self.sums[block]
            squares += self.squares[block]
        counts = self.counts[parts].sum(axis=1, keepdims=True)
        means = sums / counts
        spreads = squares - sums * means
        constant = spreads <= _ROUNDING * squares
        deviations = np.sqrt(np.where(constant, 1.0, spreads) / (counts - 1.0))
        return np.where(constant, np.where(means == 0, 0.0, np.copysign(np.inf, means)), means / deviations)


def _halves(blocks: int, at_once: int) -> Iterator[Halves]:
    """Yield the halves of the blocks that hold the first block: with their mirror images they are all halves."""
    rest = combinations(range(1, blocks), blocks // 2 - 1)
    while chosen := list(islice(rest, at_once)):
        yield np.array([(0, *places) for places in chosen], dtype=np.intp)


def _others(half: Halves, blocks: int) -> Halves:
    """Return for each half the blocks that it does not hold, ascending."""
    free = np.ones((len(half), blocks), dtype=bool)
    np.put_along_axis(free, half, values=False, axis=1)
    return np.nonzero(free)[1].reshape(half.shape)


def _chosen(sample: Matrix, outside: Matrix) -> tuple[Series, Series]:
    """Return for each split the relative rank outside of the trial that is best in the sample, and whether it loses."""
    count = sample.shape[1]
    best = sample == sample.max(axis=1, keepdims=True)
    value = np.take_along_axis(outside, best.argmax(axis=1)[:, None], axis=1)
    ranks = (outside < value).sum(axis=1) + ((outside == value).sum(axis=1) + 1) / 2.0
    losses = (value[:, 0] < 0).astype(np.float64)
    for split in np.flatnonzero(best.sum(axis=1) > 1):
        tied = outside[split][best[split]]
        ordered = np.sort(outside[split])
        places = np.searchsorted(ordered, tied, "left") + np.searchsorted(ordered, tied, "right")
        ranks[split] = (int(places.sum()) + tied.size) / 2.0 / tied.size
        losses[split] = np.count_nonzero(tied < 0) / tied.size
    return ranks / (count + 1.0), losses


def _checked(returns: npt.ArrayLike, blocks: int) -> Matrix:
    matrix = np.ascontiguousarray(returns, dtype=np.float64)
    if matrix.ndim != 2:
        raise InputError(
            f"the trials' returns have {matrix.ndim} dimensions, and must be a table",
            hint="Pass a row a day and a column a trial",
        )
    if not np.isfinite(matrix).all():
        row, column = (int(place) for place in np.argwhere(~np.isfinite(matrix))[0])
        raise InputError(
            f"the trials' returns hold {matrix[row, column]} in row {row}, column {column}; all must be finite numbers",
            hint="Leave the trial out, or mend where the value comes from",
        )
    if blocks < 2 or blocks % 2:
        raise InputError(f"{blocks} blocks cannot be halved", hint="Pass an even number, such as 16")
    return matrix
