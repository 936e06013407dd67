"""Polynomials on float arrays: what drawing and simulation need, where exactness has done its work."""

from __future__ import annotations

import numpy as np
from flint import fmpq_mpoly
from numpy.typing import ArrayLike, NDArray


def values(poly: fmpq_mpoly, *coordinates: ArrayLike) -> NDArray[np.float64]:
    """A polynomial at points whose coordinates are broadcast arrays, one for each generator, in float64."""
    grids = [np.asarray(x, dtype=float) for x in coordinates]
    powers: list[dict[int, NDArray[np.float64]]] = [{} for _ in grids]
    total = np.zeros(np.broadcast_shapes(*(g.shape for g in grids)))
    for exponents, coefficient in poly.to_dict().items():
        term = np.asarray(float(int(coefficient.p)) / float(int(coefficient.q)))
        for grid, known, e in zip(grids, powers, map(int, exponents), strict=True):
            if e:
                term = term * known.setdefault(e, grid**e)
        total = total + term
    return total
