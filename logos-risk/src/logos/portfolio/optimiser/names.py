"""The names of the solvers. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

CLARABEL, CVXPY, HEURISTIC = "clarabel", "cvxpy", "heuristic"
SOLVERS = (CLARABEL, CVXPY, HEURISTIC)
