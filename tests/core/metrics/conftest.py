"""Noise that is the same on every machine."""

from statistics import NormalDist

import numpy as np
import pytest

from logos.context.seed import Seed


@pytest.fixture
def noise():
    """Return a function that gives a table of normal daily returns with a mean of 0 and a deviation of 1 %."""

    def table(rows, columns, seed=7):
        draw = Seed(seed)
        normal = NormalDist(0.0, 0.01)
        return np.array(
            [
                [normal.inv_cdf((draw.number(row, column) + 0.5) / 2**64) for column in range(columns)]
                for row in range(rows)
            ]
        )

    return table
