"""The solver ``cvxpy``: the problem as CVXPY writes it, for a second opinion that shares no matrix with the first.

CVXPY hands a quadratic programme to OSQP, which splits operators instead of following a path, and a cap on the risk
to Clarabel.
"""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np

from logos.portfolio.optimiser.libraries import library
from logos.portfolio.optimiser.linear_systems import root_of
from logos.portfolio.optimiser.problem import Answer, BestRatio, CappedRisk, NoAnswerError, Problem

QUADRATIC: dict[str, Any] = {"eps_abs": 1e-10, "eps_rel": 1e-10, "max_iter": 100_000, "polishing": False}
"""Options of OSQP: far tighter than its own, and no polishing, which prints to the terminal."""

CONIC: dict[str, Any] = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10, "max_threads": 1}
"""Options of Clarabel."""


def solve(problem: Problem) -> Answer:
    """Return the weights that CVXPY's solver finds.

    Raises
    ------
    NoAnswerError
        CVXPY or its solver is not installed, failed, or stopped without a solution.
    """
    cvxpy = library("cvxpy")
    solver, options = ("CLARABEL", CONIC) if isinstance(problem, CappedRisk) else ("OSQP", QUADRATIC)
    name = f"cvxpy {cvxpy.__version__} ({solver} {library(solver.lower()).__version__})"
    weights = cvxpy.Variable(len(problem.linear))
    scale = cvxpy.Variable(nonneg=True) if isinstance(problem, BestRatio) else cvxpy.Constant(1.0)
    programme = _programme(cvxpy, problem, weights, scale)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the status says the same, and is asked
            programme.solve(solver=solver, **options)
    except Exception as error:  # whatever a library raises is one more way of having no answer
        raise NoAnswerError(f"{name} failed: {type(error).__name__}: {error}") from error
    if programme.status != "optimal":
        raise NoAnswerError(f"{name} stopped with the status {programme.status}")
    found = np.asarray(weights.value, dtype=np.float64)
    return Answer(weights=found / scale.value, solver=name)


def _programme(cvxpy: ModuleType, problem: Problem, weights: Any, scale: Any) -> Any:
    loss = problem.linear @ weights
    if problem.costs is not None:
        loss = loss + problem.costs @ cvxpy.abs(weights - scale * problem.limits.held)
    limits = _limits(cvxpy, problem, weights, scale)
    variance = float(np.diagonal(problem.quadratic).mean()) / len(problem.linear)
    risk = cvxpy.quad_form(weights, cvxpy.psd_wrap(problem.quadratic / variance))
    if isinstance(problem, BestRatio):
        strength = float(np.abs(problem.linear).max())
        return cvxpy.Problem(cvxpy.Minimize(risk), [*limits, loss / strength <= -1])
    if isinstance(problem, CappedRisk):
        root = root_of(problem.quadratic)
        return cvxpy.Problem(cvxpy.Minimize(loss), [*limits, cvxpy.norm(root @ weights) <= problem.volatility])
    return cvxpy.Problem(cvxpy.Minimize(risk / 2 + loss / variance), limits)


def _limits(cvxpy: ModuleType, problem: Problem, weights: Any, scale: Any) -> list[Any]:
    limits = problem.limits
    total = cvxpy.sum(weights)
    kept = [total >= scale * limits.total[0], total <= scale * limits.total[1]]
    low, high = np.isfinite(limits.lower), np.isfinite(limits.upper)
    kept += [weights[low] >= scale * limits.lower[low], weights[high] <= scale * limits.upper[high]]
    for group in limits.groups:
        share = cvxpy.sum(weights[list(group.members)])
        kept += [share >= scale * bound for bound in (group.lower,) if np.isfinite(bound)]
        kept += [share <= scale * bound for bound in (group.upper,) if np.isfinite(bound)]
    if limits.gross is not None:
        kept.append(cvxpy.norm1(weights) <= scale * limits.gross)
    if limits.turnover is not None:
        kept.append(cvxpy.norm1(weights - scale * limits.held) <= scale * limits.turnover)
    return kept
