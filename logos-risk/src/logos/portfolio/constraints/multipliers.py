"""The nearest weights by the multipliers of the few limits that couple weights.

These are the total, the groups, gross exposure and turnover. With their multipliers given, every weight has a closed
form of its own, so that what is left is to maximise a concave, piecewise quadratic function of a handful of numbers:
a semismooth Newton method with a line search does so in a few steps, to the last digits. The method is that of L. Qi
and J. Sun, "A nonsmooth version of Newton's method", Mathematical Programming 58 (1993), 353-367.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np
import numpy.typing as npt

from logos.portfolio.arrays import Matrix, Vector
from logos.portfolio.constraints.limits import Limits

_MOST_STEPS = 150
_EARLY = 20
"""After so many steps it has met a ridge, and goes on with care."""
_RESIDUAL = 1e-12
_RIDGE = 0.1


def settled(aim: Vector, limits: Limits) -> Vector:
    """Return the weights nearest to ``aim`` that keep the limits; the caller looks whether they do.

    They do not where no weights could, or, hardly ever, where the multipliers have not settled.
    """
    rows = _Rows(aim, limits)
    multipliers = np.zeros(rows.count)
    weights, distance = rows.weights(multipliers)
    for count in range(_MOST_STEPS):
        residual = rows.residual(multipliers, weights)
        size = float(np.abs(residual).max())
        if size <= _RESIDUAL or rows.hopeless(multipliers):
            break
        # Beside a ridge, weights that are about to move count in part: else the steps would go to and fro across it.
        near = distance == 0 if count < _EARLY else np.maximum(0.0, 1 - distance / (_RIDGE * size))
        curvature = rows.curvature(weights, near, min(size, 1e-2))
        ahead = rows.ahead(multipliers, residual, curvature, leap=count < _EARLY)
        if np.array_equal(ahead, multipliers):
            break
        multipliers = ahead
        weights, distance = rows.weights(multipliers)
    return weights


class _Rows:
    """The limits that couple weights: an interval each, for a sum of weights or of absolute differences.

    A row's multiplier is above 0 where the upper end presses, below 0 where the lower end does.
    """

    def __init__(self, aim: Vector, limits: Limits) -> None:
        self._aim, self._lower, self._upper = aim, limits.lower, limits.upper
        total, gross = limits.total, limits.gross
        if gross is not None and bool((limits.lower >= 0).all()):
            total, gross = (total[0], min(total[1], gross)), None
        sums, ends = [np.ones(aim.size)], [total]
        for group in limits.groups:
            sums.append(np.zeros(aim.size))
            sums[-1][list(group.members)] = 1.0
            ends.append((group.lower, group.upper))
        self._sums: Matrix = np.array(sums)
        self._kinks: list[Vector] = []
        for around, most in ((np.zeros(aim.size), gross), (limits.held, limits.turnover)):
            if most is not None:
                self._kinks.append(around)
                ends.append((-inf, most))
        self.count = len(ends)
        self._least = np.array([least for least, _ in ends])
        self._most = np.array([most for _, most in ends])
        self._equal = self._least == self._most
        farthest = np.maximum(np.abs(aim - self._lower), np.abs(self._upper - aim))
        self._highest = float(farthest @ farthest) / 2 * (1 + 1e-6) + 1e-6

    def hopeless(self, multipliers: Vector) -> bool:
        """Return whether multipliers prove that no weights keep the limits: by duality, they would be too far away."""
        return self._height(multipliers) > self._highest

    def weights(self, multipliers: Vector) -> tuple[Vector, Vector]:
        """Return each weight at its best, and how far it is from moving with the multipliers: 0 where it moves."""
        middle = self._aim - multipliers[: len(self._sums)] @ self._sums
        if not self._kinks:
            weights = np.minimum(np.maximum(middle, self._lower), self._upper)
            return weights, np.abs(weights - middle)
        near, far = self._kinks[0], self._kinks[-1]
        pull = np.maximum(multipliers[len(self._sums) :], 0.0)
        first, second = float(pull[0]), float(pull[1]) if pull.size > 1 else 0.0
        low, high = np.minimum(near, far), np.maximum(near, far)
        # Below both kinks, between them and above both, the pulls toward them add up differently.
        left, right = middle + (first + second), middle - (first + second)
        between = middle + np.where(near < far, second - first, first - second)
        bent = np.where(left < low, left, np.where(right > high, right, np.minimum(np.maximum(between, low), high)))
        up = np.where(low < high, low - between, high - right)
        down = np.where(low < high, between - high, left - low)
        at_low, at_high = (bent == low) & (left >= low), (bent == high) & (right <= high)
        held = np.where(at_low, np.minimum(left - low, up), np.where(at_high, np.minimum(down, high - right), 0.0))
        weights = np.minimum(np.maximum(bent, self._lower), self._upper)
        return weights, np.maximum(np.abs(weights - bent), held)

    def residual(self, multipliers: Vector, weights: Vector) -> Vector:
        """Return the gradient: by how much each row misses the end that presses, or breaks one of the two."""
        values = self._values(weights)
        above, below = values - self._most, values - self._least
        idle = np.maximum(above, 0.0) + np.minimum(below, 0.0)
        found: Vector = np.where(multipliers > 0, above, np.where(multipliers < 0, below, idle))
        return found

    def curvature(self, weights: Vector, near: npt.NDArray[np.generic], ridge: float) -> Matrix:
        """Return how the residual answers to the multipliers, made regular by a small ridge."""
        signs = [np.sign(weights - kink) for kink in self._kinks]
        slopes = np.vstack([self._sums, *signs])
        answer: Matrix = (slopes * near) @ slopes.T
        answer[np.diag_indices_from(answer)] += ridge
        return answer

    def ahead(self, multipliers: Vector, residual: Vector, curvature: Matrix, *, leap: bool) -> Vector:
        """Return the multipliers after one step; with ``leap``, several may become 0 in it."""
        direction = self._direction(multipliers, residual, curvature)
        crossing = self._crossing(multipliers, direction)
        longest = float(crossing.min())
        if leap and longest < 1:
            found = np.where(crossing < 1, 0.0, multipliers + direction)
            rise = float((found - multipliers) @ residual)
            if rise > 0 and self._height(found) > self._height(multipliers) + 0.1 * rise:
                return found
        step = _step(self._slope(multipliers, direction, longest), float(direction @ residual), longest)
        found = multipliers + step * direction
        return np.where(crossing <= longest, 0.0, found) if step == longest else found

    def _direction(self, multipliers: Vector, residual: Vector, curvature: Matrix) -> Vector:
        """Return the Newton direction among the rows that may move."""
        moving = (residual != 0) | (multipliers != 0)
        while True:
            direction = np.zeros_like(multipliers)
            direction[moving] = np.linalg.solve(curvature[np.ix_(moving, moving)], residual[moving])
            # No multiplier leaves 0 toward the end that is not broken.
            wrong = moving & (multipliers == 0) & (direction * residual < 0) & ~self._equal
            if not wrong.any():
                return direction
            moving &= ~wrong

    def _crossing(self, multipliers: Vector, direction: Vector) -> Vector:
        """Return at which step each multiplier becomes 0: there the other end, or none, takes over."""
        crosses = (multipliers * direction < 0) & ~self._equal
        return np.where(crosses, -multipliers / np.where(crosses, direction, 1.0), inf)

    def _slope(self, multipliers: Vector, direction: Vector, longest: float) -> Callable[[float], float]:
        """Return the slope along a direction as a function of the step, up to the longest one."""
        goes = direction != 0
        presses = multipliers + direction * (min(1.0, longest) / 2) > 0
        ends, along = np.where(presses, self._most, self._least)[goes], direction[goes]

        def slope(step: float) -> float:
            weights, _ = self.weights(multipliers + step * direction)
            return float(along @ (self._values(weights)[goes] - ends))

        return slope

    def _height(self, multipliers: Vector) -> float:
        weights, _ = self.weights(multipliers)
        change = weights - self._aim
        ends = np.where(multipliers > 0, self._most, np.where(multipliers < 0, self._least, 0.0))
        return float(change @ change) / 2 + float(multipliers @ (self._values(weights) - ends))

    def _values(self, weights: Vector) -> Vector:
        absolute = [float(np.abs(weights - kink).sum()) for kink in self._kinks]
        return np.concatenate([self._sums @ weights, np.array(absolute)])


def _step(slope: Callable[[float], float], start: float, longest: float) -> float:
    """Return a step after which a concave function is higher: its slope there is small, or still upward.

    The slope falls from ``start`` in straight pieces; its root is found by false position with Illinois weights.
    """
    low, high = 0.0, min(1.0, longest)
    at_low, at_high = start, slope(high)
    while at_high > 0.9 * start and high < min(longest, 1e6):
        low, at_low, high = high, at_high, min(4.0 * high, longest)
        at_high = slope(high)
    if at_high >= -1e-3 * start:
        return high
    step = high
    for _ in range(60):
        step = high - at_high * (high - low) / (at_high - at_low)
        at = slope(step)
        if abs(at) <= 0.1 * start:
            break
        if at > 0:
            low, at_low, at_high = step, at, at_high / 2
        else:
            high, at_high, at_low = step, at, at_low / 2
    return step
