"""Hypothesis strategies for exact linear algebra: rationals, rational matrices, rational rotations."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq_mat
from hypothesis import strategies as st

from analysis.algebra.matrices import Matrix, matrix
from analysis.algebra.polynomials import fraction, rational

small = st.fractions(min_value=-3, max_value=3, max_denominator=4)
lengths = st.fractions(min_value=Fraction(1, 3), max_value=3, max_denominator=3)


def matrices(
    rows: int, columns: int, entries: st.SearchStrategy[Fraction] = small
) -> st.SearchStrategy[Matrix]:
    """Rational matrices of one shape."""
    row = st.lists(entries, min_size=columns, max_size=columns)
    return st.lists(row, min_size=rows, max_size=rows).map(matrix)


@st.composite
def rotations(draw: st.DrawFn, size: int) -> Matrix:
    """Rational orthogonal matrices, by Cayley's transform (I − K)(I + K)⁻¹ of a skew matrix K."""
    count = size * (size - 1) // 2
    free = iter(draw(st.lists(small, min_size=count, max_size=count)))
    skew = [[Fraction(0)] * size for _ in range(size)]
    for i in range(size):
        for j in range(i):
            skew[i][j] = next(free)
            skew[j][i] = -skew[i][j]
    k = fmpq_mat([[rational(x) for x in row] for row in skew])
    one = fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
    q = (one - k) * (one + k).inv()
    return matrix([[fraction(q[i, j]) for j in range(size)] for i in range(size)])
