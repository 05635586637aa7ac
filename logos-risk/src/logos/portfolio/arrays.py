"""Arrays of this package: 64-bit floats, since weights are statistics until an allocator makes targets of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
"""Shape (N,): one number an asset."""

Matrix = npt.NDArray[np.float64]
"""Shape (T, N) for returns, (N, N) for covariances."""
