"""How the trees of ``hrp`` and ``herc`` may grow. Imports nothing heavy: listing plugins reads it."""

from __future__ import annotations

LINKAGES = ("single", "average", "complete", "ward")
"""The distance between two clusters: least, mean or greatest of the pairs, or Ward's growth of the variance."""
DISTANCES = ("paper", "correlation")
"""``correlation``: ``sqrt((1 - rho) / 2)``. ``paper``: the Euclidean distance between the columns of that matrix."""
