import math
from itertools import combinations

import numpy as np
import pytest

from logos.domain.errors import InputError
from logos.metrics.backtest_overfitting import backtest_overfitting


def by_the_book(table, blocks):
    """Return the logits by the paper's steps, one split after the other, without ties."""
    parts = np.array_split(table, blocks)
    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = np.vstack([parts[block] for block in chosen])
        outside = np.vstack([parts[block] for block in range(blocks) if block not in chosen])
        best = int(np.argmax(inside.mean(axis=0) / inside.std(axis=0, ddof=1)))
        there = outside.mean(axis=0) / outside.std(axis=0, ddof=1)
        rank = 1 + int((there < there[best]).sum())
        share = rank / (table.shape[1] + 1)
        logits.append(math.log(share / (1 - share)))
    return sorted(logits)


@pytest.mark.parametrize(("rows", "trials", "blocks"), [(64, 6, 8), (70, 5, 8), (37, 12, 6), (33, 3, 16), (4, 2, 2)])
def test_the_logits_are_those_of_the_paper(noise, rows, trials, blocks):
    table = noise(rows, trials)
    found = backtest_overfitting(table, blocks=blocks)
    assert sorted(found.logits) == pytest.approx(by_the_book(table, blocks), rel=1e-12, abs=1e-12)
    below, middle = sum(found.logits < 0), sum(found.logits == 0)
    assert found.probability == (below + middle / 2) / len(found.logits)
    assert (found.rows, found.trials, found.blocks) == (rows, trials, blocks)


def test_noise_is_overfitted_half_of_the_time(noise):
    found = [backtest_overfitting(noise(64, 9, seed), blocks=6).probability for seed in range(60)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.06)


def test_a_trial_that_is_better_throughout_is_not_overfitted(noise):
    table = noise(160, 12)
    table[:, 5] += 0.02
    found = backtest_overfitting(table)
    assert found.blocks == 16
    assert len(found.logits) == math.comb(16, 8)
    assert found.probability == 0.0
    assert found.loss == 0.0


def test_a_trial_that_gains_in_one_half_and_loses_in_the_other_is_overfitted(noise):
    table = noise(80, 4)
    for trial in range(4):
        table[:40, trial] += 0.01 * (trial + 1)
        table[40:, trial] -= 0.01 * (trial + 1)
    found = backtest_overfitting(table, blocks=2)
    assert found.probability == 1.0
    assert found.loss == 0.5


def test_the_order_of_the_trials_changes_no_bit(noise):
    table = noise(70, 24)
    table[:, 7] = table[:, 3]
    table[:, 11] = 0.0
    expected = backtest_overfitting(table, blocks=8)
    for order in (range(23, -1, -1), [*range(5, 24), *range(5)]):
        found = backtest_overfitting(table[:, list(order)], blocks=8)
        assert found.probability == expected.probability
        assert found.loss == expected.loss
        assert (found.logits == expected.logits).all()


def test_the_layout_in_memory_changes_no_bit(noise):
    table = noise(70, 9)
    expected = backtest_overfitting(table, blocks=8)
    found = backtest_overfitting(np.asfortranarray(table), blocks=8)
    assert (found.logits == expected.logits).all()


def test_many_trials_in_portions_give_what_few_at_once_do(noise, monkeypatch):
    table = noise(40, 10)
    expected = backtest_overfitting(table, blocks=8)
    monkeypatch.setattr("logos.metrics.backtest_overfitting._CELLS_AT_ONCE", 70)
    found = backtest_overfitting(table, blocks=8)
    assert sorted(found.logits) == sorted(expected.logits)
    assert found.probability == expected.probability


def test_equal_trials_are_a_coin_toss(noise):
    table = np.repeat(noise(40, 1), 5, axis=1)
    found = backtest_overfitting(table, blocks=6)
    assert found.probability == 0.5
    assert (found.logits == 0).all()


def test_trials_that_never_trade_are_a_coin_toss_without_a_loss():
    found = backtest_overfitting(np.zeros((40, 5)), blocks=6)
    assert found.probability == 0.5
    assert found.loss == 0.0


def test_a_constant_gain_stands_above_every_other_and_a_constant_loss_below(noise):
    table = noise(40, 5)
    table[:, 2] = 1e-6
    assert backtest_overfitting(table, blocks=6).probability == 0.0
    table[:, 2] = -1e-6
    logits = backtest_overfitting(table, blocks=6).logits
    assert logits.min() > math.log(1 / 5)


@pytest.mark.parametrize(("rows", "blocks"), [(4, 2), (7, 2), (8, 4), (31, 14), (32, 16), (200, 16)])
def test_few_rows_make_fewer_blocks(noise, rows, blocks):
    assert backtest_overfitting(noise(rows, 2)).blocks == blocks


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (3, 5), (100, 1), (100, 0)])
def test_too_little_to_judge_has_no_answer(shape):
    assert backtest_overfitting(np.zeros(shape)) is None


@pytest.mark.parametrize("blocks", [0, 1, 7, -2])
def test_blocks_that_cannot_be_halved_are_refused(noise, blocks):
    with pytest.raises(InputError, match="even number"):
        backtest_overfitting(noise(20, 2), blocks=blocks)


def test_what_is_no_table_of_numbers_is_refused():
    with pytest.raises(InputError, match="row 1, column 0"):
        backtest_overfitting([[0.1, 0.2], [math.nan, 0.1]])
    with pytest.raises(InputError, match="1 dimensions"):
        backtest_overfitting([0.1, 0.2])
