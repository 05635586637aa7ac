"""The solver ``clarabel``: an interior-point method for cones, by its own binding (Goulart and Chen 2024)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_matrix

from logos.portfolio.arrays import Matrix
from logos.portfolio.optimiser.active_set import exact
from logos.portfolio.optimiser.libraries import library
from logos.portfolio.optimiser.linear_systems import root_of
from logos.portfolio.optimiser.problem import Answer, NoAnswerError, Problem
from logos.portfolio.optimiser.standard_form import StandardForm, standard_form

TOLERANCE = 1e-10
"""Of the gap between primal and dual objective and of every residual; both objectives are of the order of 1."""

ITERATIONS = 200
"""Where it stops without an answer; some ten are usual."""


def solve(problem: Problem) -> Answer:
    """Return the weights that Clarabel finds, met exactly where the limits that bind can be told.

    Raises
    ------
    NoAnswerError
        It is not installed, failed, or stopped without a solution: at its limit of iterations, or because it holds
        that no weights keep the limits.
    """
    clarabel = library("clarabel")
    name = f"clarabel {clarabel.__version__}"
    form = standard_form(problem)
    solution = _run(clarabel, form)
    variables = np.array(solution.x)
    first, last = len(form.equal), len(form.equal) + len(form.below)
    active = np.array(solution.z[first:last]) > np.array(solution.s[first:last])
    # "AlmostSolved" is near enough to tell the limits that bind, and what they make exact needs no word of a solver.
    status = str(solution.status)
    better = exact(form, variables, active) if status in {"Solved", "AlmostSolved"} else None
    if better is None and status != "Solved":
        raise NoAnswerError(f"{name} stopped with the status {status} after {solution.iterations} iterations")
    if better is not None:
        return Answer(weights=form.weights(better), solver=name)
    note = f"{name} solved the problem to {TOLERANCE:g}, and which limits bind could not be told to meet them exactly."
    return Answer(weights=form.weights(variables), solver=name, notes=(note,))


def _run(clarabel: Any, form: StandardForm) -> Any:
    rows = [form.equal, form.below]
    bounds = [form.equal_to, form.at_most]
    cones = [clarabel.ZeroConeT(len(form.equal)), clarabel.NonnegativeConeT(len(form.below))]
    if form.capped:
        root = np.zeros((1 + form.assets, len(form.linear)))
        root[1:, : form.assets] = root_of(form.quadratic[: form.assets, : form.assets])
        rows.append(-root)
        bounds.append(np.eye(1, 1 + form.assets)[0])
        cones.append(clarabel.SecondOrderConeT(1 + form.assets))
    limits = _sparse(np.concatenate(rows))
    data = (_objective(form), form.linear, limits, np.concatenate(bounds), cones, _settings(clarabel))
    try:
        return clarabel.DefaultSolver(*data).solve()
    except Exception as error:  # whatever a library raises is one more way of having no answer
        raise NoAnswerError(f"clarabel failed: {type(error).__name__}: {error}") from error


def _settings(clarabel: Any) -> Any:
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.max_iter = ITERATIONS
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = TOLERANCE
    return settings


def _sparse(matrix: Matrix) -> Any:
    """Return a dense matrix column by column, faster than the general constructor does."""
    columns, rows = matrix.T.nonzero()
    ends = np.zeros(matrix.shape[1] + 1, dtype=np.int64)
    np.cumsum(np.bincount(columns, minlength=matrix.shape[1]), out=ends[1:])
    return csc_matrix((matrix[rows, columns], rows, ends), shape=matrix.shape)


def _objective(form: StandardForm) -> Any:
    """Return the upper triangle of the quadratic part: that of the weights, since no other variable has one."""
    size = len(form.linear)
    if form.capped:
        return csc_matrix((size, size))
    columns, rows, ends = _triangle(form.assets, size)
    return csc_matrix((form.quadratic[rows, columns], rows, ends), shape=(size, size))


@lru_cache(maxsize=8)
def _triangle(assets: int, size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    columns, rows = np.tril_indices(assets)
    filled = np.arange(size + 1)
    filled[assets + 1 :] = 0
    return columns, rows, np.cumsum(filled)
