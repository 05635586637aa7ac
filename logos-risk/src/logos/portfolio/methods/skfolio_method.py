"""Weights by an estimator of the library skfolio, which loads when the first one is built."""

from __future__ import annotations

import difflib
import inspect
import re
import warnings
from collections.abc import Iterable, Mapping
from enum import Enum
from importlib.metadata import version
from math import isfinite
from typing import Any

import numpy as np

from logos.domain.errors import InputError
from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.limits import Limits
from logos.portfolio.errors import EstimationError
from logos.portfolio.records import Allocation, Estimate, Window
from logos.portfolio.risk_models.covariance import require_two

_REFUSED = {
    "efficient_frontier_size": "it asks for many portfolios, and an allocator holds one",
    "n_jobs": "processes are the session's affair",
}
_UNFIT = {
    "BenchmarkTracker": "it needs the returns of a benchmark",
    "ConvexOptimization": "it is only the base of others",
    "ObjectiveFunction": "it is no estimator",
    "Random": "it draws its weights",
}
_TRIAL = 260
"""Made-up returns that an estimator is tried on."""

_ROUNDING = 1e-3
"""How far from 1 the sum of an estimator's weights may be by the accuracy of its solver."""

_NESTED = {"estimator", "params"}
"""The keys of an estimator inside another one's parameters."""


class SkfolioMethod:
    """Fits an estimator of ``skfolio.optimization`` to each window and takes its weights.

    They count as shares of what is invested: those that sum to 1, as is usual, are scaled to ``limits.aim``. Others,
    such as the market-neutral ones of a ``budget`` of 0, have no sum to scale: 1 is ``limits.invest`` then, whatever
    the limits of the sum. The estimator makes its own estimate of risk; the allocator's is for the record only.

    Parameters
    ----------
    estimator:
        The name of a class in ``skfolio.optimization``.
    params:
        Its parameters. A text names a member of an enumeration where the parameter takes one; a mapping with the keys
        ``estimator`` and ``params`` is another estimator, and a list of such mappings is several.

    Raises
    ------
    InputError
        For an estimator or a parameter that does not exist or cannot be used here, with the nearest name.
    """

    def __init__(self, *, estimator: str, params: Mapping[str, Any] | None = None) -> None:
        self._name = estimator
        self._params = dict(params or {})
        self._new()
        self._solver = f"skfolio {version('skfolio')}"

    def allocate(self, window: Window, estimate: Estimate, limits: Limits) -> Allocation:  # noqa: ARG002 - a protocol
        """Return the estimator's weights, as shares of equity.

        Raises
        ------
        EstimationError
            Where the symbols have fewer than two returns in common, and where the estimator fails or answers something
            else than one finite weight a symbol.
        """
        returns = _in_common(window.returns)
        require_two(returns)
        fitted = self._new()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                fitted.fit(returns)
            except Exception as error:
                raise EstimationError(
                    f"skfolio's {self._name} failed: {type(error).__name__}: {_one_line(error)}",
                    hint="See its params, and whether the constraints in them can be kept",
                ) from error
        weights = np.asarray(fitted.weights_, dtype=np.float64)
        if weights.shape != (len(window.symbols),) or not np.isfinite(weights).all():
            raise EstimationError(f"skfolio's {self._name} answered {weights}, expected one finite weight a symbol")
        notes = dict.fromkeys(f"skfolio warns: {_one_line(warning.message)}." for warning in told)
        return Allocation(weights=weights * _invested(weights, limits), solver=self._solver, notes=tuple(notes))

    def try_out(self, count: int) -> None:
        """Fit the estimator once to made-up returns of ``count`` symbols, so that a wrong parameter is told at once.

        Raises
        ------
        InputError
            For values that skfolio cannot read or fails with. Only what depends on returns, such as constraints that
            cannot be kept, is left to the real ones.
        """
        steps = np.arange(_TRIAL)[:, np.newaxis] * (2 * np.arange(count) + 7) + np.arange(count)
        returns = (steps * steps % 211 - 100) / 10_000
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the real returns decide what is worth a word
            try:
                self._new().fit(returns)
            except _failures_of_returns():
                return  # told at the rebalance, where it happens again
            except Exception as error:
                raise InputError(
                    f"params: skfolio's {self._name} cannot use them with {count} symbol(s): "
                    f"{type(error).__name__}: {_one_line(error)}",
                    hint="Correct the value that it names",
                ) from error

    def _new(self) -> Any:
        return _estimator(self._name, self._params)


