"""The solver ``heuristic``: needs no optional library, and always has an answer to give.

It follows an interior-point method for a fixed number of steps. A cap on the risk is met by searching for the price
of risk at which it binds. Nothing is proved: where the steps run out, the answer is the last point, and a note says
so.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from logos.portfolio.arrays import Vector
from logos.portfolio.optimiser.active_set import exact
from logos.portfolio.optimiser.interior_point import Path, follow
from logos.portfolio.optimiser.names import HEURISTIC
from logos.portfolio.optimiser.problem import Answer, Problem
from logos.portfolio.optimiser.standard_form import StandardForm, standard_form

STEPS = 100
"""Steps of one quadratic programme; some ten are usual."""

_PRICES = 40
"""How many prices of risk are tried at most where the risk is capped; a few are usual."""

_LOWEST, _HIGHEST = 1e-6, 1e9
"""Prices of risk, where the greatest return and the cap are 1: at the lowest, risk is next to no matter."""


def solve(problem: Problem) -> Answer:
    """Return weights near the best; the best to rounding where the limits that bind can be told."""
    form = standard_form(problem)
    variables, converged = _capped(form) if form.capped else _quadratic(form)
    weights = form.weights(variables)
    notes = () if converged else (f"The heuristic did not converge in {STEPS} steps, so better weights may exist.",)
    return Answer(weights=np.where(np.isfinite(weights), weights, 0.0), solver=HEURISTIC, notes=notes)


def _quadratic(form: StandardForm) -> tuple[Vector, bool]:
    path = follow(form, STEPS)
    best = exact(form, path.variables, path.active)
    return (path.variables, path.converged) if best is None else (best, True)


def _capped(form: StandardForm) -> tuple[Vector, bool]:
    """Return the best variables on or under the cap, and whether they are known to be the best.

    A higher price buys less risk, so the price is searched for by halving its logarithm. Mostly the limits that bind
    at a price are those that bind on the cap, and then the search is over.
    """
    path, risk = _at_price(form, _LOWEST)
    if risk <= 1.0:
        best = exact(form, path.variables, path.active)
        return (path.variables, path.converged) if best is None else (best, True)
    low, high = math.log(_LOWEST), math.log(_HIGHEST)
    for _ in range(_PRICES):
        price = (low + high) / 2
        path, risk = _at_price(form, math.exp(price))
        best = exact(form, path.variables, path.active)
        if best is not None:
            return best, True
        low, high = (low, price) if risk <= 1.0 else (price, high)
    path, _ = _at_price(form, math.exp(high))
    return path.variables, path.converged


def _at_price(form: StandardForm, price: float) -> tuple[Path, float]:
    path = follow(attrs.evolve(form, quadratic=form.quadratic * price, capped=False), STEPS)
    return path, float(path.variables @ form.quadratic @ path.variables)
