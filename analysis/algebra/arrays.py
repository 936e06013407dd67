"""Polynomials on float arrays: what drawing and simulation need, where exactness has done its work."""

from __future__ import annotations

import numpy as np
from flint import fmpq_mpoly
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def values(poly: fmpq_mpoly, *coordinates: ArrayLike) -> Array:
    """A polynomial at points whose coordinates are broadcast arrays, one for each generator, in float64.

    Nested Horner schemes: one multiplication of arrays for each power of the last generator that a power of
    the others needs. (numpy's `**` with integer exponents above 2 calls `pow`, 30 times slower.)
    """
    grids = [np.asarray(x, dtype=float) for x in coordinates]
    terms = {
        tuple(map(int, exponents)): float(int(c.p)) / float(int(c.q))
        for exponents, c in poly.to_dict().items()
    }
    total = np.zeros(np.broadcast_shapes(*(g.shape for g in grids)))
    return total + _horner(terms, grids)


def _horner(terms: dict[tuple[int, ...], float], grids: list[Array]) -> Array | float:
    """Σ terms, by descending powers of the first generator, each coefficient evaluated likewise."""
    if not grids:
        return sum(terms.values())
    rest: dict[int, dict[tuple[int, ...], float]] = {}
    for (power, *others), coefficient in terms.items():
        rest.setdefault(power, {})[tuple(others)] = coefficient
    total: Array | float = 0.0
    for power in range(max(rest, default=0), -1, -1):
        if isinstance(total, np.ndarray) or total:
            total = total * grids[0]
        if power in rest:
            total = total + _horner(rest[power], grids[1:])
    return total
