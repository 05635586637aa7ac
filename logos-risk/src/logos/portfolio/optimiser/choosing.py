"""Which solver answers: the one that is named, or the heuristic in its place, with a note that says why."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import attrs
import numpy as np

from logos.domain.errors import InputError
from logos.portfolio.constraints.keeping import TOLERANCE, violation
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.constraints.projection import nearest
from logos.portfolio.errors import EstimationError
from logos.portfolio.optimiser.names import CLARABEL, CVXPY, HEURISTIC
from logos.portfolio.optimiser.problem import Answer, NoAnswerError, Problem
from logos.portfolio.records import Allocation

_SOLVERS = {
    CLARABEL: "logos.portfolio.optimiser.by_clarabel",
    CVXPY: "logos.portfolio.optimiser.by_cvxpy",
    HEURISTIC: "logos.portfolio.optimiser.heuristic",
}
"""The module of each solver, imported when it is named."""


def solve(problem: Problem, solver: str) -> Allocation:
    """Return the weights that a solver finds; where it finds none, those of the heuristic.

    The weights keep the limits to 1e-9: what rounding leaves over is taken away by the nearest weights that do.

    Parameters
    ----------
    solver:
        ``clarabel``, ``cvxpy`` or ``heuristic``.

    Raises
    ------
    InfeasibleError
        No weights keep the limits.
    EstimationError
        The problem has numbers that are not finite.
    InputError
        No solver has this name.
    """
    _check(problem, solver)
    answer = _found(problem, solver)
    return Allocation(weights=nearest(answer.weights, problem.limits), solver=answer.solver, notes=answer.notes)


def _check(problem: Problem, solver: str) -> None:
    if solver not in _SOLVERS:
        raise InputError(f"there is no solver {solver!r}", hint=f"Name one of {', '.join(_SOLVERS)}")
    costs = 0.0 if problem.costs is None else problem.costs
    if not (np.isfinite(problem.quadratic).all() and np.isfinite(problem.linear).all() and np.isfinite(costs).all()):
        raise EstimationError(
            "the optimiser was given numbers that are not finite",
            hint="Look at the returns of the window: a price of 0 or a gap makes such numbers",
        )


def _found(problem: Problem, solver: str) -> Answer:
    if solver == HEURISTIC:
        return _solver(HEURISTIC)(problem)
    try:
        return _checked(_solver(solver)(problem), problem.limits)
    except NoAnswerError as error:
        nearest(problem.limits.held, problem.limits)  # raises, with names, where nobody could have found an answer
        remedy = f" ({error.hint})" if error.hint else ""
        note = f"The solver {solver} gave no answer: {error.message}{remedy}; the heuristic took its place."
        answer = _solver(HEURISTIC)(problem)
        return attrs.evolve(answer, notes=(note, *answer.notes))


def _checked(answer: Answer, limits: Limits) -> Answer:
    broken = violation(answer.weights, limits)
    if broken > TOLERANCE:  # then its word for having converged is worth nothing
        raise NoAnswerError(f"the weights of {answer.solver} break a limit by {broken:.2g}")
    return answer


def _solver(name: str) -> Callable[[Problem], Answer]:
    found: Callable[[Problem], Answer] = import_module(_SOLVERS[name]).solve
    return found
