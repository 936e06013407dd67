"""Bivariate polynomials on boxes: Bernstein coefficients in floating point, with a proved error bound.

On [x₀, x₁] × [y₀, y₁] a polynomial of degree (n, m) is p = Σ b_ij B_i^n(x) B_j^m(y) with non-negative basis
functions that sum to 1, so every value of p lies between the least and the greatest coefficient b_ij; and
∂p/∂x has the coefficients n (b_{i+1,j} − b_ij)/(x₁ − x₀) (Farin, Curves and Surfaces for CAGD, §6; Garloff
1985).

Exact start. The blossom of xᵏ gives the coefficients of a monomial on [x₀, x₁],

    b_i = [zᵏ] (1 + x₁ z)ⁱ (1 + x₀ z)ⁿ⁻ⁱ / C(n, k)

and `coefficients` multiplies these matrices in ball arithmetic, raising the precision until the balls are
much narrower than a double. The largest coefficient is then scaled to about 1 by a power of 2: only signs
matter.

Halving. On the left half the coefficients are b′_i = 2⁻ⁱ Σ_k C(i, k) b_k (de Casteljau): a product with a
matrix of non-negative entries whose rows sum to 1. The entries are doubles with relative error at most u =
2⁻⁵³, so a product accumulated in any order is off by at most γ max|b|, γ = (n + 4) u/(1 − (n + 4) u)
(Higham, Accuracy and Stability of Numerical Algorithms, §3.1), besides the error already in b, which an
average does not increase.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb

import numpy as np
from flint import arb, arb_mat, arb_poly, ctx, fmpq_mpoly, fmpz
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rectangle = tuple[float, float, float, float]
UNIT_ROUNDOFF = 2.0**-53
ROUNDING = 2.0**-50  # error of coefficients that come fresh from ball arithmetic, the largest being at most 2
_FIRST_PRECISION = 192  # bits; enough for nearly every box of the problems met here


class BernsteinPolynomial:
    """A polynomial with rational coefficients, ready to be expanded on boxes.

    Attributes:
        degrees: (n, m), not less than the degrees of the polynomial.
    """

    def __init__(self, poly: fmpq_mpoly, degrees: tuple[int, int]) -> None:
        self.degrees = degrees
        terms = [(int(i), int(j), c) for (i, j), c in poly.to_dict().items()]
        common = fmpz(1)
        for _, _, c in terms:
            common *= c.q / common.gcd(c.q)
        self._rows = [[fmpz(0)] * (degrees[1] + 1) for _ in range(degrees[0] + 1)]
        for i, j, c in terms:
            self._rows[i][j] = c.p * (common / c.q)
        self._matrices: dict[int, arb_mat] = {}

    def _matrix(self) -> arb_mat:
        if ctx.prec not in self._matrices:
            self._matrices[ctx.prec] = arb_mat([[arb(c) for c in row] for row in self._rows])
        return self._matrices[ctx.prec]

    def coefficients(self, box: Rectangle) -> Array:
        """(n + 1, m + 1) coefficients on the box, times a power of 2, each within `ROUNDING`."""
        precision = _FIRST_PRECISION
        n, m = self.degrees
        while True:
            with ctx.workprec(precision):
                product = _blossoms(n, *box[:2], precision) * self._matrix()
                product *= _blossoms(m, *box[2:], precision).transpose()
                entries = product.entries()
                largest = max(entry.abs_upper() for entry in entries)
                if largest == 0:
                    return np.zeros((n + 1, m + 1))
                scale = arb(2) ** -int((largest.log() / arb(2).log()).floor().mid().fmpq())
                scaled = [entry * scale for entry in entries]
                if all(entry.rad() < _NARROW for entry in scaled):
                    return np.array([float(entry.mid()) for entry in scaled]).reshape(n + 1, m + 1)
            precision *= 2


_NARROW = arb(2) ** -60


@lru_cache(maxsize=4096)
def _blossoms(n: int, low: float, high: float, precision: int) -> arb_mat:
    """Row i: the coefficients b_i of 1, x, …, xⁿ on [low, high], at the given working precision."""
    ends = []
    for end in (high, low):
        factor, powers = arb_poly([arb(1), arb(end)]), [arb_poly([arb(1)])]
        for _ in range(n):
            powers.append(powers[-1] * factor)
        ends.append(powers)
    inverse = [1 / arb(comb(n, k)) for k in range(n + 1)]
    rows = []
    for i in range(n + 1):
        blossom = ends[0][i] * ends[1][n - i]
        rows.append([blossom[k] * inverse[k] for k in range(n + 1)])
    return arb_mat(rows)


@lru_cache(maxsize=256)
def _halving(n: int) -> tuple[Array, Array]:
    left = np.array([[comb(i, k) / 2**i for k in range(n + 1)] for i in range(n + 1)])
    return left, left[::-1, ::-1].copy()


def halve(coefficients: Array, errors: Array, axis: int) -> tuple[Array, Array, Array]:
    """Split a batch of boxes at the middle of one axis.

    Args:
        coefficients: (boxes, n + 1, m + 1).
        errors: (boxes,) bounds on the error of any coefficient.
        axis: 0 to split in x, 1 in y.

    Returns:
        The coefficients on the lower and on the upper halves, and the new error bounds, the same for both.
    """
    n = coefficients.shape[1 + axis] - 1
    low, high = _halving(n)
    grown = errors + (n + 5) * UNIT_ROUNDOFF * (np.abs(coefficients).max(axis=(1, 2)) + errors)
    if axis == 0:
        return low @ coefficients, high @ coefficients, grown
    return coefficients @ low.T, coefficients @ high.T, grown
