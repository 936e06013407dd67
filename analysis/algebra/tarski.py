"""Counting real roots of a polynomial whose coefficients are real algebraic numbers.

For P of degree n with distinct complex roots x_k of multiplicity μ_k, Hermite's form

    H_g(v) = Σ_k μ_k g(x_k) (v_0 + v_1 x_k + … + v_{n−1} x_kⁿ⁻¹)²

has the signature Σ sign g(x_k) over the distinct *real* roots (Hermite 1853; Basu, Pollack & Roy, Algorithms
in Real Algebraic Geometry, Theorem 4.58). Its entries are traces of multiplication by g xⁱ⁺ʲ modulo P, so
they lie in the coefficient field ℚ(α*), where signs are exact; the signature is read off the characteristic
polynomial by Descartes' rule, which is exact because a symmetric matrix has only real eigenvalues.
"""

from __future__ import annotations

import itertools

from flint import fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot

Coefficients = list[fmpq_poly]  # elements of ℚ(α*), ascending in the unknown
_ZERO, _ONE = fmpq_poly([0]), fmpq_poly([1])


def tarski_query(field: RealRoot, poly: Coefficients, weight: Coefficients) -> int:
    """Σ sign weight(x) over the distinct real roots x of poly.

    Raises:
        ZeroDivisionError: every coefficient of poly vanishes in the field.
    """
    poly = [field.reduce(c) for c in poly]
    while poly and poly[-1] == 0:
        poly.pop()
    if not poly:
        raise ZeroDivisionError("the zero polynomial has every number as a root")
    degree = len(poly) - 1
    if degree == 0:
        return 0
    scale = field.inverse(poly[-1])
    monic = [field.reduce(c * scale) for c in poly]
    powers = _power_sums(field, monic, 2 * degree - 2 + len(weight))
    form = [
        [
            field.reduce(sum((w * powers[i + j + k] for k, w in enumerate(weight)), _ZERO))
            for j in range(degree)
        ]
        for i in range(degree)
    ]
    return _signature(field, form)


def _power_sums(field: RealRoot, monic: Coefficients, count: int) -> Coefficients:
    """Newton's identities: Σ_k μ_k x_kᵐ for m = 0 … count."""
    degree = len(monic) - 1
    sums = [fmpq_poly([degree])]
    for m in range(1, count + 1):
        total = -m * monic[degree - m] if m <= degree else _ZERO
        for i in range(1, min(m - 1, degree) + 1):
            total -= monic[degree - i] * sums[m - i]
        sums.append(field.reduce(total))
    return sums


def _signature(field: RealRoot, matrix: list[Coefficients]) -> int:
    """Positive minus negative eigenvalues of a symmetric matrix (Faddeev–LeVerrier, Descartes)."""
    size = len(matrix)
    auxiliary = [[_ZERO] * size for _ in range(size)]
    coefficients = [_ONE]  # of the characteristic polynomial, descending
    for k in range(1, size + 1):
        for i in range(size):
            auxiliary[i][i] = auxiliary[i][i] + coefficients[-1]
        auxiliary = [
            [
                field.reduce(sum((matrix[i][l] * auxiliary[l][j] for l in range(size)), _ZERO))
                for j in range(size)
            ]
            for i in range(size)
        ]
        trace = sum((auxiliary[i][i] for i in range(size)), _ZERO)
        coefficients.append(field.reduce(-trace / k))
    signs = [field.sign(c) for c in coefficients]
    return _changes(signs) - _changes([s if i % 2 == 0 else -s for i, s in enumerate(signs)])


def _changes(signs: list[int]) -> int:
    kept = [s for s in signs if s]
    return sum(a != b for a, b in itertools.pairwise(kept))


def count_real_roots(field: RealRoot, poly: Coefficients) -> int:
    """The number of distinct real roots."""
    return tarski_query(field, poly, [_ONE])


def count_positive_roots(field: RealRoot, poly: Coefficients) -> int:
    """The number of distinct positive roots: (Σ sign x + Σ sign x²)/2."""
    return (tarski_query(field, poly, [_ZERO, _ONE]) + tarski_query(field, poly, [_ZERO, _ZERO, _ONE])) // 2


def real_roots_are_simple(field: RealRoot, poly: Coefficients) -> bool:
    """Whether P′ ≠ 0 at every real root of P."""
    slope = [k * c for k, c in enumerate(poly)][1:] or [_ZERO]
    square = [_ZERO] * (2 * len(slope) - 1)
    for i, a in enumerate(slope):
        for j, b in enumerate(slope):
            square[i + j] = field.reduce(square[i + j] + a * b)
    return tarski_query(field, poly, square) == count_real_roots(field, poly)
