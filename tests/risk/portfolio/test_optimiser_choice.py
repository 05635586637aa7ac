"""Which solver answers: the one that is named, and in its place the heuristic, which says why."""

import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest

from logos.domain.errors import InputError
from logos.portfolio.constraints.keeping import violation
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.errors import EstimationError, InfeasibleError
from logos.portfolio.optimiser import by_clarabel, by_cvxpy, heuristic
from logos.portfolio.optimiser.choosing import solve
from logos.portfolio.optimiser.names import SOLVERS
from logos.portfolio.optimiser.problem import Answer, BestRatio, CappedRisk, Problem

LIBRARIES = ("clarabel", "cvxpy")
REMEDY = "pip install 'logos-risk[convex]'"


def limits_of(count, **more):
    return Limits(
        symbols=tuple("ABCDEFGH"[:count]),
        **{
            "lower": np.zeros(count),
            "upper": np.full(count, 0.6),
            "total": (1.0, 1.0),
            "held": np.zeros(count),
            **more,
        },
    )


@pytest.fixture
def problem():
    covariance = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.16]])
    return Problem(quadratic=covariance, linear=np.zeros(3), limits=limits_of(3))


class Missing:
    """Stands at the door of imports, and says of some modules that they are not there."""

    def __init__(self, *names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture
def without(monkeypatch):
    """Return what takes modules away for the length of a test."""

    def take_away(*names):
        for loaded in [name for name in sys.modules if name.partition(".")[0] in names]:
            monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.setattr(sys, "meta_path", [Missing(*names), *sys.meta_path])

    return take_away


def assert_the_heuristic_answered(allocation, problem, *texts):
    """Its weights are the heuristic's own, and the note says all of the texts."""
    assert allocation.solver == "heuristic"
    assert allocation.weights.tobytes() == solve(problem, "heuristic").weights.tobytes()
    assert len(allocation.notes) == 1
    for text in (*texts, "the heuristic took its place."):
        assert text in allocation.notes[0]


def test_a_solver_is_named_with_its_version(problem):
    assert solve(problem, "clarabel").solver == f"clarabel {version('clarabel')}"
    assert solve(problem, "cvxpy").solver == f"cvxpy {version('cvxpy')} (OSQP {version('osqp')})"
    assert solve(problem, "heuristic").solver == "heuristic"


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_that_is_not_installed_is_named_with_its_remedy(problem, without, name):
    without(name)

    assert_the_heuristic_answered(
        solve(problem, name), problem, f"The solver {name} gave no answer", f"{name} is not installed", REMEDY
    )


def test_cvxpy_without_its_solver_is_like_a_library_that_is_not_installed(problem, without):
    without("osqp")

    assert_the_heuristic_answered(solve(problem, "cvxpy"), problem, "osqp is not installed", REMEDY)


def test_a_library_that_cannot_be_loaded_is_told_apart_from_a_missing_one(problem, without, monkeypatch):
    without("clarabel")
    monkeypatch.setattr(Missing, "find_spec", _broken)

    assert_the_heuristic_answered(solve(problem, "clarabel"), problem, "cannot be loaded: no shared object", REMEDY)


def _broken(_finder, name, path=None, target=None):
    if name == "clarabel":
        raise ImportError("no shared object")


def test_clarabel_at_its_limit_of_iterations_has_no_answer(problem, monkeypatch):
    monkeypatch.setattr(by_clarabel, "ITERATIONS", 1)

    assert_the_heuristic_answered(solve(problem, "clarabel"), problem, "status MaxIterations after 1 iterations")


def test_clarabel_says_where_its_answer_could_not_be_made_exact(problem, monkeypatch):
    best = solve(problem, "clarabel")
    monkeypatch.setattr(by_clarabel, "exact", lambda *_args: None)
    found = solve(problem, "clarabel")
    assert best.notes == ()
    assert found.weights == pytest.approx(best.weights, abs=1e-6)
    assert len(found.notes) == 1
    assert "which limits bind could not be told" in found.notes[0]


def test_a_covariance_that_is_singular_by_a_rounding_error_is_no_obstacle_to_a_capped_risk(problem):
    singular = np.outer([0.2, 0.3, 0.4], [0.2, 0.3, 0.4]) - 1e-18 * np.eye(3)
    capped = CappedRisk(quadratic=singular, linear=-np.array([0.05, 0.1, 0.2]), limits=problem.limits, volatility=0.3)
    for name in LIBRARIES:
        assert np.sqrt(max(solve(capped, name).weights @ singular @ solve(capped, name).weights, 0)) <= 0.3 + 1e-8


def test_a_long_only_gross_below_the_most_of_an_open_sum_binds(problem):
    limits = limits_of(3, total=(0.0, 1.0), gross=0.5)
    greedy = Problem(quadratic=problem.quadratic, linear=np.full(3, -5.0), limits=limits)
    assert by_clarabel.solve(greedy).weights.sum() == pytest.approx(0.5, abs=1e-9)


def test_cvxpy_at_its_limit_of_iterations_has_no_answer(problem, monkeypatch):
    monkeypatch.setitem(by_cvxpy.QUADRATIC, "max_iter", 2)

    assert_the_heuristic_answered(solve(problem, "cvxpy"), problem, "stopped with the status")


def test_a_cone_at_the_limit_of_iterations_falls_back_too(problem, monkeypatch):
    monkeypatch.setattr(by_clarabel, "ITERATIONS", 1)
    monkeypatch.setitem(by_cvxpy.CONIC, "max_iter", 1)
    capped = CappedRisk(
        quadratic=problem.quadratic, linear=-np.array([0.05, 0.1, 0.2]), limits=problem.limits, volatility=0.25
    )

    for name in LIBRARIES:
        assert_the_heuristic_answered(solve(capped, name), capped, f"The solver {name} gave no answer")


@pytest.mark.parametrize("name", LIBRARIES)
def test_an_exception_of_a_library_is_quoted(problem, monkeypatch, name):
    def fails(*_args, **_options):
        raise RuntimeError("the matrix was eaten")

    library = pytest.importorskip(name)
    if name == "clarabel":
        monkeypatch.setattr(library, "DefaultSolver", fails)
    else:
        monkeypatch.setattr(library.Problem, "solve", fails)

    assert_the_heuristic_answered(solve(problem, name), problem, "failed: RuntimeError: the matrix was eaten")


def test_weights_that_break_a_limit_are_no_answer(problem, monkeypatch):
    wrong = Answer(weights=np.array([0.7, 0.2, 0.1]), solver="clarabel 0")
    monkeypatch.setattr(by_clarabel, "solve", lambda _problem: wrong)

    assert_the_heuristic_answered(solve(problem, "clarabel"), problem, "clarabel 0 break a limit by 0.1")


def test_an_error_of_ours_is_not_hidden(problem, monkeypatch):
    def wrong(_problem):
        raise TypeError("this is our own mistake")

    monkeypatch.setattr(by_clarabel, "standard_form", wrong)

    with pytest.raises(TypeError, match="our own mistake"):
        solve(problem, "clarabel")


def test_the_heuristic_out_of_steps_keeps_the_limits_and_says_so(monkeypatch):
    monkeypatch.setattr(heuristic, "STEPS", 1)
    monkeypatch.setattr(heuristic, "exact", lambda *_args: None)
    covariance = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.16]])
    given = {"quadratic": covariance, "linear": -np.array([0.05, 0.1, 0.2]), "limits": limits_of(3, gross=1.0)}

    for problem in (Problem(**given), BestRatio(**given), CappedRisk(**given, volatility=0.25)):
        found = solve(problem, "heuristic")

        assert violation(found.weights, problem.limits) <= 1e-9
        assert found.notes == ("The heuristic did not converge in 1 steps, so better weights may exist.",)


