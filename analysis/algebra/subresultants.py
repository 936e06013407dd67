"""The first principal subresultant coefficient of two polynomials in x, with coefficients in y and t.

Let F, G have degrees m, n in x. Their resultant is the determinant of Sylvester's matrix, whose rows are
xⁿ⁻¹ F, …, F, xᵐ⁻¹ G, …, G. Without the last row of either polynomial and the last two columns a square
matrix is left, and its determinant S vanishes at a root of the resultant if and only if the greatest common
divisor of F and G there has a degree above 1, unless both leading coefficients vanish (Basu, Pollack & Roy,
Algorithms in Real Algebraic Geometry, §8.3). It is found from its values at integers y and t. The
coefficients of xʲ having degrees of at most deg F − j and deg G − j, every product of entries has a degree
of at most

    Σ_{i=0}^{n−2} (deg F + i) + Σ_{i=0}^{m−2} (deg G + i) − Σ_{j=1}^{m+n−2} j.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

from flint import fmpq_mpoly, fmpz, fmpz_mat, fmpz_poly

from analysis.algebra.polynomials import coefficients_in, interpolate

Rows = list[fmpz_poly]  # a polynomial in y and t: its coefficients in ℤ[t], by the power of y


def subresultant(first: fmpq_mpoly, second: fmpq_mpoly) -> tuple[Rows, int]:
    """S of two polynomials in ℚ[x, y, t], cleared of denominators, and what it was multiplied with."""
    base = first.context().names()[0]
    scales = [lcm(*(int(c.q) for c in poly.coeffs())) for poly in (first, second)]
    tables = [
        [integral_rows(c)[0] for c in coefficients_in(poly * scale, base)]
        for poly, scale in zip((first, second), scales, strict=True)
    ]
    counts = [len(tables[1]) - 2, len(tables[0]) - 2]  # rows of either polynomial
    degrees = [int(first.total_degree()), int(second.total_degree())]
    top = sum(d + i for d, rows in zip(degrees, counts, strict=True) for i in range(rows))
    top -= sum(range(1, sum(counts) + 1))
    places = list(range(-(top // 2), top - top // 2 + 1))
    above = []
    for t in places:
        lines = [[fmpz_poly([c(t) for c in rows]) for rows in reversed(table)] for table in tables]
        minors = [_minor([[c(y) for c in line] for line in lines], counts) for y in places]
        above.append(interpolate(places, minors))
    height = max(poly.degree() for poly in above)
    rows = [interpolate(places, [poly[k] for poly in above]).numer() for k in range(height + 1)]
    return rows, scales[0] ** counts[0] * scales[1] ** counts[1]


def _minor(lines: Sequence[Sequence[fmpz]], counts: Sequence[int]) -> fmpz:
    size = sum(counts)
    matrix = [
        [*[fmpz(0)] * i, *line, *[fmpz(0)] * size][:size]
        for line, rows in zip(lines, counts, strict=True)
        for i in range(rows)
    ]
    return fmpz_mat(matrix).det() if size else fmpz(1)


def integral_rows(poly: fmpq_mpoly) -> tuple[Rows, int]:
    """A polynomial in y and t, cleared of denominators, and what it was multiplied with."""
    scale = lcm(*(int(c.q) for c in poly.coeffs()))
    rows: dict[int, dict[int, fmpz]] = {}
    for (_, j, k), c in poly.to_dict().items():
        rows.setdefault(int(j), {})[int(k)] = (c * scale).p
    return [_dense(rows.get(j, {})) for j in range(max(rows, default=0) + 1)], scale


def _dense(terms: dict[int, fmpz]) -> fmpz_poly:
    return fmpz_poly([terms.get(k, fmpz(0)) for k in range(max(terms, default=-1) + 1)])