def _in_common(returns: Matrix) -> Matrix:
    """Return the returns between consecutive periods in which all symbols have one, and so a close.

    Those of a symbol in between are compounded, so that the rows cover one time for all. Where any is missing, the
    first such row is given up: its returns may begin at different closes.
    """
    missing = np.isnan(returns)
    if not missing.any():
        return returns
    rows = np.flatnonzero(~missing.any(axis=1))
    if len(rows) < 2:
        return np.empty((0, returns.shape[1]))
    growth = np.where(missing, 1.0, 1.0 + returns)[: rows[-1] + 1]
    compounded: Matrix = np.multiply.reduceat(growth, rows[:-1] + 1, axis=0) - 1.0
    return compounded


def _invested(weights: Vector, limits: Limits) -> float:
    """Return the share of equity that a weight of 1 stands for."""
    if abs(weights.sum() - 1.0) <= _ROUNDING and limits.aim > 0:
        return limits.aim
    return limits.invest if isfinite(limits.invest) else 1.0


def _failures_of_returns() -> tuple[type[Exception], ...]:
    """Return the errors of an estimation or an optimisation that other returns may not meet."""
    import cvxpy  # noqa: PLC0415 - skfolio brings it, and it is slow to load
    from skfolio import exceptions  # noqa: PLC0415 - an extra, and slow to load

    return (
        exceptions.OptimizationError,
        exceptions.SolverError,
        exceptions.NonPositiveVarianceError,
        cvxpy.SolverError,
        np.linalg.LinAlgError,
    )


def _estimator(name: str, params: Mapping[str, Any]) -> Any:
    """Build an estimator by its name."""
    from skfolio import optimization  # noqa: PLC0415 - an extra, and slow to load

    # By the name alone: skfolio warns where some base classes are only looked up.
    known = sorted(each for each in optimization.__all__ if not each.startswith("Base") and each not in _UNFIT)
    if name in _UNFIT:
        raise InputError(f"estimator {name} cannot be used here: {_UNFIT[name]}", hint=_known(known))
    if name not in known:
        raise InputError(
            f"estimator is {name!r}, which skfolio.optimization does not offer", hint=_nearest(name, known)
        )
    cls = getattr(optimization, name)
    parameters = inspect.signature(cls).parameters
    made = {}
    for key, value in sorted(params.items()):
        if key not in parameters:
            raise InputError(f"params: {name} takes no {key!r}", hint=_nearest(key, list(parameters)))
        if key in _REFUSED:
            raise InputError(f"params: {key} cannot be set here: {_REFUSED[key]}", hint="Leave it out")
        made[key] = _value(value, f"{name}.{key}", str(parameters[key].annotation))
    try:
        return cls(**made)
    except TypeError as error:
        raise InputError(f"params: {name} cannot be built: {_one_line(error)}", hint="Add what is missing") from error


def _value(value: Any, where: str, annotation: str) -> Any:
    """Return a parameter as skfolio wants it."""
    if isinstance(value, Mapping):
        return _nested(value, where) if "estimator" in value else dict(value)
    if isinstance(value, (list, tuple)) and value and all(_is_nested(item) for item in value):
        return [(f"{index}_{item['estimator']}", _nested(item, where)) for index, item in enumerate(value)]
    choices = _choices(annotation)
    return _member(value, choices, where) if choices and isinstance(value, str) else value


def _is_nested(value: object) -> bool:
    return isinstance(value, Mapping) and "estimator" in value


def _nested(value: Mapping[str, Any], where: str) -> Any:
    strange = sorted(set(value) - _NESTED)
    if strange:
        raise InputError(f"params: {where} has the unknown key {strange[0]!r}", hint="It takes estimator and params")
    return _estimator(str(value["estimator"]), value.get("params") or {})


def _choices(annotation: str) -> list[Enum]:
    """Return the members of the enumerations that an annotation names."""
    import skfolio  # noqa: PLC0415 - an extra, and slow to load
    from skfolio import optimization  # noqa: PLC0415 - the same

    members = []
    for name in re.findall(r"\w+", annotation):
        kind = getattr(skfolio, name, None) or getattr(optimization, name, None)
        if isinstance(kind, type) and issubclass(kind, Enum):
            members += list(kind)
    return members


def _member(value: str, choices: list[Enum], where: str) -> Enum:
    for member in choices:
        if value.upper() == member.name:
            return member
    names = [member.name.lower() for member in choices]
    raise InputError(f"params: {where} is {value!r}", hint=_nearest(value.lower(), names))


def _nearest(word: str, names: Iterable[str]) -> str:
    known = sorted(names)
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else _known(known)


def _known(names: Iterable[str]) -> str:
    return f"It knows {', '.join(names)}"


def _one_line(text: object) -> str:
    return " ".join(str(text).split()).rstrip(".")[:300]