@pytest.mark.parametrize("name", SOLVERS)
def test_limits_that_nothing_keeps_are_named(problem, name):
    limits = limits_of(3, upper=np.full(3, 0.2))
    impossible = Problem(quadratic=problem.quadratic, linear=problem.linear, limits=limits)

    with pytest.raises(InfeasibleError) as raised:
        solve(impossible, name)

    assert raised.value.conflict


def test_an_unknown_solver_is_refused_with_those_there_are(problem):
    with pytest.raises(InputError, match=r"no solver 'mosek'.*clarabel, cvxpy, heuristic"):
        solve(problem, "mosek")


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("part", ["quadratic", "linear", "costs"])
def test_numbers_that_are_not_finite_are_refused_before_a_solver_sees_them(problem, name, part):
    parts = {"quadratic": problem.quadratic.copy(), "linear": problem.linear.copy(), "costs": np.zeros(3)}
    parts[part][0] = np.nan

    with pytest.raises(EstimationError, match="not finite"):
        solve(Problem(**parts, limits=problem.limits), name)


def test_no_library_is_imported_before_it_is_named():
    script = """
import sys
import numpy as np
from logos.portfolio.methods.mean_variance import MeanVariance
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.records import Estimate, Window
symbols = ("A", "B")
limits = Limits(symbols=symbols, lower=np.zeros(2), upper=np.ones(2), total=(1.0, 1.0), held=np.zeros(2))
window = Window(symbols=symbols, returns=np.zeros((2, 2)), periods_per_year=252.0)
estimate = Estimate(symbols=symbols, mean=np.zeros(2), covariance=np.eye(2), observations=2)
for solver, loaded in (("heuristic", set()), ("clarabel", {"clarabel"})):
    MeanVariance(solver=solver).allocate(window, estimate, limits)
    assert {"clarabel", "cvxpy", "osqp"} & set(sys.modules) == loaded, solver
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_prints_nothing(problem, name, capfd):
    solve(problem, name)

    assert capfd.readouterr() == ("", "")
