"""Basins as arrays: iterate the meta-training map from many starts at once and say where each ends.

`flow` proves what the continuous flow does; this module draws it, and draws what finite steps and momentum
make of it: heavy-ball at the paper's β = 1/100, μ = 9/10, α = 1/10 carries 2 % of the starts of the square
[−4, 4]² across a line a = ±b, which the flow never does. The gradient is the derived polynomial, evaluated
on arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.adaptation import InnerLoop
from analysis.algebra.arrays import values
from analysis.landscape import Problem, derive
from analysis.models import DEEP

Array = NDArray[np.float64]
SEPARATRIX = -1
UNSETTLED = -2
DIRECTIONS: Array = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])


def minima(alpha: float) -> Array:
    """(4, 2): the minima (±1/√α, 0), (0, ±1/√α), in the order of the labels 0 … 3."""
    return DIRECTIONS / np.sqrt(alpha)


def gradient(alpha: Fraction) -> Callable[[Array], Array]:
    """∇L of the deep model as a function (..., 2) → (..., 2)."""
    landscape = derive(Problem(DEEP, loop=InnerLoop(rate=alpha)))
    return lambda points: np.stack(
        [values(entry, points[..., 0], points[..., 1]) for entry in landscape.gradient], axis=-1
    )


def exact_basins(starts: ArrayLike) -> NDArray[np.int8]:
    """Labels (...) of the flow from starts (..., 2), by theorem: index into `minima`, or SEPARATRIX."""
    starts = np.asarray(starts, dtype=float)
    a, b = starts[..., 0], starts[..., 1]
    labels = np.where(np.abs(a) > np.abs(b), np.where(a > 0, 0, 1), np.where(b > 0, 2, 3))
    return np.where(np.abs(a) == np.abs(b), SEPARATRIX, labels).astype(np.int8)


def descend(
    alpha: Fraction, starts: ArrayLike, rate: float, momentum: float = 0.0, steps: int = 1000
) -> Array:
    """End points (..., 2) of `steps` heavy-ball steps on the exact loss; nan where they overflow."""
    slope = gradient(alpha)
    points = np.array(starts, dtype=float)
    velocity = np.zeros_like(points)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            velocity = momentum * velocity + slope(points)
            points = points - rate * velocity
    return np.where(np.isfinite(points), points, np.nan)


def basins(
    alpha: Fraction,
    starts: ArrayLike,
    rate: float,
    momentum: float = 0.0,
    steps: int = 1000,
    radius: float = 0.5,
) -> NDArray[np.int8]:
    """Labels (...) of the map from starts (..., 2): the minimum within `radius`/√α of its end, or UNSETTLED.

    A figure's array: `basins(Fraction(1, 10), grid, 0.01, 0.9)` beside `exact_basins(grid)`. A radius below
    √½ makes the four balls disjoint.
    """
    ends = descend(alpha, starts, rate, momentum, steps)
    distance = np.linalg.norm(ends[..., None, :] - minima(float(alpha)), axis=-1)
    distance = np.where(np.isnan(distance), np.inf, distance)
    near = distance.min(axis=-1) < radius / np.sqrt(float(alpha))
    return np.where(near, distance.argmin(axis=-1), UNSETTLED).astype(np.int8)
