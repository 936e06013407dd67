"""Branch and prune on one chart: batches of boxes with the Bernstein coefficients of every polynomial.

What is tested on a box, in floating point with the error bounds of `bernstein`:

    sign          all coefficients of F, of G, or of a row of M (F, G)ᵀ exceed the error bound, with one sign;
    injectivity   f = M (F, G)ᵀ has ∂ₓf₀ > |∂ᵧf₀| and ∂ᵧf₁ > |∂ₓf₁| on the box, in coordinates in which the
                  box is a unit square. For two points p, p′ of it f(p) − f(p′) = A (p − p′) with A strictly
                  diagonally dominant (mean value theorem in each row), hence invertible: at most one zero.

M is the inverse of the mean Jacobian over the box. It is only a choice: any M makes the tests valid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray

from analysis.algebra.bernstein import ROUNDING, UNIT_ROUNDOFF, Array, BernsteinPolynomial, Rectangle, halve
from analysis.algebra.charts_at_infinity import AffineChart
from analysis.algebra.isolated_points import Point, System

SMALLEST_WIDTH = 2.0**-46  # of a box whose chart is about a unit square
Mask = NDArray[np.bool_]
_BATCH = 1 << 17  # coefficients of one polynomial examined together: they should stay in the cache
_TIGHT = 224  # correct bits of a zero, so that it lies in a small box of other coordinates too
_STALE = 1e-6  # coefficients whose relative error exceeds this are expanded afresh
_EXPANSION = 64  # what expanding one polynomial afresh takes, in halvings
_TINY = 1e-280


class DegenerateZero(ArithmeticError):
    """Boxes shrank to the limit: a degenerate zero, or two very close ones."""


class WorkLimit(ArithmeticError):
    """More work was needed than allowed; nothing is claimed."""


@dataclass
class _Boxes:
    """Corners (boxes, 4); for each polynomial coefficients (boxes, n + 1, m + 1) and errors (boxes,)."""

    corners: Array
    coefficients: list[Array]
    errors: list[Array]

    def __len__(self) -> int:
        return len(self.corners)

    def __getitem__(self, chosen) -> _Boxes:
        return _Boxes(
            self.corners[chosen], [c[chosen] for c in self.coefficients], [e[chosen] for e in self.errors]
        )

    def joined(self, other: _Boxes) -> _Boxes:
        return _Boxes(
            np.concatenate([self.corners, other.corners]),
            [np.concatenate(pair) for pair in zip(self.coefficients, other.coefficients, strict=True)],
            [np.concatenate(pair) for pair in zip(self.errors, other.errors, strict=True)],
        )


class Subdivision:
    """The search of one chart.

    Attributes:
        zeros: verified zeros in the chart's coordinates, as tight boxes (a zero may occur more than once).
        boxes: how many boxes were examined.
        work: the multiplications that halving and expanding them takes.
        smallest: the shortest side of a box examined.
    """

    def __init__(self, chart: AffineChart, work_limit: int) -> None:
        first, second, *constraints = chart.polynomials
        n, m = (max(first.degrees()[k], second.degrees()[k]) for k in range(2))
        self._polynomials = [BernsteinPolynomial(p, (n, m)) for p in (first, second)]
        self._polynomials += [BernsteinPolynomial(p, (p.degrees()[0], p.degrees()[1])) for p in constraints]
        self._system = System(first, second)
        self._rectangles, self._limit = chart.rectangles, work_limit
        self._resolved: list[Rectangle] = []
        self._effort = (n + 1) * (m + 1) * (n + m + 2)
        self._batch = max(1, _BATCH // ((n + 1) * (m + 1)))
        self.zeros: list[Point] = []
        self.boxes, self.work, self.smallest = 0, 0, 1.0

    def run(self) -> None:
        """Examine boxes until none is left.

        Raises:
            DegenerateZero, WorkLimit: see there.
        """
        stack = [self._expanded(np.array(self._rectangles))]
        while stack:
            batch = stack.pop()
            while stack and len(batch) + len(stack[-1]) <= self._batch:
                batch = batch.joined(stack.pop())
            if len(batch) > self._batch:
                stack.append(batch[self._batch :])
                batch = batch[: self._batch]
            self.boxes += len(batch)
            self.work += len(batch) * self._effort
            if self.work > self._limit:
                raise WorkLimit(f"the search needs more than {self.boxes} boxes in one chart")
            stack += self._halved(self._undecided(batch))

    def _expanded(self, corners: Array) -> _Boxes:
        boxes = [(r[0], r[1], r[2], r[3]) for r in corners.tolist()]
        coefficients = [np.array([p.coefficients(box) for box in boxes]) for p in self._polynomials]
        return _Boxes(corners, coefficients, [np.full(len(corners), ROUNDING) for _ in coefficients])

    def _undecided(self, batch: _Boxes) -> _Boxes:
        """The boxes of a batch that are neither excluded nor resolved."""
        keep = np.ones(len(batch), bool)
        for low0, high0, low1, high1 in self._resolved:
            c = batch.corners
            keep &= ~((c[:, 0] >= low0) & (c[:, 1] <= high0) & (c[:, 2] >= low1) & (c[:, 3] <= high1))
        for k, (c, e) in enumerate(zip(batch.coefficients, batch.errors, strict=True)):
            keep &= ~(c.max(axis=(1, 2)) < -e)
            if k < 2:
                keep &= ~(c.min(axis=(1, 2)) > e)
        batch = batch[np.flatnonzero(keep)]
        if not len(batch):
            return batch
        self._refresh(batch)
        excluded, injective, offset = preconditioned(batch.coefficients[:2], batch.errors[:2])
        keep = ~excluded
        for k in np.flatnonzero(injective & keep & (np.abs(offset) < 0.8).all(axis=1)).tolist():
            keep[k] = not self._resolve(batch.corners[k].tolist(), offset[k])
        return batch[np.flatnonzero(keep)]

    def _refresh(self, batch: _Boxes) -> None:
        """Expand anew what has lost too many digits by cancellation."""
        for poly, c, e in zip(self._polynomials, batch.coefficients, batch.errors, strict=True):
            for k in np.flatnonzero(e > _STALE * np.abs(c).max(axis=(1, 2))):
                r = batch.corners[k].tolist()
                c[k], e[k] = poly.coefficients((r[0], r[1], r[2], r[3])), ROUNDING
                self.work += _EXPANSION * self._effort

    def _resolve(self, corners: list[float], offset: Array) -> bool:
        """Whether a box of twice the size has exactly one zero; it is then recorded."""
        low0, high0, low1, high1 = corners
        half0, half1 = (high0 - low0) / 2, (high1 - low1) / 2
        around = (low0 - half0, high0 + half0, low1 - half1, high1 + half1)
        if any(_inside((low0, high0, low1, high1), known) for known in self._resolved):
            return True
        larger = self._expanded(np.array([around]))
        _, injective, _ = preconditioned(larger.coefficients[:2], larger.errors[:2])
        if not injective[0]:
            return False
        near = (
            arb(low0 + half0) + arb(2 * half0 * float(offset[0])),
            arb(low1 + half1) + arb(2 * half1 * float(offset[1])),
        )
        found = self._system.verify(near)
        if found is None:
            return False
        zero = found.box
        limits = [(arb(around[0]), arb(around[1])), (arb(around[2]), arb(around[3]))]
        if not all(a < z < b for z, (a, b) in zip(zero, limits, strict=True)):
            return False
        self._resolved.append(around)
        self.zeros.append(found.enclose(_TIGHT))
        return True

    def _halved(self, batch: _Boxes) -> list[_Boxes]:
        """Two boxes for each one, split across the direction in which the polynomials vary more."""
        if not len(batch):
            return []
        sides = batch.corners[:, [1, 3]] - batch.corners[:, [0, 2]]
        self.smallest = min(self.smallest, float(sides.min()) / 2)
        if self.smallest < SMALLEST_WIDTH:
            raise DegenerateZero(
                "boxes shrank below 2^-46 and were neither excluded nor resolved: a degenerate zero is near"
            )
        variation = np.zeros((len(batch), 2))
        for c in batch.coefficients[:2]:
            largest = np.abs(c).max(axis=(1, 2)) + _TINY
            for axis in range(2):
                steps = (c.shape[1 + axis] - 1) * np.abs(np.diff(c, axis=1 + axis))
                variation[:, axis] += steps.max(axis=(1, 2), initial=0.0) / largest
        chosen = np.where(variation[:, 0] >= variation[:, 1], 0, 1)
        children = []
        for axis in range(2):
            part = batch[np.flatnonzero(chosen == axis)]
            if not len(part):
                continue
            middle = (part.corners[:, 2 * axis] + part.corners[:, 2 * axis + 1]) / 2
            low, high = part.corners.copy(), part.corners.copy()
            low[:, 2 * axis + 1] = middle
            high[:, 2 * axis] = middle
            split = [halve(c, e, axis) for c, e in zip(part.coefficients, part.errors, strict=True)]
            children.append(
                _Boxes(
                    np.concatenate([low, high]),
                    [np.concatenate(s[:2]) for s in split],
                    [np.concatenate([s[2], s[2]]) for s in split],
                )
            )
        return children


def _inside(inner: Rectangle, outer: Rectangle) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1] and outer[2] <= inner[2] and inner[3] <= outer[3]


def preconditioned(pair: list[Array], errors: list[Array]) -> tuple[Mask, Mask, Array]:
    """The tests on f = M (F, G)ᵀ.

    Args:
        pair: the coefficients of F and of G, both (boxes, n + 1, m + 1).
        errors: (boxes,) each.

    Returns:
        excluded, injective: (boxes,) booleans, proved where True.
        offset: (boxes, 2), an estimate of the zero relative to the middle of the box, in units of its sides.
    """
    first, second = pair
    n, m = first.shape[1] - 1, first.shape[2] - 1
    jacobian = np.empty((len(first), 2, 2))
    for row, c in enumerate(pair):
        jacobian[:, row, 0] = n * np.diff(c, axis=1).mean(axis=(1, 2)) if n else 0.0
        jacobian[:, row, 1] = m * np.diff(c, axis=2).mean(axis=(1, 2)) if m else 0.0
    (p, q), (r, s) = jacobian.transpose(1, 2, 0)
    determinant = p * s - q * r
    determinant = np.where(np.abs(determinant) < _TINY, 1.0, determinant)
    inverse = np.array([[s, -q], [-r, p]]) / determinant
    bounds = [np.abs(c).max(axis=(1, 2)) for c in pair]
    excluded, injective = np.zeros(len(first), bool), np.ones(len(first), bool)
    offset = np.empty((len(first), 2))
    for row in range(2):
        u, v = inverse[row]
        f = u[:, None, None] * first + v[:, None, None] * second
        # two products and a sum, the data off by `errors`; the last factor covers the rounding of this bound
        error = sum(
            np.abs(w) * (e + 4 * UNIT_ROUNDOFF * (b + e))
            for w, e, b in zip((u, v), errors, bounds, strict=True)
        ) * (1 + 2.0**-40)
        excluded |= (f.min(axis=(1, 2)) > error) | (f.max(axis=(1, 2)) < -error)
        largest = np.abs(f).max(axis=(1, 2))
        slack = 2 * max(n, m) * (error + 4 * UNIT_ROUNDOFF * largest)
        along, across = n * np.diff(f, axis=1), m * np.diff(f, axis=2)
        main, other = (along, across) if row == 0 else (across, along)
        least = main.min(axis=(1, 2)) if main.size else np.zeros(len(first))
        injective &= least - slack > np.abs(other).max(axis=(1, 2), initial=0.0) + slack
        offset[:, row] = -f.mean(axis=(1, 2))
    return excluded, injective, offset
