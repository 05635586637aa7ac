"""The seam of the optimisers: a convex problem goes in, weights that keep the limits come out, whoever solves it.

``clarabel`` and ``cvxpy`` are libraries of the extra ``convex``; ``heuristic`` needs neither and takes over where one
of them is not installed or finds no answer. A solver is imported when it is named, never before.
"""
